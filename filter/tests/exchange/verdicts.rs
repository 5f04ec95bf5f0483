//! Verdicts, sessions, and what the agent reads when the answer is no.

use std::cell::RefCell;
use std::rc::Rc;

use portcullis_protocol::wire::{End, Report};
use serde_json::json;

use crate::world::{World, call, modern_call};

#[test]
fn a_denied_call_is_a_readable_tool_error() {
    let (status, reply) = World::new().send(&call("rm")).deny("refused").reply();
    assert_eq!(status, 200);
    assert_eq!(
        reply,
        json!({"jsonrpc": "2.0", "id": 1,
               "result": {"content": [{"type": "text", "text": "Denied by policy."}], "isError": true}})
    );
    let body = modern_call("tools/call", json!({"name": "rm"}));
    let world = World::new()
        .modern("tools/call", Some("rm"))
        .send(&body)
        .deny("refused");
    assert_eq!(world.reply().1["result"]["resultType"], "complete");
    assert!(world.reports.is_empty(), "the denial is on record already");
}

#[test]
fn other_denials_are_errors_and_hidden_things_do_not_exist() {
    let read = r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a:b"}}"#;
    let (status, reply) = World::new().send(read).deny("refused").reply();
    assert_eq!((status, &reply["error"]["code"]), (200, &json!(1403)));
    let (_, reply) = World::new().send(read).deny("hidden").reply();
    assert_eq!(reply["error"]["code"], -32002);
    let (_, reply) = World::new().send(&call("rm")).deny("hidden").reply();
    assert_eq!(
        reply["error"],
        json!({"code": -32602, "message": "Unknown tool: rm"})
    );
}

#[test]
fn silence_and_nonsense_deny_readably() {
    let none = json!({"outcome": "allow"});
    for (what, world) in [
        ("nothing", World::new().send(&call("echo"))),
        ("approve", World::new().send(&call("echo"))),
    ] {
        let mut world = world;
        world.answered(0, "");
        let (status, reply) = world.reply();
        assert_eq!(
            (status, &reply["result"]["isError"]),
            (200, &json!(true)),
            "{what}"
        );
        assert_eq!(world.reports.len(), 1);
    }
    for (status, body) in [
        (503, ""),
        (504, "upstream request timeout"),
        (200, "{}"),
        (200, &none.to_string()),
    ] {
        let mut world = World::new().send(&call("echo"));
        world.answered(status, body);
        assert_eq!(
            world.reply().1["result"]["isError"],
            true,
            "{status} {body}"
        );
    }
    let pending = json!({"outcome": "approve", "message": "Approval by finance is pending."});
    let (_, reply) = World::new().send(&call("pay")).verdict(pending).reply();
    assert_eq!(
        reply["result"]["content"][0]["text"],
        "Approval by finance is pending."
    );
}

#[test]
fn a_late_second_answer_changes_nothing() {
    let mut world = World::new().send(&call("rm")).deny("refused");
    let question = world.question();
    let late = json!({"call": question["call"], "digest": question["digest"],
                      "policies": question["digest"], "epoch": question["digest"], "verdict": {"outcome": "allow"}});
    world.answered(200, &late.to_string());
    assert_eq!(world.forwarded, 0);
}

#[test]
fn a_session_is_used_by_its_owner_only() {
    let known = Rc::new(RefCell::default());
    let world = World::sharing(Rc::clone(&known))
        .header("mcp-session-id", "s1")
        .send(&call("echo"));
    assert_eq!(world.question()["step"], "use");
    assert!(
        !world.question().to_string().contains("s1"),
        "the id stays here"
    );
    let world = world.standing("own");
    assert_eq!(world.question()["targets"], json!([{"tool": "echo"}]));
    assert_eq!(world.allow().forwarded, 1);

    let again = World::sharing(Rc::clone(&known))
        .header("mcp-session-id", "s1")
        .send(&call("echo"));
    assert_eq!(
        again.asks.len(),
        1,
        "a confirmed session is not asked for twice"
    );

    let mut other = World::sharing(known).header("mcp-session-id", "s1");
    other.claims.as_mut().unwrap().subject = "mallory".to_owned();
    let other = other.send(&call("echo")).standing("unknown");
    assert_eq!(other.reply().0, 404);
}

#[test]
fn streams_and_ends_belong_to_the_session() {
    for method in ["GET", "DELETE"] {
        let world = World::new()
            .bare(method)
            .header("mcp-session-id", "s1")
            .send("");
        assert_eq!(world.asks.len(), 1, "{method}");
        assert_eq!(world.standing("own").forwarded, 1, "{method}");
        let world = World::new()
            .bare(method)
            .header("mcp-session-id", "s1")
            .send("");
        assert_eq!(world.standing("unknown").reply().0, 404, "{method}");
    }
}

#[test]
fn pings_notifications_and_answers_need_the_session_too() {
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
        r#"{"jsonrpc":"2.0","id":9,"result":{"action":"accept"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
    ] {
        let world = World::new()
            .header("mcp-session-id", "s1")
            .send(body)
            .standing("unknown");
        assert_eq!(world.reply().0, 404, "{body}");
    }
    let world = World::new().send(r#"{"jsonrpc":"2.0","id":9,"result":{}}"#);
    assert_eq!(world.reply().0, 400, "an answer without a session");
}

#[test]
fn an_agent_that_leaves_early_is_recorded() {
    let world = World::new().send(&call("echo")).gone();
    let [Report::Outcome(outcome)] = &world.reports[..] else {
        panic!("{:?}", world.reports)
    };
    assert_eq!((outcome.end, outcome.status), (End::Disconnected, 0));
}
