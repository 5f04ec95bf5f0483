//! From a word in a text to the value beside it: the whole name, the separator, the value.

use std::ops::Range;

use super::super::innocent::{is_identifier, is_innocent};
use super::super::keys::rule_of_key;
use super::Beside;
use super::judge::{self, Place};
use super::shape::is_dashed_words;
use super::value::{bare, quoted, value_at, whole};
use super::way::way_to_value;

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// The secret behind `name = ` where the name holds the word at `at..behind`.
pub(super) fn after_name(text: &str, at: usize, behind: usize) -> Option<Beside> {
    let name = name_around(text, at, behind)?;
    let rule = rule_of_key(text.get(name.clone())?)?;
    let way = way_to_value(text, &name)?;
    let before = super::back(text, name.start, 96);
    let is_path = before.ends_with("::")
        || before.ends_with('@')
        || before.ends_with("page ")
        || before.ends_with("next ")
        || before.ends_with(':') && before.contains(":secretsmanager:");
    let is_behind = text
        .get(name.end..)
        .is_some_and(|rest| rest.starts_with("::"));
    (!is_path && !is_behind).then_some(())?;
    value_at(text, &name, &way, rule)
}

/// `Bearer x` and `Basic x` without a header's name before them.
pub(super) fn after_scheme(text: &str, at: usize, behind: usize) -> Option<Beside> {
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
    let is_basic = behind.checked_sub(at)? == "basic ".len();
    let is_secret = if is_basic {
        value.len() >= 8 && judge::is_basic(value)
    } else {
        value.len() >= 12
            && judge::within(super::AUTHORIZATION, text.get(at..range.end)?, Place::Loose).is_some()
    };
    let secret = is_secret.then(|| whole(text, range.clone(), super::AUTHORIZATION));
    Some(Beside::judged(range, secret, super::AUTHORIZATION))
}

/// `IDENTIFIED BY 'x'`.
pub(super) fn after_words(text: &str, at: usize, behind: usize) -> Option<Beside> {
    let before = super::back(text, at, 6);
    before.eq_ignore_ascii_case("identi").then_some(())?;
    let skipped = text.get(behind..)?.trim_start_matches(' ');
    let skipped = skipped.strip_prefix("PASSWORD ").unwrap_or(skipped);
    let at = text.len().checked_sub(skipped.len())?;
    let range = quoted(text, at).filter(|_| !skipped.starts_with('`'))?;
    let found = judge::within(super::PASSWORD, text.get(range.clone())?, Place::Quoted);
    let secret = found.map(|_| range.clone());
    Some(Beside::judged(range, secret, super::PASSWORD))
}

/// `?sig=x`, `&signature=x`, `?key=x`: in the query of an address alone.
pub(super) fn in_query(text: &str, at: usize, behind: usize) -> Option<Beside> {
    let before = super::back(text, at.saturating_add(1), 17);
    let head = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
    head.ends_with(['?', '&', ';']).then_some(())?;
    let range = bare(text, behind, &|b| {
        matches!(
            b,
            b'"' | b'\'' | b'`' | b'&' | b'<' | b'>' | b'\\' | b')' | b'#' | b',' | b';' | b'?'
        )
    });
    let value = text.get(range.clone())?;
    let is_secret = value.len() >= 16
        && value.bytes().any(|b| b.is_ascii_digit())
        && !is_innocent(value)
        && !is_identifier(value)
        && !is_dashed_words(value);
    let secret = is_secret.then(|| whole(text, range.clone(), super::URL_TOKEN));
    Some(Beside::judged(range, secret, super::URL_TOKEN))
}

/// Whether a name may hold it.
pub(super) fn is_name(b: &&u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

/// The whole name around the word, `None` when it is too long for one.
fn name_around(text: &str, at: usize, behind: usize) -> Option<Range<usize>> {
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
