//! The working folder: where each file lives, and how it is written.
//!
//! The folder is for its owner only, files that clients read appear whole or not at all, and one
//! folder serves one `portcullis up` at a time. A folder of somebody else's, or with anything of
//! somebody else's in it, is not used: whoever could write it could have put a key there. Nothing
//! here knows what the files say.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::files::{self, FileError, Trust};

/// The longest socket path that every Unix accepts, with room for the terminating zero.
const SOCKET_PATH_BYTES_MAX: usize = 100;

/// How deep the working folder is: its own files, and those of its folders.
const DEPTH_MAX: u32 = 4;

/// Most entries of it that are looked at. More are no working folder.
const ENTRIES_MAX: usize = 10_000;

/// Longest file that is read back, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Paths inside the working folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file operation failed.
    #[error("cannot use {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is somebody else's, or somebody else could have put something into it.
    #[error(
        "{0}; a working folder is believed, so everything in it must be yours alone: or choose another --dir"
    )]
    Foreign(#[from] FileError),
    /// There is more in it than a run leaves.
    #[error("{0} is no working folder of 'portcullis up': it holds too much; choose another --dir")]
    TooMuch(PathBuf),
    /// The path is too long for a Unix socket.
    #[error("the folder name {0} is too long for a Unix socket; choose a shorter --dir")]
    TooLong(PathBuf),
    /// Another process holds the folder.
    #[error("{0} is in use by another 'portcullis up'; stop it or choose another --dir")]
    InUse(PathBuf),
}

