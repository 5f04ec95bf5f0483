//! What policies know of the tools behind each server: from tool lists in the policy folder, and
//! from lists seen in traffic where the folder has none.
//!
//! A list in the folder is a pin: what the server says later does not change what policies see. Else a
//! server may show different callers different definitions of a tool, and each is known. A tool that
//! cannot be mapped is in quarantine, and no other tool with it. Deliberately absent: the server's word
//! as such, which is the [`Registry`]'s.

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
use crate::registry::{Annotations, Listed, Registry, Shown, ToolEntry};
use crate::schema::{self, BaseContext, MappedTool, MappingFault, OutputSchema, ToolDefinition};
use crate::views::View;

/// Most patterns of the definitions that one server has listed in traffic, together: each may take
/// a quarter of a megabyte once it is compiled.
const PATTERNS_MAX: usize = 1_024;

/// A tool whose definition policies can rely on.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Its name.
    pub name: Name,
    /// The hints of its definition.
    pub annotations: Annotations,
    /// SHA-256 of what the definition says, however it is written.
    pub definition: Digest,
    /// SHA-256 of what of it policies can know.
    pub judged: Digest,
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
    /// A policy does not fit its definition.
    #[error("the policy `{policy}` does not fit its definition: {why}")]
    Unfit {
        /// The policy's id.
        policy: String,
        /// What does not fit.
        why: String,
    },
    /// Policies do not fit many of its server's definitions, too many to look at each.
    #[error(
        "the policies do not fit so many of its server's definitions that not each was looked at"
    )]
    Untried,
    /// Its server has shown more definitions than are remembered.
    #[error("its server's definitions are more than are remembered")]
    NoRoom,
    /// The caller was shown a definition that is not known here.
    #[error(
        "its server has shown it with a definition that is not known here, or not yet: list its tools again"
    )]
    Unknown,
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
    servers: BTreeMap<ServerName, BTreeMap<Name, Arc<Entry>>>,
}

/// What is known of one tool.
#[derive(Clone, Debug)]
struct Entry {
    origin: Origin,
    /// What its server has shown, the newest first; never empty.
    editions: Vec<Edition>,
}

/// One definition.
#[derive(Clone, Debug)]
struct Edition {
    judged: Digest,
    definition: Digest,
    /// What policies can rely on, or why a tool with this definition may not be called.
    tool: Result<Tool, Quarantine>,
    /// Why it may not be called under these policies, which other policies may mend.
    unfit: Option<Quarantine>,
}

impl Entry {
    /// The newest definition that can be relied on.
    fn tool(&self) -> Option<&Tool> {
        self.tools().next()
    }

    /// The definitions that can be relied on, the newest first.
    fn tools(&self) -> impl Iterator<Item = &Tool> {
        let each = self.editions.iter();
        each.filter_map(|edition| edition.tool().ok())
    }

    /// Why the tool may not be called, as its newest definition is.
    fn quarantine(&self) -> Option<&Quarantine> {
        self.editions.first()?.tool().err()
    }

    /// What is known of the tool in one of its definitions.
    fn known(&self, judged: Digest) -> Known<'_> {
        let mut editions = self.editions.iter();
        match editions.find(|edition| edition.judged == judged) {
            Some(edition) => edition.known(),
            None => Known::Quarantined(&Quarantine::Unknown),
        }
    }

    /// Whether it is made of these definitions, with these tags, and would be again.
    fn is_of(&self, listed: &Listed, making: &Making<'_>) -> bool {
        let same = |(edition, shown): (&Edition, &Shown)| {
            edition.definition == shown.definition() && edition.judged == shown.judged()
        };
        let lasts = |tool: &Tool| {
            let still = |wanted| wanted > making.patterns_left;
            tool.tags == making.tags && tool.mapped.lacks_room().is_none_or(still)
        };
        self.origin == making.origin
            && self.editions.iter().all(|edition| edition.unfit.is_none())
            && self.editions.len() == listed.all().count()
            && self.editions.iter().zip(listed.all()).all(same)
            && self.tools().all(lasts)
            && self.patterns() <= making.patterns_left
    }

    /// Most patterns that its definitions have compiled.
    fn patterns(&self) -> usize {
        self.tools().map(|tool| tool.mapped.patterns()).sum()
    }
}

