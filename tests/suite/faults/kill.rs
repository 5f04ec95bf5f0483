//! `kill -9` of the policy server at random moments, again and again, under load.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use portcullis_protocol::digest::Digest;
use portcullis_tests::apart::{Apart, Start};
use portcullis_tests::{mcp, wire};
use serde_json::json;

use crate::world::POLICIES;

/// How often the server is killed.
const LOOPS: u64 = 200;
/// How many agents call meanwhile.
const AGENTS: usize = 4;

#[test]
fn killing_the_server_loses_no_record_and_forwards_no_unrecorded_call() {
    let mut apart = Apart::start(POLICIES);
    let stop = AtomicBool::new(false);
    let answered = AtomicUsize::new(0);
    let authority = wire::authority(apart.url()).to_owned();
    let template = apart.request("echo", "WORD");
    thread::scope(|scope| {
        for agent in 0..AGENTS {
            let (stop, answered, authority, template) = (&stop, &answered, &authority, &template);
            scope.spawn(move || {
                let mut number = 0;
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    let word = format!("w-{agent}-{number}");
                    let body = mcp::call(&word, "echo", json!({"text": word}));
                    let request = template.clone().body(body);
                    let response = wire::send(authority, &request);
                    let through = response.message()["result"]["isError"] != true;
                    answered.fetch_add(usize::from(through), Ordering::Relaxed);
                }
            });
        }
        for turn in 0..LOOPS {
            thread::sleep(Duration::from_millis(moment(turn)));
            apart.kill_server();
            apart.start_server(Start::Plain);
        }
        stop.store(true, Ordering::Relaxed);
    });
    apart.heals("after");
    let through = answered.into_inner();
    assert!(through > 0, "no call got through at all: {}", apart.logs());
    every_forwarded_call_is_on_record(&apart);
    assert!(apart.portcullis(&["audit", "verify"]).contains("ok"));
}

/// A moment between 0 and 63 ms, different each time and the same in each run.
fn moment(turn: u64) -> u64 {
    u64::from(Digest::of(&turn.to_be_bytes()).as_bytes()[0] % 64)
}

fn every_forwarded_call_is_on_record(apart: &Apart) {
    let log = apart.audit();
    let allowed: BTreeSet<&str> = log
        .iter()
        .filter(|record| record["kind"] == "decision" && record["verdict"] == "allow")
        .filter_map(|record| record["message_digest"].as_str())
        .collect();
    let forwarded = apart.upstream.received_with("w-");
    for call in &forwarded {
        let digest = Digest::of(&call.body).to_string();
        let text = String::from_utf8_lossy(&call.body);
        assert!(
            allowed.contains(digest.as_str()),
            "forwarded without a record: {text}"
        );
    }
    println!(
        "{} calls forwarded, {} records, {LOOPS} kills",
        forwarded.len(),
        log.len()
    );
}
