//! Names, parsed once and valid ever after.
//!
//! Every name is bounded and free of control characters; what a name *may do* is policy's matter.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::characters::{combines, is_hidden};
use crate::digest::{Digest, Fields, hex_bytes, write_hex};
use crate::limits::{NAME_BYTES_MAX, ROLES_MAX, URI_BYTES_MAX};

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// The text is empty.
    Empty,
    /// The text is longer than the bound of its kind.
    TooLong,
    /// The text holds a control, bidirectional or invisible character, or one its kind forbids.
    Character,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the name is empty",
            Self::TooLong => "the name is too long",
            Self::Character => "the name holds a character that is not allowed there",
        })
    }
}

impl std::error::Error for NameError {}

fn visible(text: &str, bytes_max: usize) -> Result<(), NameError> {
    if text.is_empty() {
        Err(NameError::Empty)
    } else if text.len() > bytes_max {
        Err(NameError::TooLong)
    } else if text.chars().any(is_hidden) || text.starts_with(combines) {
        Err(NameError::Character)
    } else {
        Ok(())
    }
}

/// A server's name as the operator wrote it: `[a-z0-9][a-z0-9_-]*`, at most 64 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ServerName(String);

impl std::borrow::Borrow<str> for ServerName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl ServerName {
    /// Reads a server name.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        visible(text, 64)?;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let mut bytes = text.bytes();
        let begins = bytes.next().is_some_and(plain);
        if begins && bytes.all(|b| plain(b) || b == b'-' || b == b'_') {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Character)
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ServerName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A name that somebody else chose: a method, tool, prompt, subject, role or agent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// Reads a name of at most [`NAME_BYTES_MAX`] bytes without hidden characters.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        visible(text, NAME_BYTES_MAX)?;
        Ok(Self(text.to_owned()))
    }

    /// A name out of the source; only for words that are plainly names.
    #[must_use]
    pub fn from_static(text: &'static str) -> Self {
        debug_assert!(
            visible(text, NAME_BYTES_MAX).is_ok(),
            "a static name is a name"
        );
        Self(text.to_owned())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A resource URI, URI template, or task id: like [`Name`], but up to [`URI_BYTES_MAX`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Uri(String);

impl Uri {
    /// Reads a URI or opaque id.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        visible(text, URI_BYTES_MAX)?;
        Ok(Self(text.to_owned()))
    }

    /// The URI as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Uri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The identity of one judged message: 128 random bits, 32 lower-case hexadecimal digits.
/// Decision, outcome and every answer carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId([u8; 16]);

impl CallId {
    /// A call id from 16 random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        hex_bytes(text).map(Self)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl Serialize for CallId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("a call id is 32 hexadecimal digits"))
    }
}

/// Who asks, as Envoy verified it. Nothing in here comes from the message itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// The token's `iss` claim.
    pub issuer: Name,
    /// The token's `sub` claim.
    pub subject: Name,
    /// The roles of the subject, from the configured claim.
    pub roles: Vec<Name>,
    /// The agent's name, from the configured claim or from a trusted peer's header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Name>,
}

impl Caller {
    /// Whether the caller is within [`ROLES_MAX`].
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.roles.len() <= ROLES_MAX
    }

    /// The digest of issuer and subject: one person, whatever roles and agent a token names.
    #[must_use]
    pub fn owner(&self) -> Digest {
        Fields::of("portcullis/owner/v1")
            .field(self.issuer.as_str().as_bytes())
            .field(self.subject.as_str().as_bytes())
            .finish()
    }

    /// How many bytes its names have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let roles = self.roles.iter().map(|role| role.as_str().len());
        let agent = self.agent.as_ref().map_or(0, |agent| agent.as_str().len());
        self.issuer.as_str().len() + self.subject.as_str().len() + agent + roles.sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_names_are_plain() {
        assert!(ServerName::parse("github-2_x").is_ok());
        for bad in ["", "GitHub", "-a", "a/b", "a.b", "ü"] {
            assert!(ServerName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hidden_characters_are_no_names() {
        for bad in [
            "a\u{0}",
            "a\u{202e}b",
            "a\u{200b}",
            "tag\u{e0041}",
            "nl\n",
            "\u{3164}",
            "wipe\u{3164}",
            "wi\u{34f}pe",
            "wipe\u{fe0f}",
            "wipe\u{a0}",
            "wipe\u{2003}now",
            "\u{301}wipe",
            "wipe\u{e000}",
            "wipe\u{ffff}",
        ] {
            assert_eq!(Name::parse(bad), Err(NameError::Character), "{bad:?}");
            assert_eq!(Uri::parse(bad), Err(NameError::Character), "{bad:?}");
        }
        for good in [
            "get-issue.v2/λ",
            "Ivana Horváthová",
            "cafe\u{301}",
            "조회",
            "ค้นหา",
        ] {
            assert!(Name::parse(good).is_ok(), "{good}");
        }
    }
}
