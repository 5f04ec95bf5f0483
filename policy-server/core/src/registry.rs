//! The tools that servers have listed: their hints, and the digest of each definition.
//!
//! What a server says about its tools is its own word, and it may say different things to different
//! callers; who was shown what is in [`crate::views`]. What else policies know of tools is in
//! [`crate::catalogue`].

mod canonical;
mod entry;
mod listed;

use std::collections::BTreeMap;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Name, ServerName};

pub use self::entry::{Annotations, ToolEntry};
pub use self::listed::{DEFINITIONS_MAX, Listed, Shown};

/// Most tools that are remembered for one server; beyond it a tool stays unlisted.
pub const TOOLS_MAX: usize = 10_000;

/// Most bytes of definitions that are remembered for one server, together. Beyond it a new tool
/// stays unlisted, and one that is known is in quarantine with its new definition.
pub const DEFINITIONS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A tool that is new, or whose definition is another than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The tool.
    pub tool: Name,
    /// The digest of the newest definition before, if there was one.
    pub before: Option<Digest>,
    /// What policies could know of the definitions that are forgotten for it.
    pub forgotten: Vec<Digest>,
    /// The entry now.
    pub after: ToolEntry,
    /// Whether there is room for it.
    pub fit: Fit,
}

/// Whether there is room for a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// There is.
    Accepted,
    /// There is not: for whoever was shown it, the tool is in quarantine.
    Refused,
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

    /// Takes the room of one definition, and says which older ones of its tool go for it. Where there
    /// is no room, a new tool is not remembered; of one that is known it must be remembered that it is
    /// another now, which takes no room.
    fn take(&mut self, before: Option<&Listed>, after: &ToolEntry) -> Option<(Fit, Vec<Digest>)> {
        let nothing = Listed::default();
        let (gone, left) = before.unwrap_or(&nothing).forgets(after, self.bytes);
        let left = left.checked_sub(after.json.len());
        let tools = self.tools.checked_sub(usize::from(before.is_none()));
        match (left, tools, before) {
            (Some(bytes), Some(tools), _) => {
                *self = Self { tools, bytes };
                Some((Fit::Accepted, gone))
            }
            (_, _, Some(_)) => Some((Fit::Refused, Vec::new())),
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
            if listed.is_some_and(|listed| listed.knows(after)) {
                continue;
            }
            let taken = room.take(listed, after);
            let still =
                |fit| fit == Fit::Refused && listed.is_some_and(|listed| listed.refused(after));
            let taken = taken.filter(|(fit, _)| !still(*fit));
            changes.extend(taken.map(|(fit, forgotten)| Change {
                tool: tool.clone(),
                before: listed.and_then(Listed::newest).map(Shown::definition),
                forgotten,
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
            listed.forget(&change.forgotten);
            listed.push(Shown::of(change.after.clone(), change.fit));
        }
    }

    /// Takes one tool over, with all that was said about it.
    pub fn put(&mut self, server: ServerName, tool: Name, listed: Listed) {
        self.servers.entry(server).or_default().insert(tool, listed);
    }

    /// Takes one definition over, as read back from storage, the oldest first.
    pub fn restore(&mut self, server: ServerName, tool: Name, shown: Shown) {
        let tools = self.servers.entry(server).or_default();
        tools.entry(tool).or_default().push(shown);
    }
}

#[cfg(test)]
mod tests;
