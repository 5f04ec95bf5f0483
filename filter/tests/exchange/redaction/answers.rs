//! Whole answers: what goes to the agent has passed the last look.

use portcullis_filter::exchange::{Gate, Input};
use portcullis_protocol::redact::Action;
use portcullis_protocol::wire::{Direction, End, Report};
use serde_json::{Value, json};

use super::{PLACEHOLDER, SECRET, allowed, answer, ends, facts, holds_nothing, rules, told};
use crate::world::{World, modern_call};

pub(super) fn whole(mode: &str, terms: Value, body: &str) -> World {
    allowed(mode, terms)
        .head(200, "application/json", &[])
        .chunk(body, true)
}

pub(super) fn end(world: &World) -> (End, bool) {
    let outcome = world.reports.iter().find_map(|report| match report {
        Report::Outcome(outcome) => Some((outcome.end, outcome.is_error)),
        _ => None,
    });
    outcome.expect("an outcome")
}

#[test]
fn an_answer_goes_without_its_secrets_and_nothing_else_changes() {
    let body = answer(SECRET).replace("\"id\":1", "\"id\" : 1");
    let world = whole("redact", json!({}), &body);
    assert_eq!(world.text(), body.replace(SECRET, PLACEHOLDER));
    assert_eq!(world.answer, Gate::Open);
    let head = world.heads.last().unwrap();
    assert_eq!(
        head.set,
        [("content-length", world.text().len().to_string())]
    );
    assert_eq!((head.status, head.remove.len()), (None, 0));
    let world = world.gone();
    let expected = [(Action::Redacted, "/result/content/0/text".to_owned())];
    assert_eq!(facts(&world, Direction::ToClient), expected);
    assert_eq!(end(&world), (End::Complete, false));
    holds_nothing(&world);
}

#[test]
fn what_policy_reveals_or_only_watches_goes_as_it_came() {
    let reveal = json!({"reveal": {"to_client": ["secret.acme"]}});
    for (mode, terms, action) in [
        ("block", reveal.clone(), Action::Revealed),
        ("detect", json!({}), Action::Detected),
    ] {
        let world = whole(mode, terms, &answer(SECRET));
        assert_eq!((world.text(), world.answer), ("", Gate::Open), "{mode}");
        assert_eq!(facts(&world.gone(), Direction::ToClient)[0].0, action);
    }
    let to_server = json!({"reveal": {"to_server": ["secret.acme"]}});
    let world = whole("redact", to_server, &answer(SECRET));
    assert!(
        world.text().contains(PLACEHOLDER),
        "the other direction does not count"
    );
}

#[test]
fn a_blocked_answer_ends_the_wait_readably() {
    let world = whole("block", json!({}), &answer(SECRET));
    let reply: Value = serde_json::from_str(world.text()).unwrap();
    assert_eq!(
        (&reply["id"], &reply["result"]["isError"]),
        (&json!(1), &json!(true))
    );
    let text = reply["result"]["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("acme-key at /result/content/0/text"),
        "{text}"
    );
    let world = world.gone();
    assert_eq!(end(&world), (End::Withheld, true));
    assert_eq!(facts(&world, Direction::ToClient)[0].0, Action::Blocked);
    holds_nothing(&world);
}

#[test]
fn errors_and_other_answers_are_cleaned_too() {
    let error = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": SECRET, "data": {"x": SECRET}}});
    let world = whole("redact", json!({}), &error.to_string()).gone();
    assert_eq!(world.text(), error.to_string().replace(SECRET, PLACEHOLDER));
    holds_nothing(&world);

    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}});
    let world = World::ruled(&rules("redact")).send(&body.to_string());
    let world = world
        .head(200, "application/json", &[("mcp-session-id", "s1")])
        .standing("own");
    let hello = json!({"jsonrpc": "2.0", "id": 1, "result": {"instructions": SECRET}}).to_string();
    let world = world.chunk(&hello, true).gone();
    assert_eq!(world.text(), hello.replace(SECRET, PLACEHOLDER));
    let dropped = world
        .heads
        .iter()
        .any(|head| head.remove.contains(&"mcp-session-id".to_owned()));
    assert!(!dropped, "the session stays");
    assert_eq!(
        told(&world, Direction::ToClient)[0].method.as_str(),
        "initialize"
    );
    holds_nothing(&world);
}

