//! The head of a request: is it for us, from whom, and in a form that we read?
//!
//! Nothing of the body is known here. What passes is an [`Entry`]: a known server, a verified
//! caller, and headers that occur once.

mod ending;
mod headers;

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::limits::REQUEST_BYTES_MAX;
use portcullis_protocol::names::{Caller, Name};

use super::Context;
use super::effect::Effect;
use super::refusal::{Refusal, code};
use super::verdict::{self, Permit};
use crate::config::Server;
use ending::strip;
use headers::Headers;

/// The head of a request as the host has it. Of its headers only names print: a token is among them.
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    /// All headers, pseudo-headers included, names in lower case, in their order.
    pub headers: &'a [(String, Vec<u8>)],
    /// The claims of the verified token; `None` when there was none.
    pub claims: Option<&'a Claims>,
    /// The peer's address as `address:port`.
    pub peer: &'a str,
    /// Whether there is no body.
    pub last: bool,
}

impl std::fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("RequestHead")
            .field("headers", &names)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

/// Claims of a token that Envoy has verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// `iss`
    pub issuer: String,
    /// `sub`
    pub subject: String,
    /// The configured roles claim; `None` when it is there and is no list of strings.
    pub roles: Option<Vec<String>>,
    /// The configured agent claim.
    pub agent: Option<String>,
    /// `exp`, in seconds since 1970; `None` where the token has no end.
    pub expires_s: Option<u64>,
}

/// Where a request goes from the door.
#[derive(Debug)]
pub(super) enum Door {
    /// The public metadata; not MCP.
    Bystander(Permit),
    /// A POST whose body must be read.
    Body(Entry, Vec<Effect>),
    /// A GET stream or a DELETE: a matter of its session alone.
    Session(Entry, Vec<Effect>),
}

/// What is known of a request from its head.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) server: Rc<Server>,
    pub(super) caller: Caller,
    /// When the token ends, in seconds since 1970; `None` where it does not.
    pub(super) expires_s: Option<u64>,
    pub(super) verb: Verb,
    pub(super) session: Option<Session>,
    /// `MCP-Protocol-Version`
    pub(super) version: Option<String>,
    /// `Mcp-Method`
    pub(super) mcp_method: Option<String>,
    /// `Mcp-Name`
    pub(super) mcp_name: Option<String>,
    /// Headers that repeat a value of the body, as they came: `Mcp-Name` and `Mcp-Param-*`.
    pub(super) mirrors: Vec<(String, String)>,
}

/// The HTTP methods of MCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Post,
    Get,
    Delete,
}

/// A session id, which is a bearer secret, and the digest that may leave the filter.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) digest: Digest,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.digest, f)
    }
}

/// The well-known path of protected resource metadata (RFC 9728), which is public.
const METADATA: &str = "/.well-known/oauth-protected-resource";

/// Judges the head of a request.
pub(super) fn judge(context: &Context, head: &RequestHead<'_>) -> Result<Door, Refusal> {
    let headers = Headers {
        context,
        pairs: head.headers,
    };
    let method = headers.one(":method")?.unwrap_or_default();
    let path = headers.one(":path")?.unwrap_or_default();
    let (path, query) = path
        .split_once('?')
        .map_or((path, None), |(path, query)| (path, Some(query)));
    if method == "GET" && is_metadata(path) {
        return Ok(Door::Bystander(verdict::exempt()));
    }
    let refuse =
        |reason, status, code, text: &str| Refusal::early(context, reason, status, code, text);
    let server = context.vm.config.server_at(path);
    let server = server
        .ok_or_else(|| refuse("path", 404, code::REQUEST, "no MCP server is at this path"))?;
    let refused_by = |refusal: Refusal| refusal.from(&server.name, None);
    headers.single().map_err(refused_by)?;
    let caller = identify(&headers, head, server).map_err(refused_by)?;
    let refused = |refusal: Refusal| refusal.from(&server.name, Some(&caller));
    headers.host_and_origin().map_err(refused)?;
    headers.token(server).map_err(refused)?;
    if let Some(name) = query.and_then(|query| odd_parameter(server, query)) {
        let text = format!("the MCP endpoint takes no query parameter `{name}`");
        return Err(refused(refuse("query", 400, code::REQUEST, &text)));
    }
    let verb = verb(context, method).map_err(refused)?;
    let session = headers.session(server).map_err(refused)?;
    let text = |name| Ok(headers.one(name)?.map(str::to_owned));
    let entry = Entry {
        server: Rc::clone(server),
        verb,
        session,
        version: text("mcp-protocol-version").map_err(refused)?,
        mcp_method: text("mcp-method").map_err(refused)?,
        mcp_name: text("mcp-name").map_err(refused)?,
        mirrors: headers.mirrors().map_err(refused)?,
        caller: caller.clone(),
        expires_s: head.claims.and_then(|claims| claims.expires_s),
    };
    let strip = strip(server, head, verb);
    if verb == Verb::Post {
        headers.body_form().map_err(refused)?;
        return Ok(Door::Body(entry, strip));
    }
    if !head.last {
        let text = "a GET or DELETE has no body";
        return Err(refused(refuse("body", 400, code::REQUEST, text)));
    }
    Ok(Door::Session(entry, strip))
}

