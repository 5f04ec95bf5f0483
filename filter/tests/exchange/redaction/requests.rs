//! Requests: judged as they came, sent without their secrets.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::headers::mirror;
use portcullis_protocol::redact::Action;
use portcullis_protocol::wire::{Direction, End, Report};
use serde_json::{Value, json};

use super::{PLACEHOLDER, SECRET, called_with, facts, holds_nothing, reasons, rules, told};
use crate::world::{World, modern_call};

#[test]
fn policy_judges_what_came_and_the_server_gets_what_is_left() {
    let body = called_with(&json!({"text": format!("use {SECRET} now"), "n": 1.50}));
    let body = body.replacen("\"n\":1.5", "\"n\": 1.50", 1);
    let world = World::ruled(&rules("redact")).send(&body);
    let question = world.question();
    assert_eq!(question["arguments"]["text"], format!("use {SECRET} now"));
    assert_eq!(
        question["message_digest"],
        json!(Digest::of(body.as_bytes()))
    );
    let world = world.terms(json!({}));
    assert_eq!(world.forwarded, 1);
    assert_eq!(
        world.sent.as_deref(),
        Some(body.replace(SECRET, PLACEHOLDER).as_str())
    );
    let expected = [(Action::Redacted, "/params/arguments/text".to_owned())];
    assert_eq!(facts(&world.gone(), Direction::ToServer), expected);
}

#[test]
fn a_clean_request_goes_byte_for_byte() {
    let world = World::ruled(&rules("redact"));
    let world = world
        .send(&called_with(&json!({"text": "hi"})))
        .terms(json!({}));
    assert_eq!((world.forwarded, world.sent.as_deref()), (1, None));
    assert!(world.gone().reports.len() == 1, "the outcome alone");
}

#[test]
fn what_policy_reveals_goes_and_is_told() {
    let body = called_with(&json!({"text": SECRET}));
    let world = World::ruled(&rules("redact"))
        .header("mcp-param-text", SECRET)
        .send(&body);
    let world = world.terms(json!({"reveal": {"to_server": ["secret.acme"]}}));
    assert_eq!(
        (world.forwarded, world.sent.as_deref(), world.set.len()),
        (1, None, 0)
    );
    assert_eq!(
        facts(&world.gone(), Direction::ToServer)[0].0,
        Action::Revealed
    );
}

#[test]
fn fields_that_the_schema_marks_are_secrets() {
    let body = called_with(&json!({"user": "bob", "pin": "plain words"}));
    let world = World::ruled(&rules("redact"))
        .header("mcp-param-pin", "plain words")
        .send(&body);
    let world = world.terms(json!({"marked": {"to_server": ["/pin"]}}));
    let sent: Value = serde_json::from_str(&world.sent.unwrap()).unwrap();
    let pin = sent["params"]["arguments"]["pin"].as_str().unwrap();
    assert!(pin.starts_with("[redacted:"), "{pin}");
    assert_eq!(world.set, [("mcp-param-pin".to_owned(), pin.to_owned())]);
}

#[test]
fn a_blocked_call_is_a_readable_refusal_without_the_value() {
    let body = called_with(&json!({"text": SECRET}));
    let world = World::ruled(&rules("block")).send(&body).terms(json!({}));
    let (status, reply) = world.reply();
    assert_eq!((status, &reply["result"]["isError"]), (200, &json!(true)));
    let text = reply["result"]["content"][0]["text"].as_str().unwrap();
    for word in [
        "Nothing was sent",
        "(acme-key at /params/arguments/text)",
        "`reveal` on Mcp::DataClass::\"secret.acme\"",
    ] {
        assert!(text.contains(word), "{text}");
    }
    assert_eq!(reasons(&world), ["secret"]);
    assert_eq!(facts(&world, Direction::ToServer)[0].0, Action::Blocked);
    let ended = |report: &Report| matches!(report, Report::Outcome(outcome) if outcome.end == End::Withheld && outcome.is_error);
    assert!(world.reports.iter().any(ended), "the decision has an end");
    holds_nothing(&world);
}

