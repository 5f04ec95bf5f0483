//! What policies know of the tools behind each server: from tool lists in the policy folder, and
//! from lists seen in traffic where the folder has none.
//!
//! A list in the folder is a pin: what the server says later does not change what policies see. A
//! tool that cannot be mapped is in quarantine, and no other tool with it. Deliberately absent: the
//! server's word as such, which is the [`Registry`]'s.

mod drift;
mod pins;
mod tags;

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Name, ServerName};
use portcullis_protocol::wire::{Marked, Target};
use serde::Serialize;

pub use self::drift::{Compared, Drift, drift};
pub use self::pins::{pinned, pins_file, pins_text};
use self::tags::Tags;
use crate::policies::{Problem, Sources};
use crate::registry::{Annotations, Listed, Registry, ToolEntry};
use crate::schema::{self, BaseContext, MappedTool, MappingFault, OutputSchema, ToolDefinition};

/// Most patterns of the definitions that one server has listed in traffic, together: each may take
/// a quarter of a megabyte once it is compiled.
const PATTERNS_MAX: usize = 1_024;

/// A tool whose definition policies can rely on.
#[derive(Debug)]
pub struct Tool {
    /// Its name.
    pub name: Name,
    /// The hints of its definition.
    pub annotations: Annotations,
    /// SHA-256 of what the definition says, however it is written.
    pub definition: Digest,
    /// The definition's bytes.
    pub json: Arc<str>,
    /// What the security team says about it, sorted: `tags.toml` in the policy folder.
    pub tags: Vec<String>,
    /// Where the definition is from.
    pub origin: Origin,
    /// Its arguments in Cedar's terms.
    pub mapped: Arc<MappedTool>,
    /// The fields that its schemas mark as secret.
    pub marked: Arc<Marked>,
    /// What its structured results must be.
    pub output: Arc<OutputSchema>,
}

/// Where a definition is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A tool list in the policy folder.
    Folder,
    /// A list seen in traffic.
    Traffic,
}

/// Why no call of a tool is made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Quarantine {
    /// Its definition cannot be mapped.
    #[error(transparent)]
    Mapping(#[from] MappingFault),
    /// Its definition has changed so that the policies no longer fit it.
    #[error("the policies do not fit its new definition")]
    Unfit,
}

/// What policies know about a target.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// No definition: it is no tool, or one that nobody has listed. What the security team says
    /// about it holds all the same: its tags, sorted.
    Unlisted(&'a [String]),
    /// A tool with a definition.
    Tool(&'a Tool),
    /// A tool that may not be called.
    Quarantined(&'a Quarantine),
}

/// All tools of all servers.
#[derive(Debug, Default)]
pub struct Catalogue {
    tags: Tags,
    servers: BTreeMap<ServerName, BTreeMap<Name, Entry>>,
}

/// What is known of one tool.
#[derive(Debug)]
struct Entry {
    origin: Origin,
    /// The definition that policies are validated with: the last good one.
    tool: Option<Tool>,
    /// Why the tool may not be called.
    quarantine: Option<Quarantine>,
    /// The definition that could not be mapped, and why; so that this is not found out again.
    unmapped: Option<(Digest, MappingFault)>,
}

impl Catalogue {
    /// Gathers the tools of the folder and of traffic. What `before` has mapped is not mapped anew.
    ///
    /// # Errors
    /// A file of the folder cannot be read.
    pub fn gather(
        sources: &Sources,
        registry: &Registry,
        base: &BaseContext,
        before: Option<&Self>,
    ) -> Result<Self, Vec<Problem>> {
        let tags = Tags::read(sources)?;
        let pins = pins::read(sources)?;
        let mut servers: BTreeMap<ServerName, BTreeMap<Name, Entry>> = BTreeMap::new();
        let mut patterns: BTreeMap<&ServerName, usize> = BTreeMap::new();
        for (server, name, listed, origin) in pins.listed().chain(seen(registry)) {
            let tools = servers.entry(server.clone()).or_default();
            if tools.contains_key(name) {
                continue;
            }
            let patterns = patterns.entry(server).or_default();
            let making = Making {
                server,
                name,
                origin,
                base,
                before: before.and_then(|before| before.servers.get(server)?.get(name)),
                tags: tags.of(server, name).to_vec(),
                patterns_left: match origin {
                    Origin::Folder => usize::MAX,
                    Origin::Traffic => PATTERNS_MAX.saturating_sub(*patterns),
                },
            };
            let entry = making.entry(listed);
            *patterns += entry.tool.as_ref().map_or(0, |tool| tool.mapped.patterns());
            tools.insert(name.clone(), entry);
        }
        Ok(Self { tags, servers })
    }

    /// What is known about a target.
    #[must_use]
    pub fn known(&self, server: &ServerName, target: &Target) -> Known<'_> {
        let Target::Tool(name) = target else {
            return Known::Unlisted(&[]);
        };
        let entry = self.servers.get(server).and_then(|tools| tools.get(name));
        match entry {
            Some(Entry {
                quarantine: Some(why),
                ..
            }) => Known::Quarantined(why),
            Some(Entry {
                tool: Some(tool), ..
            }) => Known::Tool(tool),
            _ => Known::Unlisted(self.tags.of(server, name)),
        }
    }

    /// All tags that the folder gives.
    pub fn tags(&self) -> impl Iterator<Item = &String> {
        self.tags.all()
    }

    /// The tools that the folder tags, by the names of server and tool, whether they exist or not.
    pub fn tagged(&self) -> impl Iterator<Item = (&String, &String)> {
        self.tags.tools()
    }

    /// Whether the folder pins all of these tools, so that what their server says changes nothing.
    #[must_use]
    pub fn pins<'n>(&self, server: &ServerName, tools: impl IntoIterator<Item = &'n Name>) -> bool {
        let known = self.servers.get(server);
        let pinned = |name: &Name| {
            let entry = known.and_then(|tools| tools.get(name));
            entry.is_some_and(|entry| entry.origin == Origin::Folder)
        };
        tools.into_iter().all(pinned)
    }

    /// All tools with a definition, by server and name; those in quarantine keep their last good one.
    pub fn tools(&self) -> impl Iterator<Item = (&ServerName, &Tool)> {
        self.entries()
            .filter_map(|(server, _, entry)| Some((server, entry.tool.as_ref()?)))
    }

    /// All tools in quarantine, by server and name.
    pub fn quarantined(&self) -> impl Iterator<Item = (&ServerName, &Name, &Quarantine)> {
        self.entries()
            .filter_map(|(server, name, entry)| Some((server, name, entry.quarantine.as_ref()?)))
    }

    /// All tools, by server and name, and where each is from.
    pub fn names(&self) -> impl Iterator<Item = (&ServerName, &Name, Origin)> {
        self.entries()
            .map(|(server, name, entry)| (server, name, entry.origin))
    }

    /// How many tools there are, with those in quarantine.
    #[must_use]
    pub fn count(&self) -> usize {
        self.servers.values().map(BTreeMap::len).sum()
    }

    fn entries(&self) -> impl Iterator<Item = (&ServerName, &Name, &Entry)> {
        let each = self.servers.iter();
        each.flat_map(|(server, tools)| {
            tools.iter().map(move |(name, entry)| (server, name, entry))
        })
    }
}

