//! Gates that an approval opens more widely than its approver thought.
//!
//! Every way through an `unless` that reads an approval must ask whose it is, until when it holds
//! and what it is for. A way that reads none is an exemption, not a yes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::expression::{any, children, dotted, sides};
use super::Policy;
use crate::engine::{Gate, GrantScope};
use crate::policies::{Code, Problem};

const APPROVAL: &str = "context.approval";

pub(super) fn lint(policy: &Policy<'_>) -> Vec<Problem> {
    let Some(gate) = &policy.found.meaning.gate else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for body in policy.bodies("unless").filter(|body| reads(body)) {
        if !asks(body, &is_expiry) {
            problems.push((
                Code::LintGateWithoutExpiry,
                "an approval opens this gate even when it has expired".to_owned(),
                "add `context.now < context.approval.expires` to the `unless`",
            ));
        }
        if gate.scope == GrantScope::Exact && !asks(body, &is_digest) {
            problems.push((
                Code::LintGateWithoutDigest,
                "an approval of other arguments opens this gate".to_owned(),
                "add `context.approval.args_digest == context.args_digest` to the `unless`, or \
                 say `@grant_scope(\"tool\")` or `@grant_scope(\"session\")` if that is meant",
            ));
        }
        problems.extend(group(body, gate));
    }
    let at = policy.found.written.place("unless");
    let problem = |(code, message, help): (Code, String, &str)| {
        let problem = policy.found.problem(code, &message);
        problem.at(at).help(help)
    };
    problems.into_iter().map(problem).collect()
}

/// Whether it is looked at who approved, and whether those who are asked can open the gate.
fn group(body: &Value, gate: &Gate) -> Option<(Code, String, &'static str)> {
    let help = "add `context.approval.groups.contains(Mcp::Role::\"group\")` to the `unless`, for \
                each group of the `@approval`";
    let mut named = BTreeSet::new();
    if !asks(body, &|one| groups_of(one).is_some()) {
        let message = "an approval of anybody opens this gate".to_owned();
        return Some((Code::LintGateWithoutGroup, message, help));
    }
    groups_anywhere(body, &mut named);
    let idle = gate.groups.iter().find(|group| !named.contains(*group))?;
    let message = format!("`@approval` asks the group `{idle}`, whose yes does not open this gate");
    Some((Code::LintGateWithoutGroup, message, help))
}

/// Whether every way through an expression that reads an approval goes through a clause.
fn asks(expression: &Value, clause: &dyn Fn(&Value) -> bool) -> bool {
    let way = |side: &Value| !reads(side) || asks(side, clause);
    if let Some((left, right)) = sides(expression, "&&") {
        return asks(left, clause) || asks(right, clause);
    }
    if let Some((left, right)) = sides(expression, "||") {
        return way(left) && way(right);
    }
    clause(expression)
}

/// Whether an expression reads an approval.
fn reads(expression: &Value) -> bool {
    any(expression, &|part| {
        let has = sides_of_has(part);
        dotted(part).as_deref() == Some(APPROVAL) || has.as_deref() == Some(APPROVAL)
    })
}

fn sides_of_has(expression: &Value) -> Option<String> {
    let has = expression.get("has")?;
    let of = dotted(has.get("left")?)?;
    Some(format!("{of}.{}", has.get("attr")?.as_str()?))
}

/// `context.now < context.approval.expires`, whichever way round.
fn is_expiry(expression: &Value) -> bool {
    let compares = |operator: &str, earlier: &str, later: &str| {
        sides(expression, operator).is_some_and(|(left, right)| {
            dotted(left).as_deref() == Some(earlier) && dotted(right).as_deref() == Some(later)
        })
    };
    let (now, expires) = ("context.now", "context.approval.expires");
    ["<", "<="].iter().any(|op| compares(op, now, expires))
        || [">", ">="].iter().any(|op| compares(op, expires, now))
}

/// `context.approval.args_digest == context.args_digest`, whichever way round.
fn is_digest(expression: &Value) -> bool {
    let Some((left, right)) = sides(expression, "==") else {
        return false;
    };
    let mut both = [dotted(left), dotted(right)];
    both.sort();
    both == ["context.approval.args_digest", "context.args_digest"].map(|one| Some(one.to_owned()))
}

/// The groups that a clause asks for; none when it is no such clause.
fn groups_of(expression: &Value) -> Option<BTreeSet<String>> {
    let (groups, wanted) = ["contains", "containsAny", "containsAll"]
        .iter()
        .find_map(|operator| sides(expression, operator))?;
    if dotted(groups).as_deref() != Some("context.approval.groups") {
        return None;
    }
    let mut named = BTreeSet::new();
    literals(wanted, &mut named);
    (!named.is_empty()).then_some(named)
}

fn groups_anywhere(expression: &Value, named: &mut BTreeSet<String>) {
    named.extend(groups_of(expression).into_iter().flatten());
    children(expression).for_each(|child| groups_anywhere(child, named));
}

/// The ids of all entities that an expression names.
fn literals(expression: &Value, ids: &mut BTreeSet<String>) {
    let id = expression
        .get("__entity")
        .and_then(|entity| entity.get("id"));
    ids.extend(id.and_then(Value::as_str).map(str::to_owned));
    children(expression).for_each(|child| literals(child, ids));
}
