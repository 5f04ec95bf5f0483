//! The tools that servers have listed: their hints, and the digest of each definition.
//!
//! What a server says about its tools is its own word; the newest definition that policies can be
//! validated with counts. What else policies know of tools is in [`crate::catalogue`].

mod canonical;

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Name, ServerName};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Most tools that are remembered for one server; beyond it a tool stays unlisted.
pub const TOOLS_MAX: usize = 10_000;

/// Most bytes of definitions that are remembered for one server, together. Beyond it a new tool
/// stays unlisted, and one that is known is in quarantine with its new definition.
pub const DEFINITIONS_BYTES_MAX: usize = 16 * 1024 * 1024;

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
    /// The specification calls `destructiveHint` meaningless for a read-only tool, so a read-only
    /// tool that does not claim to be destructive is not.
    #[must_use]
    pub fn read(json: Option<&str>) -> Self {
        let hints: Hints = json
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default();
        let default = Self::default();
        let read_only = hints.read_only_hint.unwrap_or(default.read_only);
        Self {
            read_only,
            destructive: hints.destructive_hint.unwrap_or(!read_only),
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
            json: json.into(),
        }
    }
}

/// A tool that is new, or whose definition is another than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The tool.
    pub tool: Name,
    /// The digest of the definition before, if there was one.
    pub before: Option<Digest>,
    /// The entry now.
    pub after: ToolEntry,
    /// Whether policies can be validated with it.
    pub fit: Fit,
}

/// Whether policies can be validated with a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// They can, so it counts.
    Accepted,
    /// They cannot: it does not count, and its tool is in quarantine.
    Refused,
}

/// What one server has said about one tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The definition that counts.
    pub accepted: Option<ToolEntry>,
    /// A later one that policies cannot be validated with. While there is one, no call is made.
    pub refused: Option<Digest>,
}

impl Listed {
    /// The digest of the newest definition, whether it counts or not.
    #[must_use]
    pub fn newest(&self) -> Option<Digest> {
        let accepted = self.accepted.as_ref().map(|entry| entry.definition);
        self.refused.or(accepted)
    }

    fn bytes(&self) -> usize {
        let accepted = self.accepted.as_ref();
        accepted.map_or(0, |entry| entry.json.len())
    }
}

/// What may still be remembered for one server.
struct Room {
    tools: usize,
    bytes: usize,
}

impl Room {
    fn left(known: Option<&BTreeMap<Name, Listed>>) -> Self {
        let bytes = known.into_iter().flat_map(BTreeMap::values);
        let bytes: usize = bytes.map(Listed::bytes).sum();
        Self {
            tools: TOOLS_MAX.saturating_sub(known.map_or(0, BTreeMap::len)),
            bytes: DEFINITIONS_BYTES_MAX.saturating_sub(bytes),
        }
    }

    /// Takes the room of one definition. Where there is none, a new tool is not remembered; of one
    /// that is known it must be remembered that it is another now, which takes no room.
    fn take(&mut self, before: Option<&Listed>, after: &ToolEntry) -> Option<Fit> {
        let bytes = self.bytes + before.map_or(0, Listed::bytes);
        let left = bytes.checked_sub(after.json.len());
        let tools = self.tools.checked_sub(usize::from(before.is_none()));
        match (left, tools, before) {
            (Some(bytes), Some(tools), _) => {
                *self = Self { tools, bytes };
                Some(Fit::Accepted)
            }
            (_, _, Some(_)) => Some(Fit::Refused),
            (_, _, None) => None,
        }
    }
}

/// All tools that all servers have listed.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    servers: BTreeMap<ServerName, BTreeMap<Name, Listed>>,
}

impl Registry {
    /// All servers with their tools.
    pub fn servers(&self) -> impl Iterator<Item = (&ServerName, &BTreeMap<Name, Listed>)> {
        self.servers.iter()
    }

    /// The tools of one server.
    #[must_use]
    pub fn server(&self, server: &ServerName) -> Option<&BTreeMap<Name, Listed>> {
        self.servers.get(server)
    }

    /// What a page of `tools/list` would change, without changing it.
    #[must_use]
    pub fn changes(&self, server: &ServerName, page: &[(Name, ToolEntry)]) -> Vec<Change> {
        let known = self.servers.get(server);
        let mut room = Room::left(known);
        let mut changes = Vec::new();
        for (tool, after) in page {
            let listed = known.and_then(|tools| tools.get(tool));
            let before = listed.and_then(Listed::newest);
            if before == Some(after.definition) {
                continue;
            }
            let fit = room.take(listed, after);
            changes.extend(fit.map(|fit| Change {
                tool: tool.clone(),
                before,
                after: after.clone(),
                fit,
            }));
        }
        changes
    }

    /// Takes changes over.
    pub fn apply(&mut self, server: &ServerName, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        let tools = self.servers.entry(server.clone()).or_default();
        for change in changes {
            let listed = tools.entry(change.tool.clone()).or_default();
            match change.fit {
                Fit::Accepted => {
                    listed.accepted = Some(change.after.clone());
                    listed.refused = None;
                }
                Fit::Refused => listed.refused = Some(change.after.definition),
            }
        }
    }

    /// Takes one tool over, as read back from storage.
    pub fn restore(&mut self, server: ServerName, tool: Name, listed: Listed) {
        self.servers.entry(server).or_default().insert(tool, listed);
    }
}

#[cfg(test)]
mod tests;
