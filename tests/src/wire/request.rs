//! A request before it is bytes: headers in their order, duplicates allowed, framing by choice.

/// How the end of the body is told.
#[derive(Clone, Debug)]
enum Framing {
    /// `Content-Length`, added behind all other headers when there is a body.
    Length,
    /// Chunks of this many bytes, and trailers.
    Chunked { size: usize, trailers: &'static str },
    /// Whatever the headers say.
    AsWritten,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    framing: Framing,
}

impl Request {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            framing: Framing::Length,
        }
    }

    /// Another method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// Another request target.
    #[must_use]
    pub fn target(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    /// Adds a header behind the others.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Puts a header in the place of those of its name.
    #[must_use]
    pub fn set(self, name: &str, value: &str) -> Self {
        self.without(name).header(name, value)
    }

    /// Takes all headers of this name out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self
    }

    /// Another body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the body in chunks of so many bytes.
    #[must_use]
    pub fn chunked(mut self, size: usize) -> Self {
        let trailers = "";
        self.framing = Framing::Chunked { size, trailers };
        self
    }

    /// Sends the body in chunks, with these trailer lines behind it.
    #[must_use]
    pub fn trailers(mut self, trailers: &'static str) -> Self {
        let size = 7;
        self.framing = Framing::Chunked { size, trailers };
        self
    }

    /// Sends the body behind the headers as they are.
    #[must_use]
    pub fn as_written(mut self) -> Self {
        self.framing = Framing::AsWritten;
        self
    }

    /// The body that an honest receiver reads.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.body
    }

    /// Whether the answer to this method has a body.
    #[must_use]
    pub fn wants_body(&self) -> bool {
        self.method != "HEAD"
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        match self.framing {
            Framing::Length => {
                if !self.body.is_empty() || self.method == "POST" {
                    bytes.extend(format!("content-length: {}\r\n", self.body.len()).bytes());
                }
                bytes.extend(b"\r\n");
                bytes.extend(&self.body);
            }
            Framing::Chunked { size, trailers } => {
                bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
                for chunk in self.body.chunks(size) {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
                    bytes.extend([chunk, b"\r\n"].concat());
                }
                bytes.extend(format!("0\r\n{trailers}\r\n").bytes());
            }
            Framing::AsWritten => {
                bytes.extend(b"\r\n");
                bytes.extend(&self.body);
            }
        }
        bytes
    }
}
