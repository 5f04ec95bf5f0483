//! What is told of a redaction: where, by which rule and what was done; never the value.

use serde::{Deserialize, Serialize};

use super::{Class, Mark};
use crate::names::Name;

/// One finding and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The rule that found it.
    pub rule: Name,
    /// The class that it belongs to.
    pub class: Class,
    /// JSON pointer (RFC 6901) of the string, or of the member whose key it stood in; at most 512
    /// bytes, then cut off with `…`. Secrets in keys are redacted here too.
    pub pointer: String,
    /// Length of the secret in bytes, decoded.
    pub bytes: u64,
    /// Keyed hash of the secret; see [`super::MarkKey`].
    pub mark: Mark,
    /// What became of it.
    pub action: Action,
}

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A placeholder stands in its place.
    Redacted,
    /// A handle stands in its place.
    Tokenized,
    /// The message went nowhere.
    Blocked,
    /// It went through, and was only reported.
    Detected,
    /// It went through, because policy reveals its class.
    Revealed,
    /// A handle became this secret again.
    Restored,
}

/// A part of a message that was not looked at, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unscanned {
    /// JSON pointer of the string.
    pub pointer: String,
    /// Its length in bytes, as written.
    pub bytes: u64,
    /// Why.
    pub reason: Reason,
}

/// Why a part was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Image or audio data.
    Media,
    /// The blob of a resource.
    Blob,
    /// State that only the server understands: `requestState`.
    State,
}
