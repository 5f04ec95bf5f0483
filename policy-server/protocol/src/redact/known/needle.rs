//! One secret, and what is looked for instead of it where it may be split or written otherwise.

use std::ops::Range;

use memchr::memmem::Finder;

use super::escapes;
use super::forms::{self, Forms};
use crate::redact::Rules;
use crate::redact::plan::Literal;

/// Shortest core of a secret that is looked for instead of it, in bytes.
const CORE_BYTES_MIN: usize = 8;

/// Fewest characters of a secret that is looked for without its white space alone.
pub(super) const MARKS_BYTES_MIN: usize = 6;

/// One secret.
#[derive(Clone)]
pub(super) struct Needle {
    pub(super) literal: Literal,
    pub(super) exact: Finder<'static>,
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

impl Needle {
    pub(super) fn new(literal: Literal) -> Self {
        let value = literal.value.as_bytes();
        // What looks like an escape in a secret is decoded with those that it is written with.
        let decoded = escapes::decoded(value).unwrap_or_default();
        let decoded = forms::utf8(&decoded);
        let backwards = |text: &str| text.chars().rev().collect::<String>();
        let ways = [
            literal.value.clone(),
            decoded.to_string(),
            backwards(&literal.value),
            backwards(&decoded),
        ];
        let ways = ways.map(|way| Forms::of_secret(&way));
        let letters = ways.each_ref().map(|forms| forms.letters.clone());
        let marks = ways.each_ref().map(Forms::marks);
        let has = |cores: &[String], least| cores.first().is_some_and(|core| core.len() >= least);
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
    pub(super) fn is_number(&self, text: &str) -> bool {
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

    pub(super) fn is_in(&self, text: &str, forms: &Forms) -> bool {
        if self.is_digits && self.is_power_in(text) {
            return true;
        }
        match &self.core {
            Core::Letters(ways) => ways.is_in(forms.letters.as_bytes()),
            Core::Marks(ways) => ways.is_in(forms.marks().as_bytes()),
            Core::Exact => self.exact.find(text.as_bytes()).is_some(),
        }
    }

    /// Where a text holds it, split or in another case.
    pub(super) fn places(&self, rules: &Rules, text: &str, forms: &Forms) -> Vec<Range<usize>> {
        match &self.core {
            Core::Letters(ways) => {
                let found = ways.all(forms.letters.as_bytes());
                forms::letters_at(rules, text, found)
            }
            Core::Marks(ways) => {
                let found = ways.all(forms.marks().as_bytes());
                forms::marks_at(rules, text, found)
            }
            Core::Exact => Vec::new(),
        }
    }

    /// Whether it is a number that columns of other numbers may happen to spell.
    pub(super) fn is_short_number(&self) -> bool {
        const DIGITS_MIN: usize = 12;
        let value = self.literal.value.as_bytes();
        let letters = value.iter().filter(|byte| byte.is_ascii_alphanumeric());
        letters.clone().all(u8::is_ascii_digit) && letters.count() < DIGITS_MIN
    }
}

impl Ways {
    fn of(cores: &[String], least: usize) -> Self {
        let mut long: Vec<&String> = cores.iter().filter(|core| core.len() >= least).collect();
        long.dedup();
        let finders = long
            .iter()
            .map(|core| Finder::new(core.as_bytes()).into_owned());
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
