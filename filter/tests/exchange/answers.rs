//! Answers on their way back: whole, streamed, filtered, withheld.

use portcullis_filter::exchange::{BodyMode, Gate};
use portcullis_protocol::digest::Digest;
use portcullis_protocol::limits::{RESPONSE_BYTES_MAX, TELLS_MAX};
use portcullis_protocol::wire::{End, Loss, Report};
use serde_json::{Value, json};

use crate::world::{RESULT, World, allowed, call, modern_call};

fn outcome(world: &World) -> &portcullis_protocol::wire::Outcome {
    world
        .reports
        .iter()
        .find_map(|report| match report {
            Report::Outcome(outcome) => Some(outcome),
            Report::Refusal(_) | Report::Redactions(_) => None,
        })
        .expect("an outcome")
}

#[test]
fn a_sound_answer_goes_as_it_came() {
    let world = allowed().head(200, "application/json", &[]);
    assert_eq!(
        (world.exchange.body_mode(), world.answer),
        (BodyMode::Whole, Gate::Hold)
    );
    let world = world.chunk(RESULT, true);
    assert_eq!((world.answer, world.text()), (Gate::Open, ""));
    let world = world.gone();
    let outcome = outcome(&world);
    assert_eq!(outcome.output_digest, Digest::of(RESULT.as_bytes()));
    assert_eq!(
        (outcome.end, outcome.is_error, outcome.duration_us),
        (End::Complete, false, 1_000)
    );
}

#[test]
fn unsound_answers_are_withheld() {
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"result":{},"result":{"content":[]}}"#,
        r#"{"jsonrpc":"2.0","id":2,"result":{}}"#,
        r#"[{"jsonrpc":"2.0","id":1,"result":{}}]"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{}}"#,
        "<html>",
        "",
    ] {
        let world = allowed()
            .head(200, "application/json", &[])
            .chunk(body, true);
        let reply: Value = serde_json::from_str(world.text()).unwrap();
        assert_eq!(
            (&reply["id"], &reply["result"]["isError"]),
            (&json!(1), &json!(true)),
            "{body}"
        );
        assert_eq!(outcome(&world.gone()).end, End::Withheld, "{body}");
    }
}

#[test]
fn what_is_not_mcp_is_not_passed_on() {
    for (status, content_type, extra, shown) in [
        (200, "text/html", &[][..], 200),
        (
            200,
            "application/json",
            &[("content-encoding", "gzip")][..],
            200,
        ),
        (
            302,
            "application/json",
            &[("location", "http://evil")][..],
            200,
        ),
        (500, "text/plain", &[][..], 500),
        (404, "text/plain", &[][..], 404),
    ] {
        let world = allowed()
            .head(status, content_type, extra)
            .chunk("secret", true);
        assert!(!world.text().contains("secret"), "{status}");
        assert_eq!(world.heads.last().unwrap().status, Some(shown), "{status}");
        assert!(
            world
                .heads
                .last()
                .unwrap()
                .remove
                .contains(&"location".to_owned())
        );
    }
}

#[test]
fn a_list_goes_through_the_policy_server() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let world = World::new().send(body);
    assert_eq!(world.forwarded, 1);
    let answer = r#"{"jsonrpc":"2.0","result":{"tools":[{"name":"a"},{"name":"b"}]},"id":1}"#;
    let mut world = world.head(200, "application/json", &[]).chunk(answer, true);
    assert_eq!((world.answer, world.asks.len()), (Gate::Hold, 1));
    let question = world.question();
    assert_eq!(question["result"]["tools"][1]["name"], "b");
    let filtered = json!({"call": question["call"], "digest": question["digest"],
                          "result": {"tools": [{"name": "a"}]}});
    world.answered(200, &filtered.to_string());
    assert_eq!(
        world.text(),
        r#"{"jsonrpc":"2.0","result":{"tools":[{"name":"a"}]},"id":1}"#
    );
    assert_eq!(world.answer, Gate::Open);
}

#[test]
fn a_list_that_cannot_be_filtered_is_an_error() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let answer = r#"{"jsonrpc":"2.0","result":{"tools":[{"name":"a"}]},"id":1}"#;
    for status in [0, 503, 200] {
        let mut world = World::new()
            .send(body)
            .head(200, "application/json", &[])
            .chunk(answer, true);
        world.answered(status, r#"{"result":{"tools":[]}}"#);
        let reply: Value = serde_json::from_str(world.text()).unwrap();
        assert_eq!(reply["error"]["code"], -32603, "{status}");
    }
}

