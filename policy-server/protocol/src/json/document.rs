//! A document that was read strictly, kept with its text.

use std::fmt;
use std::ops::Range;

use super::{Fault, Json, Wrong, check};

/// What is wrong with bytes that are no text.
const NOT_UTF8: Fault = Fault {
    at: 0,
    what: Wrong::Encoding,
};

/// A text and the proof that it has passed [`super::check`], so that nobody has to read it twice.
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
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let bytes = error.into_bytes();
                let fault = super::check(&bytes).err().unwrap_or(NOT_UTF8);
                return Err((fault, bytes));
            }
        };
        Self::of(text).map_err(|(fault, text)| (fault, text.into_bytes()))
    }

    /// The same for a text.
    ///
    /// # Errors
    /// The first [`Fault`] in it, and the text as it was.
    pub fn of(text: String) -> Result<Self, (Fault, String)> {
        let read = check::text(&text).map(|json| Json::checked(json).span_in(text.as_bytes()));
        match read {
            Ok(span) => Ok(Self {
                span: span.unwrap_or_default(),
                text,
            }),
            Err(fault) => Err((fault, text)),
        }
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

    /// The text with another document in the place of this one, and the same white space around it.
    #[must_use]
    pub fn around(&self, other: &str) -> String {
        let edge = |range| self.text.get(range).unwrap_or_default();
        let before = edge(0..self.span.start);
        [before, other, edge(self.span.end..self.text.len())].concat()
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

    #[test]
    fn a_document_keeps_its_text_and_its_proof() {
        let document = Document::read(b" {\"a\":1}\n".to_vec()).unwrap();
        assert_eq!(document.json().text(), "{\"a\":1}");
        assert_eq!(document.text(), " {\"a\":1}\n");
        assert_eq!(document.around("[]"), " []\n");
        assert_eq!(format!("{document:?}"), "Document(9 bytes)");
        let (fault, bytes) = Document::read(b"{\"a\":1,\"a\":2}".to_vec()).unwrap_err();
        assert_eq!(fault.what, Wrong::DuplicateKey);
        assert_eq!(bytes, b"{\"a\":1,\"a\":2}");
        for (bytes, what) in [
            (&b"\xef\xbb\xbf{}"[..], Wrong::ByteOrderMark),
            (b"\xef\xbb\xbf\xff", Wrong::ByteOrderMark),
            (b"{\"a\":\"\xff\"}", Wrong::Encoding),
        ] {
            let (fault, same) = Document::read(bytes.to_vec()).unwrap_err();
            assert_eq!((fault.what, same.as_slice()), (what, bytes));
        }
    }
}
