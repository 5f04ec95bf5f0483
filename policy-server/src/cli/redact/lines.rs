//! Lines of a stream without end, each up to a bound.

use std::io::{self, BufRead, Read as _};

use portcullis_protocol::limits::RESPONSE_BYTES_MAX;

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Its bytes without the newline, and the newline if it has one.
    Whole(&'a [u8], &'static [u8]),
    /// It is longer than [`RESPONSE_BYTES_MAX`]; its bytes are gone.
    TooLong(u64),
}

/// Lines, read one after the other into one buffer.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
        }
    }

    /// The next line, or nothing at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let most = RESPONSE_BYTES_MAX as u64 + 1;
        let mut part = (&mut self.input).take(most);
        let read = part.read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        let ending: &'static [u8] = match self.buffer.pop_if(|last| *last == b'\n') {
            Some(_) => b"\n",
            None => b"",
        };
        if self.buffer.len() > RESPONSE_BYTES_MAX {
            let rest = self.input.skip_until(b'\n')?;
            return Ok(Some(Line::TooLong((self.buffer.len() + rest) as u64)));
        }
        Ok(Some(Line::Whole(&self.buffer, ending)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_bytes() {
        let mut lines = Lines::new(&b"a\r\n\n \xff\nlast"[..]);
        for wanted in [
            (&b"a\r"[..], &b"\n"[..]),
            (b"", b"\n"),
            (b" \xff", b"\n"),
            (b"last", b""),
        ] {
            let found = lines.next().unwrap().unwrap();
            assert_eq!(found, Line::Whole(wanted.0, wanted.1));
        }
        assert_eq!(lines.next().unwrap(), None);
    }

    #[test]
    fn a_line_over_the_bound_is_gone_and_the_next_is_whole() {
        let mut text = vec![b'a'; RESPONSE_BYTES_MAX];
        text.push(b'\n');
        text.extend(vec![b'b'; RESPONSE_BYTES_MAX + 10]);
        text.extend(b"\nc\n");
        let mut lines = Lines::new(&text[..]);
        let first = lines.next().unwrap().unwrap();
        assert!(matches!(first, Line::Whole(bytes, b"\n") if bytes.len() == RESPONSE_BYTES_MAX));
        let length = RESPONSE_BYTES_MAX as u64 + 11;
        assert_eq!(lines.next().unwrap(), Some(Line::TooLong(length)));
        assert_eq!(lines.next().unwrap(), Some(Line::Whole(b"c", b"\n")));
        assert_eq!(lines.next().unwrap(), None);
    }
}
