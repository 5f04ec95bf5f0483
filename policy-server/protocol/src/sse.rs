//! Event streams, cut into events a chunk at a time and written anew.
//!
//! Reading follows the HTML standard (server-sent events, 9.2.6): CR, LF and CRLF end a line, a
//! blank line ends an event, an unfinished event at the end is none. Writing uses LF only, so that
//! every client reads the same events. Field names beside `id`, `event`, `data` and `retry` and the
//! text of comments do not survive. A comment goes as soon as its line has come: it keeps a connection
//! alive, wherever it stands.

use crate::limits::RESPONSE_BYTES_MAX;

/// One event, or a comment that kept the stream alive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The last `id` line.
    pub id: Option<String>,
    /// The last `event` line.
    pub event: Option<String>,
    /// The last `retry` line, digits only.
    pub retry: Option<String>,
    /// The `data` lines, joined by LF; `None` when there was none.
    pub data: Option<String>,
}

impl Event {
    /// Whether clients take this event for a message: no `event` line, or `event: message`.
    #[must_use]
    pub fn is_message(&self) -> bool {
        self.event
            .as_deref()
            .is_none_or(|event| event.is_empty() || event == "message")
    }

    /// How many bytes it holds.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let fields = [&self.id, &self.event, &self.retry, &self.data];
        fields.into_iter().flatten().map(String::len).sum()
    }

    /// A comment without a text.
    #[must_use]
    pub fn comment() -> Self {
        Self::default()
    }

    /// Appends the event as it goes to the client. An event without any field is a comment line, which
    /// no blank line follows: some clients take that for the end of an event.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut line = |name: &str, value: &str| {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.push(b'\n');
        };
        if let Some(id) = &self.id {
            line("id", id);
        }
        if let Some(event) = &self.event {
            line("event", event);
        }
        if let Some(retry) = &self.retry {
            line("retry", retry);
        }
        if let Some(data) = &self.data {
            data.split('\n').for_each(|part| line("data", part));
        }
        match *self == Self::comment() {
            true => out.extend_from_slice(b":\n"),
            false => out.push(b'\n'),
        }
    }
}

/// Why a stream cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An event is longer than [`RESPONSE_BYTES_MAX`].
    TooLong,
    /// An event is not UTF-8.
    Encoding,
}

/// Cuts a stream into events.
#[derive(Debug, Default)]
pub struct Reader {
    /// Bytes of the unfinished line.
    line: Vec<u8>,
    /// The unfinished event, and how many bytes it has with the unfinished line.
    event: Event,
    event_bytes: usize,
    /// The last byte was a CR: an LF right behind it belongs to it.
    after_cr: bool,
    /// Whether the first line has been seen; only there a byte order mark is dropped.
    started: bool,
}

impl Reader {
    /// Reads a chunk and hands out the events that it completes; of comments in a row, the first.
    ///
    /// # Errors
    /// A [`Fault`], after which nothing more can be read.
    pub fn read(&mut self, chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Fault> {
        let mut rest = chunk;
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
            let (line, tail) = rest.split_at(end);
            let is_cr = tail.first() == Some(&b'\r');
            let belongs_to_cr = !is_cr && self.after_cr && line.is_empty();
            rest = tail.get(1..).unwrap_or_default();
            if belongs_to_cr {
                self.after_cr = false;
                continue;
            }
            self.grow(line)?;
            self.after_cr = is_cr;
            self.end_line(events)?;
        }
        if !rest.is_empty() {
            self.after_cr = false;
            self.grow(rest)?;
        }
        Ok(())
    }

    /// How many bytes of the unfinished event it holds.
    #[must_use]
    pub const fn held_bytes(&self) -> usize {
        self.event_bytes
    }

    fn grow(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.event_bytes = self.event_bytes.saturating_add(bytes.len());
        if self.event_bytes > RESPONSE_BYTES_MAX {
            return Err(Fault::TooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, events: &mut Vec<Event>) -> Result<(), Fault> {
        let line = std::mem::take(&mut self.line);
        let line = match std::str::from_utf8(&line) {
            Ok(line) => line,
            // What nobody reads may be written in any way.
            Err(_) if !says_something(&line) => ":",
            Err(_) => return Err(Fault::Encoding),
        };
        let line = if self.started {
            line
        } else {
            line.strip_prefix('\u{feff}').unwrap_or(line)
        };
        self.started = true;
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            if event != Event::comment() {
                events.push(event);
            }
        } else if line.starts_with(':') {
            if events.last() != Some(&Event::comment()) {
                events.push(Event::comment());
            }
        } else {
            self.field(line);
        }
        self.event_bytes = self.event.held_bytes();
        Ok(())
    }

    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => match &mut self.event.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.event.data = Some(value.to_owned()),
            },
            "id" if !value.contains('\0') => self.event.id = Some(value.to_owned()),
            "event" => self.event.event = Some(value.to_owned()),
            "retry" if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) => {
                self.event.retry = Some(value.to_owned());
            }
            _ => {}
        }
    }
}

