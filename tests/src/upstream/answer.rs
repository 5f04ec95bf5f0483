//! What the recording upstream sends back: well-formed by the convenient methods, or any bytes.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use crate::wait::PATIENCE;

/// The way back on one connection.
#[derive(Debug)]
pub struct Answer {
    stream: TcpStream,
    closed: Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closed {
    No,
    Yes,
}

impl Answer {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            closed: Closed::No,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed == Closed::Yes
    }

    /// A JSON answer.
    pub fn json(&mut self, body: &str) {
        self.json_with(body, &[]);
    }

    /// A JSON answer with more headers.
    pub fn json_with(&mut self, body: &str, headers: &[(&str, &str)]) {
        self.whole(200, "application/json", headers, body.as_bytes());
    }

    /// A whole answer of any kind.
    pub fn whole(
        &mut self,
        status: u16,
        content_type: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) {
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Status\r\ncontent-type: {content_type}\r\n{headers}content-length: {length}\r\n\r\n"
        );
        self.raw(&[head.as_bytes(), body].concat());
    }

    /// An answer without a body.
    pub fn status(&mut self, status: u16, reason: &str) {
        self.raw(format!("HTTP/1.1 {status} {reason}\r\ncontent-length: 0\r\n\r\n").as_bytes());
    }

    /// A whole stream of these messages.
    pub fn events(&mut self, messages: &[&str]) {
        self.stream();
        for message in messages {
            self.event(message);
        }
        self.end();
    }

    /// The head of an event stream; events follow.
    pub fn stream(&mut self) {
        self.raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
    }

    /// One message as an event.
    pub fn event(&mut self, message: &str) {
        self.chunk(format!("data: {message}\n\n").as_bytes());
    }

    /// One chunk of a stream, cut where the test wants it.
    pub fn chunk(&mut self, bytes: &[u8]) {
        self.raw(&[format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat());
    }

    /// The end of a stream.
    pub fn end(&mut self) {
        self.raw(b"0\r\n\r\n");
    }

    /// Bytes as they are. The other side may be gone.
    pub fn raw(&mut self, bytes: &[u8]) {
        if self.stream.write_all(bytes).is_err() {
            self.closed = Closed::Yes;
        }
    }

    /// Closes the connection here and now.
    pub fn close(&mut self) {
        let _gone = self.stream.shutdown(Shutdown::Both);
        self.closed = Closed::Yes;
    }

    /// Waits until the other side closes the connection; `false` when it does not in time, or
    /// sends something instead.
    #[must_use]
    pub fn sees_close(&mut self) -> bool {
        let _best_effort = self.stream.set_read_timeout(Some(PATIENCE));
        let read = self.stream.read(&mut [0; 1]);
        self.closed = Closed::Yes;
        match read {
            Ok(count) => count == 0,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}
