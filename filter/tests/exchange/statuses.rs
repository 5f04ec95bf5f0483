//! HTTP errors of the MCP server, and answers that never came: status, words, record and log agree.

use portcullis_filter::exchange::{BodyMode, Gate, Input, Origin, ResponseHead};
use portcullis_protocol::wire::{End, Loss, Report};
use serde_json::{Value, json};

use crate::world::{RESULT, World, allowed};

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#;

/// Bodies that are no answer to request 1.
const BODIES: [(&str, &str); 6] = [
    ("application/json", r#"{"error":"Session not found"}"#),
    (
        "application/json",
        r#"{"jsonrpc":"2.0","id":"server-error","result":{"text":"Session not found"}}"#,
    ),
    ("application/json", "not found"),
    ("application/json", "[]"),
    ("text/plain", "Not Found"),
    ("text/html", "<h1>no</h1>"),
];

fn outcome(world: &World) -> (u16, u16, End, Option<Loss>) {
    let outcome = world.reports.iter().find_map(|report| match report {
        Report::Outcome(outcome) => Some(outcome),
        _ => None,
    });
    let outcome = outcome.expect("an outcome");
    (
        outcome.status,
        outcome.server_status,
        outcome.end,
        outcome.loss,
    )
}

fn answer_of(world: &World) -> Value {
    serde_json::from_str(world.text()).unwrap_or(Value::Null)
}

fn head_of(world: &mut World, status: &str, last: bool, from: Origin) {
    let headers = [(":status".to_owned(), status.into())];
    world.step(Input::ResponseHead(ResponseHead {
        headers: &headers,
        last,
        from,
    }));
}

#[test]
fn an_error_keeps_its_status_whatever_its_body() {
    for status in [400, 403, 404, 405, 406, 409, 413, 415, 429, 500, 503] {
        for (content_type, body) in BODIES {
            let extra = [("retry-after", "7"), ("allow", "POST"), ("x-odd", "1")];
            let world = allowed().head(status, content_type, &extra);
            let world = world.chunk(body, true);
            let removed: Vec<&String> = world.heads.iter().flat_map(|head| &head.remove).collect();
            assert!(removed.contains(&&"x-odd".to_owned()));
            assert!(
                !removed
                    .iter()
                    .any(|name| *name == "retry-after" || *name == "allow")
            );
            let set = world.heads.iter().rev().find_map(|head| head.status);
            assert!(set.is_none_or(|set| set == status), "{status} {body}");
            assert!(
                !world.text().contains("ession not found"),
                "{status} {body}"
            );
            assert!(
                status == 404 || answer_of(&world)["id"] == 1,
                "{status} {body}: {}",
                world.text()
            );
            let (shown, sent, end, loss) = outcome(&world.gone());
            assert_eq!(
                (shown, sent, end),
                (status, status, End::Withheld),
                "{body}"
            );
            assert!(loss.is_some());
        }
    }
}

#[test]
fn a_sound_error_goes_as_it_came() {
    let bodies = [
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"no"}}"#,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}}"#,
        r#"{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Session not found"}}"#,
        r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32600,"message":"no"}}"#,
    ];
    for (status, body) in [400, 404, 503]
        .into_iter()
        .flat_map(|status| bodies.map(|body| (status, body)))
    {
        let world = allowed().head(status, "application/json", &[]);
        let world = world.chunk(body, true);
        assert_eq!((world.text(), world.answer), ("", Gate::Open));
        let world = world.gone();
        assert_eq!(outcome(&world), (status, status, End::Complete, None));
        assert!(world.notes.is_empty());
    }
}

#[test]
fn a_notification_that_fails_fails_for_the_agent() {
    let note = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    for (content_type, body) in BODIES {
        let world = World::new().send(note).head(404, content_type, &[]);
        let world = world.chunk(body, true);
        let set = world.heads.iter().rev().find_map(|head| head.status);
        assert!(set.is_none_or(|set| set == 404), "{body}");
        assert!(!world.text().contains("ession not found"), "{body}");
    }
}