fn is_metadata(path: &str) -> bool {
    path.strip_prefix(METADATA)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn verb(context: &Context, method: &str) -> Result<Verb, Refusal> {
    match method {
        "POST" => Ok(Verb::Post),
        "GET" => Ok(Verb::Get),
        "DELETE" => Ok(Verb::Delete),
        _ => Err(Refusal::early(
            context,
            "method",
            405,
            code::REQUEST,
            "MCP uses POST, GET and DELETE",
        )
        .header("allow", "POST, GET, DELETE".to_owned())),
    }
}

/// Of a query, the name that the server does not take, or takes once only. Names are compared as they
/// are written. Behind a query of the server's own no other has a place.
fn odd_parameter<'q>(server: &Server, query: &'q str) -> Option<&'q str> {
    if server.upstream_path.contains('?') {
        return Some(query);
    }
    let mut seen: Vec<&str> = Vec::new();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    for pair in pairs {
        let name = pair.split('=').next().unwrap_or_default();
        if seen.contains(&name) || !server.query.iter().any(|known| known == name) {
            return Some(name);
        }
        seen.push(name);
    }
    None
}

/// The caller, from verified claims alone; the agent's name also from a trusted peer.
fn identify(
    headers: &Headers<'_>,
    head: &RequestHead<'_>,
    server: &Server,
) -> Result<Caller, Refusal> {
    let context = headers.context;
    let challenge = || {
        let metadata = &context.vm.config.resource_metadata;
        let challenge = format!("Bearer resource_metadata=\"{metadata}{}\"", server.path);
        Refusal::early(
            context,
            "unauthenticated",
            401,
            code::REQUEST,
            "a valid access token is required",
        )
        .header("www-authenticate", challenge)
    };
    let claims = head.claims.ok_or_else(challenge)?;
    let refuse = || {
        let text =
            "the token's claims are not usable: iss, sub, roles and agent must be plain names";
        Refusal::early(context, "claims", 403, code::REQUEST, text)
    };
    // `unnamed` is what policies call an agent without a name.
    let name = |text: &str| Name::parse(text).map_err(|_| refuse());
    let agent = match &claims.agent {
        Some(agent) => Some(agent.as_str()),
        None if is_trusted(context, head.peer) => headers.one("x-agent-name")?,
        None => None,
    };
    let caller = Caller {
        issuer: name(&claims.issuer)?,
        subject: name(&claims.subject)?,
        roles: claims
            .roles
            .as_ref()
            .ok_or_else(refuse)?
            .iter()
            .map(|role| name(role))
            .collect::<Result<_, _>>()?,
        agent: agent.map(name).transpose()?,
    };
    let is_named = caller
        .agent
        .as_ref()
        .is_none_or(|agent| agent.as_str() != "unnamed");
    if caller.is_bounded() && is_named {
        Ok(caller)
    } else {
        Err(refuse())
    }
}

fn is_trusted(context: &Context, peer: &str) -> bool {
    let address = peer
        .parse::<SocketAddr>()
        .map(|peer| peer.ip())
        .or_else(|_| peer.parse::<IpAddr>());
    address.is_ok_and(|address| {
        context
            .vm
            .config
            .identity
            .trusted_agent_peers
            .contains(&address)
    })
}

impl Entry {
    /// How many bytes it holds, or somewhat more.
    pub(super) fn held_bytes(&self) -> usize {
        let mirrors = self.mirrors.iter();
        let mirrors: usize = mirrors.map(|(name, value)| name.len() + value.len()).sum();
        let texts = [&self.version, &self.mcp_method, &self.mcp_name];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        let session = self.session.as_ref().map_or(0, |session| session.id.len());
        mirrors + texts + session + self.caller.bytes()
    }

    /// Whether so many body bytes are within the bound.
    pub(super) fn fits(&self, context: &Context, size: usize) -> Result<(), Refusal> {
        if size <= REQUEST_BYTES_MAX {
            return Ok(());
        }
        Err(too_large(context).from(&self.server.name, Some(&self.caller)))
    }
}

fn too_large(context: &Context) -> Refusal {
    let text = format!("the message is longer than {REQUEST_BYTES_MAX} bytes");
    Refusal::early(context, "too-large", 413, code::REQUEST, &text)
}
