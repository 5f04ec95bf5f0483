//! The bench's one Envoy: a listener for each case, all before the same MCP server.
//!
//! One process, so that no case has a warmer one than another.

use std::path::Path;

use serde_json::{Value, json};

use super::message::SERVER;

/// The cluster of the MCP server; `portcullis up` gives it the same name.
const UPSTREAM: &str = "mcp-bench";
/// How much of a body a policy server is sent.
const BODY_BYTES_MAX: u32 = 1_048_576;
/// The connections of one cluster: more than the generator opens.
const CONNECTIONS_MAX: u32 = 4_096;

/// The configuration as a whole.
pub(super) fn whole(listeners: &[Value], clusters: &[Value]) -> Value {
    json!({
        "node": {"id": "bench", "cluster": "bench"},
        "static_resources": {"listeners": listeners, "clusters": clusters},
    })
}

/// A listener with these filters before the router.
pub(super) fn listener(name: &str, port: u16, filters: Vec<Value>) -> Value {
    let mut filters = filters;
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
            "suppress_envoy_headers": true,
        },
    }));
    json!({
        "name": name,
        "address": address(port),
        "filter_chains": [{"filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": name,
                "server_header_transformation": "PASS_THROUGH",
                "generate_request_id": false,
                "http_filters": filters,
                "route_config": {"virtual_hosts": [{
                    "name": name,
                    "domains": ["*"],
                    "routes": [{
                        "match": {"path": format!("/{SERVER}/mcp")},
                        "route": {"cluster": UPSTREAM, "prefix_rewrite": "/mcp", "timeout": "0s"},
                    }],
                }]},
            },
        }]}],
    })
}

/// The filter that does nothing.
pub(super) fn noop(module: &Path) -> Value {
    json!({
        "name": "noop",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": "noop",
                "root_id": "noop",
                "vm_config": {
                    "vm_id": "noop",
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"filename": module}},
                },
            },
        },
    })
}

/// Envoy's own question to a policy server over HTTP/1.1.
pub(super) fn ext_authz_http(cluster: &str) -> Value {
    let asked = json!({
        "http_service": {
            "server_uri": {"uri": "http://127.0.0.1", "cluster": cluster, "timeout": "2s"},
            "authorization_request": {"allowed_headers": {"patterns": [
                {"prefix": "mcp-"}, {"exact": "authorization"}, {"exact": "content-type"},
            ]}},
        },
    });
    ext_authz(asked)
}

/// Envoy's own question to a policy server over gRPC.
pub(super) fn ext_authz_grpc(cluster: &str) -> Value {
    ext_authz(json!({
        "transport_api_version": "V3",
        "grpc_service": {"envoy_grpc": {"cluster_name": cluster}, "timeout": "2s"},
    }))
}

fn ext_authz(service: Value) -> Value {
    let mut config = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
        "failure_mode_allow": false,
        "with_request_body": {"max_request_bytes": BODY_BYTES_MAX, "allow_partial_message": false},
    });
    if let (Some(config), Value::Object(service)) = (config.as_object_mut(), service) {
        config.extend(service);
    }
    json!({"name": "envoy.filters.http.ext_authz", "typed_config": config})
}

/// The MCP server.
pub(super) fn upstream(port: u16) -> Value {
    cluster(UPSTREAM, port, &json!({"http_protocol_options": {}}))
}

/// A policy server over HTTP/1.1.
pub(super) fn http1(name: &str, port: u16) -> Value {
    cluster(name, port, &json!({"http_protocol_options": {}}))
}

/// A policy server over HTTP/2, as gRPC wants it.
pub(super) fn http2(name: &str, port: u16) -> Value {
    cluster(name, port, &json!({"http2_protocol_options": {}}))
}

fn cluster(name: &str, port: u16, protocol: &Value) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "circuit_breakers": {"thresholds": [{
            "max_connections": CONNECTIONS_MAX,
            "max_pending_requests": CONNECTIONS_MAX,
            "max_requests": CONNECTIONS_MAX,
        }]},
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": protocol,
        }},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(port)}}]}],
        },
    })
}

fn address(port: u16) -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": port}})
}
