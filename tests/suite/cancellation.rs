//! Who hangs up cancels: in the stateless era a closed connection reaches the MCP server.

use std::sync::mpsc::channel;
use std::sync::{LazyLock, Mutex};

use portcullis_tests::gateway::Setup;
use portcullis_tests::server::Server;
use portcullis_tests::{mcp, wait};
use serde_json::{Value, json};

use crate::world::{DEMO, POLICIES, World, take};

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(World::locked);

fn modern(world: &World, word: &str) -> portcullis_tests::wire::Request {
    let params = json!({"name": "echo", "arguments": {}});
    world
        .gateway
        .modern(DEMO, "alice", word, "tools/call", params)
}

#[test]
fn a_closed_stream_is_closed_upstream() {
    let world = take(&WORLD);
    let (told, seen) = channel();
    world.upstream.when("close-stream", move |_, answer| {
        answer.stream();
        answer.event(r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{}}"#);
        let _heard = told.send(answer.sees_close());
    });
    let mut connection = world.gateway.open(&modern(&world, "close-stream"));
    assert_eq!(connection.head().status, 200);
    connection.stream_until("progress");
    connection.close();
    assert_eq!(
        seen.recv_timeout(wait::PATIENCE),
        Ok(true),
        "the server sees the close"
    );
}

#[test]
fn a_call_given_up_before_any_answer_is_closed_upstream() {
    let world = take(&WORLD);
    let (told, seen) = channel();
    world.upstream.when("close-early", move |_, answer| {
        let _heard = told.send(answer.sees_close());
    });
    let connection = world.gateway.open(&modern(&world, "close-early"));
    wait::until("the call arrives", || {
        (!world.upstream.received_with("close-early").is_empty()).then_some(())
    });
    connection.close();
    assert_eq!(
        seen.recv_timeout(wait::PATIENCE),
        Ok(true),
        "the server sees the close"
    );
    let outcome = world.gateway.audited("the outcome", |record| {
        record["kind"] == "outcome" && record["end"] == "disconnected"
    });
    assert!(outcome["call"].is_string());
}

#[test]
fn the_fixture_counts_a_cancelled_call() {
    let fixture = Server::fixture();
    let gateway = Setup::policies(POLICIES)
        .upstream(DEMO, fixture.url())
        .start();
    let cancelled = || {
        let params = json!({"name": "fixture_stats", "arguments": {}});
        let response = gateway.send(&gateway.modern(DEMO, "alice", "stats", "tools/call", params));
        let count =
            response.message()["result"]["structuredContent"]["cancelled"]["slow_count"].clone();
        assert!(count.is_u64(), "{}", response.text());
        count
    };
    assert_eq!(cancelled(), Value::from(0));
    let params = json!({
        "name": "slow_count", "arguments": {"steps": 1000, "delay_ms": 20}, "_meta": {},
    });
    let body = mcp::modern("slow", "tools/call", params.clone());
    let body = body.replace("\"_meta\":{", "\"_meta\":{\"progressToken\":\"t\",");
    let request = gateway
        .modern(DEMO, "alice", "slow", "tools/call", params)
        .body(body);
    let mut connection = gateway.open(&request);
    assert_eq!(connection.head().status, 200);
    connection.stream_until("notifications/progress");
    connection.close();
    wait::until("the cancellation is counted", || {
        (cancelled() == 1).then_some(())
    });
}

/// A session's call goes on when its stream breaks; `notifications/cancelled` is what ends it.
#[test]
fn a_cancellation_in_a_session_arrives_as_it_was_sent() {
    let world = take(&WORLD);
    let body = r#"{"jsonrpc":"2.0","method":"notifications/cancelled", "params":{"requestId":"x","reason":"enough"}}"#;
    let (response, arrived) = world.send_and_see(&world.post(body));
    assert_eq!((response.status, arrived.len()), (202, 1));
    assert_eq!(arrived[0].body, body.as_bytes());
}
