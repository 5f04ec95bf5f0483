//! The answer: allow, approve or deny, for exactly one call.

use serde::{Deserialize, Serialize};

use super::Use;
use crate::digest::Digest;
use crate::names::CallId;
use crate::redact::Class;

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
    /// What it was judged under: policies, tools, and the time where policies look at it. While this
    /// is the same, so is the verdict.
    pub epoch: Digest,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// What of the call and its answer may be seen.
    pub redaction: Redaction,
}

impl Terms {
    /// Terms under which nothing is revealed.
    #[must_use]
    pub fn nothing(rules: Digest) -> Self {
        Self {
            redaction: Redaction {
                rules,
                reveal: Reveal::default(),
                marked: Marked::default(),
                uses: Vec::new(),
            },
        }
    }
}

/// What may be seen of a call and its answer. What is not named here is redacted by the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redaction {
    /// The rules that this was judged with; see [`super::RedactionRules`].
    pub rules: Digest,
    /// Classes that policy reveals.
    #[serde(default, skip_serializing_if = "Reveal::is_empty")]
    pub reveal: Reveal,
    /// Fields that the tool's schemas mark as secret.
    #[serde(default, skip_serializing_if = "Marked::is_empty")]
    pub marked: Marked,
    /// Arguments in which handles become secrets again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<Use>,
}

/// Classes that policy reveals, by direction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reveal {
    /// In the request and whatever else the agent sends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to_server: Vec<Class>,
    /// In the answer and whatever else the server sends with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to_client: Vec<Class>,
}

impl Reveal {
    /// Whether nothing is revealed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.to_server.is_empty() && self.to_client.is_empty()
    }
}

/// JSON pointers of fields that a tool's schemas mark as secret (`format: password`, `writeOnly`);
/// `*` stands for any one step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Marked {
    /// Below `params/arguments`, by the input schema.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to_server: Vec<String>,
    /// Below `result/structuredContent`, by the output schema.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to_client: Vec<String>,
}

impl Marked {
    /// Whether nothing is marked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.to_server.is_empty() && self.to_client.is_empty()
    }
}

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
