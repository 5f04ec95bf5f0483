//! The route table: one exact path a server, and the metadata of RFC 9728. Nothing else is routed.

use serde_json::{Map, Value, json};

use super::super::plan::{METADATA_PATH, Plan, SCOPE};
use super::super::upstream::Upstream;
use super::{cors, identity, wasm};

pub(super) fn table(plan: &Plan) -> Value {
    let mut routes = Vec::new();
    for server in &plan.servers {
        for path in server.public_paths() {
            let described = format!("{METADATA_PATH}{path}");
            routes.push(metadata(plan, &described, &plan.resource(server)));
            routes.push(mcp(plan, server, &path));
        }
    }
    // With one server the short form can only mean that one.
    let whole = match plan.servers.as_slice() {
        [only] => plan.resource(only),
        _ => plan.base(),
    };
    routes.push(metadata(plan, METADATA_PATH, &whole));
    json!({
        "name": "mcp",
        "virtual_hosts": [{"name": "mcp", "domains": ["*"], "routes": routes}],
        // What a client may claim about its way here, and what Envoy would tell of its own.
        "request_headers_to_remove": [
            "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-request-id",
            "x-envoy-internal", "x-envoy-external-address",
        ],
    })
}

fn mcp(plan: &Plan, server: &Upstream, path: &str) -> Value {
    let mut per_filter = Map::new();
    for part in [cors::policy(plan), identity::required(server)] {
        per_filter.extend(part.as_object().cloned().unwrap_or_default());
    }
    json!({
        "name": server.name.as_str(),
        "match": {"path": path},
        "route": {
            "cluster": server.cluster(),
            "prefix_rewrite": server.path,
            "host_rewrite_literal": server.authority,
            "timeout": "0s",
        },
        "typed_per_filter_config": per_filter,
    })
}

/// A fixed answer that anybody may read, from any web page. No byte of the request goes anywhere,
/// so the filter has nothing to judge.
fn metadata(plan: &Plan, path: &str, resource: &str) -> Value {
    let body = json!({
        "resource": resource,
        "resource_name": "MCP servers behind Portcullis",
        "authorization_servers": [plan.base()],
        "bearer_methods_supported": ["header"],
        "scopes_supported": [SCOPE],
    });
    json!({
        "name": "resource-metadata",
        "match": {"path": path},
        "direct_response": {"status": 200, "body": {"inline_string": body.to_string()}},
        "response_headers_to_add": [
            header("content-type", "application/json"),
            header("access-control-allow-origin", "*"),
            header("access-control-allow-headers", "*"),
            header("cache-control", "no-store"),
        ],
        "typed_per_filter_config": wasm::not_needed(),
    })
}

fn header(key: &str, value: &str) -> Value {
    json!({"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"})
}
