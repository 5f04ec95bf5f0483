//! Recorded decisions asked again of other policies: what would have become of yesterday's traffic?
//!
//! Where a record holds everything that policies may look at, the answer is
//! [`crate::decision::decide`]'s, with the record's own time. Where it holds no more of the arguments
//! than types and digest, an outcome counts only if no arguments could change it; otherwise the
//! answer is that nobody knows.
//!
//! What replay cannot know:
//! - **Arguments** that were not kept. Policies that read none are exact all the same.
//!   Rego is not asked without them.
//! - **Definitions.** A tool is judged by the definition that the draft knows. Where that is another
//!   than the recorded one, arguments that are not kept might not fit it, so that nothing but a
//!   denial is sure. Tags and hints are the draft's too.
//! - **Names cut off:** more than 4,096 bytes of roles, more than eight targets, URIs with userinfo,
//!   query, fragment or without `//`, and task ids are in the log as digests.
//! - **Approvals.** Every question is asked without one: a call that waits for a yes is `approve`,
//!   whether somebody would have said yes or not.
//! - **Quarantine** is the draft's, as it knows the tools now.
//! - **Sessions.** A message of an unknown session was denied before policies were asked; it stays
//!   denied.
//! - **What would have followed:** a call that is denied now has later calls in the log that would
//!   not have been made, and a call that is allowed now has none.
//! - **Lists:** what a list would have shown, and whether a denial looks like a tool that does not
//!   exist, is not compared. Nor are what the filter refused by itself, and the sentence of a denial.
//!
//! Deliberately absent: reading the database, and time other than the record's.

mod recorded;

use std::collections::BTreeSet;

use portcullis_protocol::wire::Target;
use serde::Serialize;

pub use self::recorded::{Decided, Head, Unreadable};

use self::recorded::Arguments;
use crate::cases::Written;
use crate::catalogue::{Catalogue, Known};
use crate::decision::Outcome;
use crate::engine::Fault;
use crate::engine::cedar::{Prospect, Unread};
use crate::facts::Subject;
use crate::policies::Policies;

/// What the draft makes of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The outcome is the same.
    Same(Outcome),
    /// It is another one.
    Changed {
        /// The outcome then.
        from: Outcome,
        /// The outcome with the draft.
        to: Outcome,
    },
    /// Nobody can say.
    Unknown(Why),
}

impl Verdict {
    /// The draft's outcome.
    ///
    /// # Errors
    /// Nobody can say, and why.
    pub const fn outcome(self) -> Result<Outcome, Why> {
        match self {
            Self::Same(outcome) | Self::Changed { to: outcome, .. } => Ok(outcome),
            Self::Unknown(why) => Err(why),
        }
    }
}

/// Why nobody can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The outcome depends on arguments, of which types are recorded.
    #[error("it depends on arguments, of which only types and digest are recorded")]
    Arguments,
    /// The outcome depends on arguments, of which nothing is recorded.
    #[error("it depends on arguments, of which the record of an earlier version says nothing")]
    Unrecorded,
    /// The arguments are not kept, and the tool is another one by now.
    #[error("the tool's definition is not the recorded one, and the arguments may not fit it")]
    Definition,
    /// The draft is written in Rego, whose modules are not asked without the arguments.
    #[error(
        "only types and digest of the arguments are recorded, and Rego is not asked without them"
    )]
    Rego,
    /// Policies did not answer in time, then or now.
    #[error("policies took too long, then or now")]
    TimeOut,
    /// The draft does not know the tool.
    #[error(
        "the draft knows no definition of the tool; add its list to the folder as `tools/SERVER.json`"
    )]
    Tool,
    /// The roles are not spelled out.
    #[error("the caller's roles are recorded as a digest only")]
    Roles,
    /// There were too many targets.
    #[error("not all of its targets are recorded")]
    Targets,
    /// A URI is not spelled out.
    #[error("the URI is not recorded as a whole, because it may hold secrets")]
    Uri,
    /// A task's id is not spelled out.
    #[error("the task's id is recorded as a digest only")]
    Task,
    /// There were no policies, or only stale ones.
    #[error("no policies were in force when it was decided")]
    NotLoaded,
}

/// A decision asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// What came of it.
    pub verdict: Verdict,
    /// The ids of the draft's policies that determine it, sorted; none when nobody can say.
    pub determining: Vec<String>,
}

/// A draft that recorded decisions are put to.
#[derive(Debug)]
pub struct Replay<'a> {
    draft: &'a Policies,
    /// Of Cedar policies only.
    unread: Option<Unread<'a>>,
}

impl<'a> Replay<'a> {
    /// Puts decisions to this draft.
    #[must_use]
    pub fn new(draft: &'a Policies) -> Self {
        Self {
            draft,
            unread: draft.engine().cedar().map(Unread::new),
        }
    }

