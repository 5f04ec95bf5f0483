//! Base64 in texts: long runs of its characters whose bytes are text.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Shortest run that is looked at, in characters: 18 bytes.
const RUN_MIN: usize = 24;
/// Shortest line that may go on in the next one.
const LINE_MIN: usize = 40;
/// How many characters must decode to text before the rest is decoded.
const PROBE: usize = 32;

const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What each byte stands for in base64, both alphabets as one; 64 where it stands for nothing.
#[allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "the compiler runs this, and an index out of bounds would not build"
)]
const DIGITS: [u8; 256] = {
    let mut digits = [64; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < 64 {
        digits[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    digits[b'-' as usize] = 62;
    digits[b'_' as usize] = 63;
    digits
};

fn digit(byte: u8) -> u8 {
    DIGITS.get(usize::from(byte)).copied().unwrap_or(64)
}

fn is_base64(byte: u8) -> bool {
    digit(byte) < 64
}

/// Calls `visit` with each run, wrapped lines joined, `=` at its end included.
pub(super) fn runs(text: &str, mut visit: impl FnMut(Range<usize>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(window) = bytes.get(at..at + RUN_MIN) {
        // What breaks the window last is where the next run can begin at the earliest.
        if let Some(gap) = window.iter().rposition(|byte| !is_base64(*byte)) {
            at += gap + 1;
            continue;
        }
        let end = block_end(bytes, at);
        visit(at..end);
        at = end.max(at + 1);
    }
}

/// Where the run that begins at `at` ends, over line ends when its lines are full.
fn block_end(bytes: &[u8], at: usize) -> usize {
    let mut begin = at;
    loop {
        let end = run_end(bytes, begin);
        let rest = bytes.get(end..).unwrap_or_default();
        let line_end = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            _ => 0,
        };
        let goes_on = line_end > 0
            && end - begin >= LINE_MIN
            && bytes
                .get(end + line_end)
                .is_some_and(|byte| is_base64(*byte));
        if !goes_on {
            let padding = rest.iter().take(2).take_while(|byte| **byte == b'=');
            return end + padding.count();
        }
        begin = end + line_end;
    }
}

fn run_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| is_base64(**byte)).count()
}

/// Most separators behind which the base64 of a run may begin.
const BEGINS_MAX: usize = 8;
/// How far into a run its base64 may begin.
const BEGIN_MAX: usize = 128;

/// The text that a run stands for, when its bytes are text. A run may begin with characters that
/// do not belong to it, such as a path: each of the four alignments is tried, and what follows a
/// separator.
pub(super) fn decoded(run: &str) -> Option<String> {
    let bytes = run.as_bytes();
    let separated = (4..).zip(bytes.iter().take(BEGIN_MAX).skip(3));
    let separated = separated.filter(|(_, byte)| matches!(byte, b'/' | b'-' | b'_'));
    let begins = separated.map(|(next, _)| next).take(BEGINS_MAX);
    (0..4)
        .chain(begins)
        .filter_map(|begin| bytes.get(begin..))
        .filter(|run| begins_as_text(run))
        .find_map(text_of)
}

/// The text that a whole value stands for, when it is base64 of nothing but text.
pub(super) fn decoded_whole(value: &str) -> Option<String> {
    let digits = value.trim_end_matches('=');
    if !digits.bytes().all(is_base64) {
        return None;
    }
    let standard = digits.replace('-', "+").replace('_', "/");
    let text = String::from_utf8(FORGIVING.decode(standard).ok()?).ok()?;
    text.bytes().all(is_text).then_some(text)
}

/// Whether the first characters stand for text, and the very first ones for ASCII. This is asked
/// of every long word.
fn begins_as_text(run: &[u8]) -> bool {
    let [a, b, c, d, e, f, g, h, rest @ ..] = run else {
        return false;
    };
    bytes_of([*a, *b, *c, *d]).is_some_and(|bytes| bytes.into_iter().all(is_ascii_text))
        && bytes_of([*e, *f, *g, *h]).is_some_and(|bytes| bytes.into_iter().all(is_ascii_text))
        && rest
            .as_chunks::<4>()
            .0
            .iter()
            .take(PROBE / 4)
            .all(|quartet| {
                // A line end is no digit: what stands on both sides of it is looked at whole.
                bytes_of(*quartet).is_none_or(|bytes| bytes.into_iter().all(is_text))
            })
}

/// The three bytes that four digits stand for.
fn bytes_of(quartet: [u8; 4]) -> Option<[u8; 3]> {
    let digits = quartet.map(digit);
    if digits.contains(&64) {
        return None;
    }
    let value = digits
        .iter()
        .fold(0, |value, digit| value << 6 | u32::from(*digit));
    let [_, a, b, c] = value.to_be_bytes();
    Some([a, b, c])
}

const fn is_ascii_text(byte: u8) -> bool {
    is_text(byte) && byte.is_ascii()
}

const fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 32..=126 | 128..)
}

fn text_of(run: &[u8]) -> Option<String> {
    // Both alphabets are read as one: what decides is the text that comes out.
    let standard = run.iter().filter_map(|byte| match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        byte => is_base64(*byte).then_some(*byte),
    });
    let mut standard: Vec<u8> = standard.collect();
    if standard.len() % 4 == 1 {
        standard.pop();
    }
    leading_text(FORGIVING.decode(standard).ok()?)
}

/// The text that the bytes begin with, when all but a cut-off character is text, or when there is
/// enough of it.
fn leading_text(mut bytes: Vec<u8>) -> Option<String> {
    let valid = match std::str::from_utf8(&bytes) {
        Ok(text) => text.len(),
        Err(error) => error.valid_up_to(),
    };
    let odd = bytes.iter().take(valid).position(|byte| !is_text(*byte));
    let text_bytes = odd.unwrap_or(valid);
    let enough = text_bytes >= PROBE * 3 / 4 - 2 || bytes.len() - text_bytes <= 2;
    bytes.truncate(text_bytes);
    enough.then(|| String::from_utf8(bytes).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        runs(text, |run| found.extend(decoded(text.get(run).unwrap())));
        found
    }

    #[test]
    fn text_in_base64_is_read() {
        let plain = "user: someone, password: swordfish-17";
        let standard = FORGIVING.encode(plain);
        assert_eq!(texts(&standard), [plain]);
        assert_eq!(
            texts(&format!("data:text/plain;base64,{standard}")),
            [plain]
        );
        assert_eq!(texts(&format!("x {standard} y")), [plain]);
        assert!(texts(&format!("/v1/{standard}"))[0].contains("password: sword"));
        let wrapped = FORGIVING.encode(plain.repeat(4));
        let (head, tail) = wrapped.split_at(76);
        assert_eq!(texts(&format!("{head}\r\n{tail}")), [plain.repeat(4)]);
    }

    #[test]
    fn bytes_that_are_no_text_are_left_alone() {
        let bytes: Vec<u8> = (0..200_u8).map(|n| n.wrapping_mul(73)).collect();
        for text in [
            FORGIVING.encode(bytes).as_str(),
            "the quick brown fox jumps over the lazy dog",
            "internationalisation_of_things_that_are_long",
        ] {
            assert_eq!(texts(text), Vec::<String>::new(), "{text}");
        }
    }
}
