//! Secrets by what stands beside them in a text: `key=value`, header lines, `.env` lines, URLs,
//! connection strings. Each look costs a bounded number of bytes.

mod bare;
mod command;
mod find;
pub(super) mod judge;
mod pace;
mod rules;
mod shape;
#[cfg(test)]
mod tests;
mod url;
mod value;
mod way;
mod words;

use std::ops::Range;

pub(super) use pace::{Finding, Pace};
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

/// Parts of words near which to look, without regard to case; at least three bytes each. A part
/// stands for the names that hold it, and begins with letters that are rare in texts.
pub(super) const WORDS: &[&str] = &[
    "://", "bearer ", "basic ", " -u ", "--user ", " -p", "fied by ", "sswo", "sswd", "ssphr",
    "sscode", "pwd", "secret", "token", "apikey", "api_key", "api-key", "api key", "api.key",
    "s_key", "s-key", "t_key", "t-key", "e_key", "e-key", "g_key", "g-key", "n_key", "n-key",
    "r_key", "r-key", "d_key", "d-key", "h_key", "h-key", "p_key", "p-key", "c_key", "c-key",
    "sskey", "ntkey", "tekey", "ngkey", "onkey", "erkey", "edkey", "thkey", "ppkey", "ackey",
    "wtkey", "eskey", "gekey", "cekey", "sekey", "iekey", "?key=", "&key=", "sssig", "okie",
    "tial", "eds=", "eds:", "eds\"", "rization", "_auth", "\"auth\"", "_pass", "pass=", "pass:",
    "pass =", "\"pass\"", "'pass'", "pass\" ", "bpass", "b.pass", "_pw", "nemonic", "sig=",
    "nature=", "_otp", "otp=", "otp:", "cvv", "_pin", "pin=", "pin:", "dsn=", "_dsn", "_pat=",
    "_jwt", "jwt=",
];

/// What stands beside a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// No value, or no name that calls for a secret: this costs little.
    Nothing,
    /// No value of a secret, but it took a look at what stands before.
    Other,
    /// A value that is no secret, and how many bytes of it were looked at.
    Harmless(usize),
    /// A secret, and its rule in [`CONTEXTUAL`].
    Secret(Range<usize>, usize),
}

impl Beside {
    /// A value that was judged.
    fn judged(value: Range<usize>, secret: Option<Range<usize>>, rule: usize) -> Self {
        match secret {
            Some(secret) => Self::Secret(secret, rule),
            None => Self::Harmless(value.len()),
        }
    }
}

/// What stands beside the word at `at`.
pub(super) fn beside(text: &str, at: usize, word: usize) -> Beside {
    let word = WORDS.get(word).copied().unwrap_or_default();
    let behind = at.saturating_add(word.len());
    let found = match word {
        "://" => url::in_address(text, at),
        "bearer " | "basic " => find::after_scheme(text, at, behind),
        " -u " | "--user " => command::in_pair(text, behind),
        " -p" => command::after_flag(text, at, behind),
        "fied by " => find::after_words(text, at, behind),
        "sig=" | "nature=" | "?key=" | "&key=" => find::in_query(text, at, behind),
        _ => find::after_name(text, at, behind),
    };
    found.unwrap_or(Beside::Nothing)
}

/// The text before `at`, at most `bytes` of it.
fn back(text: &str, at: usize, bytes: usize) -> &str {
    let mut from = at.saturating_sub(bytes);
    while !text.is_char_boundary(from) {
        from = from.saturating_add(1);
    }
    text.get(from..at).unwrap_or_default()
}
