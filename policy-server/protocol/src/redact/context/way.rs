//! The way from a name in a text to the value that belongs to it: separators, types, arguments.

use std::ops::Range;

/// Longest way, in bytes.
const WAY_BYTES_MAX: usize = 128;

/// Where a value may stand and what was seen on the way to it.
pub(super) struct Way {
    /// Where the value, or its opening quote, begins.
    pub(super) at: usize,
    /// Whether the separator was `=` without spaces.
    pub(super) is_tight: bool,
    /// Whether nothing but a space stood between: `--password x`.
    pub(super) is_space: bool,
    /// Whether the separator was a colon.
    pub(super) is_colon: bool,
    /// Whether the value ends at a tag.
    pub(super) is_tag: bool,
    /// Whether the value was announced: `value: x`, `is x`.
    pub(super) is_named: bool,
}

/// The separator behind a name, and what else may stand there.
pub(super) fn way_to_value(text: &str, name: &Range<usize>) -> Option<Way> {
    let rest = text.get(name.end..)?;
    let mut end = rest.len().min(WAY_BYTES_MAX);
    while !rest.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    let window = rest.get(..end)?;
    let closed = window.trim_start_matches(['"', '\'', '`', '\\', ']']);
    let has_quote = closed.len() < window.len();
    let spaced = closed.trim_start_matches([' ', '\t']);
    let has_space = spaced.len() < closed.len();
    let key = text.get(name.clone())?;
    let mut way = Way {
        at: 0,
        is_tight: false,
        is_space: false,
        is_colon: false,
        is_tag: false,
        is_named: false,
    };
    let behind = if let Some(behind) = [":=", "===", "==", "=>", "?=", "||="]
        .iter()
        .find_map(|sign| spaced.strip_prefix(sign))
    {
        behind
    } else if let Some(behind) = spaced.strip_prefix('=') {
        way.is_tight = !has_space && !behind.starts_with(' ');
        behind
    } else if let Some(behind) = spaced.strip_prefix(':') {
        way.is_colon = true;
        after_type(behind).unwrap_or(behind)
    } else if let Some(behind) = closed.strip_prefix('>') {
        let before = super::back(text, name.start, 32);
        way.is_tag = before.ends_with(['<', ':', '"']);
        way.is_tag.then_some(behind)?
    } else if let Some(behind) = closed
        .strip_prefix('(')
        .filter(|behind| behind.starts_with(['"', '\'']))
    {
        let lower = key.to_ascii_lowercase();
        let last = lower.rsplit('.').next().unwrap_or_default();
        (last.starts_with("set")
            || last.starts_with("with")
            || matches!(last, "password" | "passwd" | "apikey" | "clientsecret"))
        .then_some(behind)?
    } else if let Some(behind) = to_value_member(spaced) {
        way.is_named = true;
        behind
    } else if let Some(behind) = to_argument(text, name, spaced) {
        behind
    } else if let Some(behind) = to_statement(closed) {
        way.is_named = true;
        behind
    } else if has_space && !has_quote && is_flag(text, name) {
        way.is_space = true;
        spaced
    } else {
        return None;
    };
    let value = behind.trim_start_matches([' ', '\t']);
    let used = window.len().checked_sub(value.len())?;
    way.at = name.end.checked_add(used)?;
    Some(way)
}

/// `: str = "x"`, `: String = "x"`: what stands behind the type.
fn after_type(behind: &str) -> Option<&str> {
    let (kind, value) = behind.split_once('=')?;
    let kind = kind.trim();
    let is_kind = !kind.is_empty()
        && kind.len() <= 32
        && kind.bytes().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(
                    b,
                    b'_' | b'.' | b'[' | b']' | b'&' | b'?' | b'|' | b' ' | b'\'' | b'<' | b'>'
                )
        })
        && kind
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'&');
    let value = value.trim_start();
    (is_kind && value.starts_with(['"', '\'', '`'])).then_some(value)
}

/// `"password", "value": "x"`, `name: PASSWORD\n  value: x`, `key="password" value="x"`.
fn to_value_member(rest: &str) -> Option<&str> {
    let start = rest.trim_start_matches([' ', '\t', '\n', '\r', ',', '"', '\'', '\\', '-']);
    let word = start
        .get(..5)
        .filter(|word| word.eq_ignore_ascii_case("value"))?;
    let behind = start
        .get(word.len()..)?
        .trim_start_matches(['"', '\'', '\\', ' ']);
    behind.strip_prefix([':', '='])
}

/// ` is x`, ` for the staging database is x`.
fn to_statement(rest: &str) -> Option<&str> {
    let is_told = [
        " is",
        " for ",
        " of ",
        " to ",
        " on ",
        " used ",
        " will be ",
    ]
    .iter()
    .any(|start| rest.starts_with(start));
    is_told.then_some(())?;
    if let Some(behind) = rest.strip_prefix(" will be ") {
        return Some(behind);
    }
    let (words, behind) = rest.split_once(" is")?;
    let behind = behind.strip_prefix(':').unwrap_or(behind);
    let is_worded = words.len() <= 64
        && words.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'_' | b'/' | b'\'') || b >= 0x80
        });
    (is_worded && !words.contains(" not")).then_some(())?;
    behind.strip_prefix(' ')
}

/// `define('PASSWORD', 'x')`, `headers.set("X-Api-Key", "x")`, `WITH PASSWORD 'x'`.
fn to_argument<'t>(text: &str, name: &Range<usize>, rest: &'t str) -> Option<&'t str> {
    if !rest.starts_with([',', '\'']) {
        return None;
    }
    let before = super::back(text, name.start, 32).to_ascii_lowercase();
    if let Some(value) = rest.strip_prefix(',') {
        let value = value.trim_start();
        let call = before.strip_suffix(['"', '\''])?.strip_suffix('(')?;
        let call = call
            .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .next()?;
        let is_setter = [
            "define", "set", "put", "add", "append", "header", "with", "prop",
        ]
        .iter()
        .any(|part| call.starts_with(part));
        return (is_setter && value.starts_with(['"', '\''])).then_some(value);
    }
    let is_sql = ["with ", "encrypted ", "user "]
        .iter()
        .any(|end| before.ends_with(end));
    (is_sql && rest.starts_with('\'')).then_some(rest)
}

/// `--password x`, and `login x password y`.
fn is_flag(text: &str, name: &Range<usize>) -> bool {
    let key = text.get(name.clone()).unwrap_or_default();
    let before = super::back(text, name.start, 64);
    key.starts_with("--")
        || key == "password" && before.contains("login ") && before.trim_end().len() < before.len()
}
