//! What stands around a token: where words end, and where a run of base64 goes on.

use super::alphabet::{Alphabet, HEXES, NAME, STD64};
use super::part::{run, run_back};

/// How far around a token base64 is looked for.
const AROUND: usize = 48;
/// So much base64 around a token means that it is a part of it.
const BASE64_MIN: usize = 32;
/// What a URL is made of, up to a token in its path.
const URL: Alphabet = NAME.and(b'/').and(b':').and(b'@');
/// How far before a token the beginning of its URL is looked for.
const URL_BYTES_MAX: usize = 96;

/// The byte before `at`, or nothing when that is the end of an escape (`\n`, `%3D`) that was left
/// in the text.
pub(super) fn before(bytes: &[u8], at: usize) -> Option<u8> {
    let three = bytes.get(at.saturating_sub(3)..at)?;
    match *three {
        [.., b'\\', b'n' | b'r' | b't'] => None,
        [b'%', high, low] if HEXES.has(high) && HEXES.has(low) => None,
        [.., last] => Some(last),
        [] => None,
    }
}

/// Whether the slash before `at` stands in the path of a URL, not far from its beginning.
pub(super) fn is_in_url(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    let url = run_back(before, URL, URL_BYTES_MAX);
    let url = before.get(at - url..).unwrap_or_default();
    memchr::memmem::find(url, b"://").is_some()
}

/// Whether what looks like a token from `start` to `end` is a piece of a longer run of base64, which
/// has `/` and `+` here and there that look like edges.
pub(super) fn is_base64(bytes: &[u8], start: usize, end: usize) -> bool {
    let head = bytes.get(..start).unwrap_or_default();
    let tail = bytes.get(end..).unwrap_or_default();
    let head = head.len() - run_back(head, STD64, AROUND)..start;
    let tail = end..end + run(tail, STD64, AROUND);
    if head.len() + tail.len() < BASE64_MIN {
        return false;
    }
    let around = [head, tail].map(|range| bytes.get(range).unwrap_or_default());
    let count = |is: fn(&u8) -> bool| around.iter().copied().flatten().filter(|b| is(b)).count();
    count(u8::is_ascii_uppercase) >= 6
        && count(u8::is_ascii_lowercase) >= 6
        && count(u8::is_ascii_digit) >= 1
}
