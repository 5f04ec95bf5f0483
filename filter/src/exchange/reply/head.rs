//! The head of an answer: what its body may be, whether it opens a session, and which of its headers
//! go to the agent. Nothing is done here.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::headers::{is_event_stream, is_json, is_plain};
use portcullis_protocol::limits::SESSION_BYTES_MAX;
use portcullis_protocol::wire::{Loss, SessionQuery};

use crate::config::Token;
use crate::exchange::door::Verb;
use crate::exchange::effect::{Effect, ReplyHead};
use crate::exchange::guard::Guard;
use crate::exchange::reading::Call;

/// The head of an answer as the host has it.
#[derive(Clone, Copy)]
pub struct ResponseHead<'a> {
    /// All headers, pseudo-headers included, names in lower case.
    pub headers: &'a [(String, Vec<u8>)],
    /// Whether there is no body.
    pub last: bool,
    /// Whose it is.
    pub from: Origin,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The MCP server.
    Server,
    /// Envoy, because the MCP server does not.
    Envoy,
}

impl std::fmt::Debug for ResponseHead<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Of the headers only names: the id of a session is among them.
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("ResponseHead")
            .field("headers", &names)
            .field("last", &self.last)
            .finish()
    }
}

/// The session header occurs twice or is none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unclear;

pub(super) const SESSION: &str = "mcp-session-id";

/// What a server wants of a token (RFC 9110, 11.6.1).
const CHALLENGE: &str = "www-authenticate";

/// Headers of the MCP server that mean something to an MCP client. Others could lead it astray:
/// cookies, challenges about a token that it did not send, alternative services, cross-origin grants.
const PASSED: [&str; 11] = [
    "content-type",
    "content-length",
    "transfer-encoding",
    SESSION,
    "mcp-protocol-version",
    "cache-control",
    "x-accel-buffering",
    "retry-after",
    "allow",
    "date",
    "server",
];

/// Most bytes of a header that a line of the log quotes.
const DETAIL_BYTES_MAX: usize = 256;

/// What the body of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Whole,
    Stream,
    Neutral(Loss),
    /// Nobody awaits one.
    Dropped,
    /// Nobody awaits one, and it may never end.
    Endless,
    Empty,
}

pub(super) fn form_of(call: &Call, head: &ResponseHead<'_>, status: u16) -> Body {
    let plain = is_plain(text_of(head, "content-encoding").unwrap_or_default());
    let content_type = text_of(head, "content-type").unwrap_or_default();
    let empty = head.last || text_of(head, "content-length") == Some("0");
    let stripped = call.entry.server.token == Token::Stripped;
    let awaited = call.awaits_answer();
    let silent = !awaited && call.entry.verb != Verb::Get;
    let streams = is_event_stream(content_type);
    match () {
        () if head.from == Origin::Envoy && status == 504 => Body::Neutral(Loss::TimedOut),
        () if head.from == Origin::Envoy && status >= 500 => Body::Neutral(Loss::Unreachable),
        // A redirect would lead the agent away; a challenge is about a token it never sent there.
        () if (300..400).contains(&status) => Body::Neutral(Loss::Redirect),
        () if status == 401 && stripped => Body::Neutral(Loss::Challenge),
        () if empty && awaited && status < 300 => Body::Neutral(match status {
            202 => Loss::Elsewhere,
            _ => Loss::Empty,
        }),
        () if empty => Body::Empty,
        // What has a length ends, and its connection can be used again.
        () if silent && status < 300 && text_of(head, "content-length").is_some() => Body::Dropped,
        () if silent && status < 300 => Body::Endless,
        () if plain && is_json(content_type) => Body::Whole,
        () if plain && streams => Body::Stream,
        () if status >= 400 => Body::Neutral(Loss::Status),
        () if status == 202 => Body::Neutral(Loss::Elsewhere),
        () if !plain => Body::Neutral(Loss::ContentCoding),
        () => Body::Neutral(Loss::ContentType),
    }
}

/// The session that the agent has ended: the server agrees, or knows no such session. Another answer,
/// as 405 from a server that lets no client end a session (MCP 2025-11-25, transports), leaves it as it is.
pub(super) fn ended_session(call: &Call, head: &ResponseHead<'_>) -> Option<Digest> {
    let status: u16 = text_of(head, ":status")?.parse().ok()?;
    let is_over = head.from == Origin::Server && (status < 300 || status == 404 || status == 410);
    let session = call.entry.session.as_ref().map(|session| session.digest);
    session.filter(|_| is_over && call.entry.verb == Verb::Delete)
}

/// A session that the MCP server has just opened: any id that the request did not bring.
pub(super) fn new_session(call: &Call, head: &ResponseHead<'_>) -> Result<Option<Digest>, Unclear> {
    let mut ids = head.headers.iter().filter(|(name, _)| name == SESSION);
    let id = match (ids.next(), ids.next()) {
        (None, _) => return Ok(None),
        (Some((_, id)), None) => id,
        (Some(_), Some(_)) => return Err(Unclear),
    };
    if id.is_empty() {
        return Ok(None);
    }
    let sound = id.iter().all(|byte| (0x21..=0x7e).contains(byte));
    if !sound || id.len() > SESSION_BYTES_MAX {
        return Err(Unclear);
    }
    let known = call.entry.session.as_ref();
    let brought = known.is_some_and(|session| session.id.as_bytes() == id);
    let digest = SessionQuery::digest_of(&call.asked.server, id);
    Ok((!brought).then_some(digest))
}

pub(super) fn text_of<'a>(head: &ResponseHead<'a>, name: &str) -> Option<&'a str> {
    let (_, value) = head.headers.iter().find(|(key, _)| key == name)?;
    std::str::from_utf8(value).ok()
}

/// What of the head tells the operator more about a loss: which address, which type.
pub(super) fn detail(head: &ResponseHead<'_>, loss: Loss) -> Option<String> {
    let name = match loss {
        Loss::Redirect => "location",
        Loss::ContentType | Loss::Status => "content-type",
        Loss::ContentCoding => "content-encoding",
        _ => return None,
    };
    let value = text_of(head, name)?;
    // A query may hold anything.
    let value = value.split(['?', '#']).next().unwrap_or(value);
    let end = value.floor_char_boundary(DETAIL_BYTES_MAX);
    Some(format!("{name}: {}", value.get(..end).unwrap_or_default()))
}

/// Takes out of the head what means nothing to an MCP client, and what holds a secret. The session
/// id is one, and stays unless it is a secret of somebody else.
pub(super) fn strip(call: &Call, head: &ResponseHead<'_>, guard: &Guard) -> Effect {
    // Only an agent whose token the server gets can answer its challenge.
    let is_challenged = call.entry.server.token != Token::Stripped
        && matches!(text_of(head, ":status"), Some("401" | "403"));
    let passes = |name: &str| PASSED.contains(&name) || (is_challenged && name == CHALLENGE);
    let odd = |(name, value): &(String, Vec<u8>)| {
        let text = String::from_utf8_lossy(value);
        let shown = || match name.as_str() {
            SESSION => !text.is_empty() && !guard.knows(&text),
            _ => guard.may_show(&text),
        };
        !name.starts_with(':') && (!passes(name) || !shown())
    };
    let removed = head.headers.iter().filter(|header| odd(header));
    Effect::ReplyHead(ReplyHead {
        remove: removed.map(|(name, _)| name.clone()).collect(),
        ..ReplyHead::default()
    })
}
