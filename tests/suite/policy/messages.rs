//! Policies on what is no tool: the arguments of prompts and completions, and what servers ask of
//! agents.

use std::sync::{LazyLock, Mutex};

use portcullis_tests::gateway::Setup;
use portcullis_tests::{mcp, wait};
use serde_json::{Value, json};

use super::{ERAS, Era, fresh_id, request};
use crate::world::{DEMO, World, take};

const POLICIES: &str = r#"
@id("tools") permit (principal, action in Mcp::Action::"tools/call", resource);

@id("brief-summaries")
permit (principal, action == Mcp::Action::"prompts/get", resource == Mcp::Prompt::"demo/summary")
when { context.input.entries.contains({"key": "style", "value": "brief"}) };

@id("complete-styles")
permit (principal, action == Mcp::Action::"completion/complete", resource == Mcp::Prompt::"demo/summary")
when { context.input has name && context.input.name == "style" };

@id("short-samples")
permit (principal, action == Mcp::Action::"sampling/createMessage", resource == Mcp::Server::"demo")
when { context.input has maxTokens && context.input.maxTokens <= 100 && !context.input.tools };

@id("no-passwords")
permit (principal, action == Mcp::Action::"elicitation/create", resource == Mcp::Server::"demo")
when { context.input.mode == "form" && !context.input.fields.contains("password") };
"#;

static WORLD: LazyLock<Mutex<World>> =
    LazyLock::new(|| Mutex::new(World::with(Setup::policies(POLICIES))));

/// Asks, and says whether it reached the upstream; a refusal is a JSON-RPC error.
fn passes(world: &World, era: Era, method: &str, params: Value) -> bool {
    let request = request(world, "alice", era, &fresh_id(), method, params);
    let (response, arrived) = world.send_and_see(&request);
    let answer = response.message();
    match arrived.as_slice() {
        [] => assert_eq!(answer["error"]["code"], 1403, "{method}: {answer}"),
        [one] => assert_eq!(one.body, request.payload(), "{method}"),
        more => panic!("{method} arrived {} times", more.len()),
    }
    !arrived.is_empty()
}

#[test]
fn a_typed_rule_on_a_prompt_decides_by_its_arguments() {
    let world = take(&WORLD);
    for era in ERAS {
        for (arguments, may) in [
            (json!({"style": "brief"}), true),
            (json!({"style": "brief", "more": "x"}), true),
            (json!({"style": "long"}), false),
            (json!({"stile": "brief"}), false),
            (json!({"style": ["brief"]}), false),
            (json!({}), false),
        ] {
            let params = json!({"name": "summary", "arguments": arguments});
            assert_eq!(
                passes(&world, era, "prompts/get", params),
                may,
                "{era:?} {arguments}"
            );
        }
    }
}

#[test]
fn a_typed_rule_on_a_completion_decides_by_its_argument() {
    let world = take(&WORLD);
    for era in ERAS {
        for (name, may) in [("style", true), ("secret", false)] {
            let params = json!({
                "ref": {"type": "ref/prompt", "name": "summary"},
                "argument": {"name": name, "value": "b"},
            });
            let passed = passes(&world, era, "completion/complete", params);
            assert_eq!(passed, may, "{era:?} {name}");
        }
    }
}

/// What a server asks, whether it may, and what it is told when it may not.
fn questions() -> Vec<(&'static str, Value, bool, Value)> {
    let sample = |tokens: u32, more: Value| {
        let mut params = json!({"messages": [], "maxTokens": tokens});
        params
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        params
    };
    let form = |field: &str| {
        let properties = json!({field: {"type": "string"}});
        json!({"message": "Who?", "requestedSchema": {"type": "object", "properties": properties}})
    };
    let url = json!({"mode": "url", "message": "Go", "url": "https://example.com/x", "elicitationId": "1"});
    let denied = json!({"error": {"code": 1403, "message": "Denied by policy"}});
    let declined = json!({"result": {"action": "decline"}});
    let tools = json!({"tools": [{"name": "t", "inputSchema": {"type": "object"}}]});
    let (sampling, elicitation) = ("sampling/createMessage", "elicitation/create");
    vec![
        (sampling, sample(100, json!({})), true, denied.clone()),
        (sampling, sample(101, json!({})), false, denied.clone()),
        (sampling, sample(5, tools), false, denied),
        (elicitation, form("name"), true, declined.clone()),
        (elicitation, form("password"), false, declined.clone()),
        (elicitation, url, false, declined),
    ]
}

#[test]
fn typed_rules_on_what_a_server_asks_hold_in_streams() {
    let world = take(&WORLD);
    for (method, params, may, told) in questions() {
        let word = fresh_id();
        let question = json!({"jsonrpc": "2.0", "id": 55, "method": method, "params": params});
        let (sent, id) = (question.to_string(), word.clone());
        world
            .upstream
            .when(&format!("\"{word}\""), move |_, answer| {
                answer.events(&[&sent, &mcp::result(&json!(id), mcp::said("done"))]);
            });
        let opened = world.send(&world.post(mcp::initialize(&fresh_id())));
        let session = opened.header("mcp-session-id").expect("a session");
        let call = world.post(mcp::call(&word, "echo", json!({})));
        let text = world.send(&call.header("mcp-session-id", session)).text();
        assert!(text.contains("done"), "{text}");
        assert_eq!(
            text.contains(&question.to_string()),
            may,
            "{question}: {text}"
        );
        if !may {
            let answer = wait::until("the server is told", || {
                let about = world.upstream.received_with(session);
                about.into_iter().find(|one| one.json()["id"] == 55)
            });
            for (member, value) in told.as_object().unwrap() {
                assert_eq!(&answer.json()[member], value, "{question}");
            }
        }
    }
}

#[test]
fn typed_rules_on_what_a_server_asks_hold_inside_results() {
    let world = take(&WORLD);
    for (method, params, may, _) in questions() {
        let word = fresh_id();
        let asked = json!({"a": {"method": method, "params": params}});
        let result =
            json!({"resultType": "input_required", "inputRequests": asked, "requestState": "s"});
        let body = mcp::result(&json!(word), result);
        let sent = body.clone();
        world
            .upstream
            .when(&format!("\"{word}\""), move |_, answer| answer.json(&sent));
        let params = json!({"name": "echo", "arguments": {}});
        let call = world
            .gateway
            .modern(DEMO, "alice", &word, "tools/call", params);
        let response = world.send(&call);
        match may {
            true => assert_eq!(response.text(), body, "byte for byte"),
            false => assert_eq!(response.message()["result"]["isError"], true, "{asked}"),
        }
    }
}
