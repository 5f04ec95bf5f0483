//! The plan: everything that is known before the first file is written or process started.
//!
//! It holds values only. Where files live is [`super::folder`], how Envoy hears about it is
//! [`super::envoy`].

use std::path::PathBuf;

use serde_json::Value;

use super::folder::Folder;
use super::upstream::Upstream;

/// The scope that the challenge and the resource metadata name.
pub(crate) const SCOPE: &str = "mcp";
/// Where RFC 9728 wants the description of a protected resource.
pub(crate) const METADATA_PATH: &str = "/.well-known/oauth-protected-resource";

/// What one `portcullis up` is going to run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Envoy's listener, on 127.0.0.1.
    pub(crate) port: u16,
    /// The policy server's admin listener, on 127.0.0.1.
    pub(crate) admin_port: u16,
    pub(crate) folder: Folder,
    pub(crate) policies: PathBuf,
    pub(crate) filter: PathBuf,
    pub(crate) servers: Vec<Upstream>,
    /// Certificate authorities of https upstreams, in the place of the system's.
    pub(crate) upstream_ca: Option<PathBuf>,
    /// Web pages beside the gateway's own that may talk to it, in lower case.
    pub(crate) origins: Vec<String>,
    /// Servers that are handed the client's own token.
    pub(crate) forward_token: Vec<String>,
    /// The public keys that tokens are checked against.
    pub(crate) jwks: Value,
}

impl Plan {
    /// The gateway's own address, which is also the issuer of its tokens.
    pub(crate) fn base(&self) -> String {
        base(self.port)
    }

    /// The URL of a server as its clients see it: the resource of RFC 8707.
    pub(crate) fn resource(&self, server: &Upstream) -> String {
        format!("{}{}", self.base(), server.public_path())
    }

    /// The URL of a server's resource metadata.
    pub(crate) fn metadata(&self, server: &Upstream) -> String {
        format!("{}{METADATA_PATH}{}", self.base(), server.public_path())
    }

    /// What `Host` may say.
    pub(crate) fn hosts(&self) -> [String; 2] {
        ["127.0.0.1", "localhost"].map(|host| format!("{host}:{}", self.port))
    }

    /// What `Origin` may say: a browser's page of the gateway's own, or one that was named.
    pub(crate) fn all_origins(&self) -> Vec<String> {
        let own = self.hosts().map(|host| format!("http://{host}"));
        own.into_iter()
            .chain(self.origins.iter().cloned())
            .collect()
    }

    pub(crate) fn admin(&self) -> String {
        base(self.admin_port)
    }

    pub(crate) fn forwards_token(&self, server: &Upstream) -> bool {
        self.forward_token
            .iter()
            .any(|name| name == server.name.as_str())
    }
}

pub(crate) fn base(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
