//! Secrets by their look: a prefix, an alphabet, a length, and a checksum where the format has one.
//!
//! The tables say what the formats are; this file says how they are read. A check looks at no more
//! than the longest token of its format and one byte around it, however long the text is; where a
//! format has no such bound, a finding takes all that was looked at.
//!
//! A wrong checksum refuses nothing: a token of the right shape is a secret to whoever wrote it. A
//! right one accepts a token that is glued to other words.
//!
//! Deliberately absent: examples and placeholders, which [`super::innocent`] knows, and entropy
//! without a prefix.

mod ai;
mod alphabet;
mod azure;
mod cloud;
mod code;
mod data;
mod edge;
mod jwt;
mod key;
mod look;
mod messages;
mod middle;
mod money;
mod office;
mod part;
#[cfg(test)]
mod tests;
mod url;
mod watch;

use std::ops::Range;

use alphabet::Alphabet;
use look::Look;
use part::Part;

/// A built-in format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    /// The rule's name, which placeholders show.
    pub(super) id: &'static str,
    /// The class.
    pub(super) class: &'static str,
    /// What it begins with, or what stands inside it and is rarer than its beginning.
    pub(super) prefixes: &'static [&'static str],
    body: Body,
    look: Look,
    before: Before,
    span: Span,
}

/// What stands behind the prefix.
#[derive(Clone, Copy, Debug)]
enum Body {
    /// One run.
    Run(Part),
    /// One of several sequences; the first that fits.
    Either(&'static [&'static [Part]]),
    /// What a few lines of code know.
    Own(fn(&str, usize) -> Option<Range<usize>>),
}

/// What may stand before the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// Anything but a word.
    NoWord,
    /// Anything but a word, `-` and `.`: the prefix is a word itself.
    NoName,
    /// Anything.
    Anything,
}

/// Which part is the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    /// All of it.
    Whole,
    /// What stands behind the prefix.
    Behind,
}

/// All built-in formats.
pub(super) const FORMATS: &[Format] = &joined();

const TABLES: [&[Format]; 11] = [
    code::TABLE,
    azure::TABLE,
    cloud::TABLE,
    data::TABLE,
    ai::TABLE,
    money::TABLE,
    messages::TABLE,
    office::TABLE,
    watch::TABLE,
    url::TABLE,
    middle::TABLE,
];

#[allow(
    clippy::indexing_slicing,
    reason = "the compiler evaluates this, and refuses an index that is too large"
)]
const fn joined() -> [Format; count()] {
    let mut all = [TABLES[0][0]; count()];
    let (mut table, mut row, mut to) = (0, 0, 0);
    while table < TABLES.len() {
        while row < TABLES[table].len() {
            all[to] = TABLES[table][row];
            (row, to) = (row + 1, to + 1);
        }
        (table, row) = (table + 1, 0);
    }
    all
}

#[allow(
    clippy::indexing_slicing,
    reason = "the compiler evaluates this, and refuses an index that is too large"
)]
const fn count() -> usize {
    let (mut table, mut count) = (0, 0);
    while table < TABLES.len() {
        count += TABLES[table].len();
        table += 1;
    }
    count
}

