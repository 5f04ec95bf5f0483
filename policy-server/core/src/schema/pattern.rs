//! What a pattern costs: its states at each byte, unless its automaton gets by with fewer.
//!
//! The engine that checks is linear, but its constant is the size of the pattern, and that is
//! somebody else's choice. Deliberately absent: matches; the check finds them.

use jsonschema_regex::to_rust_regex;
use regex_automata::Anchored;
use regex_automata::Input;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, NFA};

use super::check::PATTERN_BYTES_MAX;

/// Up to so many steps a text is counted as if it visited every state at each byte.
const TRIED_STEPS_MIN: u64 = 50_000;

/// Fewest bytes for each new state of an automaton that is worth its building.
const BYTES_PER_STATE_MIN: usize = 64;

/// Steps for one byte where the automaton gets by.
const STEPS_PER_BYTE: u64 = 2;

/// The states of a pattern; those of one that cannot be read are none, as it does not load either.
pub(super) fn states(pattern: &str) -> u64 {
    nfa(pattern).map_or(1, |nfa| nfa.states().len() as u64)
}

fn nfa(pattern: &str) -> Option<NFA> {
    let pattern = to_rust_regex(pattern).ok()?;
    let config = thompson::Config::new().nfa_size_limit(Some(PATTERN_BYTES_MAX));
    thompson::Compiler::new()
        .configure(config)
        .build(&pattern)
        .ok()
}

/// A pattern that texts are held against, one after another.
pub(super) struct Pattern {
    pub(super) states: u64,
    automaton: Option<(DFA, Cache)>,
}

impl Pattern {
    pub(super) fn read(pattern: &str) -> Self {
        let nfa = nfa(pattern);
        let states = nfa.as_ref().map_or(1, |nfa| nfa.states().len() as u64);
        Self {
            states,
            automaton: nfa.and_then(automaton),
        }
    }

    /// The steps that a text takes.
    pub(super) fn steps(&mut self, text: &str) -> u64 {
        let all = self.states.saturating_mul(text.len() as u64);
        if all <= TRIED_STEPS_MIN {
            return all;
        }
        let input = Input::new(text).anchored(Anchored::No).earliest(true);
        let gets_by = self
            .automaton
            .as_mut()
            .is_some_and(|(automaton, cache)| automaton.try_search_fwd(cache, &input).is_ok());
        match gets_by {
            true => all.min(STEPS_PER_BYTE.saturating_mul(text.len() as u64)),
            false => all,
        }
    }
}

/// An automaton that gives up as soon as it builds states for few bytes each.
fn automaton(nfa: NFA) -> Option<(DFA, Cache)> {
    let config = DFA::config()
        .cache_capacity(PATTERN_BYTES_MAX)
        .minimum_cache_clear_count(Some(0))
        .minimum_bytes_per_state(Some(BYTES_PER_STATE_MIN))
        .unicode_word_boundary(true);
    let automaton = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
    let cache = automaton.create_cache();
    Some((automaton, cache))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_its_automaton_cannot_carry_costs_its_states() {
        let mixed: String = (0_u32..200_000)
            .map(|n| match n.wrapping_mul(2_654_435_761) >> 16 & 1 {
                0 => 'a',
                _ => 'b',
            })
            .collect();
        let mut wide = Pattern::read("a[ab]{900}c");
        assert!(wide.states > 900, "{}", wide.states);
        assert_eq!(wide.steps(&mixed), wide.states * mixed.len() as u64);
        for plain in [
            "^[A-Za-z0-9+/]+={0,2}$",
            r"^[\p{L}\p{N}\s]+$",
            r"\S",
            "^.*$",
        ] {
            let steps = Pattern::read(plain).steps(&mixed);
            assert!(
                steps <= STEPS_PER_BYTE * mixed.len() as u64,
                "{plain} {steps}"
            );
        }
    }
}
