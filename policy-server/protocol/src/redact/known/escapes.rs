//! Escapes of URLs, HTML, mail and programming languages, decoded wherever they happen to be sound.
//!
//! A text is read byte by byte; as soon as what has been read ends in an escape, the character that
//! it stands for takes its place. That takes off one layer.

/// Characters that HTML has names for and secrets are made of.
const NAMED: [(&[u8], u8); 49] = [
    (b"amp", b'&'),
    (b"AMP", b'&'),
    (b"lt", b'<'),
    (b"gt", b'>'),
    (b"quot", b'"'),
    (b"QUOT", b'"'),
    (b"apos", b'\''),
    (b"Tab", b'\t'),
    (b"NewLine", b'\n'),
    (b"LT", b'<'),
    (b"GT", b'>'),
    (b"midast", b'*'),
    (b"lbrack", b'['),
    (b"rbrack", b']'),
    (b"lbrace", b'{'),
    (b"rbrace", b'}'),
    (b"vert", b'|'),
    (b"VerticalLine", b'|'),
    (b"UnderBar", b'_'),
    (b"DiacriticalGrave", b'`'),
    (b"hyphen", b'-'),
    (b"dash", b'-'),
    (b"minus", b'-'),
    (b"tilde", b'~'),
    (b"excl", b'!'),
    (b"num", b'#'),
    (b"dollar", b'$'),
    (b"percnt", b'%'),
    (b"lpar", b'('),
    (b"rpar", b')'),
    (b"ast", b'*'),
    (b"plus", b'+'),
    (b"comma", b','),
    (b"period", b'.'),
    (b"sol", b'/'),
    (b"colon", b':'),
    (b"semi", b';'),
    (b"equals", b'='),
    (b"quest", b'?'),
    (b"commat", b'@'),
    (b"lsqb", b'['),
    (b"bsol", b'\\'),
    (b"rsqb", b']'),
    (b"Hat", b'^'),
    (b"lowbar", b'_'),
    (b"grave", b'`'),
    (b"lcub", b'{'),
    (b"verbar", b'|'),
    (b"rcub", b'}'),
];

/// Longest name of a character in HTML, with what stands around it.
const NAME_BYTES_MAX: usize = 34;

/// Longest escape that is looked back for, in bytes.
const ESCAPE_BYTES_MAX: usize = 14;

/// What has been read so far.
struct Reader {
    out: Vec<u8>,
    /// The character that escapes begin with, where only one kind of them is decoded.
    only: Option<u8>,
    /// How much of it an escape has ended in: what it stands for is no part of another one.
    done: usize,
}

/// An escape that a text ends in: its length, and what it stands for.
enum Escape {
    Byte(usize, u8),
    Char(usize, u32),
}

/// The text that is meant; `None` when nothing in it is escaped. Only one layer is taken off.
pub(super) fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr3(b'%', b'\\', b'&', text)?;
    read(text, None)
}

/// The text with its entities of HTML decoded alone: what else looks like an escape may be the secret's.
/// `None` where [`decoded`] says the same.
pub(super) fn of_pages(text: &[u8]) -> Option<Vec<u8>> {
    alone(text, b'&', [b'%', b'\\'])
}

/// The same with the escapes of programming languages alone.
pub(super) fn of_code(text: &[u8]) -> Option<Vec<u8>> {
    alone(text, b'\\', [b'%', b'&'])
}

/// The same with those of URLs alone.
pub(super) fn of_addresses(text: &[u8]) -> Option<Vec<u8>> {
    alone(text, b'%', [b'\\', b'&'])
}

fn alone(text: &[u8], only: u8, others: [u8; 2]) -> Option<Vec<u8>> {
    memchr::memchr(only, text)?;
    memchr::memchr2(others[0], others[1], text)?;
    read(text, Some(only))
}

fn read(text: &[u8], only: Option<u8>) -> Option<Vec<u8>> {
    let mut reader = Reader {
        out: Vec::with_capacity(text.len()),
        only,
        done: 0,
    };
    for byte in text {
        reader.read(*byte);
    }
    reader.close_entity(b' ');
    (reader.done > 0).then_some(reader.out)
}

impl Reader {
    fn read(&mut self, byte: u8) {
        self.close_entity(byte);
        self.out.push(byte);
        if let Some(escape) = self.ending().filter(|escape| self.counts(escape)) {
            self.put(&escape);
        }
    }

    fn counts(&self, escape: &Escape) -> bool {
        let (Escape::Byte(length, _) | Escape::Char(length, _)) = escape;
        let first = self.out.get(self.out.len().saturating_sub(*length));
        self.only.is_none_or(|only| first == Some(&only))
    }

