//! A stream of a hundred megabytes, clean and with secrets: Envoy's memory stays as it is.

use std::fs;

use portcullis_tests::gateway::Setup;

use super::{POLICIES, TOKEN, calls, said};
use crate::world::World;

const STREAM_BYTES: usize = 100 << 20;
const EVENT_BYTES: usize = 64 << 10;
/// How much Envoy may grow once its buffers have been full: far below what is still to come.
const GROWTH_KIB_MAX: u64 = 48 << 10;

/// The number behind a word of `/proc/PID/status`.
fn status(process: u32, word: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with(word))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The Envoy that a process started.
fn envoy_of(parent: u32) -> u32 {
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let child = |id: &u32| status(*id, "PPid:") == Some(u64::from(parent));
    let is_envoy = |id: &u32| {
        let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        name.contains("envoy")
    };
    ids.filter(child).find(is_envoy).expect("an Envoy")
}

#[test]
fn a_hundred_megabytes_take_no_memory() {
    let world = World::with(Setup::policies(POLICIES));
    let envoy = envoy_of(world.gateway.process());
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
    // A client that reads slowly fills Envoy's buffers with the first stream; the second, as long, may
    // add nothing to them.
    let (events_all, mut full) = (STREAM_BYTES / EVENT_BYTES, 0);
    for (stream, request) in calls(&world, "endless-").into_iter().enumerate() {
        let mut connection = world.gateway.open(&request);
        assert_eq!(connection.head().status, 200);
        let (mut events, mut bytes, mut most) = (0, 0, 0);
        while events < events_all {
            let (text, _) = connection.stream_until("\n\n");
            let redacted = text.contains("[redacted:github-token]");
            assert!(
                !text.contains(TOKEN) && redacted == (events % 2 == 1),
                "event {events}"
            );
            events += 1;
            bytes += text.len();
            let now = status(envoy, "VmRSS:").expect("a size");
            most = now.max(most);
        }
        assert!(connection.stream_rest().contains("done"));
        assert!(bytes > STREAM_BYTES * 9 / 10, "{bytes} bytes arrived");
        if stream == 0 {
            full = most;
        }
        assert!(
            most.saturating_sub(full) < GROWTH_KIB_MAX,
            "Envoy grew from {full} to {most} KiB"
        );
    }
}
