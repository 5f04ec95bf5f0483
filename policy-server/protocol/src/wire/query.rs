//! The question: may this caller send this message?

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::digest::{Digest, Fields};
use crate::limits::TARGETS_MAX;
use crate::names::{CallId, Caller, Name, ServerName, Uri};

/// Which way the judged message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the agent to the MCP server.
    ToServer,
    /// From the MCP server to the agent: sampling, elicitation, roots.
    ToClient,
}

/// What a message acts on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The server as a whole.
    Server,
    /// One tool, by `params.name`.
    Tool(Name),
    /// One prompt, by name.
    Prompt(Name),
    /// One resource, by URI.
    Resource(Uri),
    /// One resource template, by URI template (`completion/complete`).
    Template(Uri),
    /// One task, by id.
    Task(Uri),
}

impl Target {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Server => ("server", ""),
            Self::Tool(name) => ("tool", name.as_str()),
            Self::Prompt(name) => ("prompt", name.as_str()),
            Self::Resource(uri) => ("resource", uri.as_str()),
            Self::Template(uri) => ("template", uri.as_str()),
            Self::Task(id) => ("task", id.as_str()),
        }
    }
}

/// One message to judge. Every one of its targets must be allowed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The identity of this message; the answer and the outcome repeat it.
    pub call: CallId,
    /// What is judged, digested: see [`Query::computed_digest`].
    pub digest: Digest,
    /// The server behind the gateway.
    pub server: ServerName,
    /// Who asks.
    pub caller: Caller,
    /// Which way the message travels.
    pub direction: Direction,
    /// The MCP method.
    pub method: Name,
    /// What it acts on: one target, or several for `subscriptions/listen`.
    pub targets: Vec<Target>,
    /// The message's `params.arguments` (or, without any, its `params`), byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Box<RawValue>>,
    /// The protocol version that the message or its header names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<Name>,
    /// The session, digested with its server; the id itself stays in the filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Digest>,
    /// The JSON-RPC id as written; absent for a notification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpc_id: Option<Box<RawValue>>,
    /// Length of the whole message in bytes.
    pub message_bytes: u64,
    /// SHA-256 of the whole message.
    pub message_digest: Digest,
}

impl Query {
    /// The digest over everything that is judged: caller, server, direction, method, targets,
    /// argument bytes and session. An identical retry has the same digest and another `call`.
    #[must_use]
    pub fn computed_digest(&self) -> Digest {
        let bytes = |name: &Name| name.as_str().as_bytes().to_vec();
        let roles: Vec<Vec<u8>> = self.caller.roles.iter().map(bytes).collect();
        let fields = Fields::of("portcullis/call/v1")
            .field(self.server.as_str().as_bytes())
            .field(self.caller.issuer.as_str().as_bytes())
            .field(self.caller.subject.as_str().as_bytes())
            .list(roles.iter().map(Vec::as_slice))
            .optional(self.caller.agent.as_ref().map(|a| a.as_str().as_bytes()))
            .field(match self.direction {
                Direction::ToServer => b"to_server",
                Direction::ToClient => b"to_client",
            })
            .field(self.method.as_str().as_bytes());
        let fields = self.targets.iter().fold(fields, |fields, target| {
            let (kind, name) = target.parts();
            fields.field(kind.as_bytes()).field(name.as_bytes())
        });
        fields
            .optional(self.arguments.as_ref().map(|a| a.get().as_bytes()))
            .optional(self.session.as_ref().map(|s| s.as_bytes().as_slice()))
            .finish()
    }

    /// Whether the query is within its bounds and its digest is the computed one.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        !self.targets.is_empty()
            && self.targets.len() <= TARGETS_MAX
            && self.caller.is_bounded()
            && self.digest == self.computed_digest()
    }
}
