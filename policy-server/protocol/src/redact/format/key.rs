//! Private keys in armour: the header, the body and the end, on lines of their own or joined by
//! spaces or by `\n` as it is written in strings. Public keys and certificates are none.

use std::ops::Range;

use memchr::memmem;

use super::alphabet::PADDED;
use super::part::run;

/// Longest label between `BEGIN ` and the dashes, in bytes.
const LABEL_BYTES_MAX: usize = 64;
/// How far behind the header the body begins at the latest, in bytes.
const GAP_BYTES_MAX: usize = 64;
/// So many characters of base64 are a body; fewer are an example's dots or a sentence.
const BODY_BYTES_MIN: usize = 16;

/// How far away the end of a shorter body may be, in bytes.
const SHORT_BYTES_MAX: usize = 256;
/// So many characters of base64 in one piece are a body when the end is near.
const WORD_BYTES_MIN: usize = 8;

/// A key whose header begins at `at`; to the end of the text when its own end is missing.
pub(super) fn armoured(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?.as_bytes();
    let begin = memmem::find(rest.get(..rest.len().min(16))?, b"BEGIN ")? + "BEGIN ".len();
    let body = begin + label(rest.get(begin..)?)?;
    if is_body(rest.get(body..)?) {
        return Some(at..end(rest, body).map_or(text.len(), |end| at + end));
    }
    let near = rest.get(..rest.len().min(body + SHORT_BYTES_MAX))?;
    let end = end(near, body)?;
    let between = near.get(body..end)?;
    let between = between.get(..memmem::find(between, b"--")?)?;
    let mut words = between.split(|byte| !PADDED.has(*byte));
    let is_short_body = words.any(|word| word.len() >= WORD_BYTES_MIN);
    is_short_body.then(|| at..at + end)
}

/// Where the end of a key ends, from `body` on.
fn end(rest: &[u8], body: usize) -> Option<usize> {
    let mut from = body;
    for found in memmem::find_iter(rest.get(body..)?, b"END ") {
        let end = body + found + "END ".len();
        let is_armour = rest.get(..body + found)?.trim_ascii_end().ends_with(b"--");
        if let (true, Some(label)) = (is_armour, label(rest.get(end..)?)) {
            from = end + label;
            break;
        }
    }
    (from > body).then_some(from)
}

/// The length of a label that names a private key, and of the dashes behind it.
fn label(rest: &[u8]) -> Option<usize> {
    let head = rest.get(..rest.len().min(LABEL_BYTES_MAX))?;
    let name = memchr::memchr(b'-', head)?;
    let words = head.get(..name)?;
    memmem::find(words, b"PRIVATE KEY").or_else(|| memmem::find(words, b"Static key"))?;
    let dashes = rest.get(name..)?.iter().take(5).take_while(|b| **b == b'-');
    Some(name + dashes.count())
}

/// Whether key material follows, or the headers of an encrypted key or of a PGP block.
fn is_body(rest: &[u8]) -> bool {
    let head = rest
        .get(..rest.len().min(GAP_BYTES_MAX))
        .unwrap_or_default();
    let gap = gap(head);
    let body = rest.get(gap..).unwrap_or_default();
    let headers = [
        &b"Proc-Type:"[..],
        b"Version:",
        b"Comment:",
        b"DEK-Info:",
        b"Subject:",
        b"Hash:",
        b"Charset:",
        b"MessageID:",
    ];
    headers.iter().any(|header| body.starts_with(header))
        || run(body, PADDED, BODY_BYTES_MIN) >= BODY_BYTES_MIN
}

/// How many bytes at the beginning are white space, as it is or as it is written in strings.
fn gap(head: &[u8]) -> usize {
    let is_escape = |index: usize, byte: u8| {
        let before = index.checked_sub(1).and_then(|before| head.get(before));
        matches!(byte, b'n' | b'r' | b't') && before == Some(&b'\\')
    };
    let spaces = head.iter().enumerate().take_while(|(index, byte)| {
        byte.is_ascii_whitespace()
            || matches!(byte, b'\\' | b'"' | b'\'' | b'+' | b'>' | b'|')
            || is_escape(*index, **byte)
    });
    spaces.count()
}

/// A key file of PuTTY, to the code that closes it; to the end of the text when that is missing.
pub(super) fn putty(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?.as_bytes();
    let head = rest.get(..rest.len().min(64))?;
    let number = "PuTTY-User-Key-File-".len();
    if !head.get(number)?.is_ascii_digit() || head.get(number + 1) != Some(&b':') {
        return None;
    }
    let mac = b"Private-MAC: ";
    let end = memmem::find(rest, mac).map_or(rest.len(), |found| {
        let from = found + mac.len();
        from + run(
            rest.get(from..).unwrap_or_default(),
            super::alphabet::HEXES,
            64,
        )
    });
    Some(at..at + end)
}
