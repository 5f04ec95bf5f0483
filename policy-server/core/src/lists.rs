//! Lists on the way back: an agent sees what it may use.
//!
//! An item is shown unless no arguments at all could be permitted to this caller. Items keep their
//! bytes and their order; nothing is written anew except who may cache the page, and for how long.

mod hidden;

use std::collections::BTreeMap;
use std::fmt;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::json;
use portcullis_protocol::mcp;
use portcullis_protocol::names::{Name, ServerName, Uri};
use portcullis_protocol::wire::{Direction, ListKind, ListQuery, Target};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

pub use self::hidden::{Hidden, hidden};
use crate::catalogue::{Catalogue, Known, Quarantine};
use crate::decision::Judge;
use crate::engine::Fault;
use crate::facts::{Facts, Subject};
use crate::policies::Policies;
use crate::registry::{Change, Fit, Registry, Shown, ToolEntry};

/// Longest time that a filtered page may be cached, in milliseconds: a changed policy shows by then.
pub const TTL_MS_MAX: u64 = 5_000;

/// The first protocol version whose pages say who may cache them.
const CACHE_SCOPE_SINCE: &str = "2026-07-28";

/// Most items on one page; real pages stay under a thousand. A page of this length keeps the writer
/// of the log busy for a few milliseconds when all of its tools are new.
pub const ITEMS_MAX: usize = 2_000;

/// Why a page is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The result is no JSON object, or has a member twice.
    #[error("the result is not an object whose members are there once: {0}")]
    Shape(String),
    /// The result has no array of items where the list belongs.
    #[error("the result has no array `{0}`")]
    Items(&'static str),
    /// There are more items than one page may have.
    #[error("the page has more than {ITEMS_MAX} items")]
    TooMany,
    /// The question could not be put.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A page that the caller may see.
#[derive(Clone, Debug)]
pub struct Page {
    /// The `result` member to release.
    pub result: Box<RawValue>,
    /// How many items the page had.
    pub listed: usize,
    /// How many of them the caller may see.
    pub shown: usize,
    /// How many were dropped for want of a sound or single name, or for a member spelt like another.
    pub unsound: usize,
    /// How many are tools in quarantine, which nobody sees.
    pub quarantined: usize,
    /// How many are tools with arguments that cannot be checked.
    pub unchecked: usize,
}

/// A page as the server sent it, read.
pub struct Listing<'a> {
    query: &'a ListQuery,
    members: Members<'a>,
    items: Vec<Item<'a>>,
    listed: usize,
}

/// An item with the target that it names.
struct Item<'a> {
    raw: &'a RawValue,
    target: Target,
    /// Its definition, where it is a tool.
    tool: Option<ToolEntry>,
}

impl Item<'_> {
    fn tool(&self) -> Option<(Name, ToolEntry)> {
        match &self.target {
            Target::Tool(name) => Some((name.clone(), self.tool.clone()?)),
            _ => None,
        }
    }

    /// What is known about it as the page shows it.
    fn known<'c>(&self, catalogue: &'c Catalogue, server: &ServerName) -> Known<'c> {
        match &self.tool {
            Some(entry) => catalogue.known_as(server, &self.target, entry.judged),
            None => catalogue.known(server, &self.target),
        }
    }
}

