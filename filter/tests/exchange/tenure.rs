//! Exchanges that live long: what they show follows policy, session, token and rules.

use portcullis_filter::config::Config;
use portcullis_filter::exchange::{Gate, Input};
use portcullis_filter::vm::Vm;
use portcullis_protocol::digest::Digest;
use portcullis_protocol::wire::{End, EpochAnswer, Report};
use serde_json::{Value, json};

use crate::known::{knowing, rules_answer, rules_digest};
use crate::world::{BEGAN_US, CONFIG, RESULT, World, call, modern_call};

const SECRET: &str = "acme_q7Zt2LwX9vBn4KcR8sYd1MfH";
const PLACEHOLDER: &str = "[redacted:acme-key]";
const SECOND_US: u64 = 1_000_000;

fn rules() -> Value {
    json!({"mode": "redact", "rule": [{"id": "acme-key", "class": "secret.acme", "prefixes": ["acme_"],
           "alphabet": "alnum", "min": 24, "max": 24}]})
}

fn vm() -> Vm {
    let vm = Vm::new(Config::parse(CONFIG.as_bytes()).unwrap());
    let rules = knowing(&rules());
    Vm { rules, ..vm }
}

fn revealing() -> Value {
    json!({"reveal": {"to_client": ["secret.acme"]}})
}

/// An event with the secret in it.
fn event(number: u32) -> String {
    let message = json!({"jsonrpc": "2.0", "method": "notifications/message",
                         "params": {"level": "info", "data": format!("{number} {SECRET}")}});
    format!("data: {message}\n\n")
}

/// What the policy server says of its epoch when it is asked.
fn tells(vm: &Vm, epoch: &[u8], sessions: &[u8], now_us: u64) {
    let rules = Some(rules_digest());
    let answer = EpochAnswer {
        epoch: Digest::of(epoch),
        sessions: Digest::of(sessions),
        rules,
    };
    vm.epoch.borrow_mut().told(&answer, now_us);
    vm.rules.borrow_mut().told(answer.rules, now_us);
}

/// A stream in which the secret is revealed, after its first event.
fn streaming(vm: &Vm) -> World {
    began(World::in_vm(vm.clone()).send(&call("echo")))
}

fn subscribed(vm: &Vm) -> World {
    let params = json!({"notifications": {"resourceSubscriptions": ["file:///a"]}});
    let world = World::in_vm(vm.clone()).modern("subscriptions/listen", None);
    began(world.send(&modern_call("subscriptions/listen", params)))
}

fn began(world: World) -> World {
    let world = world.terms(revealing());
    assert_eq!(world.forwarded, 1, "{:?}", world.replies);
    let world = world.head(200, "text/event-stream", &[]);
    let world = world.chunk(&event(1), false);
    assert!(world.text().contains(&format!("1 {SECRET}")));
    world
}

/// A session's GET stream, after its first event.
fn listening(vm: &Vm) -> World {
    let world = World::in_vm(vm.clone())
        .bare("GET")
        .header("mcp-session-id", "s1")
        .send("")
        .standing("own");
    let world = world.head(200, "text/event-stream", &[]);
    let world = world.chunk(&event(1), false);
    assert!(world.text().contains("1 [redacted"), "{}", world.text());
    world
}

/// Another policy is in force, and the policy server has told of it.
fn changed(vm: &Vm, mut world: World) -> World {
    world.now_us += SECOND_US;
    tells(vm, b"another", b"", world.now_us);
    world.epoch = Digest::of(b"another");
    world
}

fn ends(world: &World) -> Vec<(Option<End>, &str)> {
    let reports = world.reports.iter();
    let read = reports.filter_map(|report| match report {
        Report::Outcome(outcome) => Some((Some(outcome.end), "")),
        Report::Refusal(refusal) => Some((None, refusal.reason.as_str())),
        Report::Redactions(_) => None,
    });
    read.collect()
}

/// The stream was cut off before its second event, for this reason.
fn is_over(world: World, reason: &str) {
    let world = world.chunk(&event(3), false).cut_off().gone();
    assert!(
        !world.text().contains("2 ") && !world.text().contains("3 "),
        "{}",
        world.text()
    );
    let ends = ends(&world);
    assert!(ends.contains(&(None, reason)), "{ends:?}");
    let judged = world.asks[0].path == "/v1/decide";
    let end = ends.last().and_then(|(end, _)| *end);
    assert!(!judged || end == Some(End::Withheld), "{ends:?}");
}