/// What traffic has shown.
fn seen(registry: &Registry) -> impl Iterator<Item = (&ServerName, &Name, &Listed, Origin)> {
    registry.servers().flat_map(|(server, tools)| {
        let each = tools.iter();
        each.map(move |(name, listed)| (server, name, listed, Origin::Traffic))
    })
}

/// One tool in the making.
struct Making<'a> {
    server: &'a ServerName,
    name: &'a Name,
    origin: Origin,
    base: &'a BaseContext,
    before: Option<&'a Entry>,
    tags: Vec<String>,
    patterns_left: usize,
}

impl Making<'_> {
    fn entry(self, listed: &Listed) -> Entry {
        let unfit = listed.refused.map(|_| Quarantine::Unfit);
        let origin = self.origin;
        let accepted = listed.accepted.as_ref();
        let (tool, quarantine) = match accepted.map(|entry| self.tool(entry)) {
            Some(Ok(tool)) => (Some(tool), unfit),
            Some(Err(why)) => (None, Some(why)),
            None => (None, Some(Quarantine::Unfit)),
        };
        let unmapped = match (&quarantine, accepted) {
            (Some(Quarantine::Mapping(fault)), Some(entry)) => {
                Some((entry.definition, fault.clone()))
            }
            _ => None,
        };
        Entry {
            origin,
            tool,
            quarantine,
            unmapped,
        }
    }

    fn tool(self, entry: &ToolEntry) -> Result<Tool, Quarantine> {
        let mapped = self.mapped(entry)?;
        let before = self.before.and_then(|before| before.tool.as_ref());
        let (marked, output) = match before {
            Some(before) if before.definition == entry.definition => {
                (before.marked.clone(), before.output.clone())
            }
            _ => {
                let (marked, output) = schema::beside(&entry.json)?;
                (Arc::new(marked), Arc::new(output))
            }
        };
        Ok(Tool {
            name: self.name.clone(),
            annotations: entry.annotations,
            definition: entry.definition,
            json: entry.json.clone(),
            tags: self.tags,
            origin: self.origin,
            mapped,
            marked,
            output,
        })
    }

    /// The mapping of a definition, anew only if it is another than before.
    fn mapped(&self, entry: &ToolEntry) -> Result<Arc<MappedTool>, Quarantine> {
        let before = self.before.and_then(|before| before.tool.as_ref());
        let unmapped = self.before.and_then(|before| before.unmapped.as_ref());
        match (before, unmapped) {
            (Some(before), _)
                if before.definition == entry.definition
                    && !before.mapped.lacks_room()
                    && before.mapped.patterns() <= self.patterns_left =>
            {
                Ok(before.mapped.clone())
            }
            (_, Some((definition, fault))) if *definition == entry.definition => {
                Err(fault.clone().into())
            }
            _ => Ok(Arc::new(self.anew(entry)?)),
        }
    }

    /// The mapping of a definition; where there is no room for its patterns, its arguments have no
    /// types.
    fn anew(&self, entry: &ToolEntry) -> Result<MappedTool, MappingFault> {
        let definition = ToolDefinition::read(&entry.json)?;
        let opaque =
            || MappedTool::opaque(self.server, &definition, self.base, MappingFault::Patterns);
        if definition.patterns() > self.patterns_left {
            return opaque();
        }
        let mapped = MappedTool::map(self.server, &definition, self.base)?;
        match mapped.patterns() <= self.patterns_left {
            true => Ok(mapped),
            false => opaque(),
        }
    }
}

#[cfg(test)]
mod tests;
