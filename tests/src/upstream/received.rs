//! A request as it arrived.

use std::io::BufRead;

use serde_json::Value;

/// A request as it arrived: nothing is trimmed, joined or decoded, except the framing of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The method.
    pub method: String,
    /// The request target.
    pub path: String,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

impl Received {
    /// Reads the next request; `None` when the connection is over.
    pub(super) fn read(reader: &mut impl BufRead) -> Option<Self> {
        let first = line(reader).filter(|line| !line.is_empty())?;
        let mut words = first.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        while let Some(line) = line(reader).filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':')?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self {
            method,
            path,
            headers,
            body: Vec::new(),
        };
        request.body = request.read_body(reader)?;
        Some(request)
    }

    fn read_body(&self, reader: &mut impl BufRead) -> Option<Vec<u8>> {
        if self.header("transfer-encoding") == Some("chunked") {
            return chunks(reader);
        }
        let length = self
            .header("content-length")
            .map_or(Some(0), |text| text.parse().ok())?;
        exactly(reader, length)
    }

    /// The first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the word is in the body or a header.
    #[must_use]
    pub fn mentions(&self, word: &str) -> bool {
        let in_body = self
            .body
            .windows(word.len())
            .any(|part| part == word.as_bytes());
        in_body || self.headers.iter().any(|(_, value)| value.contains(word))
    }

    /// The body as JSON; `null` when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

fn chunks(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = usize::from_str_radix(&line(reader)?, 16).ok()?;
        body.extend(exactly(reader, size)?);
        if size == 0 {
            // Trailers end with an empty line, as a chunk without trailers does.
            while !line(reader)?.is_empty() {}
            return Some(body);
        }
        line(reader)?;
    }
}

fn exactly(reader: &mut impl BufRead, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut bytes = Vec::new();
    let read = reader.by_ref().read_until(b'\n', &mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    (read > 0).then(|| text.trim_end_matches(['\r', '\n']).to_owned())
}
