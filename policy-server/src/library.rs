//! The policies folder: loaded whole, swapped whole, the last good set kept; and the tools that
//! servers have listed, for which policies are validated.
//!
//! The folder is read twice a second; what counts is its content, so that any editor, `git` or
//! mounted volume will do. Deliberately absent: folders inside it other than `tools`, and files that
//! begin with a dot.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use portcullis_core::policies::{LoadError, Policies, Problem, Sources, TOOLS_FOLDER, is_source};
use portcullis_core::registry::Registry;

use crate::clock;

/// How often the folder is read.
pub const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Most files of a folder.
const FILES_MAX: usize = 1_000;

/// Most bytes of all files together.
const BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Why a folder gives no policy set.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder or a file of it cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// What was read.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// There is too much of it.
    #[error("{0} holds more than {FILES_MAX} policy files or {BYTES_MAX} bytes")]
    TooMuch(PathBuf),
    /// Its policies are refused.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl FolderError {
    /// The error as problems with places.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Load(error) => error.problems.clone(),
            Self::Read { path, source } => {
                vec![Problem::new(
                    &path.to_string_lossy(),
                    &format!("cannot read this: {source}"),
                )]
            }
            Self::TooMuch(path) => vec![
                Problem::new(&path.to_string_lossy(), "the folder holds too much")
                    .help("a policy folder has at most 1000 files and 32 MiB"),
            ],
        }
    }
}

/// The policies in force, and what was wrong with newer ones.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The set in force, once one has loaded.
    pub policies: Option<Arc<Policies>>,
    /// When it came into force, in microseconds since 1970.
    pub loaded_us: Option<i64>,
    /// Why the folder's present content is not in force.
    pub error: Option<String>,
}

/// What a look at the folder brought.
#[derive(Debug)]
pub enum News {
    /// Nothing is new.
    None,
    /// There is another good set.
    Policies(Arc<Policies>),
    /// The content is another, and bad.
    Broken(FolderError),
}

/// The folder, and the state that everybody reads.
#[derive(Debug)]
pub struct Library {
    folder: PathBuf,
    state: RwLock<Arc<State>>,
    registry: RwLock<Arc<Registry>>,
}

impl Library {
    /// A library of a folder, with the tools that are known; nothing is loaded yet.
    #[must_use]
    pub fn new(folder: PathBuf, registry: Registry) -> Self {
        Self {
            folder,
            state: RwLock::default(),
            registry: RwLock::new(Arc::new(registry)),
        }
    }

    /// The tools that servers have listed.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        self.registry
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts in force the same policies with tools that are new to them.
    pub fn learn(&self, policies: Arc<Policies>, registry: Registry) {
        *self
            .registry
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(registry);
        let state = State {
            policies: Some(policies),
            ..State::clone(&self.state())
        };
        self.set(state);
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The state now.
    #[must_use]
    pub fn state(&self) -> Arc<State> {
        self.state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
    }

    /// Puts a set in force.
    pub fn adopt(&self, policies: Arc<Policies>) {
        let loaded_us = Some(clock::now_us());
        self.set(State {
            policies: Some(policies),
            loaded_us,
            error: None,
        });
    }

    /// Keeps the set in force, and says why there is no newer one.
    pub fn keep(&self, error: String) {
        let state = State {
            error: Some(error),
            ..State::clone(&self.state())
        };
        self.set(state);
    }

    /// Looks at the folder. `seen` is what the last look found.
    pub fn look(&self, seen: &mut Option<Result<Sources, String>>) -> News {
        let found = read_folder(&self.folder);
        let content = match &found {
            Ok(sources) => Ok(sources.clone()),
            Err(error) => Err(error.to_string()),
        };
        if seen.as_ref() == Some(&content) {
            return News::None;
        }
        *seen = Some(content);
        let loaded =
            found.and_then(|sources| Ok(Policies::load(Arc::new(sources), &self.registry())?));
        match loaded {
            Ok(policies) => News::Policies(Arc::new(policies)),
            Err(error) => News::Broken(error),
        }
    }
}

/// Loads a folder once, with no tools but those that it lists itself.
///
/// # Errors
/// It cannot be read, or its policies are refused.
pub fn load(folder: &Path) -> Result<Policies, FolderError> {
    Ok(Policies::load(
        Arc::new(read_folder(folder)?),
        &Registry::default(),
    )?)
}

/// Reads the files of a folder that count, and those of its `tools`.
///
/// # Errors
/// It cannot be read, or is too much.
pub fn read_folder(folder: &Path) -> Result<Sources, FolderError> {
    let mut files = BTreeMap::new();
    let mut bytes = 0;
    collect(folder, "", folder, &mut files, &mut bytes)?;
    let tools = folder.join(TOOLS_FOLDER);
    if tools.is_dir() {
        let prefix = format!("{TOOLS_FOLDER}/");
        collect(folder, &prefix, &tools, &mut files, &mut bytes)?;
    }
    Ok(Sources::new(files))
}

fn collect(
    top: &Path,
    prefix: &str,
    folder: &Path,
    files: &mut BTreeMap<String, String>,
    bytes: &mut u64,
) -> Result<(), FolderError> {
    let failed = |path: &Path, source| FolderError::Read {
        path: path.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let entry = entry.map_err(|error| failed(folder, error))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if !is_source(&name) {
            continue;
        }
        let metadata = std::fs::metadata(&path).map_err(|error| failed(&path, error))?;
        if !metadata.is_file() {
            continue;
        }
        *bytes += metadata.len();
        if *bytes > BYTES_MAX || files.len() >= FILES_MAX {
            return Err(FolderError::TooMuch(top.to_owned()));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
        files.insert(name, text);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
