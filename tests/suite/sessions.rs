//! A session belongs to whoever opened it. To everybody else it does not exist.

use std::sync::{LazyLock, Mutex};

use portcullis_tests::wire::Request;
use portcullis_tests::{mcp, wait};
use serde_json::json;

use crate::world::{DEMO, World, take};

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(World::locked);

/// More connections than Envoy has workers, so that each worker meets the session.
const CONNECTIONS: usize = 16;

fn open(world: &World, user: &str) -> String {
    let response = world.send(&world.gateway.post(DEMO, user, mcp::initialize("0")));
    assert_eq!(response.status, 200, "{}", response.text());
    response
        .header("mcp-session-id")
        .expect("a session")
        .to_owned()
}

fn call(world: &World, user: &str, session: &str) -> Request {
    let body = mcp::call("s", "echo", json!({}));
    world
        .gateway
        .post(DEMO, user, body)
        .header("mcp-session-id", session)
}

fn on_session(world: &World, user: &str, method: &str, session: &str) -> Request {
    world
        .gateway
        .stream(DEMO, user)
        .method(method)
        .header("mcp-session-id", session)
}

/// All that one can do with a session.
fn uses(world: &World, user: &str, session: &str) -> [(&'static str, Request); 6] {
    let post = |body: String| {
        world
            .gateway
            .post(DEMO, user, body)
            .header("mcp-session-id", session)
    };
    [
        ("a call", call(world, user, session)),
        ("a ping", post(mcp::request("p", "ping", json!({})))),
        (
            "a notification",
            post(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string()),
        ),
        ("an answer", post(mcp::result(&json!(5), json!({})))),
        ("a stream", on_session(world, user, "GET", session)),
        ("its end", on_session(world, user, "DELETE", session)),
    ]
}

#[test]
fn a_session_of_somebody_else_does_not_exist() {
    let world = take(&WORLD);
    let session = open(&world, "alice");
    assert_eq!(
        world.send(&call(&world, "alice", &session)).status,
        200,
        "known to the filter"
    );
    for (what, request) in uses(&world, "bob", &session) {
        let (response, arrived) = world.send_and_see(&request);
        assert_eq!(
            (response.status, arrived.len()),
            (404, 0),
            "{what}: {}",
            response.text()
        );
        assert_eq!(
            response.json()["error"]["message"],
            "Session not found",
            "{what}"
        );
    }
    let (response, arrived) = world.send_and_see(&call(&world, "alice", &session));
    assert_eq!(
        (response.status, arrived.len()),
        (200, 1),
        "the owner's session lives on"
    );
}

#[test]
fn a_session_that_nobody_opened_looks_the_same() {
    let world = take(&WORLD);
    for (what, request) in uses(&world, "alice", "never-opened") {
        let (response, arrived) = world.send_and_see(&request);
        assert_eq!(
            (response.status, arrived.len()),
            (404, 0),
            "{what}: {}",
            response.text()
        );
    }
    let answer = world.send(&call(&world, "alice", "never-opened")).json();
    assert_eq!(
        (&answer["id"], &answer["error"]["message"]),
        (&json!("s"), &json!("Session not found"))
    );
}

#[test]
fn the_owner_uses_a_session_in_every_way() {
    let world = take(&WORLD);
    let session = open(&world, "alice");
    for (what, request) in uses(&world, "alice", &session) {
        let (response, arrived) = world.send_and_see(&request);
        assert!(
            matches!(response.status, 200 | 202),
            "{what}: {}",
            response.status
        );
        assert_eq!(arrived.len(), 1, "{what}");
        assert_eq!(
            arrived[0].header("mcp-session-id"),
            Some(session.as_str()),
            "{what}"
        );
    }
}

#[test]
fn a_deleted_session_is_gone_everywhere() {
    let world = take(&WORLD);
    let session = open(&world, "alice");
    for _ in 0..CONNECTIONS {
        assert_eq!(world.send(&call(&world, "alice", &session)).status, 200);
    }
    assert_eq!(
        world
            .send(&on_session(&world, "alice", "DELETE", &session))
            .status,
        200
    );
    // Each worker remembers a session for some seconds; then it asks.
    wait::until("all workers know that the session is over", || {
        let after = (0..CONNECTIONS).map(|_| world.send(&call(&world, "alice", &session)).status);
        after
            .collect::<Vec<u16>>()
            .eq(&[404; CONNECTIONS])
            .then_some(())
    });
    let (_, arrived) = world.send_and_see(&call(&world, "alice", &session));
    assert_eq!(arrived.len(), 0);
    let (response, arrived) = world.send_and_see(&on_session(&world, "alice", "GET", &session));
    assert_eq!((response.status, arrived.len()), (404, 0));
}

#[test]
fn a_session_holds_across_connections_and_roles() {
    let world = take(&WORLD);
    let session = open(&world, "alice");
    let forge = portcullis_tests::tokens::Forge::of(&world.gateway, "alice");
    let token = forge.with(json!({"roles": ["developer", "more"], "agent": "another"}));
    let request = call(&world, "alice", &session).set("authorization", &format!("Bearer {token}"));
    assert_eq!(
        world.send(&request).status,
        200,
        "a new token of the same user"
    );
    let token = forge.with(json!({"sub": "alice2"}));
    let request = call(&world, "alice", &session).set("authorization", &format!("Bearer {token}"));
    assert_eq!(world.send(&request).status, 404);
}

/// A server that hands somebody else's session id out again, or lets the client choose one.
#[test]
fn a_session_given_out_twice_stays_its_first_owners() {
    let world = take(&WORLD);
    let session = open(&world, "alice");
    for body in ["{}", ""] {
        let (word, stolen) = (format!("steal-{}", body.len()), session.clone());
        world.upstream.when(&word, move |request, answer| {
            let message = match body {
                "" => String::new(),
                _ => mcp::result(&request.json()["id"], json!({})),
            };
            let headers = [("mcp-session-id", stolen.as_str())];
            answer.whole(200, "application/json", &headers, message.as_bytes());
        });
        let response = world.send(&world.gateway.post(DEMO, "bob", mcp::initialize(&word)));
        assert_eq!(response.header("mcp-session-id"), None, "{response:?}");
        assert_eq!(
            (response.status, &response.json()["id"]),
            (200, &json!(word)),
            "{response:?}"
        );
        assert!(
            response.text().contains("its session cannot be used"),
            "{}",
            response.text()
        );
    }
    assert_eq!(world.send(&call(&world, "bob", &session)).status, 404);
    assert_eq!(world.send(&call(&world, "alice", &session)).status, 200);
}

#[test]
fn sessions_are_on_record_without_their_ids() {
    let world = take(&WORLD);
    let session = open(&world, "bob");
    let ours = |record: &serde_json::Value| {
        record["standing"] == "own" && record["caller"]["subject"] == "bob"
    };
    let record = world.gateway.audited("the opened session", ours);
    assert_eq!(
        (&record["step"], &record["standing"]),
        (&json!("open"), &json!("own"))
    );
    assert_eq!(world.send(&call(&world, "alice", &session)).status, 404);
    wait::until("the attempt", || {
        let log = world.gateway.audit();
        let refused = |record: &serde_json::Value| {
            record["reason"] == "session" && record["caller"]["subject"] == "alice"
        };
        log.iter().any(refused).then_some(())
    });
    let log: Vec<String> = world
        .gateway
        .audit()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(!log.concat().contains(&session), "a session id is a secret");
}
