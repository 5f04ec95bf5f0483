//! What a decision depended on beside the question itself: policies, engine, the tool as it was
//! known, and the arguments as far as they are kept. [`crate::replay`] reads it back.
//!
//! Deliberately absent: the time, which is the record's own cut to milliseconds; and the values of
//! arguments, unless the operator wants them.

use std::borrow::Cow;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::wire::{Query, Target};
use serde::Serialize;
use serde_json::Value;

use super::outline;
use crate::catalogue::{Known, Origin, Tool};
use crate::policies::Policies;
use crate::redaction::Redacting;
use crate::registry::Annotations;
use crate::views::View;

/// Longest arguments that are kept as they are, in bytes. Written as a JSON string they are at most
/// twice as long.
pub const ARGUMENTS_BYTES_MAX: usize = 16 * 1024;

/// Most tags that a record spells out.
const TAGS_MAX: usize = 8;

/// What a record keeps of a message's arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Their digest and the types of their members.
    #[default]
    Types,
    /// Their bytes too, when there are at most [`ARGUMENTS_BYTES_MAX`] of them.
    Values,
}

/// What a decision depended on.
#[derive(Clone, Debug, Serialize)]
pub struct Basis {
    policies: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<ToolBasis>,
    args_digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    args_types: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<String>,
    /// The arguments without the secrets that were in them.
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments_redacted: Option<String>,
}

/// A tool as policies saw it.
#[derive(Clone, Debug, Serialize)]
struct ToolBasis {
    listed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hints: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags_count: Option<usize>,
}

impl Basis {
    /// What a judgement on this query depends on.
    #[must_use]
    pub fn of(query: &Query, policies: Option<&Policies>, view: Option<&View>, keep: Keep) -> Self {
        let tool = query
            .targets
            .iter()
            .find(|target| matches!(target, Target::Tool(_)));
        let known = policies
            .zip(tool)
            .map(|(policies, tool)| policies.catalogue().seen(&query.server, tool, view).0);
        let arguments = query.arguments.as_ref().map(|arguments| arguments.get());
        // Of several targets there are too many words already, and nothing reads their arguments.
        let kept = |arguments: &&str| {
            keep == Keep::Values
                && query.targets.len() == 1
                && arguments.len() <= ARGUMENTS_BYTES_MAX
        };
        let (arguments_kept, arguments_redacted) =
            without_secrets(arguments.filter(kept), policies);
        let declared = |name: &str| match known {
            Some(Known::Tool(tool)) => Some(tool.mapped.declares(name)),
            _ => None,
        };
        Self {
            policies: policies.map(Policies::digest),
            engine: policies.map(|policies| policies.engine().word()),
            tool: known.map(ToolBasis::of),
            args_digest: Digest::of(arguments.unwrap_or_default().as_bytes()),
            args_types: arguments.map(|arguments| outline::of(arguments, &declared)),
            arguments: arguments_kept,
            arguments_redacted,
        }
    }

    /// That nothing was there to depend on; for tests of other parts of a record.
    #[cfg(test)]
    pub(crate) fn nothing() -> Self {
        Self {
            policies: None,
            engine: None,
            tool: None,
            args_digest: Digest::of(b""),
            args_types: None,
            arguments: None,
            arguments_redacted: None,
        }
    }
}

/// Arguments as they are, when the rules in force find no secret in them; otherwise without it, as
/// long as that is no longer than arguments may be.
fn without_secrets(
    arguments: Option<&str>,
    policies: Option<&Policies>,
) -> (Option<String>, Option<String>) {
    let Some(arguments) = arguments else {
        return (None, None);
    };
    let rules = policies
        .map_or(Redacting::built_in(), Policies::redaction)
        .rules();
    match rules.clean(arguments) {
        Cow::Borrowed(same) => (Some(same.to_owned()), None),
        Cow::Owned(redacted) => {
            let fits = redacted.len() <= ARGUMENTS_BYTES_MAX;
            (None, fits.then_some(redacted))
        }
    }
}

impl ToolBasis {
    fn of(known: Known<'_>) -> Self {
        let nothing = Self {
            listed: false,
            quarantined: None,
            definition: None,
            origin: None,
            hints: None,
            tags: Vec::new(),
            tags_count: None,
        };
        match known {
            Known::Unlisted(_) => nothing,
            Known::Quarantined(_) => Self {
                listed: true,
                quarantined: Some(true),
                ..nothing
            },
            Known::Tool(tool) => Self::listed(tool),
        }
    }

    fn listed(tool: &Tool) -> Self {
        let count = tool.tags.len();
        Self {
            listed: true,
            quarantined: None,
            definition: Some(tool.definition),
            origin: Some(tool.origin),
            hints: Some(hints(tool.annotations)),
            tags: tool.tags.iter().take(TAGS_MAX).cloned().collect(),
            tags_count: (count > TAGS_MAX).then_some(count),
        }
    }
}

/// The hints that hold, as the schema of policies names them.
fn hints(hints: Annotations) -> Vec<&'static str> {
    let all = [
        ("readOnly", hints.read_only),
        ("destructive", hints.destructive),
        ("idempotent", hints.idempotent),
        ("openWorld", hints.open_world),
    ];
    let held = all.into_iter().filter(|(_, holds)| *holds);
    held.map(|(name, _)| name).collect()
}
