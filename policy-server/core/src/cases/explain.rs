//! Why one request is judged as it is, and what would have to change.
//!
//! Deliberately absent: a verdict of its own. It explains the one of [`crate::decision`].

use portcullis_protocol::names::ServerName;
use portcullis_protocol::wire::{Direction, Shape, Target, Verdict};
use serde::Serialize;

use super::change;
use super::request::Written;
use super::run::message;
use crate::catalogue::{Catalogue, Known};
use crate::decision::{Judge, Judgement, Outcome};
use crate::engine::cedar::{Dissected, Intent};
use crate::engine::{Fault, ShadowNote};
use crate::facts::{Facts, Subject};
use crate::policies::Policies;

/// How alike a tool's name must be to be suggested, of one.
const ALIKE: f64 = 0.8;

/// What is to be known about a target that no list shows.
const HIDDEN: &str =
    "no list shows it to this caller, and the agent reads only that it does not exist";

/// An explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What policy says.
    pub outcome: Outcome,
    /// Which kind of yes or no that is.
    #[serde(flatten)]
    pub finding: Finding,
    /// What is asked: the first target that is not allowed, or else the first.
    pub asked: String,
    /// What the agent reads, if it is neither allowed nor hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The policies that decided it, part by part.
    pub decided: Vec<Dissected>,
    /// What would have to change for it to be allowed.
    pub changes: Vec<String>,
    /// The permits that came nearest, where none applies.
    pub nearest: Vec<Dissected>,
    /// What policies in shadow would have said.
    pub shadow: Vec<ShadowNote>,
    /// What else one should know.
    pub notes: Vec<String>,
}

/// The kinds of yes and no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "finding", content = "why")]
pub enum Finding {
    /// A policy permits it.
    Permitted,
    /// A gate holds it back.
    NeedsApproval,
    /// A policy forbids it.
    Forbidden,
    /// No policy permits it.
    NotPermitted,
    /// The arguments do not fit the tool's own schema; no policy was asked.
    ArgumentsUnfit(String),
    /// The tool may not be called whatever policies say.
    Quarantined(String),
    /// There is no such method.
    UnknownMethod,
    /// The request cannot be put to policies, or one of them failed.
    Unjudged(String),
}

impl Explanation {
    /// Explains a request. `now_ms` is the time, in milliseconds since 1970, unless the request
    /// says when it is judged.
    #[must_use]
    pub fn of(written: &Written, policies: &Policies, now_ms: i64) -> Self {
        let facts = written.facts(policies.catalogue(), now_ms);
        let judge = match Judge::new(policies, &facts) {
            Ok(judge) => judge,
            Err(fault) => return Self::unasked(written, fault),
        };
        let judged = |subject| (subject, judge.judge(subject));
        let mut all = facts.subjects.iter().map(judged);
        let Some(first) = all.next() else {
            return Self::unasked(written, Fault::UnfitRequest);
        };
        let (subject, judgement) = match first.1.allows() {
            true => all
                .find(|(_, judgement)| !judgement.allows())
                .unwrap_or(first),
            false => first,
        };
        let asked = asked(written, subject.target);
        // Where the question cannot be put, the finding says why, and there is nothing to take apart.
        let dissected = judge.dissect(subject).unwrap_or_default();
        let mut notes = notes(&facts, policies.catalogue(), subject);
        if is_hidden(&judgement) {
            notes.push(HIDDEN.to_owned());
        }
        let apart = policies.engine().cedar().is_some();
        if !apart {
            notes.push(whole_rules(&judgement));
        }
        Self {
            outcome: judgement.outcome,
            finding: Finding::of(&judgement, subject),
            message: match is_hidden(&judgement) {
                true => None,
                false => message(&judgement).map(str::to_owned),
            },
            changes: match judgement.faults.is_empty() {
                _ if !apart => Vec::new(),
                true => change::changes(judgement.outcome, written, &asked, &dissected),
                false => change::failures(&dissected),
            },
            nearest: nearest(&judgement, &dissected),
            decided: dissected
                .into_iter()
                .filter(|one| decides(&judgement, &one.policy))
                .collect(),
            shadow: judgement.shadow,
            asked,
            notes,
        }
    }

