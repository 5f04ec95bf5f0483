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
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn data(text: &str, folder: &Path) -> Result<(Listening, Proof), ListenerError> {
        toml::from_str::<RawData>(text).unwrap().resolve(folder)
    }

    fn with_secrets(text: &str, mode: u32) -> Result<Proof, ListenerError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let listen = "listen = \"127.0.0.1:0\"\nsecret_file = \"secret\"";
        data(listen, folder.path()).map(|(_, proof)| proof)
    }

    #[test]
    fn tcp_without_a_secret_is_no_data_listener() {
        let here = Path::new("/nowhere");
        for listen in ["127.0.0.1:0", "[::1]:9191", "127.0.0.2:1"] {
            let error = data(&format!("listen = {listen:?}"), here).unwrap_err();
            assert!(matches!(error, ListenerError::NoSecret), "{error}");
            assert!(
                error.to_string().contains("openssl rand -hex 32"),
                "{error}"
            );
        }
        let remote = "listen = \"0.0.0.0:1\"\nallow_remote = true";
        assert!(matches!(data(remote, here), Err(ListenerError::NoSecret)));
        let (listening, proof) = data("listen = \"unix:a.sock\"", here).unwrap();
        assert_eq!(listening.address.to_string(), "unix:/nowhere/a.sock");
        assert!(matches!(proof, Proof::SocketMode));
    }

    #[test]
    fn each_line_of_the_file_counts_and_nothing_else() {
        let old = SECRET.to_uppercase();
        let Ok(Proof::Secret(secrets)) = with_secrets(&format!("{SECRET}\r\n\n{old}\n"), 0o600)
        else {
            panic!("two secrets")
        };
        assert!(secrets.has(SECRET.as_bytes()) && secrets.has(old.as_bytes()));
        for other in [
            "",
            SECRET.get(1..).unwrap(),
            &format!("{SECRET}0"),
            &SECRET.replace('0', "1"),
        ] {
            assert!(!secrets.has(other.as_bytes()), "{other}");
        }
        assert!(!format!("{secrets:?}").contains("0123"));
    }

    #[test]
    fn a_file_that_holds_no_secret_or_is_open_is_refused_without_quoting_it() {
        for (text, mode, wanted) in [
            ("", 0o600, "one to 4 secrets"),
            ("\n \n", 0o600, "one to 4 secrets"),
            ("hunter2\n", 0o600, "32 to 512 visible"),
            (&format!("{SECRET}\nhunter2"), 0o600, "32 to 512 visible"),
            (&format!("hunter2 {SECRET}"), 0o600, "32 to 512 visible"),
            (&format!("{SECRET}\n").repeat(5), 0o600, "one to 4 secrets"),
            (&"hunter2".repeat(400), 0o600, "longer than"),
            (SECRET, 0o644, "read by others"),
            (SECRET, 0o620, "written by others"),
        ] {
            let error = with_secrets(text, mode).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
            assert!(error.contains("data.secret_file"), "{error}");
            assert!(
                !error.contains("hunter2") && !error.contains("0123"),
                "{error}"
            );
        }
    }

    #[test]
    fn names_are_hosts_and_no_urls() {
        let admin = |hosts: &str| {
            let text = format!("listen = \"127.0.0.1:0\"\nhosts = [{hosts}]");
            let raw: RawAdmin = toml::from_str(&text).unwrap();
            raw.resolve(Path::new(""))
        };
        assert_eq!(admin("\"a.example\", \"[::1]:1\"").unwrap().hosts.len(), 2);
        for bad in ["http://a", "*", "", "a/b", "a:b", "a b", "*.example"] {
            let error = admin(&format!("{bad:?}")).unwrap_err().to_string();
            assert!(error.contains("`admin.hosts`"), "{error}");
        }
    }
}