#[test]
fn a_list_is_cleaned_after_it_was_filtered() {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let world = World::ruled(&rules("redact")).send(&body.to_string());
    let list = json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": [{"name": "a", "description": SECRET}, {"name": "b"}]}});
    let world = world.head(200, "application/json", &[]);
    let mut world = world.chunk(&list.to_string(), true);
    let question = world.question();
    assert_eq!(
        question["result"], list["result"],
        "definitions count as they are"
    );
    let answer = json!({"call": question["call"], "digest": question["digest"],
                        "result": {"tools": [{"name": "a", "description": SECRET}]}});
    world.answered(200, &answer.to_string());
    let reply: Value = serde_json::from_str(world.text()).unwrap();
    assert_eq!(
        reply["result"]["tools"],
        json!([{"name": "a", "description": PLACEHOLDER}])
    );
    holds_nothing(&world.gone());
}

#[test]
fn requests_inside_a_result_are_judged_as_they_came_and_then_cleaned() {
    let body = modern_call("tools/call", json!({"name": "echo"}));
    let result = json!({"jsonrpc": "2.0", "id": "m-1", "result": {
        "resultType": "input_required", "requestState": "opaque",
        "inputRequests": {"a": {"method": "elicitation/create", "params": {"message": SECRET}}}}});
    let start = |mode| {
        let world = World::ruled(&rules(mode))
            .modern("tools/call", Some("echo"))
            .send(&body);
        let world = world.allow().head(200, "application/json", &[]);
        let world = world.chunk(&result.to_string(), true);
        assert_eq!(world.question()["arguments"]["message"], SECRET);
        world.allow()
    };
    let world = start("redact");
    assert_eq!(
        world.text(),
        result.to_string().replace(SECRET, PLACEHOLDER)
    );
    let world = start("block").gone();
    assert!(!world.text().contains("opaque"), "{}", world.text());
    assert_eq!(
        ends(&world),
        [End::Withheld, End::Withheld],
        "the request's and the call's own"
    );
    holds_nothing(&world);
}

#[test]
fn secrets_in_headers_of_the_server_end_here() {
    let world = allowed("redact", json!({})).head(
        200,
        "application/json",
        &[
            ("server", "up"),
            ("cache-control", SECRET),
            ("mcp-session-id", SECRET),
            ("x-other", "x"),
        ],
    );
    assert_eq!(world.heads[0].remove, ["cache-control", "x-other"]);
}

#[test]
fn secrets_in_trailers_of_the_server_end_here() {
    let mut world = allowed("redact", json!({})).head(200, "text/event-stream", &[]);
    world.stripped.clear();
    let trailer = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    let trailers = [
        trailer("x-sum", "1"),
        trailer("x-note", SECRET),
        trailer(SECRET, "x"),
    ];
    world.step(Input::ResponseTrailers(&trailers));
    assert_eq!(world.stripped, ["x-note", SECRET]);
}

#[test]
fn parts_that_are_not_looked_at_are_told() {
    let blob = json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [
        {"type": "resource", "resource": {"uri": "a:b", "blob": "AAAA"}}]}});
    let world = whole("redact", json!({}), &blob.to_string());
    assert_eq!((world.text(), world.answer), ("", Gate::Open));
    let world = world.gone();
    let unscanned = &told(&world, Direction::ToClient)[0].unscanned;
    assert_eq!(unscanned[0].pointer, "/result/content/0/resource/blob");
}
