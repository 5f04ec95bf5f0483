//! The secret that filter and policy server share: what proves over TCP that a question is the
//! filter's.
//!
//! It is never printed; [`SharedSecret::bearer`] writes it where it has to be. Deliberately absent:
//! comparing, which only the policy server does, and in constant time.

use std::fmt;

use serde::Deserialize;

/// Shortest secret, in bytes: 128 bits when it is written in hexadecimal digits.
pub const SECRET_BYTES_MIN: usize = 32;

/// Longest secret, in bytes: it travels in a header of every question.
pub const SECRET_BYTES_MAX: usize = 512;

/// The header that carries it.
pub const SECRET_HEADER: &str = "authorization";

/// The scheme in that header.
pub const SECRET_SCHEME: &str = "Bearer";

/// A shared secret: visible ASCII characters, so that it is the same in a header, in a file and in
/// JSON.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub struct SharedSecret(String);

/// Why a text is no shared secret. It does not quote the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretError;

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the shared secret must be a text of {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} visible \
             ASCII characters, as `openssl rand -hex 32` prints it"
        )
    }
}

impl std::error::Error for SecretError {}

impl SharedSecret {
    /// Takes a text that can be a secret.
    ///
    /// # Errors
    /// It is too short, too long, or has other characters than visible ASCII.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let sound = (SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        match sound {
            true => Ok(Self(text.to_owned())),
            false => Err(SecretError),
        }
    }

    /// The value of the header, for the one place that sends it.
    #[must_use]
    pub fn bearer(&self) -> String {
        format!("{SECRET_SCHEME} {}", self.0)
    }

    /// The bytes, for the one place that compares them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl TryFrom<serde_json::Value> for SharedSecret {
    type Error = SecretError;

    // By way of any JSON: an error of serde's own would quote a value of another type.
    fn try_from(value: serde_json::Value) -> Result<Self, SecretError> {
        Self::parse(value.as_str().unwrap_or_default())
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_enough_visible_and_not_printed() {
        let text = "0123456789abcdef".repeat(2);
        let secret = SharedSecret::parse(&text).unwrap();
        assert_eq!(secret.bearer(), format!("Bearer {text}"));
        assert!(!format!("{secret:?} {:#?}", Some(&secret)).contains("0123"));
        for bad in [
            "",
            text.get(1..).unwrap(),
            &format!("{text} "),
            &format!("{}\u{e4}", &text),
            &format!("{}\r\nx-a: b", &text),
            &text.repeat(17),
        ] {
            assert_eq!(SharedSecret::parse(bad), Err(SecretError), "{bad}");
        }
    }

    #[test]
    fn what_is_wrong_is_not_quoted() {
        for json in ["\"hunter2-is-short\"", "74651118", "[\"hunter2\"]", "null"] {
            let error = serde_json::from_str::<SharedSecret>(json).unwrap_err();
            let error = error.to_string();
            assert!(error.contains("32 to 512 visible"), "{error}");
            assert!(!error.contains("hunter2") && !error.contains("74651118"));
        }
    }
}
