//! A string as it stands in a document.

use std::borrow::Cow;

use crate::redact::escapes::Escapes;

/// How far the end of a string is looked for byte by byte.
const SHORT_BYTES: usize = 16;

/// A string as it stands between its quotes, with the offset of its first byte.
#[derive(Clone, Copy)]
pub(super) struct Raw<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) is_escaped: bool,
}

impl<'t> Raw<'t> {
    pub(super) fn decoded(self) -> Cow<'t, str> {
        let decoded = self.is_escaped.then(|| Escapes::Json.decoded(self.text));
        decoded
            .flatten()
            .map_or(Cow::Borrowed(self.text), Cow::Owned)
    }
}

/// The string whose opening quote stands at `at`, and where the text goes on behind it.
pub(super) fn string_at(text: &str, at: usize) -> (Raw<'_>, usize) {
    let begin = at + 1;
    let bytes = text.as_bytes();
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\');
    // Most strings are short, and a search over many bytes at once has its price.
    let near = bytes.iter().skip(begin).take(SHORT_BYTES).position(ends);
    let (mut end, mut is_escaped) = (begin + near.unwrap_or(SHORT_BYTES), false);
    loop {
        match bytes.get(end) {
            Some(b'"') => break,
            Some(b'\\') => {
                is_escaped = true;
                end += 2;
            }
            _ => {}
        }
        let rest = bytes.get(end..).unwrap_or_default();
        let Some(found) = memchr::memchr2(b'"', b'\\', rest) else {
            end = bytes.len();
            break;
        };
        end += found;
    }
    let raw = Raw {
        text: text.get(begin..end).unwrap_or_default(),
        at: begin,
        is_escaped,
    };
    (raw, end + 1)
}
