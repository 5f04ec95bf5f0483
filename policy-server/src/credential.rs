//! A text that gives whoever has it access: a token, the id of a session. It is never printed.
//!
//! Deliberately absent: `Display`, and wiping memory. Where it must be written, [`Credential::expose`]
//! says so in the code.

use std::fmt;

/// A credential, of any length.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credential(String);

impl Credential {
    /// Takes a text over.
    #[must_use]
    pub(crate) const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_printed() {
        let credential = Credential::new("hunter2".to_owned());
        assert_eq!(
            format!("{credential:?} {:#?}", Some(&credential)).find("hunter2"),
            None
        );
        assert_eq!(credential.expose(), "hunter2");
    }
}
