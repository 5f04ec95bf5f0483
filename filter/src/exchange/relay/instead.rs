//! What the agent gets instead of a message that it may not have. Nothing of that message is in it.

use portcullis_protocol::jsonrpc::{Id, Message};
use portcullis_protocol::names::Name;
use portcullis_protocol::sse::Event;
use portcullis_protocol::wire::Loss;

use super::{Carried, Progress, Released, Text};
use crate::exchange::loss::{code_of, said};
use crate::exchange::reading::Call;
use crate::exchange::refusal::{Asked, refusal_body};

/// The message goes nowhere, and nothing that says something takes its place: only that the server is
/// still there, and what a client resumes the stream by.
pub(super) fn nothing(why: Loss, event: Event, progress: &mut Progress) {
    progress.dropped.push(why);
    let left = Event {
        id: event.id,
        retry: event.retry,
        ..Event::comment()
    };
    progress.released.push(Released::original(left));
}

/// The answer may not go, or will not come.
pub(in crate::exchange) fn withheld(call: &Call, event: Event, why: Loss) -> Released {
    replaced(&call.asked, event, why, &said(why, 200))
}

/// The answer holds a secret that blocks it; `place` says which and where.
pub(super) fn blocked(call: &Call, carried: Carried, place: &str) -> Released {
    let text = format!("The server's answer was withheld: it holds a secret{place}.");
    let asked = whose(call, &carried);
    replaced(&asked, carried.event, Loss::Secret, &text)
}

/// Without its secrets the result is none that its tool may give. Only results of tools have
/// structured content, so this is one, whatever it was asked for with.
pub(super) fn unfit(call: &Call, carried: Carried) -> Released {
    let asked = Asked {
        method: Name::from_static("tools/call"),
        ..whose(call, &carried)
    };
    let why = Loss::Schema;
    replaced(&asked, carried.event, why, &said(why, 200))
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

fn replaced(asked: &Asked, event: Event, why: Loss, text: &str) -> Released {
    let body = refusal_body(asked, code_of(why), text);
    let data = String::from_utf8(body).unwrap_or_default();
    Released {
        event: Event {
            data: Some(data),
            ..event
        },
        text: Text::Withheld(why),
        is_error: true,
    }
}
