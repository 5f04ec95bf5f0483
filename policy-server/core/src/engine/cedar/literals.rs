//! What policies compare with what, read from their JSON form: the values around which outcomes
//! change.
//!
//! Nothing depends on it being complete: it says where to look. Deliberately absent: evaluation.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::Policy;
use serde_json::Value;

use super::found;
use super::mentions::Mentions;
use crate::policies::Sources;

/// Something that a condition looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A member of the arguments, by its path.
    Input(Vec<String>),
    /// An attribute of the resource.
    Resource(String),
    /// An attribute of the principal.
    Principal(String),
    /// The time.
    Now,
}

/// What it is compared with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Literal {
    /// Whether it is there.
    Present,
    /// Something that is not known; it is looked at.
    Seen,
    /// A number.
    Number(i64),
    /// A string, or the id of an entity.
    Text(String),
    /// A pattern; none stands for the wildcard.
    Like(Vec<Option<String>>),
    /// A decimal, as written.
    Decimal(String),
    /// A date and time, as written.
    Instant(String),
    /// A duration, as written.
    Span(String),
    /// Something that it contains, or not.
    Item(Box<Literal>),
}

/// What one policy compares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Literals {
    /// The policy's id.
    pub id: String,
    /// The actions that its scope names; all of them where it names none.
    pub actions: Option<BTreeSet<String>>,
    /// The id of the resource that its scope names: a server's name, or that and what it has.
    pub resource: Option<String>,
    /// All entities that it names: the last word of the type, and the id.
    pub entities: BTreeSet<(String, String)>,
    /// What it compares.
    pub compared: BTreeMap<Place, BTreeSet<Literal>>,
    /// Whether it reads an approval.
    pub approval: bool,
}

/// What the policies of a set compare, in their order. Nothing of policies that do not load.
#[must_use]
pub fn literals(sources: &Sources) -> Vec<Literals> {
    let found = found::all(sources).unwrap_or_default();
    found.iter().filter_map(|found| of(&found.policy)).collect()
}

fn of(policy: &Policy) -> Option<Literals> {
    let json = policy.to_json().ok()?;
    let mut literals = Literals {
        id: policy.id().to_string(),
        approval: Mentions::of(policy).is_some_and(|mentions| mentions.approval()),
        ..Literals::default()
    };
    let scope = |name: &str| json.get(name).cloned().unwrap_or_default();
    let mut entities = Vec::new();
    named(&scope("action"), &mut entities);
    if !entities.is_empty() {
        literals.actions = Some(entities.drain(..).map(|(_, id)| id).collect());
    }
    named(&scope("resource"), &mut entities);
    literals.resource = entities.first().map(|(_, id)| id.clone());
    named(&scope("principal"), &mut entities);
    literals.entities.extend(entities);
    for condition in json.get("conditions")?.as_array()? {
        literals.walk(condition.get("body")?);
    }
    Some(literals)
}

/// The entities in a scope.
fn named(value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| named(item, into)),
        Value::Object(members) => match entity(value) {
            Some(found) => into.push(found),
            None => members.values().for_each(|value| named(value, into)),
        },
        _ => {}
    }
}

/// The last word of the type, and the id.
fn entity(value: &Value) -> Option<(String, String)> {
    let kind = value.get("type")?.as_str()?;
    let id = value.get("id")?.as_str()?;
    let kind = kind.rsplit("::").next().unwrap_or(kind);
    Some((kind.to_owned(), id.to_owned()))
}

impl Literals {
    fn note(&mut self, place: Place, literal: Literal) {
        self.compared.entry(place).or_default().insert(literal);
    }

