//! Reading a checked text in place.

use std::borrow::Cow;

/// A JSON text that has passed [`super::check`], or a value inside one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<'a>(&'a str);

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number, as written.
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

impl<'a> Json<'a> {
    pub(super) const fn checked(text: &'a str) -> Self {
        Self(text)
    }

    /// The value that a checked text begins with, whatever follows it: for reading ahead.
    pub(crate) const fn prefix(text: &'a str) -> Self {
        Self(text)
    }

    /// The value as it stands in the document.
    #[must_use]
    pub const fn text(self) -> &'a str {
        self.0
    }

    /// What the value is.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.0.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') => Kind::Null,
            _ => Kind::Number,
        }
    }

    /// The members of an object in their order, keys decoded; empty for any other kind.
    #[must_use]
    pub fn members(self) -> Vec<(Cow<'a, str>, Self)> {
        members_of(self.0)
            .map(|(key, value)| (decoded(key), Self(value)))
            .collect()
    }

    /// Whether an object has a key like this.
    #[must_use]
    pub fn has_key(self, like: impl Fn(&str) -> bool) -> bool {
        members_of(self.0).any(|(key, _)| like(&decoded(key)))
    }

    /// The member `key` of an object.
    #[must_use]
    pub fn member(self, key: &str) -> Option<Self> {
        members_of(self.0)
            .find(|(name, _)| decoded(name) == key)
            .map(|(_, value)| Self(value))
    }

    /// The value, unless it is `null`: as a member that says the same as nothing.
    #[must_use]
    pub fn given(self) -> Option<Self> {
        (self.kind() != Kind::Null).then_some(self)
    }

    /// The elements of an array; empty for any other kind.
    #[must_use]
    pub fn elements(self) -> Vec<Self> {
        let mut parts = Parts::inside(self.0, b'[');
        std::iter::from_fn(|| parts.next_value())
            .map(Self)
            .collect()
    }

    /// The decoded string, when it is one.
    #[must_use]
    pub fn string(self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| decoded(unquoted(self.0)))
    }

    /// Where this value stands in `document`, as a range of bytes.
    ///
    /// `None` when the value is not a part of that very text.
    #[must_use]
    pub fn span_in(self, document: &[u8]) -> Option<std::ops::Range<usize>> {
        let begin = (self.0.as_ptr() as usize).checked_sub(document.as_ptr() as usize)?;
        let end = begin.checked_add(self.0.len())?;
        (end <= document.len()).then_some(begin..end)
    }
}

/// The text between the quotes.
fn unquoted(text: &str) -> &str {
    let mut inner = text.chars();
    inner.next();
    inner.next_back();
    inner.as_str()
}

/// Walks the members of an object without recursion: raw keys and raw values. On a text that is
/// no sound object it ends early.
pub(super) fn members_of(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut parts = Parts::inside(text, b'{');
    std::iter::from_fn(move || {
        let key = parts.next_value()?;
        let key = key.starts_with('"').then(|| unquoted(key))?;
        let value = parts.next_value()?;
        Some((key, value))
    })
}

/// The values of one level, one after the other; commas and colons are only separators here.
struct Parts<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parts<'a> {
    fn inside(text: &'a str, opening: u8) -> Self {
        let begin = text.len() - text.trim_start().len();
        let opens = text.as_bytes().get(begin) == Some(&opening);
        let at = if opens { begin + 1 } else { text.len() };
        Self { text, at }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn next_value(&mut self) -> Option<&'a str> {
        while matches!(
            self.byte(self.at)?,
            b' ' | b'\t' | b'\n' | b'\r' | b',' | b':'
        ) {
            self.at += 1;
        }
        let begin = self.at;
        self.at = match self.byte(begin)? {
            b'"' => self.string_end(begin)?,
            b'{' | b'[' => self.nested_end(begin)?,
            b'}' | b']' => return None,
            _ => self.word_end(begin),
        };
        self.text.get(begin..self.at)
    }

    fn string_end(&self, begin: usize) -> Option<usize> {
        let mut at = begin + 1;
        loop {
            let rest = self.text.as_bytes().get(at..)?;
            let found = memchr::memchr2(b'"', b'\\', rest)?;
            match rest.get(found)? {
                b'"' => return Some(at + found + 1),
                _ => at += found + 2,
            }
        }
    }

    fn nested_end(&self, begin: usize) -> Option<usize> {
        let (mut at, mut open) = (begin, 0_usize);
        loop {
            match self.byte(at)? {
                b'"' => {
                    at = self.string_end(at)?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            at += 1;
            if open == 0 {
                return Some(at);
            }
        }
    }

    fn word_end(&self, begin: usize) -> usize {
        let rest = self.text.get(begin..).unwrap_or_default();
        let ends = |c: char| matches!(c, ',' | '}' | ']' | ':' | ' ' | '\t' | '\n' | '\r');
        begin + rest.find(ends).unwrap_or(rest.len())
    }
}

/// The string that a raw text between quotes stands for. On an unsound escape the rest is dropped;
/// checked texts hold none.
pub(super) fn decoded(raw: &str) -> Cow<'_, str> {
    let Some(first) = raw.find('\\') else {
        return Cow::Borrowed(raw);
    };
    let (plain, mut rest) = raw.split_at(first);
    let mut text = String::with_capacity(raw.len());
    text.push_str(plain);
    while let Some((c, tail)) = next_char(rest) {
        text.push(c);
        let plain_len = tail.find('\\').unwrap_or(tail.len());
        let (plain, escaped) = tail.split_at(plain_len);
        text.push_str(plain);
        rest = escaped;
    }
    Cow::Owned(text)
}

/// Decodes the escape at the front.
fn next_char(text: &str) -> Option<(char, &str)> {
    let mut chars = text.strip_prefix('\\')?.chars();
    let c = match chars.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return unicode(chars.as_str()),
        other => other,
    };
    Some((c, chars.as_str()))
}

fn unicode(text: &str) -> Option<(char, &str)> {
    let (high, rest) = unit(text)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Some((char::from_u32(high)?, rest));
    }
    let (low, rest) = unit(rest.strip_prefix("\\u")?)?;
    let low = low.checked_sub(0xdc00)?;
    let point = 0x1_0000 + ((high - 0xd800) << 10) + low;
    Some((char::from_u32(point)?, rest))
}

fn unit(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}
