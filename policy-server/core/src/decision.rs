//! The decision: opinions on every target become one judgement. Whatever is not allowed is denied.
//!
//! [`outcome`] is the only place that turns an opinion into allow, approve or deny, whatever engine
//! it comes from. Deliberately absent: anybody who answers an approval; [`APPROVERS`] says so.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::ServerName;
use portcullis_protocol::wire::{Denial, Direction, Pending, Shape, Terms, Verdict};
use serde::{Deserialize, Serialize};

use crate::catalogue::Known;
use crate::engine::cedar::{self, Dissected};
use crate::engine::rego;
use crate::engine::{Engine, Fault, Gate, Opinion, ShadowNote};
use crate::facts::{Facts, Subject};
use crate::policies::Policies;
use crate::schema::{self, ArgumentFault, STEPS_FEW, STEPS_PER_VALUE};

/// What the agent reads when it may not do something.
pub const DENIED: &str = "Denied by policy.";

/// What the agent reads when its call was not judged in time.
const LATE: &str = "The arguments take long to check, and too many such calls wait already. \
                    Send shorter ones, or try again in a moment.";

/// Most sentences of policies' authors that one answer carries.
const REASONS_MAX: usize = 4;

/// What policy says, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It may happen.
    Allow,
    /// It may happen once a human has said yes.
    Approve,
    /// It may not happen.
    Deny,
}

impl Outcome {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }
}

/// What an opinion comes to. Only what is permitted, and neither forbidden nor gated, is allowed.
#[must_use]
pub const fn outcome(opinion: &Opinion) -> Outcome {
    if !opinion.faults.is_empty() || !opinion.forbids.is_empty() || opinion.permits.is_empty() {
        Outcome::Deny
    } else if !opinion.gates.is_empty() {
        Outcome::Approve
    } else {
        Outcome::Allow
    }
}

/// Whether there is somebody who answers approvals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approvers {
    /// Nobody yet: a call that needs an approval is refused, with a sentence that says so.
    Nobody,
    /// Somebody: such a call is held.
    Somebody,
}

/// Approvals are not here yet. Whoever adds them changes this to [`Approvers::Somebody`].
pub const APPROVERS: Approvers = Approvers::Nobody;

/// What was decided, and because of what.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What goes to the filter.
    pub verdict: Verdict,
    /// What policy says.
    pub outcome: Outcome,
    /// The ids of the policies that determined it, sorted.
    pub determining: Vec<String>,
    /// The gates that an approval would open; none unless the outcome is *approve*.
    pub gates: Vec<Gate>,
    /// What went wrong on the way; then the verdict is a denial.
    pub faults: Vec<Fault>,
    /// What policies in shadow would have said.
    pub shadow: Vec<ShadowNote>,
}

impl Judgement {
    /// A denial for want of a judgement.
    pub fn failed(fault: Fault) -> Self {
        Self::of(Opinion::failed(fault), |_| None)
    }

    /// A denial because arguments do not fit the tool's own schema, or would cost too much to hold
    /// against it. The agent reads which.
    pub fn unfit(fault: &ArgumentFault) -> Self {
        let (message, why) = match fault.is_costly() {
            true => (
                format!("The arguments cost too much to check: {fault}."),
                Fault::Costly(fault.why),
            ),
            false => (
                format!("The arguments do not fit the tool's schema: {fault}."),
                Fault::Arguments(fault.why),
            ),
        };
        Self {
            verdict: deny(message),
            ..Self::failed(why)
        }
    }

    /// A denial of what the caller may not even see, whatever its arguments.
    fn hidden() -> Self {
        let mut judgement = Self::failed(Fault::Hidden);
        if let Verdict::Deny(denial) = &mut judgement.verdict {
            denial.shape = Shape::Hidden;
        }
        judgement
    }

    /// A denial because the arguments take long to check and their turn did not come. The agent
    /// reads that it may try again.
    pub fn late() -> Self {
        Self {
            verdict: deny(LATE.to_owned()),
            ..Self::failed(Fault::Late)
        }
    }

