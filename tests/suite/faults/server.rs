//! The policy server is down, slow, or answers nonsense.

use std::io::Write as _;
use std::os::unix::net::UnixListener;
use std::thread;

use portcullis_tests::apart::{Apart, Start};
use portcullis_tests::wait;
use serde_json::{Value, json};

use crate::world::POLICIES;

#[test]
fn a_policy_server_that_is_down_denies() {
    let mut apart = Apart::start(POLICIES);
    apart.heals("before");
    apart.kill_server();
    let text = apart.refused("down");
    assert!(text.contains("Temporarily unavailable"), "{text}");
    apart.start_server(Start::Plain);
    apart.heals("after");
}

#[test]
fn a_policy_server_that_is_slow_denies() {
    let apart = Apart::start(POLICIES);
    apart.heals("before");
    apart.signal("STOP");
    let text = apart.refused("slow");
    assert!(text.contains("Temporarily unavailable"), "{text}");
    apart.signal("CONT");
    apart.heals("after");
    assert_eq!(
        apart.upstream.received_with("slow").len(),
        0,
        "a late verdict lets nothing through"
    );
    wait::until("the refusal is on record", || {
        let log = apart.audit();
        let found = log.iter().any(|record| record["reason"] == "no-verdict");
        found.then_some(())
    });
}

/// Answers of a policy server that must not count, made from the question.
const NONSENSE: [fn(&Value) -> String; 8] = [
    |_| "nonsense".to_owned(),
    |_| String::new(),
    |_| json!({"verdict": {"outcome": "allow"}}).to_string(),
    |question| answer(&json!("0".repeat(32)), &question["digest"], "allow"),
    |question| {
        answer(
            &question["call"],
            &json!(format!("sha256:{}", "0".repeat(64))),
            "allow",
        )
    },
    |question| answer(&question["call"], &question["digest"], "perhaps"),
    |question| {
        answer(&question["call"], &question["digest"], "allow").replace("}}", "},\"more\":1}")
    },
    |question| "[".repeat(100_000) + &answer(&question["call"], &question["digest"], "allow"),
];

fn answer(call: &Value, digest: &Value, outcome: &str) -> String {
    let policies = format!("sha256:{}", "1".repeat(64));
    let verdict = match outcome {
        "allow" => json!({"outcome": outcome, "redaction": {"rules": rules_digest()}}),
        _ => json!({"outcome": outcome}),
    };
    json!({"call": call, "digest": digest, "policies": policies, "epoch": policies, "verdict": verdict}).to_string()
}

fn rules_digest() -> String {
    format!("sha256:{}", "2".repeat(64))
}

/// The rules of redaction that the right verdict names.
fn rules(question: &Value) -> String {
    let keys = json!({"marks": "5a".repeat(32)});
    json!({"call": question["call"], "digest": rules_digest(), "rules": {}, "tenant": "t", "keys": keys})
        .to_string()
}

#[test]
fn a_policy_server_that_answers_nonsense_denies() {
    let apart = Apart::with(POLICIES, Start::Not, |_| {});
    for (number, make) in NONSENSE.into_iter().enumerate() {
        let _left_over = std::fs::remove_file(apart.socket());
        let listener = UnixListener::bind(apart.socket()).unwrap();
        let serving = thread::spawn(move || serve_one(&listener, "200 OK", make));
        let text = apart.refused(&format!("nonsense-{number}"));
        assert!(text.contains("Temporarily unavailable"), "{number}: {text}");
        serving.join().unwrap();
    }
}

#[test]
fn an_error_status_denies_whatever_the_body_says() {
    let apart = Apart::with(POLICIES, Start::Not, |_| {});
    for status in [
        "500 Internal Server Error",
        "503 Service Unavailable",
        "204 No Content",
        "302 Found",
    ] {
        let _left_over = std::fs::remove_file(apart.socket());
        let listener = UnixListener::bind(apart.socket()).unwrap();
        let right = |question: &Value| answer(&question["call"], &question["digest"], "allow");
        let serving = thread::spawn(move || serve_one(&listener, status, right));
        apart.refused(&format!("status-{}", &status[..3]));
        serving.join().unwrap();
    }
}

#[test]
fn the_right_answer_of_the_same_stand_in_lets_the_call_through() {
    let apart = Apart::with(POLICIES, Start::Not, |_| {});
    let listener = UnixListener::bind(apart.socket()).unwrap();
    let right = |question: &Value| answer(&question["call"], &question["digest"], "allow");
    let serving = thread::spawn(move || {
        serve_one(&listener, "200 OK", right);
        serve("/v1/redaction", &listener, "200 OK", rules);
    });
    let response = apart.call("echo", "right");
    assert_eq!(
        apart.upstream.received_with("right").len(),
        1,
        "{}",
        response.text()
    );
    serving.join().unwrap();
}

/// Answers the first question for a verdict.
fn serve_one(listener: &UnixListener, status: &str, make: fn(&Value) -> String) {
    serve("/v1/decide", listener, status, make);
}

/// Answers the first question on one path of a socket; others, as reports, are left waiting.
fn serve(wanted: &str, listener: &UnixListener, status: &str, make: fn(&Value) -> String) {
    loop {
        let (mut stream, _) = listener.accept().unwrap();
        let Some((path, body)) = question(&mut stream) else {
            continue;
        };
        if path != wanted {
            continue;
        }
        let body = if status.starts_with("204") {
            String::new()
        } else {
            make(&body)
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let _gone = stream.write_all((head + &body).as_bytes());
        return;
    }
}

fn question(stream: &mut impl std::io::Read) -> Option<(String, Value)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        if let Ok(body) = serde_json::from_str(body) {
            return Some((head.split(' ').nth(1)?.to_owned(), body));
        }
    }
}
