//! A connection: bytes out, answers in, whole or as they come.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use super::{Response, first};
use crate::wait::PATIENCE;

/// A connection on which every read is bounded.
#[derive(Debug)]
pub struct Connection {
    reader: BufReader<TcpStream>,
    /// Bytes of a stream that came and were not asked for yet.
    pending: Vec<u8>,
}

/// The head of an answer.
#[derive(Clone, Debug)]
pub struct Head {
    /// The status; 0 when the connection was closed without an answer.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// The first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding") == Some("chunked")
    }
}

impl Connection {
    /// Connects.
    #[must_use]
    pub fn open(authority: &str) -> Self {
        let stream = TcpStream::connect(authority);
        let stream = stream.unwrap_or_else(|error| panic!("cannot reach {authority}: {error}"));
        stream.set_nodelay(true).expect("a socket option");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a socket option");
        stream
            .set_write_timeout(Some(PATIENCE))
            .expect("a socket option");
        Self {
            reader: BufReader::new(stream),
            pending: Vec::new(),
        }
    }

    /// Sends bytes. The other side may have answered and closed already: then its answer counts.
    pub fn write(&mut self, bytes: &[u8]) {
        let _closed = self.reader.get_mut().write_all(bytes);
    }

    /// Closes both directions at once.
    pub fn close(self) {
        let _closed = self.reader.get_ref().shutdown(Shutdown::Both);
    }

    /// Reads the whole next answer. A connection closed without one has the status 0.
    #[must_use]
    pub fn response(&mut self, has_body: bool) -> Response {
        let head = self.head();
        let body = match (has_body, head.header("content-length")) {
            (false, _) => Vec::new(),
            _ if matches!(head.status, 0 | 204 | 304) => Vec::new(),
            _ if head.is_chunked() => self.rest_of_chunks(),
            (_, Some(length)) => self.exactly(length.parse().expect("a content length")),
            (_, None) => self.rest(),
        };
        Response {
            status: head.status,
            headers: head.headers,
            body,
        }
    }

    /// Reads the head of the next answer; interim answers are passed over.
    #[must_use]
    pub fn head(&mut self) -> Head {
        loop {
            let line = self.line();
            let status = line
                .split(' ')
                .nth(1)
                .and_then(|word| word.parse().ok())
                .unwrap_or(0);
            let headers = if status == 0 {
                Vec::new()
            } else {
                self.headers()
            };
            if status == 0 || status >= 200 {
                return Head { status, headers };
            }
        }
    }

    fn headers(&mut self) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        while let Some((name, value)) = self.line().split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        headers
    }

    /// Reads a chunked stream until what came contains `needle`, and returns all up to there with
    /// the moment at which it was complete. What came behind it is kept for the next time.
    pub fn stream_until(&mut self, needle: &str) -> (String, Instant) {
        loop {
            let text = String::from_utf8_lossy(&self.pending).into_owned();
            if let Some(at) = text.find(needle) {
                let (taken, rest) = text.split_at(at + needle.len());
                self.pending = rest.into();
                return (taken.to_owned(), Instant::now());
            }
            match self.chunk() {
                Some(chunk) => self.pending.extend(chunk),
                None => panic!("the stream ended before {needle:?}: {text:?}"),
            }
        }
    }

    /// Reads a chunked stream to its end.
    pub fn stream_rest(&mut self) -> String {
        let mut bytes = std::mem::take(&mut self.pending);
        bytes.extend(self.rest_of_chunks());
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn rest_of_chunks(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk() {
            bytes.extend(chunk);
        }
        bytes
    }

    /// The next chunk; `None` at the end, sound or not.
    fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = self.line();
        let size = line
            .split(';')
            .next()
            .and_then(|size| usize::from_str_radix(size, 16).ok())?;
        let chunk = self.exactly(size);
        let _end = self.line();
        (size > 0).then_some(chunk)
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes).expect("the whole body");
        bytes
    }

    fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // A reset ends the body as well as a close.
        let _end = self.reader.read_to_end(&mut bytes);
        bytes
    }

    /// A line without its end; empty when the connection is closed.
    fn line(&mut self) -> String {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line) {
            Ok(_) => {}
            Err(error) if is_timeout(&error) => panic!("no answer within {PATIENCE:?}"),
            // A reset: as good as closed.
            Err(_) => line.clear(),
        }
        String::from_utf8_lossy(&line)
            .trim_end_matches(['\r', '\n'])
            .to_owned()
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error.kind(), TimedOut | WouldBlock)
}
