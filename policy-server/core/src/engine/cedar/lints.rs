//! Lints: what validates and can still hardly be meant.
//!
//! Deliberately absent: what the validator says already (policies that fit no action, conditions
//! that are always false), and anything that would need a solver.

mod dead;
mod gates;
mod names;
mod shape;
mod spelling;

use cedar_policy::Schema;
use serde_json::Value;

use super::Engine;
use super::disclose;
use super::found::{self, Found};
use crate::catalogue::Quarantine;
use crate::policies::{Code, Known, Problem, Sources};

/// A policy, and its JSON form.
struct Policy<'a> {
    found: Found<'a>,
    json: Value,
}

impl Policy<'_> {
    /// The bodies of its conditions of one kind, `when` or `unless`.
    fn bodies(&self, kind: &'static str) -> impl Iterator<Item = &Value> {
        let conditions = self.json.get("conditions").and_then(Value::as_array);
        conditions
            .into_iter()
            .flatten()
            .filter(move |one| one.get("kind").and_then(Value::as_str) == Some(kind))
            .filter_map(|one| one.get("body"))
    }
}

impl Engine {
    /// What can hardly be meant in the policies that this engine was loaded from.
    ///
    /// Other sources than those may also give errors.
    #[must_use]
    pub fn lints(&self, sources: &Sources, known: &Known) -> Vec<Problem> {
        let found = match found::all(sources) {
            Ok(found) => found,
            Err(problems) => return problems,
        };
        let policies: Vec<Policy<'_>> = found
            .into_iter()
            .map(|found| Policy {
                json: found.policy.to_json().unwrap_or_default(),
                found,
            })
            .collect();
        let (data, messages): (Vec<Policy<'_>>, Vec<Policy<'_>>) = policies
            .into_iter()
            .partition(|policy| disclose::names(&policy.found.policy));
        let schemas: Vec<&Schema> = self.fittings.schemas().chain([&self.index.bare]).collect();
        let mut problems = dead::lint(&messages, &schemas);
        problems.extend(dead::lint(&data, &[self.index.disclosing.schema()]));
        let policies: Vec<Policy<'_>> = messages.into_iter().chain(data).collect();
        for policy in &policies {
            problems.extend(names::lint(policy, known));
            problems.extend(gates::lint(policy));
            problems.extend(shape::unscoped(policy));
            problems.extend(spelling::lint(policy));
        }
        problems.extend(shape::open_prefixes(&policies));
        problems.extend(self.idle.iter().cloned());
        problems.extend(self.unfit_tools(&policies));
        problems.sort();
        problems.dedup();
        problems
    }
}

impl Engine {
    /// Tools that servers list and policies do not fit.
    fn unfit_tools(&self, policies: &[Policy<'_>]) -> Vec<Problem> {
        let problem = |(server, tool, _, why): (_, _, _, &Quarantine)| {
            let id = match why {
                Quarantine::Unfit { policy, .. } => policy.as_str(),
                _ => "",
            };
            let message = format!("the tool `{server}/{tool}` is in quarantine: {why}");
            let mut by_id = policies.iter().filter(|one| {
                let of: &str = one.found.policy.id().as_ref();
                of == id
            });
            let problem = match by_id.next() {
                Some(one) => one.found.problem(Code::LintUnfitTool, &message),
                None => Problem::new(Code::LintUnfitTool, "policies", &message),
            };
            problem.help(
                "no call of it is made: write the policy so that it fits, or pin the server's tools",
            )
        };
        self.unfit().map(problem).collect()
    }
}

#[cfg(test)]
mod tests;
