//! One caller's calls cost much: they are refused and told why, and everybody else's go on.

use std::sync::atomic::{AtomicBool, Ordering};

use portcullis_tests::gateway::Setup;
use serde_json::{Value, json};

use super::{Era, Said, call, fresh_id, lists, request, said};
use crate::world::World;

/// A text over which the automaton of the pattern needs ever new states.
fn mixed(bytes: usize) -> String {
    let mut state = 7_u32;
    let mut letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 31 == 0 { 'a' } else { 'b' }
    };
    (0..bytes).map(|_| letter()).collect()
}

fn tools() -> Vec<Value> {
    let tool = |name: &str, pattern: &str| {
        json!({"name": name, "inputSchema": {"type": "object", "properties": {
            "x": {"type": "string", "pattern": pattern}}}})
    };
    vec![tool("wide", "a[ab]{900}c"), tool("plain", "^[ab]*$")]
}

#[test]
fn one_caller_with_a_costly_argument_holds_up_nobody() {
    let pins = json!({"tools": tools()}).to_string();
    let policies = r#"
        @id("all") permit (principal, action, resource);
        @id("read") forbid (principal, action == Mcp::Action::"demo/wide", resource)
        when { context.input has x && context.input.x == "no" };"#;
    let world = World::with(Setup::policies(policies).file("tools/demo.json", &pins));
    lists(&world, tools());
    let long = json!({"x": mixed(1_200_000)});
    let ended = AtomicBool::new(false);
    let attacks = || {
        let mut refused = Vec::new();
        while !ended.load(Ordering::Relaxed) {
            let id = fresh_id();
            let params = json!({"name": "wide", "arguments": long});
            let call = request(&world, "bob", Era::Sessions, &id, "tools/call", params);
            refused.push(said(&world.gateway.send(&call).message(), &id, "wide"));
        }
        refused
    };
    let refused = std::thread::scope(|scope| {
        let attack = scope.spawn(attacks);
        for _ in 0..100 {
            let said = call(&world, "alice", Era::Sessions, "plain", &json!({"x": "ab"}));
            assert_eq!(said, Said::Ran);
        }
        ended.store(true, Ordering::Relaxed);
        attack.join().expect("the attack ends")
    });
    assert!(!refused.is_empty());
    for said in refused {
        // On a slow machine neither comes within the time that the filter waits.
        let told = [
            "too long for a pattern that the tool declares",
            "take long to check",
            "could not be checked",
        ];
        let told = told.iter().any(|words| said.is_refused_with(words));
        assert!(told, "{said:?}");
    }
}