impl Format {
    const fn new(
        (id, class): (&'static str, &'static str),
        prefixes: &'static [&'static str],
        body: Body,
    ) -> Self {
        Self {
            id,
            class,
            prefixes,
            body,
            look: Look::Any,
            before: Before::NoWord,
            span: Span::Whole,
        }
    }

    const fn look(mut self, look: Look) -> Self {
        self.look = look;
        self
    }

    const fn before(mut self, before: Before) -> Self {
        self.before = before;
        self
    }

    /// Only what stands behind the prefix is the secret, and anything may stand before it.
    const fn behind(mut self) -> Self {
        self.span = Span::Behind;
        self.before = Before::Anything;
        self
    }

    /// The secret whose anchor stands at `at`, when there is one. It begins at the anchor, before
    /// it when the anchor stands inside the secret, or behind it when the anchor only announces it.
    pub(super) fn check(&self, text: &str, at: usize) -> Option<Range<usize>> {
        if let Body::Own(own) = self.body {
            return own(text, at);
        }
        let bytes = text.as_bytes();
        let rest = bytes.get(at..)?;
        let fits = |prefix: &&&str| rest.starts_with(prefix.as_bytes());
        let prefix = self.prefixes.iter().filter(fits).max_by_key(|p| p.len())?;
        let behind = at + prefix.len();
        let start = match self.span {
            Span::Whole => at,
            Span::Behind => behind,
        };
        self.end(bytes, at, behind)
            .filter(|end| {
                !prefix.bytes().all(|b| alphabet::STD64.has(b)) || !edge::is_base64(bytes, at, *end)
            })
            .or_else(|| self.sealed_end(bytes, behind))
            .map(|end| start..end)
    }

    /// Where a token ends whose prefix stands from `at` to `behind`.
    fn end(&self, bytes: &[u8], at: usize, behind: usize) -> Option<usize> {
        let before = edge::before(bytes, at);
        let before = match self.before {
            Before::NoWord if before.is_some_and(|b| alphabet::WORD.has(b)) => return None,
            Before::NoName if before.is_some_and(|b| alphabet::NAME.has(b)) => return None,
            Before::NoWord | Before::NoName if self.is_in_url(bytes, at) => None,
            Before::NoWord | Before::NoName => before,
            // Such a prefix does not fit into the run behind it.
            Before::Anything => None,
        };
        let end = match self.body {
            Body::Run(run) => part::end(bytes, behind, &[run], before)?,
            Body::Either(forms) => forms
                .iter()
                .find_map(|form| part::end(bytes, behind, form, before))?,
            Body::Own(_) => return None,
        };
        let secret = bytes.get(behind..end)?;
        self.look.fits(secret).then_some(end)
    }

    /// Whether a token that may hold slashes itself stands behind one that belongs to a URL.
    fn is_in_url(&self, bytes: &[u8], at: usize) -> bool {
        let is_long = match self.body {
            Body::Run(part) => part.is_long_with_slash(),
            Body::Either(forms) => forms
                .iter()
                .copied()
                .flatten()
                .any(Part::is_long_with_slash),
            Body::Own(_) => false,
        };
        is_long
            && bytes.get(..at).is_some_and(|head| head.ends_with(b"/"))
            && edge::is_in_url(bytes, at)
    }

    /// Where a token ends that nothing sets apart from what surrounds it but its checksum.
    fn sealed_end(&self, bytes: &[u8], behind: usize) -> Option<usize> {
        let Look::Sealed(length) = self.look else {
            return None;
        };
        let body = bytes.get(behind..behind + length)?;
        look::is_sealed(body).then_some(behind + length)
    }
}

/// A format of one run of `min` to `max` characters.
const fn run(
    name: (&'static str, &'static str),
    prefixes: &'static [&'static str],
    alphabet: Alphabet,
    min: usize,
    max: usize,
) -> Format {
    Format::new(name, prefixes, Body::Run(Part::Run(alphabet, min, max)))
}

/// A format of one run of exactly `length` characters.
const fn exact(
    name: (&'static str, &'static str),
    prefixes: &'static [&'static str],
    alphabet: Alphabet,
    length: usize,
) -> Format {
    run(name, prefixes, alphabet, length, length)
}

/// A format of several parts, or of several forms.
const fn either(
    name: (&'static str, &'static str),
    prefixes: &'static [&'static str],
    forms: &'static [&'static [Part]],
) -> Format {
    Format::new(name, prefixes, Body::Either(forms))
}

/// A format that code knows.
const fn own(
    name: (&'static str, &'static str),
    prefixes: &'static [&'static str],
    check: fn(&str, usize) -> Option<Range<usize>>,
) -> Format {
    Format::new(name, prefixes, Body::Own(check))
}
