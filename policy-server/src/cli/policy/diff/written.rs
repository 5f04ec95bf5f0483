//! Requests out of files of test cases, for `policy diff`: what the cases expect does not matter.
//!
//! Deliberately absent: cases in Cedar's own words, which are no MCP messages; they are counted.

use std::path::{Path, PathBuf};

use portcullis_core::cases::{Written, read};

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
        let text = std::fs::read_to_string(path).map_err(|source| unread(path, source))?;
        for case in read(&path.to_string_lossy(), &text)? {
            match case.request() {
                Some(request) => self.named.push((case.name.clone(), request.clone())),
                None => self.skipped += 1,
            }
        }
        Ok(())
    }
}

/// The cases in a folder, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, UnreadError> {
    let entries = std::fs::read_dir(folder).map_err(|source| unread(folder, source))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| unread(folder, source))?.path();
        if path.extension().is_some_and(|ending| ending == "json") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn unread(path: &Path, source: std::io::Error) -> UnreadError {
    UnreadError::Read {
        path: path.to_owned(),
        source,
    }
}
