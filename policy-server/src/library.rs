//! The policies: loaded whole, swapped whole, the last good set kept until it is too old; and the
//! tools that servers have listed, for which policies are validated.
//!
//! Their folder or bundle is read twice a second; what counts is its content, so that any editor,
//! `git` or mounted volume will do. Deliberately absent: folders inside it other than `tools`, and
//! files that begin with a dot.

mod origin;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use portcullis_core::audit::time::rfc3339_us;
use portcullis_core::engine::Fault;
use portcullis_core::policies::{
    BYTES_MAX, Code, FILES_MAX, LoadError, Policies, Problem, Severity, Sources, TOOLS_FOLDER,
    is_source,
};
use portcullis_core::registry::Registry;
use portcullis_protocol::digest::{Digest, Fields};

use crate::clock;

pub use origin::{BundleFault, BundleFile, FUTURE_SECONDS_MAX, Origin, read_bundle};

/// How long an epoch lasts at most where policies look at the time, in microseconds.
const EPOCH_US: i64 = 5_000_000;

/// How often the folder or bundle is read.
pub const POLL_INTERVAL: Duration = Duration::from_millis(500);

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
    /// Everybody could have written it.
    #[error(transparent)]
    Open(#[from] crate::files::FileError),
    /// There is too much of it.
    #[error("{0} holds more than {FILES_MAX} policy files or {BYTES_MAX} bytes")]
    TooMuch(PathBuf),
    /// The bundle is not put in force.
    #[error("{path}: {fault}")]
    Bundle {
        /// The bundle.
        path: PathBuf,
        /// Why not.
        fault: BundleFault,
    },
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
                    Code::Folder,
                    &path.to_string_lossy(),
                    &format!("cannot read this: {source}"),
                )]
            }
            Self::Open(error) => {
                vec![Problem::new(
                    Code::Folder,
                    &error.path.to_string_lossy(),
                    &error.fault.to_string(),
                )]
            }
            Self::Bundle { path, fault } => {
                vec![Problem::new(
                    Code::Bundle,
                    &path.to_string_lossy(),
                    &fault.to_string(),
                )]
            }
            Self::TooMuch(path) => vec![
                Problem::new(
                    Code::Folder,
                    &path.to_string_lossy(),
                    "the folder holds too much",
                )
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
    /// When it is too old to be in force, in microseconds since 1970, if ever.
    pub stale_at_us: Option<i64>,
    /// When the newest bundle that was ever in force was made, in seconds since 1970.
    pub newest_bundle_s: Option<i64>,
    /// How often policies or their tools have changed.
    pub changes: u64,
    /// Why the present content of the folder or bundle is not in force.
    pub error: Option<String>,
}

impl State {
    /// Whether the set is too old to be in force.
    #[must_use]
    pub fn is_stale(&self, now_us: i64) -> bool {
        self.stale_at_us.is_some_and(|stale_us| now_us >= stale_us)
    }

    /// What is wrong, in words, if anything is.
    #[must_use]
    pub fn trouble(&self, now_us: i64) -> Option<String> {
        let since = self.stale_at_us.filter(|_| self.is_stale(now_us));
        let stale = since.map(|since| {
            let since = rfc3339_us(since);
            format!("the policies are stale since {since}: put a fresh bundle in place")
        });
        let all: Vec<String> = stale.into_iter().chain(self.error.clone()).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// What a look at the folder or bundle brought.
#[derive(Debug)]
pub enum News {
    /// Nothing is new.
    None,
    /// There is another good set.
    Policies(Arc<Policies>),
    /// The content is another, and bad.
    Broken(FolderError),
}

/// Where policies come from, and the state that everybody reads.
#[derive(Debug)]
pub struct Library {
    origin: Origin,
    state: RwLock<Arc<State>>,
    registry: RwLock<Arc<Registry>>,
    handles: Handles,
    /// Tells this run from others, in microseconds since 1970.
    began_us: i64,
}

/// Whether there is a key of handles, without which rules that need one are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handles {
    /// There is.
    Possible,
    /// There is none.
    Impossible,
}

impl Library {
    /// A library of a folder or bundle, with the tools that are known; nothing is loaded yet.
    #[must_use]
    pub fn new(origin: Origin, registry: Registry) -> Self {
        Self {
            handles: Handles::Impossible,
            began_us: clock::now_us(),
            origin,
            state: RwLock::default(),
            registry: RwLock::new(Arc::new(registry)),
        }
    }

    /// The same library, where there may be a key of handles.
    #[must_use]
    pub const fn with(mut self, handles: Handles) -> Self {
        self.handles = handles;
        self
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
        // Policies first: whoever sees the tools sees policies that know them.
        let before = self.state();
        let state = State {
            policies: Some(policies),
            changes: before.changes + 1,
            ..State::clone(&before)
        };
        self.set(state);
        *self
            .registry
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(registry);
    }

