//! Event streams: each event arrives when it was sent, in the form that every client reads.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use portcullis_tests::wait::PATIENCE;
use serde_json::json;

use super::{WORLD, answered, call, is_withheld, modern, result};
use crate::world::{DEMO, take};

const PROGRESS: &str = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#;

#[test]
fn a_stream_survives_every_line_end_and_every_cut() {
    let world = take(&WORLD);
    for (number, end) in ["\n", "\r\n", "\r"].into_iter().enumerate() {
        for cut in [1, 3, 1000] {
            let word = format!("lines-{number}-{cut}-");
            let sent = result(&word, "hi");
            let text = [
                ": keep-alive",
                "",
                "id: 7",
                "retry: 1500",
                "data:",
                "",
                &format!("id:8{end}event: message{end}data: {PROGRESS}"),
                "",
                &format!("data: {{{end}data:{}", &sent[1..]),
                "",
                "",
            ]
            .join(end);
            let response = answered(&world, &word, move |_, answer| {
                answer.stream();
                text.as_bytes()
                    .chunks(cut)
                    .for_each(|chunk| answer.chunk(chunk));
                answer.end();
            });
            let text = response.text();
            assert_eq!(response.header("content-type"), Some("text/event-stream"));
            assert!(
                text.contains("id: 7\nretry: 1500\ndata: \n\n"),
                "{word}: {text:?}"
            );
            assert!(
                text.contains(&format!("id: 8\nevent: message\ndata: {PROGRESS}\n\n")),
                "{word}: {text:?}"
            );
            assert!(
                text.starts_with(":\n") && !text.contains('\r'),
                "{word}: {text:?}"
            );
        }
    }
}

/// Waits for the client's word, so that an event is not sent before the last one was received.
fn wait_for(gate: &Mutex<Receiver<()>>) -> bool {
    gate.lock()
        .is_ok_and(|gate| gate.recv_timeout(PATIENCE).is_ok())
}

#[test]
fn each_event_arrives_before_the_next_is_sent() {
    let world = take(&WORLD);
    let (next, gate) = channel();
    let gate = Arc::new(Mutex::new(gate));
    world.upstream.when("causal", move |_, answer| {
        answer.stream();
        for number in 0..5 {
            answer.event(&PROGRESS.replace("\"progress\":1", &format!("\"progress\":{number}")));
            if !wait_for(&gate) {
                return answer.close();
            }
        }
        answer.event(&result("causal", "done"));
        answer.end();
    });
    for request in [
        call(&world, "alice", "causal"),
        modern(&world, "alice", "causal"),
    ] {
        let mut connection = world.gateway.open(&request);
        assert_eq!(connection.head().status, 200);
        for number in 0..5 {
            let (text, _) = connection.stream_until("\n\n");
            assert!(text.contains(&format!("\"progress\":{number}")), "{text}");
            next.send(()).unwrap();
        }
        assert!(connection.stream_rest().contains("done"));
    }
}

#[test]
fn a_comment_keeps_a_silent_stream_alive() {
    let world = take(&WORLD);
    let (next, gate) = channel();
    let gate = Mutex::new(gate);
    world.upstream.when("silent", move |_, answer| {
        answer.stream();
        answer.chunk(b": still here\n\n");
        if wait_for(&gate) {
            answer.event(&result("silent", "done"));
        }
        answer.end();
    });
    let mut connection = world.gateway.open(&call(&world, "alice", "silent"));
    assert_eq!(connection.head().status, 200);
    let (text, _) = connection.stream_until("\n");
    assert_eq!(text, ":\n");
    next.send(()).unwrap();
    assert!(connection.stream_rest().contains("done"));
}

/// A name, the messages of a stream, words that reach the client, words that do not.
type Stream = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

