//! Handles: given to the agent, and turned back only where policy says.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::headers::mirror;
use portcullis_protocol::names::{Name, ServerName};
use portcullis_protocol::redact::{Action, Class, HandleKey, Sealing};
use portcullis_protocol::wire::{Direction, End, Report};
use serde_json::{Value, json};

use super::{
    PLACEHOLDER, SECRET, allowed, answer, called_with, facts, holds_nothing, reasons, rules,
};
use crate::world::{BEGAN_US, RESULT, World};

/// What a handle is made with.
struct Made {
    key: u8,
    tenant: &'static str,
    from: &'static str,
    class: &'static str,
    until_s: u64,
}

/// A handle that [`uses`] open.
const SOUND: Made = Made {
    key: 0x0b,
    tenant: "acme",
    from: "vault",
    class: "secret.acme",
    until_s: BEGAN_US / 1_000_000 + 60,
};

fn handle(made: &Made) -> String {
    let from: ServerName = serde_json::from_value(json!(made.from)).unwrap();
    let sealing = Sealing {
        key: &HandleKey::new([made.key; 32]),
        tenant: &Name::parse(made.tenant).unwrap(),
        from: &from,
        until_s: made.until_s,
    };
    sealing.seal("acme-key", &Class::parse(made.class).unwrap(), SECRET)
}

fn uses() -> Value {
    json!([{"path": "/auth/token", "class": "secret.acme", "from": "vault"}])
}

fn sent_with(arguments: &Value, terms: Value) -> World {
    World::ruled(&rules("redact"))
        .send(&called_with(arguments))
        .terms(terms)
}

#[test]
fn a_secret_becomes_a_handle_that_stays_the_same_for_a_while() {
    let tokens = || {
        let world = allowed("tokenize", json!({})).head(200, "application/json", &[]);
        world.chunk(&answer(&format!("{SECRET} and {SECRET}")), true)
    };
    let world = tokens();
    let reply: Value = serde_json::from_str(world.text()).unwrap();
    let text = reply["result"]["content"][0]["text"].as_str().unwrap();
    let (one, two) = text.split_once(" and ").unwrap();
    assert!(one.starts_with("pcs1_acme-key_") && one == two, "{text}");
    assert_eq!(world.text(), tokens().text());
    let world = world.gone();
    assert_eq!(facts(&world, Direction::ToClient)[0].0, Action::Tokenized);
    holds_nothing(&world);
}

#[test]
fn a_handle_becomes_its_secret_where_policy_says() {
    let handle = handle(&SOUND);
    for (before, after) in [
        (handle.clone(), SECRET.to_owned()),
        (format!("Bearer {handle}"), format!("Bearer {SECRET}")),
    ] {
        let arguments = json!({"auth": {"token": before}, "text": "hi"});
        let world = sent_with(&arguments, json!({"uses": uses()}));
        assert_eq!(world.forwarded, 1);
        let body = called_with(&json!({"auth": {"token": after}, "text": "hi"}));
        assert_eq!(world.sent.as_deref(), Some(body.as_str()));
        let world = world.gone();
        let expected = [(Action::Restored, "/params/arguments/auth/token".to_owned())];
        assert_eq!(facts(&world, Direction::ToServer), expected);
        holds_nothing(&world);
    }
}

#[test]
fn other_secrets_beside_a_handle_are_still_taken_out() {
    let arguments = json!({"auth": {"token": handle(&SOUND)}, "text": SECRET});
    let world = sent_with(&arguments, json!({"uses": uses()}));
    let sent = called_with(&json!({"auth": {"token": SECRET}, "text": PLACEHOLDER}));
    assert_eq!(world.sent.as_deref(), Some(sent.as_str()));
}

#[test]
fn a_handle_in_a_field_for_secrets_becomes_one() {
    let arguments = json!({"auth": {"token": handle(&SOUND)}});
    let terms = json!({"uses": uses(), "marked": {"to_server": ["/auth/token"]}});
    let world = sent_with(&arguments, terms);
    let sent = called_with(&json!({"auth": {"token": SECRET}}));
    assert_eq!(world.sent.as_deref(), Some(sent.as_str()));
}

