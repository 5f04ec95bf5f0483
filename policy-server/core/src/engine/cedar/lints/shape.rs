//! Shapes that cost time or promise more than they hold. Advice: none of them fails a check.

use std::collections::BTreeSet;

use cedar_policy::{ActionConstraint, ResourceConstraint};
use serde_json::Value;

use super::super::expression::{children, dotted};
use super::Policy;
use crate::policies::{Code, Problem};

/// Parts of the names of attributes that hold paths or URLs.
const PATHS: [&str; 5] = ["path", "uri", "url", "file", "dir"];

/// A policy that every decision has to look at.
pub(super) fn unscoped(policy: &Policy<'_>) -> Option<Problem> {
    let cedar = &policy.found.policy;
    let any_action = cedar.action_constraint() == ActionConstraint::Any;
    let resource = cedar.resource_constraint();
    let any_resource = matches!(
        resource,
        ResourceConstraint::Any | ResourceConstraint::Is(_)
    );
    let problem = policy.found.problem(
        Code::LintUnscoped,
        "every decision has to look at this policy: its scope names no action and no resource",
    );
    (any_action && any_resource).then(|| {
        problem.help(
            "name an action, `action in Mcp::Action::\"tools/call\"`, or a server, \
             `resource in Mcp::Server::\"name\"`, if it is about one",
        )
    })
}

/// Paths that are compared by their beginning where nothing looks for `..`.
pub(super) fn open_prefixes(policies: &[Policy<'_>]) -> Vec<Problem> {
    let mut guarded = BTreeSet::new();
    for policy in policies {
        guards(&policy.json, &mut guarded);
    }
    let mut problems = Vec::new();
    for policy in policies {
        let mut open = BTreeSet::new();
        prefixes(&policy.json, &mut open);
        for path in open.difference(&guarded) {
            let message =
                format!("`{path}` is compared by its beginning, and `..` leads out of it");
            let problem = policy.found.problem(Code::LintOpenPrefix, &message);
            let at = policy.found.written.place(&format!("{path} like"));
            problems.push(problem.at(at).help(&format!(
                "forbid it beside: `forbid (…) when {{ {path} like \"*..*\" }}`; what the server \
                 decodes in an argument, as `%2e`, is not seen; in `resource.uri` it is no match"
            )));
        }
    }
    problems
}

/// Paths that are compared with a literal and a wildcard behind it.
fn prefixes(expression: &Value, found: &mut BTreeSet<String>) {
    if let Some((path, pattern)) = like(expression) {
        let first = pattern.first().and_then(|part| part.get("Literal"));
        let open = pattern.last().and_then(Value::as_str) == Some("Wildcard");
        if first.is_some() && open && is_path(&path) {
            found.insert(path);
        }
    }
    children(expression).for_each(|child| prefixes(child, found));
}

/// Paths in which a pattern looks for `..`.
fn guards(expression: &Value, found: &mut BTreeSet<String>) {
    let dots = |pattern: &[Value]| {
        let letters: String = pattern
            .iter()
            .map(|part| part.get("Literal").and_then(Value::as_str).unwrap_or("*"))
            .collect();
        letters.contains("..")
    };
    if let Some((path, pattern)) = like(expression)
        && dots(pattern)
    {
        found.insert(path);
    }
    children(expression).for_each(|child| guards(child, found));
}

fn like(expression: &Value) -> Option<(String, &[Value])> {
    let like = expression.get("like")?;
    let pattern = like.get("pattern")?.as_array()?;
    Some((dotted(like.get("left")?)?, pattern))
}

fn is_path(dotted: &str) -> bool {
    let attribute = dotted.rsplit('.').next().unwrap_or(dotted).to_lowercase();
    PATHS.iter().any(|part| attribute.contains(part))
}
