//! Envoy's configuration for a [`Plan`], as JSON values.
//!
//! `envoy/reference.yaml` is the same configuration for people, with the reasons written beside
//! each setting; a test holds both against the real Envoy. Deliberately absent: retries of MCP
//! requests (a call may have run already), route and idle time-outs (streams live long), and
//! every switch that would let a request pass the filter.

mod clusters;
mod cors;
mod identity;
mod listener;
mod routes;
mod wasm;

use serde_json::{Value, json};

use super::plan::Plan;

/// Above the largest body the filter holds back (16 MiB), so that its limits speak first.
const BUFFER_BYTES: u32 = 20 * 1024 * 1024;
/// Where Envoy stops accepting connections.
const CONNECTIONS_MAX: u32 = 10_000;

/// The whole bootstrap document.
pub(crate) fn bootstrap(plan: &Plan) -> Value {
    json!({
        "node": {"id": "portcullis", "cluster": "portcullis"},
        "admin": {"address": {"pipe": {"path": plan.folder.envoy_socket(), "mode": 0o600}}},
        "static_resources": {
            "listeners": [listener::listener(plan)],
            "clusters": clusters::clusters(plan),
        },
        "overload_manager": {"resource_monitors": [{
            "name": "envoy.resource_monitors.global_downstream_max_connections",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                "max_active_downstream_connections": CONNECTIONS_MAX,
            },
        }]},
    })
}
