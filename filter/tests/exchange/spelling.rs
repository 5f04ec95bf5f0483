//! Members that are spelt like those that are judged: refused in requests, and no agent sees them.

use serde_json::{Value, json};

use crate::world::{RESULT, World, allowed, call, modern_call};

/// Members of each, and of whom they are look-alikes.
const ASKED: [(&str, &str, &str); 10] = [
    (
        "elicitation/create",
        r#"{"url":"https://good.example","URL":"https://evil.example"}"#,
        "url",
    ),
    (
        "elicitation/create",
        r#"{"mode":"form","Mode":"url"}"#,
        "mode",
    ),
    (
        "elicitation/create",
        r#"{"message":"m","requested_schema":{}}"#,
        "requestedSchema",
    ),
    (
        "elicitation/create",
        r#"{"requestedSchema":{"Properties":{"password":{}}}}"#,
        "properties",
    ),
    (
        "elicitation/create",
        r#"{"requestedSchema":{"properties":{"a":{"Format":"x"}}}}"#,
        "format",
    ),
    (
        "sampling/createMessage",
        r#"{"maxTokens":1,"maxto\u212aens":9999}"#,
        "maxTokens",
    ),
    (
        "sampling/createMessage",
        r#"{"max_tokens":9999}"#,
        "maxTokens",
    ),
    (
        "sampling/createMessage",
        r#"{"messages":[{"role":"user","Content":{}}]}"#,
        "content",
    ),
    (
        "sampling/createMessage",
        r#"{"tool\u017f":[{"name":"x"}]}"#,
        "tools",
    ),
    ("roots/list", r#"{"meta":{}}"#, "_meta"),
];

fn in_session() -> World {
    let world = World::new()
        .header("mcp-session-id", "s1")
        .send(&call("echo"));
    world.standing("own").allow()
}

#[test]
fn a_request_of_the_server_with_a_look_alike_is_declined() {
    for (method, params, name) in ASKED {
        let ask = format!(r#"{{"jsonrpc":"2.0","id":5,"method":"{method}","params":{params}}}"#);
        let world = in_session().head(200, "text/event-stream", &[]);
        let world = world.chunk(&format!("data: {ask}\n\ndata: {RESULT}\n\n"), false);
        assert_eq!(world.text(), format!(":\ndata: {RESULT}\n\n"), "{params}");
        let answer: Value = serde_json::from_slice(&world.tells[0].body).unwrap();
        assert_eq!(
            (&answer["id"], &answer["error"]["code"]),
            (&json!(5), &json!(-32602))
        );
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("`{name}`")), "{message}");
        assert_eq!(world.reports.len(), 1, "it is on record: {params}");
    }
}

#[test]
fn an_answer_that_asks_with_a_look_alike_is_withheld() {
    for (method, params, _) in ASKED {
        let ask = format!(r#"{{"method":"{method}","params":{params}}}"#);
        let result = format!(r#"{{"resultType":"input_required","inputRequests":{{"a":{ask}}}}}"#);
        for (form, shown) in [
            ("application/json", "X"),
            ("text/event-stream", "data: X\n\n"),
        ] {
            let body = modern_call("tools/call", json!({"name": "echo"}));
            let world = World::new()
                .modern("tools/call", Some("echo"))
                .send(&body)
                .allow();
            let answer = format!(r#"{{"jsonrpc":"2.0","id":"m-1","result":{result}}}"#);
            let world = world
                .head(200, form, &[])
                .chunk(&shown.replace('X', &answer), true);
            assert!(
                world.text().contains("withheld"),
                "{params}: {}",
                world.text()
            );
            assert!(
                !world.text().contains("evil") && world.asks.len() == 1,
                "{params}"
            );
        }
    }
}

#[test]
fn an_answer_with_a_look_alike_is_withheld() {
    for answer in [
        r#""result":{"isError":false,"IsError":true}"#,
        r#""result":{"content":[],"structured_content":{}}"#,
        r#""result":{"input_requests":{}}"#,
        r#""result":{"tas\u212a":{}}"#,
        r#""result":{"task":{"input_requests":{}}}"#,
        r#""error":{"code":-32042,"message":"m","data":{"Elicitations":[]}}"#,
        r#""error":{"code":-32042,"message":"m","data":{"elicitations":[{"URL":"https://x"}]}}"#,
        r#""error":{"code":-32042,"message":"m","DATA":{}}"#,
    ] {
        let answer = format!(r#"{{"jsonrpc":"2.0","id":1,{answer}}}"#);
        for (form, shown) in [
            ("application/json", "X"),
            ("text/event-stream", "data: X\n\n"),
        ] {
            let world = allowed().head(200, form, &[]);
            let world = world.chunk(&shown.replace('X', &answer), true);
            assert!(
                world.text().contains("withheld"),
                "{answer}: {}",
                world.text()
            );
            assert_eq!(world.asks.len(), 1, "nobody is asked: {answer}");
        }
    }
}

#[test]
fn a_request_with_a_look_alike_is_refused() {
    for (method, params) in [
        (
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "a"}, "argument": {"name": "x", "value": "v", "Value": "w"}}),
        ),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "a", "URI": "x"}}),
        ),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "a"}, "context": {"Arguments": {}}}),
        ),
        ("tools/call", json!({"name": "echo", "Arguments": {}})),
        (
            "tools/call",
            json!({"name": "echo", "meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}),
        ),
        (
            "tools/call",
            json!({"name": "echo", "_meta": {"io.modelcontextprotocol/protocol_version": "2026-07-28"}}),
        ),
        ("tasks/get", json!({"taskId": "a", "task_id": "b"})),
        (
            "subscriptions/listen",
            json!({"notifications": {"resource_subscriptions": ["a:b"]}}),
        ),
    ] {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let world = World::new().send(&body.to_string());
        let (status, reply) = world.reply();
        assert_eq!(status, 400, "{body}");
        let text = reply.to_string();
        assert!(text.contains("some readers take it for"), "{text}");
    }
}
