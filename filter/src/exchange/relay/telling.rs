//! What the MCP server is told in the agent's place, and what the policy server is told about
//! requests of the MCP server.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::jsonrpc::Id;
use portcullis_protocol::names::{CallId, Name};
use portcullis_protocol::wire::{End, Outcome, Report};

use crate::exchange::effect::{Effect, Tell};
use crate::exchange::reading::Call;
use crate::exchange::refusal::{code, error_body};

/// Allowed requests of the server went to the agent in this text: that is their outcome.
pub(super) fn delivered(calls: &[CallId], data: &str) -> Vec<Effect> {
    let outcome = |call: &CallId| outcome(*call, End::Complete, data);
    calls.iter().map(outcome).collect()
}

/// Allowed requests of the server went nowhere, because of what stood beside them.
pub(super) fn undelivered(calls: &[CallId]) -> Vec<Effect> {
    let outcome = |call: &CallId| outcome(*call, End::Withheld, "");
    calls.iter().map(outcome).collect()
}

/// How a call within an exchange ended, and what of it went to the agent.
pub(in crate::exchange) fn outcome(call: CallId, end: End, data: &str) -> Effect {
    Effect::Report(Report::Outcome(Outcome {
        call,
        status: 200,
        end,
        is_error: false,
        output_digest: Digest::of(data.as_bytes()),
        output_bytes: data.len() as u64,
        duration_us: 0,
        server_status: 0,
        loss: None,
        dropped: 0,
    }))
}

/// The answer that a person who declines would give.
pub(super) fn declined(method: &Name, id: &Id) -> Vec<u8> {
    if method.as_str() == "elicitation/create" {
        let id = id.text();
        return format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"action":"decline"}}}}"#)
            .into_bytes();
    }
    error_body(Some(id.text()), code::DENIED, "Denied by policy")
}

/// A message to the server, as the agent would send it.
pub(in crate::exchange) fn tell(call: &Call, body: Vec<u8>) -> Effect {
    let server = &call.entry.server;
    let mut headers = vec![
        (":method", "POST".to_owned()),
        (":path", server.upstream_path.clone()),
        (":authority", server.upstream_authority.clone()),
        ("content-type", "application/json".to_owned()),
        ("accept", "application/json, text/event-stream".to_owned()),
    ];
    headers.extend(
        call.entry
            .session
            .as_ref()
            .map(|session| ("mcp-session-id", session.id.clone())),
    );
    headers.extend(
        call.entry
            .version
            .as_ref()
            .map(|version| ("mcp-protocol-version", version.clone())),
    );
    Effect::Tell(Tell {
        cluster: server.cluster.clone(),
        headers,
        body,
    })
}
