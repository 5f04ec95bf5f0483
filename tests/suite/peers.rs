//! How MCP servers behave in the field, whatever the specification says: agents are as well off as
//! without the gateway, and who runs it learns what is wrong.

mod accounts;

use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use portcullis_protocol::digest::Digest;
use portcullis_tests::gateway::Setup;
use portcullis_tests::mcp;
use portcullis_tests::wire::Connection;
use serde_json::{Value, json};

use crate::world::{DEMO, POLICIES, World, take};

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(World::locked);

fn call(word: &str) -> String {
    mcp::call(word, "echo", json!({}))
}

/// The outcome of the call with this id.
fn outcome(world: &World, word: &str) -> Value {
    let digest = json!(Digest::of(call(word).as_bytes()));
    let decision = world.gateway.audited(word, |record| {
        record["kind"] == "decision" && record["message_digest"] == digest
    });
    let call = &decision["call"];
    world.gateway.audited(word, |record| {
        record["kind"] == "outcome" && record["call"] == *call
    })
}

/// The line of Envoy's log about a call.
fn line(world: &World, call: &Value) -> String {
    let call = call.as_str().unwrap().to_owned();
    let mut tries = 0..100;
    loop {
        let logs = world.gateway.logs();
        let found = logs
            .lines()
            .find(|line| line.contains(&call) && line.contains("did not reach the agent"));
        if let Some(line) = found {
            return line.to_owned();
        }
        assert!(tries.next().is_some(), "no line about {call} in {logs}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// A server that has lost its sessions, or is busy, says so in a body that is no MCP answer.
#[test]
fn an_error_keeps_its_status() {
    let world = take(&WORLD);
    let python = r#"{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Session not found"}}"#;
    for (number, (status, content_type, body)) in [
        (404, "application/json", python),
        (404, "application/json", r#"{"error":"Session not found"}"#),
        (404, "text/plain", "Not Found"),
        (429, "application/json", r#"{"message":"slow down"}"#),
        (403, "application/json", r#"{"message":"no"}"#),
        (405, "application/json", python),
        (406, "application/json", python),
        (413, "text/html", "<h1>too large</h1>"),
        (503, "text/plain", "busy"),
    ]
    .into_iter()
    .enumerate()
    {
        let word = format!("status-{number}-");
        world.upstream.when(&word, move |_, answer| {
            let more = [("retry-after", "7"), ("x-secret", "1")];
            answer.whole(status, content_type, &more, body.as_bytes());
        });
        let response = world.send(&world.post(call(&word)));
        assert_eq!(response.status, status, "{word} {body}");
        assert_eq!(response.header("retry-after"), Some("7"), "{word}");
        assert_eq!(response.header("x-secret"), None, "{word}");
        let outcome = outcome(&world, &word);
        // An error of JSON-RPC is the answer, whatever id it names.
        if body == python {
            assert_eq!(response.text(), python, "{word}");
            assert_eq!(outcome["end"], "complete", "{outcome}");
            continue;
        }
        assert!(!response.text().contains("Session not found"), "{word}");
        assert_eq!(outcome["end"], "withheld", "{outcome}");
        assert_eq!(
            (&outcome["status"], &outcome["server_status"]),
            (&json!(status), &json!(status))
        );
        let line = line(&world, &outcome["call"]);
        assert!(line.contains(outcome["loss"].as_str().unwrap()), "{line}");
    }
    let metrics = world.gateway.admin("/metrics").text();
    assert!(
        metrics.contains(r#"portcullis_outcomes_total{end="withheld",loss="status"}"#),
        "{metrics}"
    );
}

/// What an operator has to mend is named, with the address that the server wants.
#[test]
fn a_redirect_is_named_and_not_followed() {
    let world = take(&WORLD);
    world.upstream.when("astray-", |_, answer| {
        let to = [("location", "/mcp/?token=t0p")];
        answer.whole(307, "text/plain", &to, b"");
    });
    let (response, arrived) = world.send_and_see(&world.post(call("astray-")));
    assert_eq!(arrived.len(), 1, "followed by nobody");
    assert_eq!(response.header("location"), None);
    assert!(response.text().contains("redirects"), "{}", response.text());
    let line = line(&world, &outcome(&world, "astray-")["call"]);
    assert!(
        line.contains("location: /mcp/") && !line.contains("t0p"),
        "{line}"
    );
    world.upstream.when("astray-begin", |_, answer| {
        answer.whole(308, "text/plain", &[("location", "/mcp/")], b"");
    });
    let response = world.send(&world.post(mcp::initialize("astray-begin")));
    assert!(response.text().contains("redirects"), "{}", response.text());
    let refusal = world.gateway.audited("redirect", |record| {
        record["kind"] == "refusal" && record["reason"] == "redirect"
    });
    assert_eq!(refusal["method"], "initialize");
}

/// The server is not there: that is not its answer, and the agent reads whose fault it is.
#[test]
fn a_server_that_is_not_there_is_named() {
    let setup = Setup::policies(POLICIES).upstream(DEMO, "http://127.0.0.1:1/mcp");
    let gateway = setup.start();
    let response = gateway.send(&gateway.post(DEMO, "alice", call("nobody-")));
    assert_eq!(response.status, 503, "{}", response.text());
    let text = response.text();
    assert!(text.contains("Could not reach the MCP server"), "{text}");
    assert_eq!(response.json()["id"], "nobody-");
    let outcome = gateway.audited("outcome", |record| record["kind"] == "outcome");
    assert_eq!(outcome["loss"], "unreachable");
    assert_eq!(outcome["server_status"], Value::Null, "it said nothing");
}

/// Messages that no agent may get leave a trace, and nobody waits for a stream that has ended.
#[test]
fn what_is_dropped_from_a_stream_ends_the_wait() {
    let world = take(&WORLD);
    for (word, event) in [
        ("other-id-", mcp::result(&json!("another"), mcp::said("x"))),
        ("no-json-", "{\"jsonrpc\":\"2.0\"".to_owned()),
        (
            "no-method-",
            r#"{"jsonrpc":"2.0","method":"odd/news"}"#.to_owned(),
        ),
    ] {
        world
            .upstream
            .when(word, move |_, answer| answer.events(&[&event]));
        let response = world.send(&world.post(call(word)));
        let answer = response.message();
        assert_eq!(answer["id"], word, "{}", response.text());
        assert_eq!(answer["result"]["isError"], true);
        let outcome = outcome(&world, word);
        assert_eq!(
            (&outcome["end"], &outcome["dropped"]),
            (&json!("withheld"), &json!(1))
        );
        line(&world, &outcome["call"]);
    }
}

/// What only keeps a stream alive passes when it comes.
#[test]
fn signs_of_life_pass_at_once() {
    let world = take(&WORLD);
    world.upstream.when("alive-", |_, answer| {
        answer.stream();
        for beat in [
            ": ping\n",
            "event: ping\ndata: {\"a\":1}\n\n",
            ":\n\n",
            ": ping\r",
        ] {
            answer.chunk(beat.as_bytes());
            thread::sleep(Duration::from_millis(300));
        }
        answer.event(&mcp::result(&json!("alive-"), mcp::said("done")));
        answer.end();
    });
    let mut connection = Connection::open(world.gateway.authority());
    connection.write(&world.post(call("alive-")).bytes());
    assert_eq!(connection.head().status, 200);
    let (_, first) = connection.stream_until(":\n");
    let (text, last) = connection.stream_until("done");
    assert!(
        last.duration_since(first) > Duration::from_millis(800),
        "held back"
    );
    assert_eq!(text.matches(":\n").count(), 3, "{text:?}");
    assert!(!text.contains("ping"), "{text:?}");
}

/// Some servers answer notifications with a stream that they leave open.
#[test]
fn a_stream_behind_a_notification_holds_nobody_up() {
    let world = take(&WORLD);
    world.upstream.when("initialized", |_, answer| {
        answer.stream();
        answer.chunk(b": open\n\n");
        let _closed = answer.sees_close();
    });
    let note = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let response = world.send(&world.post(note));
    assert_eq!((response.status, response.text().as_str()), (202, ""));
}

/// Ids that clients take for the same pass as they came.
#[test]
fn an_id_of_another_type_is_an_answer() {
    let world = take(&WORLD);
    let body = |id: u32| {
        let params =
            json!({"name": "echo", "arguments": {}, "_meta": {"word": format!("typed-{id}-")}});
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}).to_string()
    };
    for (id, written) in [(41, r#""41""#), (42, "42.0")] {
        let answer = format!(
            r#"{{"jsonrpc":"2.0","id":{written},"result":{}}}"#,
            mcp::said("hi")
        );
        let (sent, streams) = (answer.clone(), id == 42);
        world
            .upstream
            .when(&format!("typed-{id}-"), move |_, answer| match streams {
                true => answer.events(&[&sent]),
                false => answer.json(&sent),
            });
        let response = world.send(&world.post(body(id)));
        assert!(response.text().contains(&answer), "{}", response.text());
    }
}

/// How clients write what is the same: each of these works without the gateway.
#[test]
fn clients_may_write_the_same_in_many_ways() {
    let world = take(&WORLD);
    let token = world.gateway.token("alice").to_owned();
    let long = "s".repeat(4000);
    let begin = |word: &str| {
        world.upstream.when(word, |received, answer| {
            let id = received.json()["id"].clone();
            answer.json(&mcp::result(&id, json!({"protocolVersion": "2025-06-18"})));
        });
        world.post(mcp::initialize(word))
    };
    for (word, request) in [
        (
            "lower-",
            begin("lower-").set("authorization", &format!("bearer {token}")),
        ),
        (
            "upper-",
            begin("upper-").set("authorization", &format!("BEARER {token}")),
        ),
        ("slash-", begin("slash-").target("/demo/mcp/")),
        ("empty-", begin("empty-").target("/demo/mcp?")),
        (
            "type-",
            begin("type-").set("content-type", "application/json; charset=UTF-8"),
        ),
        ("coding-", begin("coding-").header("content-encoding", "")),
        ("tag-", begin("tag-").header("x_request_tag", "kept")),
    ] {
        let (response, arrived) = world.send_and_see(&request);
        assert_eq!(response.status, 200, "{word}: {}", response.text());
        assert_eq!(arrived[0].path.trim_end_matches('?'), "/mcp", "{word}");
        assert!(word != "tag-" || arrived[0].header("x_request_tag") == Some("kept"));
    }
    world.upstream.when("long-", {
        let long = long.clone();
        move |_, answer| {
            let body = mcp::result(&json!("long-"), json!({"protocolVersion": "2025-06-18"}));
            answer.json_with(&body, &[("mcp-session-id", &long)]);
        }
    });
    let response = world.send(&world.post(mcp::initialize("long-")));
    assert_eq!(response.header("mcp-session-id"), Some(long.as_str()));
    world.upstream.when("longer-", |_, answer| {
        answer.json(&mcp::result(&json!("longer-"), mcp::said("hi")));
    });
    let request = world.post(call("longer-")).header("mcp-session-id", &long);
    assert!(world.send(&request).text().contains("hi"));
}

/// `null` for what is not given.
#[test]
fn null_is_nothing() {
    let world = take(&WORLD);
    for (number, params) in [
        json!({"name": "echo", "arguments": null}),
        json!({"name": "echo", "arguments": null, "_meta": null}),
        json!({"name": "echo", "arguments": {}, "task": null}),
    ]
    .into_iter()
    .enumerate()
    {
        let word = format!("null-{number}-");
        let id = json!(word);
        world.upstream.when(&word, move |_, answer| {
            answer.json(&mcp::result(&id, mcp::said("hi")));
        });
        let body = mcp::request(&word, "tools/call", params);
        let (response, arrived) = world.send_and_see(&world.post(body.clone()));
        assert!(
            response.text().contains("hi"),
            "{body}: {}",
            response.text()
        );
        assert_eq!(arrived[0].body, body.as_bytes(), "as it came");
    }
    let body = r#"{"jsonrpc":"2.0","id":"null-ping","method":"ping","params":null}"#;
    world.upstream.when("null-ping", |_, answer| {
        answer.json(r#"{"jsonrpc":"2.0","id":"null-ping","result":{},"error":null}"#);
    });
    let response = world.send(&world.post(body));
    assert_eq!(response.json()["result"], json!({}), "{}", response.text());
}

/// A page may ask where it was named, and its preflight needs no token.
#[test]
fn clients_in_browsers_are_served() {
    let page = "http://localhost:6274";
    let world = World::with(
        Setup::policies(POLICIES)
            .argument("--origin")
            .argument(page),
    );
    let preflight = |origin: &str| {
        let request = world.gateway.stream(DEMO, "alice").method("OPTIONS");
        let request = request.without("authorization").without("mcp-session-id");
        let asks = request.header("access-control-request-method", "POST");
        asks.header(
            "access-control-request-headers",
            "authorization,mcp-session-id",
        )
        .header("origin", origin)
    };
    let response = world.send(&preflight(page));
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(response.header("access-control-allow-origin"), Some(page));
    let allowed = response.header("access-control-allow-headers");
    assert!(allowed.is_some_and(|allowed| allowed.contains("authorization")));
    let other = world.send(&preflight("http://evil.example"));
    assert_eq!(other.header("access-control-allow-origin"), None);
    world.upstream.when("page-", |_, answer| {
        let body = mcp::result(&json!("page-"), json!({"protocolVersion": "2025-06-18"}));
        answer.json_with(&body, &[("mcp-session-id", "s1")]);
    });
    let begin = || world.post(mcp::initialize("page-"));
    let response = world.send(&begin().header("origin", page));
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(response.header("access-control-allow-origin"), Some(page));
    let exposed = response.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("mcp-session-id") && exposed.contains("www-authenticate"));
    let evil = world.send(&begin().header("origin", "http://evil.example"));
    assert_eq!(evil.status, 403);
    let stranger = world.send(&begin().header("origin", page).without("authorization"));
    assert_eq!(stranger.status, 401);
    assert_eq!(
        stranger.header("access-control-allow-origin"),
        Some(page),
        "it reads the challenge"
    );
}

/// Some servers take their key in the URL.
#[test]
fn a_query_of_the_server_goes_with_every_request() {
    let upstream = portcullis_tests::upstream::Upstream::start();
    let url = format!("{}?key=v1&team=a", upstream.url());
    let gateway = Setup::policies(POLICIES).upstream(DEMO, &url).start();
    upstream.when("keyed-", |_, answer| {
        answer.json(&mcp::result(&json!("keyed-"), mcp::said("hi")));
    });
    let response = gateway.send(&gateway.post(DEMO, "alice", call("keyed-")));
    assert!(response.text().contains("hi"), "{}", response.text());
    assert_eq!(upstream.received()[0].path, "/mcp?key=v1&team=a");
    for target in ["/demo/mcp?team=b", "/demo/mcp?"] {
        let request = gateway.post(DEMO, "alice", call("keyed-")).target(target);
        assert_eq!(gateway.send(&request).status, 400, "{target}");
    }
}

/// Each client, and each version of the protocol, gets the members in another order.
#[test]
fn a_list_in_another_order_is_no_news() {
    let world = take(&WORLD);
    let schema = r#"{"type":"object","properties":{"a":{"type":"integer","maximum":9}}}"#;
    let turned = r#"{"properties":{"a":{"maximum":9.0,"type":"integer"}},"type":"object"}"#;
    for (word, tool, news) in [
        (
            "order-1-",
            format!(r#"{{"name":"sorted","description":"d","inputSchema":{schema}}}"#),
            1,
        ),
        (
            "order-2-",
            format!(r#"{{"inputSchema":{turned},"description":"d","name":"sorted"}}"#),
            0,
        ),
        (
            "order-3-",
            format!(
                r#"{{"name":"sorted","title":null,"execution":{{"taskSupport":"forbidden"}},"description":"d","inputSchema":{schema}}}"#
            ),
            0,
        ),
        (
            "order-4-",
            format!(r#"{{"name":"sorted","description":"other","inputSchema":{schema}}}"#),
            1,
        ),
    ] {
        let answer = format!(r#"{{"jsonrpc":"2.0","id":"{word}","result":{{"tools":[{tool}]}}}}"#);
        let sent = answer.clone();
        world.upstream.when(word, move |_, way| way.json(&sent));
        let response = world.send(&world.post(mcp::request(word, "tools/list", json!({}))));
        assert_eq!(response.text(), answer, "byte for byte");
        let result = format!(r#"{{"tools":[{tool}]}}"#);
        let digest = json!(Digest::of(result.as_bytes()));
        let record = world.gateway.audited(word, |record| {
            record["kind"] == "list" && record["digest"] == digest
        });
        assert_eq!(
            record["changed_count"].as_u64().unwrap_or(0),
            news,
            "{word}: {record}"
        );
    }
}

/// A body that does not go is not kept while it comes, and its end is not lost: in pieces, with trailers
/// behind it, or both.
#[test]
fn what_does_not_go_is_answered_at_its_end() {
    let world = take(&WORLD);
    let part = vec![b'x'; 256 * 1024];
    for (number, (content_type, end)) in [
        ("text/html", "0\r\n\r\n"),
        ("text/html", "0\r\nx-late: 1\r\n\r\n"),
        ("application/json", "0\r\n\r\n"),
        ("application/json", "0\r\nx-late: 1\r\n\r\n"),
    ]
    .into_iter()
    .enumerate()
    {
        for parts in [0, 1, 80] {
            let word = format!("pieces-{number}-{parts}-");
            let part = part.clone();
            world.upstream.when(&word, move |_, answer| {
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
                );
                answer.raw(head.as_bytes());
                (0..parts).for_each(|_| answer.chunk(&part));
                answer.raw(end.as_bytes());
            });
            let response = world.send(&world.post(call(&word)));
            assert_eq!(response.status, 200, "{word}: {}", response.text());
            assert_eq!(response.json()["id"], word, "{}", response.text());
            assert!(!response.text().contains("xxx"), "{word}");
        }
    }
}