    /// Where its policies come from.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The state now.
    #[must_use]
    pub fn state(&self) -> Arc<State> {
        self.state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The set that is in force at this time.
    ///
    /// # Errors
    /// None has loaded, or it is too old.
    pub fn in_force(&self, now_us: i64) -> Result<Arc<Policies>, Fault> {
        let state = self.state();
        if state.is_stale(now_us) {
            return Err(Fault::Stale);
        }
        state.policies.clone().ok_or(Fault::NotLoaded)
    }

    /// Names what verdicts are given under at this time: while it is the same, so are they.
    #[must_use]
    pub fn epoch(&self, now_us: i64) -> Digest {
        let state = self.state();
        let policies = state
            .policies
            .as_deref()
            .filter(|_| !state.is_stale(now_us));
        let by_time = policies.is_some_and(Policies::look_at_the_time);
        let span = by_time.then(|| (now_us / EPOCH_US).to_be_bytes());
        let digest = policies.map(Policies::digest);
        Fields::of("portcullis/epoch/v1")
            .field(&self.began_us.to_be_bytes())
            .field(&state.changes.to_be_bytes())
            .optional(digest.as_ref().map(|digest| digest.as_bytes().as_slice()))
            .optional(span.as_ref().map(<[u8; 8]>::as_slice))
            .finish()
    }

    /// Takes note of when the newest bundle of former runs was made.
    pub fn remember(&self, newest_bundle_s: Option<i64>) {
        let state = State {
            newest_bundle_s,
            ..State::clone(&self.state())
        };
        self.set(state);
    }

    fn set(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
    }

    /// Puts a set in force.
    pub fn adopt(&self, policies: Arc<Policies>) {
        let created_s = policies.stamp().map(|stamp| stamp.created_s);
        let stale_at = |created_s, age_s: u32| (created_s + i64::from(age_s)) * 1_000_000;
        let before = self.state();
        let newest_bundle_s = before.newest_bundle_s;
        self.set(State {
            stale_at_us: created_s
                .zip(self.origin.max_staleness_s())
                .map(|(s, age)| stale_at(s, age)),
            newest_bundle_s: newest_bundle_s.max(created_s),
            policies: Some(policies),
            loaded_us: Some(clock::now_us()),
            changes: before.changes + 1,
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

    /// Looks at the folder or bundle. `seen` is what the last look found.
    pub fn look(&self, seen: &mut Option<Result<Sources, String>>) -> News {
        let newest_s = self.state().newest_bundle_s;
        let found = self.origin.read(newest_s, clock::now_us());
        let content = match &found {
            Ok(sources) => Ok(sources.clone()),
            Err(error) => Err(error.to_string()),
        };
        if seen.as_ref() == Some(&content) {
            return News::None;
        }
        *seen = Some(content);
        match found.and_then(|sources| self.load(sources)) {
            Ok(policies) => News::Policies(Arc::new(policies)),
            Err(error) => News::Broken(error),
        }
    }

    /// Loads a set, and counts what lints say about it: they are no reason to refuse it.
    fn load(&self, sources: Sources) -> Result<Policies, FolderError> {
        let (sources, registry) = (Arc::new(sources), self.registry());
        let policies = match &self.state().policies {
            Some(before) => before.replaced(sources, &registry)?,
            None => Policies::load(sources, &registry)?,
        };
        let problems = policies.redaction().without_handles();
        if self.handles == Handles::Impossible && !problems.is_empty() {
            return Err(LoadError { problems }.into());
        }
        let said = policies.lints();
        let count = |code: Severity| said.iter().filter(|one| one.severity == code).count();
        let warnings = count(Severity::Warning) + count(Severity::Error);
        if warnings > 0 {
            tracing::warn!(
                warnings,
                "lints warn of these policies: `portcullis policy check` says what"
            );
        }
        Ok(policies)
    }
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
    if is_folder(&tools)? {
        let prefix = format!("{TOOLS_FOLDER}/");
        collect(folder, &prefix, &tools, &mut files, &mut bytes)?;
    }
    Ok(Sources::new(files))
}

/// Whether there is such a folder. A link that leads nowhere is an error: something was meant.
fn is_folder(path: &Path) -> Result<bool, FolderError> {
    let failed = |source| FolderError::Read {
        path: path.to_owned(),
        source,
    };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed(error)),
        Ok(_) => Ok(std::fs::metadata(path).map_err(failed)?.is_dir()),
    }
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
        // A folder may be called as it likes.
        if std::fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
            continue;
        }
        let left = (BYTES_MAX as u64).saturating_sub(*bytes);
        let text = read_file(&path, left).map_err(|error| failed(&path, error))?;
        let Some(text) = text.filter(|_| files.len() < FILES_MAX) else {
            return Err(FolderError::TooMuch(top.to_owned()));
        };
        *bytes += text.len() as u64;
        files.insert(name, text);
    }
    Ok(())
}

/// The text of a file; none when it is longer than this. Opened once, and without waiting: what was a file
/// a moment ago may be a pipe by now.
fn read_file(path: &Path, bytes_max: u64) -> std::io::Result<Option<String>> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let nonblock = rustix::fs::OFlags::NONBLOCK.bits();
    let nonblock = i32::try_from(nonblock).unwrap_or_default();
    let file = std::fs::File::options()
        .read(true)
        .custom_flags(nonblock)
        .open(path)?;
    if !file.metadata()?.is_file() {
        let text = "it is no file, although its name is that of one that counts";
        return Err(std::io::Error::other(text));
    }
    let mut text = String::new();
    file.take(bytes_max + 1).read_to_string(&mut text)?;
    Ok((text.len() as u64 <= bytes_max).then_some(text))
}

#[cfg(test)]
mod tests;