    fn walk(&mut self, expression: &Value) {
        if let Some(place) = place(expression) {
            return self.note(place, Literal::Seen);
        }
        match expression {
            Value::Object(members) => {
                for (operator, of) in members {
                    match operator.as_str() {
                        "Value" => self.entities.extend(of.get("__entity").and_then(entity)),
                        name => {
                            self.compare(name, of);
                            self.walk(of);
                        }
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            _ => {}
        }
    }

    fn compare(&mut self, operator: &str, of: &Value) {
        let left = of.get("left").or_else(|| of.get(0));
        let right = of.get("right").or_else(|| of.get(1));
        let Some(left) = left else { return };
        match operator {
            "has" => self.has(left, of),
            "like" => {
                let pattern = of.get("pattern").and_then(pattern);
                let noted = place(left).zip(pattern.map(Literal::Like));
                noted
                    .into_iter()
                    .for_each(|(place, literal)| self.note(place, literal));
            }
            _ => {
                let Some(right) = right else { return };
                let holds = operator.starts_with("contains");
                self.both(left, right, holds);
                self.both(right, left, false);
            }
        }
    }

    fn has(&mut self, left: &Value, of: &Value) {
        let attribute = of.get("attr").and_then(Value::as_str);
        let Some(attribute) = attribute else { return };
        let whole = serde_json::json!({ ".": { "left": left, "attr": attribute } });
        if let Some(place) = place(&whole) {
            self.note(place, Literal::Present);
        }
    }

    /// A place on one side, and literals on the other.
    fn both(&mut self, side: &Value, other: &Value, holds: bool) {
        let Some(place) = place(side) else { return };
        let items = other.get("Set").and_then(Value::as_array);
        let literals: Vec<Literal> = match items {
            Some(items) => items.iter().filter_map(literal).collect(),
            None => literal(other).into_iter().collect(),
        };
        for literal in literals {
            let literal = match holds {
                true => Literal::Item(Box::new(literal)),
                false => literal,
            };
            self.note(place.clone(), literal);
        }
    }
}

/// What an expression looks at, when that is all it does.
fn place(expression: &Value) -> Option<Place> {
    for method in ["toTime", "toDate"] {
        if let Some(inner) = expression.get(method) {
            return place(inner.get(0)?);
        }
    }
    let mut path = Vec::new();
    let mut at = expression;
    while let Some(access) = at.get(".") {
        path.push(access.get("attr")?.as_str()?.to_owned());
        at = access.get("left")?;
    }
    path.reverse();
    let variable = at.get("Var")?.as_str()?;
    let (first, rest) = path.split_first()?;
    match (variable, first.as_str()) {
        ("context", "input") if !rest.is_empty() => Some(Place::Input(rest.to_vec())),
        ("context", "now") => Some(Place::Now),
        ("resource", _) => Some(Place::Resource(first.clone())),
        ("principal", _) => Some(Place::Principal(first.clone())),
        _ => None,
    }
}

fn literal(expression: &Value) -> Option<Literal> {
    let text = |name: &str| {
        let argument = expression.get(name)?.get(0)?.get("Value")?;
        argument.as_str().map(str::to_owned)
    };
    let number = |value: &Value| value.get("Value").and_then(Value::as_i64);
    if let Some(negated) = expression.get("neg") {
        let number = number(negated.get("arg")?)?;
        return number.checked_neg().map(Literal::Number);
    }
    if let Some(value) = expression.get("Value") {
        if let Some((_, id)) = value.get("__entity").and_then(entity) {
            return Some(Literal::Text(id));
        }
        let text = value.as_str().map(|text| Literal::Text(text.to_owned()));
        return text.or_else(|| number(expression).map(Literal::Number));
    }
    let decimal = text("decimal").map(Literal::Decimal);
    let instant = || text("datetime").map(Literal::Instant);
    let span = || text("duration").map(Literal::Span);
    let address = || text("ip").map(Literal::Text);
    decimal.or_else(instant).or_else(span).or_else(address)
}

fn pattern(elements: &Value) -> Option<Vec<Option<String>>> {
    let elements = elements.as_array()?.iter();
    let element = |element: &Value| {
        let text = element.get("Literal").and_then(Value::as_str);
        text.map(str::to_owned)
    };
    // Literals stand one by one; put together they are what the author wrote.
    let mut whole: Vec<Option<String>> = Vec::new();
    for element in elements.map(element) {
        match (whole.last_mut(), element) {
            (Some(Some(last)), Some(text)) => last.push_str(&text),
            (_, element) => whole.push(element),
        }
    }
    Some(whole)
}

#[cfg(test)]
mod tests;
