//! Classes of data: what policies reveal, and what a finding belongs to.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// Longest class name, in bytes.
const CLASS_BYTES_MAX: usize = 64;

/// A class such as `secret.github` or `pii.email`: words of `[a-z0-9-]`, at least two, joined by dots.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Class(std::borrow::Cow<'static, str>);

impl Class {
    /// Reads a class name. `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let sound = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let is_class =
            text.len() <= CLASS_BYTES_MAX && text.contains('.') && text.split('.').all(sound);
        is_class.then(|| Self(text.to_owned().into()))
    }

    /// A class of the built-in rules.
    pub(super) const fn built_in(name: &'static str) -> Self {
        Self(std::borrow::Cow::Borrowed(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is personal data, which is looked for only where the rules name its class.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.0.starts_with("pii.")
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Class {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom("a class is at least two words of [a-z0-9-] joined by dots")
        })
    }
}
