//! The main job, told once: a list shows what may be used, an allowed call runs, a denied one says
//! why, a changed policy holds from the next call on, and the record has it all.

use std::fmt::Write as _;

use portcullis_tests::gateway::Setup;
use portcullis_tests::{mcp, wait};
use serde_json::{Value, json};

use crate::world::{DEMO, POLICIES, World};

const NO_ECHO: &str = r#"@id("no-echo") @reason("Nobody echoes now.")
forbid (principal, action in Mcp::Action::"tools/call", resource == Mcp::Tool::"demo/echo")
when { context.args_digest like "sha256:*" };"#;

fn call(world: &World, user: &str, id: &str, tool: &str) -> Value {
    let body = mcp::call(id, tool, json!({"text": "hi"}));
    let response = world.send(&world.gateway.post(DEMO, user, body));
    assert_eq!(response.status, 200, "{}", response.text());
    response.message()
}

fn is_error(answer: &Value) -> bool {
    answer["result"]["isError"] == true
}

fn records<'a>(log: &'a [Value], kind: &str) -> Vec<&'a Value> {
    log.iter().filter(|record| record["kind"] == kind).collect()
}

#[test]
fn a_list_shows_what_may_be_used() {
    let world = World::new();
    let list = |request| {
        let answer = world.send(&request).message();
        let tools = answer["result"]["tools"].as_array().expect("tools").clone();
        let names: Vec<Value> = tools.iter().map(|tool| tool["name"].clone()).collect();
        (names, answer["result"].clone())
    };
    let (names, _) = list(world.post(mcp::request("l1", "tools/list", json!({}))));
    assert_eq!(
        names,
        ["echo", "write_note", "delete_file"],
        "a tool that no call could use is not shown"
    );
    let (names, result) = list(
        world
            .gateway
            .modern(DEMO, "alice", "l2", "tools/list", json!({})),
    );
    assert_eq!(names, ["echo", "write_note", "delete_file"]);
    assert_eq!(
        result["cacheScope"], "private",
        "a list made for one caller is shared with nobody"
    );
}

#[test]
fn an_allowed_call_runs_and_a_denied_one_says_why() {
    let world = World::new();
    assert!(!is_error(&call(&world, "alice", "a1", "echo")));
    let denied = call(&world, "alice", "a2", "delete_file");
    assert!(is_error(&denied) && denied["id"] == "a2", "{denied}");
    assert!(
        mcp::text_of(&denied).contains("Files are not deleted here."),
        "{denied}"
    );
    let params = json!({"name": "delete_file", "arguments": {}});
    let denied = world.send(
        &world
            .gateway
            .modern(DEMO, "alice", "a3", "tools/call", params),
    );
    assert_eq!(denied.message()["result"]["resultType"], "complete");
    assert_eq!(
        world.upstream.received().len(),
        1,
        "only the allowed call arrived"
    );
}

#[test]
fn a_hidden_tool_answers_as_one_that_does_not_exist() {
    let world = World::new();
    for era in ["session", "stateless"] {
        let params = json!({"name": "format_disk", "arguments": {}});
        let request = match era {
            "session" => world.post(mcp::request("h1", "tools/call", params)),
            _ => world
                .gateway
                .modern(DEMO, "alice", "h1", "tools/call", params),
        };
        let (response, arrived) = world.send_and_see(&request);
        let answer = response.message();
        assert!(arrived.is_empty(), "{era}");
        assert_eq!(
            answer["error"],
            json!({"code": -32602, "message": "Unknown tool: format_disk"}),
            "{era}: {answer}"
        );
    }
    let decision = world
        .gateway
        .audited("the denial", |record| record["kind"] == "decision");
    assert_eq!(decision["determining"], json!(["no-formatting"]));
}

#[test]
fn a_changed_policy_turns_the_next_calls_both_ways() {
    let world = World::new();
    let turns = |what: &str, to_error: bool| {
        wait::until(what, || {
            (is_error(&call(&world, "alice", "t", "echo")) == to_error).then_some(())
        });
    };
    assert!(!is_error(&call(&world, "alice", "t", "echo")));
    world.gateway.write_policy("echo.cedar", NO_ECHO);
    turns("a new file denies", true);
    world.gateway.remove_policy("echo.cedar");
    turns("its removal allows again", false);
}