impl Folder {
    /// Creates the folder, or takes one of our own, readable by its owner only.
    pub(crate) fn create(path: &Path) -> Result<Self, FolderError> {
        let at = |source| FolderError::Io {
            path: path.to_owned(),
            source,
        };
        let mut above = path
            .ancestors()
            .filter(|above| !above.as_os_str().is_empty());
        if let Some(there) = above.find(|above| above.symlink_metadata().is_ok()) {
            // Nothing is made where somebody else's link leads.
            files::resolve(there)?;
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(at)?;
        let folder = Self::existing(path)?;
        fs::set_permissions(&folder.root, fs::Permissions::from_mode(0o700)).map_err(at)?;
        let mut log = DirBuilder::new();
        let log = log.recursive(true).mode(0o700).create(folder.file("log"));
        log.map_err(at)?;
        if folder.envoy_socket().as_os_str().len() > SOCKET_PATH_BYTES_MAX {
            return Err(FolderError::TooLong(path.to_owned()));
        }
        Ok(folder)
    }

    /// An existing folder, when it and everything in it is ours.
    pub(crate) fn existing(path: &Path) -> Result<Self, FolderError> {
        let root = files::resolve(path)?;
        files::look(&root, Trust::OwnFolder)?;
        let folder = Self { root };
        look_through(&folder.root, &folder.policies(), DEPTH_MAX, &mut 0)?;
        Ok(folder)
    }

    /// Takes the folder for this process, until the returned file is dropped.
    pub(crate) fn lock(&self) -> Result<File, FolderError> {
        let path = self.file("lock");
        let file = files::append(&path, Trust::Own)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(FolderError::InUse(self.root.clone())),
            Err(fs::TryLockError::Error(source)) => Err(FolderError::Io { path, source }),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn redaction_key(&self) -> PathBuf {
        self.file("redaction.key")
    }

    pub(crate) fn signing_key(&self) -> PathBuf {
        self.file("signing-key.json")
    }

    pub(crate) fn jwks(&self) -> PathBuf {
        self.file("jwks.json")
    }

    pub(crate) fn envoy_config(&self) -> PathBuf {
        self.file("envoy.json")
    }

    pub(crate) fn server_config(&self) -> PathBuf {
        self.file("portcullis.toml")
    }

    pub(crate) fn endpoints(&self) -> PathBuf {
        self.file("endpoints.json")
    }

    pub(crate) fn run_state(&self) -> PathBuf {
        self.file("run.json")
    }

    pub(crate) fn processes(&self) -> PathBuf {
        self.file("processes")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.file("portcullis.db")
    }

    pub(crate) fn policies(&self) -> PathBuf {
        self.file("policies")
    }

    pub(crate) fn policy_socket(&self) -> PathBuf {
        self.file("policy.sock")
    }

    pub(crate) fn envoy_socket(&self) -> PathBuf {
        self.file("envoy-admin.sock")
    }

    pub(crate) fn log(&self, process: &str) -> PathBuf {
        self.file("log").join(format!("{process}.log"))
    }
}

/// Looks at everything in a folder. Links are nowhere but among policies, where they are the
/// user's own: the folder is.
fn look_through(
    folder: &Path,
    policies: &Path,
    depth: u32,
    seen: &mut usize,
) -> Result<(), FolderError> {
    let at = |source| FolderError::Io {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(at)? {
        let entry = entry.map_err(at)?;
        let path = entry.path();
        *seen += 1;
        if *seen > ENTRIES_MAX {
            return Err(FolderError::TooMuch(folder.to_owned()));
        }
        let trust = match folder.starts_with(policies) {
            true => Trust::OwnPolicy,
            false => Trust::OwnEntry,
        };
        files::look(&path, trust)?;
        if entry.file_type().map_err(at)?.is_dir() {
            match depth.checked_sub(1) {
                Some(depth) => look_through(&path, policies, depth, seen)?,
                None => return Err(FolderError::TooMuch(path)),
            }
        }
    }
    Ok(())
}

/// Writes a file for its owner only; a reader sees the old text or the new, never a part.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), FolderError> {
    Ok(files::replace(path, text)?)
}

/// Reads a file that an earlier run wrote; nothing when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, FolderError> {
    match files::read(path, Trust::Own, FILE_BYTES_MAX) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_private_and_taken_once() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::create(&temp.path().join("run")).unwrap();
        let mode = fs::metadata(folder.root()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let held = folder.lock().unwrap();
        assert!(matches!(folder.lock(), Err(FolderError::InUse(_))));
        drop(held);
        assert!(folder.lock().is_ok());
    }

    fn refused(path: &Path) -> String {
        Folder::create(path).unwrap_err().to_string()
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_folder_that_others_could_write_is_not_used() {
        let temp = tempfile::tempdir().unwrap();
        let run = temp.path().join("run");
        fs::create_dir(&run).unwrap();
        for mode in [0o777, 0o1777, 0o770, 0o702, 0o720] {
            set_mode(&run, mode);
            let why = refused(&run);
            let told = why.contains("written by others") || why.contains("open to others");
            assert!(told && why.contains("--dir"), "{why}");
            assert!(Folder::existing(&run).is_err());
        }
        assert!(!run.join("log").exists(), "nothing was made in it");
        // Open to look at, as a folder is that somebody made by hand: closed, and used.
        set_mode(&run, 0o755);
        Folder::create(&run).unwrap();
        assert_eq!(
            fs::metadata(&run).unwrap().permissions().mode() & 0o777,
            0o700
        );
        set_mode(temp.path(), 0o777);
        assert!(refused(&run).contains("open to others"));
        set_mode(temp.path(), 0o1777);
        Folder::create(&run).unwrap();
    }

    #[test]
    fn links_and_other_names_in_the_folder_are_refused_whatever_they_are_called() {
        use std::os::unix::fs::symlink;
        let temp = tempfile::tempdir().unwrap();
        let run = temp.path().join("run");
        let outside = temp.path().join("outside");
        fs::write(&outside, "outside").unwrap();
        set_mode(&outside, 0o600);
        Folder::create(&run).unwrap();
        for name in [
            "signing-key.json",
            "redaction.key",
            "run.json",
            "processes",
            "lock",
            "endpoints.json",
            "endpoints.json.new",
            "envoy.json",
            "jwks.json",
            "portcullis.toml",
            "portcullis.db",
            "portcullis.db-wal",
            "portcullis.db-shm",
            "portcullis.db.lock",
            "policy.sock",
            "envoy-admin.sock",
            "policies",
            "log/envoy.log",
            "log/access.log",
            "anything",
        ] {
            let path = run.join(name);
            symlink(&outside, &path).unwrap();
            let why = refused(&run);
            assert!(why.contains("symbolic link") && why.contains(name), "{why}");
            fs::remove_file(&path).unwrap();
            symlink("/nowhere", &path).unwrap();
            assert!(refused(&run).contains("symbolic link"));
            fs::remove_file(&path).unwrap();
            fs::hard_link(&outside, &path).unwrap();
            assert!(refused(&run).contains("2 names"), "{name}");
            fs::remove_file(&path).unwrap();
            fs::write(&path, "").unwrap();
            set_mode(&path, 0o606);
            assert!(refused(&run).contains("written by others"), "{name}");
            fs::remove_file(&path).unwrap();
        }
        fs::remove_dir(run.join("log")).unwrap();
        symlink(temp.path(), run.join("log")).unwrap();
        assert!(refused(&run).contains("symbolic link"));
        assert_eq!(fs::read_to_string(&outside).unwrap(), "outside");
    }

    #[test]
    fn ones_own_policies_may_be_links() {
        let temp = tempfile::tempdir().unwrap();
        let run = temp.path().join("run");
        let folder = Folder::create(&run).unwrap();
        fs::create_dir(folder.policies()).unwrap();
        set_mode(&folder.policies(), 0o755);
        std::os::unix::fs::symlink("/nowhere", folder.policies().join("a.cedar")).unwrap();
        Folder::create(&run).unwrap();
    }

    /// The real thing where this test may give files away; whose files count is judged without the
    /// system in `files`.
    #[test]
    fn somebody_elses_folder_or_file_is_not_used() {
        let temp = tempfile::tempdir().unwrap();
        let run = temp.path().join("run");
        Folder::create(&run).unwrap();
        let key = run.join("signing-key.json");
        fs::write(&key, "{}").unwrap();
        set_mode(&key, 0o600);
        let give = |path: &Path, to| std::os::unix::fs::chown(path, Some(to), None);
        let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(&key).unwrap());
        let other = match owner {
            65_534 => 65_533,
            _ => 65_534,
        };
        if give(&key, other).is_err() {
            // Not allowed to: then there are folders of root's.
            let why = refused(Path::new("/etc"));
            assert!(why.contains("belongs to user 0"), "{why}");
            return;
        }
        for path in [&key, &run.join("log"), &run, &temp.path().to_owned()] {
            give(path, other).unwrap();
            let why = refused(&run);
            assert!(why.contains("belongs to user 655"), "{why}");
            assert!(why.contains("chown") && why.contains("--dir"), "{why}");
            assert!(Folder::existing(&run).is_err());
            give(path, owner).unwrap();
        }
        Folder::create(&run).unwrap();
    }

    #[test]
    fn files_are_private_and_replaced_whole() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a");
        write(&path, "a long first text").unwrap();
        write(&path, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
