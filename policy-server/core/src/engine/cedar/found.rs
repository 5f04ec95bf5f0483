//! Policies as found in files: parsed, named, and with the places where they stand.

use std::collections::BTreeMap;
use std::str::FromStr;

use cedar_policy::{ActionConstraint, Policy, PolicyId, PolicySet};
use miette::Diagnostic;

use super::annotations::{self, Meaning};
use super::mentions::Mentions;
use crate::policies::{Place, Problem, Sources};

/// The group of all tool calls. A tool whose schema is known has an action of its own in it.
pub(super) const CALLS: &str = "tools/call";

/// One policy, what it is for, and where it stands.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) policy: Policy,
    pub(super) meaning: Meaning,
    file: &'a str,
    text: &'a str,
    offset: usize,
    length: usize,
}

/// A policy that is parsed, and no more.
struct Parsed<'a> {
    policy: Policy,
    file: &'a str,
    text: &'a str,
    offset: usize,
    length: usize,
}

/// Parses all Cedar files, and reads the annotations.
///
/// # Errors
/// Everything that is wrong with them.
pub(super) fn all(sources: &Sources) -> Result<Vec<Found<'_>>, Vec<Problem>> {
    let mut parsed = Vec::new();
    let mut problems = Vec::new();
    for (file, text) in sources.cedar() {
        match PolicySet::from_str(text) {
            Ok(set) => parsed.extend(in_order(file, text, &set, &mut problems)),
            Err(errors) => problems.extend(
                errors
                    .iter()
                    .map(|error| Problem::at(file, place(text, 0, error), error)),
            ),
        }
    }
    let mut found = Vec::new();
    for parsed in parsed {
        match understand(parsed) {
            Ok(one) => found.push(one),
            Err(wrong) => problems.extend(wrong),
        }
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

/// The policies of one file in the order in which they stand, under their own ids.
fn in_order<'a>(
    file: &'a str,
    text: &'a str,
    set: &PolicySet,
    problems: &mut Vec<Problem>,
) -> Vec<Parsed<'a>> {
    if set.templates().next().is_some() {
        let problem = Problem::new(file, "policy templates are not supported here").help(
            "write the principal and the resource out instead of `?principal` and `?resource`",
        );
        problems.push(problem);
    }
    let mut cursor = 0;
    let count = set.num_of_policies() + set.num_of_templates();
    let mut found = Vec::new();
    for number in 0..count {
        let Some(policy) = set.policy(&PolicyId::new(format!("policy{number}"))) else {
            continue;
        };
        let written = policy.to_string();
        let rest = text.get(cursor..).unwrap_or_default();
        let offset = cursor + rest.find(&written).unwrap_or_default();
        cursor = (offset + written.len()).min(text.len());
        let id = match policy.annotation("id") {
            Some(id) => id.to_owned(),
            None => format!("{file}#{number}"),
        };
        found.push(Parsed {
            policy: policy.new_id(PolicyId::new(id)),
            file,
            text,
            offset,
            length: written.len(),
        });
    }
    // A policy that got lost here would be a `forbid` without effect.
    if found.len() != set.num_of_policies() {
        problems.push(Problem::new(
            file,
            "the policies of this file cannot be told apart",
        ));
    }
    found
}

fn understand(parsed: Parsed<'_>) -> Result<Found<'_>, Vec<Problem>> {
    let problem = |message: &str, help: &str| {
        let mut problem = Problem::new(parsed.file, message).help(help);
        problem.place = Some(Place::of(parsed.text, parsed.offset));
        problem
    };
    let read = Mentions::of(&parsed.policy).zip(grouped(&parsed.policy));
    let Some((mentions, policy)) = read else {
        let help = "write it as one static policy";
        return Err(vec![problem("the policy cannot be read", help)]);
    };
    let id = parsed.policy.id().to_string();
    let meaning = annotations::read(&parsed.policy, &id, &mentions);
    let mut problems: Vec<Problem> = match &meaning {
        Ok(_) => Vec::new(),
        Err(wrong) => wrong
            .iter()
            .map(|wrong| problem(&wrong.message, &wrong.help))
            .collect(),
    };
    if mentions.action_equal_to(CALLS) {
        problems.push(problem(
            "no call of a known tool has the action `tools/call` itself",
            "each tool has its own action in that group: write `action in Mcp::Action::\"tools/call\"`",
        ));
    }
    match meaning {
        Ok(meaning) if problems.is_empty() => Ok(Found {
            policy,
            meaning,
            file: parsed.file,
            text: parsed.text,
            offset: parsed.offset,
            length: parsed.length,
        }),
        _ => Err(problems),
    }
}

/// `action == tools/call` in a scope means every call of a tool, as it did before tools had actions
/// of their own: an older `forbid` must not lose its tools when their schemas become known.
fn grouped(policy: &Policy) -> Option<Policy> {
    let ActionConstraint::Eq(uid) = policy.action_constraint() else {
        return Some(policy.clone());
    };
    let id: &str = uid.id().as_ref();
    if id != CALLS {
        return Some(policy.clone());
    }
    let mut json = policy.to_json().ok()?;
    *json.get_mut("action")?.get_mut("op")? = "in".into();
    Policy::from_json(Some(policy.id().clone()), json).ok()
}

/// All policies as one set.
///
/// # Errors
/// Two of them have one id.
pub(super) fn unique(found: &[Found<'_>]) -> Result<PolicySet, Vec<Problem>> {
    let mut seen: BTreeMap<String, &Found<'_>> = BTreeMap::new();
    let mut set = PolicySet::new();
    let mut problems = Vec::new();
    for one in found {
        let id = one.policy.id().to_string();
        if let Some(first) = seen.get(&id) {
            let line = Place::of(first.text, first.offset).line;
            problems.push(
                one.problem(&format!("the policy id `{id}` is used twice"))
                    .help(&format!(
                        "it is first used in {}:{line}; ids name policies in the audit log",
                        first.file
                    )),
            );
            continue;
        }
        seen.insert(id, one);
        if let Err(error) = set.add(one.policy.clone()) {
            problems.push(one.problem(&error.to_string()));
        }
    }
    if problems.is_empty() {
        Ok(set)
    } else {
        Err(problems)
    }
}

impl Found<'_> {
    fn problem(&self, message: &str) -> Problem {
        let mut problem = Problem::new(self.file, message);
        problem.place = Some(Place::of(self.text, self.offset));
        problem
    }

    /// The file and the line where it begins.
    pub(super) fn line(&self) -> (String, usize) {
        let line = Place::of(self.text, self.offset).line;
        (self.file.to_owned(), line)
    }

    /// The policy as it stands in its file.
    pub(super) fn excerpt(&self) -> String {
        let rest = self.text.get(self.offset..).unwrap_or_default();
        rest.get(..self.length).unwrap_or(rest).to_owned()
    }

    /// Cedar's error on this policy, with its place.
    pub(super) fn located<E: Diagnostic>(&self, error: &E) -> Problem {
        Problem::at(self.file, place(self.text, self.offset, error), error)
    }
}

/// Where an error points, or else where its policy begins.
fn place<E: Diagnostic + ?Sized>(text: &str, otherwise: usize, error: &E) -> Place {
    let label = error.labels().and_then(|mut labels| labels.next());
    Place::of(text, label.map_or(otherwise, |label| label.offset()))
}
