//! HTTP/1.1 as bytes: what a test writes is what is sent, in this order, and nothing is added.

mod connection;
mod request;

pub use connection::{Connection, Head};
pub use request::Request;

use serde_json::Value;

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `null` when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The one message in the answer: the body, or the last event of the stream in it.
    #[must_use]
    pub fn message(&self) -> Value {
        let text = self.text();
        let data = text
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("data:"));
        data.map_or_else(
            || self.json(),
            |data| serde_json::from_str(data.trim()).unwrap_or_default(),
        )
    }
}

pub(crate) fn first<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// Sends a request on a connection of its own and reads the whole answer.
#[must_use]
pub fn send(authority: &str, request: &Request) -> Response {
    let mut connection = Connection::open(authority);
    connection.write(&request.bytes());
    connection.response(request.wants_body())
}

/// `host:port` of a URL.
#[must_use]
pub fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_once('/')
        .map_or(rest, |(authority, _)| authority)
}
