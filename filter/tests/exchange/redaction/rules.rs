//! Where the rules of an exchange come from, and what happens without them.

use std::cell::RefCell;
use std::rc::Rc;

use portcullis_filter::rules::KnownRules;
use portcullis_protocol::digest::Digest;
use portcullis_protocol::wire::{End, Report};
use serde_json::{Value, json};

use super::{PLACEHOLDER, SECRET, called_with, ends, reasons, rules};
use crate::known::{knowing, rules_answer, rules_digest};
use crate::world::{BEGAN_US, World, call};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

fn unknowing() -> World {
    World::within(Rc::default(), Rc::default())
}

#[test]
fn a_verdict_that_names_unknown_rules_waits_for_them() {
    let known: Rc<RefCell<KnownRules>> = Rc::default();
    let world = World::within(Rc::default(), Rc::clone(&known));
    let world = world.send(&called_with(&json!({"text": SECRET})));
    let mut world = world.terms(json!({}));
    assert_eq!((world.forwarded, world.asks.len()), (0, 2));
    assert_eq!(world.asks[1].path, "/v1/redaction");
    world.answered(200, &rules_answer(&rules("redact")).to_string());
    assert_eq!(world.forwarded, 1);
    assert!(world.sent.unwrap().contains(PLACEHOLDER));

    let again = World::within(Rc::default(), known).send(&call("echo"));
    let again = again.terms(json!({}));
    assert_eq!((again.forwarded, again.asks.len()), (1, 1), "asked once");
}

#[test]
fn rules_that_cannot_be_had_refuse_the_call() {
    let sound = rules_answer(&rules("redact"));
    let with = |member: &str, value: Value| {
        let mut answer = sound.clone();
        answer[member] = value;
        answer.to_string()
    };
    let other = json!(Digest::of(b"others"));
    let no_class = json!({"rule": [{"id": "x", "class": "x", "prefixes": ["x"]}]});
    for (status, body) in [
        (0, String::new()),
        (503, sound.to_string()),
        (200, "{}".to_owned()),
        (200, with("digest", other.clone())),
        (200, with("call", json!("ffffffffffffffffffffffffffffffff"))),
        (200, with("rules", no_class)),
        (200, with("keys", json!({"marks": "0a"}))),
        (200, with("more", json!(1))),
    ] {
        let mut world = unknowing().send(&call("echo")).terms(json!({}));
        world.answered(status, &body);
        assert_eq!(world.reply().1["result"]["isError"], true, "{body}");
        assert_eq!(reasons(&world), ["no-verdict"]);
        assert_eq!(ends(&world), [End::Withheld], "the decision has an end");

        let mut world = unknowing().send(PING);
        world.answered(status, &body);
        if body == with("digest", other.clone()) {
            assert_eq!(
                world.forwarded, 1,
                "without a verdict whatever is in force counts"
            );
        } else {
            assert_eq!(world.reply().1["error"]["code"], -32603, "{body}");
        }
    }
}

#[test]
fn messages_without_a_verdict_ask_for_rules_that_are_not_fresh() {
    let mut world = unknowing().send(PING);
    assert_eq!((world.forwarded, world.asks[0].path), (0, "/v1/redaction"));
    world.answered(200, &rules_answer(&rules("redact")).to_string());
    assert_eq!(world.forwarded, 1);
    let stream = unknowing()
        .bare("GET")
        .header("mcp-session-id", "s1")
        .send("");
    let mut stream = stream.standing("own");
    assert_eq!((stream.forwarded, stream.asks.len()), (0, 2));
    stream.answered(0, "");
    assert_eq!((stream.forwarded, stream.replies.len()), (0, 1));

    let old = knowing(&rules("redact"));
    old.borrow_mut().take(
        &serde_json::from_value(rules_answer(&rules("redact"))).unwrap(),
        BEGAN_US,
    );
    let mut later = World::within(Rc::default(), old);
    later.now_us += 10_000_000;
    let later = later.send(PING);
    assert_eq!(
        (later.forwarded, later.asks.len()),
        (0, 1),
        "asked for again"
    );
}

#[test]
fn terms_always_count_for_the_rules_that_they_name() {
    let known = knowing(&rules("redact"));
    let world = World::within(Rc::default(), Rc::clone(&known)).send(&call("echo"));
    let mut answer = rules_answer(&rules("detect"));
    answer["digest"] = json!(Digest::of(b"newer"));
    let verdict = json!({"outcome": "allow", "redaction": {"rules": Digest::of(b"newer")}});
    let mut world = world.verdict(verdict);
    assert_eq!(
        (world.forwarded, world.asks.len()),
        (0, 2),
        "changed rules are asked for"
    );
    world.answered(200, &answer.to_string());
    assert_eq!(world.forwarded, 1);
    assert!(known.borrow_mut().named(rules_digest(), 0).is_none());
}

#[test]
fn an_agent_that_leaves_while_rules_are_asked_for_is_recorded() {
    let world = unknowing().send(&call("echo")).terms(json!({})).gone();
    assert!(
        matches!(&world.reports[..], [Report::Outcome(outcome)] if outcome.end == End::Disconnected)
    );
    assert!(unknowing().send(PING).gone().reports.is_empty());
}