    /// HTML may leave out the `;` behind a number, when what follows is no part of it.
    fn close_entity(&mut self, next: u8) {
        let goes_on = next.is_ascii_alphanumeric() || matches!(next, b';' | b'#');
        let open = self.out.get(self.done..).unwrap_or_default();
        if !goes_on
            && open.last().is_some_and(u8::is_ascii_alphanumeric)
            && self.only.is_none_or(|only| only == b'&')
            && let Some(number) = entity(open)
        {
            self.put(&number);
        }
    }

    fn put(&mut self, escape: &Escape) {
        let (Escape::Byte(length, _) | Escape::Char(length, _)) = escape;
        let at = self.out.len().saturating_sub(*length);
        self.out.truncate(at);
        match escape {
            Escape::Byte(_, byte) => self.out.push(*byte),
            Escape::Char(_, code) => push(&mut self.out, *code),
        }
        self.done = self.out.len().max(1);
    }

    fn ending(&self) -> Option<Escape> {
        let out = self.out.get(self.done..)?;
        match out {
            [.., b'\\', b'\\'] => Some(Escape::Byte(2, b'\\')),
            [.., b'\\', b'n'] => Some(Escape::Byte(2, b'\n')),
            [.., b'\\', b'r'] => Some(Escape::Byte(2, b'\r')),
            [.., b'\\', b't' | b'b' | b'f' | b'v' | b'a' | b'\n'] => Some(Escape::Byte(2, b' ')),
            [.., b'\\', b'e'] => Some(Escape::Byte(2, 0x1b)),
            [.., b'\\', quote @ (b'"' | b'\'' | b'/' | b'`')] => Some(Escape::Byte(2, *quote)),
            [.., b';'] => entity(out.strip_suffix(b";")?)
                .map(Escape::longer)
                .or_else(|| named(out)),
            [.., b'}'] => braced(out),
            [.., last] if last.is_ascii_hexdigit() => digits(out),
            _ => None,
        }
    }
}

impl Escape {
    fn longer(self) -> Self {
        match self {
            Self::Byte(length, byte) => Self::Byte(length + 1, byte),
            Self::Char(length, code) => Self::Char(length + 1, code),
        }
    }
}

/// `%41`, `%u0041`, `\x41`, `\u0041`, `\U00000041`, `\101`.
fn digits(out: &[u8]) -> Option<Escape> {
    match out {
        [.., b'%', a, b] => Some(Escape::Byte(3, u8::try_from(number(&[*a, *b], 16)?).ok()?)),
        [.., b'\\', b'x', a, b] => {
            Some(Escape::Byte(4, u8::try_from(number(&[*a, *b], 16)?).ok()?))
        }
        [.., b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7'] => Some(Escape::Byte(
            4,
            u8::try_from(number(&[*a, *b, *c], 8)?).ok()?,
        )),
        [.., b'\\' | b'%', b'u', a, b, c, d] => {
            Some(Escape::Char(6, number(&[*a, *b, *c, *d], 16)?))
        }
        [.., b'\\', b'U', _, _, _, _, _, _, _, _] => {
            let digits = out.get(out.len() - 8..)?;
            Some(Escape::Char(10, number(digits, 16)?))
        }
        _ => None,
    }
}

/// `\u{41}`, `\x{41}`.
fn braced(out: &[u8]) -> Option<Escape> {
    let near = out.get(out.len().saturating_sub(ESCAPE_BYTES_MAX)..)?;
    let begin = near
        .windows(3)
        .rposition(|three| matches!(three, [b'\\', b'u' | b'x', b'{']))?;
    let digits = near.get(begin + 3..near.len() - 1)?;
    Some(Escape::Char(near.len() - begin, number(digits, 16)?))
}

/// `&#65` or `&#x41`, without the `;` behind it.
fn entity(out: &[u8]) -> Option<Escape> {
    let near = out.get(out.len().saturating_sub(ESCAPE_BYTES_MAX)..)?;
    let begin = near.windows(2).rposition(|two| two == b"&#")?;
    let code = match near.get(begin + 2..)? {
        [b'x' | b'X', digits @ ..] => number(digits, 16)?,
        digits => number(digits, 10)?,
    };
    Some(Escape::Char(near.len() - begin, code))
}

/// `&lowbar;`, and others that HTML has: what secrets are not made of is a space here, and much of it
/// takes no room.
fn named(out: &[u8]) -> Option<Escape> {
    let near = out.get(out.len().saturating_sub(NAME_BYTES_MAX)..)?;
    let begin = near.iter().rposition(|byte| *byte == b'&')?;
    let name = near.get(begin + 1..near.len() - 1)?;
    let (first, rest) = name.split_first()?;
    let is_name = first.is_ascii_alphabetic() && rest.iter().all(u8::is_ascii_alphanumeric);
    let known = NAMED.iter().find(|(known, _)| *known == name);
    let stands_for = known.map_or(b' ', |(_, stands_for)| *stands_for);
    is_name.then_some(Escape::Byte(near.len() - begin, stands_for))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |value, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        value.checked_mul(radix)?.checked_add(digit)
    })
}

