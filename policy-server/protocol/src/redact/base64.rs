//! Base64 in texts: long runs of its characters whose bytes are text.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Shortest run that is looked at, in characters: 15 bytes.
const RUN_MIN: usize = 20;
/// Shortest line that may go on in the next one.
const LINE_MIN: usize = 40;
/// How many characters must decode to text before the rest is decoded.
const PROBE: usize = 32;

const FORGIVING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, FORGIVING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, FORGIVING);

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
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

/// The text that a run stands for, when its bytes are text. A run may begin with characters that
/// do not belong to it, such as a path: each of the four alignments is tried, and what follows a
/// separator.
pub(super) fn decoded(run: &str) -> Option<String> {
    let mut run: Vec<u8> = run.bytes().filter(|byte| is_base64(*byte)).collect();
    let is_url = run.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let is_standard = run.iter().any(|byte| matches!(byte, b'+' | b'/'));
    if is_url && is_standard {
        // Two alphabets in one run: what decides is the text that comes out.
        run.iter_mut().for_each(|byte| match byte {
            b'-' => *byte = b'+',
            b'_' => *byte = b'/',
            _ => {}
        });
    }
    let engine = if is_url && !is_standard {
        URL_SAFE
    } else {
        STANDARD
    };
    let separated = (4..).zip(run.iter().skip(3));
    let separated = separated.filter(|(_, byte)| matches!(byte, b'/' | b'-' | b'_'));
    let begins = separated.map(|(next, _)| next).take(BEGINS_MAX);
    (0..4).chain(begins).find_map(|skip| {
        let run = run.get(skip..)?;
        let probe = run.get(..PROBE.min(run.len() / 4 * 4))?;
        if probe.len() < RUN_MIN / 2 {
            return None;
        }
        leading_text(engine.decode(probe).ok()?)?;
        let whole = match run.len() % 4 {
            1 => run.get(..run.len() - 1)?,
            _ => run,
        };
        leading_text(engine.decode(whole).ok()?)
    })
}

/// The text that the bytes begin with, when all but a cut-off character is text, or when there is
/// enough of it.
fn leading_text(mut bytes: Vec<u8>) -> Option<String> {
    let valid = match std::str::from_utf8(&bytes) {
        Ok(text) => text.len(),
        Err(error) => error.valid_up_to(),
    };
    let is_odd = |byte: &u8| matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 127);
    let odd = bytes.iter().take(valid).position(is_odd);
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
        let standard = STANDARD.encode(plain);
        assert_eq!(texts(&standard), [plain]);
        assert_eq!(
            texts(&format!("data:text/plain;base64,{standard}")),
            [plain]
        );
        assert_eq!(texts(&format!("x {standard} y")), [plain]);
        assert!(texts(&format!("/v1/{standard}"))[0].contains("password: sword"));
        let wrapped = STANDARD.encode(plain.repeat(4));
        let (head, tail) = wrapped.split_at(76);
        assert_eq!(texts(&format!("{head}\r\n{tail}")), [plain.repeat(4)]);
    }

    #[test]
    fn bytes_that_are_no_text_are_left_alone() {
        let bytes: Vec<u8> = (0..200_u8).map(|n| n.wrapping_mul(73)).collect();
        for text in [
            STANDARD.encode(bytes).as_str(),
            "the quick brown fox jumps over the lazy dog",
            "internationalisation_of_things_that_are_long",
        ] {
            assert_eq!(texts(text), Vec::<String>::new(), "{text}");
        }
    }
}