impl Edition {
    fn tool(&self) -> Result<&Tool, &Quarantine> {
        match &self.unfit {
            Some(why) => Err(why),
            None => self.tool.as_ref(),
        }
    }

    fn known(&self) -> Known<'_> {
        match self.tool() {
            Ok(tool) => Known::Tool(tool),
            Err(why) => Known::Quarantined(why),
        }
    }
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
        let mut servers: BTreeMap<ServerName, BTreeMap<Name, Arc<Entry>>> = BTreeMap::new();
        let mut patterns: BTreeMap<&ServerName, usize> = BTreeMap::new();
        for (server, name, listed, origin) in pins.listed().chain(seen(registry)) {
            let tools = servers.entry(server.clone()).or_default();
            if tools.contains_key(name) {
                continue;
            }
            let patterns = patterns.entry(server).or_default();
            let before = before.and_then(|before| before.servers.get(server)?.get(name));
            let making = Making {
                server,
                name,
                origin,
                base,
                before: before.map(|before| &**before),
                tags: tags.of(server, name),
                patterns_left: match origin {
                    Origin::Folder => usize::MAX,
                    Origin::Traffic => PATTERNS_MAX.saturating_sub(*patterns),
                },
            };
            let same = before.filter(|before| before.is_of(listed, &making));
            let entry = match same {
                Some(same) => same.clone(),
                None => Arc::new(making.entry(listed)),
            };
            *patterns += entry.patterns();
            tools.insert(name.clone(), entry);
        }
        Ok(Self { tags, servers })
    }

    /// The same, with these definitions in quarantine: each by its server, its tool and what policies
    /// can know of it.
    #[must_use]
    pub fn without<'u>(
        mut self,
        unfit: impl Iterator<Item = (&'u ServerName, &'u Name, Digest, &'u Quarantine)>,
    ) -> Self {
        for (server, name, judged, why) in unfit {
            let tools = self.servers.get_mut(server);
            let Some(entry) = tools.and_then(|tools| tools.get_mut(name)) else {
                continue;
            };
            let mut editions = Arc::make_mut(entry).editions.iter_mut();
            if let Some(edition) = editions.find(|edition| edition.judged == judged) {
                edition.unfit = Some(why.clone());
            }
        }
        self
    }

    /// What is known about a target, as its server has shown it last.
    #[must_use]
    pub fn known(&self, server: &ServerName, target: &Target) -> Known<'_> {
        match self.of(server, target) {
            Ok(entry) => entry
                .editions
                .first()
                .map_or(Known::Unlisted(&[]), Edition::known),
            Err(tags) => Known::Unlisted(tags),
        }
    }

    /// What is known about a tool in one of its definitions: that with this digest of what policies
    /// can know. A pin holds whatever is shown.
    #[must_use]
    pub fn known_as(&self, server: &ServerName, target: &Target, judged: Digest) -> Known<'_> {
        match self.of(server, target) {
            Ok(entry) if entry.origin == Origin::Traffic => entry.known(judged),
            _ => self.known(server, target),
        }
    }

    /// What is known about a target as a caller was shown it. Where that is not known it may be any of
    /// its definitions: the newest, and the others that can be relied on.
    #[must_use]
    pub fn seen(
        &self,
        server: &ServerName,
        target: &Target,
        view: Option<&View>,
    ) -> (Known<'_>, Vec<&Tool>) {
        let Ok(entry) = self.of(server, target) else {
            return (self.known(server, target), Vec::new());
        };
        let tool = match target {
            Target::Tool(name) => view.and_then(|view| view.of(name)),
            _ => None,
        };
        match (entry.origin, tool) {
            (Origin::Traffic, Some(judged)) => (entry.known(judged), Vec::new()),
            (Origin::Traffic, None) => {
                (self.known(server, target), entry.tools().skip(1).collect())
            }
            (Origin::Folder, _) => (self.known(server, target), Vec::new()),
        }
    }

    /// The entry of a tool; of what is none, the tags that the folder gives it, sorted.
    fn of(&self, server: &ServerName, target: &Target) -> Result<&Entry, &[String]> {
        let Target::Tool(name) = target else {
            return Err(&[]);
        };
        let entry = self.servers.get(server).and_then(|tools| tools.get(name));
        entry
            .map(|entry| &**entry)
            .ok_or_else(|| self.tags.of(server, name))
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
            .filter_map(|(server, _, entry)| Some((server, entry.tool()?)))
    }

    /// All tools in all definitions that can be relied on, by server and name, the newest first.
    pub fn editions(&self) -> impl Iterator<Item = (&ServerName, &Tool)> {
        self.entries()
            .flat_map(|(server, _, entry)| entry.tools().map(move |tool| (server, tool)))
    }

    /// All tools in quarantine, by server and name.
    pub fn quarantined(&self) -> impl Iterator<Item = (&ServerName, &Name, &Quarantine)> {
        self.entries()
            .filter_map(|(server, name, entry)| Some((server, name, entry.quarantine()?)))
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
            tools
                .iter()
                .map(move |(name, entry)| (server, name, &**entry))
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
    tags: &'a [String],
    patterns_left: usize,
}

