//! Where policies come from: a folder, or a signed bundle that must not be old.
//!
//! A bundle counts with a signature of a trusted key only, and never one older than was in force
//! before. Deliberately absent: fetching a bundle; whatever delivers files puts it there.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use portcullis_core::audit::time::rfc3339_s;
use portcullis_core::policies::bundle::{BUNDLE_BYTES_MAX, Bundle, BundleError};
use portcullis_core::policies::keys::PublicKey;
use portcullis_core::policies::{Sources, TOOLS_FOLDER, is_source};

use super::{FolderError, read_folder};
use crate::files::{Fault, Trust, is_mounted_to_be_read, look_along, resolve};

/// How far in the future a bundle may have been made, in seconds: clocks differ.
pub const FUTURE_SECONDS_MAX: i64 = 300;

/// Where policies come from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A folder.
    Folder(PathBuf),
    /// A signed bundle.
    Bundle(BundleFile),
}

/// A bundle's file, and what makes it count.
#[derive(Clone, Debug)]
pub struct BundleFile {
    /// The file.
    pub path: PathBuf,
    /// The keys of which one must have signed it.
    pub keys: Vec<PublicKey>,
    /// How old it may become, in seconds; then everything is denied.
    pub max_staleness_s: u32,
}

/// Why a bundle is not put in force.
#[derive(Debug, thiserror::Error)]
pub enum BundleFault {
    /// It is refused for what it is.
    #[error(transparent)]
    Refused(#[from] BundleError),
    /// It is from the future.
    #[error("it was made at {}, which is in the future; check the clocks", rfc3339_s(*.0))]
    Future(i64),
    /// A newer one was in force.
    #[error(
        "it was made at {}, and one made at {} was in force; to go back, build the old policies anew",
        rfc3339_s(*.created_s), rfc3339_s(*.newest_s)
    )]
    Rollback {
        /// When it was made.
        created_s: i64,
        /// When the newest one was made.
        newest_s: i64,
    },
}

impl Origin {
    /// The folder or file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder(path) => path,
            Self::Bundle(file) => &file.path,
        }
    }

    /// How old the policies may become, in seconds, if there is a bound.
    #[must_use]
    pub(super) fn max_staleness_s(&self) -> Option<u32> {
        match self {
            Self::Folder(_) => None,
            Self::Bundle(file) => Some(file.max_staleness_s),
        }
    }

    /// Reads what is there. `newest_s` is when the newest bundle that was in force was made.
    pub(super) fn read(&self, newest_s: Option<i64>, now_us: i64) -> Result<Sources, FolderError> {
        match self {
            Self::Folder(path) => {
                nobodys(path, "")?;
                read_folder(path)
            }
            Self::Bundle(file) => {
                let bytes = read_bundle(&file.path)?;
                let sources = file.judge(&bytes, newest_s, now_us);
                sources.map_err(|fault| FolderError::Bundle {
                    path: file.path.clone(),
                    fault,
                })
            }
        }
    }
}

impl BundleFile {
    fn judge(
        &self,
        bytes: &[u8],
        newest_s: Option<i64>,
        now_us: i64,
    ) -> Result<Sources, BundleFault> {
        let verified = Bundle::verify(bytes, &self.keys)?;
        let created_s = verified.bundle().created_s;
        if created_s > now_us.div_euclid(1_000_000) + FUTURE_SECONDS_MAX {
            return Err(BundleFault::Future(created_s));
        }
        match newest_s {
            Some(newest_s) if created_s < newest_s => Err(BundleFault::Rollback {
                created_s,
                newest_s,
            }),
            _ => Ok(verified.into_sources()),
        }
    }
}

/// That not everybody can write the policies: folders, and files that count. What cannot even be
/// looked at is told by whoever reads it.
fn nobodys(folder: &Path, prefix: &str) -> Result<(), FolderError> {
    if !is_mounted_to_be_read(folder) {
        closed(folder)?;
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let name = format!("{prefix}{}", name.to_string_lossy());
        if name == TOOLS_FOLDER && path.is_dir() {
            nobodys(&path, &format!("{TOOLS_FOLDER}/"))?;
        } else if is_source(&name) {
            closed(&path)?;
        }
    }
    Ok(())
}

/// Neither what a path leads to, nor a folder on the way in which everybody could put another there.
fn closed(path: &Path) -> Result<(), FolderError> {
    let way = resolve(path).map(|_| ());
    match look_along(path, Trust::Named).and(way) {
        Err(error) if matches!(error.fault, Fault::Writable(_) | Fault::OpenFolder { .. }) => {
            Err(error.into())
        }
        _ => Ok(()),
    }
}

/// The bytes of a bundle's file, up to one beyond the bound.
///
/// # Errors
/// It cannot be read.
pub fn read_bundle(path: &Path) -> Result<Vec<u8>, FolderError> {
    let failed = |source| FolderError::Read {
        path: path.to_owned(),
        source,
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    let bound = BUNDLE_BYTES_MAX as u64 + 1;
    file.take(bound).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