/// What a stream carries, and what of it reaches the client; `ID` stands for the request's id.
const STREAMS: &[Stream] = &[
    (
        "foreign answer first",
        &[
            r#"{"jsonrpc":"2.0","id":"other","result":{"secret":1}}"#,
            r#"{"jsonrpc":"2.0","id":"ID","result":{"ours":1}}"#,
        ],
        &["ours"],
        &["secret"],
    ),
    (
        "second answer",
        &[
            r#"{"jsonrpc":"2.0","id":"ID","result":{"ours":1}}"#,
            r#"{"jsonrpc":"2.0","id":"ID","result":{"secret":1}}"#,
        ],
        &["ours"],
        &["secret"],
    ),
    (
        "nonsense between",
        &[
            "nonsense secret",
            PROGRESS,
            r#"{"jsonrpc":"2.0","id":"ID","result":{"ours":1}}"#,
        ],
        &["progress", "ours"],
        &["secret"],
    ),
    (
        "unknown notification",
        &[
            r#"{"jsonrpc":"2.0","method":"notifications/odd","params":{"secret":1}}"#,
            r#"{"jsonrpc":"2.0","id":"ID","result":{"ours":1}}"#,
        ],
        &["ours"],
        &["secret"],
    ),
    (
        "batch",
        &[
            r#"[{"jsonrpc":"2.0","id":"ID","result":{"secret":1}}]"#,
            r#"{"jsonrpc":"2.0","id":"ID","result":{"ours":1}}"#,
        ],
        &["ours"],
        &["secret"],
    ),
    (
        "unsound answer",
        &[r#"{"jsonrpc":"2.0","id":"ID","result":{"a":1,"a":"secret"}}"#],
        &["withheld"],
        &["secret"],
    ),
    (
        "unsound, then sound",
        &[
            r#"{"jsonrpc":"2.0","id":"ID","result":{"a":1,"a":"secret"}}"#,
            r#"{"jsonrpc":"2.0","id":"ID","result":{"late":1}}"#,
        ],
        &["withheld"],
        &["secret", "late"],
    ),
];

#[test]
fn a_stream_carries_one_answer_and_nothing_strange() {
    let world = take(&WORLD);
    for (number, (what, events, wanted, unwanted)) in STREAMS.iter().enumerate() {
        let word = format!("stream-{number}-");
        let events: Vec<String> = events
            .iter()
            .map(|event| event.replace("ID", &word))
            .collect();
        let response = answered(&world, &word, move |_, answer| {
            answer.events(&events.iter().map(String::as_str).collect::<Vec<_>>());
        });
        let text = response.text();
        assert!(
            wanted.iter().all(|part| text.contains(part)),
            "{what}: {text}"
        );
        assert!(
            !unwanted.iter().any(|part| text.contains(part)),
            "{what}: {text}"
        );
    }
}

#[test]
fn events_of_other_kinds_are_dropped() {
    let world = take(&WORLD);
    let response = answered(&world, "kinds", |_, answer| {
        answer.stream();
        answer.chunk(b"event: endpoint\ndata: /secret\n\nx-field: secret\n");
        answer.chunk(b": secret comment\n\n");
        answer.event(&result("kinds", "hi"));
        answer.chunk(b"data: an unfinished secret");
        answer.end();
    });
    assert!(
        response.text().contains("\"hi\"") && !response.text().contains("secret"),
        "{}",
        response.text()
    );
}

#[test]
fn a_list_in_a_stream_is_filtered_too() {
    let world = take(&WORLD);
    let tool = |name: &str| json!({"name": name, "inputSchema": {"type": "object"}});
    let tools = json!({"tools": [tool("echo"), tool("format_disk"), {"name": "without_schema"}]});
    let message = portcullis_tests::mcp::result(&json!("streamed-list"), tools);
    world.upstream.when("streamed-list", move |_, answer| {
        answer.events(&[PROGRESS, &message])
    });
    let body = portcullis_tests::mcp::request("streamed-list", "tools/list", json!({}));
    let text = world.send(&world.gateway.post(DEMO, "alice", body)).text();
    assert!(
        text.contains("\"echo\"") && text.contains("progress"),
        "{text}"
    );
    assert!(!text.contains("format_disk"), "{text}");
    assert!(!text.contains("without_schema"), "in quarantine: {text}");
}

#[test]
fn a_stream_that_breaks_off_is_no_answer() {
    let world = take(&WORLD);
    let response = answered(&world, "broken-off", |_, answer| {
        answer.stream();
        answer.event(PROGRESS);
        answer
            .chunk(b"data: {\"jsonrpc\":\"2.0\",\"id\":\"broken-off\",\"result\":{\"secret\":1}}");
        answer.close();
    });
    assert!(!response.text().contains("secret"), "{}", response.text());
    assert!(
        !is_withheld(&response.message(), "broken-off"),
        "the server may have done its work"
    );
}
