//! Servers that show each account its own tools: what one is shown is nothing to another.

use portcullis_tests::gateway::Setup;
use portcullis_tests::mcp;
use serde_json::{Value, json};

use crate::world::World;

const POLICIES: &str = r#"
@id("all") permit (principal, action, resource);

@id("not-main") @reason("Nobody pushes to main.")
forbid (principal, action in Mcp::Action::"tools/call", resource)
when { context has input && context.input has branch && context.input.branch == "main" };
"#;

/// A tool of another server, so that there are arguments that the policy could speak of.
const PINNED: &str = r#"{"tools":[{"name":"merge","inputSchema":{"type":"object","properties":{
    "branch":{"type":"string"}}}}]}"#;

fn world() -> World {
    World::with(Setup::policies(POLICIES).file("tools/other.json", PINNED))
}

/// A tool that takes these branches, and this one where none is named.
fn push(branches: &str, default: &str) -> Value {
    let branch =
        json!({"type": "string", "pattern": format!("^({branches})$"), "default": default});
    let schema = json!({"type": "object", "properties": {"branch": branch}});
    json!({"name": "push", "inputSchema": schema})
}

/// How many tools a list shows this user, when the server lists this one; and how many were news.
fn list(world: &World, user: &str, word: &str, tool: &Value) -> (usize, u64) {
    let answer = mcp::result(&json!(word), json!({"tools": [tool]}));
    world
        .upstream
        .when(&format!("\"{word}\""), move |_, way| way.json(&answer));
    let list = mcp::request(word, "tools/list", json!({}));
    let response = world
        .gateway
        .send(&world.gateway.post("demo", user, list))
        .json();
    let shown = response["result"]["tools"].as_array();
    let shown = shown.unwrap_or_else(|| panic!("{word}: {response}")).len();
    let records = world.gateway.audit();
    let mut lists = records
        .iter()
        .rev()
        .filter(|record| record["kind"] == "list");
    let news = lists
        .next()
        .and_then(|record| record["changed_count"].as_u64());
    (shown, news.unwrap_or_default())
}

/// Whether a call of this user's ran; else what it read.
fn push_to(world: &World, user: &str, arguments: &Value) -> Result<(), String> {
    let word = format!("push-{user}-{}", world.upstream.received().len());
    let request = world
        .gateway
        .post("demo", user, mcp::call(&word, "push", arguments.clone()));
    let before = world.upstream.received().len();
    let response = world.gateway.send(&request).json();
    let arrived = world.upstream.received().len() - before;
    match arrived {
        1 => Ok(()),
        _ => Err(response.to_string()),
    }
}

#[test]
fn accounts_that_see_different_tools_do_not_break_each_other() {
    let world = world();
    let (of_alice, of_bob) = (push("a|b|main", "main"), push("c|main", "c"));
    assert_eq!(list(&world, "alice", "alice-1", &of_alice), (1, 1));
    assert_eq!(list(&world, "bob", "bob-1", &of_bob), (1, 1));
    for round in 2..5 {
        assert_eq!(
            list(&world, "alice", &format!("alice-{round}"), &of_alice),
            (1, 0)
        );
        assert_eq!(
            list(&world, "bob", &format!("bob-{round}"), &of_bob),
            (1, 0)
        );
    }
    for (user, arguments, says) in [
        ("alice", json!({"branch": "a"}), None),
        ("alice", json!({}), Some("Nobody pushes to main.")),
        ("alice", json!({"branch": "c"}), Some("/branch")),
        ("bob", json!({"branch": "c"}), None),
        ("bob", json!({}), None),
        (
            "bob",
            json!({"branch": "main"}),
            Some("Nobody pushes to main."),
        ),
        ("bob", json!({"branch": "a"}), Some("/branch")),
    ] {
        match (push_to(&world, user, &arguments), says) {
            (Ok(()), None) => {}
            (Err(text), Some(says)) if text.contains(says) => {}
            (said, _) => panic!("{user} {arguments}: {said:?}"),
        }
    }
}

#[test]
fn one_account_whose_tools_always_change_holds_up_nobody() {
    let world = world();
    let steady = push("a|b", "a");
    assert_eq!(list(&world, "alice", "steady-1", &steady), (1, 1));
    for round in 0..70 {
        let word = format!("churn-{round}-");
        let (shown, news) = list(&world, "bob", &word, &push(&format!("c{round}"), "c"));
        assert_eq!(
            (shown as u64, news),
            if round < 60 { (1, 1) } else { (0, 0) },
            "{word}"
        );
    }
    assert_eq!(list(&world, "alice", "steady-2", &steady), (1, 0));
    assert_eq!(push_to(&world, "alice", &json!({"branch": "b"})), Ok(()));
    let other = push("a|b|new", "a");
    assert_eq!(
        list(&world, "alice", "steady-3", &other),
        (1, 1),
        "alice has news of her own"
    );
    assert_eq!(push_to(&world, "alice", &json!({"branch": "new"})), Ok(()));
}