/// The members of a JSON object in their order, each there once.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Listing<'a> {
    /// Reads one page.
    ///
    /// # Errors
    /// The page is no list result.
    pub fn read(query: &'a ListQuery) -> Result<Self, ListError> {
        let (_, member) = query.kind.method_and_member();
        let members: Members<'_> = serde_json::from_str(query.result.get())
            .map_err(|error| ListError::Shape(error.to_string()))?;
        let items = members.0.iter().find(|(name, _)| name == member);
        let items: Vec<&RawValue> = items
            .and_then(|(_, items)| serde_json::from_str(items.get()).ok())
            .ok_or(ListError::Items(member))?;
        if items.len() > ITEMS_MAX {
            return Err(ListError::TooMany);
        }
        Ok(Self {
            query,
            listed: items.len(),
            items: sound_items(query.kind, &items),
            members,
        })
    }

    /// The tools that the page defines, for the registry.
    #[must_use]
    pub fn tools(&self) -> Vec<(Name, ToolEntry)> {
        self.items.iter().filter_map(Item::tool).collect()
    }

    /// What the page changes of what is known. A definition that policies fit, of a tool that was last
    /// listed with one that they do not fit, is news again.
    #[must_use]
    pub fn changes(&self, registry: &Registry, policies: &Policies) -> Vec<Change> {
        let (server, tools) = (&self.query.server, self.tools());
        let mut changes = registry.changes(server, &tools);
        let catalogue = policies.catalogue();
        let is_back = |(tool, entry): &&(Name, ToolEntry)| {
            let target = Target::Tool(tool.clone());
            let last = catalogue.known(server, &target);
            let now = catalogue.known_as(server, &target, entry.judged);
            matches!((last, now), (Known::Quarantined(_), Known::Tool(_)))
        };
        let known = |tool: &Name| registry.server(server)?.get(tool)?.newest();
        for (tool, entry) in tools.iter().filter(is_back) {
            if changes.iter().all(|change| change.tool != *tool) {
                changes.push(Change {
                    tool: tool.clone(),
                    before: known(tool).map(Shown::definition),
                    forgotten: Vec::new(),
                    after: entry.clone(),
                    fit: Fit::Accepted,
                });
            }
        }
        changes
    }

    /// What the page shows of tools: of each, the digest of what of its definition policies can know.
    #[must_use]
    pub fn shows(&self) -> Vec<(Name, Digest)> {
        let tools = self.items.iter().filter_map(|item| match &item.target {
            Target::Tool(name) => Some((name.clone(), item.tool.as_ref()?.judged)),
            _ => None,
        });
        tools.collect()
    }

    /// The same page without tools that `policies` know, and not as it shows them. A tool that they do
    /// not know at all is judged as one that nobody has listed.
    #[must_use]
    pub fn without_changed(mut self, policies: &Policies) -> Self {
        let (catalogue, server) = (policies.catalogue(), &self.query.server);
        self.items
            .retain(|item| match item.known(catalogue, server) {
                Known::Quarantined(why) => *why != Quarantine::Unknown,
                Known::Unlisted(_) | Known::Tool(_) => true,
            });
        self
    }

    /// What the caller may see of it. `policies` know the tools of the page.
    ///
    /// # Errors
    /// The engine cannot be asked.
    pub fn filter(&self, policies: &Policies, now_ms: i64) -> Result<Page, ListError> {
        let (catalogue, server) = (policies.catalogue(), &self.query.server);
        let known = |item: &Item<'_>| item.known(catalogue, server);
        let quarantined = |item: &&Item<'_>| matches!(known(item), Known::Quarantined(_));
        let unchecked = |item: &&Item<'_>| match known(item) {
            Known::Tool(tool) => !tool.mapped.unchecked().is_empty(),
            _ => false,
        };
        let shown = self.shown(policies, now_ms)?;
        Ok(Page {
            result: page(&self.members, self.query, &shown)?,
            listed: self.listed,
            shown: shown.len(),
            unsound: self.listed - self.items.len(),
            quarantined: self.items.iter().filter(quarantined).count(),
            unchecked: self.items.iter().filter(unchecked).count(),
        })
    }

    fn shown(&self, policies: &Policies, now_ms: i64) -> Result<Vec<&'a RawValue>, ListError> {
        let query = self.query;
        let facts = Facts {
            server: &query.server,
            caller: &query.caller,
            direction: Direction::ToServer,
            method: use_of(query.kind),
            subjects: Vec::new(),
            protocol_version: query.protocol_version.as_ref(),
            arguments: None,
            approval: None,
            now_ms,
        };
        let judge = Judge::new(policies, &facts)?;
        let may = |item: &&Item<'_>| {
            let known = item.known(policies.catalogue(), &query.server);
            judge.shows(&Subject::new(&item.target, known))
        };
        Ok(self.items.iter().filter(may).map(|item| item.raw).collect())
    }
}

/// The tools among the items of a `tools/list`, as [`Listing::tools`] finds them.
#[must_use]
pub fn sound_tools(items: &[&RawValue]) -> Vec<(Name, ToolEntry)> {
    let sound = sound_items(ListKind::Tools, items);
    sound.iter().filter_map(Item::tool).collect()
}

