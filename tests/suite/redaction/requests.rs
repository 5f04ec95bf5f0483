//! What agents send: a secret does not reach the server either, and the headers that repeat a part of
//! the body say the same as the body.

use portcullis_tests::gateway::Setup;
use portcullis_tests::{mcp, wait};
use serde_json::json;

use super::{REDACTED, TOKEN, WORLD, leaks};
use crate::world::{DEMO, World, take};

/// Everything that arrived, as text: head and body.
fn arrived_text(arrived: &[portcullis_tests::upstream::Received]) -> String {
    let texts = arrived.iter().map(|request| {
        let head: Vec<String> = request
            .headers
            .iter()
            .map(|(k, v)| format!("{k}: {v}"))
            .collect();
        format!(
            "{}\n{}\n{}",
            request.path,
            head.join("\n"),
            String::from_utf8_lossy(&request.body)
        )
    });
    texts.collect()
}

#[test]
fn arguments_and_their_headers_are_redacted_alike() {
    let world = take(&WORLD);
    let arguments =
        json!({"note": TOKEN, "deep": [{"x": format!("use {TOKEN}, then go")}], "n": 1});
    let params = json!({"name": "echo", "arguments": arguments});
    let request = world
        .gateway
        .modern(DEMO, "alice", "mirrored", "tools/call", params)
        .header("mcp-param-note", TOKEN)
        .header("mcp-param-other", "unrelated");
    let (response, arrived) = world.send_and_see(&request);
    assert_eq!(
        (response.status, arrived.len()),
        (200, 1),
        "{}",
        response.text()
    );
    let text = arrived_text(&arrived);
    assert!(!leaks(&text), "{text}");
    let wanted = String::from_utf8_lossy(request.payload()).replace(TOKEN, REDACTED);
    assert_eq!(String::from_utf8_lossy(&arrived[0].body), wanted);
    let header = |name| arrived[0].header(name);
    assert_eq!(header("mcp-param-note"), Some(REDACTED));
    assert_eq!(header("mcp-param-other"), Some("unrelated"));
    assert_eq!(header("mcp-name"), Some("echo"));
    assert_eq!(
        header("content-length"),
        Some(wanted.len().to_string().as_str())
    );
}

#[test]
fn the_header_that_repeats_a_name_follows_the_body() {
    let world = take(&WORLD);
    let params = json!({"uri": format!("https://files.example.com/a?access_token={TOKEN}")});
    let request = world
        .gateway
        .modern(DEMO, "alice", "named", "resources/read", params);
    let (response, arrived) = world.send_and_see(&request);
    assert!(
        !leaks(&arrived_text(&arrived)),
        "{}",
        arrived_text(&arrived)
    );
    // A server that checks the two must find them alike; refusing the request would do as well.
    match arrived.as_slice() {
        [one] => {
            let body = one.json();
            assert_eq!(
                one.header("mcp-name"),
                body["params"]["uri"].as_str(),
                "{body}"
            );
        }
        none => assert!(
            none.is_empty() && response.status < 500,
            "{}",
            response.text()
        ),
    }
}

#[test]
fn a_request_without_a_secret_stays_as_it_was() {
    let world = take(&WORLD);
    let body = r#" {"jsonrpc":"2.0", "id":"plain","method":"tools/call","params":{"name":"echo","arguments":{"text":"caf\u00e9 \/"}}} "#;
    let (_, arrived) = world.send_and_see(&world.post(body));
    assert_eq!(arrived[0].body, body.as_bytes());
}

fn open(world: &World) -> String {
    let response = world.send(&world.post(mcp::initialize("0")));
    response
        .header("mcp-session-id")
        .expect("a session")
        .to_owned()
}

#[test]
fn answers_and_notifications_of_agents_are_redacted() {
    let world = take(&WORLD);
    let session = open(&world);
    for body in [
        format!(
            r#"{{"jsonrpc":"2.0","id":55,"result":{{"action":"accept","content":{{"token":"{TOKEN}"}}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":"x","reason":"{TOKEN}"}}}}"#
        ),
    ] {
        let request = world.post(body.clone()).header("mcp-session-id", &session);
        let (response, arrived) = world.send_and_see(&request);
        assert_eq!((response.status, arrived.len()), (202, 1), "{body}");
        let wanted = body.replace(TOKEN, REDACTED);
        assert_eq!(String::from_utf8_lossy(&arrived[0].body), wanted);
    }
}

/// Nothing is replaced behind an agent's back: the server would take what stands there for the values
/// themselves, and a file that was read and written back would hold them for good.
#[test]
fn a_secret_or_placeholder_that_an_agent_sends_is_refused_by_default() {
    let world = World::with(Setup::policies(super::POLICIES));
    world.upstream.when("read-back", |_, answer| {
        let text = format!("DB_HOST=db1\nGITHUB_TOKEN={TOKEN}\n");
        answer.json(&mcp::result(&json!("read-back"), mcp::said(&text)));
    });
    let read =
        world.send(&world.post(mcp::call("read-back", "read_file", json!({"path": ".env"}))));
    let shown = mcp::text_of(&read.json()).to_owned();
    assert!(shown.contains("[redacted:"), "{shown}");
    for (word, content) in [
        ("write-back", shown.replace("db1", "db2")),
        ("write-new", format!("token: {TOKEN}")),
    ] {
        let arguments = json!({"path": ".env", "content": content});
        let request = world.post(mcp::call(word, "write_file", arguments));
        let (response, arrived) = world.send_and_see(&request);
        assert!(arrived.is_empty(), "{word}: nothing was sent");
        let answer = response.json();
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        let text = mcp::text_of(&answer);
        for part in [
            "Nothing was sent",
            "/params/arguments/content",
            "`reveal`",
            "secret.github",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    for reason in ["placeholder", "secret"] {
        let _refusal = world.gateway.audited(reason, |record| {
            record["kind"] == "refusal" && record["reason"] == reason
        });
    }
    let session = open(&world);
    let form = json!({"jsonrpc": "2.0", "id": 55, "result": {"action": "accept", "content": {"token": TOKEN}}});
    let request = world
        .post(form.to_string())
        .header("mcp-session-id", &session);
    let (response, arrived) = world.send_and_see(&request);
    assert_eq!(response.status, 400, "{}", response.text());
    assert!(!leaks(&arrived_text(&arrived)), "{arrived:?}");
    let told = wait::until("the server learns that no form comes", || {
        world.upstream.received_with("1403").pop()
    });
    assert_eq!(told.json()["id"], 55);
}
