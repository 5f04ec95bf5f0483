//! What was found in an exchange, until it is told: never a value.

use portcullis_protocol::limits::{ANSWER_FINDINGS_MAX, FACTS_MAX};
use portcullis_protocol::redact::{Fact, Unscanned};
use portcullis_protocol::wire::{Direction, Redactions, Report};

use super::effect::Effect;
use super::refusal::Asked;

/// Most reports that one exchange makes in one direction; what is found beyond them is counted.
/// A stream without end must not push the reports of others out of the queue.
const TOLD_MAX: usize = 64;

/// What a finding takes beside its place, in bytes.
const FINDING_BYTES: usize = 256;

/// The findings of one direction.
#[derive(Debug)]
pub(super) struct Ledger {
    direction: Direction,
    facts: Vec<Fact>,
    more: u64,
    unscanned: Vec<Unscanned>,
    told: usize,
    /// All that was found so far.
    found: u64,
}

impl Ledger {
    pub(super) const fn new(direction: Direction) -> Self {
        Self {
            direction,
            facts: Vec::new(),
            more: 0,
            unscanned: Vec::new(),
            told: 0,
            found: 0,
        }
    }

    /// How many bytes it holds, or somewhat more.
    pub(super) fn held_bytes(&self) -> usize {
        let facts: usize = self
            .facts
            .iter()
            .map(|fact| fact.pointer.len() + FINDING_BYTES)
            .sum();
        let parts = self.unscanned.iter();
        let parts: usize = parts.map(|part| part.pointer.len() + FINDING_BYTES).sum();
        facts + parts
    }

    /// Notes what was found in one message, and tells what fills a report.
    pub(super) fn note(
        &mut self,
        asked: &Asked,
        facts: Vec<Fact>,
        more: u64,
        unscanned: Vec<Unscanned>,
    ) -> Vec<Effect> {
        let found = more.saturating_add(facts.len() as u64);
        self.found = self.found.saturating_add(found);
        self.more = self.more.saturating_add(more);
        self.facts.extend(facts);
        self.unscanned.extend(unscanned);
        let mut effects = Vec::new();
        while self.facts.len() >= FACTS_MAX || self.unscanned.len() >= FACTS_MAX {
            if self.told + 1 < TOLD_MAX {
                effects.extend(self.tell(asked));
            } else {
                self.count_on();
            }
        }
        effects
    }

    /// Whether more was found than may be in one answer.
    pub(super) const fn is_full(&self) -> bool {
        self.found > ANSWER_FINDINGS_MAX
    }

    /// Tells the rest.
    pub(super) fn close(&mut self, asked: &Asked) -> Option<Effect> {
        let nothing = self.facts.is_empty() && self.unscanned.is_empty() && self.more == 0;
        if nothing { None } else { self.tell(asked) }
    }

    /// Keeps one report's worth, and only counts what is beyond it.
    fn count_on(&mut self) {
        let keep = FACTS_MAX - 1;
        let beyond =
            self.facts.len().saturating_sub(keep) + self.unscanned.len().saturating_sub(keep);
        self.more = self.more.saturating_add(beyond as u64);
        self.facts.truncate(keep);
        self.unscanned.truncate(keep);
    }

    fn tell(&mut self, asked: &Asked) -> Option<Effect> {
        self.told += 1;
        let facts = first(&mut self.facts);
        let unscanned = first(&mut self.unscanned);
        Some(Effect::Report(Report::Redactions(Redactions {
            call: asked.call,
            server: asked.server.clone(),
            caller: asked.caller.clone(),
            method: asked.method.clone(),
            direction: self.direction,
            facts,
            more: std::mem::take(&mut self.more),
            unscanned,
        })))
    }
}

fn first<T>(all: &mut Vec<T>) -> Vec<T> {
    let rest = all.split_off(all.len().min(FACTS_MAX));
    std::mem::replace(all, rest)
}
