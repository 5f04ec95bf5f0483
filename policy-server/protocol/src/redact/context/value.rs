//! Values: where they begin and end, in quotes, in tags, and without either.
//!
//! A long value is judged by its first part; a secret ends where its run ends, however far that is.

use std::ops::Range;

use super::Beside;
use super::bare::unquoted;
use super::judge::{self, Place};
use super::way::Way;

/// How much of a value is judged in quotes, and without, in bytes.
const QUOTED_BYTES_MAX: usize = 8192;
pub(super) const BARE_BYTES_MAX: usize = 4096;
/// How far a value without quotes is looked at before it must be one run without `=`.
pub(super) const BARE_BYTES_SURE: usize = 256;
/// How many bytes fewer than the bound a value may have that was cut there.
const CHAR_BYTES: usize = 4;

#[cfg(test)]
thread_local! {
    /// Bytes looked at for values, for the test that their number is bounded.
    pub(super) static COST: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The secret that stands at the end of the way.
pub(super) fn value_at(text: &str, name: &Range<usize>, way: &Way, rule: usize) -> Option<Beside> {
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
    let value = text.get(range.clone())?.trim_end();
    let secret = judge::within(rule, value, place).map(|found| {
        let begin = range.start.saturating_add(found.start);
        let end = range.start.saturating_add(found.end);
        let is_last = found.end == value.len();
        match place {
            _ if !is_last => begin..end,
            Place::Quoted if !way.is_tag => begin..quote_end(text, start, end),
            _ => whole(text, begin..end, rule),
        }
    });
    Some(Beside::judged(range, secret, rule))
}

/// A value without quotes to the end of its run, when it was cut at a bound.
pub(super) fn whole(text: &str, range: Range<usize>, rule: usize) -> Range<usize> {
    if range.len() < BARE_BYTES_SURE.saturating_sub(CHAR_BYTES) {
        return range;
    }
    let has_spaces = matches!(rule, super::COOKIE | super::PHRASE);
    let is_end = |b: u8| match b {
        b' ' | b'\t' | b',' | b';' | b'&' | b')' | b'}' | b']' => !has_spaces,
        _ => b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\'),
    };
    range.start..run(text, range.end, usize::MAX, &is_end).end
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

/// What stands between quotes that open at `at`, with as many backslashes before the closing one;
/// its first part when it is long.
pub(super) fn quoted(text: &str, at: usize) -> Option<Range<usize>> {
    let quote = Quote::at(text, at)?;
    match quote.end(text, QUOTED_BYTES_MAX) {
        End::Close(end) | End::Cut(end) => Some(quote.start..end),
        End::Open => None,
    }
}

/// The end of a value in the quotes that open at `at`, of which `end` is the end or a cut.
fn quote_end(text: &str, at: usize, end: usize) -> usize {
    let Some(quote) = Quote::at(text, at) else {
        return end;
    };
    let is_cut = end.saturating_sub(quote.start) >= QUOTED_BYTES_MAX.saturating_sub(CHAR_BYTES);
    match quote.end(text, usize::MAX) {
        End::Close(whole) if is_cut => whole,
        End::Open | End::Cut(_) if is_cut => {
            run(text, end, usize::MAX, &|b| matches!(b, b'\n' | b'\r')).end
        }
        _ => end,
    }
}

/// An opening quote.
struct Quote {
    /// How many backslashes stand before it.
    slashes: usize,
    quote: u8,
    /// Where the value begins.
    start: usize,
}

/// Where a value in quotes ends.
enum End {
    /// At the closing quote.
    Close(usize),
    /// At the bound, or the end of the text.
    Cut(usize),
    /// There is no closing quote on the line.
    Open,
}

impl Quote {
    fn at(text: &str, at: usize) -> Option<Self> {
        let rest = text.as_bytes().get(at..)?;
        let slashes = rest.iter().take(8).take_while(|b| **b == b'\\').count();
        let quote = *rest
            .get(slashes)
            .filter(|b| matches!(b, b'"' | b'\'' | b'`'))?;
        let start = at.checked_add(slashes)?.checked_add(1)?;
        Some(Self {
            slashes,
            quote,
            start,
        })
    }

    fn end(&self, text: &str, most: usize) -> End {
        let rest = text.as_bytes().get(self.start..).unwrap_or_default();
        let mut before = 0_usize;
        for (offset, b) in rest.iter().take(most).enumerate() {
            let is_close = *b == self.quote
                && (before == self.slashes || self.slashes == 0 && before.is_multiple_of(2));
            if is_close {
                let kept = if self.slashes == 0 { 0 } else { before };
                let end = self.start.saturating_add(offset);
                return End::Close(end.saturating_sub(kept));
            }
            if *b == b'\n' {
                return End::Open;
            }
            before = if *b == b'\\' {
                before.saturating_add(1)
            } else {
                0
            };
        }
        // A text may have been cut inside of a value, which then is one without spaces.
        if rest.len() <= most && rest.iter().any(u8::is_ascii_whitespace) {
            return End::Open;
        }
        let most = most.min(rest.len());
        End::Cut(text.floor_char_boundary(self.start.saturating_add(most)))
    }
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
