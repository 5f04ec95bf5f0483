//! The files of a policy set, by name, and which files those are.
//!
//! Deliberately absent: reading folders, which the server's `library` does.

use std::collections::BTreeMap;

use portcullis_protocol::digest::{Digest, Fields};

use super::bundle::Stamp;
use crate::engine::cedar::SCHEMA;

/// The name under which a folder may carry a copy of the schema.
pub const SCHEMA_FILE: &str = "schema.cedarschema";

/// The name of the manifest: which engine, and what the set is called.
pub const MANIFEST_FILE: &str = "bundle.toml";

/// The name of the file with the capability tags.
pub const TAGS_FILE: &str = "tags.toml";

/// The name of the file with the names that a deployment knows, for lints.
pub const ROLES_FILE: &str = "roles.toml";

/// The name of the file with the rules of redaction.
pub const REDACTION_FILE: &str = "redaction.toml";

/// The name of the data that Rego modules read, as JSON.
pub const DATA_FILE: &str = "data.json";

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
            let known =
                [SCHEMA_FILE, MANIFEST_FILE, TAGS_FILE, ROLES_FILE, DATA_FILE].contains(&name);
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
    pub(super) files: BTreeMap<String, String>,
    pub(super) stamp: Option<Stamp>,
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

    /// The same with another text of one file, and from no bundle.
    #[must_use]
    pub fn with(&self, name: &str, text: String) -> Self {
        let mut files = self.files.clone();
        files.insert(name.to_owned(), text);
        Self::new(files)
    }

    /// Of all files only what it says about tags of tools.
    #[must_use]
    pub fn only_tags(&self) -> Self {
        let mut files = self.files.clone();
        files.retain(|name, _| name == TAGS_FILE);
        Self::new(files)
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

    /// The data of the Rego files.
    pub(crate) fn data(&self) -> Option<(&str, &str)> {
        self.iter().find(|(name, _)| *name == DATA_FILE)
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
