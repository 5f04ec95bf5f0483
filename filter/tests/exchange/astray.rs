//! Answers that would lead an agent astray: requests and lists where none belong, and odd heads.

use portcullis_filter::exchange::{Gate, Input, Origin, ResponseHead};
use serde_json::{Value, json};

use crate::world::{RESULT, World, allowed};

#[test]
fn requests_hidden_elsewhere_need_their_verdicts_too() {
    let ask = r#"{"a":{"method":"elicitation/create","params":{}}}"#;
    for answer in [
        format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"task":{{"inputRequests":{ask}}}}}}}"#),
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32042,"message":"m","data":{"elicitations":[{"url":"https://x"}]}}}"#.to_owned(),
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/tasks/status","params":{{"inputRequests":{ask}}}}}"#),
    ] {
        let world = allowed().head(200, "text/event-stream", &[]);
        let world = world.chunk(&format!("data: {answer}\n\n"), false);
        assert_eq!((world.text(), world.asks.len()), ("", 2), "{answer}");
        assert_eq!(world.question()["method"], "elicitation/create");
        let world = world.deny("refused");
        assert!(!world.text().contains("elicitation"), "{}", world.text());
    }
}

#[test]
fn lists_carry_nothing_but_the_list() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for result in [
        r#"{"tools":[],"inputRequests":{"a":{"method":"roots/list"}}}"#,
        r#"{"tools":[],"prompts":[{"name":"hidden"}]}"#,
        r#"{"tools":[],"Prompts":[{"name":"hidden"}]}"#,
        r#"{"prompts":[{"name":"hidden"}]}"#,
    ] {
        let answer = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
        let world = World::new()
            .send(body)
            .head(200, "application/json", &[])
            .chunk(&answer, true);
        assert_eq!(world.asks.len(), 0, "{result}");
        assert!(
            world.text().contains("withheld") && !world.text().contains("hidden"),
            "{result}"
        );
    }
}

#[test]
fn the_answer_to_an_answer_is_nothing() {
    let body = r#"{"jsonrpc":"2.0","id":5,"result":{}}"#;
    let world = World::new()
        .header("mcp-session-id", "s1")
        .send(body)
        .standing("own");
    let answer = r#"{"jsonrpc":"2.0","id":5,"result":{"tools":[{"name":"hidden"}]}}"#;
    let length = answer.len().to_string();
    let world = world
        .head(200, "application/json", &[("content-length", &length)])
        .chunk(answer, true);
    assert_eq!((world.text(), world.answer), ("", Gate::Open));
}

/// Its id is that of a request of the server's: whoever is told something by it would take it for another.
#[test]
fn an_answer_that_the_server_refuses_is_not_answered_by_its_id() {
    let body = r#"{"jsonrpc":"2.0","id":3,"result":{}}"#;
    for (status, shown) in [(401, 502), (307, 502), (500, 500)] {
        let world = World::new()
            .header("mcp-session-id", "s1")
            .send(body)
            .standing("own")
            .head(status, "text/html", &[])
            .chunk("odd", true);
        assert_eq!(world.heads.last().unwrap().status, Some(shown), "{status}");
        assert!(
            !world.text().contains("\"id\""),
            "{status}: {}",
            world.text()
        );
    }
}

#[test]
fn a_head_without_a_body_that_may_not_go_is_answered_by_us() {
    for (status, extra) in [
        (302, &[("location", "http://evil")][..]),
        (304, &[][..]),
        (401, &[][..]),
    ] {
        let mut world = allowed();
        let mut headers = vec![(":status".to_owned(), status.to_string().into_bytes())];
        headers.extend(
            extra
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).into())),
        );
        world.step(Input::ResponseHead(ResponseHead {
            headers: &headers,
            last: true,
            from: Origin::Server,
        }));
        assert!(world.body.is_empty(), "{status}");
        let reply: Value = serde_json::from_slice(&world.replies[0].body).unwrap();
        assert_eq!(reply["result"]["isError"], true, "{status}");
    }
}

#[test]
fn what_nobody_awaits_has_no_body() {
    let body = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    for content_type in ["", "text/html", "application/json"] {
        let endless = World::new().send(body).head(202, content_type, &[]);
        assert_eq!(endless.replies[0].status, 202, "{content_type}: at once");
        let world = World::new()
            .send(body)
            .head(202, content_type, &[("content-length", "3")])
            .chunk("odd", true);
        assert_eq!(
            (world.text(), world.answer),
            ("", Gate::Open),
            "{content_type}"
        );
        assert_eq!(world.heads.last().unwrap().status, None, "{content_type}");
    }
}

#[test]
fn an_empty_answer_to_a_request_ends_the_wait() {
    let mut world = allowed();
    let headers = [(":status".to_owned(), b"200".to_vec())];
    world.step(Input::ResponseHead(ResponseHead {
        headers: &headers,
        last: true,
        from: Origin::Server,
    }));
    let reply: Value = serde_json::from_slice(&world.replies[0].body).unwrap();
    assert_eq!(
        (&reply["id"], &reply["result"]["isError"]),
        (&json!(1), &json!(true))
    );
}

#[test]
fn headers_that_lead_an_agent_astray_end_here() {
    let odd = [
        "set-cookie",
        "alt-svc",
        "www-authenticate",
        "access-control-allow-origin",
    ];
    let extra: Vec<(&str, &str)> = odd.iter().map(|name| (*name, "x")).collect();
    let world = allowed().head(200, "application/json", &extra);
    assert_eq!(world.heads[0].remove, odd);
}

#[test]
fn a_session_header_that_is_unclear_is_no_session() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#;
    for extra in [
        &[("mcp-session-id", "a"), ("mcp-session-id", "b")][..],
        &[("mcp-session-id", "a b")][..],
    ] {
        let world = World::new()
            .send(body)
            .head(200, "application/json", extra)
            .chunk(RESULT, true);
        assert_eq!(world.asks.len(), 0);
        assert!(
            world
                .heads
                .last()
                .unwrap()
                .remove
                .contains(&"mcp-session-id".to_owned())
        );
    }
}
