//! Marks: keyed hashes that tell whether two findings are the same secret, and nothing more.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;

use crate::digest::{hex_bytes, write_hex};

/// The key of marks: 32 bytes that never print.
#[derive(Clone)]
pub struct MarkKey([u8; 32]);

impl MarkKey {
    /// A key from its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key from 64 lower-case hexadecimal digits, as key files hold it. `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        hex_bytes(text).map(Self)
    }

    /// The mark of a secret: HMAC-SHA-256, cut to 96 bits.
    #[must_use]
    pub fn mark(&self, secret: &str) -> Mark {
        let mut bytes = [0; 12];
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) {
            mac.update(secret.as_bytes());
            let whole = mac.finalize().into_bytes();
            bytes
                .iter_mut()
                .zip(whole.iter())
                .for_each(|(to, from)| *to = *from);
        }
        Mark(bytes)
    }
}

impl fmt::Debug for MarkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MarkKey")
    }
}

/// A keyed hash of a secret, written as 24 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark([u8; 12]);

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl Serialize for Mark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let bytes = hex_bytes(&text).map(Self);
        bytes.ok_or_else(|| serde::de::Error::custom("a mark is 24 lower-case hexadecimal digits"))
    }
}
