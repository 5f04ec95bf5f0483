//! Headers that contradict the body, occur twice, or pretend to be somebody's.

use portcullis_tests::wire::Request;
use serde_json::{Value, json};

use super::{CALL, Refusal, Row, WORLD, refused};
use crate::world::{World, take};

const REQUEST: i32 = -32600;
const HEADER: i32 = -32020;

fn row(what: &str, request: Request, refusal: Refusal) -> Row {
    let what = what.to_owned();
    Row {
        what,
        request,
        refusal,
    }
}

#[test]
fn only_plain_json_is_read() {
    refused(|world| {
        let types = [
            "text/plain",
            "",
            "application/vnd.api+json",
            "application/json+x",
            "application/json, text/plain",
            "application/json; charset=utf-16",
            "application/json; charset=utf-8; charset=utf-16",
            "application/x-www-form-urlencoded",
            "text/json",
            "application/jsonp",
        ];
        let unsupported = || Refusal::Ours(415, REQUEST, Value::Null);
        let mut rows: Vec<Row> = types
            .iter()
            .map(|value| {
                row(
                    value,
                    world.post(CALL).set("content-type", value),
                    unsupported(),
                )
            })
            .collect();
        rows.push(row(
            "no type",
            world.post(CALL).without("content-type"),
            unsupported(),
        ));
        for coding in ["gzip", "deflate", "br", "gzip, identity", "GZIP", "x"] {
            rows.push(row(
                coding,
                world.post(CALL).header("content-encoding", coding),
                unsupported(),
            ));
        }
        let utf16: Vec<u8> = CALL.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16 = world
            .post(utf16)
            .set("content-type", "application/json; charset=utf-16");
        rows.push(row("UTF-16 that says so", utf16, unsupported()));
        rows
    });
}

#[test]
fn strange_hosts_and_origins_are_refused() {
    refused(|world| {
        let forbidden = || Refusal::Ours(403, REQUEST, Value::Null);
        let authority = world.gateway.authority();
        let port = authority.rsplit(':').next().unwrap();
        let hosts = [
            "evil.example".to_owned(),
            format!("evil.example:{port}"),
            "127.0.0.1".to_owned(),
            "127.0.0.1:1".to_owned(),
            format!("127.0.0.1.evil.example:{port}"),
            format!("localhost.:{port}"),
            format!("[::1]:{port}"),
        ];
        let hosts = hosts
            .iter()
            .map(|host| row(host, world.post(CALL).set("host", host), forbidden()));
        let origins = [
            "http://evil.example".to_owned(),
            "null".to_owned(),
            format!("https://127.0.0.1:{port}"),
            "http://127.0.0.1".to_owned(),
            format!("http://127.0.0.1:{port}/"),
            format!("http://127.0.0.1:{port}.evil.example"),
            String::new(),
        ];
        let origins = origins.iter().map(|origin| {
            row(
                &format!("origin {origin}"),
                world.post(CALL).header("origin", origin),
                forbidden(),
            )
        });
        hosts.chain(origins).collect()
    });
}

#[test]
fn stateless_heads_must_say_what_the_body_says() {
    let modern = |world: &World| {
        world.gateway.modern(
            "demo",
            "alice",
            "m",
            "tools/call",
            json!({"name": "echo", "arguments": {}}),
        )
    };
    refused(|world| {
        let mismatch = || Refusal::Ours(400, HEADER, json!("m"));
        let lies = [
            ("mcp-name", "delete_file"),
            ("mcp-name", "Echo"),
            ("mcp-name", ""),
            ("mcp-name", "=?base64?%?="),
            ("mcp-name", "=?base64?ZGVsZXRlX2ZpbGU=?="),
            ("mcp-name", "=?BASE64?ZWNobw==?="),
            ("mcp-method", "tools/list"),
            ("mcp-method", "Tools/call"),
            ("mcp-protocol-version", "2025-11-25"),
            ("mcp-protocol-version", "2026-07-29"),
            ("mcp-protocol-version", ""),
        ];
        let lies = lies.iter().map(|(name, value)| {
            row(
                &format!("{name}: {value}"),
                modern(world).set(name, value),
                mismatch(),
            )
        });
        let missing = ["mcp-name", "mcp-method", "mcp-protocol-version"];
        let missing = missing.iter().map(|name| {
            row(
                &format!("no {name}"),
                modern(world).without(name),
                mismatch(),
            )
        });
        lies.chain(missing).collect()
    });
}

#[test]
fn heads_of_the_session_era_may_not_lie_either() {
    refused(|world| {
        let lies = [
            ("mcp-name", "delete_file"),
            ("mcp-method", "tools/list"),
            ("mcp-method", "ping"),
        ];
        let mut rows: Vec<Row> = lies
            .iter()
            .map(|(name, value)| {
                row(
                    &format!("{name}: {value}"),
                    world.post(CALL).header(name, value),
                    Refusal::Ours(400, HEADER, json!(1)),
                )
            })
            .collect();
        let modern = world
            .post(CALL)
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call");
        let request = modern.header("mcp-name", "echo");
        rows.push(row(
            "a stateless head alone",
            request,
            Refusal::Ours(400, -32602, json!(1)),
        ));
        rows
    });
}

