//! Secrets by what stands beside them in a text: `key=value`, header lines, `.env` lines, URLs,
//! connection strings. Each look costs a bounded number of bytes.

mod bare;
mod find;
pub(super) mod judge;
mod rules;
mod shape;
#[cfg(test)]
mod tests;
mod url;
mod way;
mod words;

use std::ops::Range;

pub(super) use rules::{
    ACCESS_TOKEN, ACCOUNT_KEY, API_KEY, AUTH, AUTHORIZATION, AWS, CLIENT_SECRET, CODE, CONNECTION,
    CONTEXTUAL, COOKIE, CREDENTIAL, ENCRYPTION_KEY, PASSWORD, PHRASE, PRIVATE_KEY, SECRET, TOKEN,
    URL_PASSWORD, URL_TOKEN, WEBHOOK_SECRET,
};

/// A built-in rule that knows its secrets by their surroundings.
#[derive(Debug)]
pub(super) struct Contextual {
    /// The rule's name, which placeholders show.
    pub(super) id: &'static str,
    /// The class.
    pub(super) class: &'static str,
}

/// Words near which to look, without regard to case; at least three bytes each.
pub(super) const WORDS: &[&str] = &[
    "://",
    "bearer ",
    "basic ",
    " -u ",
    "--user ",
    "identified by ",
    "passw",
    "passphr",
    "passcode",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "api key",
    "api.key",
    "accesskey",
    "access_key",
    "access-key",
    "accountkey",
    "account_key",
    "account-key",
    "privatekey",
    "private_key",
    "private-key",
    "signingkey",
    "signing_key",
    "signing-key",
    "encryptionkey",
    "encryption_key",
    "encryption-key",
    "masterkey",
    "master_key",
    "master-key",
    "sharedkey",
    "shared_key",
    "authkey",
    "auth_key",
    "auth-key",
    "appkey",
    "app_key",
    "app-key",
    "application_key",
    "servicekey",
    "service_key",
    "subscription-key",
    "subscription_key",
    "jwt_key",
    "aes_key",
    "hmac_key",
    "session_key",
    "storage_key",
    "license_key",
    "sharedaccesssig",
    "cookie",
    "credential",
    "authorization",
    "_auth",
    "\"auth\"",
    "_pass",
    "pass=",
    "pass:",
    "pass =",
    "\"pass\"",
    "'pass'",
    "pass\" ",
    "dbpass",
    "db.pass",
    "_pw",
    "mnemonic",
    "sig=",
    "signature=",
    "_otp",
    "otp=",
    "otp:",
    "cvv",
    "_pin",
    "pin=",
    "pin:",
    "passwd",
    "creds",
    "dsn=",
    "_dsn",
    "_pat=",
    "_jwt",
    "jwt=",
];

/// The secret beside the word at `at`, when there is one, and its rule in [`CONTEXTUAL`].
pub(super) fn beside(text: &str, at: usize, word: usize) -> Option<(Range<usize>, usize)> {
    let word = *WORDS.get(word)?;
    let behind = at.checked_add(word.len())?;
    match word {
        "://" => url::in_address(text, at),
        "bearer " | "basic " => find::after_scheme(text, at, behind),
        " -u " | "--user " => url::in_pair(text, behind),
        "identified by " => find::after_words(text, behind),
        "sig=" | "signature=" => find::signature(text, at, behind),
        _ => find::after_name(text, at, behind),
    }
}

/// The text before `at`, at most `bytes` of it.
fn back(text: &str, at: usize, bytes: usize) -> &str {
    let mut from = at.saturating_sub(bytes);
    while !text.is_char_boundary(from) {
        from = from.saturating_add(1);
    }
    text.get(from..at).unwrap_or_default()
}
