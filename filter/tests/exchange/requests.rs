//! Requests that must not pass, and those that must: the head and the body.

use portcullis_filter::exchange::{Claims, Origin, RequestHead, ResponseHead, Tell};
use portcullis_protocol::limits::REQUEST_BYTES_MAX;
use serde_json::json;

use crate::world::{World, call, modern_call};

#[test]
fn heads_do_not_print_what_gives_access() {
    let header = |name: &str| (name.to_owned(), b"hunter2".to_vec());
    let headers = [header("authorization"), header("mcp-session-id")];
    let request = RequestHead {
        headers: &headers,
        claims: None,
        peer: "127.0.0.1:1",
        last: true,
    };
    let response = ResponseHead {
        headers: &headers,
        last: true,
        from: Origin::Server,
    };
    let tell = Tell {
        cluster: "demo".to_owned(),
        headers: vec![("mcp-session-id", "hunter2".to_owned())],
        body: Vec::new(),
    };
    let printed = format!("{request:?} {response:?} {tell:?}");
    // As bytes, `hunter2` begins like this.
    let shown = printed.contains("hunter2") || printed.contains("104, 117, 110");
    assert!(!shown && printed.contains("mcp-session-id"), "{printed}");
}

#[test]
fn a_call_is_asked_about_before_it_goes_anywhere() {
    let world = World::new().send(&call("echo"));
    assert_eq!((world.forwarded, world.asks.len()), (0, 1));
    let question = world.question();
    assert_eq!(question["targets"], json!([{"tool": "echo"}]));
    assert_eq!(question["caller"]["subject"], "alice");
    assert_eq!(question["arguments"], json!({"text": "hi"}));
    assert_eq!(world.allow().forwarded, 1);
}

#[test]
fn the_token_and_what_is_ours_end_here() {
    let odd = [
        "accept-encoding",
        "x-agent-name",
        "x-http-method-override",
        "authorization",
        "x-envoy-original-dst-host",
    ];
    let world = odd
        .into_iter()
        .fold(World::new(), |world, name| world.header(name, "x"));
    let world = world
        .header("origin", "http://gate:1")
        .header("x-mine", "kept")
        .send(&call("echo"));
    for name in odd.into_iter().chain(["origin"]) {
        assert!(world.stripped.contains(&name.to_owned()), "{name}");
    }
    assert!(!world.stripped.contains(&"x-mine".to_owned()));
}

#[test]
fn handshake_and_liveness_pass_without_a_question() {
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"x/ours"}"#,
    ] {
        let world = World::new().send(body);
        assert_eq!((world.forwarded, world.asks.len()), (1, 0), "{body}");
    }
}

#[test]
fn unknown_methods_look_like_unknown_methods() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"interceptor/invoke"}"#;
    let (status, reply) = World::new().send(body).reply();
    assert_eq!((status, &reply["error"]["code"]), (200, &json!(-32601)));
    let body = modern_call("interceptor/invoke", json!({}));
    let world = World::new().modern("interceptor/invoke", None).send(&body);
    assert_eq!(world.reply().0, 404);
    let world = World::new().send(r#"{"jsonrpc":"2.0","method":"notifications/odd"}"#);
    assert_eq!(world.reply().0, 202);
}

#[test]
fn heads_that_must_not_pass() {
    let odd = |name, value| World::new().header(name, value);
    for (what, world, status) in [
        ("path", odd(":path", "/other"), 404),
        ("path below", odd(":path", "/demo/mcp/x"), 404),
        ("query", odd(":path", "/demo/mcp?token=x"), 400),
        (
            "query beside",
            odd(":path", "/demo/mcp?team=a&token=x"),
            400,
        ),
        (
            "query in other letters",
            odd(":path", "/demo/mcp?Team=a"),
            400,
        ),
        ("query in escapes", odd(":path", "/demo/mcp?%74eam=a"), 400),
        (
            "query said twice",
            odd(":path", "/demo/mcp?team=a&team=b"),
            400,
        ),
        ("host", odd(":authority", "evil"), 403),
        ("origin", odd("origin", "http://evil"), 403),
        ("null origin", odd("origin", "null"), 403),
        ("verb", odd(":method", "PUT"), 405),
        ("preflight", odd(":method", "OPTIONS"), 405),
        ("coded", odd("content-encoding", "gzip"), 415),
        ("type", odd("content-type", "text/plain"), 415),
        (
            "json suffix",
            odd("content-type", "application/vnd+json"),
            415,
        ),
        (
            "charset",
            odd("content-type", "application/json; charset=utf-16"),
            415,
        ),
        (
            "length",
            odd("content-length", &(REQUEST_BYTES_MAX + 1).to_string()),
            413,
        ),
        ("length text", odd("content-length", "many"), 400),
        (
            "two types",
            World::new().add("content-type", "application/json"),
            400,
        ),
        (
            "two sessions",
            odd("mcp-session-id", "a").add("mcp-session-id", "b"),
            400,
        ),
        ("session", odd("mcp-session-id", "a b"), 400),
        ("two names", odd("mcp-name", "a").add("mcp-name", "b"), 400),
        ("get", World::new().bare("GET"), 405),
        ("delete", World::new().bare("DELETE"), 405),
        (
            "get with a body",
            odd(":method", "GET").header("mcp-session-id", "s1"),
            400,
        ),
        (
            "delete with a body",
            odd(":method", "DELETE").header("mcp-session-id", "s1"),
            400,
        ),
    ] {
        let world = world.send(&call("echo"));
        assert_eq!(world.reply().0, status, "{what}");
        assert_eq!(world.asks.len(), 0, "{what}");
        let recorded = usize::from(!what.starts_with("path") && !what.starts_with("two "));
        assert_eq!(
            world.reports.len(),
            recorded,
            "{what}: strangers leave no record"
        );
    }
}