/// Appends a character in UTF-8. Halves of a pair become one when both are there.
fn push(out: &mut Vec<u8>, code: u32) {
    if let Some(c) = char::from_u32(code) {
        return out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    if !(0xd800..0xe000).contains(&code) {
        return;
    }
    if let [.., 0xed, a @ 0xa0..=0xaf, b @ 0x80..=0xbf] = out.as_slice()
        && let Some(low) = code.checked_sub(0xdc00)
    {
        let high = (u32::from(*a) & 0xf) << 6 | (u32::from(*b) & 0x3f);
        out.truncate(out.len() - 3);
        return push(out, 0x1_0000 + (high << 10) + low);
    }
    let [_, _, high, low] = code.to_be_bytes();
    out.extend_from_slice(&[0xed, 0x80 | (high & 0xf) << 2 | low >> 6, 0x80 | low & 0x3f]);
}

/// Quoted-printable (RFC 2045); `None` when nothing in it is escaped. What looks like it may be
/// plain, so this is read apart from other escapes.
pub(super) fn quoted_printable(text: &[u8]) -> Option<Vec<u8>> {
    // Lines are joined first: some programs break them within an escape.
    let lines = replaced(text, |escaped| match escaped {
        [_, b'\r', b'\n', ..] => Some((3, None)),
        [_, b'\n', ..] => Some((2, None)),
        _ => None,
    });
    let text = lines.as_deref().unwrap_or(text);
    let bytes = replaced(text, |escaped| match escaped {
        [_, a, b, ..] => Some((3, Some(u8::try_from(number(&[*a, *b], 16)?).ok()?))),
        _ => None,
    });
    bytes.or(lines)
}

/// A text with what begins with `=` replaced, where `with` knows its length and what it stands for.
fn replaced(text: &[u8], with: impl Fn(&[u8]) -> Option<(usize, Option<u8>)>) -> Option<Vec<u8>> {
    memchr::memchr(b'=', text)?;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut is_changed = false;
    while let Some(at) = memchr::memchr(b'=', rest) {
        let (plain, escaped) = rest.split_at(at);
        out.extend_from_slice(plain);
        let found = with(escaped);
        is_changed |= found.is_some();
        let (length, byte) = found.unwrap_or((1, Some(b'=')));
        out.extend(byte);
        rest = escaped.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    is_changed.then_some(out)
}

/// Escapes of style sheets: `\\` and up to six hexadecimal digits, with white space behind them.
/// `None` when nothing in it is escaped.
pub(super) fn style(text: &[u8]) -> Option<Vec<u8>> {
    const DIGITS_MAX: usize = 6;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut is_changed = false;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escaped) = rest.split_at(at);
        out.extend_from_slice(plain);
        let digits = escaped.iter().skip(1).take(DIGITS_MAX);
        let length = digits.take_while(|byte| byte.is_ascii_hexdigit()).count();
        let code = escaped
            .get(1..=length)
            .and_then(|digits| number(digits, 16));
        match code {
            Some(code) => push(&mut out, code),
            None => out.push(b'\\'),
        }
        is_changed |= code.is_some();
        rest = escaped.get(1 + length..).unwrap_or_default();
        if code.is_some() && rest.first().is_some_and(u8::is_ascii_whitespace) {
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    out.extend_from_slice(rest);
    is_changed.then_some(out)
}

/// Octal codes of one to three digits: `\\67`. `None` when there are none of fewer than three: those are
/// decoded with other escapes.
pub(super) fn octal(text: &[u8]) -> Option<Vec<u8>> {
    const DIGITS_MAX: usize = 3;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut is_changed = false;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escaped) = rest.split_at(at);
        out.extend_from_slice(plain);
        let digits = escaped.iter().skip(1).take(DIGITS_MAX);
        let length = digits
            .take_while(|byte| matches!(byte, b'0'..=b'7'))
            .count();
        let code = escaped.get(1..=length).and_then(|digits| number(digits, 8));
        let byte = code.and_then(|code| u8::try_from(code).ok());
        out.push(byte.unwrap_or(b'\\'));
        is_changed |= byte.is_some() && length < DIGITS_MAX;
        let taken = if byte.is_some() { length } else { 0 };
        rest = escaped.get(1 + taken..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    is_changed.then_some(out)
}
