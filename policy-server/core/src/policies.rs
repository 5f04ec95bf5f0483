//! A policy set: sources by name, parsed and validated as one, named by a digest.
//!
//! A set either loads whole or not at all. Deliberately absent: reading folders (the server's
//! `library` does), and a schema of the folder's own.

mod code;
mod known;
mod problem;

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_protocol::digest::{Digest, Fields};
use portcullis_protocol::names::ServerName;

use crate::catalogue::Catalogue;
use crate::engine::cedar::{Engine, SCHEMA};
use crate::registry::{Change, Fit, Registry};
use crate::schema::BaseContext;

pub use self::code::{Code, WARNINGS};
pub use self::known::Known;
pub use self::problem::{Place, Problem, Severity};

/// The name under which a folder may carry a copy of the schema.
pub const SCHEMA_FILE: &str = "schema.cedarschema";

/// The files of a policy folder, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(BTreeMap<String, String>);

impl Sources {
    /// Sources from files' names and texts.
    #[must_use]
    pub const fn new(files: BTreeMap<String, String>) -> Self {
        Self(files)
    }

    /// All files but the copy of the schema, sorted by name.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter(|(name, _)| name.as_str() != SCHEMA_FILE)
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The text of one file.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The Cedar files, sorted by name.
    pub(crate) fn cedar(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(|(name, _)| name.ends_with(".cedar"))
    }

    /// SHA-256 over the schema and all files, names and bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let fields = Fields::of("portcullis/policies/v1").field(SCHEMA.as_bytes());
        self.files()
            .fold(fields, |fields, (name, text)| {
                fields.field(name.as_bytes()).field(text.as_bytes())
            })
            .finish()
    }
}

/// Most new definitions of one page that are tried one by one when policies do not fit all of them.
const TRIED_MAX: usize = 16;

/// A validated policy set, with the tools that it was validated for.
#[derive(Debug)]
pub struct Policies {
    sources: Arc<Sources>,
    digest: Digest,
    files: usize,
    catalogue: Catalogue,
    engine: Engine,
}

impl Policies {
    /// Loads a set, and fits it to the tools that servers have listed.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(sources: Arc<Sources>, registry: &Registry) -> Result<Self, LoadError> {
        Self::fit(sources, registry, None).map_err(|problems| LoadError { problems })
    }

    fn fit(
        sources: Arc<Sources>,
        registry: &Registry,
        before: Option<&Catalogue>,
    ) -> Result<Self, Vec<Problem>> {
        let own = sources.0.get(SCHEMA_FILE);
        if own.is_some_and(|own| own != SCHEMA) {
            let problem = Problem::new(
                Code::Schema,
                SCHEMA_FILE,
                "this is not the schema of this version",
            )
            .help("replace it with the output of `portcullis policy schema`, or remove it");
            return Err(vec![problem]);
        }
        let base = BaseContext::read(SCHEMA)
            .map_err(|fault| vec![Problem::new(Code::Schema, SCHEMA_FILE, &fault.to_string())])?;
        let catalogue = Catalogue::gather(&sources, registry, &base, before)?;
        let engine = Engine::load(&sources, &catalogue)?;
        Ok(Self {
            digest: sources.digest(),
            files: sources.cedar().count(),
            sources,
            catalogue,
            engine,
        })
    }

    /// The same policies with definitions that a server has listed anew. Definitions that the
    /// policies cannot be validated with are marked as refused: their tools are in quarantine, and
    /// no other tool is.
    pub fn learn(
        &self,
        registry: &Registry,
        server: &ServerName,
        changes: &mut [Change],
    ) -> Option<Self> {
        let with = |changes: &[Change]| {
            let mut registry = registry.clone();
            registry.apply(server, changes);
            Self::fit(self.sources.clone(), &registry, Some(&self.catalogue)).ok()
        };
        if let Some(policies) = with(changes) {
            return Some(policies);
        }
        let tried = changes.len() <= TRIED_MAX;
        for change in changes.iter_mut() {
            let alone = std::slice::from_ref(change);
            if !tried || with(alone).is_none() {
                change.fit = Fit::Refused;
            }
        }
        if let Some(policies) = with(changes) {
            return Some(policies);
        }
        changes
            .iter_mut()
            .for_each(|change| change.fit = Fit::Refused);
        with(changes)
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

    /// What can hardly be meant in it, or could be better. `sources` are those it was loaded from.
    #[must_use]
    pub fn lints(&self, sources: &Sources, known: &Known) -> Vec<Problem> {
        self.engine.lints(sources, known)
    }

    /// The engine that judges by it.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// Why a set was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadError {
    /// Everything that was found; never empty.
    pub problems: Vec<Problem>,
}