#[test]
fn a_mirrored_handle_becomes_the_secret_too() {
    let handle = handle(&SOUND);
    let world = World::ruled(&rules("redact")).header("mcp-param-token", &handle);
    let world = world.send(&called_with(&json!({"auth": {"token": handle}})));
    let world = world.terms(json!({"uses": uses()}));
    assert_eq!(
        world.set,
        [("mcp-param-token".to_owned(), SECRET.to_owned())]
    );
    let world = World::ruled(&rules("redact")).header("mcp-param-token", &handle);
    let world = world.send(&called_with(&json!({"text": "hi"})));
    assert_eq!(reasons(&world.terms(json!({"uses": uses()}))), ["handle"]);
}

#[test]
fn a_handle_elsewhere_stops_the_call() {
    let sound = handle(&SOUND);
    let mut altered = sound.clone();
    let end = if sound.ends_with("0000") {
        "1111"
    } else {
        "0000"
    };
    altered.replace_range(sound.len() - 4.., end);
    let escaped = called_with(&json!({"text": sound})).replace("pcs1_", r"\u0070cs1_");
    // The answer of a task comes in another exchange, which would not know the secret.
    let task = called_with(&json!({"auth": {"token": sound}})).replacen(
        "\"arguments\"",
        "\"task\":{\"ttl\":1},\"arguments\"",
        1,
    );
    let mut bodies = vec![escaped, task];
    for arguments in [
        json!({"text": sound}),
        json!({"auth": {"token": {"deeper": sound}}}),
        json!({"auth": [sound]}),
        json!({(sound.as_str()): 1}),
        json!({"auth": {"token": altered}}),
        json!({"auth": {"token": format!("{sound} {altered}")}}),
        json!({"auth": {"token": handle(&Made { key: 0x0c, ..SOUND })}}),
        json!({"auth": {"token": handle(&Made { tenant: "other", ..SOUND })}}),
        json!({"auth": {"token": handle(&Made { from: "demo", ..SOUND })}}),
        json!({"auth": {"token": handle(&Made { class: "secret.github", ..SOUND })}}),
        json!({"auth": {"token": handle(&Made { until_s: BEGAN_US / 1_000_000 - 1, ..SOUND })}}),
    ] {
        bodies.push(called_with(&arguments));
    }
    for body in bodies {
        let world = World::ruled(&rules("redact")).send(&body);
        let world = world.terms(json!({"uses": uses()}));
        let (status, reply) = world.reply();
        assert_eq!(
            (status, &reply["result"]["isError"]),
            (200, &json!(true)),
            "{body}"
        );
        assert!(!reply.to_string().contains("pcs1_"), "{reply}");
        assert_eq!(reasons(&world), ["handle"]);
        let ended = |report: &Report| matches!(report, Report::Outcome(outcome) if outcome.end == End::Withheld);
        assert!(world.reports.iter().any(ended));
        holds_nothing(&world);
    }
    let body =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"reason": sound}});
    let world = World::ruled(&rules("redact")).send(&body.to_string());
    assert_eq!((world.forwarded, reasons(&world)), (0, vec!["handle"]));
}

#[test]
fn an_echoed_secret_is_scrubbed_whatever_policy_reveals() {
    let terms = json!({"uses": uses(), "reveal": {"to_client": ["secret.acme"]}});
    let start = || sent_with(&json!({"auth": {"token": handle(&SOUND)}}), terms.clone());
    let world = start().head(200, "application/json", &[("server", SECRET)]);
    assert!(world.heads[0].remove.contains(&"server".to_owned()));
    let world = world
        .chunk(&answer(&format!("you sent {SECRET}")), true)
        .gone();
    assert!(world.text().contains(PLACEHOLDER), "{}", world.text());
    holds_nothing(&world);

    let note =
        json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": SECRET}});
    let events = format!("data: {note}\n\ndata: {}\n\n", answer(SECRET));
    let world = start()
        .head(200, "text/event-stream", &[])
        .chunk(&events, true)
        .gone();
    assert_eq!(world.text(), events.replace(SECRET, PLACEHOLDER));
    holds_nothing(&world);

    for mode in ["detect", "tokenize"] {
        let arguments = json!({"auth": {"token": handle(&SOUND)}});
        let world = World::ruled(&rules(mode)).send(&called_with(&arguments));
        let world = world
            .terms(terms.clone())
            .head(200, "application/json", &[]);
        let encoded = mirror(&format!(" you sent {SECRET}"));
        let encoded = encoded.replace("=?base64?", "").replace("?=", "");
        let world = world
            .chunk(&answer(&format!("{SECRET} {encoded}")), true)
            .gone();
        assert!(
            !world.text().is_empty() && !world.text().contains(&encoded),
            "{mode}: {}",
            world.text()
        );
        holds_nothing(&world);
    }

    // Others of its class are still revealed, when nothing was restored.
    let world = sent_with(&json!({}), terms).head(200, "application/json", &[]);
    assert_eq!(
        world.chunk(&answer(SECRET), true).text(),
        "",
        "byte for byte"
    );
}

