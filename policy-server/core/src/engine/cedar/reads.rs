//! Which members of a tool's arguments a policy reads, from its JSON form.
//!
//! Only a chain of attributes below `context.input` names a member. Whatever else is done with the
//! arguments, or with the context, reads all of them. Deliberately absent: what is read of anything
//! else.

use std::collections::BTreeMap;

use cedar_policy::{Policy, PolicySet};
use serde_json::Value;

use super::INPUT;
use super::slices::Cut;
use crate::schema::{Mentioned, Reads};

/// What each policy reads, by its id.
#[derive(Debug, Default)]
pub(super) struct Readers(BTreeMap<String, Reads>);

impl Readers {
    pub(super) fn of<'p>(policies: impl Iterator<Item = &'p Policy>) -> Self {
        let reads = |policy: &Policy| (policy.id().to_string(), of(policy));
        Self(policies.map(reads).collect())
    }

    /// What one policy reads.
    pub(super) fn policy(&self, policy: &Policy) -> Reads {
        let id: &str = policy.id().as_ref();
        self.0.get(id).cloned().unwrap_or(Reads::Whole)
    }

    /// What the enforced policies of some cuts read together.
    pub(super) fn enforced(&self, cuts: &[&Cut]) -> Reads {
        self.of_sets(cuts.iter().flat_map(|cut| [&cut.base, &cut.gates]))
    }

    /// What policies in shadow read together.
    pub(super) fn shadow(&self, cuts: &[&Cut]) -> Reads {
        let sets = cuts.iter();
        self.of_sets(sets.flat_map(|cut| [&cut.shadow_permits, &cut.shadow_forbids]))
    }

    fn of_sets<'p>(&self, sets: impl Iterator<Item = &'p PolicySet>) -> Reads {
        let mut all = Reads::default();
        for policy in sets.flat_map(PolicySet::policies) {
            let id: &str = policy.id().as_ref();
            all.join(self.0.get(id).unwrap_or(&Reads::Whole));
        }
        all
    }
}

/// The names that policies mention as attributes, or as texts.
pub(super) fn names<'p>(policies: impl Iterator<Item = &'p Policy>) -> Mentioned {
    let mut names = Vec::new();
    for policy in policies {
        let json = policy.to_json().unwrap_or_default();
        mentioned(json.get("conditions").unwrap_or(&Value::Null), &mut names);
    }
    Mentioned::of(names)
}

fn mentioned(expression: &Value, names: &mut Vec<String>) {
    match expression {
        Value::Array(items) => items.iter().for_each(|item| mentioned(item, names)),
        Value::Object(members) => {
            for (operator, of) in members {
                match (operator.as_str(), of) {
                    ("attr" | "Value", Value::String(name)) => names.push(name.clone()),
                    ("Record", Value::Object(record)) => {
                        names.extend(record.keys().cloned());
                        mentioned(of, names);
                    }
                    _ => mentioned(of, names),
                }
            }
        }
        _ => {}
    }
}

/// What a policy reads; all, when it has no JSON form, which a static policy has.
fn of(policy: &Policy) -> Reads {
    let json = policy.to_json().ok();
    let conditions = json.as_ref().and_then(|json| json.get("conditions"));
    let Some(conditions) = conditions.and_then(Value::as_array) else {
        return Reads::Whole;
    };
    let mut reads = Reads::default();
    for condition in conditions {
        match condition.get("body") {
            Some(body) => walk(body, &mut reads),
            None => return Reads::Whole,
        }
    }
    reads
}

fn walk(expression: &Value, reads: &mut Reads) {
    match expression {
        Value::Array(items) => items.iter().for_each(|item| walk(item, reads)),
        Value::Object(members) => {
            for (operator, of) in members {
                match operator.as_str() {
                    "Value" => {}
                    "Var" => variable(of, reads),
                    "Record" => record(of, reads),
                    "." | "has" => access(operator, of, reads),
                    _ => walk(of, reads),
                }
            }
        }
        _ => {}
    }
}

/// The context by itself; other variables hold no arguments.
fn variable(name: &Value, reads: &mut Reads) {
    if !matches!(name.as_str(), Some("principal" | "action" | "resource")) {
        reads.add([]);
    }
}

/// The values of a record; its names may be those of operators.
fn record(members: &Value, reads: &mut Reads) {
    match members {
        Value::Object(members) => members.values().for_each(|value| walk(value, reads)),
        _ => reads.add([]),
    }
}

