//! One pass over a document: RFC 8259, and then stricter.

use std::borrow::Cow;

use super::view::decoded;
use super::{Fault, Wrong};
use crate::limits::JSON_DEPTH_MAX;

/// The document without surrounding white space, when all of it is acceptable.
pub(super) fn document(bytes: &[u8]) -> Result<&str, Fault> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(Fault {
            at: 0,
            what: Wrong::ByteOrderMark,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Fault {
        at: error.valid_up_to(),
        what: Wrong::Encoding,
    })?;
    self::text(text)
}

/// The same for a text whose encoding is known to be right.
pub(super) fn text(text: &str) -> Result<&str, Fault> {
    if text.starts_with('\u{feff}') {
        return Err(Fault {
            at: 0,
            what: Wrong::ByteOrderMark,
        });
    }
    let mut reader = Reader {
        text,
        at: 0,
        keys: Vec::new(),
    };
    reader.space();
    let begin = reader.at;
    reader.value(0)?;
    let end = reader.at;
    reader.space();
    match reader.peek() {
        None => text
            .get(begin..end)
            .ok_or_else(|| reader.fault(Wrong::Syntax)),
        Some(_) => Err(reader.fault(Wrong::Syntax)),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The keys of all objects that are open, outermost first.
    keys: Vec<Cow<'a, str>>,
}

impl<'a> Reader<'a> {
    const fn fault(&self, what: Wrong) -> Fault {
        Fault { at: self.at, what }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Result<(), Fault> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.fault(Wrong::Syntax))
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), Fault> {
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(|_| ()),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.fault(Wrong::Syntax)),
        }
    }

    fn open(&mut self, depth: usize) -> Result<(), Fault> {
        if depth >= JSON_DEPTH_MAX {
            return Err(self.fault(Wrong::Depth));
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Result<(), Fault> {
        self.open(depth)?;
        let outer = self.keys.len();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.string()?;
            self.keys.push(decoded(key));
            self.space();
            self.eat(b':')?;
            self.space();
            self.value(depth + 1)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.fault(Wrong::Syntax)),
            }
            self.space();
        }
        self.distinct_since(outer)?;
        self.at += 1;
        Ok(())
    }

    fn distinct_since(&mut self, outer: usize) -> Result<(), Fault> {
        let fault = self.fault(Wrong::DuplicateKey);
        let keys = self.keys.get_mut(outer..).unwrap_or_default();
        keys.sort_unstable();
        let twice = keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
        self.keys.truncate(outer);
        if twice { Err(fault) } else { Ok(()) }
    }

    fn array(&mut self, depth: usize) -> Result<(), Fault> {
        self.open(depth)?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.fault(Wrong::Syntax)),
            }
            self.space();
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.fault(Wrong::Syntax))
        }
    }

    /// The text between the quotes, escapes checked but not decoded.
    fn string(&mut self) -> Result<&'a str, Fault> {
        self.eat(b'"')?;
        let begin = self.at;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let plain_len = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
            let plain = rest.get(..plain_len).unwrap_or_default();
            if let Some(control) = plain.iter().position(|byte| *byte < 0x20) {
                self.at += control;
                return Err(self.fault(Wrong::Syntax));
            }
            self.at += plain_len;
            match self.peek() {
                Some(b'"') => break,
                Some(_) => self.escape()?,
                None => return Err(self.fault(Wrong::Syntax)),
            }
        }
        let inner = self.text.get(begin..self.at).unwrap_or_default();
        self.at += 1;
        Ok(inner)
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let fault = self.fault(Wrong::LoneSurrogate);
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => match self.unit()? {
                0xdc00..=0xdfff => return Err(fault),
                0xd800..=0xdbff => {
                    self.eat(b'\\').map_err(|_| fault)?;
                    if self.peek() != Some(b'u') || !matches!(self.unit()?, 0xdc00..=0xdfff) {
                        return Err(fault);
                    }
                }
                _ => {}
            },
            _ => return Err(self.fault(Wrong::Syntax)),
        }
        Ok(())
    }

    /// `u` and four digits, the cursor on the `u`.
    fn unit(&mut self) -> Result<u32, Fault> {
        let digits = self.text.get(self.at + 1..self.at + 5);
        let unit = digits
            .filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|text| u32::from_str_radix(text, 16).ok())
            .ok_or_else(|| self.fault(Wrong::Syntax))?;
        self.at += 5;
        Ok(unit)
    }

    fn number(&mut self) -> Result<(), Fault> {
        let begin = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let lexeme = self.text.get(begin..self.at).unwrap_or_default();
        match lexeme.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(()),
            _ => Err(Fault {
                at: begin,
                what: Wrong::Number,
            }),
        }
    }

    fn digits(&mut self) -> Result<(), Fault> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.fault(Wrong::Syntax));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }
}
