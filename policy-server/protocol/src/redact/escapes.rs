//! Escapes, decoded to be looked at, and the way back: where a part of the decoded text stands in
//! the text as written.

use super::look::Found;

/// Which escapes a text is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Those of a checked JSON string.
    Json,
    /// Those of JSON and of URLs, wherever they happen to be sound; the rest is plain.
    Any,
}

/// One escape: where it stands, how long it is, and the character that it stands for.
struct Escape {
    at: usize,
    bytes: usize,
    stands_for: char,
}

impl Escapes {
    /// The text that is meant; `None` when nothing in it is escaped.
    pub(super) fn decoded(self, text: &str) -> Option<String> {
        let first = self.next(text, 0)?;
        let mut out = String::with_capacity(text.len());
        let (mut from, mut next) = (0, Some(first));
        while let Some(escape) = next {
            out.push_str(text.get(from..escape.at)?);
            out.push(escape.stands_for);
            from = escape.at + escape.bytes;
            next = self.next(text, from);
        }
        out.push_str(text.get(from..)?);
        Some(out)
    }

    /// Moves findings, sorted by their begin, from the decoded text to the text as written.
    pub(super) fn to_written(self, text: &str, found: &mut [Found]) {
        // Edges in the decoded text, each with the finding and the side that it belongs to.
        let mut edges: Vec<(usize, usize, Side)> = Vec::with_capacity(found.len() * 2);
        for (number, found) in found.iter().enumerate() {
            edges.push((found.span.start, number, Side::Begin));
            edges.push((found.span.end, number, Side::End));
        }
        edges.sort_unstable_by_key(|(offset, ..)| *offset);
        let (mut decoded, mut written) = (0, 0);
        let mut edges = edges.into_iter().peekable();
        let mut next = self.next(text, 0);
        while edges.peek().is_some() {
            let plain_end = next.as_ref().map_or(text.len(), |escape| escape.at);
            let reach = decoded + (plain_end - written);
            while let Some((offset, number, side)) = edges.next_if(|(offset, ..)| *offset <= reach)
            {
                set(found, number, side, written + (offset - decoded));
            }
            let Some(escape) = next else { break };
            decoded = reach + escape.stands_for.len_utf8();
            written = escape.at + escape.bytes;
            next = self.next(text, written);
        }
    }

    fn next(self, text: &str, from: usize) -> Option<Escape> {
        let bytes = text.as_bytes();
        let mut at = from;
        loop {
            let rest = bytes.get(at..)?;
            at += match self {
                Self::Json => memchr::memchr(b'\\', rest)?,
                Self::Any => memchr::memchr2(b'\\', b'%', rest)?,
            };
            let found = match bytes.get(at)? {
                b'%' => percent(bytes, at),
                _ => backslash(text, at),
            };
            if let Some((bytes, stands_for)) = found {
                return Some(Escape {
                    at,
                    bytes,
                    stands_for,
                });
            }
            at += 1;
        }
    }
}

#[derive(Clone, Copy)]
enum Side {
    Begin,
    End,
}

fn set(found: &mut [Found], number: usize, side: Side, offset: usize) {
    if let Some(found) = found.get_mut(number) {
        match side {
            Side::Begin => found.span.start = offset,
            Side::End => found.span.end = offset,
        }
    }
}

/// `%41`, where it stands for ASCII.
fn percent(bytes: &[u8], at: usize) -> Option<(usize, char)> {
    let value = hex(bytes.get(at + 1..at + 3)?)?;
    let byte = u8::try_from(value).ok().filter(u8::is_ascii)?;
    Some((3, char::from(byte)))
}

/// Whether a text holds percent signs that stand for characters.
pub(super) fn has_percent(text: &str) -> bool {
    memchr::memchr_iter(b'%', text.as_bytes()).any(|at| percent(text.as_bytes(), at).is_some())
}

fn backslash(text: &str, at: usize) -> Option<(usize, char)> {
    let bytes = text.as_bytes();
    let c = match bytes.get(at + 1)? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'u' => return unicode(bytes, at),
        _ => return None,
    };
    Some((2, c))
}

fn unicode(bytes: &[u8], at: usize) -> Option<(usize, char)> {
    let unit = |at: usize| hex(bytes.get(at + 2..at + 6)?);
    let high = unit(at)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Some((6, char::from_u32(high)?));
    }
    if bytes.get(at + 6..at + 8)? != b"\\u" {
        return None;
    }
    let low = unit(at + 6)?
        .checked_sub(0xdc00)
        .filter(|low| *low < 0x400)?;
    let point = 0x1_0000 + ((high - 0xd800) << 10) + low;
    Some((12, char::from_u32(point)?))
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| {
        Some(value * 16 + char::from(*digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::rules::MARKED;

    fn back(escapes: Escapes, text: &str, part: &str) -> String {
        let decoded = escapes.decoded(text).unwrap();
        let at = decoded.find(part).unwrap();
        let mut found = [Found::text(at..at + part.len(), MARKED, part)];
        escapes.to_written(text, &mut found);
        text.get(found[0].span.clone()).unwrap().to_owned()
    }

    #[test]
    fn decoded_parts_are_found_as_written() {
        for (text, part, written) in [
            (r"a\nghp\u005fx\n", "ghp_x", r"ghp\u005fx"),
            (r"\ud83d\ude00 key \ud83d\ude00", "key", "key"),
            (r"\u00e9\u00e9x", "\u{e9}x", r"\u00e9x"),
            (r"x\n", "x\n", r"x\n"),
        ] {
            assert_eq!(back(Escapes::Json, text, part), written, "{text}");
        }
        assert_eq!(back(Escapes::Any, "u=a%3Ab%40c%zz", ":b@"), "%3Ab%40");
        assert_eq!(Escapes::Any.decoded(r"100% \d \x41 %e9 \ud800"), None);
    }
}
