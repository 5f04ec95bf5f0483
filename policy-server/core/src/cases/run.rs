//! Runs cases, and says where they differ from what is expected.
//!
//! A denial for want of a judgement, as that of a misspelt method, is not the denial that a case
//! expects: it passes only where the case names the `fault`, or what the agent reads about it.

use std::fmt::Debug;

use portcullis_protocol::wire::Verdict;
use serde::Serialize;

use super::case::{Case, CedarRequest, Decision, Expected, Obligation, Question};
use super::request::Written;
use crate::decision::{Judge, Judgement, Outcome};
use crate::engine::cedar::{Plain, Whole};
use crate::engine::{Fault, Gate};
use crate::policies::{Policies, Problem};

/// A policy set, ready for cases.
#[derive(Debug)]
pub struct Runner<'a> {
    policies: &'a Policies,
    whole: Option<Whole<'a>>,
    now_ms: i64,
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Its name.
    pub name: String,
    /// The file.
    pub file: String,
    /// The line where it begins, counted from one.
    pub line: usize,
    /// Where it differs from what is expected; nowhere if it passed.
    pub mismatches: Vec<Mismatch>,
    /// Why it came out as it did.
    pub why: String,
    /// The policies that determined it, were shut as gates, or were noted in shadow.
    #[serde(skip)]
    pub decided: Vec<String>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The member of the case.
    pub member: &'static str,
    /// What it says.
    pub expected: String,
    /// What is.
    pub got: String,
}

/// The differences so far.
#[derive(Default)]
struct Mismatches(Vec<Mismatch>);

impl Mismatches {
    fn compare<T: PartialEq>(
        &mut self,
        member: &'static str,
        expected: &T,
        got: &T,
        show: impl Fn(&T) -> String,
    ) {
        if expected != got {
            self.add(member, show(expected), show(got));
        }
    }

    fn add(&mut self, member: &'static str, expected: String, got: String) {
        self.0.push(Mismatch {
            member,
            expected,
            got,
        });
    }

    fn ids(&mut self, member: &'static str, expected: Option<&Vec<String>>, got: &[String]) {
        if let Some(expected) = expected {
            let mut expected = expected.clone();
            expected.sort();
            self.compare(member, &expected, &got.to_vec(), |ids| list(ids));
        }
    }
}

impl<'a> Runner<'a> {
    /// A runner. `now_ms` is the time of requests that name none, in milliseconds since 1970.
    ///
    /// # Errors
    /// The policies cannot be put together as one set, which no loaded set shows.
    pub fn new(policies: &'a Policies, now_ms: i64) -> Result<Self, Vec<Problem>> {
        let cedar = policies.engine().cedar();
        let whole = cedar.map(|engine| engine.whole(policies.sources()));
        let whole = whole.transpose()?;
        Ok(Self {
            policies,
            whole,
            now_ms,
        })
    }

    /// Runs a case.
    #[must_use]
    pub fn run(&self, case: &Case) -> Tried {
        let (mismatches, why, decided) = match &case.question {
            Question::Cedar(request, entities) => self.cedar(request, entities, &case.expected),
            Question::Mcp(written) => self.mcp(written, &case.expected),
        };
        Tried {
            name: case.name.clone(),
            file: case.file.clone(),
            line: case.line,
            mismatches: mismatches.0,
            why,
            decided,
        }
    }

    fn cedar(
        &self,
        request: &CedarRequest,
        entities: &serde_json::Value,
        expected: &Expected,
    ) -> (Mismatches, String, Vec<String>) {
        let mut mismatches = Mismatches::default();
        let plain = Plain {
            principal: &request.principal,
            action: &request.action,
            resource: &request.resource,
            context: &request.context,
            entities,
        };
        let asked = self.whole.as_ref().zip(self.policies.engine().cedar());
        let asked = asked.ok_or_else(|| "a request to Rego, as an MCP message".to_owned());
        let answered = asked.and_then(|(whole, engine)| Ok((whole.answer(&plain)?, engine)));
        let (answer, engine) = match answered {
            Ok(answered) => answered,
            Err(error) => {
                mismatches.add("request", "one that fits the schema".to_owned(), error);
                return (mismatches, "it cannot be asked".to_owned(), Vec::new());
            }
        };
        let decision = match answer.allows {
            true => Decision::Allow,
            false => Decision::Deny,
        };
        if let Some(expected) = expected.decision {
            mismatches.compare("decision", &expected, &decision, lower);
        }
        if expected.reason.iter().any(|id| !answer.reason.contains(id)) {
            let wanted = format!("{} among them", list(&expected.reason));
            mismatches.add("reason", wanted, list(&answer.reason));
        }
        let errors = answer.errors.len();
        mismatches.compare(
            "num_errors",
            &expected.num_errors,
            &errors,
            usize::to_string,
        );
        let judgement = Judgement::of(answer.opinion, |id| engine.reason(id));
        outcome(&mut mismatches, expected, &judgement);
        let mut decided = answer.reason;
        decided.extend(decided_by(&judgement));
        (mismatches, why(&judgement), decided)
    }

