//! The rules as written: `policies/redaction.toml`, and the same as JSON on the way to the filter.
//!
//! Nothing is checked here beyond names and types; [`super::Rules::compile`] does that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Class, Mode, Requests};
use crate::names::{Name, ServerName};

/// A rules file. An empty one is complete: everything has a default, and no default opens a door.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[cfg_attr(
    not(target_arch = "wasm32"),
    schemars(title = "Portcullis redaction rules")
)]
#[serde(deny_unknown_fields, default)]
pub struct RawRules {
    /// What becomes of findings whose class is not named in `classes`.
    pub mode: Mode,
    /// What becomes of a message that an agent sends, where a mode would replace something in it, or where
    /// it holds a placeholder: `refuse` tells the agent, `redact` lets it go with placeholders.
    pub requests: Requests,
    /// What becomes of findings by class. Built-in rules of a `pii.` class look for something only
    /// when it is named here.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "BTreeMap<String, Mode>"))]
    pub classes: BTreeMap<Class, Mode>,
    /// Rules beside the built-in ones.
    #[serde(rename = "rule")]
    pub rules: Vec<RawRule>,
    /// What is no secret.
    pub allow: RawAllow,
    /// How handles are made.
    pub handles: RawHandles,
    /// Where handles become secrets again, if policy allows it too.
    #[serde(rename = "use")]
    pub uses: Vec<RawUse>,
}

/// One rule: by `prefixes` (with an alphabet and a length) or by `keys`, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    /// The rule's name, which placeholders show: `[a-z][a-z0-9-]*`, at most 40 bytes.
    pub id: String,
    /// The class of what it finds.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "String"))]
    pub class: Class,
    /// What the secret begins with, case-sensitive, at least three bytes each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefixes: Vec<String>,
    /// The characters behind the prefix; required with `prefixes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alphabet: Option<Alphabet>,
    /// Fewest characters behind the prefix, at least 4; required with `prefixes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<usize>,
    /// Most characters behind the prefix, at most 4096, which is the default; a longer run is no
    /// secret of this rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<usize>,
    /// Names of keys whose values are secrets: whole names, compared without case, `-`, `_`, `.`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// Texts in which the rule must find something; checked at load.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
    /// Texts in which it must find nothing; checked at load.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counterexamples: Vec<String>,
}

/// The characters that a secret is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Alphabet {
    /// `0-9`
    Digits,
    /// `0-9a-f`
    Hex,
    /// `0-9A-Z`
    UpperAlnum,
    /// `0-9A-Za-z`
    Alnum,
    /// `0-9A-Za-z_`
    Word,
    /// `0-9A-Za-z_-`
    Base64url,
    /// `0-9A-Za-z+/=`
    Base64,
    /// All of them and `.~`
    Token,
}

/// What is no secret, whatever the rules say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RawAllow {
    /// Exact values, such as documented examples.
    pub values: Vec<String>,
    /// Names of keys whose values are never secrets by their key, compared like `keys` of a rule.
    pub keys: Vec<String>,
}

/// How handles are made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RawHandles {
    /// How long a handle can be used, in seconds: 60 to 2,592,000; 86,400 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime_s: Option<u64>,
}

/// One argument of one tool in which a handle becomes its secret again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawUse {
    /// The server that gets the secret.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "String"))]
    pub server: ServerName,
    /// Its tool.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "String"))]
    pub tool: Name,
    /// JSON pointer of the argument, below `params/arguments`.
    pub path: String,
    /// The class of the secret.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "String"))]
    pub class: Class,
    /// The server that the secret came from.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "String"))]
    pub from: ServerName,
}
