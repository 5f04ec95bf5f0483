//! A policy set: sources by name, parsed and validated as one, named by a digest.
//!
//! A set either loads whole or not at all. Deliberately absent: reading folders (the server's
//! `library` does), and a schema of the folder's own.

mod code;
mod known;
mod problem;

use std::collections::BTreeMap;

use portcullis_protocol::digest::{Digest, Fields};

use crate::engine::cedar::{Engine, SCHEMA};

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

    /// The Cedar files, sorted by name.
    pub(crate) fn cedar(&self) -> impl Iterator<Item = (&str, &str)> {
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

    /// SHA-256 over the schema and all Cedar files, names and bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let fields = Fields::of("portcullis/policies/v1").field(SCHEMA.as_bytes());
        self.cedar()
            .fold(fields, |fields, (name, text)| {
                fields.field(name.as_bytes()).field(text.as_bytes())
            })
            .finish()
    }
}

/// A validated policy set.
#[derive(Debug)]
pub struct Policies {
    digest: Digest,
    files: usize,
    engine: Engine,
}

impl Policies {
    /// Loads a set.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(sources: &Sources) -> Result<Self, LoadError> {
        let own = sources.0.get(SCHEMA_FILE);
        if own.is_some_and(|own| own != SCHEMA) {
            let problem = Problem::new(
                Code::Schema,
                SCHEMA_FILE,
                "this is not the schema of this version",
            )
            .help("replace it with the output of `portcullis policy schema`, or remove it");
            return Err(LoadError {
                problems: vec![problem],
            });
        }
        let engine = Engine::load(sources).map_err(|problems| LoadError { problems })?;
        Ok(Self {
            digest: sources.digest(),
            files: sources.cedar().count(),
            engine,
        })
    }

    /// The digest that names the set.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// How many files it was loaded from. A set of none denies everything.
    #[must_use]
    pub const fn files(&self) -> usize {
        self.files
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