    fn unasked(written: &Written, fault: Fault) -> Self {
        let judgement = Judgement::failed(fault);
        let target = written.targets.first().unwrap_or(&Target::Server);
        Self {
            outcome: judgement.outcome,
            finding: Finding::of_faults(&judgement),
            asked: asked(written, target),
            message: message(&judgement).map(str::to_owned),
            decided: Vec::new(),
            changes: Vec::new(),
            nearest: Vec::new(),
            shadow: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Finding {
    fn of(judgement: &Judgement, subject: &Subject<'_>) -> Self {
        match (judgement.outcome, subject.known) {
            (Outcome::Deny, Known::Quarantined(why)) => Self::Quarantined(why.to_string()),
            (Outcome::Deny, _) if !judgement.faults.is_empty() => Self::of_faults(judgement),
            (Outcome::Deny, _) if judgement.determining.is_empty() => Self::NotPermitted,
            (Outcome::Deny, _) => Self::Forbidden,
            (Outcome::Approve, _) => Self::NeedsApproval,
            (Outcome::Allow, _) => Self::Permitted,
        }
    }

    fn of_faults(judgement: &Judgement) -> Self {
        let faults = &judgement.faults;
        match faults.first() {
            Some(Fault::UnknownMethod) => Self::UnknownMethod,
            // The sentence for the agent says which argument.
            Some(Fault::Arguments(why)) => {
                Self::ArgumentsUnfit(message(judgement).unwrap_or(why).to_owned())
            }
            _ => {
                let all: Vec<String> = faults.iter().map(Fault::to_string).collect();
                Self::Unjudged(all.join("; "))
            }
        }
    }
}

/// Which rules of Rego decided: they are told by their ids alone.
fn whole_rules(judgement: &Judgement) -> String {
    let by = match &judgement.determining[..] {
        [] => "no element of `permits`, `forbids` or `gates`".to_owned(),
        ids => ids.join(", "),
    };
    format!("decided by {by}; rules of Rego are not taken apart")
}

/// Whether a policy determined it, or failed.
fn decides(judgement: &Judgement, policy: &str) -> bool {
    let failed = |fault: &Fault| matches!(fault, Fault::Evaluation(id) if id == policy);
    let mut determining = judgement.determining.iter();
    determining.any(|id| id == policy) || judgement.faults.iter().any(failed)
}

/// The permits that came nearest, if none applies.
fn nearest(judgement: &Judgement, dissected: &[Dissected]) -> Vec<Dissected> {
    let permits = |one: &Dissected| one.intent == Intent::Permit && !one.shadow && one.applies();
    match judgement.outcome {
        Outcome::Deny if judgement.faults.is_empty() && !dissected.iter().any(permits) => {
            change::nearest(dissected).into_iter().cloned().collect()
        }
        _ => Vec::new(),
    }
}

/// `tools/call` of the tool `create_issue` of `github`.
fn asked(written: &Written, target: &Target) -> String {
    let (method, server) = (&written.method, &written.server);
    let (kind, name) = match target {
        Target::Server => return format!("`{method}` of `{server}`"),
        Target::Tool(name) => ("tool", name.as_str()),
        Target::Prompt(name) => ("prompt", name.as_str()),
        Target::Resource(uri) => ("resource", uri.as_str()),
        Target::Template(uri) => ("template", uri.as_str()),
        Target::Task(id) => ("task", id.as_str()),
    };
    format!("`{method}` of the {kind} `{name}` of `{server}`")
}

fn notes(facts: &Facts<'_>, catalogue: &Catalogue, subject: &Subject<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if let (Target::Tool(name), Known::Unlisted(_)) = (subject.target, subject.known) {
        notes.push(format!(
            "no tool list names `{name}`: policies see no arguments of it, and hints that fear the \
             worst (destructive, not read-only)"
        ));
        notes.extend(alike(catalogue, facts.server, name.as_str()));
    }
    if facts.subjects.len() > 1 {
        notes.push(format!(
            "the request has {} targets, and each must be allowed",
            facts.subjects.len()
        ));
    }
    if facts.direction == Direction::ToClient {
        notes.push("the message travels from the server to the agent".to_owned());
    }
    notes
}

/// A known tool of nearly this name.
fn alike(catalogue: &Catalogue, server: &ServerName, name: &str) -> Option<String> {
    let likeness = |known: &str| strsim::jaro_winkler(name, known);
    let known = catalogue
        .tools()
        .filter(|(of, _)| *of == server)
        .map(|(_, tool)| tool.name.as_str());
    let best = known.max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(best) >= ALIKE).then(|| format!("did you mean the tool `{best}`?"))
}

/// Whether the agent is told that there is no such thing.
const fn is_hidden(judgement: &Judgement) -> bool {
    matches!(&judgement.verdict, Verdict::Deny(denial) if matches!(denial.shape, Shape::Hidden))
}
