//! Streams: each event goes when it is complete and clean, wherever it is cut.

use portcullis_filter::exchange::{BodyMode, Gate};
use portcullis_protocol::limits::{ANSWER_FINDINGS_MAX, FACTS_MAX, RESPONSE_BYTES_MAX};
use portcullis_protocol::redact::Action;
use portcullis_protocol::wire::{Direction, End, Report};
use serde_json::{Value, json};

use super::{
    PLACEHOLDER, SECRET, allowed, answer, ends, facts, holds_nothing, reasons, rules, told,
};
use crate::world::{RESULT, World};

fn streaming(mode: &str, terms: Value) -> World {
    allowed(mode, terms).head(200, "text/event-stream", &[])
}

fn replaying(mode: &str) -> World {
    let world = World::ruled(&rules(mode))
        .bare("GET")
        .header("mcp-session-id", "s1")
        .send("");
    world.standing("own").head(200, "text/event-stream", &[])
}

fn note(data: &str) -> String {
    json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": data}})
        .to_string()
}

#[test]
fn a_secret_is_found_wherever_the_stream_is_cut() {
    let events = format!(
        ": hello\n\nid: 7\ndata: {}\n\ndata: {}\n\n",
        note(SECRET),
        answer(SECRET)
    );
    let clean = events
        .replace(SECRET, PLACEHOLDER)
        .replace(": hello\n\n", ":\n");
    for end in ["\n", "\r\n", "\r"] {
        let events = events.replace('\n', end);
        for cut in 0..=events.len() {
            let (head, tail) = events.split_at(cut);
            let world = streaming("redact", json!({}))
                .chunk(head, false)
                .chunk(tail, true);
            assert_eq!(world.text(), clean, "cut at {cut} of {end:?}");
        }
    }
}

#[test]
fn a_secret_in_several_data_lines_is_found() {
    let message = answer(&format!("x {SECRET} y"));
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<Value>(&message).unwrap()).unwrap();
    let lines: String = pretty
        .lines()
        .map(|line| format!("data: {line}\n"))
        .collect();
    let world = streaming("redact", json!({})).chunk(&format!("id: 1\n{lines}\n"), true);
    let clean = format!("id: 1\n{lines}\n").replace(SECRET, PLACEHOLDER);
    assert_eq!(world.text(), clean);
    holds_nothing(&world.gone());
    // A line end inside a string is no JSON: what cannot be read does not go.
    for cut in 1..SECRET.len() {
        let (one, two) = SECRET.split_at(cut);
        let event = format!(
            "data: {}\n\n",
            answer(&format!("{one}LF{two}")).replace("LF", "\ndata: ")
        );
        let world = streaming("redact", json!({})).chunk(&event, true);
        assert!(
            !world.text().contains(one) || one.len() < 8,
            "{}",
            world.text()
        );
        assert!(world.text().contains("withheld"), "{}", world.text());
    }
}

#[test]
fn blocked_messages_in_a_stream_go_nowhere() {
    let request = json!({"jsonrpc": "2.0", "id": 5, "method": "elicitation/create", "params": {"message": SECRET}});
    let events = format!(
        "data: {}\n\ndata: {request}\n\ndata: {}\n\n",
        note(SECRET),
        answer(SECRET)
    );
    let world = streaming("block", json!({})).chunk(&events, true).allow();
    let reply: Value =
        serde_json::from_str(world.text().trim().trim_start_matches(":\n:\ndata: ")).unwrap();
    assert_eq!(
        (&reply["id"], &reply["result"]["isError"]),
        (&json!(1), &json!(true))
    );
    let told: Value = serde_json::from_slice(&world.tells[0].body).unwrap();
    assert_eq!(
        told["result"]["action"], "decline",
        "the server does not wait for ever"
    );
    let world = world.gone();
    let actions: Vec<_> = facts(&world, Direction::ToClient)
        .into_iter()
        .map(|(action, _)| action)
        .collect();
    assert_eq!(actions, [Action::Blocked; 3]);
    assert_eq!(
        ends(&world),
        [End::Withheld, End::Withheld],
        "the request's and the call's own"
    );
    holds_nothing(&world);
}

#[test]
fn requests_of_the_server_are_judged_as_they_came_and_then_cleaned() {
    let request = json!({"jsonrpc": "2.0", "id": 5, "method": "sampling/createMessage", "params": {"systemPrompt": SECRET}});
    let world = streaming("redact", json!({}))
        .chunk(&format!("data: {request}\n\ndata: {RESULT}\n\n"), true);
    assert_eq!(world.question()["arguments"]["systemPrompt"], SECRET);
    let world = world.allow();
    let clean = request.to_string().replace(SECRET, PLACEHOLDER);
    assert_eq!(world.text(), format!("data: {clean}\n\ndata: {RESULT}\n\n"));
    let [Report::Outcome(outcome)] = &world.reports[..] else {
        panic!("{:?}", world.reports)
    };
    let digest = portcullis_protocol::digest::Digest::of(clean.as_bytes());
    assert_eq!(outcome.output_digest, digest, "what was released counts");
}

#[test]
fn replayed_events_are_cleaned_again() {
    let earlier = answer(SECRET).replace("\"id\":1", "\"id\":77");
    let events = format!("id: 3\ndata: {earlier}\n\ndata: {}\n\n", note(SECRET));
    let world = replaying("redact").chunk(&events, false);
    assert_eq!(world.text(), events.replace(SECRET, PLACEHOLDER));
    let world = world.gone();
    assert_eq!(told(&world, Direction::ToClient)[0].method.as_str(), "GET");
    holds_nothing(&world);
    let world = replaying("block").chunk(&events, false);
    let data = world
        .text()
        .lines()
        .find_map(|line| line.strip_prefix("data: "));
    let reply: Value = serde_json::from_str(data.unwrap()).unwrap();
    assert_eq!(
        (&reply["id"], &reply["error"]["code"]),
        (&json!(77), &json!(1403))
    );
    holds_nothing(&world.gone());
}

