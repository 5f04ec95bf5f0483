//! Lists on the way back: the server pins and filters them, the filter swaps the bytes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::digest::Digest;
use crate::names::{CallId, Caller, Name, ServerName};

/// Which list a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ListKind {
    /// The result of `tools/list`.
    #[serde(rename = "tools/list")]
    Tools,
    /// The result of `prompts/list`.
    #[serde(rename = "prompts/list")]
    Prompts,
    /// The result of `resources/list`.
    #[serde(rename = "resources/list")]
    Resources,
    /// The result of `resources/templates/list`.
    #[serde(rename = "resources/templates/list")]
    Templates,
}

impl ListKind {
    /// The list that a method asks for, if it asks for one.
    #[must_use]
    pub fn of_method(method: &str) -> Option<Self> {
        match method {
            "tools/list" => Some(Self::Tools),
            "prompts/list" => Some(Self::Prompts),
            "resources/list" => Some(Self::Resources),
            "resources/templates/list" => Some(Self::Templates),
            _ => None,
        }
    }

    /// The method that asks for this list, and the member of the result that holds it.
    #[must_use]
    pub const fn method_and_member(self) -> (&'static str, &'static str) {
        match self {
            Self::Tools => ("tools/list", "tools"),
            Self::Prompts => ("prompts/list", "prompts"),
            Self::Resources => ("resources/list", "resources"),
            Self::Templates => ("resources/templates/list", "resourceTemplates"),
        }
    }
}

/// One page of a list, as the MCP server answered it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// The identity of the message that asked for the list.
    pub call: CallId,
    /// SHA-256 of `result` as sent here.
    pub digest: Digest,
    /// The server behind the gateway.
    pub server: ServerName,
    /// Who asked.
    pub caller: Caller,
    /// Which list.
    pub kind: ListKind,
    /// The protocol version of the exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<Name>,
    /// The `result` member, byte for byte.
    pub result: Box<RawValue>,
}

/// The page that the caller may see.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListAnswer {
    /// The call that was asked about.
    pub call: CallId,
    /// The digest that was asked about.
    pub digest: Digest,
    /// The `result` member to release.
    pub result: Box<RawValue>,
}
