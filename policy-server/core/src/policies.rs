//! A policy set: sources by name, parsed and validated as one, named by a digest.
//!
//! A set either loads whole or not at all. Deliberately absent: reading folders (the server's
//! `library` does), and a schema of the folder's own.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use miette::Diagnostic;
use portcullis_protocol::digest::{Digest, Fields};
use portcullis_protocol::names::ServerName;
use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::engine::cedar::{Engine, SCHEMA};
use crate::registry::{Change, Fit, Registry};
use crate::schema::BaseContext;

/// The name under which a folder may carry a copy of the schema.
pub const SCHEMA_FILE: &str = "schema.cedarschema";

/// The file that says which capability tags tools have.
pub const TAGS_FILE: &str = "tags.toml";

/// The folder, within a policy folder, of lists of tools.
pub const TOOLS_FOLDER: &str = "tools";

/// Whether a file is part of a set, by its name relative to the folder, with a forward slash.
/// Files that begin with a dot are not.
#[must_use]
pub fn is_source(name: &str) -> bool {
    let (counts, file) = match name.split_once('/') {
        None => {
            let known = [SCHEMA_FILE, TAGS_FILE].contains(&name);
            (name.ends_with(".cedar") || known, name)
        }
        Some((folder, file)) => {
            let list = file.ends_with(".json") && !file.contains('/');
            (folder == TOOLS_FOLDER && list, file)
        }
    };
    counts && !file.starts_with('.')
}

/// The files of a policy folder, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(BTreeMap<String, String>);

impl Sources {
    /// Sources from files' names and texts.
    #[must_use]
    pub const fn new(files: BTreeMap<String, String>) -> Self {
        Self(files)
    }

    /// The text of one file.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The same with another text of one file.
    #[must_use]
    pub fn with(&self, name: &str, text: String) -> Self {
        let mut files = self.0.clone();
        files.insert(name.to_owned(), text);
        Self(files)
    }

    /// Of all files only what it says about tags of tools.
    #[must_use]
    pub fn only_tags(&self) -> Self {
        let mut files = self.0.clone();
        files.retain(|name, _| name == TAGS_FILE);
        Self(files)
    }

    /// All files but the copy of the schema, sorted by name.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter(|(name, _)| name.as_str() != SCHEMA_FILE)
            .map(|(name, text)| (name.as_str(), text.as_str()))
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
            let problem = Problem::new(SCHEMA_FILE, "this is not the schema of this version")
                .help("replace it with the output of `portcullis policy schema`, or remove it");
            return Err(vec![problem]);
        }
        let base = BaseContext::read(SCHEMA)
            .map_err(|fault| vec![Problem::new(SCHEMA_FILE, &fault.to_string())])?;
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
