//! Secrets by what stands beside them in a text: `key=value`, header lines, `.env` lines, URLs,
//! connection strings.

use std::ops::Range;

/// A built-in rule that knows its secrets by their surroundings.
#[derive(Debug)]
pub(super) struct Contextual {
    /// The rule's name, which placeholders show.
    pub(super) id: &'static str,
    /// The class.
    pub(super) class: &'static str,
}

/// All of them; an index into this list names one.
pub(super) const CONTEXTUAL: &[Contextual] = &[];

/// Words near which to look, without regard to case; at least three bytes each.
pub(super) const WORDS: &[&str] = &[];

/// The secret beside the word at `at`, when there is one, and its rule in [`CONTEXTUAL`].
pub(super) fn beside(text: &str, at: usize, word: usize) -> Option<(Range<usize>, usize)> {
    let _ = (text, at, word);
    None
}
