//! The sections `[data]` and `[admin]`: where a listener is, which names it answers to, and what
//! proves that a question is a filter's.
//!
//! The secret is read with the file, so that a wrong one is found before a port is bound.
//! Deliberately absent: a data listener on TCP that believes whoever reaches it.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use portcullis_protocol::secret::{SECRET_BYTES_MAX, SecretError, SharedSecret};
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use crate::files::{self, FileError, Trust};
use crate::http::HostName;

/// Most secrets that count at a time: the one in use, and those that it takes over from.
const SECRETS_MAX: usize = 4;

/// Longest file of secrets, in bytes: each with the end of its line.
const FILE_BYTES_MAX: u64 = (SECRETS_MAX * (SECRET_BYTES_MAX + 2)) as u64;

/// Where the filters ask.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawData {
    /// `unix:PATH` for a socket that only the server's user can open, or `ADDRESS:PORT` with a
    /// `secret_file`.
    pub listen: String,
    /// Acknowledges that the way to the filters is not encrypted: a listener beyond the loopback
    /// interface is refused without it.
    #[serde(default)]
    pub allow_remote: bool,
    /// A file with the secret that filters send (`policy_server.secret`), which nobody but its owner
    /// may read; required on TCP. Of up to four lines each counts, so that a secret can be changed
    /// while filters run.
    pub secret_file: Option<PathBuf>,
    /// Names that filters reach this listener by, beside `portcullis`, `localhost` and its own
    /// address. Others in `Host` are refused.
    #[serde(default)]
    pub hosts: Vec<String>,
}

/// Where operators look.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAdmin {
    /// `ADDRESS:PORT`, or `unix:PATH` for a socket that only the server's user can open.
    pub listen: String,
    /// Acknowledges that whoever reaches the address may look: a listener beyond the loopback
    /// interface is refused without it. There is no login.
    #[serde(default)]
    pub allow_remote: bool,
    /// Names that operators and Prometheus reach this listener by, such as `gateway.example.com`,
    /// beside `localhost` and its own address. Others in `Host` are refused.
    #[serde(default)]
    pub hosts: Vec<String>,
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

/// A listener, whole.
#[derive(Clone, Debug)]
pub struct Listening {
    /// Where.
    pub address: Address,
    /// The names that it answers to, beside those that go without saying.
    pub hosts: Vec<HostName>,
}

/// What proves to the data listener that a question is a filter's.
#[derive(Clone, Debug)]
pub enum Proof {
    /// Whoever can open the socket is the server's own user, or root.
    SocketMode,
    /// One of these secrets.
    Secret(Secrets),
}

/// Secrets that count, as their digests: what is not kept cannot leak.
#[derive(Clone)]
pub struct Secrets(Vec<[u8; 32]>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

impl Secrets {
    /// Whether this is one of them. All are compared, whole, so that the time tells nothing.
    #[must_use]
    pub fn has(&self, given: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        let none = Choice::from(0);
        let found = self.0.iter();
        found
            .fold(none, |found, secret| found | secret.ct_eq(&given))
            .into()
    }

    fn read(path: &Path) -> Result<Self, ListenerError> {
        let text = files::read(path, Trust::Secret, FILE_BYTES_MAX)?;
        let wrong = |why| ListenerError::Secret {
            path: path.to_owned(),
            why,
        };
        let lines = text.lines().map(str::trim_ascii);
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        if !(1..=SECRETS_MAX).contains(&lines.len()) {
            return Err(ListenerError::Secrets(path.to_owned()));
        }
        let secret = |line: &str| SharedSecret::parse(line).map_err(wrong);
        let secrets = lines.into_iter().map(secret);
        let secrets: Vec<SharedSecret> = secrets.collect::<Result<_, _>>()?;
        let digest = |secret: &SharedSecret| Sha256::digest(secret.expose()).into();
        Ok(Self(secrets.iter().map(digest).collect()))
    }
}

/// Why a listener is refused.
#[derive(Debug, thiserror::Error)]
pub enum ListenerError {
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
        "`{field}.listen` is reachable from other machines, and what passes is not encrypted; use \
         a loopback address or a Unix socket, or acknowledge it with `allow_remote = true`"
    )]
    Remote {
        /// The section.
        field: &'static str,
    },
    /// Whoever reached the port would be believed.
    #[error(
        "`data.listen` is a TCP address, which every program of this machine reaches, and every web \
         page in a browser on it; use `unix:PATH`, or name a secret in `data.secret_file` \
         (`umask 077; openssl rand -hex 32 > FILE`) and give it to the filter as \
         `policy_server.secret`"
    )]
    NoSecret,
    /// The file of secrets is not to be had.
    #[error("`data.secret_file`: {0}")]
    SecretFile(#[from] FileError),
    /// A line of it is no secret.
    #[error("`data.secret_file` {path}: {why}")]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: SecretError,
    },
    /// It holds none, or too many.
    #[error("`data.secret_file` {0} must hold one to {SECRETS_MAX} secrets, one a line")]
    Secrets(PathBuf),
    /// A name is none.
    #[error(
        "`{field}.hosts` has {text:?}, which is no host; write `gateway.example.com`, \
         `gateway.example.com:9192` or an address, without a scheme or a path"
    )]
    Host {
        /// The section.
        field: &'static str,
        /// What was written.
        text: String,
    },
}

impl RawData {
    /// What is meant; paths are relative to `folder`.
    pub(super) fn resolve(self, folder: &Path) -> Result<(Listening, Proof), ListenerError> {
        let listening = Listening {
            address: address("data", &self.listen, self.allow_remote, folder)?,
            hosts: hosts("data", &self.hosts)?,
        };
        let proof = match (&self.secret_file, &listening.address) {
            (Some(file), _) => Proof::Secret(Secrets::read(&folder.join(file))?),
            (None, Address::Unix(_)) => Proof::SocketMode,
            (None, Address::Tcp(_)) => return Err(ListenerError::NoSecret),
        };
        Ok((listening, proof))
    }
}

impl RawAdmin {
    /// What is meant; paths are relative to `folder`.
    pub(super) fn resolve(self, folder: &Path) -> Result<Listening, ListenerError> {
        Ok(Listening {
            address: address("admin", &self.listen, self.allow_remote, folder)?,
            hosts: hosts("admin", &self.hosts)?,
        })
    }
}

fn hosts(field: &'static str, texts: &[String]) -> Result<Vec<HostName>, ListenerError> {
    let host = |text: &String| {
        HostName::parse(text).ok_or_else(|| ListenerError::Host {
            field,
            text: text.clone(),
        })
    };
    texts.iter().map(host).collect()
}

fn address(
    field: &'static str,
    listen: &str,
    allow_remote: bool,
    folder: &Path,
) -> Result<Address, ListenerError> {
    let path = listen.strip_prefix("unix:");
    if let Some(path) = path.filter(|path| !path.is_empty()) {
        return Ok(Address::Unix(folder.join(path)));
    }
    let address: SocketAddr = listen.parse().map_err(|_| ListenerError::Address {
        field,
        text: listen.to_owned(),
    })?;
    if !address.ip().is_loopback() && !allow_remote {
        return Err(ListenerError::Remote { field });
    }
    Ok(Address::Tcp(address))
}

#[cfg(test)]
mod tests;