/// Items with clear members and a sound name that the page has once; of two tools with one name neither is sound.
fn sound_items<'a>(kind: ListKind, items: &[&'a RawValue]) -> Vec<Item<'a>> {
    let mut sound: Vec<Item<'a>> = items.iter().filter_map(|raw| item(kind, raw)).collect();
    let mut seen: BTreeMap<Target, usize> = BTreeMap::new();
    for item in &sound {
        *seen.entry(item.target.clone()).or_default() += 1;
    }
    let by_name = matches!(kind, ListKind::Tools | ListKind::Prompts);
    sound.retain(|item| !by_name || seen.get(&item.target) == Some(&1));
    sound
}

fn item(kind: ListKind, raw: &RawValue) -> Option<Item<'_>> {
    // What an agent could read otherwise than we do is no sound item.
    let json = json::check(raw.get().as_bytes()).ok()?;
    mcp::list_item(kind).check(json).ok()?;
    let Members(members) = serde_json::from_str(raw.get()).ok()?;
    let text = |wanted: &str| -> Option<String> {
        let (_, value) = members.iter().find(|(name, _)| name == wanted)?;
        serde_json::from_str(value.get()).ok()
    };
    let target = match kind {
        ListKind::Tools => Target::Tool(Name::parse(&text("name")?).ok()?),
        ListKind::Prompts => Target::Prompt(Name::parse(&text("name")?).ok()?),
        ListKind::Resources => Target::Resource(Uri::parse(&text("uri")?).ok()?),
        ListKind::Templates => Target::Template(Uri::parse(&text("uriTemplate")?).ok()?),
    };
    let tool = (kind == ListKind::Tools).then(|| ToolEntry::read(raw.get()));
    Some(Item { raw, target, tool })
}

/// The method that uses what a list shows.
const fn use_of(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Tools => "tools/call",
        ListKind::Prompts => "prompts/get",
        ListKind::Resources => "resources/read",
        ListKind::Templates => "completion/complete",
    }
}

/// Puts the page together again: every other member keeps its bytes.
fn page(
    members: &Members<'_>,
    query: &ListQuery,
    shown: &[&RawValue],
) -> Result<Box<RawValue>, ListError> {
    let (_, member) = query.kind.method_and_member();
    let items: Vec<&str> = shown.iter().map(|raw| raw.get()).collect();
    let version = query.protocol_version.as_ref().map_or("", Name::as_str);
    let modern = version >= CACHE_SCOPE_SINCE;
    let mut written: Vec<(&str, String)> = Vec::new();
    for (name, value) in &members.0 {
        let value = match name.as_str() {
            name if name == member => format!("[{}]", items.join(",")),
            "cacheScope" => "\"private\"".to_owned(),
            "ttlMs" => clamped(value).to_string(),
            _ => value.get().to_owned(),
        };
        written.push((name, value));
    }
    let has = |name: &str| members.0.iter().any(|(have, _)| have == name);
    if modern && !has("cacheScope") {
        written.push(("cacheScope", "\"private\"".to_owned()));
    }
    if modern && !has("ttlMs") {
        written.push(("ttlMs", "0".to_owned()));
    }
    let pairs: Vec<String> = written
        .iter()
        .map(|(name, value)| format!("{}:{value}", serde_json::Value::from(*name)))
        .collect();
    RawValue::from_string(format!("{{{}}}", pairs.join(",")))
        .map_err(|error| ListError::Shape(error.to_string()))
}

/// A `ttlMs` within its bound; what is no number is 0.
fn clamped(value: &RawValue) -> u64 {
    const MOST: f64 = 5_000.0;
    let ttl_ms = serde_json::from_str::<f64>(value.get()).unwrap_or(0.0);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 5000"
    )]
    let ttl_ms = ttl_ms.clamp(0.0, MOST) as u64;
    ttl_ms.min(TTL_MS_MAX)
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Each<'a> {
            type Value = Members<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut seen = std::collections::BTreeSet::new();
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if !seen.insert(name.clone()) {
                        let error = format!("the member `{name}` is there twice");
                        return Err(serde::de::Error::custom(error));
                    }
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests;
