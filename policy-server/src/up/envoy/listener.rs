//! The one listener: the connection manager and the order of its filters.

use serde_json::{Value, json};

use super::super::plan::Plan;
use super::{BUFFER_BYTES, cors, identity, routes, wasm};

pub(super) fn listener(plan: &Plan) -> Value {
    json!({
        "name": "mcp",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": plan.port}},
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "filter_chains": [{"filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": connection_manager(plan),
        }]}],
    })
}

fn connection_manager(plan: &Plan) -> Value {
    json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "mcp",
        // MCP streams stay silent for as long as they like.
        "stream_idle_timeout": "0s",
        // A request has no reason to be slow. The time runs until its last byte is here, so that no
        // answer is cut off by it.
        "request_timeout": "60s",
        "request_headers_timeout": "15s",
        // The gateway adds nothing that a client or server could notice.
        "server_header_transformation": "PASS_THROUGH",
        "generate_request_id": false,
        // The peer's own address, never one that a header claims.
        "use_remote_address": true,
        "skip_xff_append": true,
        "normalize_path": true,
        "merge_slashes": true,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "common_http_protocol_options": {
            // Of a connection without a request or stream; clients let go of theirs long before.
            "idle_timeout": "300s",
            // The filter takes out those that are one header with a judged one to some servers.
            "headers_with_underscores_action": "ALLOW",
        },
        // Proxies in front speak HTTP/1.0 by default, as nginx does.
        "http_protocol_options": {"accept_http_10": true},
        "local_reply_config": identity::local_replies(plan),
        "access_log": [access_log(plan)],
        "http_filters": [cors::filter(), identity::filter(plan), wasm::filter(plan), router()],
        "route_config": routes::table(plan),
    })
}

fn router() -> Value {
    json!({
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
            "suppress_envoy_headers": true,
        },
    })
}

/// Paths without their query and no headers: a log of requests must not become one of secrets. What a
/// client chooses is cut off, for it needs no token to have a line written.
fn access_log(plan: &Plan) -> Value {
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": plan.folder.log("access"),
            "log_format": {"json_format": {
                "time": "%START_TIME%",
                "peer": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
                "method": "%REQUEST_HEADER(:METHOD):32%",
                "route": "%ROUTE_NAME%",
                "path": "%PATH(NQ:ORIG_OR_PATH):256%",
                "status": "%RESPONSE_CODE%",
                "details": "%RESPONSE_CODE_DETAILS%",
                "cluster": "%UPSTREAM_CLUSTER%",
                "duration_ms": "%DURATION%",
            }},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::folder::Folder;
    use super::*;

    #[test]
    fn nothing_but_streams_may_take_long() {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan {
            port: 1,
            admin_port: 2,
            folder: Folder::create(folder.path()).unwrap(),
            policies: "policies".into(),
            filter: "filter.wasm".into(),
            servers: Vec::new(),
            upstream_ca: None,
            origins: Vec::new(),
            forward_token: Vec::new(),
            jwks: json!({}),
        };
        let manager = connection_manager(&plan);
        assert_eq!(manager["stream_idle_timeout"], "0s");
        assert_eq!(manager["request_timeout"], "60s");
        assert_eq!(manager["request_headers_timeout"], "15s");
        let options = &manager["common_http_protocol_options"];
        assert_eq!(options["idle_timeout"], "300s");
        let mappers = manager["local_reply_config"]["mappers"].to_string();
        for said in [
            "portcullis.local_reply_408",
            "wasm_fail_stream",
            "upstream_reset_after_response_started",
        ] {
            assert!(mappers.contains(said), "{said} has words");
        }
    }
}