#[test]
fn a_stream_goes_event_by_event() {
    let world = allowed().head(200, "text/event-stream", &[]);
    assert_eq!(
        (world.exchange.body_mode(), world.answer),
        (BodyMode::Chunks, Gate::Open)
    );
    let progress = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{}}"#;
    let world = world.chunk(&format!("data: {progress}\n\nda"), false);
    assert_eq!(world.text(), format!("data: {progress}\n\n"));
    let world = world
        .chunk(&format!("ta: {RESULT}\n\n"), false)
        .chunk("", true);
    assert_eq!(
        world.text(),
        format!("data: {progress}\n\ndata: {RESULT}\n\n")
    );
    assert_eq!(outcome(&world.gone()).end, End::Complete);
}

#[test]
fn foreign_and_second_answers_are_dropped_from_a_stream() {
    let foreign = RESULT.replace("\"id\":1", "\"id\":2");
    let unknown = r#"{"jsonrpc":"2.0","method":"notifications/odd"}"#;
    let events = [&foreign, unknown, "nonsense", RESULT, RESULT]
        .map(|data| format!("data: {data}\n\n"))
        .concat();
    let world = allowed()
        .head(200, "text/event-stream", &[])
        .chunk(&events, true);
    assert_eq!(world.said(), format!("data: {RESULT}\n\n"));
    let world = world.gone();
    let outcome = outcome(&world);
    assert_eq!((outcome.end, outcome.dropped), (End::Complete, 4));
    assert_eq!(outcome.loss, Some(Loss::OtherId));
    assert!(world.notes[0].contains("other-id"), "{:?}", world.notes);
}

#[test]
fn what_goes_nowhere_ends_the_wait_with_its_stream() {
    for (event, loss) in [
        ("data: nonsense\n\n".to_owned(), Loss::NotJson),
        ("data: {\"jsonrpc\":\"2.0\",\"result\":{}}\n\n".to_owned(), Loss::NotMcp),
        (format!("data: {}\n\n", RESULT.replace("\"id\":1", "\"id\":2")), Loss::OtherId),
        (
            "data: {\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"m\"}}\n\n".to_owned(),
            Loss::NoId,
        ),
        (format!("event: result\ndata: {RESULT}\n\n"), Loss::EventName),
        (
            "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/odd\"}\n\n".to_owned(),
            Loss::NotPassed,
        ),
    ] {
        let world = allowed().head(200, "text/event-stream", &[]);
        let world = world.chunk(&event, false);
        assert_eq!(world.text(), ":\n", "{event}: the server is still there");
        let world = world.chunk("", true);
        assert_eq!(world.said(), "OURS", "{event}");
        assert!(world.text().contains("\"id\":1"), "{}", world.text());
        let world = world.gone();
        let outcome = outcome(&world);
        assert_eq!((outcome.end, outcome.loss), (End::Withheld, Some(loss)), "{event}");
    }
    let world = allowed()
        .head(200, "text/event-stream", &[])
        .chunk("", true);
    assert_eq!(world.text(), "", "it may be resumed");
}

#[test]
fn an_id_of_another_type_is_the_same_id() {
    for id in [r#""1""#, "1.0", r#""\u0031""#] {
        let answer = RESULT.replace("\"id\":1", &format!("\"id\":{id}"));
        let whole = allowed().head(200, "application/json", &[]);
        let whole = whole.chunk(&answer, true);
        assert_eq!((whole.answer, whole.text()), (Gate::Open, ""), "{id}");
        let stream = allowed().head(200, "text/event-stream", &[]);
        let event = format!("data: {answer}\n\n");
        assert_eq!(stream.chunk(&event, true).text(), event);
    }
}

#[test]
fn methods_that_pass_do_so_both_ways() {
    let note = r#"{"jsonrpc":"2.0","method":"x/ours","params":{"a":1}}"#;
    let ask = r#"{"jsonrpc":"2.0","id":5,"method":"x/ours"}"#;
    let events = format!("data: {note}\n\ndata: {ask}\n\ndata: {RESULT}\n\n");
    let world = allowed().head(200, "text/event-stream", &[]);
    let world = world.chunk(&events, true);
    assert_eq!((world.text(), world.tells.len()), (events.as_str(), 0));
}

#[test]
fn an_unsound_answer_in_a_stream_ends_the_wait() {
    let event = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":1,\"a\":2}}\n\n";
    let world = allowed()
        .head(200, "text/event-stream", &[])
        .chunk(event, true);
    assert!(
        world.text().contains("withheld") && world.text().contains("\"id\":1"),
        "{}",
        world.text()
    );
}

