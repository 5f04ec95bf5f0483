//! The key that redaction is configured with, and the keys made of it: each for one purpose.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::MarkKey;
use crate::digest::hex_bytes;

/// The configured key: 32 bytes that never print.
#[derive(Clone)]
pub struct RedactionKey([u8; 32]);

impl RedactionKey {
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

    /// The bytes of the key of marks.
    #[must_use]
    pub fn mark_bytes(&self) -> [u8; 32] {
        self.derived(b"portcullis/redaction/marks/v1")
    }

    /// The key of marks.
    #[must_use]
    pub fn marks(&self) -> MarkKey {
        MarkKey::new(self.mark_bytes())
    }

    /// The bytes of the key of handles.
    #[must_use]
    pub fn handle_bytes(&self) -> [u8; 32] {
        self.derived(b"portcullis/redaction/handles/v1")
    }

    /// HMAC-SHA-256 of a label: a key for what the label says.
    fn derived(&self, label: &[u8]) -> [u8; 32] {
        let mut bytes = [0; 32];
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) {
            mac.update(label);
            bytes = mac.finalize().into_bytes().into();
        }
        bytes
    }
}

impl fmt::Debug for RedactionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedactionKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_its_own_key_and_none_prints() {
        let key = RedactionKey::parse(&"0f".repeat(32)).unwrap();
        assert_ne!(key.mark_bytes(), key.handle_bytes());
        assert_ne!(key.mark_bytes(), [0x0f; 32]);
        assert_eq!(format!("{key:?}"), "RedactionKey");
        assert!(RedactionKey::parse("0F").is_none());
    }
}
