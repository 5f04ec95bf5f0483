//! Gates, which nobody can open yet, and policies in shadow, which nobody feels.

use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};

use super::{ERAS, Said, call, learnt, shown};
use crate::world::{World, take};

const POLICIES: &str = r#"
@id("all") permit (principal, action in Mcp::Action::"tools/call", resource);

@id("big-payments")
@approval("finance")
@grant_ttl("PT15M")
@reason("Payments over 1000 need a second pair of eyes.")
forbid (principal, action == Mcp::Action::"demo/pay", resource)
when { context.input.amount > 1000 }
unless {
  context has approval && context.approval.groups.contains(Mcp::Role::"finance") &&
  context.now < context.approval.expires && context.approval.args_digest == context.args_digest
};

@id("no-notes-soon")
@mode("shadow")
forbid (principal, action == Mcp::Action::"demo/write_note", resource);
"#;

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| Mutex::new(learnt(POLICIES)));

/// The newest decision on a tool that fits.
fn decision(world: &World, tool: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    world.gateway.audited(tool, |record| {
        record["kind"] == "decision"
            && record["targets"]["first"][0]["name"] == tool
            && wanted(record)
    })
}

#[test]
fn a_gate_ends_as_a_denial_that_names_it() {
    let world = take(&WORLD);
    for era in ERAS {
        let cheap = json!({"amount": 1000, "to": "a"});
        assert_eq!(call(&world, "alice", era, "pay", &cheap), Said::Ran);
        let dear = json!({"amount": 1001, "to": "a"});
        let said = call(&world, "alice", era, "pay", &dear);
        for words in ["approval of finance", "big-payments", "second pair of eyes"] {
            assert!(said.is_refused_with(words), "{era:?}: {said:?}");
        }
        assert!(shown(&world, "alice", era).contains(&"pay".to_owned()));
    }
    let held = decision(&world, "pay", |record| record["verdict"] == "deny");
    assert_eq!(held["outcome"], "approve", "{held}");
    assert_eq!(held["determining"], json!(["big-payments"]), "{held}");
}

#[test]
fn a_shadow_policy_is_recorded_and_not_enforced() {
    let world = take(&WORLD);
    for era in ERAS {
        let said = call(&world, "alice", era, "write_note", &json!({"text": "hi"}));
        assert_eq!(said, Said::Ran, "{era:?}");
        assert!(shown(&world, "alice", era).contains(&"write_note".to_owned()));
    }
    let ran = decision(&world, "write_note", |_| true);
    let note = json!([{"policy": "no-notes-soon", "effect": "forbid"}]);
    assert_eq!(
        (&ran["verdict"], &ran["shadow"]),
        (&json!("allow"), &note),
        "{ran}"
    );
    assert_eq!(ran["determining"], json!(["all"]), "{ran}");
}
