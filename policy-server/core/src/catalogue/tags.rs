//! Capability tags: what the security team says about tools, in `tags.toml` of the policy folder.
//!
//! ```toml
//! [github]
//! create_issue = ["public", "write"]
//! "*" = ["code"]            # every tool of this server
//! ```
//!
//! Deliberately absent: what a server says about itself; that is in the hints.

use std::collections::BTreeMap;

use portcullis_protocol::names::{Name, ServerName};

use crate::policies::{Code, Place, Problem, Sources, TAGS_FILE};

/// Stands for every tool of a server.
const EVERY: &str = "*";

/// Tags by server and tool, sorted and each once. Those of every tool are in each tool's, too.
#[derive(Debug, Default)]
pub(super) struct Tags(BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl Tags {
    /// Reads the file; without one there are no tags.
    pub(super) fn read(sources: &Sources) -> Result<Self, Vec<Problem>> {
        let Some(text) = sources.text(TAGS_FILE) else {
            return Ok(Self::default());
        };
        let problem = |message: &str, place| {
            let mut problem = Problem::new(Code::Tags, TAGS_FILE, message)
                .help("write `[server]` and below it `tool = [\"tag\", …]`");
            problem.place = place;
            vec![problem]
        };
        let mut tags: BTreeMap<String, BTreeMap<String, Vec<String>>> = toml::from_str(text)
            .map_err(|error| {
                let place = error.span().map(|span| Place::of(text, span.start));
                problem(error.message(), place)
            })?;
        for (server, tools) in &tags {
            if ServerName::parse(server).is_err() {
                return Err(problem(&format!("`{server}` is no name of a server"), None));
            }
            let unsound = |tag: &&String| Name::parse(tag).is_err();
            if let Some(tag) = tools.values().flatten().find(unsound) {
                let message = format!("`{}` is no plain tag", tag.escape_debug());
                return Err(problem(&message, None));
            }
        }
        for tools in tags.values_mut() {
            let every = tools.get(EVERY).cloned().unwrap_or_default();
            for tags in tools.values_mut() {
                tags.extend(every.iter().cloned());
                tags.sort();
                tags.dedup();
            }
        }
        Ok(Self(tags))
    }

    /// All tags.
    pub(super) fn all(&self) -> impl Iterator<Item = &String> {
        self.0.values().flat_map(BTreeMap::values).flatten()
    }

    /// The tools that have tags, by server; `*` is none.
    pub(super) fn tools(&self) -> impl Iterator<Item = (&String, &String)> {
        let each = self.0.iter();
        let tools = each.flat_map(|(server, tools)| tools.keys().map(move |tool| (server, tool)));
        tools.filter(|(_, tool)| *tool != EVERY)
    }

    /// The tags of a tool, whether its server lists it or not.
    pub(super) fn of(&self, server: &ServerName, tool: &Name) -> &[String] {
        let tools = self.0.get(server.as_str());
        let tags = tools.and_then(|tools| tools.get(tool.as_str()).or_else(|| tools.get(EVERY)));
        tags.map_or(&[], Vec::as_slice)
    }
}
