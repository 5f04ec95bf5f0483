//! Clients in browsers: who may ask, before anything else is known of a request.
//!
//! A preflight has no token, so Envoy's `cors` filter answers it before `jwt_authn` looks. What may be
//! asked is decided behind it, by the filter, which looks at `Origin` again.

use serde_json::{Value, json};

use super::super::plan::Plan;

const CORS: &str = "envoy.filters.http.cors";

pub(super) fn filter() -> Value {
    json!({
        "name": CORS,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors",
        },
    })
}

/// The route's side: which pages, and what of an answer their scripts can read.
pub(super) fn policy(plan: &Plan) -> Value {
    let origins = plan.all_origins();
    let origins: Vec<Value> = origins.iter().map(|one| json!({"exact": one})).collect();
    json!({CORS: {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
        "allow_origin_string_match": origins,
        "allow_methods": "GET, POST, DELETE",
        // The wildcard stands for everything but `authorization` (Fetch, CORS protocol).
        "allow_headers": "authorization, *",
        "expose_headers": "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after",
        "max_age": "600",
        "forward_not_matching_preflights": false,
    }})
}
