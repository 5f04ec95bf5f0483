//! Arguments as clients write them, not as schemas have them: where no policy reads them, servers get
//! them as they came; what a policy reads is exact, or the call is refused with the place.

use std::sync::{LazyLock, Mutex};

use serde_json::{Map, Value, json};

use super::{ERAS, Said, call, lists, put, shown, tool};
use crate::world::{World, take};
use portcullis_tests::gateway::Setup;

const POLICIES: &str = r#"
@id("all") permit (principal, action in Mcp::Action::"tools/call", resource);

@id("not-main")
@reason("Nobody pushes to main.")
forbid (principal, action == Mcp::Action::"demo/push", resource)
when { context.input has branch && context.input.branch == "main" };

@id("not-the-boss")
forbid (principal, action == Mcp::Action::"demo/mail", resource)
when { context.input.to like "*@boss.example" };

@id("bob-counts")
forbid (principal in Mcp::Role::"viewer", action == Mcp::Action::"demo/push", resource)
when { context.input has count && context.input.count > 5 };

@id("few")
@mode("shadow")
forbid (principal, action == Mcp::Action::"demo/search", resource)
when { context.input.limit > 10 };
"#;

fn of(name: &str, schema: &Value) -> Value {
    let mut of = tool(name, &json!({}), &json!({}), &[]);
    of["inputSchema"] = schema.clone();
    of
}

fn world() -> World {
    let world = World::with(Setup::policies(""));
    let sloppy = json!({
        "limit": {"type": "integer"}, "draft": {"type": "boolean"}, "url": {"type": "string", "format": "uri"},
        "since": {"type": "string", "format": "date-time"}, "price": {"type": "number"},
        "page": {"type": "integer", "default": 1}, "sort": {"enum": ["asc", "desc"]}, "note": {"type": "string"},
    });
    let wide: Map<String, Value> = (0..2_500)
        .map(|n| (format!("p{n}"), json!({"type": "string"})))
        .collect();
    let push = json!({
        "branch": {"type": "string", "default": "main"}, "count": {"type": "integer"}, "force": {"type": "boolean"},
    });
    let mail = json!({"type": "string", "pattern": "^(?!\\.)(?!.*\\.\\.)[a-z.]+@[a-z.]+$"});
    let draft_04 = "http://json-schema.org/draft-04/schema#";
    let tools = vec![
        tool("search", &json!({}), &sloppy, &["limit", "page"]),
        tool("push", &json!({}), &push, &["branch"]),
        tool("mail", &json!({}), &json!({"to": mail}), &["to"]),
        tool("invite", &json!({}), &json!({"to": mail}), &["to"]),
        of(
            "old",
            &json!({"$schema": draft_04, "type": "object", "properties": {"a": {"type": "string"}}}),
        ),
        of("wide", &json!({"type": "object", "properties": wide})),
        of(
            "named",
            &json!({"type": "object", "properties": {"a": {"$id": "urn:x:a", "type": "string"}}}),
        ),
    ];
    lists(&world, tools);
    assert!(shown(&world, "alice", super::Era::Sessions).is_empty());
    put(&world, "test.cedar", POLICIES);
    world
}

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| Mutex::new(world()));

#[test]
fn what_no_policy_reads_arrives_as_it_was_sent() {
    let world = take(&WORLD);
    for era in ERAS {
        for (tool, arguments) in [
            ("search", json!({"limit": "5"})),
            ("search", json!({"limit": 5, "draft": "true", "page": null})),
            (
                "search",
                json!({"limit": null, "url": "https://ex\u{e4}mple.com/\u{e4}"}),
            ),
            (
                "search",
                json!({"since": "2026-11-21T10:53:01.123456Z", "sort": "ASC"}),
            ),
            (
                "search",
                json!({"price": 18_446_744_073_709_551_615_u64, "Limit": 1, "LIMIT": 2}),
            ),
            ("search", json!({})),
            (
                "push",
                json!({"branch": "dev", "count": "5", "force": "yes"}),
            ),
            (
                "push",
                json!({"branch": "dev", "Count": 1, "other": {"x": [1]}}),
            ),
            ("invite", json!({"to": "..@", "cc": 7})),
            ("old", json!({"a": 7})),
            ("wide", json!({"p7": 7})),
            ("named", json!({"a": 7, "A": 8})),
        ] {
            let said = call(&world, "alice", era, tool, &arguments);
            assert_eq!(said, Said::Ran, "{era:?} {tool} {arguments}");
        }
    }
}

#[test]
fn what_a_policy_reads_is_exact_or_refused_with_its_place() {
    let world = take(&WORLD);
    for era in ERAS {
        for (user, tool, arguments, words) in [
            (
                "alice",
                "push",
                json!({"branch": 7}),
                "/branch has another type",
            ),
            (
                "alice",
                "push",
                json!({"branch": null}),
                "/branch has another type",
            ),
            (
                "alice",
                "push",
                json!({"branch": "dev", "Branch": "main"}),
                "/Branch is spelt like",
            ),
            (
                "alice",
                "push",
                json!({"BRANCH": "main"}),
                "/BRANCH is spelt like",
            ),
            (
                "alice",
                "push",
                json!({"branch": "main"}),
                "Nobody pushes to main.",
            ),
            ("alice", "push", json!({}), "Nobody pushes to main."),
            (
                "alice",
                "push",
                json!({"force": true}),
                "Nobody pushes to main.",
            ),
            (
                "bob",
                "push",
                json!({"branch": "dev", "count": "9"}),
                "/count has another type",
            ),
            (
                "bob",
                "push",
                json!({"branch": "dev", "COUNT": 9}),
                "/COUNT is spelt like",
            ),
            (
                "alice",
                "mail",
                json!({"to": "a@b.example"}),
                "/to is declared in a way",
            ),
        ] {
            let said = call(&world, user, era, tool, &arguments);
            assert!(said.is_refused_with(words), "{era:?} {arguments}: {said:?}");
        }
        let few = json!({"branch": "dev", "count": 5});
        assert_eq!(call(&world, "bob", era, "push", &few), Said::Ran);
    }
}

#[test]
fn what_cannot_be_checked_is_listed_and_said() {
    let world = take(&WORLD);
    for era in ERAS {
        let all = ["search", "push", "mail", "invite", "old", "wide", "named"];
        assert_eq!(shown(&world, "alice", era), all, "{era:?}");
    }
    let log = std::fs::read_to_string(world.gateway.log("policy-server")).unwrap();
    for tool in ["mail", "invite", "old", "wide", "named"] {
        let warned = log.lines().any(|line| {
            line.contains("an argument cannot be checked")
                && line.contains(tool)
                && line.contains("a pin of its list")
        });
        assert!(warned, "{tool}: {log}");
    }
    let record = world
        .gateway
        .audited("the list", |record| record["unchecked"] == 5);
    assert_eq!(record["quarantined"], Value::Null, "{record}");
}

#[test]
fn a_shadow_that_cannot_read_says_so_and_stops_nothing() {
    let world = take(&WORLD);
    for era in ERAS {
        for (arguments, effect) in [
            (json!({"limit": "50", "note": "not a number"}), "unknown"),
            (json!({"limit": 50, "note": "a number"}), "forbid"),
        ] {
            assert_eq!(call(&world, "alice", era, "search", &arguments), Said::Ran);
            let note = json!([{"policy": "few", "effect": effect}]);
            let record = world
                .gateway
                .audited("the shadow", |record| record["shadow"] == note);
            assert_eq!(record["verdict"], "allow", "{record}");
        }
    }
}
