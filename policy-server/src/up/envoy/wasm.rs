//! The filter's block: how Envoy loads it, and the configuration it reads.

use serde_json::{Value, json};

use super::super::plan::{METADATA_PATH, Plan};
use super::super::upstream::Upstream;
use super::{clusters, identity};

const FILTER: &str = "portcullis";
/// A verdict that takes longer is a refusal.
const VERDICT_TIMEOUT_MS: u32 = 2000;

pub(super) fn filter(plan: &Plan) -> Value {
    json!({
        "name": FILTER,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": "portcullis",
                "root_id": "portcullis",
                // A trap refuses what is under way and loads the module again.
                "failure_policy": "FAIL_RELOAD",
                "reload_config": {"backoff": {"base_interval": "0.1s", "max_interval": "1s"}},
                // The filter holds the request's headers while it reads the body.
                "allow_on_headers_stop_iteration": true,
                "vm_config": {
                    "vm_id": "portcullis",
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"filename": plan.filter}},
                },
                "configuration": {
                    "@type": "type.googleapis.com/google.protobuf.StringValue",
                    "value": configuration(plan).to_string(),
                },
            },
        },
    })
}

/// For a route on which there is nothing to judge.
pub(super) fn not_needed() -> Value {
    json!({FILTER: {
        "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
        "disabled": true,
    }})
}

fn configuration(plan: &Plan) -> Value {
    let servers: Vec<Value> = plan.servers.iter().map(|s| server(plan, s)).collect();
    json!({
        "policy_server": {"cluster": clusters::POLICY_SERVER, "timeout_ms": VERDICT_TIMEOUT_MS},
        "servers": servers,
        "hosts": plan.hosts(),
        "origins": plan.all_origins(),
        "identity": {
            "provider_metadata": identity::PAYLOAD,
            "roles_claim": "roles",
            "agent_claim": "agent",
            "trusted_agent_peers": [],
            "clock_skew_s": identity::CLOCK_SKEW_S,
        },
        "resource_metadata": format!("{}{METADATA_PATH}", plan.base()),
    })
}

fn server(plan: &Plan, server: &Upstream) -> Value {
    json!({
        "name": server.name.as_str(),
        "path": server.public_path(),
        "cluster": server.cluster(),
        "upstream_path": server.path,
        "upstream_authority": server.authority,
        "forward_token": plan.forwards_token(server),
        "pass_methods": [],
        "query": [],
    })
}
