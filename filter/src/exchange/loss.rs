//! What the agent reads in the place of an answer that may not go, or that never came: whose fault it
//! is, and what to do. Nothing that the server sent is in it.

use std::borrow::Cow;

use portcullis_protocol::limits::{ANSWER_FINDINGS_MAX, RESPONSE_BYTES_MAX};
use portcullis_protocol::wire::Loss;

use super::refusal::code;

/// The code of the JSON-RPC error in its place.
pub(super) const fn code_of(loss: Loss) -> i32 {
    match loss {
        Loss::Refused
        | Loss::Secret
        | Loss::Secrets
        | Loss::LapsedToken
        | Loss::LapsedSession
        | Loss::LapsedPolicy
        | Loss::LapsedSilence => code::DENIED,
        _ => code::INTERNAL,
    }
}

/// The words of a loss; `status` is what the server's answer had.
pub(super) fn said(loss: Loss, status: u16) -> Cow<'static, str> {
    match loss {
        Loss::Status => format!("The MCP server answered with HTTP status {status}.").into(),
        Loss::TooLong => {
            let mebibytes = RESPONSE_BYTES_MAX >> 20;
            format!(
                "The MCP server's answer was withheld: it is longer than {mebibytes} MiB. Ask for less at a time."
            )
            .into()
        }
        Loss::Secrets => format!(
            "The server's answer was ended: it holds more than {ANSWER_FINDINGS_MAX} secrets."
        )
        .into(),
        other => plain(other).into(),
    }
}

const fn plain(loss: Loss) -> &'static str {
    match loss {
        Loss::Unreachable => {
            "Could not reach the MCP server, or it went away before it answered. Try again later."
        }
        Loss::TimedOut => {
            "The MCP server did not answer in time. It has carried the request out or may have."
        }
        Loss::Redirect => {
            "The MCP server redirects to another address, and the gateway follows no redirects: the gateway must be given the address that the server names."
        }
        Loss::Challenge => {
            "The MCP server refuses the gateway: it asks for credentials (HTTP status 401) that the gateway does not send."
        }
        Loss::Elsewhere => {
            "The MCP server accepted the request (HTTP status 202) and means to answer on another stream, which is not supported. It has carried the request out or may have."
        }
        Loss::Empty => "The MCP server answered with nothing.",
        Loss::ContentType => {
            "The MCP server's answer was withheld: it is neither JSON nor an event stream."
        }
        Loss::ContentCoding => {
            "The MCP server's answer was withheld: it is compressed or coded, which the gateway did not ask for."
        }
        Loss::Session => "The MCP server's answer was withheld: its session cannot be used.",
        Loss::NotJson => {
            "The MCP server's answer was withheld: it is no JSON that all programs read alike."
        }
        Loss::OtherId => "The MCP server's answer was withheld: it answers another request.",
        Loss::NoId => "The MCP server answered with an error that names no request.",
        Loss::NoAnswer => {
            "The MCP server's answer was withheld: it is a request or a notification, where an answer should be."
        }
        Loss::List => {
            "The MCP server's answer was withheld: it is not the list that was asked for."
        }
        Loss::NotMcp => "The MCP server's answer was withheld: it is not a sound MCP message.",
        Loss::EventName => {
            "The MCP server's answer was withheld, or did not come: there was an event that is no message."
        }
        Loss::NotPassed => {
            "The MCP server's answer was withheld, or did not come: there was a message that the gateway does not know, or that does not belong there."
        }
        other => held_back(other),
    }
}

/// What the gateway holds back although the server has answered.
const fn held_back(loss: Loss) -> &'static str {
    match loss {
        Loss::NoVerdict => "Temporarily unavailable: the server's answer could not be checked.",
        Loss::Refused => "The server asked for something that policy does not allow.",
        Loss::Secret => "The server's answer was withheld: it holds a secret.",
        Loss::Schema => {
            "The result was withheld: with its secrets removed it no longer fits the tool's output schema."
        }
        Loss::NoRoom => {
            "The server's answer was withheld: it is long, and too much of yours is under way. Try again with less at a time."
        }
        Loss::TooMuch => {
            "The MCP server's answer was ended: the server asks more than one answer may."
        }
        Loss::LapsedToken => {
            "The server's answer was withheld: the access token has expired meanwhile. The server has carried the request out or may have; ask again with a new token."
        }
        Loss::LapsedSession => {
            "The server's answer was withheld: its session has ended meanwhile. The server has carried the request out or may have."
        }
        Loss::LapsedPolicy => {
            "The server's answer was withheld: policy no longer allows this request. The server has carried it out or may have."
        }
        Loss::LapsedSilence => {
            "The server's answer was withheld: nobody could say whether policy still allows it. The server has carried the request out or may have."
        }
        _ => "The MCP server's answer was withheld: it is not a sound MCP message.",
    }
}