#[test]
fn a_change_takes_away_what_an_open_stream_reveals() {
    for open in [streaming, subscribed] {
        let vm = vm();
        let world = changed(&vm, open(&vm)).chunk(&event(2), false);
        assert_eq!((world.asks.len(), world.answer), (2, Gate::Hold));
        assert!(!world.text().contains("2 "), "it waits");
        let (first, again): (Value, Value) = (
            serde_json::from_slice(&world.asks[0].body).unwrap(),
            serde_json::from_slice(&world.asks[1].body).unwrap(),
        );
        assert_eq!(first["digest"], again["digest"]);
        assert_eq!(first["arguments"], again["arguments"]);
        assert_ne!(first["call"], again["call"], "a decision of its own");
        let world = world.allow();
        assert_eq!(world.answer, Gate::Open);
        assert!(world.text().contains(&format!("2 {PLACEHOLDER}")));
        let world = world.chunk(&event(3), false);
        assert!(world.text().contains(&format!("3 {PLACEHOLDER}")));
        assert_eq!(world.asks.len(), 2, "it is asked once");
        let renewed = |report: &&Report| matches!(report, Report::Outcome(outcome) if again["call"] == outcome.call.to_string());
        assert_eq!(world.reports.iter().filter(renewed).count(), 1);
    }
}

#[test]
fn a_change_that_still_reveals_goes_on_revealing() {
    let vm = vm();
    let world = changed(&vm, streaming(&vm)).chunk(&event(2), false);
    let world = world.terms(revealing()).chunk(&event(3), false);
    assert!(world.text().contains(&format!("3 {SECRET}")));
    assert!(world.text().contains(&format!("2 {SECRET}")));
    assert_eq!((world.asks.len(), world.resets), (2, 0));
}

#[test]
fn a_denial_ends_an_open_stream() {
    for open in [streaming, subscribed] {
        let vm = vm();
        let world = changed(&vm, open(&vm)).chunk(&event(2), false);
        is_over(world.deny("refused"), "lapsed-policy");
        let world = changed(&vm, open(&vm)).chunk(&event(2), false);
        let approve = json!({"outcome": "approve", "message": "Ask."});
        is_over(world.verdict(approve), "lapsed-policy");
    }
}

#[test]
fn nonsense_ends_an_open_stream() {
    let vm = vm();
    for (status, body) in [(200, "{}"), (200, ""), (409, ""), (500, "")] {
        let mut world = changed(&vm, streaming(&vm)).chunk(&event(2), false);
        world.answered(status, body);
        is_over(world, "lapsed-silence");
    }
}

#[test]
fn silence_ends_an_open_stream_in_seconds() {
    for status in [0, 503] {
        let vm = vm();
        let mut world = changed(&vm, streaming(&vm)).chunk(&event(2), false);
        world.answered(status, "");
        assert_eq!(world.resets, 0, "for a moment it goes on");
        world = world.chunk(&event(4), false);
        assert_eq!(world.asks.len(), 2, "and nothing is asked at each event");
        world.now_us += 11 * SECOND_US;
        world = world.chunk(&event(5), false);
        assert_eq!(world.asks.len(), 3);
        world.answered(status, "");
        let world = world.cut_off();
        assert!(!world.text().contains("5 "), "{}", world.text());
        let world = world.gone();
        assert!(ends(&world).contains(&(None, "lapsed-silence")));
    }
}

#[test]
fn while_nothing_changes_nothing_is_asked() {
    let vm = vm();
    let mut world = streaming(&vm);
    for number in 2..200 {
        world.now_us += SECOND_US;
        tells(&vm, b"epoch", b"", world.now_us);
        world = world.chunk(&event(number), false);
    }
    assert_eq!(world.asks.len(), 1);
    assert!(world.text().contains(&format!("199 {SECRET}")));
}

