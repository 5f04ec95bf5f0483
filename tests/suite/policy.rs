//! Policies at work through the whole gateway: typed arguments, hints, roles and time; lists and
//! messages of every kind; and what holds while definitions and policies change underneath.

/// Arguments, hints, roles, time.
mod arguments;
/// Calls that cost much, beside others.
mod costs;
/// Definitions that change behind the policies' back.
mod definitions;
/// Arguments and names in disguise.
mod disguises;
/// Gates and shadows.
mod gates;
/// What one may not see, beside what is not there.
mod hidden;
/// Lists before and after a change of policies.
mod lists;
/// Prompts, completions, sampling, elicitation.
mod messages;
/// Rego in Cedar's place.
mod rego;
/// Policies that change, and that break.
mod reload;
/// Several servers, and those that people use.
mod servers;
/// Arguments that do not fit their schemas, read and unread.
mod sloppy;
/// Streams that are open while policies, tokens and sessions end.
mod streams;

use std::sync::atomic::{AtomicU32, Ordering};

use portcullis_tests::gateway::Setup;
use portcullis_tests::wire::{Request, Response};
use portcullis_tests::{mcp, wait};
use serde_json::{Value, json};

use crate::world::{DEMO, World};

/// How a client speaks.
#[derive(Clone, Copy, Debug)]
enum Era {
    Sessions,
    Stateless,
}

const ERAS: [Era; 2] = [Era::Sessions, Era::Stateless];

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    /// It reached the upstream, byte for byte and once.
    Ran,
    /// It did not, and the agent reads why.
    Refused(String),
    /// It did not, and there is no such tool.
    Unknown,
}

impl Said {
    fn is_refused_with(&self, words: &str) -> bool {
        matches!(self, Self::Refused(text) if text.contains(words))
    }
}

/// An id that nobody had yet.
fn fresh_id() -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    format!("policy-{}", LAST.fetch_add(1, Ordering::Relaxed))
}

fn request(world: &World, user: &str, era: Era, id: &str, method: &str, params: Value) -> Request {
    match era {
        Era::Sessions => {
            let body = mcp::request(id, method, params);
            world.gateway.post(DEMO, user, body)
        }
        Era::Stateless => world.gateway.modern(DEMO, user, id, method, params),
    }
}

fn ask(world: &World, user: &str, era: Era, method: &str, params: Value) -> Response {
    let request = request(world, user, era, &fresh_id(), method, params);
    let response = world.send(&request);
    assert_eq!(response.status, 200, "{method}: {}", response.text());
    response
}

/// Calls a tool, and holds what the agent reads against what the upstream saw.
fn call(world: &World, user: &str, era: Era, tool: &str, arguments: &Value) -> Said {
    let params = json!({"name": tool, "arguments": arguments});
    let id = fresh_id();
    let request = request(world, user, era, &id, "tools/call", params);
    let (response, arrived) = world.send_and_see(&request);
    assert_eq!(response.status, 200, "{}", response.text());
    let said = said(&response.message(), &id, tool);
    let bodies: Vec<&[u8]> = arrived.iter().map(|one| one.body.as_slice()).collect();
    match said {
        Said::Ran => assert_eq!(bodies, [request.payload()], "{tool} {arguments}"),
        _ => assert!(bodies.is_empty(), "{tool} {arguments} was refused and sent"),
    }
    said
}

/// What an answer to a call says.
fn said(answer: &Value, id: &str, tool: &str) -> Said {
    assert_eq!(answer["id"], id, "{answer}");
    if answer["error"].is_object() {
        let unknown = json!({"code": -32602, "message": format!("Unknown tool: {tool}")});
        assert_eq!(answer["error"], unknown, "{answer}");
        return Said::Unknown;
    }
    match answer["result"]["isError"] == true {
        true => Said::Refused(mcp::text_of(answer).to_owned()),
        false => Said::Ran,
    }
}

/// The names of the tools that a user is shown.
fn shown(world: &World, user: &str, era: Era) -> Vec<String> {
    let answer = ask(world, user, era, "tools/list", json!({})).message();
    let tools = answer["result"]["tools"].as_array().expect("tools");
    let name = |tool: &Value| tool["name"].as_str().expect("a name").to_owned();
    tools.iter().map(name).collect()
}

/// A tool's definition.
fn tool(name: &str, hints: &Value, properties: &Value, required: &[&str]) -> Value {
    json!({
        "name": name,
        "inputSchema": {"type": "object", "properties": properties, "required": required},
        "annotations": hints,
    })
}

/// The tools of the upstream in most of these tests; the schema of `odd` describes no object.
fn tools() -> Vec<Value> {
    let text = json!({"type": "string"});
    let line =
        json!({"type": "object", "properties": {"count": {"type": "integer", "minimum": 1}}});
    let mut pay = tool(
        "pay",
        &json!({"destructiveHint": false}),
        &json!({
            "amount": {"type": "integer"},
            "to": text,
            "currency": {"enum": ["EUR", "USD"]},
            "lines": {"type": "array", "items": line},
        }),
        &["amount", "to"],
    );
    pay["inputSchema"]["additionalProperties"] = json!(false);
    let path = json!({"path": text});
    let mut odd = tool("odd", &json!({"readOnlyHint": true}), &json!({}), &[]);
    odd["inputSchema"]["type"] = json!("array");
    let read_only = json!({"readOnlyHint": true});
    let mild = json!({"destructiveHint": false});
    vec![
        pay,
        tool("read_file", &read_only, &path, &["path"]),
        odd,
        tool("write_note", &mild, &json!({"text": text}), &["text"]),
        tool("report", &mild, &json!({}), &[]),
        tool("old_report", &mild, &json!({}), &[]),
        tool("wipe", &json!({"destructiveHint": true}), &path, &[]),
    ]
}

/// A gateway whose upstream has listed its tools to somebody, and then these policies.
fn learnt(policies: &str) -> World {
    let world = World::with(Setup::policies(""));
    lists(&world, tools());
    assert!(shown(&world, "alice", Era::Sessions).is_empty());
    put(&world, "test.cedar", policies);
    world
}

/// Makes these the tools of the upstream.
fn lists(world: &World, tools: Vec<Value>) {
    world.upstream.when("tools/list", move |request, answer| {
        let id = &request.json()["id"];
        answer.json(&mcp::result(
            id,
            json!({"tools": tools, "resultType": "complete"}),
        ));
    });
}

/// What the operator sees of the policies.
fn status(world: &World) -> Value {
    world.gateway.admin("/v1/status").json()
}

/// Writes a file of the policies folder, and waits until it is in force.
fn put(world: &World, file: &str, text: &str) {
    let before = status(world)["policies"]["digest"].clone();
    world.gateway.write_policy(file, text);
    in_force_after(world, &before);
}

/// Waits until the policies are others than those with this digest.
fn in_force_after(world: &World, before: &Value) {
    wait::until("the new policies are in force", || {
        let policies = status(world)["policies"].clone();
        assert!(policies["error"].is_null(), "{policies}");
        (policies["digest"] != *before).then_some(())
    });
}
