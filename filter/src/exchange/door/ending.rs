//! Headers of a request that end at the gateway.

use super::headers::SINGLE;
use super::{RequestHead, Verb};
use crate::config::{Server, Token};
use crate::exchange::effect::Effect;

/// Headers that end here: the claim to an agent's name, the origin (judged here), the wish for a
/// coded answer that we could not read, and what asks a server to take the request for another.
const STRIPPED: [&str; 8] = [
    "accept-encoding",
    "origin",
    "x-agent-name",
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// Headers of the message itself and of its way, which some servers may take from a header with
/// underscores.
const FRAMING: [&str; 8] = [
    "connection",
    "cookie",
    "expect",
    "forwarded",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether some server takes the header for another one: programs that know headers by the names of CGI
/// read `mcp_name` as `mcp-name` (RFC 3875, 4.1.18).
fn is_twin(name: &str) -> bool {
    let plain = name.replace('_', "-");
    plain != name
        && (SINGLE.contains(&plain.as_str())
            || STRIPPED.contains(&plain.as_str())
            || FRAMING.contains(&plain.as_str())
            || ["mcp-", "accept", "x-envoy-", "x-forwarded-", "proxy-"]
                .iter()
                .any(|start| plain.starts_with(start)))
}

/// Whether a header repeats a value of the body.
pub(super) fn is_mirror(name: &str) -> bool {
    name == "mcp-name" || name.starts_with("mcp-param-")
}

/// What ends here: the above, whatever would steer Envoy or pass for another header, mirrored values
/// where there is no body, and the token unless the server gets it. Whoever says nothing about codings
/// takes any (RFC 9110, 12.5.3), so that the server is told that only its plain answer can be read.
pub(super) fn strip(server: &Server, head: &RequestHead<'_>, verb: Verb) -> Vec<Effect> {
    let ends = |name: &str| {
        STRIPPED.contains(&name)
            || name.starts_with("x-envoy-")
            || is_twin(name)
            || (verb != Verb::Post && is_mirror(name))
            || (name == "authorization" && server.token == Token::Stripped)
    };
    let names = head.headers.iter().map(|(name, _)| name);
    let plain = ("accept-encoding".to_owned(), "identity".to_owned());
    vec![
        Effect::StripRequest(names.filter(|name| ends(name)).cloned().collect()),
        Effect::SetRequest(vec![plain]),
    ]
}
