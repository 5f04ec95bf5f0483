//! How much looking the words of a text may cost.
//!
//! A look at a value is paid for by the text that was passed since. Where words stand so densely,
//! and lead nowhere so often, that the text does not pay for them, the stretch is masked whole, as
//! what is encoded too deep is. No file that a person or a program writes for use comes near this;
//! a text that is made to cost does.

use std::ops::Range;

use super::find::is_name;
use super::{Beside, WORDS, beside};

/// What a look costs, in bytes of text, and how many bytes of a value cost one more.
const LOOK_COST: usize = 16;
const VALUE_BYTES_A_COST: usize = 8;
/// What a look at the command before a flag costs: scripts have a flag every eleven bytes at most.
const FLAG_COST: usize = 12;
/// The most that is saved up: about two hundred looks at short values.
const SAVED_MAX: usize = 4096;
/// Words no further apart than this are one dense stretch, in bytes.
const GAP: usize = 64;

/// The words of one text, visited in order.
pub(in super::super) struct Pace<'t> {
    text: &'t str,
    saved: usize,
    /// How far the text has paid.
    paid: usize,
    /// Words before this offset stand inside of what was found, and lead nowhere.
    quiet: usize,
    dense: Option<Range<usize>>,
}

/// What the words of a text lead to.
pub(in super::super) enum Finding {
    /// A rule in `CONTEXTUAL`.
    Secret(usize),
    /// A stretch that was not looked at word by word.
    Dense,
}

impl<'t> Pace<'t> {
    pub(in super::super) const fn new(text: &'t str) -> Self {
        Self {
            text,
            saved: SAVED_MAX,
            paid: 0,
            quiet: 0,
            dense: None,
        }
    }

    /// Looks beside the word at `at`.
    pub(in super::super) fn word(
        &mut self,
        at: usize,
        word: usize,
        found: &mut dyn FnMut(Range<usize>, Finding),
    ) {
        if at < self.quiet {
            return;
        }
        let end = at.saturating_add(WORDS.get(word).map_or(0, |word| word.len()));
        if let Some(dense) = &mut self.dense {
            if at <= dense.end.saturating_add(GAP) {
                dense.end = dense.end.max(end);
                return;
            }
            self.close(found);
            return self.word(at, word, found);
        }
        self.saved = SAVED_MAX.min(self.saved.saturating_add(at.saturating_sub(self.paid)));
        self.paid = at;
        match beside(self.text, at, word) {
            Beside::Nothing => {}
            Beside::Other => self.pay(FLAG_COST, at..end),
            Beside::Secret(span, rule) => {
                self.quiet = span.end;
                found(span, Finding::Secret(rule));
            }
            Beside::Harmless(bytes) => {
                // A name may hold two words: one look at it is enough.
                let rest = self.text.as_bytes().get(end..).unwrap_or_default();
                self.quiet = end.saturating_add(rest.iter().take_while(is_name).count());
                let cost = LOOK_COST.saturating_add(bytes / VALUE_BYTES_A_COST);
                self.pay(cost, at..end);
            }
        }
    }

    /// Pays for a look at a word. Where nothing is left a dense stretch begins with it.
    const fn pay(&mut self, cost: usize, word: Range<usize>) {
        match self.saved.checked_sub(cost) {
            Some(saved) => self.saved = saved,
            None => self.dense = Some(word),
        }
    }

    /// Ends the dense stretch, when there is one: at the end of what stands near its last word.
    pub(in super::super) fn close(&mut self, found: &mut dyn FnMut(Range<usize>, Finding)) {
        let Some(dense) = self.dense.take() else {
            return;
        };
        let near = dense.end.saturating_add(GAP).min(self.text.len());
        let rest = self.text.as_bytes().get(near..).unwrap_or_default();
        let length = rest.iter().position(u8::is_ascii_whitespace);
        self.quiet = near.saturating_add(length.unwrap_or(rest.len()));
        self.saved = 0;
        self.paid = self.quiet;
        found(dense.start..self.quiet, Finding::Dense);
    }
}
