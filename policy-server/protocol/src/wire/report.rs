//! What the filter tells afterwards: how calls ended, and what it refused by itself.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::names::{CallId, Caller, Name, ServerName};
use crate::redact::{Fact, Unscanned};

use super::{Direction, Loss};

/// A batch of reports: at most [`crate::limits::REPORTS_MAX`], and [`crate::limits::BATCH_BYTES_MAX`]
/// bytes of JSON. Sending one twice is harmless, but for its gap.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reports {
    /// In the order in which the filter made them.
    pub reports: Vec<Report>,
    /// What is missing since the last batch that was accepted.
    #[serde(default, skip_serializing_if = "Gap::is_none")]
    pub gap: Gap,
}

/// Evidence that there is none of, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Reports that were dropped: there was no room for them, or the policy server cannot read them.
    pub lost: u64,
    /// Messages that were refused without a report: too many reports of their caller waited.
    pub turned_away: u64,
}

impl Gap {
    /// Whether nothing is missing.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.lost == 0 && self.turned_away == 0
    }
}

/// All reports of the batch are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportsAccepted {
    /// How many the batch held.
    pub accepted: u64,
}

/// One report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Report {
    /// An allowed call has ended.
    Outcome(Outcome),
    /// The filter refused a message without asking.
    Refusal(Refusal),
    /// Secrets were found in an exchange, or a part of it was not looked at.
    Redactions(Redactions),
}

/// What was found in one direction of an exchange, or in one stretch of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redactions {
    /// The identity of the exchange.
    pub call: CallId,
    /// The server behind the gateway.
    pub server: ServerName,
    /// Who asked.
    pub caller: Caller,
    /// The method of the request.
    pub method: Name,
    /// Which way the messages travelled.
    pub direction: Direction,
    /// The findings, at most [`crate::limits::FACTS_MAX`].
    pub facts: Vec<Fact>,
    /// How many findings are not among them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
    /// What was not looked at, at most [`crate::limits::FACTS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unscanned: Vec<Unscanned>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
const fn is_none(status: &u16) -> bool {
    *status == 0
}

/// How an allowed call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The call, as its decision has it.
    pub call: CallId,
    /// HTTP status that the agent received; 0 when none was sent.
    pub status: u16,
    /// How the exchange ended.
    pub end: End,
    /// Whether the result was an MCP tool error or a JSON-RPC error.
    pub is_error: bool,
    /// SHA-256 over the body bytes released to the agent.
    pub output_digest: Digest,
    /// How many body bytes were released.
    pub output_bytes: u64,
    /// From the first request byte to the end, in microseconds.
    pub duration_us: u64,
    /// HTTP status that the MCP server sent: where it is not 0 the request has reached it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub server_status: u16,
    /// Why the answer, or the first message that went nowhere, did not reach the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// How many messages of the answer went nowhere, without anything in their place.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The whole answer was released.
    Complete,
    /// The agent or the MCP server went away before that.
    Disconnected,
    /// The answer was withheld: it was no sound MCP message, or policy refused a part of it.
    Withheld,
}

/// A message that the filter refused by itself, or could not get a verdict for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The identity of the message.
    pub call: CallId,
    /// The server that was addressed, when the path named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerName>,
    /// Who asked, when that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Caller>,
    /// The method, when the message could be read that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Name>,
    /// Why, as a word of the closed list in `docs/threats.md`.
    pub reason: Name,
    /// HTTP status of the answer.
    pub status: u16,
}
