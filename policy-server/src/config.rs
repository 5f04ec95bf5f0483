//! The configuration file: what was written becomes what is meant, whole, before a port is bound.
//!
//! Unknown fields are errors. Relative paths are relative to the file. Deliberately absent: a second
//! way to configure, by environment or by flags.

mod listeners;
mod policies;
mod redaction;

use std::path::{Path, PathBuf};

use portcullis_core::audit::Keep;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::files::{self, FileError, Trust};
use crate::library::Origin;
use crate::secrets::Secrets;

pub use listeners::{Address, ListenerError, Listening, Proof, RawAdmin, RawData};

pub use redaction::{RawRedaction, RedactionError, read_key};

pub use policies::{PoliciesError, RawPolicies};

/// Longest configuration file, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The file as written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Portcullis policy server configuration")]
pub struct RawConfig {
    /// Where the filters ask.
    pub data: RawData,
    /// Where operators look: liveness, readiness, metrics, status.
    pub admin: RawAdmin,
    /// The policies.
    pub policies: RawPolicies,
    /// The audit log.
    pub audit: RawAudit,
    /// The keys of redaction.
    #[serde(default)]
    pub redaction: RawRedaction,
    /// What the server says about itself.
    #[serde(default)]
    pub log: RawLog,
}

/// The audit log.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAudit {
    /// The SQLite database. Its folder is created; one server writes it at a time.
    pub database: PathBuf,
    /// What a committed record survives.
    #[serde(default)]
    pub sync: Sync,
    /// What a decision's record keeps of a call's arguments, beside their digest.
    #[serde(default)]
    pub arguments: Arguments,
}

/// What a committed record survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sync {
    /// A loss of power: the record is flushed to the disk before the answer leaves.
    #[default]
    Disk,
    /// A crash of the process only: the record is handed to the operating system. Faster.
    Os,
}

impl Sync {
    /// The word in the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Os => "os",
        }
    }
}

/// What a decision's record keeps of a call's arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Arguments {
    /// The types of their members, never a value.
    #[default]
    Types,
    /// Their bytes too, up to 16 KiB, without the secrets that the rules of redaction find in them.
    /// `portcullis policy replay` can then decide a call without any again exactly.
    Values,
}

impl From<Arguments> for Keep {
    fn from(arguments: Arguments) -> Self {
        match arguments {
            Arguments::Types => Self::Types,
            Arguments::Values => Self::Values,
        }
    }
}

/// What the server says about itself.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLog {
    /// The form of a line on standard error.
    #[serde(default)]
    pub format: LogFormat,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// A configuration that cannot be wrong in itself.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the filters ask.
    pub data: Listening,
    /// What proves that a question is a filter's.
    pub proof: Proof,
    /// Where operators look.
    pub admin: Listening,
    /// Where the policies come from.
    pub policies: Origin,
    /// The database.
    pub database: PathBuf,
    /// What a committed record survives.
    pub sync: Sync,
    /// The folder of a draft that is asked beside the policies in force.
    pub candidate: Option<PathBuf>,
    /// What a decision's record keeps of arguments.
    pub arguments: Arguments,
    /// The tenant and the keys of redaction.
    pub redaction: Secrets,
    /// The form of a log line.
    pub log: LogFormat,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read, or anybody could have written it.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is no configuration.
    #[error("{path}: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: toml::de::Error,
    },
    /// A listener is refused.
    #[error(transparent)]
    Listener(#[from] ListenerError),
    /// It cannot be said where the policies come from.
    #[error(transparent)]
    Policies(#[from] PoliciesError),
    /// The keys of redaction are not to be had.
    #[error(transparent)]
    Redaction(#[from] RedactionError),
    /// Both listeners are the same.
    #[error("`data.listen` and `admin.listen` are the same; operators and filters are kept apart")]
    Same,
}

impl RawConfig {
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = files::read(path, Trust::Named, FILE_BYTES_MAX)?;
        toml::from_str(&text).map_err(|source| ConfigError::Parse {
            path: path.to_owned(),
            source,
        })
    }
}

/// What relative paths in a file are relative to.
fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or_else(|| Path::new(""))
}

impl Config {
    /// Reads and resolves a file.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::resolve(RawConfig::read(path)?, folder_of(path))
    }

    /// The database that a file names, for those who only read that: they may be others than the
    /// server's user, and have no business with its keys.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn database_of(path: &Path) -> Result<PathBuf, ConfigError> {
        Ok(folder_of(path).join(RawConfig::read(path)?.audit.database))
    }

    fn resolve(raw: RawConfig, folder: &Path) -> Result<Self, ConfigError> {
        let (data, proof) = raw.data.resolve(folder)?;
        let admin = raw.admin.resolve(folder)?;
        if data.address == admin.address {
            return Err(ConfigError::Same);
        }
        Ok(Self {
            data,
            proof,
            admin,
            candidate: raw.policies.candidate.as_ref().map(|dir| folder.join(dir)),
            policies: raw.policies.resolve(folder)?,
            database: folder.join(raw.audit.database),
            sync: raw.audit.sync,
            arguments: raw.audit.arguments,
            redaction: raw.redaction.resolve(folder)?,
            log: raw.log.format,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"
        data = { listen = "unix:run/data.sock" }
        admin = { listen = "127.0.0.1:9192" }
        policies = { dir = "policies" }
        audit = { database = "audit.db" }
    "#;

    fn resolve(text: &str) -> Result<Config, ConfigError> {
        Config::resolve(toml::from_str(text).unwrap(), Path::new("/etc/portcullis"))
    }

    #[test]
    fn a_minimal_file_is_durable_and_local() {
        let config = resolve(MINIMAL).unwrap();
        assert_eq!(config.sync, Sync::Disk);
        assert_eq!(config.arguments, Arguments::Types);
        assert_eq!(
            config.data.address,
            Address::Unix(PathBuf::from("/etc/portcullis/run/data.sock"))
        );
        assert_eq!(
            config.policies.path(),
            Path::new("/etc/portcullis/policies")
        );
    }

    #[test]
    fn whoever_reads_the_database_needs_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portcullis.toml");
        let text = format!("{MINIMAL}\nredaction = {{ key_file = \"absent\" }}\n");
        std::fs::write(&path, text).unwrap();
        assert!(Config::read(&path).is_err());
        let database = Config::database_of(&path).unwrap();
        assert_eq!(database, folder.path().join("audit.db"));
    }

    #[test]
    fn a_remote_listener_must_be_acknowledged() {
        let remote = MINIMAL.replace("127.0.0.1:9192", "0.0.0.0:9192");
        assert!(matches!(
            resolve(&remote),
            Err(ConfigError::Listener(ListenerError::Remote {
                field: "admin"
            }))
        ));
        let told = remote.replace("9192\" }", "9192\", allow_remote = true }");
        assert!(resolve(&told).is_ok());
    }

    #[test]
    fn what_is_unknown_is_refused() {
        assert!(toml::from_str::<RawConfig>(&format!("{MINIMAL}\nextra = 1")).is_err());
        let typo = MINIMAL.replace("database", "databse");
        assert!(toml::from_str::<RawConfig>(&typo).is_err());
    }
}
