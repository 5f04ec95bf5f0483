//! A policy set: sources by name, parsed and validated as one, named by a digest.
//!
//! A set either loads whole or not at all. Deliberately absent: reading folders (the server's
//! `library` does), and a schema of the folder's own.

use std::collections::BTreeMap;
use std::fmt;

use miette::Diagnostic;
use portcullis_protocol::digest::{Digest, Fields};
use serde::Serialize;

use crate::engine::cedar::{Engine, SCHEMA};

/// The name under which a folder may carry a copy of the schema.
pub const SCHEMA_FILE: &str = "schema.cedarschema";

/// The name of the data that a folder's Rego modules read, as JSON.
pub const DATA_FILE: &str = "data.json";

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
            .filter(|(name, _)| name.as_str() != SCHEMA_FILE && name.as_str() != DATA_FILE)
            .filter(|(name, _)| !name.ends_with(".rego"))
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The Rego files, sorted by name.
    pub(crate) fn rego(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter(|(name, _)| name.ends_with(".rego"))
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The data of the Rego files.
    pub(crate) fn data(&self) -> Option<(&str, &str)> {
        self.0
            .get_key_value(DATA_FILE)
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// SHA-256 over the schema, all Cedar and Rego files, and their data: names and bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let fields = Fields::of("portcullis/policies/v1").field(SCHEMA.as_bytes());
        self.cedar()
            .chain(self.rego())
            .chain(self.data())
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
            let problem = Problem::new(SCHEMA_FILE, "this is not the schema of this version")
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

/// One thing that is wrong with a policy set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// Where in the file, when that is known.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A place in a text, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl Place {
    /// The place of a byte in a text.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset.min(text.len())).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }
}

impl Problem {
    /// A problem somewhere in a file.
    #[must_use]
    pub fn new(file: &str, message: &str) -> Self {
        Self {
            file: file.to_owned(),
            place: None,
            message: message.to_owned(),
            help: None,
        }
    }

    pub(crate) fn anywhere(file: &str, error: &impl Diagnostic) -> Self {
        Self {
            help: error.help().map(|help| help.to_string()),
            ..Self::new(file, &error.to_string())
        }
    }

    pub(crate) fn at(file: &str, place: Place, error: &impl Diagnostic) -> Self {
        Self {
            place: Some(place),
            ..Self::anywhere(file, error)
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: &str) -> Self {
        self.help = Some(help.to_owned());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(place) = self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": error: {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}