/// Whether a line is a field that counts.
fn says_something(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next();
    let fields = ["data", "id", "event", "retry"];
    name.is_some_and(|name| fields.iter().any(|field| field.as_bytes() == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(chunks: &[&[u8]]) -> Vec<Event> {
        let mut reader = Reader::default();
        let mut events = Vec::new();
        for chunk in chunks {
            reader.read(chunk, &mut events).unwrap();
        }
        events
    }

    fn written(events: &[Event]) -> String {
        let mut out = Vec::new();
        events.iter().for_each(|event| event.write(&mut out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn line_ends_of_every_kind() {
        for text in [
            "id: 1\ndata: a\ndata: b\n\n",
            "id:1\r\ndata:a\r\ndata:b\r\n\r\n",
            "id: 1\rdata: a\rdata: b\r\r",
        ] {
            assert_eq!(
                written(&read_all(&[text.as_bytes()])),
                "id: 1\ndata: a\ndata: b\n\n",
                "{text:?}"
            );
        }
    }

    #[test]
    fn priming_events_comments_and_retries_survive() {
        let text =
            "\u{feff}id: 7\ndata:\nretry: 300\n\n: keep-alive\n\nevent: message\ndata: {}\n\n";
        assert_eq!(
            written(&read_all(&[text.as_bytes()])),
            "id: 7\nretry: 300\ndata: \n\n:\nevent: message\ndata: {}\n\n"
        );
    }

    #[test]
    fn comments_go_at_once() {
        let mut reader = Reader::default();
        let mut events = Vec::new();
        reader
            .read(b"data: a\n: still here\n:\n", &mut events)
            .unwrap();
        assert_eq!(written(&events), ":\n");
        reader
            .read(b": and here\ndata: b\n\n", &mut events)
            .unwrap();
        assert_eq!(written(&events), ":\ndata: a\ndata: b\n\n");
        reader.read(b":\n\nodd: field\n\n", &mut events).unwrap();
        assert_eq!(written(&events), ":\ndata: a\ndata: b\n\n:\n");
    }

    #[test]
    fn what_nobody_reads_need_not_be_text() {
        let events = read_all(&[b": caf\xe9\nodd\xe9: \xe9\nodd: \xe9\ndata: a\n\n"]);
        assert_eq!(written(&events), ":\ndata: a\n\n");
        for line in [
            &b"data: \xe9\n"[..],
            b"id: \xe9\n",
            b"event:\xe9\n",
            b"retry: \xe9\n",
        ] {
            let read = Reader::default().read(line, &mut Vec::new());
            assert_eq!(read, Err(Fault::Encoding), "{line:?}");
        }
    }

    #[test]
    fn an_unfinished_event_is_none() {
        assert_eq!(read_all(&[b"data: a\n"]), []);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut reader = Reader::default();
        let mut events = Vec::new();
        let chunk = vec![b'x'; RESPONSE_BYTES_MAX];
        reader.read(&chunk, &mut events).unwrap();
        assert_eq!(reader.read(b"x", &mut events), Err(Fault::TooLong));
    }

    #[test]
    fn comments_for_ever_are_no_endless_event() {
        let mut reader = Reader::default();
        let mut events = Vec::new();
        reader.read(b"data: a\n", &mut events).unwrap();
        let line = format!(": {}\n", "x".repeat(RESPONSE_BYTES_MAX / 4));
        for _ in 0..5 {
            reader.read(line.as_bytes(), &mut events).unwrap();
        }
        assert_eq!(reader.held_bytes(), 1);
    }

    proptest::proptest! {
        #[test]
        fn cutting_changes_nothing(text in "(data|id|: c|event|\u{feff}|:| |x|\r|\n|\r\n|é){0,30}", cuts: Vec<u8>) {
            let bytes = text.as_bytes();
            let mut chunks = Vec::new();
            let mut rest = bytes;
            for cut in cuts {
                let (head, tail) = rest.split_at((cut as usize).min(rest.len()));
                chunks.push(head);
                rest = tail;
            }
            chunks.push(rest);
            // Comments in a row are one in each chunk.
            let mut cut = read_all(&chunks);
            cut.dedup_by(|next, last| *next == Event::comment() && next == last);
            proptest::prop_assert_eq!(read_all(&[bytes]), cut);
        }

        #[test]
        fn what_is_written_reads_back(text in "(data: a|id: b|event: e|retry: 5|\r\n|\n|\r){0,30}") {
            let events = read_all(&[text.as_bytes()]);
            let again = read_all(&[written(&events).as_bytes()]);
            proptest::prop_assert_eq!(events, again);
        }
    }
}
