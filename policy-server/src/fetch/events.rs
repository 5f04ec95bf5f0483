//! Server-sent events, as far as an answer to one request needs them: the data of each.
//!
//! Deliberately absent: ids, names and reconnecting; an answer that breaks off is asked for anew by
//! whoever ran the command.

/// Takes bytes as they come, and gives the data of events that are complete.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Vec<Vec<u8>>,
    after_return: bool,
}

impl Events {
    /// The data of the events that these bytes complete; lines of one event are joined as the
    /// format says.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut complete = Vec::new();
        for byte in bytes {
            let ends = matches!(byte, b'\r' | b'\n');
            let second = *byte == b'\n' && self.after_return;
            self.after_return = *byte == b'\r';
            if second {
                continue;
            }
            if ends {
                complete.extend(self.line());
            } else {
                self.line.push(*byte);
            }
        }
        complete
    }

    /// Ends a line. An empty one ends the event.
    fn line(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return (!data.is_empty()).then(|| data.join(&b'\n'));
        }
        if let Some(data) = line.strip_prefix(b"data:") {
            let data = data.strip_prefix(b" ").unwrap_or(data);
            self.data.push(data.to_vec());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_comes_whole_wherever_the_bytes_are_cut() {
        let text =
            b": hello\r\nid: 1\r\ndata: a\r\ndata:b\r\n\r\nevent: x\n\ndata: c\n\ndata: d\r\r";
        for cut in 0..text.len() {
            let mut events = Events::default();
            let mut found = events.take(&text[..cut]);
            found.extend(events.take(&text[cut..]));
            assert_eq!(
                found,
                [b"a\nb".to_vec(), b"c".to_vec(), b"d".to_vec()],
                "{cut}"
            );
        }
    }
}