#[test]
fn a_policy_server_that_is_silent_for_a_moment_ends_no_stream() {
    let vm = vm();
    let mut world = streaming(&vm);
    world.now_us += 9 * SECOND_US;
    world = world.chunk(&event(2), false);
    assert!(world.text().contains(&format!("2 {SECRET}")));
    assert_eq!(world.asks.len(), 1);
    world.now_us += SECOND_US;
    world = world.chunk(&event(3), false);
    assert_eq!(world.asks.len(), 2, "longer ago it is asked");
    assert!(!world.text().contains("3 "));
    let world = world.terms(revealing());
    assert!(world.text().contains(&format!("3 {SECRET}")));
}

#[test]
fn silence_counts_from_what_was_heard_last() {
    let vm = vm();
    let mut world = streaming(&vm);
    for number in 2..11 {
        world.now_us += SECOND_US;
        world = world.chunk(&event(number), false);
    }
    assert_eq!(world.asks.len(), 1, "what was heard counts for ten seconds");
    world.now_us += SECOND_US;
    world = world.chunk(&event(11), false);
    assert_eq!(world.asks.len(), 2);
    world.answered(0, "");
    let world = world.cut_off();
    assert!(
        !world.text().contains("11 "),
        "and no longer: {}",
        world.text()
    );
}

#[test]
fn an_expired_token_ends_an_open_stream() {
    for open in [streaming, subscribed] {
        let vm = vm();
        let mut world = open(&vm);
        world.now_us += SECOND_US;
        is_over(expiring(&vm, world), "lapsed-token");
    }
}

/// Opens the same again with a token that ends now, and goes on beyond what Envoy still accepts.
fn expiring(vm: &Vm, before: World) -> World {
    let body = match before.asks[0].body.windows(6).any(|word| word == b"listen") {
        true => modern_call(
            "subscriptions/listen",
            json!({"notifications": {"resourceSubscriptions": ["file:///a"]}}),
        ),
        false => call("echo"),
    };
    let mut world = World::in_vm(vm.clone());
    if body.contains("listen") {
        world = world.modern("subscriptions/listen", None);
    }
    world.claims.as_mut().unwrap().expires_s = Some(BEGAN_US / SECOND_US);
    let mut world = began(world.send(&body));
    world.now_us = BEGAN_US + 59 * SECOND_US;
    tells(vm, b"epoch", b"", world.now_us);
    world = world.chunk(&event(7), false);
    assert!(world.text().contains("7 "), "Envoy accepts it still");
    world.now_us = BEGAN_US + 60 * SECOND_US;
    tells(vm, b"epoch", b"", world.now_us);
    world.chunk(&event(2), false)
}

#[test]
fn a_late_answer_follows_policy_and_token_too() {
    let late = |vm: &Vm| {
        let world = World::in_vm(vm.clone()).send(&call("echo"));
        let world =
            world
                .terms(revealing())
                .head(200, "application/json", &[("content-length", "9")]);
        changed(vm, world)
    };
    let answer = RESULT.replace("hi", SECRET);
    let vm = vm();
    let world = late(&vm).chunk(&answer, true);
    assert_eq!((world.asks.len(), world.answer), (2, Gate::Hold));
    let world = world.allow();
    assert_eq!(world.text(), answer.replace(SECRET, PLACEHOLDER));
    let world = late(&vm).chunk(&answer, true).deny("refused").gone();
    let read: Value = serde_json::from_str(world.text()).unwrap();
    assert_eq!(
        (&read["id"], &read["result"]["isError"]),
        (&json!(1), &json!(true))
    );
    assert!(world.text().contains("policy no longer allows"));
    assert_eq!(
        ends(&world),
        [(None, "lapsed-policy"), (Some(End::Withheld), "")]
    );
    let mut world = World::in_vm(vm.clone());
    world.claims.as_mut().unwrap().expires_s = Some(0);
    let world = world.send(&call("echo")).terms(revealing());
    let world = world
        .head(200, "application/json", &[])
        .chunk(&answer, true);
    assert!(world.text().contains("the access token has expired"));
    assert!(!world.text().contains("acme"));
}

