//! The headers of a request that decide something: each once, and in a form that all programs read alike.

use portcullis_protocol::headers::{is_json, is_plain};
use portcullis_protocol::limits::{REQUEST_BYTES_MAX, SESSION_BYTES_MAX};
use portcullis_protocol::wire::SessionQuery;

use super::ending::is_mirror;
use super::{Session, too_large};
use crate::config::{Server, Token};
use crate::exchange::Context;
use crate::exchange::refusal::{Refusal, code};

/// Headers that decide something and therefore may occur once only.
pub(super) const SINGLE: [&str; 12] = [
    ":authority",
    "host",
    "origin",
    "authorization",
    "content-type",
    "content-length",
    "content-encoding",
    "mcp-session-id",
    "mcp-protocol-version",
    "mcp-method",
    "mcp-name",
    "x-agent-name",
];

/// All headers of a request.
pub(super) struct Headers<'a> {
    pub(super) context: &'a Context,
    pub(super) pairs: &'a [(String, Vec<u8>)],
}

impl<'a> Headers<'a> {
    fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let name = name.to_owned();
        self.pairs
            .iter()
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value.as_slice())
    }

    fn refuse(&self, reason: &'static str, status: u16, text: &str) -> Refusal {
        Refusal::early(self.context, reason, status, code::REQUEST, text)
    }

    /// The value of a header, as text.
    pub(super) fn one(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        self.values(name)
            .next()
            .map(std::str::from_utf8)
            .transpose()
            .map_err(|_| self.refuse("header", 400, "a header is not UTF-8"))
    }

    /// Headers that repeat a value of the body, each once: of two that differ one would be wrong.
    pub(super) fn mirrors(&self) -> Result<Vec<(String, String)>, Refusal> {
        let names = self.pairs.iter().map(|(name, _)| name.as_str());
        let mut found: Vec<(String, String)> = Vec::new();
        for name in names.filter(|name| is_mirror(name)) {
            if found.iter().any(|(earlier, _)| earlier == name) {
                return Err(self.refuse("header", 400, "a header Mcp-Param-* occurs twice"));
            }
            let value = self.one(name)?.unwrap_or_default();
            found.push((name.to_owned(), value.to_owned()));
        }
        Ok(found)
    }

    pub(super) fn single(&self) -> Result<(), Refusal> {
        match SINGLE
            .into_iter()
            .find(|name| self.values(name).nth(1).is_some())
        {
            Some(name) => {
                Err(self.refuse("header", 400, &format!("the header {name} occurs twice")))
            }
            None => Ok(()),
        }
    }

    /// Only names that we answer to, and origins that may talk to us (DNS rebinding).
    pub(super) fn host_and_origin(&self) -> Result<(), Refusal> {
        let host = self
            .one(":authority")?
            .or(self.one("host")?)
            .unwrap_or_default();
        if !self
            .context
            .vm
            .config
            .hosts
            .contains(&host.to_ascii_lowercase())
        {
            return Err(self.refuse("host", 403, "this host name is not served here"));
        }
        let Some(origin) = self.one("origin")? else {
            return Ok(());
        };
        if self
            .context
            .vm
            .config
            .origins
            .contains(&origin.to_ascii_lowercase())
        {
            return Ok(());
        }
        Err(self.refuse("origin", 403, "this origin may not talk to this server"))
    }

    /// A token that travels on is one token, the one that Envoy verified.
    pub(super) fn token(&self, server: &Server) -> Result<(), Refusal> {
        let value = match (server.token, self.one("authorization")?) {
            (Token::Forwarded, Some(value)) => value,
            _ => return Ok(()),
        };
        let (scheme, token) = value.split_once(' ').unwrap_or_default();
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        let bears = scheme.eq_ignore_ascii_case("bearer");
        if bears && !token.is_empty() && token.bytes().all(sound) {
            return Ok(());
        }
        Err(self.refuse(
            "token",
            401,
            "the header authorization is not one bearer token",
        ))
    }

    pub(super) fn session(&self, server: &Server) -> Result<Option<Session>, Refusal> {
        let Some(id) = self.one("mcp-session-id")? else {
            return Ok(None);
        };
        let sound = !id.is_empty()
            && id.len() <= SESSION_BYTES_MAX
            && id.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
        if !sound {
            return Err(self.refuse("header", 400, "the session id is not visible ASCII"));
        }
        let digest = SessionQuery::digest_of(&server.name, id.as_bytes());
        Ok(Some(Session {
            id: id.to_owned(),
            digest,
        }))
    }

    /// The body must be plain JSON of a bounded length.
    pub(super) fn body_form(&self) -> Result<(), Refusal> {
        if !is_plain(self.one("content-encoding")?.unwrap_or_default()) {
            return Err(self.refuse(
                "content-encoding",
                415,
                "a coded request body is not accepted",
            ));
        }
        if !is_json(self.one("content-type")?.unwrap_or_default()) {
            return Err(self.refuse(
                "content-type",
                415,
                "the content type must be application/json",
            ));
        }
        let length = self.one("content-length")?.map_or(Ok(0), str::parse::<u64>);
        match length {
            Ok(length) if length <= REQUEST_BYTES_MAX as u64 => Ok(()),
            Ok(_) => Err(too_large(self.context)),
            Err(_) => Err(self.refuse("header", 400, "the content length is not a number")),
        }
    }
}
