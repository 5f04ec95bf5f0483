//! More than any bound: more findings than are replaced, deeper layers than are looked into, longer
//! events than are held. What was not looked at does not pass.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_protocol::limits::{FINDINGS_MAX, RESPONSE_BYTES_MAX};
use serde_json::json;

use super::{TOKEN, WORLD, calls, leaks, said};
use crate::world::take;

#[test]
fn more_findings_than_are_replaced_withhold_the_answer() {
    let world = take(&WORLD);
    let text = format!("{TOKEN} ").repeat(FINDINGS_MAX + 1);
    let sent = said("too-many", &text);
    world
        .upstream
        .when("\"too-many\"", move |_, answer| answer.json(&sent));
    for request in calls(&world, "too-many") {
        let message = world.send(&request).message();
        assert_eq!(message["result"]["isError"], true);
        assert!(!leaks(&message.to_string()));
    }
}

#[test]
fn many_findings_are_all_replaced() {
    let world = take(&WORLD);
    let text = format!("{TOKEN} ").repeat(FINDINGS_MAX - 1);
    let sent = said("many", &text);
    world
        .upstream
        .when("\"many\"", move |_, answer| answer.json(&sent));
    for request in calls(&world, "many") {
        let text = world.send(&request).text();
        assert!(!leaks(&text));
        assert_eq!(text.matches("[redacted:").count(), FINDINGS_MAX - 1);
    }
}

#[test]
fn layers_past_the_bound_do_not_pass() {
    let world = take(&WORLD);
    for layers in 1..12 {
        let (mut json, mut base64) = (format!("see {TOKEN}"), format!("see {TOKEN}"));
        for _ in 0..layers {
            json = json!({"x": json}).to_string();
            base64 = STANDARD.encode(&base64);
        }
        for (kind, text) in [("json", json), ("base64", base64)] {
            let word = format!("layers-{layers}-{kind}-");
            let quoted = json!(text).to_string();
            let sent = said(&word, quoted.trim_matches('"'));
            world
                .upstream
                .when(&word, move |_, answer| answer.json(&sent));
            let message = world.send(&calls(&world, &word)[layers % 2]).message();
            let mut got = message["result"]["content"][0]["text"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            assert!(!leaks(&got), "{word}: {got}");
            while let Ok(bytes) = STANDARD.decode(&got) {
                got = String::from_utf8_lossy(&bytes).into_owned();
                assert!(!leaks(&got), "{word}: {got}");
                if got.is_empty() {
                    break;
                }
            }
        }
    }
}

#[test]
fn an_event_that_is_too_long_does_not_pass() {
    let world = take(&WORLD);
    world.upstream.when("\"endless-event\"", |_, answer| {
        answer.stream();
        answer.chunk(format!("data: {{\"x\":\"{TOKEN} ").as_bytes());
        let filler = vec![b'a'; 1 << 20];
        for _ in 0..=RESPONSE_BYTES_MAX >> 20 {
            answer.chunk(&filler);
        }
        answer.end();
    });
    for request in calls(&world, "endless-event") {
        let text = world.send(&request).text();
        assert!(
            !leaks(&text) && text.len() < 1 << 20,
            "{} bytes",
            text.len()
        );
    }
}

#[test]
fn a_giant_string_is_looked_at_to_its_end() {
    let world = take(&WORLD);
    let filler = "lorem ipsum dolor sit amet ".repeat(300_000);
    let sent = said("giant", &format!("{filler}{TOKEN}"));
    world
        .upstream
        .when("\"giant\"", move |_, answer| answer.json(&sent));
    let text = world.send(&calls(&world, "giant")[0]).text();
    assert!(
        !leaks(&text)
            && text.ends_with("[redacted:github-token]\"}],\"resultType\":\"complete\"}}")
    );
}