#[test]
fn a_stream_without_a_verdict_follows_the_rules_in_force() {
    let known = crate::known::knowing(&rules("detect"));
    let world = World::within(std::rc::Rc::default(), std::rc::Rc::clone(&known));
    let world = world
        .bare("GET")
        .header("mcp-session-id", "s1")
        .send("")
        .standing("own");
    let event = format!("data: {}\n\n", note(SECRET));
    let world = world
        .head(200, "text/event-stream", &[])
        .chunk(&event, false);
    assert_eq!(world.text(), event);
    let mut newer = crate::known::rules_answer(&rules("redact"));
    newer["digest"] = json!(portcullis_protocol::digest::Digest::of(b"newer"));
    known
        .borrow_mut()
        .take(&serde_json::from_value(newer).unwrap(), world.now_us);
    let world = world.chunk(&event, false);
    assert_eq!(
        world.text(),
        event.clone() + &event.replace(SECRET, PLACEHOLDER)
    );
}

#[test]
fn a_secret_in_a_line_that_must_not_change_ends_the_stream() {
    for lines in [format!("id: x-{SECRET}"), format!("event: {SECRET}\nid: 1")] {
        let data = if lines.starts_with("id") {
            format!("\ndata: {RESULT}")
        } else {
            String::new()
        };
        let events = format!(
            "data: {}\n\n{lines}{data}\n\ndata: {RESULT}\n\n",
            note("hi")
        );
        let world = streaming("redact", json!({})).chunk(&events, false);
        assert_eq!(world.said(), format!("data: {}\n\nOURS", note("hi")));
        let world = world.cut_off();
        assert_eq!(
            (reasons(&world), world.exchange.body_mode()),
            (vec!["secret"], BodyMode::Untouched)
        );
        let world = world.gone();
        let ended = |report: &Report| matches!(report, Report::Outcome(outcome) if outcome.end == End::Withheld);
        assert!(world.reports.iter().any(ended));
        holds_nothing(&world);
    }
}

#[test]
fn what_is_found_in_a_long_stream_is_told_on_the_way_and_bounded() {
    let event = format!("data: {}\n\n", note(SECRET));
    let mut world = streaming("redact", json!({}));
    let chunk = event.repeat(FACTS_MAX / 2);
    world = world.chunk(&chunk, false);
    assert_eq!(told(&world, Direction::ToClient).len(), 0);
    world = world.chunk(&chunk, false);
    assert_eq!(
        told(&world, Direction::ToClient).len(),
        1,
        "a full report goes at once"
    );
    for _ in 0..200 {
        world = world.chunk(&chunk, false);
    }
    let world = world.gone();
    let told = told(&world, Direction::ToClient);
    assert!(told.len() <= 64, "{} reports", told.len());
    let all: u64 = told
        .iter()
        .map(|found| found.facts.len() as u64 + found.more)
        .sum();
    assert_eq!(all, 202 * FACTS_MAX as u64 / 2, "the rest is counted");
}

#[test]
fn a_stream_holds_nothing_back_when_its_tool_is_asked_about() {
    let result = json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [], "structuredContent": {"t": SECRET}}});
    let world = streaming("redact", json!({}));
    let mut world = world.chunk(
        &format!("data: {}\n\ndata: {result}\n\n", note("hi")),
        false,
    );
    assert_eq!(
        (world.answer, world.exchange.body_mode()),
        (Gate::Hold, BodyMode::Later)
    );
    let question = world.question();
    let fits = json!({"call": question["call"], "digest": question["digest"], "fit": "fits"});
    world.answered(200, &fits.to_string());
    let clean = result.to_string().replace(SECRET, PLACEHOLDER);
    assert_eq!(
        world.text(),
        format!("data: {}\n\ndata: {clean}\n\n", note("hi"))
    );
    assert_eq!(world.answer, Gate::Open);
}

#[test]
fn an_event_beyond_the_bound_does_not_pass() {
    let world = streaming("redact", json!({})).chunk(&format!("data: {SECRET}"), false);
    let world = world.chunk(&"x".repeat(RESPONSE_BYTES_MAX), false);
    assert_eq!(world.said(), "OURS");
    world.cut_off();
}

#[test]
fn an_answer_made_of_secrets_ends() {
    let secrets = format!("{SECRET} ").repeat(3_000);
    let event = format!("data: {}\n\n", note(&secrets));
    let mut world = streaming("redact", json!({}));
    let events = usize::try_from(ANSWER_FINDINGS_MAX).unwrap() / 3_000;
    for _ in 0..events {
        world = world.chunk(&event, false);
    }
    assert_eq!(world.text().matches(PLACEHOLDER).count(), events * 3_000);
    assert_eq!(world.resets, 0);
    let world = world.chunk(&event.repeat(2), false);
    let last = world.text().trim().rsplit("\n\n").next().unwrap();
    let last: Value = serde_json::from_str(last.trim_start_matches("data: ")).unwrap();
    assert_eq!(last["id"], 1, "who waits is told");
    assert!(
        last.to_string().contains("more than 20000 secrets"),
        "{last}"
    );
    assert_eq!((world.resets, reasons(&world)), (1, vec!["secrets"]));
    let found = told(&world.gone(), Direction::ToClient)
        .iter()
        .map(|found| found.facts.len() as u64 + found.more)
        .sum::<u64>();
    assert_eq!(
        found,
        (events as u64 + 1) * 3_000,
        "and nothing behind it was looked at"
    );
}
