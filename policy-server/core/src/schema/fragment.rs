//! Shapes as a fragment of a Cedar schema, in Cedar's JSON.
//!
//! Deliberately absent: Cedar's own types for it; they are not part of its stable interface.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::shape::{Attribute, Branch, Record, Rest, Shape};

/// What the fragment of one tool is made of.
pub(super) struct Parts<'a> {
    /// `Mcp::github`.
    pub(super) server: &'a str,
    /// `create_issueInput`.
    pub(super) input: &'a str,
    /// `Mcp::github::create_issue`.
    pub(super) tool: &'a str,
    /// `github/create_issue`.
    pub(super) action: &'a str,
    /// `github/*`.
    pub(super) group: &'a str,
    pub(super) root: &'a Record,
    pub(super) choices: &'a BTreeMap<Vec<String>, Vec<String>>,
    pub(super) context: &'a Map<String, Value>,
}

/// The opaque types, which all tools share.
pub(super) fn opaque() -> Value {
    json!({ "Mcp": { "entityTypes": {
        "Null": { "enum": ["null"] },
        "Number": {},
        "Unknown": {},
    }, "actions": {} } })
}

pub(super) fn fragment(parts: &Parts<'_>) -> Value {
    let mut whole = Map::new();
    let types = json!({ parts.input: record(parts.root) });
    let server = json!({ "commonTypes": types, "entityTypes": {}, "actions": {} });
    whole.insert(parts.server.to_owned(), server);
    for (path, values) in parts.choices {
        let Some((name, path)) = path.split_last() else {
            continue;
        };
        let mut namespace = vec![parts.tool];
        namespace.extend(path.iter().map(String::as_str));
        let entry = whole.entry(namespace.join("::"));
        let entry = entry.or_insert_with(|| json!({ "entityTypes": {}, "actions": {} }));
        if let Some(Value::Object(types)) = entry.get_mut("entityTypes") {
            types.insert(name.clone(), json!({ "enum": values }));
        }
    }
    let mut context = parts.context.clone();
    let input = format!("{}::{}", parts.server, parts.input);
    context.insert("input".to_owned(), named("EntityOrCommon", &input));
    let action = json!({
        "memberOf": [{ "id": parts.group }],
        "appliesTo": {
            "principalTypes": ["Agent"],
            "resourceTypes": ["Tool"],
            "context": { "type": "Record", "attributes": context },
        },
    });
    whole.insert("Mcp".to_owned(), actions([(parts.action, action)]));
    Value::Object(whole)
}

/// Actions that are groups, or that nothing is asked about, each in one group.
pub(super) fn names<'a>(each: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let each = each.into_iter();
    let each = each.map(|(action, group)| (action, json!({ "memberOf": [{ "id": group }] })));
    json!({ "Mcp": actions(each) })
}

fn actions<'a>(each: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let actions: Map<String, Value> = each
        .into_iter()
        .map(|(action, value)| (action.to_owned(), value))
        .collect();
    json!({ "entityTypes": {}, "actions": actions })
}

fn named(kind: &str, name: &str) -> Value {
    json!({ "type": kind, "name": name })
}

fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Bool => json!({ "type": "Boolean" }),
        Shape::Long => json!({ "type": "Long" }),
        Shape::Text => json!({ "type": "String" }),
        Shape::Decimal | Shape::DecimalText => named("Extension", "decimal"),
        Shape::Instant | Shape::Date => named("Extension", "datetime"),
        Shape::Duration => named("Extension", "duration"),
        Shape::V4 | Shape::V6 => named("Extension", "ipaddr"),
        Shape::Choice(choice) => named("Entity", &choice.name),
        Shape::Null => named("Entity", "Mcp::Null"),
        Shape::Number => named("Entity", "Mcp::Number"),
        Shape::Unknown => named("Entity", "Mcp::Unknown"),
        Shape::Set(item) => json!({ "type": "Set", "element": of(item) }),
        Shape::Record(shape) => record(shape),
        Shape::Map(each) => entries(each),
        Shape::Tuple(places) => {
            let place = |(at, place): (usize, &Attribute)| (format!("proj{at}"), attribute(place));
            attributes(places.iter().enumerate().map(place))
        }
        Shape::Union(branches) => {
            let branch = |(at, branch): (usize, &Branch)| {
                (format!("typeChoice{at}"), optional(of(&branch.shape)))
            };
            attributes(branches.iter().enumerate().map(branch))
        }
    }
}

fn attributes(each: impl Iterator<Item = (String, Value)>) -> Value {
    let attributes: Map<String, Value> = each.collect();
    json!({ "type": "Record", "attributes": attributes })
}

fn attribute(attribute: &Attribute) -> Value {
    let shape = of(&attribute.shape);
    if attribute.always() {
        shape
    } else {
        optional(shape)
    }
}

fn optional(mut shape: Value) -> Value {
    if let Some(members) = shape.as_object_mut() {
        members.insert("required".to_owned(), Value::Bool(false));
    }
    shape
}

fn record(shape: &Record) -> Value {
    let own = shape.attributes.iter();
    let own = own.map(|(name, each)| (name.clone(), attribute(each)));
    let branches = shape.branches.iter();
    let branches = branches.map(|(name, branch)| (name.clone(), optional(of(&branch.shape))));
    let rest = match &shape.rest {
        Rest::Listed(name, each) => Some((name.clone(), optional(entries(each)))),
        _ => None,
    };
    attributes(own.chain(branches).chain(rest))
}

/// Undeclared members: Cedar cannot look for a key among pairs, so the keys stand apart too.
fn entries(each: &Attribute) -> Value {
    let string = || json!({ "type": "String" });
    let entry = [
        ("key".to_owned(), string()),
        ("value".to_owned(), attribute(each)),
    ];
    let set = |element: Value| json!({ "type": "Set", "element": element });
    let both = [
        ("entries".to_owned(), set(attributes(entry.into_iter()))),
        ("keys".to_owned(), set(string())),
    ];
    attributes(both.into_iter())
}
