//! Values without quotes: where they end, and how strong a sign of a secret their place is.

use std::cell::Cell;
use std::ops::Range;

use super::judge::Place;
use super::value::{BARE_BYTES_MAX, BARE_BYTES_SURE, bare, run};
use super::way::Way;

/// A value without quotes.
pub(super) fn unquoted(
    text: &str,
    name: &Range<usize>,
    way: &Way,
    rule: usize,
) -> Option<(Range<usize>, Place)> {
    if matches!(
        rule,
        super::AUTHORIZATION | super::COOKIE | super::PHRASE | super::CONNECTION
    ) {
        return header_value(text, way, rule);
    }
    let line = line_value(text, name, way);
    let key = text.get(name.clone())?;
    if key == "PASS" && way.is_colon {
        return None;
    }
    if let Some(range) = line {
        return Some((range, Place::Line));
    }
    let is_end = |b: u8| {
        matches!(
            b,
            b',' | b';' | b'&' | b')' | b'}' | b']' | b'"' | b'\'' | b'`' | b'<' | b'\\'
        )
    };
    let range = bare(text, way.at, &is_end);
    let value = text.get(range.clone())?;
    let place = place_of(text, name, way, &range);
    let is_typed = way.is_colon
        && text
            .get(range.end..)
            .is_some_and(|rest| rest.starts_with(" = "));
    let is_sentence_end = !way.is_tight && value.ends_with(['.', ':', '?']);
    let range = if is_sentence_end {
        range.start..range.end.saturating_sub(1)
    } else {
        range
    };
    let is_next_flag = way.is_space && value.starts_with('-');
    (!is_typed && !is_next_flag).then_some((range, place))
}

/// The value of a header or of another name whose value may hold spaces.
fn header_value(text: &str, way: &Way, rule: usize) -> Option<(Range<usize>, Place)> {
    let spaces = Cell::new(0_u8);
    let is_end = |b: u8| {
        if b == b' ' {
            spaces.set(spaces.get().saturating_add(1));
        }
        matches!(b, b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'<' | b'\\')
            || rule == super::AUTHORIZATION && spaces.get() > 1
    };
    let range = run(text, way.at, BARE_BYTES_MAX, &is_end);
    let value = text.get(range.clone())?;
    if rule != super::AUTHORIZATION {
        return Some((range, Place::Line));
    }
    let words = value.split(' ').take(2).map(str::len).sum::<usize>();
    let is_two = value.split(' ').nth(1).is_some_and(|word| word.len() >= 6)
        && value.split(' ').next().is_some_and(|word| word.len() <= 10);
    let length = if is_two {
        words.saturating_add(1)
    } else {
        value.split(' ').next().map_or(0, str::len)
    };
    let kept = value
        .get(..length)?
        .trim_end_matches([',', ';', ')', '}', ']']);
    let place = if way.is_colon || way.is_tight {
        Place::Line
    } else {
        Place::Loose
    };
    Some((range.start..range.start.checked_add(kept.len())?, place))
}

/// Whether a value without quotes stands as in settings, commands and chats, or as in code.
fn place_of(text: &str, name: &Range<usize>, way: &Way, range: &Range<usize>) -> Place {
    let key = text.get(name.clone()).unwrap_or_default();
    let next = text.as_bytes().get(range.end).copied().unwrap_or(b' ');
    if way.is_tight && key.bytes().all(|b| !b.is_ascii_lowercase()) {
        return Place::Line;
    }
    let before = super::back(text, name.start, 64);
    let is_option = key.starts_with("--");
    // Each of these costs more than the one before.
    let is_field = || {
        way.is_tight
            && next != b')'
            && (before.ends_with([';', '&', '?']) || is_among_pairs(before))
    };
    let is_command = || {
        way.is_tight && (is_option || before.ends_with("--set "))
            || way.is_space && (!is_option || before.contains(" -"))
    };
    let is_told = || {
        text.get(range.clone()).is_some_and(super::shape::has_digit)
            && (way.is_named || is_after_words(text, name, range.end))
    };
    if is_field() || is_command() || is_told() {
        Place::Line
    } else {
        Place::Loose
    }
}

/// Whether the name ends a few plain words, as in `my password: x`, and the value ends in a space.
fn is_after_words(text: &str, name: &Range<usize>, end: usize) -> bool {
    let before = super::back(text, name.start, 64);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let is_words = line.ends_with(' ')
        && line.trim_end().ends_with(|c: char| c.is_alphabetic())
        && line.bytes().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(b, b' ' | b'\'' | b',' | b'.' | b'!' | b'?' | b'-' | b':')
                || b >= 0x80
        });
    let next = text.as_bytes().get(end).copied().unwrap_or(b' ');
    if !is_words || !next.is_ascii_whitespace() {
        return false;
    }
    !([
        "let ", "var ", "const ", "func ", "fn ", "def ", "string ", "String ", "private ",
        "public ", "val ", "return ", "pub ",
    ]
    .iter()
    .any(|word| line.contains(word)))
}

/// Whether other `name=value` pairs, parted by spaces alone, stand before.
fn is_among_pairs(before: &str) -> bool {
    let Some(head) = before.strip_suffix(' ') else {
        return false;
    };
    let word = head
        .rsplit([' ', '"', '\'', '\n'])
        .next()
        .unwrap_or_default();
    word.contains('=') && !word.ends_with([',', '=', '(']) && !word.contains('(')
}

/// The value of a line of settings: `NAME=value`, `name: value`, to the end of the line.
fn line_value(text: &str, name: &Range<usize>, way: &Way) -> Option<Range<usize>> {
    let before = super::back(text, name.start, 256);
    let (above, lead) = before.rsplit_once('\n').unwrap_or(("", before));
    if !is_lead(lead.trim_start()) {
        return None;
    }
    let range = run(text, way.at, BARE_BYTES_SURE, &|b| {
        matches!(b, b'\n' | b'\r' | b'"' | b'\'' | b'`')
    });
    let line = text.get(range.clone())?;
    let value = line.split(" #").next().unwrap_or_default().trim_end();
    let key = text.get(name.clone())?;
    let is_code_above = above.trim_end().ends_with([',', '{', '(', '[', ';']);
    let is_settings = way.is_tight
        || (way.is_colon && !is_code_above)
        || above.contains("\n[")
        || above.starts_with('[');
    let is_fields = value.contains(['&', ';'])
        && value.contains('=')
        && value
            .split(['&', ';'])
            .nth(1)
            .is_some_and(|field| field.contains('='));
    let is_whole = !value.is_empty()
        && !value.contains([' ', '\t'])
        && !value.ends_with([',', ';', '{', '(', ')', ':'])
        && !is_fields
        && range.end.saturating_sub(range.start) < BARE_BYTES_SURE;
    let is_prose = way.is_colon
        && key.starts_with(|c: char| c.is_ascii_uppercase())
        && value.bytes().all(|b| b.is_ascii_alphabetic());
    (is_settings && is_whole && !is_prose)
        .then(|| range.start..range.start.saturating_add(value.len()))
}

/// What may stand before a name that begins a line of settings.
fn is_lead(lead: &str) -> bool {
    matches!(
        lead,
        "" | "export "
            | "set "
            | "SET "
            | "ENV "
            | "ARG "
            | "- "
            | "-e "
            | "$env:"
            | "setx "
            | "//"
            | "\""
            | "'"
            | "- \""
            | "- '"
    ) || ["/:", " -e ", "export ", "--env "]
        .iter()
        .any(|end| lead.ends_with(end))
}
