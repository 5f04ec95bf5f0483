//! A message on its way to the agent, and what is known of it.

use std::ops::Range;

use portcullis_protocol::json::Document;
use portcullis_protocol::names::CallId;
use portcullis_protocol::sse::Event;
use portcullis_protocol::wire::Loss;

use super::telling::delivered;
use crate::exchange::effect::Effect;

/// A message on its way.
#[derive(Debug)]
pub(super) struct Carried {
    /// The event without its data.
    pub(super) event: Event,
    /// The data.
    pub(super) document: Document,
    pub(super) text: Text,
    pub(super) is_error: bool,
    /// The verdicts by which it goes.
    pub(super) admitted: Vec<CallId>,
}

/// What became of the messages so far.
#[derive(Debug, Default)]
pub(in crate::exchange) struct Progress {
    /// Messages that go to the agent, in order.
    pub(in crate::exchange) released: Vec<Released>,
    /// Why messages went nowhere, without anything in their place.
    pub(in crate::exchange) dropped: Vec<Loss>,
    /// Questions, answers to the MCP server, reports.
    pub(in crate::exchange) effects: Vec<Effect>,
}

/// A message that goes to the agent.
#[derive(Debug)]
pub(in crate::exchange) struct Released {
    pub(in crate::exchange) event: Event,
    pub(in crate::exchange) text: Text,
    pub(in crate::exchange) is_error: bool,
}

/// Whether a message goes as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exchange) enum Text {
    /// Byte for byte.
    Original,
    /// With a part replaced by policy.
    Changed,
    /// Withheld; something neutral stands in its place.
    Withheld(Loss),
}

impl Carried {
    pub(super) const fn new(event: Event, document: Document) -> Self {
        Self {
            event,
            document,
            text: Text::Original,
            is_error: false,
            admitted: Vec::new(),
        }
    }

    /// The message with the list that the caller may see; without one only the event is left.
    pub(super) fn with(self, span: Range<usize>, list: Option<String>) -> Result<Self, Event> {
        let mut text = self.document.into_text();
        let list = list.filter(|_| text.get(span.clone()).is_some());
        let Some(list) = list else {
            return Err(self.event);
        };
        text.replace_range(span, &list);
        let Ok(document) = Document::of(text) else {
            return Err(self.event);
        };
        Ok(Self {
            text: Text::Changed,
            ..Self::new(self.event, document)
        })
    }
}

/// It goes to the agent, and with it end the calls by which it goes.
pub(super) fn deliver(carried: Carried, progress: &mut Progress) {
    let data = carried.document.into_text();
    progress.effects.extend(delivered(&carried.admitted, &data));
    progress.released.push(Released {
        event: Event {
            data: Some(data),
            ..carried.event
        },
        text: carried.text,
        is_error: carried.is_error,
    });
}

impl Released {
    pub(super) const fn original(event: Event) -> Self {
        Self {
            event,
            text: Text::Original,
            is_error: false,
        }
    }
}