    /// The judgement that an opinion comes to; `reason` knows the sentence of a policy's author.
    pub fn of<'r>(opinion: Opinion, reason: impl Fn(&str) -> Option<&'r str>) -> Self {
        let outcome = outcome(&opinion);
        let (verdict, determining, gates) = match outcome {
            Outcome::Allow => (
                Verdict::Allow(Terms::nothing(Digest::of(b""))),
                opinion.permits,
                Vec::new(),
            ),
            Outcome::Approve => {
                let ids = opinion.gates.iter().map(|gate| gate.id.clone()).collect();
                (held(APPROVERS, &opinion.gates), ids, opinion.gates)
            }
            Outcome::Deny => {
                let reasons = opinion.forbids.iter().filter_map(|id| reason(id));
                let unclear = opinion.faults.iter().find_map(unclear);
                let first = unclear.as_deref().unwrap_or(DENIED);
                (deny(sentences(first, reasons)), opinion.forbids, Vec::new())
            }
        };
        Self {
            verdict,
            outcome,
            determining,
            gates,
            faults: opinion.faults,
            shadow: opinion.shadow,
        }
    }

    /// The outcome of a draft in one word, beside the judgement that is enforced: `unknown` where the
    /// draft would have read arguments that are not exact, and that nobody else read.
    #[must_use]
    pub fn beside(&self, enforced: &Self) -> &'static str {
        let unfit = |one: &Self| {
            let mut faults = one.faults.iter();
            faults.any(|fault| matches!(fault, Fault::Arguments(_) | Fault::Costly(_)))
        };
        match unfit(self) && !unfit(enforced) {
            true => "unknown",
            false => self.outcome.as_str(),
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
    let mut each = facts.subjects.iter().flat_map(Subject::each);
    let Some(first) = each.next() else {
        return Judgement::failed(Fault::UnfitRequest);
    };
    let mut judgement = judge.judge(&first);
    for subject in each {
        if !judgement.allows() {
            break;
        }
        let next = judge.judge(&subject);
        let shadow = merged(std::mem::take(&mut judgement.shadow), next.shadow);
        let determining = match next.verdict {
            Verdict::Allow(_) => merged(judgement.determining, next.determining),
            _ => next.determining,
        };
        judgement = Judgement {
            determining,
            shadow,
            ..next
        };
    }
    if let Verdict::Allow(terms) = &mut judgement.verdict {
        *terms = policies.terms(facts);
    }
    judgement
}

/// Most steps that judging a message could take: of them few are known to be done at once. Arguments
/// that no policy reads take none.
#[must_use]
pub fn steps(policies: &Policies, facts: &Facts<'_>) -> u64 {
    let most = most_steps(facts);
    let unread = || {
        let judge = Judge::new(policies, facts);
        let looks = |judge: &Judge<'_>, subject: &Subject<'_>| {
            judge.reads(subject) || !judge.secret(subject).is_empty()
        };
        let mut each = facts.subjects.iter().flat_map(Subject::each);
        judge.is_ok_and(|judge| !each.any(|subject| looks(&judge, &subject)))
    };
    match most > STEPS_FEW && unread() {
        true => 0,
        false => most,
    }
}

/// The steps that judging could take if all arguments were read.
fn most_steps(facts: &Facts<'_>) -> u64 {
    let text = facts.arguments.unwrap_or_default();
    let each = facts.subjects.iter().flat_map(Subject::each);
    let each = each.map(|subject| match subject.known {
        Known::Tool(tool) => tool.mapped.steps(text.len()),
        _ => 0,
    });
    // Each value of them becomes an engine's.
    let begins = |byte: &u8| matches!(byte, b',' | b':' | b'[' | b'{');
    let values = text.bytes().filter(begins).count() as u64;
    let read = STEPS_PER_VALUE.saturating_mul(values) + text.len() as u64;
    each.fold(read, u64::saturating_add)
}

/// One caller's message, judged target by target. Lists use the same judge as calls.
#[derive(Debug)]
pub struct Judge<'a> {
    policies: &'a Policies,
    server: &'a ServerName,
    asked: Asked<'a>,
    direction: Direction,
    arguments: Option<&'a str>,
}

/// An engine, with what it was told.
#[derive(Debug)]
enum Asked<'a> {
    Cedar(&'a cedar::Engine, Box<cedar::Inquiry<'a>>),
    Rego(&'a rego::Engine, Box<Facts<'a>>),
}

