//! Handles: secrets that an agent can use without seeing them.
//!
//! A handle is the secret itself, encrypted and authenticated, bound to tenant, source server and
//! class, with a time after which it is worth nothing. No state is kept.

use std::fmt;
use std::ops::Range;

use super::Class;
use crate::names::{Name, ServerName};

/// The key of handles: 32 bytes that never print.
#[derive(Clone)]
pub struct HandleKey([u8; 32]);

impl HandleKey {
    /// A key from its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
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
    /// The handle of a secret: `pcs1_RULE_` and base64url.
    #[must_use]
    pub fn seal(&self, rule: &str, class: &Class, secret: &str) -> String {
        let _ = (rule, class, secret);
        String::new()
    }

    /// The secret of a handle, when it was sealed with this key for this tenant, server and class.
    ///
    /// # Errors
    /// [`HandleError`].
    pub fn open(&self, handle: &str, class: &Class, now_s: u64) -> Result<String, HandleError> {
        let _ = (handle, class, now_s);
        Err(HandleError::Foreign)
    }
}

/// Where handles, or what looks like them, stand in a text.
#[must_use]
pub fn find_handles(text: &str) -> Vec<Range<usize>> {
    let _ = text;
    Vec::new()
}
