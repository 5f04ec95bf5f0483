//! Conditions in their JSON form, taken apart for people: the terms between `&&`, and what each
//! looks at.
//!
//! Deliberately absent: what they come to, which is the evaluator's.

use cedar_policy::Policy;
use serde_json::{Value, json};

/// The terms between `&&`, from left to right. All of them must hold for the whole to.
pub(super) fn terms(body: &Value) -> Vec<&Value> {
    let sides = body.get("&&");
    let both = sides.and_then(|sides| Some([sides.get("left")?, sides.get("right")?]));
    match both {
        Some(both) => both.into_iter().flat_map(terms).collect(),
        None => vec![body],
    }
}

/// A `permit` with this condition alone.
pub(super) fn lone(kind: &str, body: &Value) -> Value {
    json!({
        "effect": "permit",
        "principal": {"op": "All"},
        "action": {"op": "All"},
        "resource": {"op": "All"},
        "conditions": [{"kind": kind, "body": body}],
    })
}

/// A condition as one would write it.
pub(super) fn text(body: &Value) -> String {
    let policy = Policy::from_json(None, lone("when", body)).ok();
    let written = policy.and_then(|policy| policy.to_cedar());
    let inside = written.as_deref().and_then(|written| {
        let (_, rest) = written.split_once('{')?;
        rest.rsplit_once('}').map(|(inside, _)| inside.trim())
    });
    inside.unwrap_or("…").to_owned()
}

/// What a condition looks at, as expressions: `context.input.amount`, `principal`. Sorted, each once.
pub(super) fn looked_at(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(body, &mut found);
    found.sort();
    found.dedup();
    found
}

fn walk(expression: &Value, found: &mut Vec<String>) {
    match (path(expression), expression) {
        // The context as a whole says too much to say anything.
        (Some(path), _) if path == "context" => {}
        (Some(path), _) => found.push(path),
        (None, Value::Object(members)) => {
            let looked = members.iter().filter(|(name, _)| *name != "has");
            looked.for_each(|(_, value)| walk(value, found));
        }
        (None, Value::Array(items)) => items.iter().for_each(|item| walk(item, found)),
        (None, _) => {}
    }
}

/// A variable, or an attribute of an attribute of one.
fn path(expression: &Value) -> Option<String> {
    if let Some(variable) = expression.get("Var") {
        return variable.as_str().map(str::to_owned);
    }
    let access = expression.get(".")?;
    let before = path(access.get("left")?)?;
    let attribute = access.get("attr")?.as_str()?;
    Some(match is_identifier(attribute) {
        true => format!("{before}.{attribute}"),
        false => format!("{before}[\"{}\"]", attribute.escape_debug()),
    })
}

fn is_identifier(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.chars().all(plain) && !text.starts_with(|c: char| c.is_ascii_digit()) && !text.is_empty()
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    fn body(condition: &str) -> Value {
        let text = format!("permit (principal, action, resource) when {{ {condition} }};");
        let policy = Policy::from_str(&text).unwrap().to_json().unwrap();
        policy["conditions"][0]["body"].clone()
    }

    #[test]
    fn terms_stand_between_ands() {
        let read = body(r#"principal in R::"a" && (context.x && !(context.y || resource.z))"#);
        let texts: Vec<String> = terms(&read).into_iter().map(text).collect();
        assert_eq!(
            texts,
            [
                r#"principal in R::"a""#,
                "context.x",
                "!(context.y || resource.z)"
            ]
        );
    }

    #[test]
    fn what_is_looked_at_is_named_whole() {
        let read = body(
            r#"context.input.a < context.input["b-c"] && context has approval &&
               principal in R::"a" && resource.tags.contains(context.input.a)"#,
        );
        assert_eq!(
            looked_at(&read),
            [
                "context.input.a",
                r#"context.input["b-c"]"#,
                "principal",
                "resource.tags"
            ]
        );
    }
}