/// An attribute of something, or the question whether there is one.
fn access(operator: &str, of: &Value, reads: &mut Reads) {
    let (Some(left), Some(attributes)) = (of.get("left"), of.get("attr").and_then(attributes))
    else {
        return reads.add([]);
    };
    let Some(before) = chain(left) else {
        return walk(left, reads);
    };
    let path: Vec<&str> = before.into_iter().chain(attributes).collect();
    match path.split_first() {
        // Arguments there are always: the question whether there are any asks for no member.
        Some((&INPUT, members)) if operator == "has" => reads.ask(members.iter().copied()),
        Some((&INPUT, members)) => reads.add(members.iter().copied()),
        _ => {}
    }
}

/// The attribute of an access; `has a.b` names several.
fn attributes(attribute: &Value) -> Option<Vec<&str>> {
    match attribute {
        Value::Array(all) => all.iter().map(Value::as_str).collect(),
        one => Some(vec![one.as_str()?]),
    }
}

/// The attributes of the context that lead to a value; none when something else does.
fn chain(expression: &Value) -> Option<Vec<&str>> {
    if let Some(variable) = expression.get("Var") {
        return (variable.as_str() == Some("context")).then(Vec::new);
    }
    let access = expression.get(".")?;
    let mut before = chain(access.get("left")?)?;
    before.push(access.get("attr")?.as_str()?);
    Some(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(condition: &str) -> Reads {
        let text = format!("permit (principal, action, resource) when {{ {condition} }};");
        of(&Policy::parse(None, text).unwrap())
    }

    #[test]
    fn a_chain_below_the_input_is_what_is_read() {
        for (condition, paths) in [
            ("true", &[][..]),
            ("resource.readOnly && principal in A::\"b\"", &[]),
            ("context has input && context has approval", &[]),
            ("context.now < datetime(\"2026-01-01\")", &[]),
            ("context.input.a == 1", &["a"]),
            (
                "context.input.a && context.input[\"x-y\"].b > 2",
                &["a", "x-y.b"],
            ),
            (
                "context.input.a.b like \"*\" || context.input.a.c",
                &["a.b", "a.c"],
            ),
            (
                "[context.input.a].contains(context.input.b.c)",
                &["a", "b.c"],
            ),
            (
                "if context.input.a then resource.x else context.input.b == 1",
                &["a", "b"],
            ),
            (
                "!context.input.a.isEmpty() && context.input.a.contains({\".\": context.input.b})",
                &["a", "b"],
            ),
            (
                "context.input.a.b.getTag(context.input.c) == 1",
                &["a.b", "c"],
            ),
            ("{\"Var\": \"context\"} == {\"Var\": \"x\"}", &[]),
            (
                "decimal(context.input.a).lessThan(decimal(\"1.0\"))",
                &["a"],
            ),
            ("context.input.a is A in A::\"b\"", &["a"]),
        ] {
            let mut wanted = Reads::default();
            paths.iter().for_each(|path| wanted.add(path.split('.')));
            let read = reads(condition);
            assert!(
                read.cover(&wanted) && wanted.cover(&read),
                "{condition}: {read:?}"
            );
        }
    }

    #[test]
    fn a_question_for_a_member_reads_nothing_in_it() {
        for (condition, asked, read) in [
            ("context.input has a", &["a"][..], &[][..]),
            ("context.input has a.b.c", &["a.b.c"], &[]),
            ("context has input.a", &["a"], &[]),
            (
                "context.input has a && context.input.a has b && context.input.a.b == 1",
                &[],
                &["a.b"],
            ),
            (
                "context.input has a && context.input.a == context.input.b.c",
                &[],
                &["a", "b.c"],
            ),
        ] {
            let mut wanted = Reads::default();
            asked.iter().for_each(|path| wanted.ask(path.split('.')));
            read.iter().for_each(|path| wanted.add(path.split('.')));
            assert_eq!(reads(condition), wanted, "{condition}");
        }
    }

    #[test]
    fn whatever_takes_the_arguments_as_a_whole_reads_all_of_them() {
        for condition in [
            "context.input == context.input",
            "context == context",
            "[context.input].contains({\"a\": 1})",
            "{\"x\": context.input}.x.a == 1",
            "{\"x\": context}.x.input.a == 1",
            "(if resource.x then context.input else context.input).a == 1",
            "(if resource.x then context else context).input.a == 1",
            "{\"Var\": context}.Var.input.a == 1",
            "{\".\": context.input}[\".\"].a == 1",
        ] {
            assert_eq!(reads(condition), Reads::Whole, "{condition}");
        }
    }
}
