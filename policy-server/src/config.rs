//! The configuration file: what was written becomes what is meant, whole, before a port is bound.
//!
//! Unknown fields are errors. Relative paths are relative to the file. Deliberately absent: a second
//! way to configure, by environment or by flags.

mod policies;
mod redaction;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use portcullis_core::audit::Keep;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::library::Origin;
use crate::secrets::Secrets;

pub use redaction::{RawRedaction, RedactionError, read_key};

pub use policies::{PoliciesError, RawPolicies, read_public_key};

/// The file as written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Portcullis policy server configuration")]
pub struct RawConfig {
    /// Where the filters ask.
    pub data: RawListener,
    /// Where operators look: liveness, readiness, metrics, status.
    pub admin: RawListener,
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

/// A listener.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawListener {
    /// `ADDRESS:PORT`, or `unix:PATH` for a socket that only the server's user can open.
    pub listen: String,
    /// Acknowledges that whoever reaches the address is believed: a listener beyond the loopback
    /// interface is refused without it. There is no login on either listener.
    #[serde(default)]
    pub allow_remote: bool,
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

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// TCP.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A configuration that cannot be wrong in itself.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the filters ask.
    pub data: Address,
    /// Where operators look.
    pub admin: Address,
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
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// The file is no configuration.
    #[error("{path}: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: toml::de::Error,
    },
    /// An address is none.
    #[error("`{field}.listen = \"{text}\"` is no address; write `127.0.0.1:9191` or `unix:/path`")]
    Address {
        /// The section.
        field: &'static str,
        /// What was written.
        text: String,
    },
    /// A listener would be reachable from elsewhere.
    #[error(
        "`{field}.listen` is reachable from other machines and has no login; \
         use a loopback address or a Unix socket, or acknowledge it with `allow_remote = true`"
    )]
    Remote {
        /// The section.
        field: &'static str,
    },
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

impl Config {
    /// Reads and resolves a file.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let raw: RawConfig = toml::from_str(&text).map_err(|source| ConfigError::Parse {
            path: path.to_owned(),
            source,
        })?;
        Self::resolve(raw, path.parent().unwrap_or_else(|| Path::new("")))
    }

    fn resolve(raw: RawConfig, folder: &Path) -> Result<Self, ConfigError> {
        let data = address("data", &raw.data, folder)?;
        let admin = address("admin", &raw.admin, folder)?;
        if data == admin {
            return Err(ConfigError::Same);
        }
        Ok(Self {
            data,
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

fn address(field: &'static str, raw: &RawListener, folder: &Path) -> Result<Address, ConfigError> {
    if let Some(path) = raw
        .listen
        .strip_prefix("unix:")
        .filter(|path| !path.is_empty())
    {
        return Ok(Address::Unix(folder.join(path)));
    }
    let address: SocketAddr = raw.listen.parse().map_err(|_| ConfigError::Address {
        field,
        text: raw.listen.clone(),
    })?;
    if !address.ip().is_loopback() && !raw.allow_remote {
        return Err(ConfigError::Remote { field });
    }
    Ok(Address::Tcp(address))
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
            config.data,
            Address::Unix(PathBuf::from("/etc/portcullis/run/data.sock"))
        );
        assert_eq!(
            config.policies.path(),
            Path::new("/etc/portcullis/policies")
        );
    }

    #[test]
    fn a_remote_listener_must_be_acknowledged() {
        let remote = MINIMAL.replace("127.0.0.1:9192", "0.0.0.0:9192");
        assert!(matches!(
            resolve(&remote),
            Err(ConfigError::Remote { field: "admin" })
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
