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
mod runs;
mod spread;
#[cfg(test)]
mod tests;

use std::ops::Range;

use memchr::memmem::Finder;

use super::plan::Literal;
use super::{Rules, base64, placeholder};
use forms::Forms;

/// Shortest secret that is known by its value, in bytes: what is shorter stands in texts that do not
/// have it from the secret, and would take them apart. It becomes no handle.
pub(super) const KNOWN_BYTES_MIN: usize = 8;

/// Shortest core of a secret that is looked for instead of it, in bytes.
const CORE_BYTES_MIN: usize = 8;

/// Fewest characters of a secret that is looked for without its white space alone.
const MARKS_BYTES_MIN: usize = 6;

/// Most layers that are taken off: two forms of a secret in one another, each of up to two layers,
/// and one more.
const KNOWN_LAYERS_MAX: usize = 5;

/// Most bytes that are looked at for each byte of a message, all layers together. Texts take about
/// five; base64 within base64 of base64 takes more, and is masked.
const WORK_MAX: usize = 40;
/// What a short message may take beyond that, and what a long one may take at most.
const WORK_BYTES_MIN: usize = 64 * 1024;
const WORK_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Takes one layer off a text; `None` where there is none.
type Decoder = fn(&[u8]) -> Option<Vec<u8>>;

/// What takes one layer of writing off a whole text.
const DECODERS: [Decoder; 4] = [
    escapes::decoded,
    escapes::quoted_printable,
    escapes::style,
    escapes::untagged,
];

/// Secrets that are known by their value, ready to be looked for.
#[derive(Clone, Default)]
pub struct Known {
    needles: Vec<Needle>,
}

/// One secret.
#[derive(Clone)]
struct Needle {
    literal: Literal,
    exact: Finder<'static>,
    core: Core,
    /// It may be written as a number.
    is_digits: bool,
}

/// What is looked for where a secret may be split or written otherwise.
#[derive(Clone)]
enum Core {
    /// Its letters and digits in lower case.
    Letters(Ways),
    /// All of it in lower case, without white space: it has few letters and digits.
    Marks(Ways),
    /// There is too little of it: only the secret itself.
    Exact,
}

