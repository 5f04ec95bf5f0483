//! The section `[policies]`: a folder, or a bundle with the keys that it is trusted by.
//!
//! Keys are read with the file, so that a wrong one is found before a port is bound. Deliberately
//! absent: a default age, and both at once.

use std::path::{Path, PathBuf};

use portcullis_core::engine::duration_seconds;
use portcullis_core::policies::keys::{KeyError, PublicKey};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::files::{self, FileError, Trust};
use crate::library::{BundleFile, Origin};

/// Most keys that a bundle may be trusted by.
const KEYS_MAX: usize = 16;

/// Longest file of a key, in bytes.
const KEY_BYTES_MAX: u64 = 16 * 1024;

/// Shortest age at which a bundle may become stale, in seconds: a server needs time to notice a new one.
const STALENESS_SECONDS_MIN: u32 = 5;

/// Longest, in seconds: a year.
const STALENESS_SECONDS_MAX: u32 = 366 * 86_400;

/// The policies: either `dir`, or `bundle` with `public_keys` and `max_staleness`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPolicies {
    /// The folder with the policy files. Changes are taken over within a second.
    pub dir: Option<PathBuf>,
    /// A signed bundle instead of a folder, as `portcullis policy bundle build` writes it. Another
    /// file in its place is taken over within a second, unless it is older.
    pub bundle: Option<PathBuf>,
    /// The public keys, in PEM, of which one must have signed the bundle.
    #[serde(default)]
    pub public_keys: Vec<PathBuf>,
    /// A folder with a draft: it is asked the same questions, and what it would have said is in the
    /// audit log and the metrics. It is never enforced.
    pub candidate: Option<PathBuf>,
    /// How old a bundle may become, as `P7D` or `PT12H`; then everything is denied until there is a
    /// fresh one. From 5 seconds to 366 days.
    pub max_staleness: Option<String>,
}

/// Why the section is refused.
#[derive(Debug, thiserror::Error)]
pub enum PoliciesError {
    /// Neither or both are named.
    #[error("`[policies]` names either `dir` or `bundle`")]
    Either,
    /// A folder has no signature and no age.
    #[error(
        "`policies.public_keys` and `policies.max_staleness` belong to a `bundle`, not to a `dir`"
    )]
    Folder,
    /// Nobody could have signed it.
    #[error(
        "`policies.bundle` needs `public_keys` with 1 to {KEYS_MAX} files: those who may sign it"
    )]
    Keys,
    /// It could be old.
    #[error("`policies.bundle` needs `max_staleness`: how old it may become, as \"P7D\"")]
    NoStaleness,
    /// The age is none.
    #[error(
        "`policies.max_staleness = {0:?}` is no time from PT5S to P366D; write \"P7D\" or \"PT12H\""
    )]
    Staleness(String),
    /// A key cannot be read, or is not to be believed.
    #[error("`policies.public_keys`: {0}")]
    File(#[from] FileError),
    /// A key is none.
    #[error("{path}: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: KeyError,
    },
}

impl RawPolicies {
    /// What is meant; paths are relative to `folder`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn resolve(self, folder: &Path) -> Result<Origin, PoliciesError> {
        match (self.dir, self.bundle) {
            (Some(dir), None) => {
                if !self.public_keys.is_empty() || self.max_staleness.is_some() {
                    return Err(PoliciesError::Folder);
                }
                Ok(Origin::Folder(folder.join(dir)))
            }
            (None, Some(bundle)) => {
                if !(1..=KEYS_MAX).contains(&self.public_keys.len()) {
                    return Err(PoliciesError::Keys);
                }
                let max_staleness_s = staleness(self.max_staleness)?;
                let keys = self.public_keys.iter();
                let keys = keys.map(|path| read_public_key(&folder.join(path)));
                Ok(Origin::Bundle(BundleFile {
                    path: folder.join(bundle),
                    keys: keys.collect::<Result<_, _>>()?,
                    max_staleness_s,
                }))
            }
            _ => Err(PoliciesError::Either),
        }
    }
}

fn staleness(text: Option<String>) -> Result<u32, PoliciesError> {
    let text = text.ok_or(PoliciesError::NoStaleness)?;
    let bounds = STALENESS_SECONDS_MIN..=STALENESS_SECONDS_MAX;
    duration_seconds(&text)
        .filter(|seconds| bounds.contains(seconds))
        .ok_or(PoliciesError::Staleness(text))
}

/// Reads a public key's file. Whoever writes it says whose bundles count.
///
/// # Errors
/// It cannot be read, is somebody else's, others can write it, or it is no key.
fn read_public_key(path: &Path) -> Result<PublicKey, PoliciesError> {
    let pem = files::read(path, Trust::Public, KEY_BYTES_MAX)?;
    PublicKey::from_pem(&pem).map_err(|source| PoliciesError::Key {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use portcullis_core::policies::keys::SecretKey;

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_key_that_others_can_write_signs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (_, public) = SecretKey::from_seed(&[1; 32]).unwrap().to_pem().unwrap();
        let path = folder.path().join("a.pub.pem");
        std::fs::write(&path, public).unwrap();
        for (mode, wanted) in [(0o444, true), (0o644, true), (0o664, false), (0o646, false)] {
            set_mode(&path, mode);
            let read = read_public_key(&path);
            assert_eq!(read.is_ok(), wanted, "{mode:o}");
            assert!(
                read.err()
                    .is_none_or(|error| error.to_string().contains("chmod go-w"))
            );
        }
    }

    fn resolve(text: &str, folder: &Path) -> Result<Origin, PoliciesError> {
        toml::from_str::<RawPolicies>(text).unwrap().resolve(folder)
    }

    #[test]
    fn a_bundle_needs_keys_and_an_age() {
        let folder = tempfile::tempdir().unwrap();
        let (secret, public) = SecretKey::from_seed(&[1; 32]).unwrap().to_pem().unwrap();
        std::fs::write(folder.path().join("a.pub.pem"), public).unwrap();
        std::fs::write(folder.path().join("a.pem"), secret).unwrap();
        set_mode(&folder.path().join("a.pub.pem"), 0o644);
        set_mode(&folder.path().join("a.pem"), 0o600);
        let whole = "bundle = \"b\"\npublic_keys = [\"a.pub.pem\"]\nmax_staleness = \"P7D\"";
        let Origin::Bundle(file) = resolve(whole, folder.path()).unwrap() else {
            panic!()
        };
        assert_eq!(file.max_staleness_s, 7 * 86_400);
        assert_eq!(file.path, folder.path().join("b"));
        assert_eq!(file.keys.len(), 1);
        for (from, to, what) in [
            ("\"P7D\"", "\"7 days\"", "is no time"),
            ("\"P7D\"", "\"P367D\"", "is no time"),
            ("\"P7D\"", "\"PT4S\"", "is no time"),
            ("max_staleness = \"P7D\"", "", "needs `max_staleness`"),
            ("[\"a.pub.pem\"]", "[]", "needs `public_keys`"),
            ("a.pub.pem", "a.pem", "no Ed25519 public key"),
            ("a.pub.pem", "b.pem", "`policies.public_keys`: cannot use"),
            ("bundle = \"b\"", "", "either"),
            ("bundle = \"b\"", "bundle = \"b\"\ndir = \"d\"", "either"),
            ("bundle = \"b\"", "dir = \"d\"", "belong to a `bundle`"),
        ] {
            let error = resolve(&whole.replace(from, to), folder.path()).unwrap_err();
            assert!(error.to_string().contains(what), "{to}: {error}");
        }
    }
}
