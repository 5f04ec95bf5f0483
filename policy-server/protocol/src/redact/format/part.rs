//! The parts of a token behind its prefix, and where they end.

use super::alphabet::{Alphabet, HEXES, WORD};

/// One part.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// Characters of an alphabet: at least so many, at most so many. As many are taken as are there;
    /// `=` counts for none, and only two of them at the end are taken.
    Run(Alphabet, usize, usize),
    /// These very characters.
    Is(&'static str),
    /// A UUID.
    Uuid,
}

/// Tokens that may be longer than this must not begin within a run of their own alphabet: so no run
/// is read twice, however many prefixes it has.
const LONG: usize = 128;
/// Most characters of padding behind base64.
const PADDING_MAX: usize = 2;
/// The groups of a UUID.
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// Exactly so many characters of an alphabet.
pub(super) const fn of(alphabet: Alphabet, length: usize) -> Part {
    Part::Run(alphabet, length, length)
}

impl Part {
    /// Whether a slash before the token is one of its own characters and would rule it out.
    pub(super) fn is_long_with_slash(&self) -> bool {
        matches!(self, Self::Run(alphabet, _, max) if *max > LONG && alphabet.has(b'/'))
    }
}

/// Where these parts end, when they stand at `at` and nothing follows that would belong to the
/// last; `before` is the byte before the token.
pub(super) fn end(bytes: &[u8], at: usize, parts: &[Part], before: Option<u8>) -> Option<usize> {
    let mut end = at;
    for part in parts {
        end += length(bytes.get(end..)?, part, before)?;
    }
    let next = bytes.get(end).copied();
    let goes_on = next.is_some_and(|byte| match parts.last() {
        Some(Part::Run(alphabet, ..)) => alphabet.has(byte) || WORD.has(byte),
        Some(Part::Is(_)) => false,
        _ => WORD.has(byte),
    });
    (!goes_on).then_some(end)
}

fn length(rest: &[u8], part: &Part, before: Option<u8>) -> Option<usize> {
    match *part {
        Part::Run(alphabet, min, max) => {
            let inner = alphabet.without(b'=');
            if max > LONG && before.is_some_and(|byte| inner.has(byte)) {
                return None;
            }
            let length = run(rest, inner, max);
            let padding = rest.iter().skip(length).take(PADDING_MAX);
            let padding = padding.take_while(|b| **b == b'=' && alphabet.has(b'='));
            (length >= min).then(|| length + padding.count())
        }
        Part::Is(text) => rest.starts_with(text.as_bytes()).then_some(text.len()),
        Part::Uuid => uuid(rest),
    }
}

fn uuid(rest: &[u8]) -> Option<usize> {
    let mut end = 0;
    for (number, group) in UUID.into_iter().enumerate() {
        if number > 0 {
            end += usize::from(*rest.get(end)? == b'-');
        }
        if run(rest.get(end..)?, HEXES, group) < group {
            return None;
        }
        end += group;
    }
    (end == 36).then_some(end)
}

/// How many characters of an alphabet stand at the beginning, counted up to `max`.
pub(super) fn run(bytes: &[u8], alphabet: Alphabet, max: usize) -> usize {
    let run = bytes
        .iter()
        .take(max)
        .take_while(|byte| alphabet.has(**byte));
    let length = run.count();
    #[cfg(test)]
    super::tests::count(length + 1);
    length
}

/// How many characters of an alphabet stand at the end, counted up to `max`.
pub(super) fn run_back(bytes: &[u8], alphabet: Alphabet, max: usize) -> usize {
    let run = bytes.iter().rev().take(max);
    let length = run.take_while(|byte| alphabet.has(**byte)).count();
    #[cfg(test)]
    super::tests::count(length + 1);
    length
}
