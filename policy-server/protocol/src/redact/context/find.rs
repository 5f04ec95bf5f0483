//! From a word in a text to the value beside it: the whole name, the separator, the value.

use std::ops::Range;

use super::super::innocent::is_innocent;
use super::super::keys::rule_of_key;
use super::bare::unquoted;
use super::judge::{self, Place};
use super::way::{Way, way_to_value};

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// Longest value that is looked at in quotes, and without, in bytes.
const QUOTED_BYTES_MAX: usize = 8192;
pub(super) const BARE_BYTES_MAX: usize = 4096;
/// How far a value without quotes is looked at before it must be one run without `=`.
pub(super) const BARE_BYTES_SURE: usize = 256;

#[cfg(test)]
thread_local! {
    /// Bytes looked at for values, for the test that their number is bounded.
    pub(super) static COST: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The secret behind `name = ` where the name holds the word at `at..behind`.
pub(super) fn after_name(text: &str, at: usize, behind: usize) -> Option<(Range<usize>, usize)> {
    let name = name_around(text, at, behind)?;
    let key = text.get(name.clone())?;
    let rule = rule_of_key(key)?;
    let before = super::back(text, name.start, 96);
    let is_path =
        before.ends_with("::") || before.ends_with('@') || before.contains(":secretsmanager:");
    let is_behind = text
        .get(name.end..)
        .is_some_and(|rest| rest.starts_with("::"));
    if is_path || is_behind || before.ends_with("page ") || before.ends_with("next ") {
        return None;
    }
    let way = way_to_value(text, &name)?;
    value_at(text, &name, &way, rule)
}

/// `Bearer x` and `Basic x` without a header's name before them.
pub(super) fn after_scheme(text: &str, at: usize, behind: usize) -> Option<(Range<usize>, usize)> {
    if super::back(text, at, 4).ends_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    let range = bare(text, behind, &|b| {
        matches!(
            b,
            b'"' | b'\'' | b'`' | b',' | b';' | b'<' | b'>' | b'\\' | b')' | b'}' | b']'
        )
    });
    let value = text.get(range.clone())?;
    let is_basic = text
        .as_bytes()
        .get(at)
        .is_some_and(|b| b.eq_ignore_ascii_case(&b'b'))
        && text
            .as_bytes()
            .get(at.checked_add(1)?)
            .is_some_and(|b| b.eq_ignore_ascii_case(&b'a'));
    let is_secret = if is_basic {
        value.len() >= 8 && judge::is_basic(value)
    } else {
        value.len() >= 12
            && judge::within(super::AUTHORIZATION, text.get(at..range.end)?, Place::Loose).is_some()
    };
    is_secret.then_some((range, super::AUTHORIZATION))
}

/// `IDENTIFIED BY 'x'`.
pub(super) fn after_words(text: &str, behind: usize) -> Option<(Range<usize>, usize)> {
    let rest = text.get(behind..)?;
    let skipped = rest.trim_start_matches(' ');
    let skipped = skipped.strip_prefix("PASSWORD ").unwrap_or(skipped);
    let at = text.len().checked_sub(skipped.len())?;
    let range = quoted(text, at).filter(|_| !skipped.starts_with('`'))?;
    judge::within(super::PASSWORD, text.get(range.clone())?, Place::Quoted)
        .map(|_| (range, super::PASSWORD))
}

/// `?sig=x`, `&signature=x`: in the query of an address alone.
pub(super) fn signature(text: &str, at: usize, behind: usize) -> Option<(Range<usize>, usize)> {
    let before = super::back(text, at, 16);
    let head = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
    let range = bare(text, behind, &|b| {
        matches!(
            b,
            b'"' | b'\'' | b'`' | b'&' | b'<' | b'>' | b'\\' | b')' | b'#' | b',' | b';'
        )
    });
    let value = text.get(range.clone())?;
    (head.ends_with(['?', '&', ';'])
        && value.len() >= 16
        && !is_innocent(value)
        && value.bytes().any(|b| b.is_ascii_digit()))
    .then_some((range, super::URL_TOKEN))
}

/// The whole name around the word, `None` when it is too long for one.
fn name_around(text: &str, at: usize, behind: usize) -> Option<Range<usize>> {
    let is_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let bytes = text.as_bytes();
    let word = bytes.get(at..behind)?;
    let skipped = word.iter().take_while(|b| !is_name(b)).count();
    let length = word
        .iter()
        .skip(skipped)
        .take_while(|b| is_name(b) || **b == b' ')
        .count();
    let at = at.checked_add(skipped)?;
    let length = text.get(at..at.checked_add(length)?)?.trim_end().len();
    let middle = at.checked_add(length)?;
    let before = bytes
        .get(..at)?
        .iter()
        .rev()
        .take(NAME_BYTES_MAX)
        .take_while(is_name)
        .count();
    let after = if middle < behind {
        0
    } else {
        bytes
            .get(middle..)?
            .iter()
            .take(NAME_BYTES_MAX)
            .take_while(is_name)
            .count()
    };
    (before < NAME_BYTES_MAX && after < NAME_BYTES_MAX)
        .then(|| at.saturating_sub(before)..middle.saturating_add(after))
}

/// The secret that stands at the end of the way.
fn value_at(
    text: &str,
    name: &Range<usize>,
    way: &Way,
    rule: usize,
) -> Option<(Range<usize>, usize)> {
    let start = after_prefix(text, way.at);
    let (range, place) = if let Some(range) = quoted(text, start) {
        (range, Place::Quoted)
    } else if way.is_tag {
        let range = bare(text, start, &|b| matches!(b, b'<' | b'>'));
        let end = text.as_bytes().get(range.end)?;
        (*end == b'<').then_some((range, Place::Quoted))?
    } else {
        unquoted(text, name, way, rule)?
    };
    let value = text.get(range.clone())?;
    let trimmed = value.trim_end();
    let found = judge::within(rule, trimmed, place)?;
    let from = range.start.checked_add(found.start)?;
    Some((from..range.start.checked_add(found.end)?, rule))
}

/// Behind the letter before a quote, as in `b"x"` or `@"x"`.
fn after_prefix(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let is_prefix = bytes
        .get(at)
        .is_some_and(|b| matches!(b, b'b' | b'r' | b'u' | b'L' | b'f' | b'@' | b'$'));
    let has_quote = bytes
        .get(at.saturating_add(1))
        .is_some_and(|b| matches!(b, b'"' | b'\''));
    if is_prefix && has_quote {
        at.saturating_add(1)
    } else {
        at
    }
}

/// What stands between quotes that open at `at`, with as many backslashes before the closing one.
fn quoted(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let slashes = bytes
        .get(at..)?
        .iter()
        .take(8)
        .take_while(|b| **b == b'\\')
        .count();
    let open = at.checked_add(slashes)?;
    let quote = *bytes
        .get(open)
        .filter(|b| matches!(b, b'"' | b'\'' | b'`'))?;
    let start = open.checked_add(1)?;
    let mut before = 0_usize;
    for (offset, b) in bytes
        .get(start..)?
        .iter()
        .take(QUOTED_BYTES_MAX)
        .enumerate()
    {
        let is_close =
            *b == quote && (before == slashes || slashes == 0 && before.is_multiple_of(2));
        if is_close {
            let end =
                start
                    .checked_add(offset)?
                    .checked_sub(if slashes == 0 { 0 } else { before })?;
            return Some(start..end);
        }
        if *b == b'\n' {
            return None;
        }
        before = if *b == b'\\' {
            before.saturating_add(1)
        } else {
            0
        };
    }
    None
}

/// A run up to white space or one of the ends. A long one must be a single value.
pub(super) fn bare(text: &str, at: usize, is_end: &dyn Fn(u8) -> bool) -> Range<usize> {
    let stops = |b: u8| b.is_ascii_whitespace() || is_end(b);
    let short = run(text, at, BARE_BYTES_SURE, &stops);
    let is_cut = short.end.saturating_sub(short.start) >= BARE_BYTES_SURE.saturating_sub(3);
    let is_single = text
        .get(short.clone())
        .is_some_and(|value| !value.contains(['=', ':']));
    if is_cut && is_single {
        run(text, at, BARE_BYTES_MAX, &stops)
    } else {
        short
    }
}

pub(super) fn run(text: &str, at: usize, most: usize, is_end: &dyn Fn(u8) -> bool) -> Range<usize> {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let length = rest
        .iter()
        .take(most)
        .position(|b| is_end(*b))
        .unwrap_or(rest.len().min(most));
    #[cfg(test)]
    COST.set(COST.get().saturating_add(length));
    let mut end = at.saturating_add(length);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    at..end
}
