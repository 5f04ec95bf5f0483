//! The section `[redaction]`: the key of marks and handles, and the tenant.
//!
//! The key is read with the file, so that a wrong one is found before a port is bound. Deliberately
//! absent: a key in the file itself or in the environment.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use portcullis_protocol::names::Name;
use portcullis_protocol::redact::RedactionKey;
use schemars::JsonSchema;
use serde::Deserialize;

/// The tenant where none is named.
const TENANT: &str = "default";

/// Redaction of secrets; its rules are `redaction.toml` among the policies.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRedaction {
    /// A file with 64 lower-case hexadecimal digits that only the server's user can read, as
    /// `openssl rand -hex 32` prints them. Marks in the audit log and handles are made with it.
    /// Without it marks differ from run to run, and rules that make handles are refused.
    pub key_file: Option<PathBuf>,
    /// The tenant that handles are bound to; `default` when absent.
    pub tenant: Option<String>,
}

/// The section, resolved.
#[derive(Clone, Debug)]
pub struct RedactionConfig {
    /// The key, when one is configured.
    pub key: Option<RedactionKey>,
    /// The tenant.
    pub tenant: Name,
}

/// Why the section is refused.
#[derive(Debug, thiserror::Error)]
pub enum RedactionError {
    /// The key cannot be read.
    #[error("`redaction.key_file`: cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// Others can read the key.
    #[error(
        "`redaction.key_file`: others can read {0}; `chmod 600` it, and make a new key if they did"
    )]
    Open(PathBuf),
    /// The key is none.
    #[error(
        "`redaction.key_file`: {0} does not hold 64 lower-case hexadecimal digits; \
         `openssl rand -hex 32` prints them"
    )]
    Key(PathBuf),
    /// The tenant is no name.
    #[error("`redaction.tenant = {0:?}` is no plain name")]
    Tenant(String),
}

impl RawRedaction {
    /// What is meant; paths are relative to `folder`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn resolve(self, folder: &Path) -> Result<RedactionConfig, RedactionError> {
        let key = self.key_file.map(|path| read_key(&folder.join(path)));
        let tenant = self.tenant.unwrap_or_else(|| TENANT.to_owned());
        Ok(RedactionConfig {
            key: key.transpose()?,
            tenant: Name::parse(&tenant).map_err(|_| RedactionError::Tenant(tenant))?,
        })
    }
}

/// Reads a key file.
///
/// # Errors
/// It cannot be read, others can read it, or it holds no key.
pub fn read_key(path: &Path) -> Result<RedactionKey, RedactionError> {
    let failed = |source| RedactionError::Read {
        path: path.to_owned(),
        source,
    };
    let mode = std::fs::metadata(path)
        .map_err(failed)?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(RedactionError::Open(path.to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    RedactionKey::parse(text.trim_end()).ok_or_else(|| RedactionError::Key(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, mode: u32) -> Result<RedactionConfig, RedactionError> {
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
    fn a_key_is_whole_and_its_owners() {
        let digits = "0123456789abcdef".repeat(4);
        let config = with(&format!("{digits}\n"), 0o600).unwrap();
        assert!(!format!("{config:?}").contains("0123"));
        assert_eq!(config.tenant.as_str(), "default");
        assert!(matches!(with(&digits, 0o640), Err(RedactionError::Open(_))));
        for text in ["", "0123", &digits.to_uppercase(), &format!("{digits}0")] {
            assert!(
                matches!(with(text, 0o600), Err(RedactionError::Key(_))),
                "{text}"
            );
        }
        let missing = RawRedaction {
            key_file: Some("missing".into()),
            tenant: None,
        };
        assert!(matches!(
            missing.resolve(Path::new("/nonexistent")),
            Err(RedactionError::Read { .. })
        ));
    }

    #[test]
    fn a_tenant_is_a_plain_name() {
        let raw = RawRedaction {
            key_file: None,
            tenant: Some("a\u{202e}b".to_owned()),
        };
        assert!(matches!(
            raw.resolve(Path::new("")),
            Err(RedactionError::Tenant(_))
        ));
    }
}
