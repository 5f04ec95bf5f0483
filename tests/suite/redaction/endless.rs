//! A stream of a hundred megabytes, clean and with secrets: Envoy's memory stays as it is.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

use portcullis_tests::gateway::Setup;
use serde_json::Value;

use super::{POLICIES, TOKEN, calls, said};
use crate::world::World;

const STREAM_BYTES: usize = 100 << 20;
const EVENT_BYTES: usize = 64 << 10;
/// How much more memory Envoy may hold at once: its buffers of 20 MiB on both sides and what is on
/// its way, far below what is streamed.
const HELD_BYTES_MAX: u64 = 72 << 20;
/// How many events pass between two looks at the memory.
const LOOK_EVERY: usize = 16;

/// The bytes that Envoy holds, from its own admin interface. What the allocator keeps for later is
/// not among them.
fn held(socket: &Path) -> u64 {
    let mut stream = UnixStream::connect(socket).expect("Envoy's admin socket");
    let question = b"GET /memory HTTP/1.1\r\nhost: envoy\r\nconnection: close\r\n\r\n";
    stream.write_all(question).expect("a question");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let from = answer.find('{').expect("JSON");
    let to = answer.rfind('}').expect("JSON");
    let memory: Value = serde_json::from_str(&answer[from..=to]).expect("JSON");
    let allocated = memory["allocated"]
        .as_str()
        .and_then(|text| text.parse().ok());
    allocated.expect("a number")
}

#[test]
fn a_hundred_megabytes_take_no_memory() {
    let world = World::with(Setup::policies(POLICIES));
    let socket = world.gateway.run_folder().join("envoy-admin.sock");
    let before = held(&socket);
    let words = "lorem ipsum dolor sit amet ".repeat(EVENT_BYTES / 27);
    let event = |text: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":1,"progress":1,"message":"{text}"}}}}"#
        )
    };
    let (clean, dirty) = (event(&words), event(&format!("{words}{TOKEN}")));
    world.upstream.when("endless-", move |_, answer| {
        answer.stream();
        for number in 0..STREAM_BYTES / EVENT_BYTES {
            answer.event(if number % 2 == 0 { &clean } else { &dirty });
        }
        answer.event(&said("endless-", "done"));
        answer.end();
    });
    for request in calls(&world, "endless-") {
        let mut connection = world.gateway.open(&request);
        assert_eq!(connection.head().status, 200);
        let (mut events, mut bytes, mut most) = (0, 0, 0);
        while events < STREAM_BYTES / EVENT_BYTES {
            let (text, _) = connection.stream_until("\n\n");
            let redacted = text.contains("[redacted:github-token]");
            assert!(
                !text.contains(TOKEN) && redacted == (events % 2 == 1),
                "event {events}"
            );
            events += 1;
            bytes += text.len();
            if events % LOOK_EVERY == 0 {
                most = held(&socket).max(most);
            }
        }
        assert!(connection.stream_rest().contains("done"));
        assert!(bytes > STREAM_BYTES * 9 / 10, "{bytes} bytes arrived");
        assert!(
            most.saturating_sub(before) < HELD_BYTES_MAX,
            "Envoy held {before} bytes before and {most} on the way"
        );
    }
}
