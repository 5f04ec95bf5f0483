//! What a caller may not see answers like what is not there: nobody learns names by asking.

use std::sync::{LazyLock, Mutex};

use portcullis_tests::wire::Response;
use serde_json::{Value, json};

use super::{ERAS, Era, learnt, request};
use crate::world::{World, take};

/// Everything that is known by name, and nothing else; and not all of that for everybody.
const POLICIES: &str = r#"
@id("developers") permit (principal in Mcp::Role::"developer", action, resource);
@id("listed-only")
forbid (principal, action in Mcp::Action::"tools/call", resource) unless { resource.listed };
@id("no-wiping")
@reason("The reason of a hidden tool is nobody's business.")
forbid (principal, action in Mcp::Action::"tools/call", resource == Mcp::Tool::"demo/wipe");
@id("viewers-read")
permit (principal in Mcp::Role::"viewer", action in Mcp::Action::"tools/call", resource)
when { resource.readOnly };
@id("one-prompt")
forbid (principal, action == Mcp::Action::"prompts/get", resource)
unless { resource == Mcp::Prompt::"demo/open" };
@id("one-place")
forbid (principal, action == Mcp::Action::"resources/read", resource)
unless { resource == Mcp::Resource::"demo/file:///open" };
"#;

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| Mutex::new(learnt(POLICIES)));

/// The whole answer but for the name in it, and the time.
fn answer(
    world: &World,
    user: &str,
    era: Era,
    method: &str,
    params: &Value,
    name: &str,
) -> Response {
    let request = request(world, user, era, "same", method, params.clone());
    let (mut response, arrived) = world.send_and_see(&request);
    assert!(arrived.is_empty(), "{user} {method} {name} was sent");
    let untimed = |(name, _): &(String, String)| name != "date" && name != "content-length";
    response.headers.retain(untimed);
    response.body = response.text().replace(name, "NAME").into_bytes();
    response
}

#[test]
fn a_hidden_tool_answers_like_one_that_does_not_exist() {
    let world = take(&WORLD);
    for era in ERAS {
        for user in ["alice", "bob"] {
            // Forbidden, in quarantine, and never heard of; with and without arguments that fit.
            let mut answers = Vec::new();
            for tool in ["wipe", "odd", "nobody", "wipe2"] {
                for arguments in [json!({}), json!({"path": "/"}), json!({"path": 7})] {
                    let params = json!({"name": tool, "arguments": arguments});
                    answers.push(answer(&world, user, era, "tools/call", &params, tool));
                }
            }
            for one in &answers {
                assert_eq!(one, &answers[0], "{era:?} {user}");
            }
            let text = answers[0].text();
            assert!(
                text.contains("\"code\":-32602") && text.contains("Unknown tool: NAME"),
                "{text}"
            );
            assert!(!text.contains("business"), "{text}");
        }
        let hidden = json!({"name": "write_note", "arguments": {"text": "x"}});
        let absent = json!({"name": "nobody", "arguments": {"text": "x"}});
        let hidden = answer(&world, "bob", era, "tools/call", &hidden, "write_note");
        let absent = answer(&world, "bob", era, "tools/call", &absent, "nobody");
        assert_eq!(hidden, absent, "{era:?}: hidden for want of a role");
    }
}

#[test]
fn hidden_prompts_and_resources_answer_like_absent_ones() {
    let world = take(&WORLD);
    for era in ERAS {
        let prompt = |name: &str| {
            let params = json!({"name": name, "arguments": {}});
            answer(&world, "alice", era, "prompts/get", &params, name)
        };
        assert_eq!(prompt("closed"), prompt("nobody"), "{era:?}");
        assert!(prompt("closed").text().contains("Unknown prompt: NAME"));
        let place = |uri: &str| {
            answer(
                &world,
                "alice",
                era,
                "resources/read",
                &json!({"uri": uri}),
                uri,
            )
        };
        assert_eq!(place("file:///closed"), place("file:///nowhere"), "{era:?}");
        assert!(
            place("file:///closed")
                .text()
                .contains("Resource not found")
        );
    }
}
