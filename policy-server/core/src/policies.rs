//! A policy set: sources by name, parsed and validated as one, named by a digest.
//!
//! A set either loads whole or not at all. Deliberately absent: reading folders (the server's
//! `library` does), and a schema of the folder's own.

pub mod bundle;
mod code;
pub mod envelope;
pub mod keys;
mod known;
pub mod manifest;
mod problem;
mod sources;

use std::sync::{Arc, LazyLock};

use portcullis_protocol::digest::Digest;
use portcullis_protocol::wire::{Marked, Terms};

use self::bundle::Stamp;
use self::manifest::{EngineKind, Manifest};
use crate::catalogue::{self, Catalogue};
use crate::disclosure::{Asker, Memory, disclosed};
use crate::engine::Engine;
use crate::engine::cedar::{self, SCHEMA};
use crate::engine::rego;
use crate::facts::Facts;
use crate::redaction::Redacting;
use crate::registry::Registry;
use crate::schema::{BaseContext, MappingFault};

pub use self::code::{Code, WARNINGS};
pub use self::known::Known;
pub use self::problem::{Place, Problem, Severity};
pub use self::sources::{
    BYTES_MAX, DATA_FILE, FILES_MAX, MANIFEST_FILE, REDACTION_FILE, ROLES_FILE, SCHEMA_FILE,
    Sources, TAGS_FILE, TOOLS_FOLDER, is_source,
};

/// What the contexts of all actions share, read once.
static BASE: LazyLock<Result<BaseContext, MappingFault>> =
    LazyLock::new(|| BaseContext::read(SCHEMA));

/// A validated policy set, with the tools that it was validated for.
#[derive(Debug)]
pub struct Policies {
    sources: Arc<Sources>,
    digest: Digest,
    files: usize,
    catalogue: Catalogue,
    engine: Engine,
    manifest: Manifest,
    redaction: Arc<Redacting>,
    disclosed: Memory,
    looks_at_the_time: bool,
}

