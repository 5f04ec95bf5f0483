//! A document that was read strictly, kept with its text.

use std::fmt;
use std::ops::Range;

use super::{Fault, Json, check};

/// A text and the proof that it has passed [`check`], so that nobody has to read it twice.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    text: String,
    span: Range<usize>,
}

impl Document {
    /// Reads a whole document strictly.
    ///
    /// # Errors
    /// The first [`Fault`] in it, and the bytes as they were.
    pub fn read(bytes: Vec<u8>) -> Result<Self, (Fault, Vec<u8>)> {
        let span = match check(&bytes) {
            Ok(json) => json.span_in(&bytes).unwrap_or_default(),
            Err(fault) => return Err((fault, bytes)),
        };
        // What has passed is UTF-8.
        let text = String::from_utf8(bytes).unwrap_or_default();
        Ok(Self { text, span })
    }

    /// The document, without the white space around it.
    #[must_use]
    pub fn json(&self) -> Json<'_> {
        Json::checked(self.text.get(self.span.clone()).unwrap_or_default())
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole text, without its proof.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }
}

/// Documents may hold secrets: their text does not print.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} bytes)", self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Wrong;

    #[test]
    fn a_document_keeps_its_text_and_its_proof() {
        let document = Document::read(b" {\"a\":1}\n".to_vec()).unwrap();
        assert_eq!(document.json().text(), "{\"a\":1}");
        assert_eq!(document.text(), " {\"a\":1}\n");
        assert_eq!(format!("{document:?}"), "Document(9 bytes)");
        let (fault, bytes) = Document::read(b"{\"a\":1,\"a\":2}".to_vec()).unwrap_err();
        assert_eq!(fault.what, Wrong::DuplicateKey);
        assert_eq!(bytes, b"{\"a\":1,\"a\":2}");
    }
}
