//! Secrets by the key under which they stand: `password`, `x-api-key`, `clientSecret`.
//! Keys about a secret (`password_hash`, `token_type`, `next_token`) are no keys of secrets.

mod ends;

use std::ops::Range;

use super::context::judge;
use ends::{Edge, HARMLESS, ends};

/// Longest key that is looked at, in bytes.
const KEY_BYTES_MAX: usize = 128;

/// The rule, by its index in `CONTEXTUAL`, that a member's key calls for, when the key is one that
/// holds secrets.
pub(super) fn rule_of_key(key: &str) -> Option<usize> {
    let mut key = key.as_bytes();
    if key.len() < 2 || key.len() > KEY_BYTES_MAX {
        return None;
    }
    while let Some((last, rest)) = key.split_last()
        && !last.is_ascii_alphabetic()
    {
        key = rest;
    }
    if !may_end(key) {
        return None;
    }
    let ends = ends(key.last()?.to_ascii_lowercase());
    let name = Name::of(key)?;
    let (_, _, rule) = ends.iter().find(|(end, edge, _)| name.ends(end, *edge))?;
    let is_harmless = HARMLESS.iter().any(|end| name.ends(end, Edge::Word));
    (!is_harmless).then_some(*rule)
}

/// Whether a name whose last byte is a letter can end as one of the above, by its last two letters:
/// most names cannot, and this costs next to nothing.
fn may_end(key: &[u8]) -> bool {
    let Some((last, rest)) = key.split_last() else {
        return false;
    };
    let before = rest.last().map_or(b'_', u8::to_ascii_lowercase);
    // `path`, `width` and `length` are common.
    if last.eq_ignore_ascii_case(&b'h') && before == b't' {
        return !matches!(rest.iter().nth_back(1), Some(b'a'..=b't' | b'v'..=b'z'));
    }
    // A separator stands between: a closer look tells.
    !before.is_ascii_alphabetic()
        || matches!(
            (before, last.to_ascii_lowercase()),
            (b'i' | b'v', b'c')
                | (b'r' | b'w', b'd')
                | (b's' | b'd' | b'r' | b'i', b'e')
                | (b'n', b'g')
                | (b't', b'r' | b'p')
                | (b'a', b'l')
                | (b'e' | b'o' | b's' | b'i', b'n')
                | (b'l' | b'e' | b'd' | b'y' | b't' | b'n' | b's' | b'a', b's')
                | (b'e' | b'w' | b'a', b't')
                | (b'v', b'v')
                | (b'p', b'w')
                | (b'e', b'y')
        )
}

/// The letters and digits of a name in lower case, and which of them begin a word.
struct Name {
    plain: [u8; KEY_BYTES_MAX],
    length: usize,
    /// A bit for each of them.
    begins: u128,
}

impl Name {
    fn of(key: &[u8]) -> Option<Self> {
        let mut name = Self {
            plain: [0; KEY_BYTES_MAX],
            length: 0,
            begins: 0,
        };
        let mut before = b' ';
        for b in key {
            if !matches!(b, b'_' | b'-' | b'.' | b' ') {
                let begins = !before.is_ascii_alphabetic()
                    || b.is_ascii_uppercase() && before.is_ascii_lowercase();
                name.begins |= u128::from(begins) << name.length;
                *name.plain.get_mut(name.length)? = b.to_ascii_lowercase();
                name.length = name.length.saturating_add(1);
            }
            before = *b;
        }
        Some(name)
    }

    /// Whether it ends with these words.
    fn ends(&self, end: &str, edge: Edge) -> bool {
        let Some(begin) = self.length.checked_sub(end.len()) else {
            return false;
        };
        self.plain.get(begin) == end.as_bytes().first()
            && self.plain.get(begin..self.length) == Some(end.as_bytes())
            && (edge == Edge::Any || self.begins >> begin & 1 == 1)
    }
}

/// Which part of the string under such a key is the secret: nothing, when it is a reference, a
/// placeholder or a word about secrets.
pub(super) fn secret_in(rule: usize, value: &str) -> Option<Range<usize>> {
    let trimmed = value.trim();
    let start = value.len().saturating_sub(value.trim_start().len());
    let found = judge::within(rule, trimmed, judge::Place::Member)?;
    Some(start.saturating_add(found.start)..start.saturating_add(found.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_passes_the_first_look() {
        for last in b'a'..=b'z' {
            for (end, _, rule) in ends(last) {
                let parted: String = end.chars().flat_map(|c| [c, '_']).collect();
                for key in [*end, &format!("x_{end}_2"), &end.to_uppercase(), &parted] {
                    assert_eq!(rule_of_key(key), Some(*rule), "{key}");
                }
            }
        }
    }
}
