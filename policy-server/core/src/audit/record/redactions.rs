//! What was found in an exchange and what became of it: rule, class, place, length and keyed hash,
//! never the value.

use portcullis_protocol::names::{CallId, Name, ServerName};
use portcullis_protocol::redact::{Fact, Unscanned};
use portcullis_protocol::wire::{Direction, Redactions};
use serde::Serialize;

use super::CallerEntry;

/// Most bytes of findings that a record spells out, and as many of parts not looked at.
const SPELLED_BYTES_MAX: usize = 24 * 1024;

/// The findings of one direction of an exchange.
#[derive(Clone, Debug, Serialize)]
pub struct RedactionsRecord {
    /// The `seq` of the decision on the same call, when there is one.
    pub decision: Option<u64>,
    call: CallId,
    server: ServerName,
    caller: CallerEntry,
    method: Name,
    direction: Direction,
    facts: Vec<Fact>,
    more: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unscanned: Vec<Unscanned>,
    #[serde(skip_serializing_if = "is_zero")]
    unscanned_more: u64,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl From<Redactions> for RedactionsRecord {
    fn from(found: Redactions) -> Self {
        let (facts, more) = spelled(found.facts);
        let (unscanned, unscanned_more) = spelled(found.unscanned);
        Self {
            decision: None,
            call: found.call,
            server: found.server,
            caller: CallerEntry::from(&found.caller),
            method: found.method,
            direction: found.direction,
            facts,
            more: found.more.saturating_add(more),
            unscanned,
            unscanned_more,
        }
    }
}

impl RedactionsRecord {
    /// The same findings without their places.
    pub(super) fn placeless(&self) -> Self {
        let mut found = self.clone();
        let facts = found.facts.iter_mut().map(|fact| &mut fact.pointer);
        let unscanned = found.unscanned.iter_mut().map(|part| &mut part.pointer);
        facts.chain(unscanned).for_each(String::clear);
        found
    }
}

/// As many as fit, and how many do not.
fn spelled<T: Serialize>(all: Vec<T>) -> (Vec<T>, u64) {
    let count = all.len();
    let mut bytes = 0_usize;
    let fits = |one: &T| {
        bytes = bytes.saturating_add(serde_json::to_vec(one).map_or(usize::MAX, |json| json.len()));
        bytes <= SPELLED_BYTES_MAX
    };
    let kept: Vec<T> = all.into_iter().take_while(fits).collect();
    let more = count - kept.len();
    (kept, more as u64)
}

#[cfg(test)]
mod tests {
    use portcullis_protocol::redact::{Action, Class, MarkKey, Reason};

    use super::*;
    use crate::audit::chain::{Link, seal};
    use crate::audit::{RECORD_BYTES_MAX, Record};
    use portcullis_protocol::redact::Rules;

    #[test]
    fn the_longest_report_fits_into_a_record() {
        let pointer = "\u{1}".repeat(512);
        let fact = Fact {
            rule: Name::from_static("github-token"),
            class: Class::parse("secret.github").unwrap(),
            pointer: pointer.clone(),
            bytes: 40,
            mark: MarkKey::new([1; 32]).mark("x"),
            action: Action::Redacted,
        };
        let part = Unscanned {
            pointer,
            bytes: 1,
            reason: Reason::Blob,
        };
        let found = Redactions {
            call: CallId::from_bytes([1; 16]),
            server: ServerName::parse("demo").unwrap(),
            caller: portcullis_protocol::names::Caller {
                issuer: Name::from_static("i"),
                subject: Name::from_static("s"),
                roles: Vec::new(),
                agent: None,
            },
            method: Name::from_static("tools/call"),
            direction: Direction::ToClient,
            facts: vec![fact; 64],
            more: 3,
            unscanned: vec![part; 64],
        };
        let record = RedactionsRecord::from(found);
        assert_eq!(record.more, 3 + 64 - record.facts.len() as u64);
        assert!(!record.facts.is_empty() && !record.unscanned.is_empty());
        let record = Record::Redactions(Box::new(record));
        let sealed = seal(Link::ORIGIN, 0, &record, &Rules::built_in()).unwrap();
        assert!(sealed.bytes.len() < RECORD_BYTES_MAX);
    }
}
