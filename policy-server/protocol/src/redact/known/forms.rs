//! What is left of a text without what texts are split and dressed with.

use std::borrow::Cow;
use std::ops::Range;

use crate::redact::{Rules, placeholder};

/// Shortest part of decoded bytes that is looked at, in bytes.
const PART_BYTES_MIN: usize = 8;
/// One byte of so many is a NUL at least in UTF-16.
const NULS_SHARE: usize = 4;
/// Fewest NULs that bytes are read without.
const NULS_MIN: usize = 7;

/// A text in the two forms in which it is compared.
pub(super) struct Forms {
    /// Letters and digits in lower case, and nothing else.
    pub(super) letters: String,
    /// All but white space and what cannot be seen.
    pub(super) packed: String,
}

impl Forms {
    /// The forms of a text; what we have put in a secret's place is no part of them.
    pub(super) fn of(rules: &Rules, text: &str) -> Self {
        Self::without(text, &placeholder::genuine(rules, text))
    }

    /// The forms of a secret, which is compared whatever it looks like.
    pub(super) fn of_secret(secret: &str) -> Self {
        Self::without(secret, &[])
    }

    /// The packed text in lower case and without `+`, which is a space in forms of the web, and
    /// `=`, which ends lines of mail.
    pub(super) fn marks(&self) -> String {
        let mut marks = String::with_capacity(self.packed.len());
        self.packed.chars().for_each(|c| push_mark(c, &mut marks));
        marks
    }

    fn without(text: &str, skipped: &[Range<usize>]) -> Self {
        let mut forms = Self {
            letters: String::with_capacity(text.len()),
            packed: String::with_capacity(text.len()),
        };
        each(text, skipped, |c, _| {
            if is_letter(c) {
                push_lower(c, &mut forms.letters);
            }
            if is_packed(c) {
                forms.packed.push(c);
            }
        });
        forms
    }
}

/// Where parts of the letters of a text stand in it.
pub(super) fn letters_at(rules: &Rules, text: &str, parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places(rules, text, parts, |c| {
        let mut lower = String::new();
        if is_letter(c) {
            push_lower(c, &mut lower);
        }
        lower.len()
    })
}

/// Where parts of the marks of a text stand in it.
pub(super) fn marks_at(rules: &Rules, text: &str, parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places(rules, text, parts, |c| {
        let mut mark = String::new();
        if is_packed(c) {
            push_mark(c, &mut mark);
        }
        mark.len()
    })
}

/// Moves parts of a form to where they stand in the text; `length` is what a character takes there.
fn places(
    rules: &Rules,
    text: &str,
    mut parts: Vec<Range<usize>>,
    length: impl Fn(char) -> usize,
) -> Vec<Range<usize>> {
    if parts.is_empty() {
        return parts;
    }
    parts.sort_by_key(|part| part.start);
    let mut placed: Vec<Range<usize>> = Vec::with_capacity(parts.len());
    let mut at = 0;
    // Of parts that overlap, each begins behind the begin of the one before.
    let (mut first, mut begun) = (0, 0);
    each(text, &placeholder::genuine(rules, text), |c, place| {
        let next = at + length(c);
        if next == at {
            return;
        }
        while parts.get(begun).is_some_and(|part| part.start < next) {
            placed.push(place..place);
            begun += 1;
        }
        for (part, span) in parts.iter().zip(&mut placed).take(begun).skip(first) {
            if part.end > at {
                span.end = place + c.len_utf8();
            }
        }
        while first < begun && parts.get(first).is_some_and(|part| part.end <= next) {
            first += 1;
        }
        at = next;
    });
    placed
}

/// Calls `visit` with each character and where it stands, but for those within `skipped` and within
/// codes that colour a terminal.
fn each(text: &str, skipped: &[Range<usize>], mut visit: impl FnMut(char, usize)) {
    let mut skipped = skipped.iter().peekable();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        while skipped.peek().is_some_and(|range| range.end <= at) {
            skipped.next();
        }
        if skipped.peek().is_some_and(|range| range.start <= at) {
            continue;
        }
        let escapes = c == '\u{1b}';
        if escapes
            && chars
                .next_if(|(_, next)| matches!(next, '(' | ')'))
                .is_some()
        {
            chars.next();
            continue;
        }
        let begins = |next: char| matches!(next, ']' | 'P' | 'X' | '^' | '_');
        let is_string = matches!(c, '\u{9d}' | '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}');
        if is_string || escapes && chars.next_if(|(_, next)| begins(*next)).is_some() {
            // A title, a link or the like: up to BEL or the string terminator.
            let ends = |c: char| matches!(c, '\u{7}' | '\u{9c}' | '\u{1b}');
            while chars.next_if(|(_, c)| !ends(*c)).is_some() {}
            let end = chars.next_if(|(_, c)| ends(*c)).map(|(_, c)| c);
            if end == Some('\u{1b}') {
                chars.next_if(|(_, c)| *c == '\\');
            }
            continue;
        }
        if c == '\u{9b}' || escapes && chars.next_if(|(_, next)| *next == '[').is_some() {
            while chars.next_if(|(_, c)| (' '..='?').contains(c)).is_some() {}
            chars.next_if(|(_, c)| ('@'..='~').contains(c));
            continue;
        }
        visit(c, at);
    }
}

fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric()
    } else {
        c.is_alphanumeric()
    }
}

/// Appends a letter in lower case; one of full width is the one that it looks like.
fn push_lower(c: char, into: &mut String) {
    if c.is_ascii() {
        return into.push(c.to_ascii_lowercase());
    }
    // By way of the upper case some letters become one that stay two by the lower.
    let folded = narrow(c).to_uppercase().flat_map(char::to_lowercase);
    into.extend(folded.filter(|c| is_letter(*c)));
}

fn push_mark(c: char, into: &mut String) {
    match narrow(c) {
        '+' | '=' | '\u{300}'..='\u{36f}' => {}
        c if is_letter(c) => push_lower(c, into),
        c => into.push(c),
    }
}

/// The character that one of full width looks like.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

fn is_packed(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !is_invisible(c)
}

/// Whether a character takes no room, or stands for one that could not be read.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fffd}' | '\u{e0000}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}'
    )
}

/// A text with the letters that its tag characters stand for, if it has any: nobody sees them, and models
/// read them.
pub(super) fn tagged(text: &str) -> Option<String> {
    let is_tag = |c: char| ('\u{e0020}'..='\u{e007e}').contains(&c);
    let letter = |c: char| match is_tag(c) {
        true => char::from_u32(u32::from(c) - 0xe0000).unwrap_or(c),
        false => c,
    };
    let holds = !text.is_ascii() && text.chars().any(is_tag);
    holds.then(|| text.chars().map(letter).collect())
}

/// A text without what takes no room: it may split escapes too.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_invisible(*c)).collect())
}

/// The parts of decoded bytes that are text. What runs stand for is mostly no text at all, which takes
/// next to nothing. Bytes of which many are NULs may be UTF-16.
pub(super) fn texts(bytes: &[u8]) -> Vec<Cow<'_, str>> {
    let parts = bytes.utf8_chunks();
    let parts = parts.flat_map(|chunk| chunk.valid().split(is_no_text));
    let long = parts.filter(|part| part.bytes().filter(|b| *b != 0).count() >= PART_BYTES_MIN);
    let both = long.flat_map(|part| [Some(part.into()), without_nuls(part)]);
    let mut texts: Vec<Cow<'_, str>> = both.flatten().collect();
    let nuls = bytes.iter().filter(|byte| **byte == 0).count();
    if nuls >= NULS_MIN && nuls >= bytes.len() / NULS_SHARE {
        texts.extend(utf16(bytes).map(Cow::Owned));
    }
    texts
}

/// The texts that decoded bytes may be where secrets are more than ASCII: one in which broken bytes
/// are letters of Latin-1, and UTF-16. Nothing is decoded in them.
pub(super) fn rare(bytes: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    std::iter::once_with(|| utf8(bytes)).chain(utf16(bytes).map(Cow::Owned))
}

/// What bytes are in UTF-16, whichever byte comes first, and wherever the first character begins.
fn utf16(bytes: &[u8]) -> impl Iterator<Item = String> {
    let reads = [u16::from_le_bytes, u16::from_be_bytes].into_iter();
    let ways = reads.flat_map(|read| [(read, 0), (read, 1)]);
    ways.map(|(read, begin)| {
        let pairs = bytes.get(begin..).unwrap_or_default().as_chunks::<2>().0;
        let units = pairs.iter().map(|pair| read(*pair));
        char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    })
}

/// Whether texts hold no such character: most control characters.
fn is_no_text(c: char) -> bool {
    c.is_ascii_control()
        && !matches!(
            c,
            '\0' | '\x07' | '\t' | '\n' | '\r' | '\x08' | '\x0b' | '\x0c' | '\x1b'
        )
}

fn without_nuls<'a>(text: &str) -> Option<Cow<'a, str>> {
    let has = text.bytes().filter(|byte| *byte == 0).count() >= NULS_MIN;
    has.then(|| text.replace('\0', "").into())
}

/// A text of UTF-8, in which a broken byte is a letter of Latin-1.
pub(super) fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| char::from(*byte)));
    }
    Cow::Owned(text)
}
