//! What was found in an exchange and what became of it: rule, class, place, length and keyed hash,
//! never the value.

use portcullis_protocol::names::{CallId, Name, ServerName};
use portcullis_protocol::redact::{Fact, Unscanned};
use portcullis_protocol::wire::{Direction, Redactions};
use serde::Serialize;

use super::CallerEntry;

/// The findings of one direction of an exchange.
#[derive(Clone, Debug, Serialize)]
pub struct RedactionsRecord {
    call: CallId,
    server: ServerName,
    caller: CallerEntry,
    method: Name,
    direction: Direction,
    facts: Vec<Fact>,
    more: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unscanned: Vec<Unscanned>,
}

impl From<Redactions> for RedactionsRecord {
    fn from(found: Redactions) -> Self {
        Self {
            call: found.call,
            server: found.server,
            caller: CallerEntry::from(&found.caller),
            method: found.method,
            direction: found.direction,
            facts: found.facts,
            more: found.more,
            unscanned: found.unscanned,
        }
    }
}
