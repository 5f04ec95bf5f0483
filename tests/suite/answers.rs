//! What comes back: sound answers as they were sent, unsound ones withheld, streams event by event.

/// What an MCP server asks of the agent.
mod asking;
/// Event streams.
mod streams;
/// Answers that are not what they seem.
mod unsound;

use std::sync::{LazyLock, Mutex};

use portcullis_tests::mcp;
use portcullis_tests::upstream::{Answer, Received};
use portcullis_tests::wire::Request;
use serde_json::{Value, json};

use crate::world::{DEMO, World};

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(World::locked);

/// A call whose id is the word that its script listens to.
fn call(world: &World, user: &str, word: &str) -> Request {
    world
        .gateway
        .post(DEMO, user, mcp::call(word, "echo", json!({})))
}

/// The same in the stateless era.
fn modern(world: &World, user: &str, word: &str) -> Request {
    let params = json!({"name": "echo", "arguments": {}});
    world.gateway.modern(DEMO, user, word, "tools/call", params)
}

fn result(id: &str, text: &str) -> String {
    mcp::result(&json!(id), mcp::said(text))
}

/// Answers a call in this way, and returns what the client gets.
fn answered(
    world: &World,
    word: &str,
    script: impl Fn(&Received, &mut Answer) + Send + Sync + 'static,
) -> portcullis_tests::wire::Response {
    world.upstream.when(word, script);
    let (response, arrived) = world.send_and_see(&call(world, "alice", word));
    assert_eq!(arrived.len(), 1, "{word}: sent once");
    response
}

/// Whether this is the neutral error that stands for an answer that may not go, or that never came.
fn is_withheld(answer: &Value, id: &str) -> bool {
    answer["id"] == id
        && answer["result"]["isError"] == true
        && ["withheld", "The MCP server"]
            .iter()
            .any(|word| mcp::text_of(answer).contains(word))
}
