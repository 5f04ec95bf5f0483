//! The tools that servers have listed: their hints, and the digest of each definition.
//!
//! What a server says about its tools is its own word; the newest list counts. Pinning a definition
//! is not here yet.

use std::collections::BTreeMap;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Name, ServerName};
use portcullis_protocol::wire::Target;
use serde::Deserialize;

/// Most tools that are remembered for one server; beyond it a tool stays unlisted.
pub const TOOLS_MAX: usize = 10_000;

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

/// What is known about one listed tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToolEntry {
    /// The hints.
    pub annotations: Annotations,
    /// SHA-256 of the definition's bytes.
    pub definition: Digest,
}

/// A tool that is new, or whose definition is another than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The tool.
    pub tool: Name,
    /// The entry before, if there was one.
    pub before: Option<ToolEntry>,
    /// The entry now.
    pub after: ToolEntry,
}

/// All tools that all servers have listed.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    servers: BTreeMap<ServerName, BTreeMap<Name, ToolEntry>>,
}

impl Registry {
    /// The entry of a target, when it is a listed tool of this server.
    #[must_use]
    pub fn entry(&self, server: &ServerName, target: &Target) -> Option<ToolEntry> {
        match target {
            Target::Tool(name) => self.servers.get(server)?.get(name).copied(),
            _ => None,
        }
    }

    /// What a page of `tools/list` would change, without changing it.
    #[must_use]
    pub fn changes(&self, server: &ServerName, page: &[(Name, ToolEntry)]) -> Vec<Change> {
        let known = self.servers.get(server);
        let mut room = TOOLS_MAX.saturating_sub(known.map_or(0, BTreeMap::len));
        let mut changes = Vec::new();
        for (tool, after) in page {
            let before = known.and_then(|tools| tools.get(tool)).copied();
            let fits = before.is_some() || room > 0;
            if before != Some(*after) && fits {
                room = room.saturating_sub(usize::from(before.is_none()));
                changes.push(Change {
                    tool: tool.clone(),
                    before,
                    after: *after,
                });
            }
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
            tools.insert(change.tool.clone(), change.after);
        }
    }

    /// Takes one entry over, as read back from storage.
    pub fn restore(&mut self, server: ServerName, tool: Name, entry: ToolEntry) {
        self.servers.entry(server).or_default().insert(tool, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_read_pessimistically() {
        assert_eq!(Annotations::read(None), Annotations::default());
        assert_eq!(Annotations::read(Some("{}")), Annotations::default());
        assert_eq!(Annotations::read(Some("[1]")), Annotations::default());
        assert_eq!(
            Annotations::read(Some(r#"{"readOnlyHint":"yes"}"#)),
            Annotations::default(),
            "a hint of the wrong type is no hint"
        );
        let twice = Annotations::read(Some(r#"{"readOnlyHint":false,"readOnlyHint":true}"#));
        assert_eq!(twice, Annotations::default(), "nor is one given twice");
        let read_only = Annotations::read(Some(r#"{"readOnlyHint":true,"title":"x"}"#));
        assert!(read_only.read_only && !read_only.destructive);
    }

    #[test]
    fn a_page_changes_what_is_new_or_different() {
        let server = ServerName::parse("demo").unwrap();
        let entry = |bytes: &[u8]| ToolEntry {
            annotations: Annotations::default(),
            definition: Digest::of(bytes),
        };
        let name = |text| Name::parse(text).unwrap();
        let page = vec![(name("a"), entry(b"1")), (name("b"), entry(b"2"))];
        let mut registry = Registry::default();
        let changes = registry.changes(&server, &page);
        assert_eq!(changes.len(), 2);
        registry.apply(&server, &changes);
        assert!(registry.changes(&server, &page).is_empty());
        let next = registry.changes(&server, &[(name("a"), entry(b"3"))]);
        assert_eq!(next.first().unwrap().before, Some(entry(b"1")));
        assert_eq!(registry.entry(&server, &Target::Prompt(name("a"))), None);
    }
}