#[test]
fn a_stream_of_a_session_that_has_ended_ends() {
    let vm = vm();
    let mut world = listening(&vm);
    world.now_us += 6 * SECOND_US;
    tells(&vm, b"epoch", b"none", world.now_us);
    world = world.chunk(&event(4), false);
    assert_eq!(world.asks.last().unwrap().path, "/v1/sessions");
    world = world.standing("own");
    assert!(world.text().contains("4 "));
    let asked = world.asks.len();
    for number in 5..50 {
        world.now_us += SECOND_US;
        tells(&vm, b"epoch", b"none", world.now_us);
        world = world.chunk(&event(number), false);
    }
    assert_eq!(world.asks.len(), asked, "no session has ended");
    assert!(world.text().contains("49 "));
    world.now_us += SECOND_US;
    tells(&vm, b"epoch", b"one", world.now_us);
    world = world.chunk(&event(60), false);
    assert!(!world.text().contains("60 "), "it waits");
    let world = world.standing("unknown");
    assert_eq!(world.resets, 1);
    assert!(!world.text().contains("60 "));
    assert_eq!(ends(&world), [(None, "lapsed-session")]);
}

#[test]
fn a_stream_without_a_verdict_asks_for_rules_that_are_no_longer_in_force() {
    let vm = vm();
    let world = listening(&vm);
    vm.rules
        .borrow_mut()
        .told(Some(Digest::of(b"new")), world.now_us);
    let mut world = world.chunk(&event(2), false);
    assert_eq!(world.asks.last().unwrap().path, "/v1/redaction");
    assert!(!world.text().contains("2 "));
    let question = world.question();
    let mut answer = rules_answer(&json!({"mode": "detect"}));
    answer["call"] = question["call"].clone();
    answer["digest"] = json!(Digest::of(b"new"));
    world.answered(200, &answer.to_string());
    assert!(
        world.text().contains(&format!("2 {SECRET}")),
        "{}",
        world.text()
    );
    vm.rules.borrow_mut().told(None, world.now_us);
    let mut world = world.chunk(&event(5), false);
    world.answered(503, "");
    assert_eq!(world.resets, 1);
    assert!(!world.text().contains("5 "));
}

#[test]
fn new_rules_that_a_renewed_verdict_names_count() {
    let vm = vm();
    let mut world = changed(&vm, streaming(&vm)).chunk(&event(2), false);
    let new = json!(Digest::of(b"new"));
    world = world.verdict(json!({"outcome": "allow", "redaction": {"rules": new}}));
    assert_eq!(world.asks.last().unwrap().path, "/v1/redaction");
    let question = world.question();
    let mut block = rules();
    block["mode"] = json!("block");
    let mut answer = rules_answer(&block);
    answer["call"] = question["call"].clone();
    answer["digest"] = new;
    world.answered(200, &answer.to_string());
    let world = world.chunk(&event(3), false);
    assert!(!world.text().contains("2 ") && !world.text().contains("3 "));
    assert_eq!(world.resets, 0, "notifications with a secret are left out");
    let world = world.chunk(&format!("data: {RESULT}\n\n"), true).gone();
    assert!(world.text().contains("\"id\":1"));
}

#[test]
fn an_answer_for_a_message_that_waited_is_not_shown_under_old_terms() {
    let vm = vm();
    let world = World::in_vm(vm.clone())
        .send(&call("echo"))
        .terms(revealing());
    let ask = json!({"jsonrpc": "2.0", "id": 9, "method": "sampling/createMessage",
        "params": {"messages": [{"role": "user", "content": {"type": "text", "text": SECRET}}], "maxTokens": 5}});
    let world = world
        .head(200, "text/event-stream", &[])
        .chunk(&format!("data: {ask}\n\n"), false);
    assert_eq!(world.asks.len(), 2);
    let world = changed(&vm, world).allow();
    assert_eq!(world.asks.len(), 3, "the stream itself is asked about");
    assert!(world.text().is_empty());
    let world = world.allow();
    assert!(world.text().contains(PLACEHOLDER) && !world.text().contains(SECRET));
}

#[test]
fn what_arrives_meanwhile_is_counted_and_an_agent_that_leaves_is_recorded() {
    let vm = vm();
    let long = event(2).replace("2 ", &"x".repeat(100_000));
    let mut world = changed(&vm, streaming(&vm)).chunk(&long, false);
    assert!(world.exchange.held_bytes() > 100_000);
    let call = world.question()["call"].clone();
    world.step(Input::Gone);
    let left = |report: &Report| matches!(report, Report::Outcome(outcome) if call == outcome.call.to_string() && outcome.end == End::Disconnected);
    assert!(world.reports.iter().any(left));
}
