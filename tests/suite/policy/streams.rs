//! Streams that are open while a policy changes, a token expires or a session ends.

use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use portcullis_tests::gateway::Setup;
use portcullis_tests::tokens::Forge;
use portcullis_tests::wire::{Connection, Request};
use portcullis_tests::{mcp, wait};
use serde_json::{Value, json};

use super::{ERAS, Era, fresh_id, put, request};
use crate::world::{DEMO, World};

const ALL: &str = "@id(\"all\") permit (principal, action, resource);\n";

const REVEAL: &str = r#"
@id("see-tokens")
permit (principal, action == Mcp::Action::"reveal", resource == Mcp::DataClass::"secret.github");
"#;

const NO_STREAMS: &str = r#"
@id("not-now")
forbid (principal, action in [Mcp::Action::"tools/call", Mcp::Action::"subscriptions/listen"], resource);
"#;

const TOKEN: &str = concat!("gh", "p_PTGuZeJFEBZj6SzwDOhiXRxL0GQN8705s3zx");
const REDACTED: &str = "[redacted:github-token]";

/// What the last event says; a stream that ends before has been cut off.
const LAST: &str = "the last of them";
/// How often an event comes, and how many: together as long as a test waits.
const APART: Duration = Duration::from_millis(200);
const EVENTS: usize = 150;

fn note(words: &str) -> String {
    json!({"jsonrpc": "2.0", "method": "notifications/message",
           "params": {"level": "info", "data": words}})
    .to_string()
}

/// Requests with this word get a long stream of events with a secret.
fn streams(world: &World, word: &str) {
    world.upstream.when(word, |_, answer| {
        answer.stream();
        for number in 0..EVENTS {
            answer.event(&note(&format!("{number} {TOKEN}")));
            sleep(APART);
        }
        answer.event(&note(LAST));
        answer.close();
    });
}

/// A tool's stream in both eras, and a subscription.
fn opened(world: &World) -> Vec<Connection> {
    let echo = json!({"name": "echo", "arguments": {}});
    let listen = json!({"notifications": {"resourceSubscriptions": ["file:///a"]}});
    let calls = ERAS.map(|era| (era, "tools/call", echo.clone()));
    let listens = [(Era::Stateless, "subscriptions/listen", listen)];
    let all = calls.into_iter().chain(listens);
    all.map(|(era, method, params)| open(world, era, method, params))
        .collect()
}

fn open(world: &World, era: Era, method: &str, params: Value) -> Connection {
    let id = fresh_id();
    streams(world, &format!("\"{id}\""));
    began(world, &request(world, "alice", era, &id, method, params))
}

/// The stream, behind the head and its first event.
fn began(world: &World, request: &Request) -> Connection {
    let mut connection = world.gateway.open(request);
    assert_eq!(connection.head().status, 200);
    let _first = connection.stream_until("\n\n");
    connection
}

fn is_recorded(world: &World, reason: &str) {
    let record = world.gateway.audited(reason, |record| {
        record.to_string().contains(&format!("\"{reason}\""))
    });
    assert!(!record.is_null());
}

#[test]
fn an_open_stream_reveals_no_more_than_policy_does_now() {
    let world = World::with(Setup::policies(&format!("{ALL}{REVEAL}")));
    let mut open = opened(&world);
    for connection in &mut open {
        let (text, _) = connection.stream_until("\n\n");
        assert!(text.contains(TOKEN), "{text}");
    }
    put(&world, "test.cedar", ALL);
    for mut connection in open {
        wait::until("an event without its secret", || {
            let (text, _) = connection.stream_until("\n\n");
            (text.contains(REDACTED) && !text.contains(TOKEN)).then_some(())
        });
        for _ in 0..3 {
            let (text, _) = connection.stream_until("\n\n");
            assert!(text.contains(REDACTED) && !text.contains(TOKEN), "{text}");
        }
        connection.close();
    }
}

#[test]
fn an_open_stream_that_policy_denies_now_ends() {
    let world = World::with(Setup::policies(ALL));
    let open = opened(&world);
    put(&world, "test.cedar", &format!("{ALL}{NO_STREAMS}"));
    for mut connection in open {
        let text = connection.stream_rest();
        assert!(!text.contains(LAST), "{text}");
    }
    is_recorded(&world, "lapsed-policy");
}

#[test]
fn an_open_stream_ends_with_its_token() {
    let world = World::with(Setup::policies(ALL));
    streams(&world, "expiring");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    // Envoy lets a token count for half a minute longer.
    let token = Forge::of(&world.gateway, "alice").with(json!({"exp": now.as_secs() - 20}));
    let request = world
        .post(mcp::call("expiring", "echo", json!({})))
        .set("authorization", &format!("Bearer {token}"));
    let text = began(&world, &request).stream_rest();
    assert!(text.contains(REDACTED) && !text.contains(LAST), "{text}");
    is_recorded(&world, "lapsed-token");
}

#[test]
fn the_stream_of_a_session_ends_with_it() {
    let world = World::with(Setup::policies(ALL));
    let opened = world.send(&world.post(mcp::initialize("0")));
    let session = opened.header("mcp-session-id").expect("a session");
    let request = world.gateway.stream(DEMO, "alice");
    let request = request.header("mcp-session-id", session);
    world.upstream.when(session, |received, answer| {
        if received.method == "DELETE" {
            return answer.status(200, "OK");
        }
        answer.stream();
        for number in 0..EVENTS {
            answer.event(&note(&number.to_string()));
            sleep(APART);
        }
        answer.event(&note(LAST));
        answer.close();
    });
    let mut connection = began(&world, &request);
    let closed = world.send(&request.clone().method("DELETE"));
    assert_eq!(closed.status, 200);
    let text = connection.stream_rest();
    assert!(!text.contains(LAST), "{text}");
    is_recorded(&world, "lapsed-session");
}
