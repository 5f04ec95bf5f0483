//! Secrets on their way through the gateway: what arrives in their place, where they never arrive, and
//! what stays as it was. The token is made up; its checksum is right.

/// Whole answers: texts, errors, keys, encodings.
mod answers;
/// More than any bound: fails closed.
mod decoys;
/// Echoes of what a handle became, in other forms.
mod echoes;
/// A long stream in little memory.
mod endless;
/// Secrets that an agent uses and never sees.
mod handles;
/// The same over HTTP/2.
mod http2;
/// Pictures, sounds and bytes arrive as they were.
mod media;
/// Modes by class, and what policy reveals.
mod modes;
/// What is on record, and what is nowhere.
mod records;
/// What agents send, and the headers that repeat it.
mod requests;
/// Event streams, cut anywhere.
mod streams;
/// Structured results and their schemas.
mod structured;

use std::sync::{LazyLock, Mutex};

use portcullis_tests::gateway::Setup;
use portcullis_tests::wire::Request;
use serde_json::{Value, json};

use crate::world::{DEMO, World};

/// What must not be seen; in two parts, so that no scanner takes this file for a leak.
const TOKEN: &str = concat!("gh", "p_PTGuZeJFEBZj6SzwDOhiXRxL0GQN8705s3zx");
/// What stands in its place.
const REDACTED: &str = "[redacted:github-token]";

/// Everything may be sent and read, and nothing is revealed: that takes a policy of its own.
const POLICIES: &str = r#"
@id("messages")
permit (principal, action in [Mcp::Action::"read", Mcp::Action::"write", Mcp::Action::"ask"], resource);
"#;

/// What agents send goes on, too, with placeholders.
const REQUESTS: &str = "requests = \"redact\"\n";

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| {
    let setup = Setup::policies(POLICIES).file("redaction.toml", REQUESTS);
    Mutex::new(World::with(setup))
});

/// A call of alice's in either era, whose id is the word that its script listens to.
fn calls(world: &World, word: &str) -> [Request; 2] {
    let params = json!({"name": "echo", "arguments": {}});
    let body = portcullis_tests::mcp::call(word, "echo", json!({}));
    [
        world.gateway.post(DEMO, "alice", body),
        world
            .gateway
            .modern(DEMO, "alice", word, "tools/call", params),
    ]
}

/// A result as written, with the request's id.
fn result(id: &str, json: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":"{id}","result":{json}}}"#)
}

/// A result with one text, which is written as JSON already.
fn said(id: &str, text: &str) -> String {
    let content =
        format!(r#"{{"content":[{{"type":"text","text":"{text}"}}],"resultType":"complete"}}"#);
    result(id, &content)
}

/// Calls a tool without arguments in the stateless era: the message that comes back.
fn ask(
    gateway: &portcullis_tests::gateway::Gateway,
    server: &str,
    user: &str,
    tool: &str,
) -> Value {
    ask_with(gateway, server, user, tool, json!({}))
}

fn ask_with(
    gateway: &portcullis_tests::gateway::Gateway,
    server: &str,
    user: &str,
    tool: &str,
    arguments: Value,
) -> Value {
    let params = json!({"name": tool, "arguments": arguments});
    let response = gateway.send(&gateway.modern(server, user, tool, "tools/call", params));
    assert_eq!(response.status, 200, "{tool}: {}", response.text());
    response.message()
}

/// Whether the token, or a part that would give it away, is in the text: also over lines.
fn leaks(text: &str) -> bool {
    let joined: String = text
        .lines()
        .map(|line| line.strip_prefix("data:").unwrap_or(line).trim_start())
        .collect();
    let (head, tail) = TOKEN.split_at(TOKEN.len() / 2);
    [TOKEN, head, tail]
        .iter()
        .any(|part| text.contains(part) || joined.contains(part))
}
