//! A policy set: sources by name, parsed and validated as one, named by a digest.
//!
//! A set either loads whole or not at all. Deliberately absent: reading folders (the server's
//! `library` does), and a schema of the folder's own.

pub mod bundle;
pub mod envelope;
pub mod keys;
pub mod manifest;

use std::collections::BTreeMap;
use std::fmt;

use miette::Diagnostic;
use portcullis_protocol::digest::{Digest, Fields};
use serde::Serialize;

use self::bundle::Stamp;
use self::manifest::{EngineKind, Manifest};
use crate::engine::cedar::{Engine, SCHEMA};

/// The name under which a folder may carry a copy of the schema.
pub const SCHEMA_FILE: &str = "schema.cedarschema";

/// The name of the manifest: which engine, and what the set is called.
pub const MANIFEST_FILE: &str = "bundle.toml";

/// The name of the file with the capability tags.
pub const TAGS_FILE: &str = "tags.toml";

/// The folder inside that counts: `tools/NAME.json` is the pinned tool list of the server NAME.
pub const TOOLS_FOLDER: &str = "tools";

/// Most files of a set.
pub const FILES_MAX: usize = 1_000;

/// Most bytes of all files of a set together.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;

/// Whether a file is part of a set, by its name relative to the folder, with a forward slash.
/// Files that begin with a dot are not.
#[must_use]
pub fn is_source(name: &str) -> bool {
    let (counts, file) = match name.split_once('/') {
        None => {
            let written = name.ends_with(".cedar") || name.ends_with(".rego");
            let known = [SCHEMA_FILE, MANIFEST_FILE, TAGS_FILE].contains(&name);
            (written || known, name)
        }
        Some((folder, file)) => {
            let list = file.ends_with(".json") && !file.contains('/');
            (folder == TOOLS_FOLDER && list, file)
        }
    };
    counts && !file.starts_with('.')
}

/// The files of a policy set, by name relative to their folder: those of which [`is_source`] holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    files: BTreeMap<String, String>,
    stamp: Option<Stamp>,
}

impl Sources {
    /// Sources from files' names and texts.
    #[must_use]
    pub const fn new(files: BTreeMap<String, String>) -> Self {
        Self { files, stamp: None }
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }

    /// All files, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The signed bundle that they are from, if they are.
    #[must_use]
    pub const fn stamp(&self) -> Option<&Stamp> {
        self.stamp.as_ref()
    }

    /// The Cedar files, sorted by name.
    pub(crate) fn cedar(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(name, _)| name.ends_with(".cedar"))
    }

    /// The Rego files, sorted by name.
    pub(crate) fn rego(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(name, _)| name.ends_with(".rego"))
    }

    /// SHA-256 over the built-in schema and all files but its copy, names and bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let fields = Fields::of("portcullis/policies/v1").field(SCHEMA.as_bytes());
        self.iter()
            .filter(|(name, _)| *name != SCHEMA_FILE)
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
    manifest: Manifest,
    stamp: Option<Stamp>,
}

impl Policies {
    /// Loads a set.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(sources: &Sources) -> Result<Self, LoadError> {
        let refused = |problems| LoadError { problems };
        let own = sources.text(SCHEMA_FILE);
        if own.is_some_and(|own| own != SCHEMA) {
            let problem = Problem::new(SCHEMA_FILE, "this is not the schema of this version")
                .help("replace it with the output of `portcullis policy schema`, or remove it");
            return Err(refused(vec![problem]));
        }
        let manifest = Manifest::of(sources).map_err(refused)?;
        let engine = match manifest.engine {
            EngineKind::Cedar => Engine::load(sources).map_err(refused)?,
            EngineKind::Rego => {
                let problem = Problem::new(MANIFEST_FILE, "this build has no Rego engine")
                    .help("write the policies in Cedar");
                return Err(refused(vec![problem]));
            }
        };
        Ok(Self {
            digest: sources.digest(),
            files: sources.cedar().count(),
            engine,
            manifest,
            stamp: sources.stamp().cloned(),
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

    /// What the set says of itself.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The signed bundle that it is from, if it is from one.
    #[must_use]
    pub const fn stamp(&self) -> Option<&Stamp> {
        self.stamp.as_ref()
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