/// As it is where nobody has said anything else.
fn refusing(mode: &str) -> Value {
    let mut rules = rules(mode);
    rules.as_object_mut().unwrap().remove("requests");
    rules
}

#[test]
fn nothing_is_replaced_behind_an_agents_back() {
    for mode in ["redact", "tokenize"] {
        let body = called_with(&json!({"text": SECRET}));
        let world = World::ruled(&refusing(mode)).send(&body).terms(json!({}));
        assert_eq!(world.forwarded, 0, "{mode}");
        assert!(world.reply().1.to_string().contains("acme-key at"));
        assert_eq!(reasons(&world), ["secret"]);
        holds_nothing(&world);
    }
    let body = called_with(&json!({"text": SECRET}));
    let world = World::ruled(&refusing("detect"))
        .send(&body)
        .terms(json!({}));
    assert_eq!((world.forwarded, world.sent.as_deref()), (1, None));
    let world = World::ruled(&refusing("redact")).send(&body);
    let world = world.terms(json!({"reveal": {"to_server": ["secret.acme"]}}));
    assert_eq!((world.forwarded, world.sent.as_deref()), (1, None));
}

#[test]
fn a_placeholder_is_taken_for_no_value() {
    for text in [
        format!("DB_PASSWORD={PLACEHOLDER}"),
        "a [redacted:acme-key-2] b".to_owned(),
        "[redacted:password]".to_owned(),
    ] {
        let body = called_with(&json!({"path": "/x", "text": text}));
        let world = World::ruled(&refusing("redact")).send(&body);
        let world = world.terms(json!({}));
        assert_eq!(world.forwarded, 0, "{text}");
        let (status, reply) = world.reply();
        assert_eq!(status, 200);
        let told = reply.to_string();
        assert!(
            told.contains("placeholder") && told.contains("/params/arguments/text"),
            "{told}"
        );
        assert_eq!(reasons(&world), ["placeholder"]);
        assert_eq!(facts(&world, Direction::ToServer)[0].0, Action::Blocked);
    }
    let body = called_with(&json!({"text": format!("x {PLACEHOLDER}")}));
    let revealing = json!({"reveal": {"to_server": ["secret.acme"]}});
    for (rules, terms) in [
        (refusing("redact"), revealing),
        (rules("redact"), json!({})),
        (
            refusing("redact"),
            json!({"reveal": {"to_server": ["secret.acme", "secret.password"]}}),
        ),
    ] {
        let world = World::ruled(&rules).send(&body).terms(terms);
        assert_eq!((world.forwarded, world.sent.as_deref()), (1, None));
    }
    let other = called_with(&json!({"text": "[redacted:no-such-rule] [redacted]"}));
    let world = World::ruled(&refusing("redact"))
        .send(&other)
        .terms(json!({}));
    assert_eq!(world.forwarded, 1, "a text like any other");
}

#[test]
fn an_answer_with_a_secret_is_refused_on_both_sides() {
    let body = json!({"jsonrpc": "2.0", "id": 5, "result": {"action": "accept", "content": {"pin": SECRET}}});
    let world = World::ruled(&refusing("redact"))
        .header("mcp-session-id", "s1")
        .send(&body.to_string())
        .standing("own");
    assert_eq!(world.forwarded, 0);
    let (status, reply) = world.reply();
    assert_eq!((status, &reply["id"]), (400, &Value::Null));
    assert!(
        reply
            .to_string()
            .contains("acme-key at /result/content/pin"),
        "{reply}"
    );
    let told: Value = serde_json::from_slice(&world.tells[0].body).unwrap();
    assert_eq!(
        (&told["id"], &told["error"]["code"]),
        (&json!(5), &json!(1403))
    );
    holds_nothing(&world);
}

