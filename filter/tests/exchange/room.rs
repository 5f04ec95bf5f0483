//! Messages for which there is no room, and callers with too many reports waiting.

use std::rc::Rc;

use portcullis_filter::budget::Held;
use portcullis_filter::config::Config;
use portcullis_filter::exchange::{BodyMode, Gate, Input};
use portcullis_filter::vm::Vm;
use portcullis_protocol::wire::{End, Report};
use serde_json::json;

use crate::known::knowing;
use crate::world::{CONFIG, RESULT, World, call};

fn vm() -> Vm {
    let vm = Vm::new(Config::parse(CONFIG.as_bytes()).unwrap());
    Vm {
        rules: knowing(&json!({})),
        ..vm
    }
}

fn reason(report: &Report) -> &str {
    match report {
        Report::Refusal(refusal) => refusal.reason.as_str(),
        _ => panic!("{report:?}"),
    }
}

#[test]
fn a_message_without_room_is_refused_readably_and_on_record() {
    let mut world = World::in_vm(vm());
    world.open();
    world.step(Input::NoRoom);
    let (status, reply) = world.reply();
    assert_eq!(status, 503);
    let text = reply["error"]["message"].as_str().unwrap();
    assert!(text.contains("try again"), "{text}");
    let header = ("retry-after", "1".to_owned());
    assert!(world.replies[0].headers.contains(&header));
    assert_eq!(reason(&world.reports[0]), "no-room");
    assert!(world.asks.is_empty());
}

#[test]
fn a_whole_answer_without_room_is_withheld_readably() {
    let mut world = World::in_vm(vm()).send(&call("echo")).allow();
    world = world.head(200, "application/json", &[]);
    world.step(Input::NoRoom);
    let kept = (world.answer, world.exchange.body_mode(), world.text());
    assert_eq!(
        kept,
        (Gate::Hold, BodyMode::Discarded, ""),
        "what still comes is not kept"
    );
    world = world.chunk("", true);
    let body: serde_json::Value = serde_json::from_str(world.text()).unwrap();
    assert_eq!(
        (&body["id"], &body["result"]["isError"]),
        (&json!(1), &json!(true))
    );
    let world = world.gone();
    let end = |report: &Report| matches!(report, Report::Outcome(outcome) if outcome.end == End::Withheld);
    assert!(world.reports.iter().any(end));
}

#[test]
fn a_stream_without_room_ends_behind_what_was_sound() {
    let world = World::in_vm(vm()).send(&call("echo")).allow();
    let progress = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1,"progressToken":1}}"#;
    let mut world = world
        .head(200, "text/event-stream", &[])
        .chunk(&format!("data: {progress}\n\ndata: half"), false);
    world.step(Input::NoRoom);
    assert_eq!(world.said(), format!("data: {progress}\n\nOURS"));
    world = world.chunk(&format!("\n\ndata: {RESULT}\n\n"), false);
    assert_eq!(
        world.said(),
        format!("data: {progress}\n\nOURS"),
        "it is over"
    );
    world.cut_off();
}

#[test]
fn what_an_exchange_holds_is_what_its_messages_have() {
    let mut world = World::in_vm(vm());
    let base = world.exchange.held_bytes();
    let long = "a".repeat(100_000);
    world = world.send(&call(&long));
    assert_eq!(
        world.exchange.held_bytes(),
        base,
        "refused: the name is too long"
    );
    let body = call("echo").replace("\"hi\"", &format!("\"{long}\""));
    let mut world = World::in_vm(vm()).send(&body);
    assert!(world.exchange.held_bytes() > 200_000);
    world = world.allow();
    let asked = world.exchange.held_bytes();
    assert!(
        (100_000..110_000).contains(&asked),
        "it has left; what its verdict was asked about stays"
    );
    world = world
        .head(200, "text/event-stream", &[])
        .chunk(&format!("data: {long}"), false);
    assert!(world.exchange.held_bytes() > 200_000);
    world = world.chunk("\n\n", false);
    assert!(world.exchange.held_bytes() < 110_000);
    assert_eq!(world.gone().exchange.held_bytes(), base);
}

#[test]
fn whoever_has_too_many_reports_waiting_is_turned_away_alone_and_without_one_more() {
    let vm = vm();
    let mut world = World::in_vm(vm.clone());
    world.open();
    let mallory = world.exchange.caller();
    assert!(mallory.is_some());
    let refusal = Report::Refusal(portcullis_protocol::wire::Refusal {
        call: portcullis_protocol::names::CallId::from_bytes([1; 16]),
        server: None,
        caller: None,
        method: portcullis_protocol::names::Name::parse(&"m".repeat(256)).ok(),
        reason: portcullis_protocol::names::Name::from_static("secret"),
        status: 400,
    });
    while !vm.waiting.borrow().is_pressed(mallory) {
        vm.waiting.borrow_mut().push(mallory, &refusal);
    }
    let again = World::in_vm(vm.clone()).send(&call("echo"));
    assert_eq!(again.reply().0, 503);
    assert!(again.reports.is_empty());
    world.step(Input::NoRoom);
    assert!(world.reports.is_empty(), "nor on the way");
    let mut alice = World::in_vm(vm.clone());
    alice.claims.as_mut().unwrap().subject = "bob".to_owned();
    assert_eq!(alice.send(&call("echo")).asks.len(), 1);
    let batch = vm.waiting.borrow_mut().batch().unwrap();
    assert!(
        String::from_utf8(batch)
            .unwrap()
            .ends_with(r#""gap":{"lost":0,"turned_away":2}}"#)
    );
}

#[test]
fn what_is_dropped_is_given_back() {
    let vm = vm();
    let mut held = Held::new(Rc::clone(&vm.budget));
    held.set(5);
    assert_eq!(vm.budget.borrow().bytes(), 5);
    drop(held);
    assert_eq!(vm.budget.borrow().bytes(), 0);
}

/// A stream in which the server asks for something, and waits for the verdict.
fn asked() -> World {
    let world = World::in_vm(vm())
        .header("mcp-session-id", "s1")
        .send(&call("echo"))
        .standing("own")
        .allow();
    let request = r#"{"jsonrpc":"2.0","id":9,"method":"sampling/createMessage","params":{"messages":[],"maxTokens":5}}"#;
    let world = world
        .head(200, "text/event-stream", &[])
        .chunk(&format!("data: {request}\n\n"), false);
    assert_eq!(world.asks.last().unwrap().path, "/v1/decide");
    world
}

#[test]
fn a_request_of_the_server_that_waits_ends_with_its_stream() {
    let withheld = |world: &World| {
        let question = world.question();
        let ended = |report: &Report| match report {
            Report::Outcome(outcome) => {
                outcome.end == End::Withheld && json!(outcome.call) == question["call"]
            }
            _ => false,
        };
        world.reports.iter().filter(|report| ended(report)).count()
    };
    let mut cut = asked();
    cut.step(Input::NoRoom);
    assert_eq!(withheld(&cut), 1);
    cut.cut_off();
    let gone = asked().gone();
    assert_eq!(withheld(&gone), 1, "also when the agent goes");
}
