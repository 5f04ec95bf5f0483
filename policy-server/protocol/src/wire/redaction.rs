//! Redaction between the two: the rules and keys in force, and whether what was redacted still fits
//! the tool's output schema.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::digest::{Digest, hex_bytes, hex_text};
use crate::names::{CallId, Name, ServerName};
use crate::redact::{Class, HandleKey, MarkKey, RawRules};

/// Asks for the rules in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedactionQuery {
    /// The exchange that needs them.
    pub call: CallId,
}

/// The rules in force, and the keys that go with them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedactionRules {
    /// The exchange that asked.
    pub call: CallId,
    /// What names this answer: terms repeat it. Rules, tenant and keys all change it.
    pub digest: Digest,
    /// The rules as written.
    pub rules: RawRules,
    /// The tenant that handles are bound to.
    pub tenant: Name,
    /// The keys.
    pub keys: Keys,
}

/// Keys, 64 lower-case hexadecimal digits each. They never print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The key of marks.
    pub marks: String,
    /// The key of handles; absent when none is configured, and then there are no handles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handles: Option<String>,
}

impl Keys {
    /// The keys as they are written.
    #[must_use]
    pub fn written(marks: &[u8; 32], handles: Option<&[u8; 32]>) -> Self {
        Self {
            marks: hex_text(marks),
            handles: handles.map(|key| hex_text(key)),
        }
    }

    /// The keys that are meant; `None` when one of them is none.
    #[must_use]
    pub fn read(&self) -> Option<(MarkKey, Option<HandleKey>)> {
        let marks = MarkKey::new(hex_bytes(&self.marks)?);
        let handles = match &self.handles {
            Some(text) => Some(HandleKey::new(hex_bytes(text)?)),
            None => None,
        };
        Some((marks, handles))
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// An argument in which a handle becomes its secret again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// JSON pointer below `params/arguments`.
    pub path: String,
    /// The class of the secret.
    pub class: Class,
    /// The server that the secret came from.
    pub from: ServerName,
}

/// Does this redacted `structuredContent` satisfy the tool's output schema?
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StructuredQuery {
    /// The call.
    pub call: CallId,
    /// SHA-256 of `content` as written here.
    pub digest: Digest,
    /// The server.
    pub server: ServerName,
    /// The tool.
    pub tool: Name,
    /// `result.structuredContent`, redacted.
    pub content: Box<RawValue>,
}

/// The policy server's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StructuredAnswer {
    /// The call that was asked about.
    pub call: CallId,
    /// The content that was asked about.
    pub digest: Digest,
    /// Whether it fits.
    pub fit: Fit,
}

/// Whether a value satisfies a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// It does, or the tool declares none.
    Fits,
    /// It does not, or that could not be found out.
    Unfit,
}
