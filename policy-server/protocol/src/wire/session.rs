//! Sessions of the handshake era belong to the caller that opened them.

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Fields};
use crate::names::{CallId, Caller, ServerName};

/// What happens to the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The MCP server has just opened it for this caller.
    Open,
    /// The caller sends a message or opens a stream in it.
    Use,
    /// The caller closes it.
    Close,
}

/// May this caller do this with that session?
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionQuery {
    /// The identity of the message.
    pub call: CallId,
    /// The server behind the gateway.
    pub server: ServerName,
    /// Who asks.
    pub caller: Caller,
    /// The session: see [`SessionQuery::digest_of`].
    pub session: Digest,
    /// What happens to it.
    pub step: Step,
}

impl SessionQuery {
    /// The digest that stands for a session id, so that the id, a bearer secret, stays where it is.
    #[must_use]
    pub fn digest_of(server: &ServerName, session_id: &[u8]) -> Digest {
        Fields::of("portcullis/session/v1")
            .field(server.as_str().as_bytes())
            .field(session_id)
            .finish()
    }
}

/// Whose session it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The caller's own.
    Own,
    /// Another caller's, or nobody's that we know of: the two look alike.
    Unknown,
}

/// The policy server's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionAnswer {
    /// The call that was asked about.
    pub call: CallId,
    /// The session that was asked about.
    pub session: Digest,
    /// Whose it is.
    pub standing: Standing,
}
