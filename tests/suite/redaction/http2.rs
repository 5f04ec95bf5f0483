//! The same over HTTP/2 between agent and gateway. The client is Node's own.

use std::process::Command;

use portcullis_tests::{mcp, parts};
use serde_json::{Value, json};

use super::{REDACTED, TOKEN, WORLD, leaks, said};
use crate::world::{DEMO, World, take};

/// Sends a call whose id is the word, and returns status, headers, body and trailers.
fn sent(world: &World, word: &str) -> Value {
    let output = Command::new(parts::node())
        .arg(parts::folder("clients/http2.mjs"))
        .arg(format!("http://{}", world.gateway.authority()))
        .arg(world.gateway.path(DEMO))
        .arg(world.gateway.token("alice"))
        .arg(mcp::call(word, "echo", json!({"text": TOKEN})))
        .output()
        .expect("Node runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[test]
fn answers_and_streams_are_redacted_over_http2() {
    let world = take(&WORLD);
    for kind in ["json", "events", "trailers"] {
        let word = format!("h2-{kind}-");
        let body = said(&word, TOKEN);
        world.upstream.when(&word, move |_, answer| match kind {
            "json" => answer.json(&body),
            "events" => answer.events(&[&body]),
            _ => {
                answer.raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\ntrailer: x-checked\r\n\r\n");
                answer.event(&body);
                answer.raw(b"0\r\nx-checked: yes\r\n\r\n");
            }
        });
        let before = world.upstream.received().len();
        let got = sent(&world, &word);
        assert_eq!(got["status"], 200, "{kind}: {got}");
        let text = got["body"].as_str().unwrap_or_default();
        assert!(
            text.contains(&said(&word, REDACTED)) && !leaks(&got.to_string()),
            "{kind}: {got}"
        );
        let arrived = world.upstream.received().split_off(before);
        assert_eq!(arrived.len(), 1, "{kind}");
        assert!(!leaks(&String::from_utf8_lossy(&arrived[0].body)), "{kind}");
    }
}
