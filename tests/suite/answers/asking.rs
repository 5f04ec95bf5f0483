//! What an MCP server asks of the agent: sampling, elicitation, roots. Policy decides, in streams
//! of the session era and inside `input_required` results of the stateless one.

use portcullis_tests::{mcp, wait};
use serde_json::{Value, json};

use super::{WORLD, call, modern, result};
use crate::world::{DEMO, World, take};

/// What a server asks, and what it is told when policy says no; the id is 55.
fn questions() -> [(&'static str, Value, Value); 3] {
    let denied = || json!({"jsonrpc": "2.0", "id": 55, "error": {"code": 1403, "message": "Denied by policy"}});
    let declined = json!({"jsonrpc": "2.0", "id": 55, "result": {"action": "decline"}});
    let form = json!({"message": "Sure?", "requestedSchema": {"type": "object", "properties": {}}});
    [
        (
            "sampling/createMessage",
            json!({"messages": [], "maxTokens": 1}),
            denied(),
        ),
        ("elicitation/create", form, declined),
        ("roots/list", json!({}), denied()),
    ]
}

fn open(world: &World, user: &str) -> String {
    let response = world.send(&world.gateway.post(DEMO, user, mcp::initialize("0")));
    response
        .header("mcp-session-id")
        .expect("a session")
        .to_owned()
}

/// A call in a session during which the server asks; what the client gets.
fn asked(world: &World, user: &str, word: &str, question: &Value) -> (String, String) {
    let (question, id) = (question.to_string(), word.to_owned());
    world
        .upstream
        .when(&format!("\"{word}\""), move |_, answer| {
            answer.events(&[&question, &result(&id, "done")]);
        });
    let session = open(world, user);
    let response = world.send(&call(world, user, word).header("mcp-session-id", &session));
    assert_eq!(response.status, 200, "{}", response.text());
    (response.text(), session)
}

#[test]
fn an_allowed_question_reaches_the_agent_and_its_answer_the_server() {
    let world = take(&WORLD);
    for (method, params, _) in questions() {
        let question = json!({"jsonrpc": "2.0", "id": 55, "method": method, "params": params});
        let word = format!("allowed-{}", method.replace('/', "-"));
        let (text, session) = asked(&world, "alice", &word, &question);
        assert!(
            text.contains(&question.to_string()) && text.contains("done"),
            "{method}: {text}"
        );
        let answer = r#"{"jsonrpc" : "2.0", "id":55, "result":{"x":"\u0061"}}"#;
        let request = world.post(answer).header("mcp-session-id", &session);
        let (response, arrived) = world.send_and_see(&request);
        assert_eq!((response.status, arrived.len()), (202, 1), "{method}");
        assert_eq!(arrived[0].body, answer.as_bytes(), "{method}");
    }
}

#[test]
fn a_denied_question_is_answered_for_the_agent() {
    let world = take(&WORLD);
    for (method, params, told) in questions() {
        let question = json!({"jsonrpc": "2.0", "id": 55, "method": method, "params": params});
        let word = format!("denied-{}", method.replace('/', "-"));
        let (text, session) = asked(&world, "bob", &word, &question);
        assert!(
            !text.contains(method) && text.contains("done"),
            "{method}: {text}"
        );
        let answer = wait::until("the server is told", || {
            let about = world.upstream.received_with(&session);
            about.into_iter().find(|request| request.json()["id"] == 55)
        });
        assert_eq!(answer.json(), told, "{method}");
        assert_eq!(
            (answer.method.as_str(), answer.path.as_str()),
            ("POST", "/mcp")
        );
        assert_eq!(
            answer.header("host"),
            Some(world.upstream.authority().as_str())
        );
        assert_eq!(answer.header("authorization"), None);
        let decision = world.gateway.audited("the denial", |record| {
            record["direction"] == "to_client"
                && record["method"] == method
                && record["verdict"] == "deny"
        });
        assert_eq!(decision["caller"]["subject"], "bob", "{method}");
    }
}

#[test]
fn a_question_nobody_knows_is_answered_so() {
    let world = take(&WORLD);
    let question = json!({"jsonrpc": "2.0", "id": 56, "method": "secrets/list", "params": {}});
    let (text, session) = asked(&world, "alice", "unknown-question", &question);
    assert!(
        !text.contains("secrets/list") && text.contains("done"),
        "{text}"
    );
    let answer = wait::until("the server is told", || {
        let about = world.upstream.received_with(&session);
        about.into_iter().find(|request| request.json()["id"] == 56)
    });
    assert_eq!(answer.json()["error"]["code"], -32601);
}

#[test]
fn a_stream_of_the_session_is_judged_too() {
    let world = take(&WORLD);
    let question = json!({"jsonrpc": "2.0", "id": 55, "method": "roots/list"}).to_string();
    let notice = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    for (user, reaches) in [("alice", true), ("bob", false)] {
        let session = open(&world, user);
        let question = question.clone();
        world.upstream.when(&session, move |request, answer| {
            match request.method.as_str() {
                "GET" => answer.events(&[&question, notice]),
                _ => answer.status(202, "Accepted"),
            }
        });
        let request = world
            .gateway
            .stream(DEMO, user)
            .header("mcp-session-id", &session);
        let text = world.send(&request).text();
        assert!(text.contains("list_changed"), "{user}: {text}");
        assert_eq!(text.contains("roots/list"), reaches, "{user}: {text}");
    }
}

#[test]
fn stateless_streams_carry_no_questions() {
    let world = take(&WORLD);
    let question = json!({"jsonrpc": "2.0", "id": 55, "method": "roots/list"}).to_string();
    world
        .upstream
        .when("\"stateless-question\"", move |_, answer| {
            answer.events(&[&question, &result("stateless-question", "done")]);
        });
    let text = world
        .send(&modern(&world, "alice", "stateless-question"))
        .text();
    assert!(
        text.contains("done") && !text.contains("roots/list"),
        "{text}"
    );
}

fn input_required(id: &str) -> String {
    let form = json!({"message": "Sure?", "requestedSchema": {"type": "object", "properties": {}}});
    let requests = json!({
        "a": {"method": "elicitation/create", "params": form},
        "b": {"method": "roots/list"},
    });
    let result = json!({"resultType": "input_required", "inputRequests": requests, "requestState": "opaque=="});
    mcp::result(&json!(id), result)
}

#[test]
fn questions_inside_a_result_need_their_verdicts() {
    let world = take(&WORLD);
    for form in ["json", "events"] {
        let word = format!("inside-{form}");
        let body = input_required(&word);
        world
            .upstream
            .when(&format!("\"{word}\""), move |_, answer| match form {
                "json" => answer.json(&body),
                _ => answer.events(&[&body]),
            });
        let allowed = world.send(&modern(&world, "alice", &word)).text();
        assert!(
            allowed.contains(&input_required(&word)),
            "byte for byte: {allowed}"
        );
        let denied = world.send(&modern(&world, "bob", &word));
        let message = denied.message();
        assert_eq!(
            (&message["id"], &message["result"]["isError"]),
            (&json!(word), &json!(true)),
            "{message}"
        );
        assert_eq!(message["result"]["resultType"], "complete");
        assert!(
            !denied.text().contains("opaque") && !denied.text().contains("Sure?"),
            "{}",
            denied.text()
        );
    }
}

#[test]
fn an_answer_to_questions_inside_a_result_is_a_new_call() {
    let world = take(&WORLD);
    let params = json!({
        "name": "delete_file", "arguments": {},
        "inputResponses": {"a": {"action": "accept", "content": {}}}, "requestState": "opaque==",
    });
    let retry = world
        .gateway
        .modern(DEMO, "alice", "retry-denied", "tools/call", params.clone());
    let (response, arrived) = world.send_and_see(&retry);
    assert!(
        arrived.is_empty() && response.text().contains("Files are not deleted"),
        "{}",
        response.text()
    );
    let mut params = params;
    params["name"] = json!("echo");
    let retry = world
        .gateway
        .modern(DEMO, "alice", "retry-allowed", "tools/call", params);
    let (_, arrived) = world.send_and_see(&retry);
    assert_eq!(arrived[0].body, retry.payload(), "byte for byte");
}
