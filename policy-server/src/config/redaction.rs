//! The section `[redaction]`: the tenant, and the file with the key that handles and marks come from.
//!
//! The key is read with the file, so that a wrong one is found before a port is bound. Deliberately
//! absent: the key itself in the configuration.

use std::path::{Path, PathBuf};

use portcullis_protocol::names::Name;
use portcullis_protocol::redact::RedactionKey;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::files::{self, FileError, Trust};
use crate::secrets::{RandomError, Secrets};

/// The tenant of a deployment that has one.
const TENANT: &str = "default";

/// Longest key file, in bytes.
const FILE_BYTES_MAX: u64 = 1_024;

/// The keys of redaction. Rules are in `redaction.toml` of the policy folder.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRedaction {
    /// A file with 64 lower-case hexadecimal digits, which nobody but its owner may read. Without it
    /// there are no handles, and marks of one secret differ from start to start.
    pub key_file: Option<PathBuf>,
    /// The tenant that handles are bound to; `default` where none is named.
    pub tenant: Option<String>,
}

/// Why the section is refused.
#[derive(Debug, thiserror::Error)]
pub enum RedactionError {
    /// The key file cannot be read, or is not to be believed.
    #[error("`redaction.key_file`: {0}")]
    File(#[from] FileError),
    /// It is no key.
    #[error(
        "`redaction.key_file` {0} is no key: write 64 lower-case hexadecimal digits, as \
         `openssl rand -hex 32` prints them"
    )]
    NoKey(PathBuf),
    /// The tenant is no name.
    #[error("`redaction.tenant = {0:?}` is no plain name")]
    Tenant(String),
    /// There is no randomness for a key.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl RawRedaction {
    /// What is meant; paths are relative to `folder`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn resolve(self, folder: &Path) -> Result<Secrets, RedactionError> {
        let tenant = self.tenant.unwrap_or_else(|| TENANT.to_owned());
        let tenant = Name::parse(&tenant).map_err(|_| RedactionError::Tenant(tenant))?;
        match self.key_file {
            Some(path) => {
                let key = read_key(&folder.join(path))?;
                Ok(Secrets::of_key(&key, tenant))
            }
            None => Ok(Secrets::of_this_run(tenant)?),
        }
    }
}

/// Reads a key file.
///
/// # Errors
/// It cannot be read, is somebody else's or open to others, or it holds no key.
pub fn read_key(path: &Path) -> Result<RedactionKey, RedactionError> {
    let text = files::read(path, Trust::Secret, FILE_BYTES_MAX)?;
    let no_key = || RedactionError::NoKey(path.to_owned());
    RedactionKey::parse(text.trim_ascii()).ok_or_else(no_key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn with(text: &str, mode: u32) -> Result<Secrets, RedactionError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let raw = RawRedaction {
            key_file: Some("key".into()),
            tenant: None,
        };
        raw.resolve(folder.path())
    }

    #[test]
    fn only_a_key_that_nobody_else_reads_is_one() {
        let good = "0123456789abcdef0123456789abcdef".repeat(2);
        assert!(with(&good, 0o600).unwrap().has_handles());
        assert!(with(&format!("{good}\n"), 0o400).is_ok());
        for mode in [0o644, 0o640, 0o604, 0o660, 0o601] {
            let refused = with(&good, mode);
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains("by others"), "{mode:o}: {refused}");
        }
        let short = good.get(..62).unwrap();
        for bad in [
            "",
            short,
            &format!("{good}a"),
            &good.replace('0', "g"),
            &good.repeat(2),
        ] {
            let refused = with(bad, 0o600).unwrap_err();
            assert!(refused.to_string().contains("no key"), "{bad}: {refused}");
            assert!(!refused.to_string().contains("abcdef"), "{refused}");
        }
        let absent = RawRedaction {
            key_file: Some("absent".into()),
            tenant: None,
        };
        let refused = absent.resolve(Path::new("/nowhere"));
        assert!(matches!(refused, Err(RedactionError::File(_))));
        let long = with(&good.repeat(32), 0o600).unwrap_err().to_string();
        assert!(long.contains("longer than 1024"), "{long}");
    }

    #[test]
    fn without_a_key_there_are_no_handles() {
        let none = RawRedaction::default().resolve(Path::new("")).unwrap();
        assert!(!none.has_handles());
        let tenant = RawRedaction {
            key_file: None,
            tenant: Some("a\u{202e}b".to_owned()),
        };
        assert!(matches!(
            tenant.resolve(Path::new("")),
            Err(RedactionError::Tenant(_))
        ));
    }
}