#[test]
fn harmless_heads_pass() {
    let of = |name, value| World::new().header(name, value);
    for (what, world) in [
        ("slash", of(":path", "/demo/mcp/")),
        ("query that is named", of(":path", "/demo/mcp?team=a%20b")),
        ("empty query", of(":path", "/demo/mcp?")),
        ("empty coding", of("content-encoding", "")),
        ("identity", of("content-encoding", "identity")),
        (
            "parameter",
            of("content-type", "application/json; profile=x"),
        ),
        ("underscore", of("x_request_tag", "a")),
    ] {
        let world = world.send(&call("echo"));
        assert_eq!(world.asks.len(), 1, "{what}: {:?}", world.replies);
        assert!(!world.stripped.contains(&"x_request_tag".to_owned()));
    }
    let id = "s".repeat(4096);
    let world = of("mcp-session-id", &id).send(&call("echo"));
    assert_eq!(world.replies.len(), 0, "a session id of 4 KiB");
}

#[test]
fn what_some_server_takes_for_a_judged_header_ends_here() {
    for name in [
        "mcp_session_id",
        "mcp-session_id",
        "mcp_name",
        "mcp_method",
        "mcp_param_x",
        "mcp_anything",
        "x_agent_name",
        "content_length",
        "content_type",
        "transfer_encoding",
        "x_http_method_override",
        "x_forwarded_for",
        "x_original_url",
        "accept_encoding",
        "x_envoy_retry_on",
    ] {
        let world = World::new().header(name, "a").send(&call("echo"));
        assert!(world.stripped.contains(&name.to_owned()), "{name}");
    }
}

#[test]
fn no_identity_is_challenged() {
    let mut world = World::new();
    world.claims = None;
    let world = world.send(&call("echo"));
    assert_eq!(world.reply().0, 401);
    let challenge = &world.replies[0]
        .headers
        .iter()
        .find(|(name, _)| *name == "www-authenticate")
        .unwrap()
        .1;
    assert_eq!(
        challenge,
        "Bearer resource_metadata=\"http://gate:1/.well-known/oauth-protected-resource/demo/mcp\""
    );
}

#[test]
fn the_metadata_is_public() {
    let mut world = World::new()
        .header(":method", "GET")
        .header(":path", "/.well-known/oauth-protected-resource/demo/mcp");
    world.claims = None;
    assert_eq!(world.send("").forwarded, 1);
    let world = World::new()
        .header(":method", "GET")
        .header(":path", "/.well-known/oauth-protected-resources");
    assert_eq!(world.send("").reply().0, 404);
}

#[test]
fn claims_that_are_no_names_are_refused() {
    let good = World::new().claims.unwrap();
    for claims in [
        Claims {
            subject: String::new(),
            ..good.clone()
        },
        Claims {
            subject: "a\u{202e}".to_owned(),
            ..good.clone()
        },
        Claims {
            roles: None,
            ..good.clone()
        },
        Claims {
            roles: Some(vec!["x".repeat(300)]),
            ..good.clone()
        },
        Claims {
            roles: Some(vec!["r".to_owned(); 300]),
            ..good
        },
    ] {
        let mut world = World::new();
        world.claims = Some(claims.clone());
        assert_eq!(world.send(&call("echo")).reply().0, 403, "{claims:?}");
    }
}

#[test]
fn an_agent_name_counts_only_from_a_trusted_peer() {
    let mut world = World::new().header("x-agent-name", "claude");
    world.peer = "10.0.0.1:99";
    assert_eq!(
        world.send(&call("echo")).question()["caller"]["agent"],
        "claude"
    );
    let world = World::new()
        .header("x-agent-name", "claude")
        .send(&call("echo"));
    assert_eq!(world.question()["caller"].get("agent"), None);
    let mut world = World::new().header("x-agent-name", "claude");
    world.peer = "10.0.0.1:99";
    world.claims.as_mut().unwrap().agent = Some("signed".to_owned());
    assert_eq!(
        world.send(&call("echo")).question()["caller"]["agent"],
        "signed"
    );
}