    fn mcp(&self, written: &Written, expected: &Expected) -> (Mismatches, String, Vec<String>) {
        let mut mismatches = Mismatches::default();
        let judgement = written.judge(self.policies, self.now_ms);
        outcome(&mut mismatches, expected, &judgement);
        let determining = &judgement.determining;
        mismatches.ids("determining", expected.determining.as_ref(), determining);
        let message = message(&judgement).unwrap_or_default();
        if let Some(part) = &expected.message_contains
            && !message.contains(part)
        {
            mismatches.add("message_contains", quoted(part), quoted(message));
        }
        faults(&mut mismatches, expected, &judgement);
        if let Some(shadow) = &expected.shadow {
            let mut shadow = shadow.clone();
            shadow.sort();
            mismatches.compare("shadow", &shadow, &judgement.shadow, |notes| {
                let note = |note: &crate::engine::ShadowNote| {
                    format!("{} ({})", note.policy, lower(&note.effect))
                };
                list(&notes.iter().map(note).collect::<Vec<_>>())
            });
        }
        if let Some(visible) = expected.visible {
            let is = self.visible(written);
            mismatches.compare("visible", &visible, &is, bool::to_string);
        }
        let decided = decided_by(&judgement).collect();
        (mismatches, why(&judgement), decided)
    }

    /// Whether a list shows every target.
    fn visible(&self, written: &Written) -> bool {
        let facts = written.facts(self.policies.catalogue(), self.now_ms);
        let shown = |judge: Judge<'_>| facts.subjects.iter().all(|subject| judge.shows(subject));
        Judge::new(self.policies, &facts).is_ok_and(shown)
    }
}

/// What both forms compare.
fn outcome(mismatches: &mut Mismatches, expected: &Expected, judgement: &Judgement) {
    if let Some(expected) = expected.outcome {
        mismatches.compare("outcome", &expected, &judgement.outcome, |outcome| {
            outcome.as_str().to_owned()
        });
    }
    let gates: Vec<String> = judgement.gates.iter().map(|gate| gate.id.clone()).collect();
    mismatches.ids("gates", expected.gates.as_ref(), &gates);
    if let Some(obligations) = &expected.obligations {
        let met = obligations.len() == judgement.gates.len()
            && obligations
                .iter()
                .all(|one| judgement.gates.iter().any(|gate| one.is_of(gate)));
        if !met {
            let wanted: Vec<String> = obligations.iter().map(Obligation::told).collect();
            let got: Vec<String> = judgement.gates.iter().map(told).collect();
            mismatches.add("obligations", list(&wanted), list(&got));
        }
    }
}

fn faults(mismatches: &mut Mismatches, expected: &Expected, judgement: &Judgement) {
    let got: Vec<String> = judgement.faults.iter().map(Fault::to_string).collect();
    let told =
        |fault: &Fault| matches!(fault, Fault::Arguments(_)) && expected.message_contains.is_some();
    match &expected.fault {
        Some(part) if got.iter().any(|fault| fault.contains(part)) => {}
        Some(part) => mismatches.add("fault", quoted(part), list(&got)),
        None if judgement.faults.iter().all(told) => {}
        None => mismatches.add("fault", list(&[]), list(&got)),
    }
}

impl Obligation {
    /// Whether it is this gate's. A member that is left out is not compared.
    fn is_of(&self, gate: &Gate) -> bool {
        let mut groups = self.groups.clone();
        groups.sort();
        self.policy == gate.id
            && groups == gate.groups
            && self.ttl.is_none_or(|ttl| Some(ttl.0) == gate.ttl)
            && self.scope.is_none_or(|scope| scope == gate.scope)
    }

    fn told(&self) -> String {
        let ttl = self.ttl.map(|ttl| format!(", {}", ttl.0));
        let scope = self.scope.map(|scope| format!(", {}", lower(&scope)));
        format!(
            "{} of {}{}{}",
            self.policy,
            self.groups.join(" or "),
            ttl.unwrap_or_default(),
            scope.unwrap_or_default()
        )
    }
}

fn told(gate: &Gate) -> String {
    let ttl = gate.ttl.map(|ttl| format!(", {ttl}")).unwrap_or_default();
    let (groups, scope) = (gate.groups.join(" or "), lower(&gate.scope));
    format!("{} of {groups}{ttl}, {scope}", gate.id)
}

/// The policies that a case shows at work.
fn decided_by(judgement: &Judgement) -> impl Iterator<Item = String> {
    let determining = judgement.determining.iter().cloned();
    determining.chain(judgement.shadow.iter().map(|note| note.policy.clone()))
}

fn why(judgement: &Judgement) -> String {
    let faults: Vec<String> = judgement.faults.iter().map(Fault::to_string).collect();
    let ids = judgement.determining.join(", ");
    match judgement.outcome {
        _ if !faults.is_empty() => faults.join("; "),
        Outcome::Allow => format!("permitted by {ids}"),
        Outcome::Approve => format!("held back by {ids}"),
        Outcome::Deny if ids.is_empty() => "no policy permits it".to_owned(),
        Outcome::Deny => format!("forbidden by {ids}"),
    }
}

/// What the agent reads.
pub(super) fn message(judgement: &Judgement) -> Option<&str> {
    match &judgement.verdict {
        Verdict::Allow(_) => None,
        Verdict::Approve(pending) => Some(&pending.message),
        Verdict::Deny(denial) => Some(&denial.message),
    }
}

/// The name of a unit variant, in small letters.
fn lower(value: &impl Debug) -> String {
    format!("{value:?}").to_lowercase()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_debug())
}

fn list(items: &[String]) -> String {
    match items {
        [] => "none".to_owned(),
        items => items.join(", "),
    }
}
