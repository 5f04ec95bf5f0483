//! The answer: allow, approve or deny, for exactly one call.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::names::CallId;

/// The policy server's answer to one query. It holds for that call and that digest only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The call that was asked about.
    pub call: CallId,
    /// The digest that was judged.
    pub digest: Digest,
    /// The policy set that judged it.
    pub policies: Digest,
    /// The verdict.
    pub verdict: Verdict,
}

/// One of three: there is no fourth, and no `bool` on the path.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Verdict {
    /// Forward the call, on these terms.
    Allow(Terms),
    /// A human must answer first.
    Approve(Pending),
    /// Do not forward the call.
    Deny(Denial),
}

/// What goes with an `allow`. A later version may lease a verdict to the filter here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {}

/// What goes with an `approve`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// What the agent may be told, without rule internals.
    pub message: String,
}

/// What goes with a `deny`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denial {
    /// How the refusal looks to the agent.
    pub shape: Shape,
    /// What the agent may be told, without rule internals.
    pub message: String,
}

/// How a refusal looks to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A readable refusal.
    Refused,
    /// As if the target did not exist.
    Hidden,
}
