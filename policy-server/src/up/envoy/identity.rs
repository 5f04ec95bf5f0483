//! Who asks: `jwt_authn` with a local key set, and the challenge of RFC 9728 for everybody else.
//!
//! Each server has its own provider, because its token must name that server as its audience
//! (RFC 8707). A route names the requirement that holds for it, so that there is one place, the
//! route table, that matches paths. Tokens count in the `authorization` header only, never in a query.

use serde_json::{Map, Value, json};

use super::super::plan::{Plan, SCOPE};
use super::super::upstream::Upstream;

const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";
/// The name under which the filter finds the claims.
pub(super) const PAYLOAD: &str = "jwt_payload";

pub(super) fn filter(plan: &Plan) -> Value {
    let mut providers = Map::new();
    let mut requirements = Map::new();
    for server in &plan.servers {
        let name = server.name.as_str();
        providers.insert(name.to_owned(), provider(plan, server));
        requirements.insert(name.to_owned(), json!({"provider_name": name}));
    }
    json!({
        "name": JWT_AUTHN,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": providers,
            "requirement_map": requirements,
        },
    })
}

/// How long after its end a token still counts, in seconds.
pub(super) const CLOCK_SKEW_S: u32 = 30;

/// The scheme is written in any case (RFC 9110, 11.1); Envoy compares it as written.
const SCHEMES: [&str; 3] = ["Bearer ", "bearer ", "BEARER "];

fn provider(plan: &Plan, server: &Upstream) -> Value {
    let headers = SCHEMES.map(|scheme| json!({"name": "authorization", "value_prefix": scheme}));
    json!({
        "issuer": plan.base(),
        "audiences": [plan.resource(server)],
        "local_jwks": {"inline_string": plan.jwks.to_string()},
        "from_headers": headers,
        "forward": plan.forwards_token(server),
        "payload_in_metadata": PAYLOAD,
        "require_expiration": true,
        "clock_skew_seconds": CLOCK_SKEW_S,
        // A signature is checked once a token; expiry is checked on every request.
        "jwt_cache_config": {"jwt_cache_size": 1000},
    })
}

/// The route's side: which requirement holds on it.
pub(super) fn required(server: &Upstream) -> Value {
    json!({JWT_AUTHN: {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig",
        "requirement_name": server.name.as_str(),
    }})
}

/// Envoy's own answers that a client must be able to use: the challenge after a 401, and words for
/// what went wrong where the filter cannot say it.
pub(super) fn local_replies(plan: &Plan) -> Value {
    let mut mappers: Vec<Value> = plan.servers.iter().map(|s| challenge(plan, s)).collect();
    mappers.push(filter_is_down());
    mappers.push(in_words(
        &status(408),
        "the request did not arrive in time; nothing was done",
    ));
    // Before the head of an answer the filter says it, with the request's id. After it the filter
    // holds the head back and is not asked again: Envoy answers 502, 503 or 504 with plain text.
    mappers.push(in_words(
        &details("response.code_details.startsWith('upstream_reset_after_response_started')"),
        "the MCP server broke off its answer; check first before you repeat a call that changes something",
    ));
    json!({"mappers": mappers})
}

fn challenge(plan: &Plan, server: &Upstream) -> Value {
    let value = format!(
        "Bearer resource_metadata=\"{}\", scope=\"{SCOPE}\"",
        plan.metadata(server)
    );
    // Envoy answers a token for somebody else's resource with 403; to a client it is no token.
    let refused = json!({"or_filter": {"filters": [
        status(401),
        details("response.code_details.startsWith('jwt_authn_access_denied')"),
    ]}});
    json!({
        "filter": {"and_filter": {"filters": [refused, path_is(&server.public_path())]}},
        "status_code": 401,
        "headers_to_add": [{
            "header": {"key": "www-authenticate", "value": value},
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        }],
    })
}

/// With `FAIL_RELOAD` Envoy answers 503 with an empty body while the filter is down.
fn filter_is_down() -> Value {
    let filter = json!({"and_filter": {"filters": [
        status(503),
        details("response.code_details == 'wasm_fail_stream'"),
    ]}});
    let mut mapper = in_words(
        &filter,
        "the security gateway failed and is starting again; try again in a moment, but check first before you repeat a call that changes something",
    );
    if let Some(members) = mapper.as_object_mut() {
        let later = json!([{
            "header": {"key": "retry-after", "value": "1"},
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        }]);
        members.insert("headers_to_add".to_owned(), later);
    }
    mapper
}

/// The same status, and a JSON-RPC error for a body.
fn in_words(filter: &Value, message: &str) -> Value {
    json!({
        "filter": filter,
        "body_format_override": {"json_format": {
            "jsonrpc": "2.0",
            "id": null,
            "error": {"code": -32603, "message": message},
        }},
    })
}

fn status(code: u32) -> Value {
    json!({"status_code_filter": {"comparison": {
        "op": "EQ",
        "value": {"default_value": code, "runtime_key": format!("portcullis.local_reply_{code}")},
    }}})
}

/// A condition on why Envoy answered by itself.
fn details(expression: &str) -> Value {
    json!({"extension_filter": {
        "name": "envoy.access_loggers.extension_filters.cel",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
            "expression": expression,
        },
    }})
}

fn path_is(path: &str) -> Value {
    json!({"header_filter": {"header": {
        "name": ":path",
        "string_match": {"safe_regex": {"regex": format!("{path}/?([?].*)?")}},
    }}})
}
