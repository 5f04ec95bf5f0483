//! Requests out of files of test cases, for `policy diff`: what the cases expect does not matter.
//!
//! Deliberately absent: cases in Cedar's own words, which are no MCP messages; they are counted.

use std::path::{Path, PathBuf};

use portcullis_core::cases::Written;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::cli::policy::traffic::UnreadError;

/// The folder, within a policy folder, of cases.
const FOLDER: &str = "cases";

/// Requests of cases.
#[derive(Default)]
pub(super) struct Requests {
    /// Each with its case's name.
    pub(super) named: Vec<(String, Written)>,
    /// How many cases were passed over.
    pub(super) skipped: usize,
}

#[derive(Deserialize)]
struct Form {
    name: Option<String>,
    request: Box<RawValue>,
}

/// Only a request in Cedar's own words has one of these.
#[derive(Deserialize)]
struct Peek {
    principal: Option<serde::de::IgnoredAny>,
}

impl Requests {
    /// Reads the cases of policy folders, and of further files and folders.
    pub(super) fn read(folders: &[&Path], more: &[PathBuf]) -> Result<Self, UnreadError> {
        let own = folders.iter().map(|folder| folder.join(FOLDER));
        let own = own.filter(|folder| folder.is_dir());
        let mut requests = Self::default();
        for path in own.chain(more.iter().cloned()) {
            if path.is_dir() {
                for file in files(&path)? {
                    requests.add(&file)?;
                }
            } else {
                requests.add(&path)?;
            }
        }
        Ok(requests)
    }

    fn add(&mut self, path: &Path) -> Result<(), UnreadError> {
        let text = std::fs::read_to_string(path).map_err(|error| wrong(path, &error))?;
        let cases: Vec<Form> = serde_json::from_str(&text).map_err(|error| wrong(path, &error))?;
        for (number, case) in (1..).zip(cases) {
            let name = case.name.unwrap_or_else(|| format!("case {number}"));
            let peek = serde_json::from_str::<Peek>(case.request.get());
            if peek.is_ok_and(|peek| peek.principal.is_some()) {
                self.skipped += 1;
                continue;
            }
            let request = serde_json::from_str(case.request.get());
            let request = request.map_err(|error| wrong(path, &format!("`{name}`: {error}")))?;
            self.named.push((name, request));
        }
        Ok(())
    }
}

/// The cases in a folder, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, UnreadError> {
    let entries = std::fs::read_dir(folder).map_err(|error| wrong(folder, &error))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| wrong(folder, &error))?.path();
        if path.extension().is_some_and(|ending| ending == "json") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn wrong(path: &Path, why: &dyn std::fmt::Display) -> UnreadError {
    UnreadError::Cases {
        path: path.to_owned(),
        why: why.to_string(),
    }
}
