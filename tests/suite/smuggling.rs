//! Requests that mean one thing to us and another to somebody behind us. Tables: each row is one
//! trick, and the recording upstream is the witness that nothing refused arrived, and that what was
//! accepted arrived byte for byte.

/// Bodies that arrive as they were sent.
mod accepted;
/// Bodies that are refused.
mod bodies;
/// Framing: lengths, chunks, trailers, pipelines.
mod framing;
/// Headers that contradict, repeat or pretend.
mod heads;
/// Paths and methods.
mod paths;

use std::sync::{LazyLock, Mutex};

use portcullis_tests::mcp;
use portcullis_tests::upstream::Received;
use portcullis_tests::wire::{Request, Response};
use serde_json::{Value, json};

use crate::world::{World, take};

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(World::locked);

/// A sound call of the session era, in which rows change one thing.
const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hi"}}}"#;

/// One trick and the refusal it must meet.
struct Row {
    what: String,
    request: Request,
    refusal: Refusal,
}

/// How a request is refused.
#[derive(Debug)]
enum Refusal {
    /// By the filter: the status, the JSON-RPC code, and the id as far as it can be read.
    Ours(u16, i32, Value),
    /// By Envoy before the filter, with one of these statuses; 0 is a closed connection.
    Envoy(&'static [u16]),
}

/// Sends every row, and says all that is wrong with any.
fn refused(rows: impl FnOnce(&World) -> Vec<Row>) {
    let world = take(&WORLD);
    let mut faults = Vec::new();
    let before = world.upstream.received().len();
    for row in rows(&world) {
        let (response, arrived) = world.send_and_see(&row.request);
        if !arrived.is_empty() {
            faults.push(format!("{}: reached the upstream as {arrived:?}", row.what));
        }
        if let Err(fault) = check(&row.refusal, &response) {
            faults.push(format!("{}: {fault}", row.what));
        }
    }
    // What is sent last arrives last: nothing refused is still on its way.
    let fence = world.send(&world.post(mcp::call("fence", "echo", json!({}))));
    assert_eq!(fence.status, 200, "{}", fence.text());
    let arrived = world.upstream.received().len() - before;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(arrived, 1, "only the last call arrived");
}

fn check(refusal: &Refusal, response: &Response) -> Result<(), String> {
    let said = || format!("answered {} {}", response.status, response.text());
    match refusal {
        Refusal::Envoy(statuses) if statuses.contains(&response.status) => Ok(()),
        Refusal::Envoy(_) => Err(said()),
        Refusal::Ours(status, code, id) => {
            let body = response.json();
            let shape = body["jsonrpc"] == "2.0" && body["error"]["message"].is_string();
            let same =
                response.status == *status && body["error"]["code"] == *code && body["id"] == *id;
            let typed = response.header("content-type") == Some("application/json");
            if same && shape && typed {
                Ok(())
            } else {
                Err(format!("{}, not {refusal:?}", said()))
            }
        }
    }
}

/// Sends every request; each must arrive once, at the endpoint, with the same bytes in its body.
fn arrive(requests: impl FnOnce(&World) -> Vec<(String, Request)>) {
    let world = take(&WORLD);
    let mut faults = Vec::new();
    for (what, request) in requests(&world) {
        let (response, arrived) = world.send_and_see(&request);
        if response.status != 200 && response.status != 202 {
            faults.push(format!(
                "{what}: answered {} {}",
                response.status,
                response.text()
            ));
        }
        if let Err(fault) = as_sent(&world, &request, &arrived) {
            faults.push(format!("{what}: {fault}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn as_sent(world: &World, request: &Request, arrived: &[Received]) -> Result<(), String> {
    let [one] = arrived else {
        return Err(format!("arrived {} times", arrived.len()));
    };
    if one.body != request.payload() {
        return Err(format!("arrived as {}", String::from_utf8_lossy(&one.body)));
    }
    let authority = world.upstream.authority();
    if (one.method.as_str(), one.path.as_str()) != ("POST", "/mcp")
        || one.header("host") != Some(&authority)
    {
        return Err(format!(
            "arrived at {} {} {:?}",
            one.method,
            one.path,
            one.header("host")
        ));
    }
    if one.header("accept-encoding") != Some("identity") {
        return Err("arrived without the wish for a plain answer".to_owned());
    }
    let ours = ["authorization", "origin", "x-agent-name"];
    match one
        .headers
        .iter()
        .find(|(name, _)| ours.contains(&name.as_str()) || name.starts_with("x-envoy"))
    {
        Some((name, value)) => Err(format!("arrived with {name}: {value}")),
        None => Ok(()),
    }
}
