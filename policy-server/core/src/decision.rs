//! The decision: opinions on every target become one judgement. Whatever is not allowed is denied.
//!
//! Deliberately absent: the verdict *approve*, and denials shaped `Hidden`; both are for later.

use portcullis_protocol::wire::{Denial, Shape, Terms, Verdict};

use crate::engine::cedar::Inquiry;
use crate::engine::{Fault, Opinion};
use crate::facts::{Facts, Subject};
use crate::policies::Policies;

/// What the agent reads when it may not do something.
pub const DENIED: &str = "Denied by policy.";

/// Most `@reason` sentences that one denial carries.
const REASONS_MAX: usize = 4;

/// What was decided, and because of what.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The ids of the policies that determined it, sorted.
    pub determining: Vec<String>,
    /// What went wrong on the way; then the verdict is a denial.
    pub faults: Vec<Fault>,
}

impl Judgement {
    /// A denial for want of a judgement.
    pub fn failed(fault: Fault) -> Self {
        Self {
            verdict: deny(DENIED.to_owned()),
            determining: Vec::new(),
            faults: vec![fault],
        }
    }

    /// Whether the verdict is an allow.
    #[must_use]
    pub const fn allows(&self) -> bool {
        matches!(self.verdict, Verdict::Allow(_))
    }
}

/// Judges one message: every one of its targets must be allowed.
pub fn decide(policies: &Policies, facts: &Facts<'_>) -> Judgement {
    let judge = match Judge::new(policies, facts) {
        Ok(judge) => judge,
        Err(fault) => return Judgement::failed(fault),
    };
    let Some((first, rest)) = facts.subjects.split_first() else {
        return Judgement::failed(Fault::UnfitRequest);
    };
    let mut judgement = judge.judge(first);
    for subject in rest {
        if !judgement.allows() {
            break;
        }
        let next = judge.judge(subject);
        let determining = std::mem::take(&mut judgement.determining);
        judgement = match next.verdict {
            Verdict::Allow(_) => Judgement {
                determining: merged(determining, next.determining),
                ..next
            },
            _ => next,
        };
    }
    judgement
}

/// One caller's message, judged target by target. Lists use the same judge as calls.
#[derive(Debug)]
pub struct Judge<'a> {
    policies: &'a Policies,
    inquiry: Inquiry<'a>,
}

impl<'a> Judge<'a> {
    /// Prepares what all targets share. `facts.subjects` is not looked at.
    ///
    /// # Errors
    /// The method is unknown, or the facts do not fit the schema.
    pub fn new(policies: &'a Policies, facts: &Facts<'_>) -> Result<Self, Fault> {
        Ok(Self {
            policies,
            inquiry: policies.engine().inquire(facts)?,
        })
    }

    /// Judges one target.
    pub fn judge(&self, subject: &Subject<'_>) -> Judgement {
        let (verdict, determining, faults) = match self.inquiry.opinion(subject) {
            Opinion::Permit(by) => (Verdict::Allow(Terms::default()), by, Vec::new()),
            Opinion::Forbid(by) => (deny(self.message(&by)), by, Vec::new()),
            Opinion::Silent => (deny(DENIED.to_owned()), Vec::new(), Vec::new()),
            Opinion::Failed(faults) => (deny(DENIED.to_owned()), Vec::new(), faults),
        };
        Judgement {
            verdict,
            determining,
            faults,
        }
    }

    /// The neutral sentence, and what the authors of the policies wrote for the agent.
    fn message(&self, forbidding: &[String]) -> String {
        let mut reasons: Vec<&str> = forbidding
            .iter()
            .filter_map(|id| self.policies.engine().reason(id))
            .collect();
        reasons.dedup();
        reasons.truncate(REASONS_MAX);
        reasons.insert(0, DENIED);
        reasons.join(" ")
    }
}

fn deny(message: String) -> Verdict {
    Verdict::Deny(Denial {
        shape: Shape::Refused,
        message,
    })
}

fn merged(mut one: Vec<String>, other: Vec<String>) -> Vec<String> {
    one.extend(other);
    one.sort();
    one.dedup();
    one
}

#[cfg(test)]
pub(crate) mod tests;