#[test]
fn an_echoed_secret_goes_in_every_form_and_place() {
    let start = || {
        let world = sent_with(
            &json!({"auth": {"token": handle(&SOUND)}}),
            json!({"uses": uses()}),
        );
        world.head(200, "application/json", &[])
    };
    let short = mirror(&format!(" {SECRET}"))
        .replace("=?base64?", "")
        .replace("?=", "");
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    let (begin, end) = SECRET.split_at(9);
    for (result, form) in [
        (
            json!({"content": [{"type": "text", "text": format!("[redacted:{SECRET}]")}]}),
            SECRET,
        ),
        (
            json!({"content": [{"type": "text", "text": short}]}),
            short.as_str(),
        ),
        (
            json!({"content": [{"type": "text", "text": hex}]}),
            hex.as_str(),
        ),
        (json!({"content": [], "_meta": {SECRET: 1}}), SECRET),
        (
            json!({"contents": [{"uri": "a:b", "blob": short}]}),
            short.as_str(),
        ),
        (
            json!({"content": [{"type": "image", "data": short, "mimeType": "image/png"}]}),
            short.as_str(),
        ),
        (json!({"nextCursor": hex}), hex.as_str()),
        (
            json!({"content": [{"type": "text", "text": begin}, {"type": "text", "text": end}]}),
            end,
        ),
    ] {
        let answer = json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string();
        let world = start().chunk(&answer, true).gone();
        assert!(
            !world.text().is_empty() && !world.text().contains(form),
            "{answer}: {}",
            world.text()
        );
        holds_nothing(&world);
    }
}

#[test]
fn lines_and_headers_hold_no_form_of_an_echoed_secret() {
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02X}:")).collect();
    let start = || {
        sent_with(
            &json!({"auth": {"token": handle(&SOUND)}}),
            json!({"uses": uses()}),
        )
    };
    let world = start().head(
        200,
        "application/json",
        &[("server", &hex), ("mcp-session-id", SECRET)],
    );
    let removed = &world.heads[0].remove;
    assert!(
        removed.contains(&"server".to_owned()) && removed.contains(&"mcp-session-id".to_owned())
    );
    for line in [
        format!("id: {hex}"),
        format!("event: message\nid: {SECRET}"),
    ] {
        let world = start().head(200, "text/event-stream", &[]);
        let world = world.chunk(&format!("{line}\ndata: {RESULT}\n\n"), false);
        assert_eq!(world.said(), "OURS", "{line}");
        world.cut_off();
    }
}

#[test]
fn the_account_counts_what_was_released() {
    let world = allowed("redact", json!({})).head(200, "application/json", &[]);
    let world = world.chunk(&answer(SECRET), true).gone();
    let outcome = world.reports.iter().find_map(|report| match report {
        Report::Outcome(outcome) => Some(outcome),
        _ => None,
    });
    let outcome = outcome.unwrap();
    let released = answer(PLACEHOLDER);
    assert_eq!(outcome.output_digest, Digest::of(released.as_bytes()));
    assert_eq!(
        (outcome.output_bytes, outcome.end),
        (released.len() as u64, End::Complete)
    );
    assert_ne!(world.text(), RESULT);
}
