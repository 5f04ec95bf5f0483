//! What a policy's conditions look at, read from its JSON form.
//!
//! Never too little: a condition that takes the context as a whole mentions all of it.
//! Deliberately absent: what the conditions mean; the validator and the evaluator know that.

use std::collections::BTreeSet;

use cedar_policy::Policy;
use serde_json::Value;

/// What the conditions of one policy mention.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mentions {
    /// Attributes of the context, by name.
    attributes: BTreeSet<String>,
    /// Attributes of the context in an `unless`.
    in_unless: BTreeSet<String>,
    /// The context itself, other than for an attribute.
    whole: bool,
    /// Actions that a condition compares with.
    equals: BTreeSet<String>,
}

impl Mentions {
    /// Reads a policy. None when it has no JSON form, which a static policy has.
    pub(super) fn of(policy: &Policy) -> Option<Self> {
        let json = policy.to_json().ok()?;
        let mut mentions = Self::default();
        for condition in json.get("conditions")?.as_array()? {
            let mut of_this = Self::default();
            of_this.walk(condition.get("body")?);
            if condition.get("kind").and_then(Value::as_str) == Some("unless") {
                mentions
                    .in_unless
                    .extend(of_this.attributes.iter().cloned());
            }
            mentions.attributes.append(&mut of_this.attributes);
            mentions.equals.append(&mut of_this.equals);
            mentions.whole |= of_this.whole;
        }
        Some(mentions)
    }

    /// Whether an `unless` asks for an approval.
    pub(super) fn opens_on_approval(&self) -> bool {
        self.in_unless.contains("approval")
    }

    /// Whether an approval is read anywhere.
    pub(super) fn approval(&self) -> bool {
        self.whole || self.attributes.contains("approval")
    }

    /// Whether anything of the context is read.
    pub(super) fn context(&self) -> bool {
        self.whole || !self.attributes.is_empty()
    }

    /// Whether one of these members of the context is read anywhere.
    pub(super) fn any_of(&self, names: &[&str]) -> bool {
        let read = |name: &&str| self.attributes.contains(*name);
        !names.is_empty() && (self.whole || names.iter().any(read))
    }

    /// The ids of actions that conditions compare the action with.
    pub(super) fn equal_actions(&self) -> impl Iterator<Item = &str> {
        self.equals.iter().map(String::as_str)
    }

    fn walk(&mut self, expression: &Value) {
        match expression {
            Value::Object(members) => {
                for (name, value) in members {
                    match (name.as_str(), of_context(value), compared_action(value)) {
                        ("." | "has", Some(attribute), _) => {
                            self.attributes.insert(attribute.to_owned());
                        }
                        ("==" | "!=", _, Some(id)) => {
                            self.equals.insert(id.to_owned());
                        }
                        ("Var", ..) if value.as_str() == Some("context") => self.whole = true,
                        _ => self.walk(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            _ => {}
        }
    }
}

/// The attribute in `{"left": {"Var": "context"}, "attr": …}`.
fn of_context(access: &Value) -> Option<&str> {
    let left = access.get("left")?.get("Var")?.as_str()?;
    let attribute = access.get("attr")?.as_str()?;
    (left == "context").then_some(attribute)
}

/// The id in `action == Mcp::Action::"id"`, whichever way round.
fn compared_action(comparison: &Value) -> Option<&str> {
    let is_action = |side: &&Value| side.get("Var").and_then(Value::as_str) == Some("action");
    let sides = [comparison.get("left")?, comparison.get("right")?];
    sides.iter().copied().find(is_action)?;
    let literal = sides.into_iter().find(|side| !is_action(side))?;
    literal.get("Value")?.get("__entity")?.get("id")?.as_str()
}
