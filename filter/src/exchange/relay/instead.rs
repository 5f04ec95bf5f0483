//! What the agent gets instead of a message that it may not have. Nothing of that message is in it.

use portcullis_protocol::jsonrpc::{Id, Message};
use portcullis_protocol::limits::ANSWER_FINDINGS_MAX;
use portcullis_protocol::names::Name;
use portcullis_protocol::sse::Event;

use super::{Carried, Released, Text};
use crate::exchange::reading::Call;
use crate::exchange::refusal::{Asked, code, refusal_body};

/// The answer is no sound message.
pub(super) fn withheld(call: &Call, event: Event) -> Released {
    let text = "The server's answer was withheld: it is not a sound MCP message.";
    replaced(event, refusal_body(&call.asked, code::INTERNAL, text))
}

/// A request inside the answer was refused.
pub(super) fn refused_inside(call: &Call, event: Event) -> Released {
    let text = "The server asked for something that policy does not allow.";
    replaced(event, refusal_body(&call.asked, code::DENIED, text))
}

/// The list could not be filtered.
pub(super) fn unlisted(call: &Call, event: Event) -> Released {
    let text = "Temporarily unavailable: the list could not be checked.";
    replaced(event, refusal_body(&call.asked, code::INTERNAL, text))
}

/// The answer holds a secret that blocks it; `place` says which and where.
pub(super) fn blocked(call: &Call, carried: Carried, place: &str) -> Released {
    let text = format!("The server's answer was withheld: it holds a secret{place}.");
    let asked = whose(call, &carried);
    replaced(carried.event, refusal_body(&asked, code::DENIED, &text))
}

/// The answer holds more secrets than are taken out of one.
pub(super) fn worn(call: &Call, carried: Carried) -> Released {
    let text =
        format!("The server's answer was ended: it holds more than {ANSWER_FINDINGS_MAX} secrets.");
    replaced(
        carried.event,
        refusal_body(&call.asked, code::DENIED, &text),
    )
}

/// Without its secrets the result is none that its tool may give. Only results of tools have
/// structured content, so this is one, whatever it was asked for with.
pub(super) fn unfit(call: &Call, carried: Carried) -> Released {
    let text = "The result was withheld: with its secrets removed it no longer fits the tool's output schema.";
    let asked = Asked {
        method: Name::from_static("tools/call"),
        ..whose(call, &carried)
    };
    replaced(carried.event, refusal_body(&asked, code::INTERNAL, text))
}

/// Who waits for this answer: the request of this exchange, or on a replayed stream an earlier one.
fn whose(call: &Call, carried: &Carried) -> Asked {
    let id = match Message::read(carried.document.json()) {
        Ok(Message::Response { id, .. }) => Some(id),
        Ok(Message::Error { id, .. }) => id,
        _ => None,
    };
    let known: Option<Id> = call.asked.id.clone();
    Asked {
        id: known.or(id),
        ..call.asked.clone()
    }
}

fn replaced(event: Event, body: Vec<u8>) -> Released {
    let data = String::from_utf8(body).unwrap_or_default();
    Released {
        event: Event {
            data: Some(data),
            ..event
        },
        text: Text::Withheld,
        is_error: true,
    }
}