impl Making<'_> {
    fn entry(mut self, listed: &Listed) -> Entry {
        let mut editions = Vec::new();
        for shown in listed.all() {
            let tool = match shown {
                Shown::Accepted(entry) => self.tool(entry),
                Shown::Refused { .. } => Err(Quarantine::NoRoom),
            };
            let patterns = tool.as_ref().map_or(0, |tool| tool.mapped.patterns());
            self.patterns_left = self.patterns_left.saturating_sub(patterns);
            editions.push(Edition {
                judged: shown.judged(),
                definition: shown.definition(),
                tool,
                unfit: None,
            });
        }
        Entry {
            origin: self.origin,
            editions,
        }
    }

    fn tool(&self, entry: &ToolEntry) -> Result<Tool, Quarantine> {
        let before = self.before.into_iter().flat_map(|before| &before.editions);
        let mut same = before.filter(|edition| edition.judged == entry.judged);
        let before = same.next().map(|edition| edition.tool.as_ref());
        let (marked, output) = match &before {
            Some(Ok(before)) => (before.marked.clone(), before.output.clone()),
            _ => {
                let (marked, output) = schema::beside(&entry.json)?;
                (Arc::new(marked), Arc::new(output))
            }
        };
        Ok(Tool {
            name: self.name.clone(),
            annotations: entry.annotations,
            definition: entry.definition,
            judged: entry.judged,
            json: entry.json.clone(),
            tags: self.tags.to_vec(),
            origin: self.origin,
            mapped: self.mapped(entry, before)?,
            marked,
            output,
        })
    }

    /// The mapping of a definition, anew only if it is another than before.
    fn mapped(
        &self,
        entry: &ToolEntry,
        before: Option<Result<&Tool, &Quarantine>>,
    ) -> Result<Arc<MappedTool>, Quarantine> {
        match before {
            Some(Ok(before))
                if before.mapped.patterns() <= self.patterns_left
                    && before
                        .mapped
                        .lacks_room()
                        .is_none_or(|wanted| wanted > self.patterns_left) =>
            {
                Ok(before.mapped.clone())
            }
            Some(Err(fault @ Quarantine::Mapping(_))) => Err(fault.clone()),
            _ => Ok(Arc::new(self.anew(entry)?)),
        }
    }

    /// The mapping of a definition; where there is no room for its patterns, its arguments have no
    /// types.
    fn anew(&self, entry: &ToolEntry) -> Result<MappedTool, MappingFault> {
        let definition = ToolDefinition::read(&entry.json)?;
        let opaque = |wanted| {
            let why = MappingFault::Patterns { wanted };
            MappedTool::opaque(self.server, &definition, self.base, why)
        };
        if definition.patterns() > self.patterns_left {
            return opaque(definition.patterns());
        }
        let mapped = MappedTool::map(self.server, &definition, self.base)?;
        match mapped.patterns() <= self.patterns_left {
            true => Ok(mapped),
            false => opaque(mapped.patterns()),
        }
    }
}

#[cfg(test)]
mod tests;