#[test]
fn events_of_another_kind_are_dropped() {
    let events = format!("event: endpoint\ndata: /x\n\nevent: message\ndata: {RESULT}\n\n");
    let world = allowed()
        .head(200, "text/event-stream", &[])
        .chunk(&events, true);
    let kept = format!(":\nevent: message\ndata: {RESULT}\n\n");
    assert_eq!(world.text(), kept, "the server is still there");
}

#[test]
fn a_request_of_the_server_waits_for_its_verdict() {
    let ask =
        r#"{"jsonrpc":"2.0","id":5,"method":"sampling/createMessage","params":{"messages":[]}}"#;
    let world = allowed()
        .head(200, "text/event-stream", &[])
        .chunk(&format!("data: {ask}\n\ndata: {RESULT}\n\n"), false);
    assert_eq!((world.answer, world.text()), (Gate::Hold, ""));
    assert_eq!(world.question()["direction"], "to_client");
    let world = world.allow();
    assert_eq!(world.answer, Gate::Open);
    assert_eq!(world.text(), format!("data: {ask}\n\ndata: {RESULT}\n\n"));
    assert_eq!(world.reports.len(), 1, "the request's own outcome");
}

#[test]
fn a_server_cannot_fill_the_filter_while_one_message_is_judged() {
    let ask = r#"{"jsonrpc":"2.0","id":5,"method":"sampling/createMessage","params":{}}"#;
    let world = allowed()
        .head(200, "text/event-stream", &[])
        .chunk(&format!("data: {ask}\n\n"), false);
    assert_eq!(
        world.exchange.body_mode(),
        BodyMode::Later,
        "the rest stays with the host"
    );
    let note = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"X"}}"#;
    let note = note.replace('X', &"x".repeat(1 << 20));
    let events = format!("data: {note}\n\n").repeat(RESPONSE_BYTES_MAX / (1 << 20));
    let world = allowed().head(200, "text/event-stream", &[]);
    let world = world.chunk(&(events + &format!("data: {ask}\n\n")), false);
    assert_eq!(world.cut_off().exchange.held_bytes() >> 20, 0);
}

#[test]
fn a_server_that_asks_without_end_is_cut_off() {
    let ask = r#"{"jsonrpc":"2.0","id":5,"method":"odd/ask"}"#;
    let events = format!("data: {ask}\n\n").repeat(TELLS_MAX + 1);
    let world = allowed()
        .head(200, "text/event-stream", &[])
        .chunk(&events, false);
    assert_eq!(
        (world.tells.len(), world.said().as_str()),
        (TELLS_MAX, "OURS")
    );
    world.cut_off();
}

#[test]
fn a_denied_request_of_the_server_is_answered_for_the_agent() {
    for (method, answer) in [
        (
            "sampling/createMessage",
            json!({"jsonrpc": "2.0", "id": 5, "error": {"code": 1403, "message": "Denied by policy"}}),
        ),
        (
            "elicitation/create",
            json!({"jsonrpc": "2.0", "id": 5, "result": {"action": "decline"}}),
        ),
    ] {
        let ask = json!({"jsonrpc": "2.0", "id": 5, "method": method, "params": {}});
        let world = World::new()
            .header("mcp-session-id", "s1")
            .send(&call("echo"))
            .standing("own")
            .allow();
        let world = world
            .head(200, "text/event-stream", &[])
            .chunk(&format!("data: {ask}\n\ndata: {RESULT}\n\n"), false)
            .deny("refused");
        assert_eq!(world.text(), format!(":\ndata: {RESULT}\n\n"));
        let tell = &world.tells[0];
        assert_eq!(serde_json::from_slice::<Value>(&tell.body).unwrap(), answer);
        assert!(tell.headers.contains(&("mcp-session-id", "s1".to_owned())));
        assert_eq!(tell.cluster, "mcp-demo");
    }
}

#[test]
fn an_unknown_request_of_the_server_is_answered_so() {
    let ask = r#"{"jsonrpc":"2.0","id":5,"method":"odd/ask"}"#;
    let world = allowed()
        .head(200, "text/event-stream", &[])
        .chunk(&format!("data: {ask}\n\n"), false);
    assert_eq!(world.text(), ":\n", "the server is still there");
    assert!(String::from_utf8_lossy(&world.tells[0].body).contains("-32601"));
    let world = world.chunk(&format!("data: {RESULT}\n\n"), true).gone();
    let outcome = outcome(&world);
    assert_eq!((outcome.end, outcome.dropped), (End::Complete, 1));
    assert_eq!(outcome.loss, Some(Loss::NotPassed));
    assert!(
        world.notes[0].contains("a message beside the answer"),
        "{:?}",
        world.notes
    );
}