#[test]
fn a_broken_policy_keeps_the_last_good_ones_and_is_shown() {
    let world = World::new();
    let ready = || world.gateway.admin("/readyz").json();
    assert_eq!(ready()["policies"]["detail"], Value::Null);
    world.gateway.write_policy(
        "broken.cedar",
        "permit (principal, action == Mcp::Action::\"tool/call\", resource);",
    );
    let shown = wait::until("the error is shown", || {
        let state = ready();
        state["policies"]["detail"].is_string().then_some(state)
    });
    assert!(
        shown["policies"]["detail"]
            .as_str()
            .unwrap()
            .contains("broken.cedar"),
        "{shown}"
    );
    assert!(!is_error(&call(&world, "alice", "b1", "echo")));
    assert!(is_error(&call(&world, "alice", "b2", "delete_file")));
    world.gateway.remove_policy("broken.cedar");
    wait::until("the error is gone", || {
        ready()["policies"]["detail"].is_null().then_some(())
    });
}

#[test]
fn without_a_good_policy_nothing_is_allowed_until_there_is_one() {
    let world = World::with(Setup::policies("permit (principal, action, resource"));
    assert_eq!(world.gateway.admin("/readyz").status, 503);
    assert_eq!(world.gateway.admin("/livez").status, 200);
    assert!(is_error(&call(&world, "alice", "n1", "echo")));
    assert!(world.upstream.received().is_empty());
    world.gateway.write_policy("test.cedar", POLICIES);
    wait::until("the mended policies hold", || {
        (!is_error(&call(&world, "alice", "n2", "echo"))).then_some(())
    });
    assert_eq!(world.gateway.admin("/readyz").status, 200);
}

#[test]
fn decisions_outcomes_and_refusals_are_on_record() {
    let world = World::new();
    call(&world, "alice", "r1", "echo");
    call(&world, "bob", "r2", "delete_file");
    let smuggled = r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call"}"#;
    assert_eq!(world.send(&world.post(smuggled)).status, 400);
    let outcome = world
        .gateway
        .audited("the outcome", |record| record["kind"] == "outcome");
    let refusal = world
        .gateway
        .audited("the refusal", |record| record["kind"] == "refusal");
    let log = world.gateway.audit();
    let decisions = records(&log, "decision");
    let verdicts: Vec<_> = decisions
        .iter()
        .map(|d| (&d["caller"]["subject"], &d["verdict"]))
        .collect();
    assert_eq!(
        verdicts,
        [
            (&json!("alice"), &json!("allow")),
            (&json!("bob"), &json!("deny"))
        ]
    );
    assert_eq!(decisions[1]["determining"], json!(["no-deleting"]));
    assert_eq!(
        (&outcome["call"], &outcome["status"]),
        (&decisions[0]["call"], &json!(200))
    );
    assert_eq!(outcome["end"], "complete");
    assert_eq!(
        (&refusal["reason"], &refusal["caller"]["subject"]),
        (&json!("json"), &json!("alice"))
    );
    assert_eq!(
        records(&log, "outcome").len(),
        1,
        "only what ran has an outcome"
    );
    let text = log.iter().fold(String::new(), |mut text, record| {
        writeln!(text, "{record}").unwrap();
        text
    });
    assert!(!text.contains("\"hi\""), "arguments are not in the log");
    let (code, said) = world.gateway.portcullis(&["audit", "verify", "--json"]);
    let report: Value = serde_json::from_str(&said).expect("a report");
    assert_eq!(
        (code, &report["ok"], &report["breaks_count"]),
        (Some(0), &json!(true), &json!(0)),
        "{said}"
    );
}

#[test]
fn what_happens_is_counted() {
    let world = World::new();
    call(&world, "alice", "m1", "echo");
    call(&world, "alice", "m2", "delete_file");
    let text = world.gateway.admin("/metrics").text();
    for outcome in ["allow", "deny"] {
        let line = format!(
            "portcullis_decisions_total{{outcome=\"{outcome}\",server=\"demo\",method=\"tools/call\"}} 1"
        );
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert!(text.contains("portcullis_policies_current 1"), "{text}");
}