    /// Asks once more.
    #[must_use]
    pub fn again(&mut self, decided: &Decided) -> Replayed {
        match self.outcome(decided) {
            Ok((to, determining)) if to == decided.outcome => Replayed {
                verdict: Verdict::Same(to),
                determining,
            },
            Ok((to, determining)) => Replayed {
                verdict: Verdict::Changed {
                    from: decided.outcome,
                    to,
                },
                determining,
            },
            Err(why) => Replayed {
                verdict: Verdict::Unknown(why),
                determining: Vec::new(),
            },
        }
    }

    /// The draft's outcome, and what determines it.
    fn outcome(&mut self, decided: &Decided) -> Result<(Outcome, Vec<String>), Why> {
        let none_in_force = [Fault::NotLoaded, Fault::Stale];
        if none_in_force
            .iter()
            .any(|fault| decided.failed_with(&fault.to_string()))
        {
            return Err(Why::NotLoaded);
        }
        if decided.failed_with(&Fault::TimeOut.to_string()) {
            return Err(Why::TimeOut);
        }
        if decided.failed_with(&Fault::UnknownSession.to_string()) {
            return Ok((Outcome::Deny, Vec::new()));
        }
        let question = decided.question.as_ref().map_err(|why| *why)?;
        let catalogue = self.draft.catalogue();
        if is_lost(decided, question, catalogue) {
            return Err(Why::Tool);
        }
        if decided.arguments == Arguments::Known {
            let judgement = question.judge(self.draft, 0);
            if judgement.faults.contains(&Fault::TimeOut) {
                return Err(Why::TimeOut);
            }
            return Ok((judgement.outcome, judgement.determining));
        }
        self.likely(decided, question)
    }

    /// The outcome of a question without its arguments, target by target as
    /// [`crate::decision::decide`] goes: the first that is not allowed is the answer.
    fn likely(
        &mut self,
        decided: &Decided,
        question: &Written,
    ) -> Result<(Outcome, Vec<String>), Why> {
        let facts = question.facts(self.draft.catalogue(), 0);
        let digest = match decided.arguments {
            Arguments::Digest(digest) => Some(digest),
            Arguments::Known | Arguments::Unrecorded => None,
        };
        let mut determining = BTreeSet::new();
        for subject in &facts.subjects {
            let fit = Fit::of(decided, subject);
            let prospect = match fit {
                Fit::Bad => Prospect::denied(),
                Fit::Good | Fit::Inexact | Fit::Unsure => {
                    let unread = self.unread.as_mut().ok_or(Why::Rego)?;
                    unread.prospect(&facts, subject, digest)
                }
            };
            let outcome = prospect.sure().ok_or(match digest {
                Some(_) => Why::Arguments,
                None => Why::Unrecorded,
            })?;
            match fit {
                Fit::Unsure if outcome != Outcome::Deny => return Err(Why::Definition),
                Fit::Inexact if outcome != Outcome::Deny => return Err(Why::Arguments),
                _ => {}
            }
            if outcome != Outcome::Allow {
                return Ok((outcome, prospect.determining));
            }
            determining.extend(prospect.determining);
        }
        Ok((Outcome::Allow, determining.into_iter().collect()))
    }
}

/// Whether it was about a tool that had a definition, of which the draft knows nothing.
fn is_lost(decided: &Decided, question: &Written, catalogue: &Catalogue) -> bool {
    let unlisted = |target: &Target| {
        matches!(target, Target::Tool(_))
            && matches!(
                catalogue.known(&question.server, target),
                Known::Unlisted(_)
            )
    };
    let never_listed = decided.tool.as_ref().is_some_and(|tool| !tool.listed);
    !never_listed && question.targets.iter().any(unlisted)
}

/// Whether arguments that are not known fit what they are for. Those of what is no tool that do not are
/// denied whatever policies say; what policies read of a tool's, [`Unread`] reckons with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Good,
    Bad,
    /// Something that policies read then was not exact.
    Inexact,
    Unsure,
}

impl Fit {
    fn of(decided: &Decided, subject: &Subject<'_>) -> Self {
        let refused = decided.failed_with(&Fault::UnfitRequest.to_string());
        let inexact = decided.failed_with(&Fault::Arguments("").to_string());
        let same = match subject.known {
            Known::Tool(tool) => {
                let then = decided.tool.as_ref().and_then(|tool| tool.definition);
                then == Some(tool.definition)
            }
            Known::Unlisted(_) | Known::Quarantined(_) => true,
        };
        match (same, refused) {
            (true, _) if inexact => Self::Inexact,
            (true, true) => Self::Bad,
            (true, false) => Self::Good,
            (false, _) => Self::Unsure,
        }
    }
}

#[cfg(test)]
mod tests;
