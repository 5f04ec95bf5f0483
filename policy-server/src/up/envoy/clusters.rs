//! The clusters: the policy server, and one a MCP server.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::plan::Plan;
use super::super::upstream::{Transport, Upstream};
use super::BUFFER_BYTES;

/// The name the filter calls the policy server by.
pub(super) const POLICY_SERVER: &str = "portcullis";
/// Requests under way to one cluster; more are refused at once instead of queued without end.
const REQUESTS_MAX: u32 = 4096;
/// HTTP/1.1 holds one connection a request, and an open event stream is one of them.
const CONNECTIONS_MAX: u32 = 4096;

/// Where the distributions keep the certificate authorities.
const AUTHORITIES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
];

pub(super) fn clusters(plan: &Plan) -> Vec<Value> {
    std::iter::once(policy_server(plan))
        .chain(plan.servers.iter().map(|server| mcp_server(plan, server)))
        .collect()
}

fn policy_server(plan: &Plan) -> Value {
    json!({
        "name": POLICY_SERVER,
        "type": "STATIC",
        "connect_timeout": "1s",
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "circuit_breakers": breakers(),
        "typed_extension_protocol_options": http1("60s"),
        "load_assignment": endpoints(
            POLICY_SERVER,
            &json!({"pipe": {"path": plan.folder.policy_socket()}}),
        ),
    })
}

fn mcp_server(plan: &Plan, server: &Upstream) -> Value {
    let address = json!({"socket_address": {"address": server.host, "port_value": server.port}});
    let mut cluster = Map::new();
    let mut set = |key: &str, value: Value| cluster.insert(key.to_owned(), value);
    set("name", json!(server.cluster()));
    set("connect_timeout", json!("5s"));
    set("per_connection_buffer_limit_bytes", json!(BUFFER_BYTES));
    set("circuit_breakers", breakers());
    // Below the 5 s after which Node closes an idle connection: a request never meets one that is
    // just being closed.
    set("typed_extension_protocol_options", http1("4s"));
    set("load_assignment", endpoints(&server.cluster(), &address));
    if server.address().is_some() {
        set("type", json!("STATIC"));
    } else {
        set("type", json!("STRICT_DNS"));
        set("dns_lookup_family", json!("V4_PREFERRED"));
    }
    if server.transport == Transport::Tls {
        set("transport_socket", tls(plan, server));
    }
    Value::Object(cluster)
}

fn endpoints(cluster: &str, address: &Value) -> Value {
    json!({
        "cluster_name": cluster,
        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
    })
}

/// No retries: a call that was sent may have run.
fn breakers() -> Value {
    json!({"thresholds": [{
        "max_connections": CONNECTIONS_MAX,
        "max_pending_requests": REQUESTS_MAX,
        "max_requests": REQUESTS_MAX,
        "max_retries": 0,
    }]})
}

fn http1(idle: &str) -> Value {
    json!({"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http_protocol_options": {}},
        "common_http_protocol_options": {"idle_timeout": idle},
    }})
}

fn tls(plan: &Plan, server: &Upstream) -> Value {
    let (kind, sni) = match server.address() {
        Some(_) => ("IP_ADDRESS", ""),
        None => ("DNS", server.host.as_str()),
    };
    json!({
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": sni,
            "common_tls_context": {
                "alpn_protocols": ["http/1.1"],
                "validation_context": {
                    "trusted_ca": {"filename": authorities(plan)},
                    "match_typed_subject_alt_names": [
                        {"san_type": kind, "matcher": {"exact": server.host}},
                    ],
                },
            },
        },
    })
}

/// What the operator names, or `SSL_CERT_FILE` where it is set, as other programs do. Without any file Envoy
/// refuses the configuration, which beats a connection that nobody checked.
fn authorities(plan: &Plan) -> String {
    if let Some(file) = &plan.upstream_ca {
        return file.display().to_string();
    }
    std::env::var("SSL_CERT_FILE").unwrap_or_else(|_| {
        let found = AUTHORITIES.iter().find(|path| Path::new(path).exists());
        found
            .or(AUTHORITIES.first())
            .copied()
            .unwrap_or_default()
            .to_owned()
    })
}