/// Bodies with the id 1 that parsers disagree about, and the error code of their refusal.
const REFUSED: [(&str, &str, i32); 14] = [
    (
        "duplicate method",
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{}}"#,
        -32600,
    ),
    (
        "duplicate name",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}"#,
        -32600,
    ),
    (
        "duplicate argument",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":{"y":1,"y":2}}}}"#,
        -32600,
    ),
    (
        "escaped duplicate",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","n\u0061me":"b"}}"#,
        -32600,
    ),
    (
        "twin",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}"#,
        -32600,
    ),
    (
        "long s",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","paramſ":{"name":"a"}}"#,
        -32600,
    ),
    (
        "kelvin",
        r#"{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"a","tasKId":"b"}}"#,
        -32600,
    ),
    (
        "lone surrogate",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\ud800"}}"#,
        -32700,
    ),
    (
        "huge number",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":1e400}}}"#,
        -32600,
    ),
    (
        "no name",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#,
        -32602,
    ),
    (
        "hidden name",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a\u200bb"}}"#,
        -32602,
    ),
    (
        "both",
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
        -32600,
    ),
    (
        "version",
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
        -32600,
    ),
    (
        "trailing",
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"} x"#,
        -32700,
    ),
];

#[test]
fn bodies_that_must_not_pass_keep_their_id() {
    let deep = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{{\"a\":{}1{}}}}}",
        "[".repeat(100),
        "]".repeat(100)
    );
    let deep = ("deep", deep.as_str(), -32600);
    for (what, body, code) in REFUSED.into_iter().chain([deep]) {
        let (status, reply) = World::new().send(body).reply();
        assert_eq!(
            (status, &reply["error"]["code"]),
            (400, &json!(code)),
            "{what}: {reply}"
        );
        assert_eq!(reply["id"], 1, "{what}");
    }
}

#[test]
fn bodies_without_a_readable_id() {
    for body in [
        "",
        "[]",
        "null",
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
        "NaN",
        "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
        r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
    ] {
        let (status, reply) = World::new().send(body).reply();
        assert_eq!((status, &reply["id"]), (400, &json!(null)), "{body}");
    }
}

#[test]
fn headers_must_say_what_the_body_says() {
    let body = modern_call("tools/call", json!({"name": "echo", "arguments": {}}));
    let good = || World::new().modern("tools/call", Some("echo"));
    assert_eq!(good().send(&body).asks.len(), 1);
    assert_eq!(
        good()
            .header("mcp-name", "=?base64?ZWNobw==?=")
            .send(&body)
            .asks
            .len(),
        1
    );
    for (name, value) in [
        ("mcp-name", "add"),
        ("mcp-name", "Echo"),
        ("mcp-name", "=?base64?%?="),
        ("mcp-method", "tools/list"),
        ("mcp-protocol-version", "2025-11-25"),
        ("mcp-protocol-version", "2026-07-29"),
    ] {
        let (status, reply) = good().header(name, value).send(&body).reply();
        assert_eq!(
            (status, &reply["error"]["code"]),
            (400, &json!(-32020)),
            "{name}: {value}"
        );
    }
    for name in ["mcp-name", "mcp-method", "mcp-protocol-version"] {
        let mut world = good();
        world.headers.retain(|(key, _)| key != name);
        assert_eq!(
            world.send(&body).reply().1["error"]["code"],
            -32020,
            "{name}"
        );
    }
    let (_, reply) = World::new()
        .header("mcp-name", "other")
        .send(&call("echo"))
        .reply();
    assert_eq!(
        reply["error"]["code"], -32020,
        "a mirrored header may lie in no era"
    );
    let (_, reply) = good().send(&call("echo")).reply();
    assert_eq!(
        reply["error"]["code"], -32602,
        "a modern head needs a modern body"
    );
}

#[test]
fn an_endless_body_is_refused_while_it_comes() {
    let mut world = World::new();
    world.open();
    world.step(portcullis_filter::exchange::Input::RequestBody(
        REQUEST_BYTES_MAX,
    ));
    assert!(world.replies.is_empty());
    world.step(portcullis_filter::exchange::Input::RequestBody(
        REQUEST_BYTES_MAX + 1,
    ));
    assert_eq!(world.reply().0, 413);
}

#[test]
fn an_input_out_of_turn_refuses() {
    let mut world = World::new();
    world.step(portcullis_filter::exchange::Input::RequestEnd(
        b"{}".to_vec(),
    ));
    assert_eq!(world.reply().0, 500);
}