impl<'a> Judge<'a> {
    /// Prepares what all targets share. `facts.subjects` is not looked at.
    ///
    /// # Errors
    /// The method is unknown, or the facts do not fit the schema.
    pub fn new(policies: &'a Policies, facts: &Facts<'a>) -> Result<Self, Fault> {
        let asked = match policies.engine() {
            Engine::Cedar(engine) => Asked::Cedar(engine, Box::new(engine.inquire(facts)?)),
            Engine::Rego(engine) => Asked::Rego(engine, Box::new(facts.clone())),
        };
        Ok(Self {
            policies,
            server: facts.server,
            asked,
            direction: facts.direction,
            arguments: facts.arguments,
        })
    }

    /// Judges one target. What the caller may not even see is denied as if it did not exist.
    ///
    /// Arguments that cost something are looked at only where some could be permitted.
    pub fn judge(&self, subject: &Subject<'_>) -> Judgement {
        if self.direction == Direction::ToServer && self.costs(subject) && !self.shows(subject) {
            return Judgement::hidden();
        }
        let judged = self.spelt(subject).and_then(|()| match &self.asked {
            Asked::Cedar(engine, inquiry) => self.cedar(engine, inquiry, subject),
            Asked::Rego(engine, facts) => self.rego(engine, facts, subject),
        });
        let mut judgement = judged.unwrap_or_else(|fault| Judgement::unfit(&fault));
        if let Verdict::Deny(denial) = &mut judgement.verdict
            && self.direction == Direction::ToServer
            && !self.shows(subject)
        {
            denial.shape = Shape::Hidden;
        }
        judgement
    }

    /// Whether looking at the arguments takes more than a few steps.
    fn costs(&self, subject: &Subject<'_>) -> bool {
        let bytes = self.arguments.map_or(0, str::len);
        match subject.known {
            Known::Tool(tool) => tool.mapped.steps(bytes) > STEPS_FEW && self.reads(subject),
            _ => false,
        }
    }

    /// Whether policies read anything of the arguments.
    fn reads(&self, subject: &Subject<'_>) -> bool {
        match (&self.asked, subject.known) {
            (Asked::Rego(engine, _), _) => !engine.reads().is_nothing(),
            (Asked::Cedar(_, inquiry), Known::Tool(_)) => inquiry.reads(subject),
            (Asked::Cedar(..), _) => true,
        }
    }

    /// The arguments in which redaction looks for secrets by their places.
    fn secret<'s>(&'s self, subject: &Subject<'s>) -> Vec<&'s str> {
        let Some(name) = subject.tool() else {
            return Vec::new();
        };
        let uses = self.policies.redaction().raw().uses.iter();
        let uses = uses.filter(|one| one.server == *self.server && one.tool == *name);
        let marked = match subject.known {
            Known::Tool(tool) => tool.marked.to_server.as_slice(),
            _ => &[],
        };
        let places = uses.map(|one| &one.path).chain(marked);
        places.map(String::as_str).collect()
    }

    /// Refuses arguments that are spelt like those in which redaction looks for secrets.
    fn spelt(&self, subject: &Subject<'_>) -> Result<(), ArgumentFault> {
        let declared = |name: &str| match subject.known {
            Known::Tool(tool) => tool.mapped.declares(name),
            _ => false,
        };
        let places = self.secret(subject);
        self.arguments.map_or(Ok(()), |arguments| {
            schema::places::alone(arguments, &places, &declared)
        })
    }

    /// Whether a list may show it to the caller.
    #[must_use]
    pub fn shows(&self, subject: &Subject<'_>) -> bool {
        match (&self.asked, subject.known) {
            (_, Known::Quarantined(_)) => false,
            (Asked::Cedar(_, inquiry), _) => inquiry.shown(subject),
            (Asked::Rego(engine, facts), _) => engine.shown(facts, subject) == rego::Shown::Shown,
        }
    }

    /// The policies that surely forbid a tool, where the engine can say so.
    #[must_use]
    pub fn forbidding(&self, subject: &Subject<'_>) -> Vec<String> {
        match &self.asked {
            Asked::Cedar(_, inquiry) => inquiry.forbidding(subject),
            Asked::Rego(..) => Vec::new(),
        }
    }

