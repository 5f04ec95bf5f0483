//! Which policies the cases have shown at work.

use serde::Serialize;

use super::run::Tried;
use crate::engine::cedar::Standing;

/// How many policies determined a case that passed, were shut as its gate, or were noted in shadow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// All policies.
    pub policies: usize,
    /// Those that are covered.
    pub covered: usize,
    /// The share of them in whole per cent, rounded down; 100 of none.
    pub percent: usize,
    /// The others, in the order in which they stand.
    pub uncovered: Vec<Standing>,
}

impl Coverage {
    /// The coverage of these policies by these cases.
    #[must_use]
    pub fn of(standings: Vec<Standing>, tried: &[Tried]) -> Self {
        let passed = |tried: &&Tried| tried.mismatches.is_empty();
        let shown: std::collections::BTreeSet<&str> = tried
            .iter()
            .filter(passed)
            .flat_map(|tried| tried.decided.iter().map(String::as_str))
            .collect();
        let policies = standings.len();
        let uncovered: Vec<Standing> = standings
            .into_iter()
            .filter(|standing| !shown.contains(standing.policy.as_str()))
            .collect();
        let covered = policies - uncovered.len();
        Self {
            policies,
            covered,
            percent: (100 * covered).checked_div(policies).unwrap_or(100),
            uncovered,
        }
    }
}
