//! What a message acts on, as the log says it.
//!
//! Deliberately absent: what may be secret in it. Userinfo, query and fragment of a URI and the id of
//! a task are there as digests only.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::Name;
use portcullis_protocol::wire::Target;
use serde::Serialize;

use super::SPELLED_MAX;
use crate::uri::{self, Hidden};

/// Longest path of a URI that a record spells out, in bytes.
const PATH_BYTES_MAX: usize = 1024;
/// Longest scheme or host that a record spells out, in bytes.
const HOST_BYTES_MAX: usize = 256;

/// What the message acts on: the first few spelled out, all of them counted.
#[derive(Clone, Debug, Serialize)]
pub struct Targets {
    count: usize,
    first: Vec<TargetEntry>,
}

impl Targets {
    pub(super) fn of(targets: &[Target]) -> Self {
        let first = targets
            .iter()
            .take(SPELLED_MAX)
            .map(TargetEntry::from)
            .collect();
        Self {
            count: targets.len(),
            first,
        }
    }
}

/// One target without its secrets. What is too long is there as a digest only.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TargetEntry {
    /// The server as a whole.
    Server,
    /// A tool.
    Tool {
        /// Its name.
        name: Name,
    },
    /// A prompt.
    Prompt {
        /// Its name.
        name: Name,
    },
    /// A resource, without userinfo, query and fragment.
    Resource(UriEntry),
    /// A resource template, likewise.
    Template(UriEntry),
    /// A task; its id may be a bearer secret.
    Task {
        /// SHA-256 of the id.
        digest: Digest,
    },
}

/// A URI without its secrets.
#[derive(Clone, Debug, Serialize)]
pub struct UriEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Whether userinfo, query, fragment or a part that is too long is left out.
    partial: bool,
    /// SHA-256 of the whole URI.
    digest: Digest,
}

impl UriEntry {
    fn of(uri: &str) -> Self {
        let parts = uri::parts(uri);
        let bounded = |text: &str, max| (text.len() <= max).then(|| text.to_owned());
        let scheme = bounded(parts.scheme, HOST_BYTES_MAX);
        let host = parts.host.and_then(|host| bounded(host, HOST_BYTES_MAX));
        let path = bounded(parts.path, PATH_BYTES_MAX);
        let cut = scheme.is_none() || path.is_none() || host.is_some() != parts.host.is_some();
        let partial = cut || parts.hidden == Hidden::Something;
        Self {
            scheme,
            host,
            path,
            partial,
            digest: Digest::of(uri.as_bytes()),
        }
    }
}

impl From<&Target> for TargetEntry {
    fn from(target: &Target) -> Self {
        match target {
            Target::Server => Self::Server,
            Target::Tool(name) => Self::Tool { name: name.clone() },
            Target::Prompt(name) => Self::Prompt { name: name.clone() },
            Target::Resource(uri) => Self::Resource(UriEntry::of(uri.as_str())),
            Target::Template(uri) => Self::Template(UriEntry::of(uri.as_str())),
            Target::Task(id) => Self::Task {
                digest: Digest::of(id.as_str().as_bytes()),
            },
        }
    }
}