#[test]
fn every_loss_names_itself_in_answer_record_and_log() {
    type Extra = &'static [(&'static str, &'static str)];
    let cases: [(u16, &str, Extra, &str, Loss, &str); 8] = [
        (
            200,
            "text/html",
            &[],
            "<p>",
            Loss::ContentType,
            "neither JSON",
        ),
        (
            200,
            "application/json",
            &[("content-encoding", "br")],
            "x",
            Loss::ContentCoding,
            "compressed",
        ),
        (
            307,
            "text/plain",
            &[("location", "https://other.example/mcp?key=v")],
            "x",
            Loss::Redirect,
            "redirects",
        ),
        (
            401,
            "text/plain",
            &[("www-authenticate", "Bearer")],
            "x",
            Loss::Challenge,
            "credentials",
        ),
        (
            202,
            "text/plain",
            &[],
            "Accepted",
            Loss::Elsewhere,
            "another stream",
        ),
        (
            200,
            "application/json",
            &[],
            "nonsense",
            Loss::NotJson,
            "no JSON",
        ),
        (
            200,
            "application/json",
            &[],
            r#"{"a":1}"#,
            Loss::NotMcp,
            "not a sound",
        ),
        (503, "text/plain", &[], "busy", Loss::Status, "status 503"),
    ];
    for (status, content_type, extra, body, loss, words) in cases {
        let world = allowed()
            .head(status, content_type, extra)
            .chunk(body, true);
        assert!(world.text().contains(words), "{loss:?}: {}", world.text());
        let world = world.gone();
        let (_, sent, end, told) = outcome(&world);
        assert_eq!((sent, end, told), (status, End::Withheld, Some(loss)));
        let line = &world.notes[0];
        assert!(
            line.contains(loss.as_str()) && line.contains("tools/call"),
            "{line}"
        );
        assert!(!line.contains("key=v"), "{line}");
        assert!(
            loss != Loss::Redirect || line.contains("other.example/mcp"),
            "{line}"
        );
    }
    for (status, loss, words) in [
        ("503", Loss::Unreachable, "Could not reach"),
        ("504", Loss::TimedOut, "in time"),
    ] {
        let mut world = allowed();
        head_of(&mut world, status, false, Origin::Envoy);
        let world = world.chunk("upstream connect error", true);
        assert!(world.text().contains(words), "{}", world.text());
        let (shown, sent, end, told) = outcome(&world.gone());
        assert_eq!((shown.to_string().as_str(), sent), (status, 0));
        assert_eq!((end, told), (End::Withheld, Some(loss)));
    }
    let mut world = allowed();
    head_of(&mut world, "202", true, Origin::Server);
    let reply: Value = serde_json::from_slice(&world.replies[0].body).unwrap();
    assert!(reply.to_string().contains("another stream"), "{reply}");
    assert_eq!(outcome(&world.gone()).3, Some(Loss::Elsewhere), "it ran");
}

#[test]
fn what_no_decision_stands_behind_is_recorded_as_a_refusal() {
    let world = World::new().send(INITIALIZE);
    let world = world.head(302, "text/plain", &[("location", "/mcp/")]);
    let world = world.chunk("", true).gone();
    let [Report::Refusal(refusal)] = &world.reports[..] else {
        panic!("{:?}", world.reports)
    };
    assert_eq!(refusal.reason.as_str(), "redirect");
    assert_eq!(refusal.method.as_ref().unwrap().as_str(), "initialize");
    assert!(
        world.notes[0].contains("location: /mcp/"),
        "{:?}",
        world.notes
    );
}

#[test]
fn a_stream_behind_a_notification_holds_nobody_up() {
    let note = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let world = World::new().send(note);
    let world = world.head(200, "text/event-stream", &[]);
    assert_eq!((world.replies.len(), world.replies[0].status), (1, 202));
    assert!(world.replies[0].body.is_empty());
    assert_eq!(world.exchange.body_mode(), BodyMode::Untouched);
    let answer = r#"{"jsonrpc":"2.0","id":5,"result":{}}"#;
    let world = World::new().header("mcp-session-id", "s1").send(answer);
    let world = world.standing("own").head(200, "text/event-stream", &[]);
    assert_eq!(world.replies[0].status, 202);
}

#[test]
fn codings_that_are_none_are_none() {
    for coding in ["", "identity", "Identity", "identity, identity"] {
        let world = allowed().head(200, "application/json", &[("content-encoding", coding)]);
        let world = world.chunk(RESULT, true);
        assert_eq!((world.text(), world.answer), ("", Gate::Open), "{coding:?}");
    }
    for content_type in [
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "Application/JSON",
        "application/json; charset=\"utf-8\"",
        "application/json ;profile=x",
    ] {
        let world = allowed().head(200, content_type, &[]).chunk(RESULT, true);
        assert_eq!(
            (world.text(), world.answer),
            ("", Gate::Open),
            "{content_type}"
        );
    }
    let event = format!(
        "data: {}\n\n",
        json!({"jsonrpc": "2.0", "id": 1, "result": {}})
    );
    let world = allowed().head(200, "text/event-stream;charset=utf-8", &[]);
    assert_eq!(world.chunk(&event, true).text(), event);
}
