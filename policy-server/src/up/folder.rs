//! The working folder: where each file lives, and how it is written.
//!
//! The folder is for its owner only, files that clients read appear whole or not at all, and one
//! folder serves one `portcullis up` at a time. Nothing here knows what the files say.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The longest socket path that every Unix accepts, with room for the terminating zero.
const SOCKET_PATH_BYTES_MAX: usize = 100;

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
    /// The path is too long for a Unix socket.
    #[error("the folder name {0} is too long for a Unix socket; choose a shorter --dir")]
    TooLong(PathBuf),
    /// Another process holds the folder.
    #[error("{0} is in use by another 'portcullis up'; stop it or choose another --dir")]
    InUse(PathBuf),
}

impl Folder {
    /// Creates the folder, or takes an existing one, readable by its owner only.
    pub(crate) fn create(path: &Path) -> Result<Self, FolderError> {
        let at = |source| FolderError::Io {
            path: path.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(at)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(at)?;
        let root = path.canonicalize().map_err(at)?;
        let folder = Self { root };
        fs::create_dir_all(folder.file("log")).map_err(at)?;
        if folder.envoy_socket().as_os_str().len() > SOCKET_PATH_BYTES_MAX {
            return Err(FolderError::TooLong(path.to_owned()));
        }
        Ok(folder)
    }

    /// An existing folder, for commands that only read it.
    pub(crate) fn existing(path: &Path) -> Result<Self, FolderError> {
        let root = path.canonicalize().map_err(|source| FolderError::Io {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self { root })
    }

    /// Takes the folder for this process, until the returned file is dropped.
    pub(crate) fn lock(&self) -> Result<File, FolderError> {
        let path = self.file("lock");
        let at = |source| FolderError::Io {
            path: path.clone(),
            source,
        };
        let file = private(&path).map_err(at)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(FolderError::InUse(self.root.clone())),
            Err(fs::TryLockError::Error(source)) => Err(at(source)),
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

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// Writes a file for its owner only; a reader sees the old text or the new, never a part.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), FolderError> {
    let at = |source| FolderError::Io {
        path: path.to_owned(),
        source,
    };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut file = private(&beside).map_err(at)?;
    file.set_len(0).map_err(at)?;
    file.write_all(text.as_bytes()).map_err(at)?;
    file.sync_all().map_err(at)?;
    fs::rename(&beside, path).map_err(at)
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