/// A core, to be found forwards and backwards, and as escapes in the secret have it.
#[derive(Clone)]
struct Ways(Vec<Finder<'static>>);

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

/// What may still be looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    left: usize,
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
            let spans = match &needle.core {
                Core::Letters(ways) => {
                    let found = ways.all(forms.letters.as_bytes());
                    forms::letters_at(rules, text, found)
                }
                Core::Marks(ways) => {
                    let found = ways.all(forms.marks().as_bytes());
                    forms::marks_at(rules, text, found)
                }
                Core::Exact => Vec::new(),
            };
            parts.extend(spans.into_iter().map(|span| (span, &needle.literal)));
        }
        parts
    }

    /// The first one in a text, in what it stands for, and in what that stands for.
    fn look(&self, rules: &Rules, text: &str, layer: usize, work: &mut Work) -> Option<&Literal> {
        if !work.takes(text.len()) {
            // Nobody knows what is in it.
            return self.needles.first().map(|needle| &needle.literal);
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
        if layer == KNOWN_LAYERS_MAX {
            return None;
        }
        let mut found = None;
        let mut inner = |bytes: &[u8]| {
            found = found.or_else(|| {
                let mut texts = forms::texts(bytes).into_iter();
                texts
                    .find_map(|text| self.look(rules, &text, layer + 1, work))
                    .or_else(|| self.rare(rules, bytes, work))
            });
        };
        let text = text.as_bytes();
        // Escapes and codes may be split too, and some end at white space.
        let packed = forms.packed.as_bytes();
        let is_split = packed.len() < text.len();
        for decode in DECODERS {
            let whole = decode(text);
            let split = decode(packed).filter(|_| is_split);
            let split = split.filter(|split| !is_same(whole.as_deref(), split));
            whole
                .into_iter()
                .chain(split)
                .for_each(|bytes| inner(&bytes));
        }
        runs::decimal(text, &mut inner);
        if is_split {
            runs::decimal(packed, &mut inner);
        }
        runs::all(packed, &mut inner);
        found
    }

    /// The first one in decoded bytes that are written in another way than texts of the web are.
    fn rare(&self, rules: &Rules, bytes: &[u8], work: &mut Work) -> Option<&Literal> {
        if !self.is_wide() {
            return None;
        }
        let mut texts = forms::rare(bytes).into_iter();
        texts.find_map(|text| self.look(rules, &text, KNOWN_LAYERS_MAX, work))
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

impl Needle {
    fn new(literal: Literal) -> Self {
        let value = literal.value.as_bytes();
        // What looks like an escape in a secret is decoded with those that it is written with.
        let decoded = escapes::decoded(value).unwrap_or_default();
        let decoded = forms::utf8(&decoded);
        let all = [literal.value.as_str(), &decoded].map(Forms::of_secret);
        let [letters, marks] = [
            all.each_ref().map(|forms| forms.letters.clone()),
            all.each_ref().map(Forms::marks),
        ];
        let has =
            |cores: &[String; 2], least| cores.first().is_some_and(|core| core.len() >= least);
        let core = if has(&letters, CORE_BYTES_MIN) {
            Core::Letters(Ways::of(&letters, CORE_BYTES_MIN))
        } else if has(&marks, MARKS_BYTES_MIN) {
            Core::Marks(Ways::of(&marks, MARKS_BYTES_MIN))
        } else {
            Core::Exact
        };
        Self {
            is_digits: literal.value.bytes().all(|byte| byte.is_ascii_digit()),
            exact: Finder::new(literal.value.as_bytes()).into_owned(),
            literal,
            core,
        }
    }

    /// Whether a number is this one, however many of its digits are written.
    fn is_number(&self, text: &str) -> bool {
        let value = &self.literal.value;
        let same = |a: f64, b: f64| a == b.abs();
        let value = value.parse().ok().filter(|_| self.is_digits);
        value
            .zip(text.parse().ok())
            .is_some_and(|(a, b)| same(a, b))
    }

    /// Whether a number with an exponent in a text is this one.
    fn is_power_in(&self, text: &str) -> bool {
        let is_outside = |c: char| !c.is_ascii_digit() && !matches!(c, '.' | 'e' | 'E' | '+' | '-');
        let mut words = text.split(is_outside);
        words.any(|word| word.contains(['e', 'E']) && self.is_number(word))
    }

    fn is_in(&self, text: &str, forms: &Forms) -> bool {
        if self.is_digits && self.is_power_in(text) {
            return true;
        }
        match &self.core {
            Core::Letters(ways) => ways.is_in(forms.letters.as_bytes()),
            Core::Marks(ways) => ways.is_in(forms.marks().as_bytes()),
            Core::Exact => self.exact.find(text.as_bytes()).is_some(),
        }
    }

    /// Whether it is a number that columns of other numbers may happen to spell.
    fn is_short_number(&self) -> bool {
        const DIGITS_MIN: usize = 12;
        let value = self.literal.value.as_bytes();
        let letters = value.iter().filter(|byte| byte.is_ascii_alphanumeric());
        letters.clone().all(u8::is_ascii_digit) && letters.count() < DIGITS_MIN
    }
}

impl Work {
    /// What a message or a text may take.
    pub(super) fn on(text: &str) -> Self {
        let left = text.len().saturating_mul(WORK_MAX);
        Self {
            left: left.saturating_add(WORK_BYTES_MIN).min(WORK_BYTES_MAX),
        }
    }

    fn takes(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or_default();
        left.is_some()
    }
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

impl Ways {
    fn of(cores: &[String], least: usize) -> Self {
        let long = cores.iter().filter(|core| core.len() >= least);
        let both = long.flat_map(|core| [core.clone(), core.chars().rev().collect()]);
        let mut both: Vec<String> = both.collect();
        both.dedup();
        let finders = both
            .iter()
            .map(|text| Finder::new(text.as_bytes()).into_owned());
        Self(finders.collect())
    }

    fn is_in(&self, text: &[u8]) -> bool {
        self.0.iter().any(|finder| finder.find(text).is_some())
    }

    fn all(&self, text: &[u8]) -> Vec<Range<usize>> {
        let each = self.0.iter().flat_map(|finder| {
            let length = finder.needle().len();
            finder.find_iter(text).map(move |at| at..at + length)
        });
        each.collect()
    }
}