/// A stream with event ids is resumed (MCP 2025-11-25, SEP-1699): its end says nothing about the answer.
#[test]
fn a_stream_that_can_be_resumed_ends_without_a_last_word() {
    let priming = "id: p1\nretry: 500\ndata:\n\n";
    let ping = "event: ping\ndata: {}\n\n";
    let odd = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/odd\"}\n\n";
    for events in [ping.to_owned(), odd.to_owned(), format!("id: p2\n{ping}")] {
        let world = allowed().head(200, "text/event-stream", &[]);
        let world = world.chunk(&format!("{priming}{events}"), true);
        let text = world.text();
        assert!(!text.contains("result"), "{text}");
        assert_eq!(text.contains("id: p2\n\n"), events.contains("p2"), "{text}");
    }
    let lost = "data: {\"jsonrpc\":\"2.0\",\"result\":{}}\n\n";
    let world = allowed().head(200, "text/event-stream", &[]);
    let world = world.chunk(&format!("{priming}{lost}"), true);
    assert!(
        world.text().contains("\"isError\":true"),
        "what is lost could have been the answer"
    );
}

#[test]
fn a_stateless_stream_carries_no_requests() {
    let body = modern_call("tools/call", json!({"name": "echo"}));
    let ask = r#"{"jsonrpc":"2.0","id":5,"method":"sampling/createMessage","params":{}}"#;
    let world = World::new()
        .modern("tools/call", Some("echo"))
        .send(&body)
        .allow();
    let world = world
        .head(200, "text/event-stream", &[])
        .chunk(&format!("data: {ask}\n\n"), true);
    assert_eq!(
        (world.said().as_str(), world.tells.len(), world.asks.len()),
        ("OURS", 0, 1)
    );
}

#[test]
fn requests_inside_a_result_need_their_verdicts() {
    let body = modern_call("tools/call", json!({"name": "echo"}));
    let result = r#"{"jsonrpc":"2.0","id":"m-1","result":{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{}},"b":{"method":"roots/list"}},"requestState":"opaque"}}"#;
    let start = || {
        let world = World::new()
            .modern("tools/call", Some("echo"))
            .send(&body)
            .allow();
        world.head(200, "application/json", &[]).chunk(result, true)
    };
    let world = start().allow();
    assert_eq!((world.answer, world.asks.len()), (Gate::Hold, 3));
    let world = world.allow();
    assert_eq!(
        (world.answer, world.text()),
        (Gate::Open, ""),
        "byte for byte"
    );
    let world = start().allow().deny("refused");
    let reply: Value = serde_json::from_str(world.text()).unwrap();
    assert_eq!(reply["result"]["isError"], true);
    assert!(!world.text().contains("opaque"));
}

#[test]
fn a_new_session_is_registered_before_the_agent_learns_it() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#;
    let open = || {
        World::new()
            .send(body)
            .head(200, "application/json", &[("mcp-session-id", "s1")])
    };
    let world = open();
    assert_eq!(
        (world.answer, world.exchange.body_mode()),
        (Gate::Hold, BodyMode::Later)
    );
    assert_eq!(world.question()["step"], "open");
    let world = world.standing("own").chunk(RESULT, true);
    assert_eq!(world.answer, Gate::Open);
    let mut world = open();
    world.answered(503, "");
    let world = world.chunk(RESULT, true);
    assert_eq!(world.heads.last().unwrap().status, Some(503));
    assert!(
        world
            .heads
            .last()
            .unwrap()
            .remove
            .contains(&"mcp-session-id".to_owned())
    );
    assert!(!world.text().contains("\"hi\""));
}

#[test]
fn a_replayed_list_is_filtered_too() {
    let world = World::new()
        .bare("GET")
        .header("mcp-session-id", "s1")
        .send("")
        .standing("own");
    let event = r#"data: {"jsonrpc":"2.0","id":77,"result":{"tools":[{"name":"secret"}]}}"#;
    let world = world
        .head(200, "text/event-stream", &[])
        .chunk(&format!("{event}\n\n"), false);
    assert_eq!(
        (world.text(), world.question()["kind"].as_str()),
        ("", Some("tools/list"))
    );
}

#[test]
fn an_accepted_notification_has_no_body() {
    let world = World::new().send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    let world = world.head(202, "", &[("content-length", "0")]);
    assert_eq!(
        (world.answer, world.exchange.body_mode()),
        (Gate::Open, BodyMode::Untouched)
    );
}
