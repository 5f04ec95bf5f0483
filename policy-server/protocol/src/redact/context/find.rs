//! From a word in a text to the value beside it: the whole name, the separator, the value.

use std::ops::Range;

use super::super::innocent::is_innocent;
use super::super::keys::rule_of_key;
use super::judge::{self, Place};

/// Longest name, and longest way from a name to its value, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// Longest value that is looked at in quotes, and without, in bytes.
const QUOTED_BYTES_MAX: usize = 8192;
const BARE_BYTES_MAX: usize = 4096;
/// How far a value without quotes is looked at before it must be one run without `=`.
const BARE_BYTES_SURE: usize = 256;

#[cfg(test)]
thread_local! {
    /// Bytes looked at for values, for the test that their number is bounded.
    pub(super) static COST: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Where a value may stand and what was seen on the way to it.
struct Way {
    /// Where the value, or its opening quote, begins.
    at: usize,
    /// Whether the separator was `=` without spaces.
    is_tight: bool,
    /// Whether nothing but a space stood between: `--password x`.
    is_space: bool,
    /// Whether the separator was a colon.
    is_colon: bool,
    /// Whether the value ends at a tag.
    is_tag: bool,
    /// Whether the value was announced: `value: x`, `is x`.
    is_named: bool,
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

/// The separator behind a name, and what else may stand there.
fn way_to_value(text: &str, name: &Range<usize>) -> Option<Way> {
    let rest = text.get(name.end..)?;
    let mut end = rest.len().min(NAME_BYTES_MAX.saturating_mul(2));
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
        way.is_tag = super::back(text, name.start, 32).ends_with(['<', ':']);
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
    } else if let Some(behind) = [" is: ", " is "]
        .iter()
        .find_map(|sign| closed.strip_prefix(sign))
    {
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

/// `define('PASSWORD', 'x')`, `headers.set("X-Api-Key", "x")`, `WITH PASSWORD 'x'`.
fn to_argument<'t>(text: &str, name: &Range<usize>, rest: &'t str) -> Option<&'t str> {
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

/// A value without quotes.
fn unquoted(
    text: &str,
    name: &Range<usize>,
    way: &Way,
    rule: usize,
) -> Option<(Range<usize>, Place)> {
    if matches!(
        rule,
        super::AUTHORIZATION | super::COOKIE | super::PHRASE | super::CONNECTION
    ) {
        let is_end = |b: u8| matches!(b, b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'<' | b'\\');
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
        return Some((range.start..range.start.checked_add(kept.len())?, place));
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
    let next = text.as_bytes().get(range.end).copied().unwrap_or(b' ');
    let is_shouted = key.bytes().all(|b| !b.is_ascii_lowercase()) && way.is_tight;
    let before = super::back(text, name.start, 64);
    let is_field = way.is_tight
        && (before.ends_with([';', '&', '?']) || is_among_pairs(before))
        && next != b')';
    let is_command = (way.is_space || way.is_tight)
        && key.starts_with("--")
        && (before.contains(" -") || way.is_tight)
        || way.is_space && !key.starts_with("--")
        || way.is_tight && before.ends_with("--set ");
    let has_digit = text.get(range.clone())?.bytes().any(|b| b.is_ascii_digit());
    let place = if is_shouted || is_field || is_command || way.is_named && has_digit {
        Place::Line
    } else {
        Place::Loose
    };
    let value = text.get(range.clone())?;
    let place = if place == Place::Loose && has_digit && is_after_words(text, name, range.end) {
        Place::Line
    } else {
        place
    };
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
    (!is_typed && !(way.is_space && value.starts_with('-'))).then_some((range, place))
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
    let is_declared = [
        "let ", "var ", "const ", "func ", "fn ", "def ", "string ", "String ", "private ",
        "public ", "val ", "return ", "pub ",
    ]
    .iter()
    .any(|word| line.contains(word));
    is_words && !is_declared && next.is_ascii_whitespace()
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
    let lead = lead.trim_start();
    let is_lead = matches!(
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
    ) || lead.ends_with("/:")
        || lead.ends_with(" -e ")
        || lead.ends_with("export ")
        || lead.ends_with("--env ");
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
    (is_lead && is_settings && is_whole && !is_prose)
        .then(|| range.start..range.start.saturating_add(value.len()))
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
fn bare(text: &str, at: usize, is_end: &dyn Fn(u8) -> bool) -> Range<usize> {
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

fn run(text: &str, at: usize, most: usize, is_end: &dyn Fn(u8) -> bool) -> Range<usize> {
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