impl Policies {
    /// Loads a set, and fits it to the tools that servers have listed.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(sources: impl Into<Arc<Sources>>, registry: &Registry) -> Result<Self, LoadError> {
        Self::fit(sources.into(), registry, None).map_err(|problems| LoadError { problems })
    }

    /// Loads another set in the place of this one. Definitions that this one has mapped are not mapped
    /// anew.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn replaced(
        &self,
        sources: impl Into<Arc<Sources>>,
        registry: &Registry,
    ) -> Result<Self, LoadError> {
        Self::fit(sources.into(), registry, Some(self)).map_err(|problems| LoadError { problems })
    }

    fn fit(
        sources: Arc<Sources>,
        registry: &Registry,
        before: Option<&Self>,
    ) -> Result<Self, Vec<Problem>> {
        let own = sources.text(SCHEMA_FILE);
        if own.is_some_and(|own| own != SCHEMA) {
            let problem = Problem::new(
                Code::Schema,
                SCHEMA_FILE,
                "this is not the schema of this version",
            )
            .help("replace it with the output of `portcullis policy schema`, or remove it");
            return Err(vec![problem]);
        }
        let base = BASE.as_ref();
        let base = base
            .map_err(|fault| vec![Problem::new(Code::Schema, SCHEMA_FILE, &fault.to_string())])?;
        let known = before.map(|before| &before.catalogue);
        let mut catalogue = Catalogue::gather(&sources, registry, base, known)?;
        let redaction = Arc::new(Redacting::of(&sources)?);
        let manifest = Manifest::of(&sources)?;
        let engine = match manifest.engine {
            EngineKind::Cedar => {
                let engine = cedar::Engine::load(&sources, &catalogue)?;
                catalogue = catalogue.without(engine.unfit());
                Engine::Cedar(Box::new(engine))
            }
            EngineKind::Rego => Engine::Rego(Arc::new(rego::Engine::load(&sources)?)),
        };
        Ok(Self {
            digest: sources.digest(),
            looks_at_the_time: looks_at_the_time(&sources),
            files: sources.cedar().chain(sources.rego()).count(),
            sources,
            catalogue,
            engine,
            manifest,
            redaction,
            disclosed: Memory::default(),
        })
    }

    /// The same policies with the tools that servers have listed now. Tools whose definitions the
    /// policies do not fit are in quarantine, and no other tool is. None when the built-in schema
    /// cannot be read.
    #[must_use]
    pub fn learn(&self, registry: &Registry) -> Option<Self> {
        let base = BASE.as_ref().ok()?;
        let catalogue = Catalogue::gather(&self.sources, registry, base, Some(&self.catalogue));
        let mut catalogue = catalogue.ok()?;
        let engine = match &self.engine {
            Engine::Cedar(cedar) => {
                let engine = cedar.learn(&catalogue)?;
                catalogue = catalogue.without(engine.unfit());
                Engine::Cedar(Box::new(engine))
            }
            Engine::Rego(rego) => Engine::Rego(rego.clone()),
        };
        Some(Self {
            sources: self.sources.clone(),
            digest: self.digest,
            files: self.files,
            catalogue,
            engine,
            manifest: self.manifest.clone(),
            redaction: self.redaction.clone(),
            disclosed: Memory::default(),
            looks_at_the_time: self.looks_at_the_time,
        })
    }

    /// The digest that names the set.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// How many files of policies it was loaded from. A set of none denies everything.
    #[must_use]
    pub const fn files(&self) -> usize {
        self.files
    }

    /// What it was loaded from.
    #[must_use]
    pub const fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }

    /// The tools that it knows.
    #[must_use]
    pub const fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// What the set says of itself.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The signed bundle that it is from, if it is from one.
    #[must_use]
    pub fn stamp(&self) -> Option<&Stamp> {
        self.sources.stamp()
    }

    /// What can hardly be meant in it, or could be better.
    #[must_use]
    pub fn lints(&self) -> Vec<Problem> {
        let (mut known, broken) = Known::of(&self.sources, &self.catalogue);
        known.classes = self.redaction.known();
        let mut problems = self.engine.lints(&self.sources, &known);
        problems.extend(broken);
        problems.sort();
        problems
    }

    /// Whether verdicts may change with nothing but the time. What merely has such a word in it counts
    /// as well: the price is a verdict asked for again.
    #[must_use]
    pub const fn look_at_the_time(&self) -> bool {
        self.looks_at_the_time
    }

    /// Its rules of redaction.
    #[must_use]
    pub const fn redaction(&self) -> &Arc<Redacting> {
        &self.redaction
    }

    /// What goes with an allowed message: what of it and its answer may be seen.
    #[must_use]
    pub fn terms(&self, facts: &Facts<'_>) -> Terms {
        let mut terms = Terms::nothing(self.redaction.digest());
        let tool = match facts.subjects.as_slice() {
            [one] => one.tool(),
            _ => None,
        };
        if let [subject] = facts.subjects.as_slice() {
            let tools = subject.each().filter_map(|one| match one.known {
                catalogue::Known::Tool(tool) => Some(&*tool.marked),
                _ => None,
            });
            terms.redaction.marked = together(tools);
        }
        let asker = Asker {
            caller: facts.caller,
            server: facts.server,
            tool,
        };
        let found = || disclosed(&self.engine, &self.redaction, asker);
        if self.engine.discloses()
            && let Some(disclosed) = self.disclosed.of(asker, found)
        {
            terms.redaction.reveal = disclosed.reveal.clone();
            terms.redaction.uses.clone_from(&disclosed.uses);
        }
        terms
    }

    /// The engine that judges by it.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// The fields that any of these definitions marks.
fn together<'m>(all: impl Iterator<Item = &'m Marked>) -> Marked {
    let mut together = Marked::default();
    for marked in all {
        for (into, from) in [
            (&mut together.to_server, &marked.to_server),
            (&mut together.to_client, &marked.to_client),
        ] {
            let new: Vec<_> = from
                .iter()
                .filter(|one| !into.contains(one))
                .cloned()
                .collect();
            into.extend(new);
        }
    }
    together
}

/// Whether the text of some policy has a word by which it could ask for the time, or reads its input
/// by names that are not written there.
fn looks_at_the_time(sources: &Sources) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let names_it = |text: &str| {
        let mut words = text.split(|c| !is_part(c));
        words.any(|word| matches!(word, "now" | "now_ns" | "clock"))
    };
    let is_open = |text: &str| {
        let mut uses = text.split("input").skip(1);
        uses.any(|behind| !behind.starts_with(|c| c == '.' || is_part(c)))
    };
    sources.cedar().any(|(_, text)| names_it(text))
        || sources
            .rego()
            .any(|(_, text)| names_it(text) || is_open(text))
}

/// Why a set was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadError {
    /// Everything that was found; never empty.
    pub problems: Vec<Problem>,
}

#[cfg(test)]
mod tests;
