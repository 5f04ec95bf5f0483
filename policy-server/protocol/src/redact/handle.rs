//! Handles: secrets that an agent can use without seeing them.
//!
//! A handle is the secret itself, encrypted and authenticated, bound to tenant, source server and
//! class, with a time after which it is worth nothing. The nonce is made from everything that goes
//! in, so that one secret has one handle until the time changes, and no randomness is needed.
//!
//! Deliberately absent: state, clocks, and whether a handle may be used: that is policy's matter.

use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit as _, Mac as _};
use memchr::memmem;
use sha2::Sha256;

use super::Class;
use super::known::KNOWN_BYTES_MIN;
use crate::digest::{Digest, Fields};
use crate::names::{Name, ServerName};

/// What every handle begins with; the digit is the version.
pub(super) const PREFIX: &str = "pcs1_";

/// Longest secret that a handle gives back, in bytes; a longer one stays sealed for ever.
const SECRET_BYTES_MAX: usize = 64 * 1024;

/// Bytes in front of the ciphertext: when it ends, and the nonce.
const EXPIRY_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;

/// Bytes that authenticate, behind the ciphertext.
const TAG_BYTES: usize = 16;

/// Longest handle: a rule's name, and the rest in base64.
const HANDLE_BYTES_MAX: usize =
    PREFIX.len() + 256 + (EXPIRY_BYTES + NONCE_BYTES + SECRET_BYTES_MAX + TAG_BYTES) * 4 / 3 + 4;

/// The key of handles: 32 bytes that never print.
#[derive(Clone)]
pub struct HandleKey([u8; 32]);

impl HandleKey {
    /// A key from its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key of its own for each purpose.
    fn derived(&self, purpose: &str) -> [u8; 32] {
        keyed(&self.0, &[purpose.as_bytes()])
            .finalize()
            .into_bytes()
            .into()
    }
}

fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&hmac_key(key));
    parts.iter().for_each(|part| mac.update(part));
    mac
}

/// A key as HMAC takes it: filled up to the block with zeros, which is the same key.
fn hmac_key(key: &[u8; 32]) -> hmac::digest::Key<Hmac<Sha256>> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    block
}

impl fmt::Debug for HandleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandleKey")
    }
}

/// What a handle is bound to, and until when it can be used.
#[derive(Clone, Copy, Debug)]
pub struct Sealing<'a> {
    /// The key.
    pub key: &'a HandleKey,
    /// The tenant.
    pub tenant: &'a Name,
    /// The server that the secret comes from.
    pub from: &'a ServerName,
    /// When handles made now end, in seconds of Unix time, rounded so that one secret has one
    /// handle for a while.
    pub until_s: u64,
}

/// Why a handle does not become a secret. The agent learns only that it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandleError {
    /// It is no handle, was altered, or belongs to another tenant, server or class.
    Foreign,
    /// Its time is over.
    Expired,
}

impl Sealing<'_> {
    /// The handle of a secret of at most 64 KiB: `pcs1_RULE_` and base64url, one word of
    /// `[A-Za-z0-9_-]`. `rule` is `[a-z][a-z0-9-]*`. The same arguments give the same handle.
    #[must_use]
    pub fn seal(&self, rule: &str, class: &Class, secret: &str) -> String {
        let binding = self.binding(rule, class, self.until_s);
        let mut nonce = XNonce::default();
        let whole = self.nonce_mac(&binding, secret.as_bytes()).finalize();
        nonce
            .iter_mut()
            .zip(whole.into_bytes())
            .for_each(|(to, from)| *to = from);
        let payload = Payload {
            msg: secret.as_bytes(),
            aad: binding.as_bytes(),
        };
        // A text longer than the cipher takes (256 GiB) would become a handle that never opens.
        let sealed = self.cipher().encrypt(&nonce, payload).unwrap_or_default();
        let mut bytes = self.until_s.to_be_bytes().to_vec();
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        format!("{PREFIX}{rule}_{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The secret of a handle, when it was sealed with this key for this tenant, server and class.
    /// Its own time counts, not `until_s`: from that second on it is over.
    ///
    /// # Errors
    /// [`HandleError`]; that a handle is over is said of a genuine one only.
    pub fn open(&self, handle: &str, class: &Class, now_s: u64) -> Result<String, HandleError> {
        let (secret, until_s) = self.opened(handle, class).ok_or(HandleError::Foreign)?;
        if now_s >= until_s {
            return Err(HandleError::Expired);
        }
        Ok(secret)
    }

    fn opened(&self, handle: &str, class: &Class) -> Option<(String, u64)> {
        if handle.len() > HANDLE_BYTES_MAX {
            return None;
        }
        let (rule, encoded) = handle.strip_prefix(PREFIX)?.split_once('_')?;
        // Only the one canonical spelling is read: no padding, no stray bits at the end.
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let (expiry, rest) = bytes.split_first_chunk::<EXPIRY_BYTES>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        if sealed.len() > SECRET_BYTES_MAX + TAG_BYTES {
            return None;
        }
        let until_s = u64::from_be_bytes(*expiry);
        let binding = self.binding(rule, class, until_s);
        let payload = Payload {
            msg: sealed,
            aad: binding.as_bytes(),
        };
        let cipher = self.cipher();
        let secret = cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
        let mac = self.nonce_mac(&binding, &secret);
        mac.verify_truncated_left(nonce).ok()?;
        let secret = String::from_utf8(secret).ok()?;
        // What is so short could not be kept out of answers.
        (secret.len() >= KNOWN_BYTES_MIN).then_some((secret, until_s))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let key = Key::from(self.key.derived("portcullis/handle/seal/v1"));
        XChaCha20Poly1305::new(&key)
    }

    fn nonce_mac(&self, binding: &Digest, secret: &[u8]) -> Hmac<Sha256> {
        let key = self.key.derived("portcullis/handle/nonce/v1");
        keyed(&key, &[binding.as_bytes(), secret])
    }

    /// Everything that a handle belongs to.
    fn binding(&self, rule: &str, class: &Class, until_s: u64) -> Digest {
        Fields::of("portcullis/handle/v1")
            .field(self.tenant.as_str().as_bytes())
            .field(self.from.as_str().as_bytes())
            .field(class.as_str().as_bytes())
            .field(rule.as_bytes())
            .field(&until_s.to_be_bytes())
            .finish()
    }
}

/// Where handles, or what looks like them, stand in a text: from each `pcs1_` to the last of
/// `[A-Za-z0-9_-]` behind it. What stands in front does not matter, nor whether the handle is sound:
/// what is no handle is to be refused, not overlooked.
#[must_use]
pub fn find_handles(text: &str) -> Vec<Range<usize>> {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut end = 0;
    for start in memmem::find_iter(text.as_bytes(), PREFIX) {
        // One that begins inside the run of another is part of it.
        if start < end {
            continue;
        }
        let rest = text.as_bytes().get(start..).unwrap_or_default();
        end = start + rest.iter().take_while(|byte| is_token(byte)).count();
        found.push(start..end);
    }
    found
}

#[cfg(test)]
mod tests;