#[test]
fn headers_that_decide_occur_once() {
    refused(|world| {
        let good = world.gateway.authority().to_owned();
        let token = format!("Bearer {}", world.gateway.token("bob"));
        let twice = |name: &str, first: &str, second: &str| {
            world.post(CALL).set(name, first).header(name, second)
        };
        let ours = || Refusal::Ours(400, REQUEST, Value::Null);
        vec![
            row("mcp-session-id", twice("mcp-session-id", "a", "b"), ours()),
            row(
                "mcp-protocol-version",
                twice("mcp-protocol-version", "2025-11-25", "2026-07-28"),
                ours(),
            ),
            row(
                "mcp-method",
                twice("mcp-method", "tools/call", "ping"),
                ours(),
            ),
            row("mcp-name", twice("mcp-name", "echo", "delete_file"), ours()),
            row(
                "mcp-name, the same twice",
                twice("Mcp-Name", "echo", "echo"),
                ours(),
            ),
            row(
                "origin",
                twice("origin", &format!("http://{good}"), "http://evil.example"),
                Refusal::Envoy(&[400, 403]),
            ),
            row(
                "host",
                twice("host", &good, "evil.example"),
                Refusal::Envoy(&[400, 403]),
            ),
            row(
                "content-type",
                twice("content-type", "application/json", "text/plain"),
                Refusal::Envoy(&[400, 415]),
            ),
            row(
                "content-encoding",
                twice("content-encoding", "identity", "gzip"),
                Refusal::Envoy(&[400, 415]),
            ),
            row(
                "authorization",
                world.post(CALL).header("authorization", &token),
                Refusal::Envoy(&[400, 401]),
            ),
            row("x-agent-name", twice("x-agent-name", "a", "b"), ours()),
            row(
                "a session that is no text",
                world.post(CALL).header("mcp-session-id", "a b"),
                ours(),
            ),
        ]
    });
}

/// Headers by which a request could be sent elsewhere, sent again, or taken for another's.
const PRETENDING: [(&str, &str); 26] = [
    ("mcp_session_id", "a"),
    ("mcp_name", "delete_file"),
    ("mcp-param_path", "/etc/passwd"),
    ("x_agent_name", "somebody-else"),
    ("content_length", "1"),
    ("x_http_method_override", "DELETE"),
    ("x-agent-name", "somebody-else"),
    ("x-forwarded-for", "10.0.0.1"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "https"),
    ("forwarded", "for=10.0.0.1;host=evil.example"),
    ("x-envoy-internal", "true"),
    ("x-envoy-external-address", "10.0.0.1"),
    ("x-envoy-original-path", "/other/mcp"),
    ("x-envoy-original-dst-host", "10.0.0.1:80"),
    ("x-envoy-decorator-operation", "evil"),
    ("x-envoy-upstream-alt-stat-name", "evil"),
    ("x-envoy-upstream-rq-timeout-ms", "1"),
    ("x-envoy-expected-rq-timeout-ms", "1"),
    ("x-envoy-retry-on", "5xx,gateway-error,reset,retriable-4xx"),
    ("x-envoy-max-retries", "5"),
    ("x-envoy-hedge-on-per-try-timeout", "true"),
    ("x-http-method-override", "DELETE"),
    ("x-http-method", "DELETE"),
    ("x-original-url", "/admin"),
    ("x-rewrite-url", "/admin"),
];

#[test]
fn pretending_headers_change_nothing_and_go_nowhere() {
    let world = take(&WORLD);
    let pretending = |body: &str| {
        let request = world.post(body);
        PRETENDING.iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        })
    };
    let (response, arrived) = world.send_and_see(&pretending(CALL));
    assert_eq!(
        (response.status, arrived.len()),
        (200, 1),
        "{}",
        response.text()
    );
    let target = (arrived[0].method.as_str(), arrived[0].path.as_str());
    assert_eq!(target, ("POST", "/mcp"));
    assert_eq!(
        arrived[0].header("host"),
        Some(world.upstream.authority().as_str())
    );
    let passed: Vec<&str> = PRETENDING
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| arrived[0].header(name).is_some())
        .collect();
    assert!(passed.is_empty(), "these reached the upstream: {passed:?}");
    let denied = CALL.replace("echo", "delete_file");
    let (response, arrived) = world.send_and_see(&pretending(&denied));
    assert!(
        arrived.is_empty() && response.text().contains("Files are not deleted"),
        "{}",
        response.text()
    );
    let decision = world
        .gateway
        .audit()
        .into_iter()
        .rev()
        .find(|record| record["kind"] == "decision")
        .unwrap();
    assert_eq!(
        decision["caller"].get("agent"),
        None,
        "a header names no agent"
    );
}

#[test]
fn one_verdict_is_one_attempt() {
    let world = take(&WORLD);
    let word = "one-attempt";
    world.upstream.when(word, |_, answer| {
        answer.whole(503, "text/plain", &[], b"busy")
    });
    let body = CALL.replace("hi", word);
    let request = world
        .post(body)
        .header("x-envoy-retry-on", "5xx,gateway-error");
    let (response, arrived) = world.send_and_see(&request.header("x-envoy-max-retries", "3"));
    assert_eq!((response.status, arrived.len()), (503, 1));
    let reset = "reset-attempt";
    world.upstream.when(reset, |_, answer| answer.close());
    let request = world
        .post(CALL.replace("hi", reset))
        .header("x-envoy-retry-on", "5xx,reset,connect-failure");
    let (response, arrived) = world.send_and_see(&request.header("x-envoy-max-retries", "3"));
    assert_eq!(arrived.len(), 1, "answered {}", response.status);
}
