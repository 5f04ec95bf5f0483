//! What answers were given under, so that a filter sees when those that it goes by may be out of date.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Asks what answers are given under now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochQuery {}

/// What answers are given under now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochAnswer {
    /// Another one whenever a verdict could be another; see [`super::Answer::epoch`].
    pub epoch: Digest,
    /// Another one whenever a session has ended.
    pub sessions: Digest,
    /// The redaction rules in force; absent without policies in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Digest>,
}
