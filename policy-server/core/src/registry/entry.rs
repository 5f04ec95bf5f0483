//! One definition of a tool: its hints, and the digests that name it.

use std::sync::Arc;

use portcullis_protocol::digest::Digest;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::canonical;

/// The hints of the MCP specification, with its pessimistic defaults where a server is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "the specification has these four hints"
)]
pub struct Annotations {
    /// The tool changes nothing.
    pub read_only: bool,
    /// The tool may destroy something.
    pub destructive: bool,
    /// Calling it again changes nothing more.
    pub idempotent: bool,
    /// The tool reaches beyond its server.
    pub open_world: bool,
}

impl Default for Annotations {
    fn default() -> Self {
        Self {
            read_only: false,
            destructive: true,
            idempotent: false,
            open_world: true,
        }
    }
}

/// The members of a tool's `annotations` as written; others are no hints.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hints {
    read_only_hint: Option<bool>,
    destructive_hint: Option<bool>,
    idempotent_hint: Option<bool>,
    open_world_hint: Option<bool>,
}

impl Annotations {
    /// Reads a tool's `annotations` member. What cannot be read gives the pessimistic defaults.
    ///
    /// The specification calls `destructiveHint` meaningless for a read-only tool, and SDKs write it by
    /// default, so a read-only tool is never destructive.
    #[must_use]
    pub fn read(json: Option<&str>) -> Self {
        let hints: Hints = json
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default();
        let default = Self::default();
        let read_only = hints.read_only_hint.unwrap_or(default.read_only);
        Self {
            read_only,
            destructive: !read_only && hints.destructive_hint.unwrap_or(default.destructive),
            idempotent: hints.idempotent_hint.unwrap_or(default.idempotent),
            open_world: hints.open_world_hint.unwrap_or(default.open_world),
        }
    }
}

/// One definition of a tool, as its server listed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolEntry {
    /// The hints.
    pub annotations: Annotations,
    /// SHA-256 of what the definition says, however it is written.
    pub definition: Digest,
    /// SHA-256 of what of it policies can know: name, schemas and hints, not what it tells people.
    pub judged: Digest,
    /// The definition's bytes.
    pub json: Arc<str>,
}

impl ToolEntry {
    /// Reads one element of a page of `tools/list`, byte for byte.
    #[must_use]
    pub fn read(json: &str) -> Self {
        #[derive(Deserialize)]
        struct Hinted<'a> {
            #[serde(borrow)]
            annotations: Option<&'a RawValue>,
        }
        let hinted = serde_json::from_str::<Hinted<'_>>(json).ok();
        let hints = hinted.and_then(|hinted| hinted.annotations);
        Self {
            annotations: Annotations::read(hints.map(RawValue::get)),
            definition: canonical::digest(json),
            judged: canonical::judged(json),
            json: json.into(),
        }
    }
}
