//! Secrets that are known by their value: taken out in every usual form, whatever they look like
//! and wherever they stand.
//!
//! A text is compared as what is left of it without what texts are split, dressed and written large
//! with, and so is what it becomes when its escapes and runs of base64, base32, hexadecimal and
//! decimal codes are decoded, a few layers deep. None of this is done where no secret is known.
//!
//! Deliberately absent: compressed data, ciphers, and what a server invents in order to hide a
//! secret. It has the secret, and can tell it in ways without end.

mod escapes;
mod forms;
mod markup;
mod needle;
mod runs;
mod spread;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use super::plan::Literal;
use super::{Rules, base64, placeholder};
use crate::digest::Digest;
use forms::Forms;
use needle::{MARKS_BYTES_MIN, Needle};

/// Shortest secret that is known by its value, in bytes: what is shorter stands in texts that do not
/// have it from the secret, and would take them apart. It becomes no handle.
pub(super) const KNOWN_BYTES_MIN: usize = 8;

/// Most layers that are taken off: three forms of a secret in one another, each of up to two layers,
/// and two more.
const KNOWN_LAYERS_MAX: usize = 8;

/// Most bytes that are looked at for each byte of a message, all layers together. Texts take about
/// five, pages full of every kind of escapes fifty; base64 within base64 of base64 takes more, and is
/// masked.
const WORK_MAX: usize = 120;
/// What a short message may take beyond that, and what a long one may take at most.
const WORK_BYTES_MIN: usize = 64 * 1024;
const WORK_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Takes one layer off a text; `None` where there is none.
type Decoder = fn(&[u8]) -> Option<Vec<u8>>;

/// What takes one layer of writing off a whole text.
const DECODERS: [Decoder; 6] = [
    escapes::decoded,
    escapes::quoted_printable,
    escapes::style,
    escapes::octal,
    markup::untagged,
    markup::shown,
];

/// The same with one kind of escapes alone: for secrets in which something looks like another.
const DECODERS_ALONE: [Decoder; 3] = [escapes::of_pages, escapes::of_code, escapes::of_addresses];

/// Secrets that are known by their value, ready to be looked for.
#[derive(Clone, Default)]
pub struct Known {
    needles: Vec<Needle>,
}

