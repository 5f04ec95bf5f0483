//! A walk through the states of a pattern, which counts them: what the engine does where its
//! automaton does not get by.
//!
//! Deliberately absent: matches, and looking around, which only ever makes a walk shorter.

use regex_automata::nfa::thompson::{NFA, State};
use regex_automata::util::primitives::StateID;

/// How many states are visited for a text; beyond `most` they are not counted further.
pub(super) fn visits(nfa: &NFA, text: &[u8], most: u64) -> u64 {
    let mut walk = Walk {
        nfa,
        seen: vec![0; nfa.states().len()],
        now: 0,
        visits: 0,
        waiting: Vec::new(),
    };
    let mut active = Vec::new();
    for byte in text {
        walk.now += 1;
        // Where a pattern is anchored, its start leads nowhere else.
        walk.waiting.push(nfa.start_anchored());
        let start = nfa.start_anchored() == nfa.start_unanchored() && walk.now > 1;
        if start {
            walk.waiting.clear();
        }
        let next: Vec<StateID> = active.drain(..).filter_map(|id| walk.after(id)).collect();
        walk.waiting.extend(next);
        walk.close(&mut active, *byte);
        if walk.visits > most {
            break;
        }
    }
    walk.visits
}

struct Walk<'a> {
    nfa: &'a NFA,
    /// When each state was seen last.
    seen: Vec<usize>,
    now: usize,
    visits: u64,
    waiting: Vec<StateID>,
}

impl Walk<'_> {
    /// Goes on from all that waits without reading, and keeps the states that read this byte.
    fn close(&mut self, active: &mut Vec<(StateID, u8)>, byte: u8) {
        while let Some(id) = self.waiting.pop() {
            let Some(seen) = self.seen.get_mut(id.as_usize()) else {
                continue;
            };
            if *seen == self.now {
                continue;
            }
            *seen = self.now;
            self.visits += 1;
            match self.nfa.state(id) {
                State::Look { next, .. } | State::Capture { next, .. } => self.waiting.push(*next),
                State::Union { alternates } => self.waiting.extend(alternates.iter().copied()),
                State::BinaryUnion { alt1, alt2 } => self.waiting.extend([*alt1, *alt2]),
                State::Fail | State::Match { .. } => {}
                State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) => {
                    active.push((id, byte));
                }
            }
        }
    }

    /// The state behind one that reads a byte.
    fn after(&self, (id, byte): (StateID, u8)) -> Option<StateID> {
        match self.nfa.state(id) {
            State::ByteRange { trans } => trans.matches_byte(byte).then_some(trans.next),
            State::Sparse(transitions) => transitions.matches_byte(byte),
            State::Dense(transitions) => transitions.matches_byte(byte),
            _ => None,
        }
    }
}
