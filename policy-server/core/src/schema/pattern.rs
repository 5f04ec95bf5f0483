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
use super::walk;

/// Up to so many steps a text is counted as if it visited every state at each byte.
const TRIED_STEPS_MIN: u64 = 256;

/// Fewest bytes for each new state of an automaton that is worth its building.
const BYTES_PER_STATE_MIN: usize = 64;

/// Steps for one byte where the automaton gets by.
const STEPS_PER_BYTE: u64 = 2;

/// Steps for one visit of a state where it does not: here, and again where it is checked.
pub(super) const STEPS_PER_VISIT: u64 = 4;

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
    nfa: Option<NFA>,
    automaton: Option<(DFA, Cache)>,
}

impl Pattern {
    pub(super) fn read(pattern: &str) -> Self {
        let nfa = nfa(pattern);
        Self {
            states: nfa.as_ref().map_or(1, |nfa| nfa.states().len() as u64),
            automaton: nfa.clone().and_then(automaton),
            nfa,
        }
    }

    /// The steps that a text takes; beyond `most` they are not counted further.
    pub(super) fn steps(&mut self, text: &str, most: u64) -> u64 {
        let all = self.states.saturating_mul(text.len() as u64);
        if all <= TRIED_STEPS_MIN {
            return all;
        }
        let (built, got_by) = self.built(text);
        let few = STEPS_PER_BYTE.saturating_mul(text.len() as u64);
        let steps = match (got_by, &self.nfa) {
            (false, Some(nfa)) => {
                let most = most / STEPS_PER_VISIT;
                walk::visits(nfa, text.as_bytes(), most).saturating_mul(STEPS_PER_VISIT)
            }
            _ => few,
        };
        steps.saturating_add(built)
    }

    /// What the automaton has built for a text, and whether it got by with it.
    fn built(&mut self, text: &str) -> (u64, bool) {
        let Some((automaton, cache)) = &mut self.automaton else {
            return (0, false);
        };
        let before = (cache.clear_count(), cache.memory_usage());
        let input = Input::new(text).anchored(Anchored::No).earliest(true);
        let got_by = automaton.try_search_fwd(cache, &input).is_ok();
        let clears = cache.clear_count().saturating_sub(before.0);
        let grown = cache.memory_usage().saturating_sub(before.1);
        ((clears * PATTERN_BYTES_MAX + grown) as u64, got_by)
    }
}

/// An automaton that gives up as soon as it builds states for few bytes each.
fn automaton(nfa: NFA) -> Option<(DFA, Cache)> {
    let config = DFA::config()
        .cache_capacity(PATTERN_BYTES_MAX)
        .skip_cache_capacity_check(true)
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
        // A pseudo-random text, over which the automaton needs ever new states.
        let mixed: String = (0_u32..20_000)
            .map(|n| match n.wrapping_mul(2_654_435_761) >> 16 & 1 {
                0 => 'a',
                _ => 'b',
            })
            .collect();
        let mut wide = Pattern::read("a[ab]{900}c");
        assert!(wide.states > 900, "{}", wide.states);
        assert!(wide.steps(&mixed, u64::MAX) > 100 * mixed.len() as u64);
        assert!(
            wide.steps(&mixed, 1_000) < 1_000_000,
            "and no more than it is worth"
        );
        for plain in [
            "^[A-Za-z0-9+/]+={0,2}$",
            r"^[\p{L}\p{N}\s]+$",
            r"\S",
            "^.*$",
        ] {
            let steps = Pattern::read(plain).steps(&mixed, u64::MAX);
            assert!(steps <= 4 * mixed.len() as u64, "{plain} {steps}");
        }
    }
}