    fn cedar(
        &self,
        engine: &cedar::Engine,
        inquiry: &cedar::Inquiry<'_>,
        subject: &Subject<'_>,
    ) -> Result<Judgement, ArgumentFault> {
        let opinion = inquiry.opinion(subject, self.arguments)?;
        Ok(Judgement::of(opinion, |id| engine.reason(id)))
    }

    fn rego(
        &self,
        engine: &rego::Engine,
        facts: &Facts<'_>,
        subject: &Subject<'_>,
    ) -> Result<Judgement, ArgumentFault> {
        if let Known::Quarantined(_) = subject.known {
            return Ok(Judgement::failed(Fault::Quarantined));
        }
        let hides = self.direction == Direction::ToServer;
        match hides.then(|| engine.hides(facts, subject)).transpose() {
            Ok(Some(true)) => return Ok(Judgement::failed(Fault::Hidden)),
            Ok(_) => {}
            Err(fault) => return Ok(Judgement::failed(fault)),
        }
        let reads = engine.reads();
        let arguments = match (subject.known, self.arguments) {
            (Known::Tool(tool), text) => {
                let arguments = tool.mapped.read(text, reads)?;
                tool.mapped.alone(&arguments, engine.names())?;
                Some(arguments)
            }
            (_, Some(text)) if !reads.is_nothing() => {
                Some(rego::arguments(facts.method, text, engine.names())?)
            }
            _ => None,
        };
        let answer = engine.opinion(facts, subject, arguments.as_ref());
        let reason = |id: &str| answer.reasons.get(id).map(String::as_str);
        Ok(Judgement::of(answer.opinion, reason))
    }

    /// All policies that speak of one target, part by part, for people who ask why.
    ///
    /// # Errors
    /// There is no question that could be put to them.
    pub fn dissect(&self, subject: &Subject<'_>) -> Result<Vec<Dissected>, Fault> {
        let Asked::Cedar(_, inquiry) = &self.asked else {
            return Ok(Vec::new());
        };
        inquiry.dissect(self.policies.sources(), subject, self.arguments)
    }
}

/// What the agent reads where its own spelling is the reason.
fn unclear(fault: &Fault) -> Option<String> {
    match fault {
        Fault::Unclear(why) => Some(format!(
            "{DENIED} The URI has several readings, and policies look at it: {why}. Write it in its \
             one usual form."
        )),
        _ => None,
    }
}

/// What becomes of a call behind shut gates. The only maker of [`Verdict::Approve`].
fn held(approvers: Approvers, gates: &[Gate]) -> Verdict {
    let mut groups: Vec<&str> = gates
        .iter()
        .flat_map(|gate| gate.groups.iter().map(String::as_str))
        .collect();
    groups.sort_unstable();
    groups.dedup();
    let ids: Vec<&str> = gates.iter().map(|gate| gate.id.as_str()).collect();
    let first = format!(
        "This call needs the approval of {} ({}).",
        groups.join(", "),
        ids.join(", ")
    );
    let reasons = gates.iter().filter_map(|gate| gate.reason.as_deref());
    let message = sentences(&first, reasons);
    match approvers {
        Approvers::Somebody => Verdict::Approve(Pending { message }),
        Approvers::Nobody => deny(format!(
            "{message} Nobody can be asked for it here yet, so it was not made."
        )),
    }
}

/// A sentence, and what the authors of the policies wrote.
fn sentences<'r>(first: &'r str, reasons: impl Iterator<Item = &'r str>) -> String {
    let mut sentences = vec![first];
    sentences.extend(reasons);
    sentences.dedup();
    sentences.truncate(REASONS_MAX + 1);
    sentences.join(" ")
}

fn deny(message: String) -> Verdict {
    Verdict::Deny(Denial {
        shape: Shape::Refused,
        message,
    })
}

fn merged<T: Ord>(mut one: Vec<T>, other: Vec<T>) -> Vec<T> {
    one.extend(other);
    one.sort();
    one.dedup();
    one
}

#[cfg(test)]
pub(crate) mod tests;