#[test]
fn messages_without_a_verdict_are_cleaned_too() {
    for (body, session) in [
        (
            json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"clientInfo": {"name": SECRET}}}),
            false,
        ),
        (
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1, "reason": SECRET}}),
            false,
        ),
        (
            json!({"jsonrpc": "2.0", "id": 9, "result": {"action": "accept", "content": {"x": SECRET}}}),
            true,
        ),
        (
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {"x": SECRET}}}),
            false,
        ),
    ] {
        let sent = |mode| {
            let world = World::ruled(&rules(mode));
            if session {
                world
                    .header("mcp-session-id", "s1")
                    .send(&body.to_string())
                    .standing("own")
            } else {
                world.send(&body.to_string())
            }
        };
        let world = sent("redact");
        let expected = body.to_string().replace(SECRET, PLACEHOLDER);
        assert_eq!(world.sent.as_deref(), Some(expected.as_str()));
        let world = world.gone();
        assert_eq!(facts(&world, Direction::ToServer).len(), 1, "{body}");
        holds_nothing(&world);
        let world = sent("block");
        assert_eq!(
            (world.forwarded, reasons(&world)),
            (0, vec!["secret"]),
            "{body}"
        );
        holds_nothing(&world);
    }
}

#[test]
fn mirrored_headers_follow_the_body() {
    let umlaut = format!("ü {SECRET}");
    let arguments = json!({"token": SECRET, "note": umlaut, "region": "eu", "n": 42});
    let body = modern_call(
        "tools/call",
        json!({"name": "echo", "arguments": arguments}),
    );
    let world = World::ruled(&rules("redact"))
        .modern("tools/call", Some("echo"))
        .header("mcp-param-token", SECRET)
        .header("mcp-param-note", &mirror(&umlaut))
        .header("mcp-param-region", "eu")
        .header("mcp-param-n", "42")
        .header("mcp-param-alone", &format!("x-{SECRET}"))
        .send(&body)
        .terms(json!({}));
    assert_eq!(world.forwarded, 1);
    let set = |name: &str, value: &str| (format!("mcp-param-{name}"), value.to_owned());
    assert_eq!(
        world.set,
        [
            set("token", PLACEHOLDER),
            set("note", &mirror(&format!("ü {PLACEHOLDER}"))),
            set("alone", &format!("x-{PLACEHOLDER}")),
        ]
    );
}

#[test]
fn the_name_header_follows_too() {
    let uri = format!("https://h/x?key={SECRET}");
    let body = modern_call("resources/read", json!({"uri": uri}));
    let world = World::ruled(&rules("redact"))
        .modern("resources/read", Some(&uri))
        .send(&body);
    let world = world.terms(json!({}));
    let sent: Value = serde_json::from_str(&world.sent.unwrap()).unwrap();
    let now = sent["params"]["uri"].as_str().unwrap();
    assert!(!now.contains(SECRET));
    assert_eq!(world.set, [("mcp-name".to_owned(), now.to_owned())]);
}

#[test]
fn mirrored_headers_are_clear() {
    let body = modern_call("tools/call", json!({"name": "echo"}));
    let world = || World::ruled(&rules("redact")).modern("tools/call", Some("echo"));
    let twice = world()
        .add("mcp-param-x", "a")
        .add("mcp-param-x", "b")
        .send(&body);
    assert_eq!(twice.reply().0, 400);
    let (status, reply) = world()
        .header("mcp-param-x", "=?base64?%%?=")
        .send(&body)
        .reply();
    assert_eq!((status, &reply["error"]["code"]), (400, &json!(-32020)));
}

#[test]
fn facts_are_told_in_reports_of_a_bounded_length() {
    let texts: Vec<String> = (0..150).map(|_| SECRET.to_owned()).collect();
    let world = World::ruled(&rules("redact")).send(&called_with(&json!({"texts": texts})));
    let world = world.terms(json!({})).gone();
    let told = told(&world, Direction::ToServer);
    assert!(told.iter().all(|found| found.facts.len() <= 64));
    let all: u64 = told
        .iter()
        .map(|found| found.facts.len() as u64 + found.more)
        .sum();
    assert_eq!(all, 150);
    assert_eq!(told[0].method.as_str(), "tools/call");
    assert_eq!(
        (told[0].server.as_str(), told[0].caller.subject.as_str()),
        ("demo", "alice")
    );
}
