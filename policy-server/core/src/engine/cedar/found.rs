//! Policies as found in files: parsed, named, and with the places where they stand.

use std::collections::BTreeMap;
use std::str::FromStr;

use cedar_policy::{ActionConstraint, Policy, PolicyId, PolicySet};
use miette::Diagnostic;

use super::annotations::{self, Meaning};
use super::mentions::Mentions;
use super::written::{self, Written};
use crate::policies::{Code, Problem, Sources};

/// The group of all tool calls. A tool whose schema is known has an action of its own in it.
pub(super) const CALLS: &str = "tools/call";

/// One policy, what it is for, and where it stands.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) policy: Policy,
    pub(super) meaning: Meaning,
    pub(super) written: Written<'a>,
}

/// A policy that is parsed, and no more.
struct Parsed<'a> {
    policy: Policy,
    written: Written<'a>,
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
                    .map(|error| written::located(Code::Syntax, file, text, error)),
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
        let problem = Problem::new(
            Code::Template,
            file,
            "policy templates are not supported here",
        );
        problems.push(problem.help(
            "write the principal and the resource out instead of `?principal` and `?resource`",
        ));
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
            written: Written {
                file,
                text,
                offset,
                length: written.len(),
            },
        });
    }
    // A policy that got lost here would be a `forbid` without effect.
    if found.len() != set.num_of_policies() {
        problems.push(Problem::new(
            Code::Unreadable,
            file,
            "the policies of this file cannot be told apart",
        ));
    }
    found
}

fn understand(parsed: Parsed<'_>) -> Result<Found<'_>, Vec<Problem>> {
    let id = parsed.policy.id().to_string();
    let problem = |code: Code, message: &str, help: &str| {
        let problem = parsed.written.problem(code, message);
        problem.help(help).policy(&id)
    };
    let read = Mentions::of(&parsed.policy).zip(grouped(&parsed.policy));
    let Some((mentions, policy)) = read else {
        let help = "write it as one static policy";
        return Err(vec![problem(
            Code::Unreadable,
            "the policy cannot be read",
            help,
        )]);
    };
    let meaning = annotations::read(&parsed.policy, &id, &mentions);
    let mut problems: Vec<Problem> = match &meaning {
        Ok(_) => Vec::new(),
        Err(wrong) => wrong
            .iter()
            .map(|wrong| {
                let problem = problem(wrong.code, &wrong.message, &wrong.help);
                match &wrong.annotation {
                    Some(name) => problem.at(parsed.written.place(&format!("@{name}"))),
                    None => problem,
                }
            })
            .collect(),
    };
    if let Some(group) = mentions.equal_actions().find(|id| is_group(id)) {
        problems.push(problem(
            Code::ExactCall,
            &format!("no call of a known tool has the action `{group}` itself"),
            &format!(
                "each tool has its own action in that group: write `action in Mcp::Action::\"{group}\"`"
            ),
        ));
    }
    match meaning {
        Ok(meaning) if problems.is_empty() => Ok(Found {
            policy,
            meaning,
            written: parsed.written,
        }),
        _ => Err(problems),
    }
}

/// Whether an action of this id is the group of all tools, or of those of a server.
fn is_group(id: &str) -> bool {
    id == CALLS || id.ends_with("/*")
}

/// `action == tools/call` in a scope means every call of a tool, as it did before tools had actions
/// of their own: an older `forbid` must not lose its tools when their schemas become known.
fn grouped(policy: &Policy) -> Option<Policy> {
    let ActionConstraint::Eq(uid) = policy.action_constraint() else {
        return Some(policy.clone());
    };
    let id: &str = uid.id().as_ref();
    if !is_group(id) {
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
            let message = format!("the policy id `{id}` is used twice");
            let help = format!(
                "it is first used in {}; ids name policies in the audit log",
                first.line()
            );
            problems.push(one.problem(Code::DuplicateId, &message).help(&help));
            continue;
        }
        seen.insert(id, one);
        if let Err(error) = set.add(one.policy.clone()) {
            problems.push(one.problem(Code::Unreadable, &error.to_string()));
        }
    }
    if problems.is_empty() {
        Ok(set)
    } else {
        Err(problems)
    }
}

/// Cedar's message on a policy without the policy, which it begins with.
pub(super) fn unprefixed<'m>(message: &'m str, policy: &PolicyId) -> &'m str {
    let prefix = format!("for policy `{policy}`, ");
    message.strip_prefix(&prefix).unwrap_or(message)
}

impl Found<'_> {
    /// A problem of this policy, at its first line.
    pub(super) fn problem(&self, code: Code, message: &str) -> Problem {
        let problem = self.written.problem(code, message);
        problem.policy(self.policy.id().as_ref())
    }

    /// The policy as it stands in its file.
    pub(super) fn excerpt(&self) -> String {
        let Written { text, offset, .. } = self.written;
        let rest = text.get(offset..).unwrap_or_default();
        rest.get(..self.written.length).unwrap_or(rest).to_owned()
    }

    /// Cedar's error on this policy, with its place.
    pub(super) fn located<E: Diagnostic>(&self, code: Code, error: &E) -> Problem {
        let mut problem = self.written.located(code, error);
        problem.message = unprefixed(&problem.message, self.policy.id()).to_owned();
        problem.policy(self.policy.id().as_ref())
    }

    /// File and line where it begins.
    pub(super) fn line(&self) -> String {
        format!("{}:{}", self.written.file, self.written.head().line)
    }
}