/// Where a text holds a secret that cannot be seen in it as it is.
#[derive(Debug)]
pub(super) enum Hidden<'k> {
    /// Nowhere.
    Nowhere,
    /// In these parts of it.
    Parts(Vec<(Range<usize>, &'k Literal)>),
    /// Somewhere: the text must go as a whole.
    Whole(&'k Literal),
}

/// What may still be looked at, and what has been.
#[derive(Clone, Debug)]
pub(super) struct Work {
    left: usize,
    /// Texts that others stand for, and how many layers had been taken off: several ways lead to most.
    seen: BTreeMap<Digest, usize>,
}

impl Known {
    /// None at all.
    #[must_use]
    pub const fn none() -> &'static Self {
        static NONE: Known = Known {
            needles: Vec::new(),
        };
        &NONE
    }

    /// From here on the secrets are found by the rules of the same names in `to`; `None` when one is
    /// not there.
    pub fn follow(&mut self, from: &Rules, to: &Rules) -> Option<()> {
        for needle in &mut self.needles {
            needle.literal.rule = to.named(&from.rule(needle.literal.rule).id)?;
        }
        Some(())
    }

    /// How many bytes it holds, or somewhat more: a secret is kept as it is and as what is looked for.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let secrets = self.needles.iter();
        secrets.map(|needle| 8 * needle.literal.value.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// One more. What it stands for in base64 is as secret as itself: `Authorization: Basic …`.
    pub fn add(&mut self, literal: Literal) {
        let inner = base64::decoded_whole(&literal.value);
        if let Some(value) = inner.filter(|value| value.len() >= KNOWN_BYTES_MIN) {
            let rule = literal.rule;
            self.add_one(Literal { value, rule });
        }
        self.add_one(literal);
    }

    fn add_one(&mut self, literal: Literal) {
        let is_new = self
            .needles
            .iter()
            .all(|known| known.literal.value != literal.value);
        if is_new && !literal.value.is_empty() {
            self.needles.push(Needle::new(literal));
        }
    }

    /// Where they stand as they are.
    pub(super) fn plain<'k>(
        &'k self,
        rules: &Rules,
        text: &str,
        mut visit: impl FnMut(Range<usize>, &'k Literal),
    ) {
        for Needle { literal, exact, .. } in &self.needles {
            for at in exact.find_iter(text.as_bytes()) {
                let span = at..at + literal.value.len();
                if !placeholder::is_genuine(rules, text, &span) {
                    visit(span, literal);
                }
            }
        }
    }

    /// Whether a text holds one of them in any form.
    #[must_use]
    pub fn is_in(&self, rules: &Rules, text: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut is_plain = false;
        self.plain(rules, text, |_, _| is_plain = true);
        is_plain
            || !matches!(
                self.hidden(rules, text, &mut Work::on(text)),
                Hidden::Nowhere
            )
    }

    /// A short text without them.
    pub(super) fn cleaned(&self, rules: &Rules, text: &str) -> String {
        let placeholder =
            |literal: &Literal| placeholder::placeholder(&rules.rule(literal.rule).id);
        let mut clean = text.to_owned();
        for Needle { literal, .. } in &self.needles {
            clean = clean.replace(&literal.value, &placeholder(literal));
        }
        match self.hidden(rules, &clean, &mut Work::on(&clean)) {
            Hidden::Nowhere => clean,
            Hidden::Whole(literal) => placeholder(literal),
            Hidden::Parts(parts) => {
                let first = parts.first().map(|(_, literal)| placeholder(literal));
                first.unwrap_or_default()
            }
        }
    }

    /// Where a text holds them in another form.
    pub(super) fn hidden(&self, rules: &Rules, text: &str, work: &mut Work) -> Hidden<'_> {
        if self.is_empty() || text.len() < MARKS_BYTES_MIN {
            return Hidden::Nowhere;
        }
        let mut parts = self.parts(rules, text);
        if parts.is_empty() {
            return match self.look(rules, text, 0, work) {
                Some(literal) => Hidden::Whole(literal),
                None => Hidden::Nowhere,
            };
        }
        // What is left without those parts may hold more.
        parts.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        let mut rest = String::with_capacity(text.len());
        let mut from = 0;
        for (span, _) in &parts {
            rest.push_str(text.get(from..span.start).unwrap_or_default());
            from = from.max(span.end);
        }
        rest.push_str(text.get(from..).unwrap_or_default());
        match self.look(rules, &rest, 0, work) {
            Some(literal) => Hidden::Whole(literal),
            None => Hidden::Parts(parts),
        }
    }

    /// The one that a number stands for or holds.
    pub(super) fn in_number(&self, text: &str) -> Option<&Literal> {
        let forms = Forms::of_secret(text);
        let is_here = |needle: &&Needle| needle.is_number(text) || needle.is_in(text, &forms);
        let found = self.needles.iter().find(is_here);
        found.map(|needle| &needle.literal)
    }

    /// The one that is split over several strings of a message.
    pub(super) fn spread(&self, rules: &Rules, message: crate::json::Json<'_>) -> Option<&Literal> {
        let long = |needle: &&Needle| !needle.is_short_number();
        let long = Self {
            needles: self.needles.iter().filter(long).cloned().collect(),
        };
        if long.is_empty() {
            return None;
        }
        let found = spread::joined(message).into_iter().find_map(|text| {
            let found = long.look(rules, &text, 0, &mut Work::on(&text))?;
            Some(found.value.clone())
        })?;
        let known = self
            .needles
            .iter()
            .find(|needle| needle.literal.value == found);
        known.map(|needle| &needle.literal)
    }

    /// Parts of a text that are one of them, split or in another case.
    fn parts(&self, rules: &Rules, text: &str) -> Vec<(Range<usize>, &Literal)> {
        let forms = Forms::of(rules, text);
        let mut parts = Vec::new();
        for needle in &self.needles {
            let spans = needle.places(rules, text, &forms);
            parts.extend(spans.into_iter().map(|span| (span, &needle.literal)));
        }
        parts
    }

    /// The first one in a text, in what it stands for, and in what that stands for.
    fn look(&self, rules: &Rules, text: &str, layer: usize, work: &mut Work) -> Option<&Literal> {
        if layer > 0 && work.knows(text, layer) {
            return None;
        }
        if !work.takes(text.len()) {
            // Nobody knows what is in it.
            return self.needles.first().map(|needle| &needle.literal);
        }
        let tagged = forms::tagged(text).filter(|_| layer < KNOWN_LAYERS_MAX);
        if let Some(found) = tagged.and_then(|spelt| self.look(rules, &spelt, layer + 1, work)) {
            return Some(found);
        }
        let text = &*forms::visible(text);
        let forms = Forms::of(rules, text);
        let here = self
            .needles
            .iter()
            .find(|needle| needle.is_in(text, &forms));
        if let Some(needle) = here {
            return Some(&needle.literal);
        }
        if layer >= KNOWN_LAYERS_MAX {
            // Nobody knows what is in what could still be taken off.
            let goes_on = layer == KNOWN_LAYERS_MAX && is_written(text, &forms);
            let first = self.needles.first().filter(|_| goes_on);
            return first.map(|needle| &needle.literal);
        }
        self.written(rules, text, &forms, layer, work)
            .or_else(|| self.coded(rules, text, &forms, layer, work))
    }

    /// The first one in what the escapes of a text stand for.
    fn written(
        &self,
        rules: &Rules,
        text: &str,
        forms: &Forms,
        layer: usize,
        work: &mut Work,
    ) -> Option<&Literal> {
        // Escapes may be split too, and some end at white space.
        let is_split = forms.packed.len() < text.len();
        let alone = DECODERS_ALONE.into_iter().filter(|_| self.has_escapes());
        DECODERS.into_iter().chain(alone).find_map(|decode| {
            let whole = decode(text.as_bytes());
            let split = decode(forms.packed.as_bytes()).filter(|_| is_split);
            let split = split.filter(|split| !is_same(whole.as_deref(), split));
            whole.into_iter().chain(split).find_map(|bytes| {
                self.look(rules, &forms::utf8(&bytes), layer + 1, work)
                    .or_else(|| self.rare(rules, &bytes, work))
            })
        })
    }

    /// The first one in the bytes that runs of a text stand for.
    fn coded(
        &self,
        rules: &Rules,
        text: &str,
        forms: &Forms,
        layer: usize,
        work: &mut Work,
    ) -> Option<&Literal> {
        let mut found = None;
        let mut inner = |bytes: &[u8]| {
            found = found.or_else(|| {
                let mut texts = forms::texts(bytes).into_iter();
                texts
                    .find_map(|text| self.look(rules, &text, layer + 1, work))
                    .or_else(|| self.rare(rules, bytes, work))
            });
        };
        runs::codes(text.as_bytes(), &mut inner);
        if forms.packed.len() < text.len() {
            runs::codes(forms.packed.as_bytes(), &mut inner);
        }
        runs::all(forms.packed.as_bytes(), &mut inner);
        found.or_else(|| {
            let mut found = None;
            runs::together(forms.packed.as_bytes(), &mut |bytes| {
                for text in forms::texts(bytes) {
                    found = found.or_else(|| self.look(rules, &text, layer + 1, work));
                }
            });
            found
        })
    }

    /// The first one in decoded bytes that are written in another way than texts of the web are.
    fn rare(&self, rules: &Rules, bytes: &[u8], work: &mut Work) -> Option<&Literal> {
        if !self.is_wide() {
            return None;
        }
        forms::rare(bytes).find_map(|text| self.look(rules, &text, KNOWN_LAYERS_MAX + 1, work))
    }

    /// Whether in one of them something looks like an escape.
    fn has_escapes(&self) -> bool {
        let mut values = self.needles.iter().map(|needle| &needle.literal.value);
        values.any(|value| escapes::decoded(value.as_bytes()).is_some())
    }

    /// Whether one of them is not ASCII.
    fn is_wide(&self) -> bool {
        let mut values = self.needles.iter().map(|needle| &needle.literal.value);
        values.any(|value| !value.is_ascii())
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Known({} values)", self.needles.len())
    }
}

impl Work {
    /// What a message or a text may take.
    pub(super) fn on(text: &str) -> Self {
        let left = text.len().saturating_mul(WORK_MAX);
        Self {
            left: left.saturating_add(WORK_BYTES_MIN).min(WORK_BYTES_MAX),
            seen: BTreeMap::new(),
        }
    }

    /// Whether a text has been looked at with no fewer layers left.
    fn knows(&mut self, text: &str, layer: usize) -> bool {
        let digest = Digest::of(text.as_bytes());
        match self.seen.get(&digest) {
            Some(seen) if *seen <= layer => true,
            _ => {
                self.seen.insert(digest, layer);
                false
            }
        }
    }

    fn takes(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or_default();
        left.is_some()
    }
}

/// Whether a text stands for another one.
fn is_written(text: &str, forms: &Forms) -> bool {
    let mut decoders = DECODERS.into_iter();
    if decoders.any(|decode| decode(text.as_bytes()).is_some()) {
        return true;
    }
    let mut found = false;
    runs::all(forms.packed.as_bytes(), &mut |bytes| {
        found |= !forms::texts(bytes).is_empty();
    });
    found
}

/// Whether two decoded texts differ in white space alone, which may stand between the bytes of a
/// character.
fn is_same(whole: Option<&[u8]>, split: &[u8]) -> bool {
    let dense = |bytes: &[u8]| {
        let dense = bytes
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace());
        dense.collect::<Vec<u8>>()
    };
    whole.is_some_and(|whole| str::from_utf8(whole).is_ok() && dense(whole) == dense(split))
}
