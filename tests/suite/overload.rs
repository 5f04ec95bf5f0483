//! One agent sends whatever is hostile and much; the others' calls, and the evidence of them, go on.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use portcullis_tests::gateway::Setup;
use portcullis_tests::mcp;
use portcullis_tests::wire::Connection;
use serde_json::{Value, json};

use crate::world::{DEMO, World};

const POLICIES: &str = r#"@id("all") permit (principal, action, resource);"#;

/// Made up; in two parts, so that no scanner takes this file for a leak.
const TOKEN: &str = concat!("gh", "p_PTGuZeJFEBZj6SzwDOhiXRxL0GQN8705s3zx");

/// Most memory that Envoy's process may take with one worker: two VMs, their budgets, what is copied
/// while one message is judged, and Envoy's own buffers.
const ENVOY_BYTES_MAX: u64 = 1_500 << 20;

/// Hostile messages of one run. The whole run of 100,000 is asked for by the environment.
fn messages() -> usize {
    let asked = std::env::var("PORTCULLIS_HOSTILE_MESSAGES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

/// Findings below keys that are harmless alone, and are addresses with passwords where a JSON pointer joins
/// them: cleaned, the record of it is longer than it was.
fn growing() -> Value {
    let mut found = json!({});
    for number in 0..63 {
        let mut place = json!(TOKEN);
        for step in (0..18).rev() {
            place = json!({"x:": {"": {format!("b:q7w{number}@h{step}"): place}}});
        }
        found[number.to_string()] = place["x:"].clone();
    }
    found
}

fn hostile(number: usize) -> String {
    let method = "notifications/roots/list_changed";
    match number % 5 {
        0 => {
            json!({"jsonrpc": "2.0", "method": method, "params": {"_meta": growing()}}).to_string()
        }
        1 => mcp::call(
            &format!("h{number}"),
            "echo",
            json!({"text": TOKEN.repeat(60)}),
        ),
        2 => mcp::call(&format!("h{number}"), &"\u{202e}".repeat(40), json!({})),
        3 => format!("{{\"jsonrpc\":\"2.0\",\"id\":{number},\"id\":{number}}}"),
        _ => mcp::request(
            &format!("h{number}"),
            &format!("made/up/{number}"),
            json!({}),
        ),
    }
}

/// Sends messages of alice's over one connection, each as soon as the last is answered.
fn send_all(world: &World, bodies: impl Iterator<Item = String>) -> Vec<u16> {
    let mut connection = Connection::open(world.gateway.authority());
    let mut statuses = Vec::new();
    for body in bodies {
        connection.write(&world.post(body).bytes());
        let status = connection.response(true).status;
        statuses.push(status);
        if status == 0 || status >= 400 {
            connection = Connection::open(world.gateway.authority());
        }
    }
    statuses
}

fn honest(world: &World, number: usize) -> u16 {
    let body = mcp::call(&format!("honest-{number}"), "echo", json!({"text": "hi"}));
    world.send(&world.gateway.post(DEMO, "bob", body)).status
}

/// The resident memory of this gateway's Envoy.
fn memory(folder: &Path) -> u64 {
    let folder = folder.display().to_string();
    let processes = fs::read_dir("/proc").expect("processes").flatten();
    let mut found = processes.filter_map(|process| {
        let line = fs::read(process.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        let ours = line.contains("envoy.json") && line.contains(&folder);
        let status = fs::read_to_string(process.path().join("status")).ok()?;
        let rss = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = rss.trim().trim_end_matches(" kB").parse().ok()?;
        ours.then_some(kib << 10)
    });
    found.next().expect("Envoy runs")
}

fn of(record: &Value, kind: &str, subject: &str) -> bool {
    record["kind"] == kind && record["caller"]["subject"] == subject
}

#[test]
fn evidence_of_honest_calls_is_whole_under_a_flood_of_hostile_messages() {
    let world = World::with(Setup::policies(POLICIES));
    let (count, threads) = (messages(), 4);
    let calls = thread::scope(|scope| {
        for thread in 0..threads {
            let world = &world;
            scope.spawn(move || send_all(world, (thread..count).step_by(threads).map(hostile)));
        }
        let calls = (count / 10).clamp(50, 2_000);
        (0..calls).for_each(|number| assert_eq!(honest(&world, number), 200, "call {number}"));
        calls
    });
    assert_eq!(honest(&world, calls), 200, "the last of all");
    let whole = portcullis_tests::wait::until("every outcome", || {
        let records = world.gateway.audit();
        let ends = records.iter().filter(|record| record["kind"] == "outcome");
        let ended: BTreeSet<&str> = ends.filter_map(|record| record["call"].as_str()).collect();
        let decided = records
            .iter()
            .filter(|record| of(record, "decision", "bob") && record["verdict"] == "allow")
            .filter_map(|record| record["call"].as_str());
        let decided: Vec<&str> = decided.collect();
        let all = decided.len() == calls + 1 && decided.iter().all(|call| ended.contains(call));
        all.then_some(records)
    });
    assert!(
        !whole
            .iter()
            .any(|record| record["lost"].as_u64().is_some_and(|lost| lost > 0))
    );
    let (status, text) = world.gateway.portcullis(&["audit", "verify"]);
    assert_eq!(status, Some(0), "{text}");
    let ready = world.gateway.admin("/readyz");
    assert_eq!(ready.status, 200, "{}", ready.text());
    assert!(memory(&world.gateway.run_folder()) < ENVOY_BYTES_MAX);
}

#[test]
fn unfinished_events_of_one_agent_leave_room_for_others() {
    const STREAMS: usize = 40;
    let world = World::with(Setup::policies(POLICIES));
    world.upstream.when("greedy-", |_, answer| {
        answer.stream();
        answer.chunk(b"data: ");
        let part = vec![b'a'; 1 << 20];
        (0..15).for_each(|_| answer.chunk(&part));
        // Never finished; the client goes first.
        thread::sleep(std::time::Duration::from_secs(20));
        answer.close();
    });
    let body = |number| mcp::call(&format!("greedy-{number}"), "echo", json!({}));
    let streams: Vec<Connection> = (0..STREAMS)
        .map(|number| {
            let mut stream = world.gateway.open(&world.post(body(number)));
            let _head = stream.head();
            assert_eq!(honest(&world, number), 200);
            stream
        })
        .collect();
    let folder = world.gateway.run_folder();
    portcullis_tests::wait::until("some are ended for want of room", || {
        let log = fs::read_to_string(world.gateway.log("envoy")).unwrap_or_default();
        log.contains("for want of room").then_some(())
    });
    (0..20).for_each(|number| assert_eq!(honest(&world, number), 200));
    assert!(
        memory(&folder) < ENVOY_BYTES_MAX,
        "{} bytes",
        memory(&folder)
    );
    drop(streams);
    portcullis_tests::wait::until("alice has room again", || {
        let body = mcp::call("again", "echo", json!({"text": "a".repeat(1 << 20)}));
        (world.send(&world.post(body)).status == 200).then_some(())
    });
}

/// Bodies that are read at their end wait with Envoy, which keeps all that comes.
#[test]
fn unfinished_bodies_of_one_agent_leave_room_for_others() {
    const BODIES: usize = 80;
    const PART: usize = 1 << 20;
    let world = World::with(Setup::policies(POLICIES));
    world.upstream.when("greedy-", |_, answer| {
        answer.raw(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
        let part = vec![b'a'; PART];
        (0..15).for_each(|_| answer.chunk(&part));
        thread::sleep(std::time::Duration::from_secs(20));
        answer.close();
    });
    let folder = world.gateway.run_folder();
    let body = |number| mcp::call(&format!("greedy-{number}"), "echo", json!({}));
    let answers: Vec<Connection> = (0..BODIES)
        .map(|number| world.gateway.open(&world.post(body(number))))
        .collect();
    let requests: Vec<Connection> = (0..BODIES)
        .map(|_| {
            let mut connection = Connection::open(world.gateway.authority());
            let whole = world.post(vec![b' '; 4 * PART - 1024]).bytes();
            connection.write(&whole[..whole.len() - 1]);
            connection
        })
        .collect();
    portcullis_tests::wait::until("some are refused for want of room", || {
        let log = fs::read_to_string(world.gateway.log("envoy")).unwrap_or_default();
        log.contains("for want of room").then_some(())
    });
    (0..20).for_each(|number| assert_eq!(honest(&world, number), 200));
    let most = memory(&folder);
    assert!(most < ENVOY_BYTES_MAX, "{most} bytes");
    drop((answers, requests));
    portcullis_tests::wait::until("alice has room again", || {
        let body = mcp::call("again", "echo", json!({"text": "a".repeat(PART)}));
        (world.send(&world.post(body)).status == 200).then_some(())
    });
}
