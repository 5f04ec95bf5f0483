//! Which arguments have an opaque type: a policy can compare them for equality, and nothing else.
//!
//! Deliberately absent: members that no property declares, where nothing is said about them; and
//! why: the table in [`super`] says which constructs have no faithful type.

use serde::Serialize;

use super::shape::{Attribute, Record, Rest, Shape};

/// An argument whose type is opaque.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Opaque {
    /// Where it is in a policy's terms, below `context`: `input.items[].price`, `input["x-y"]`.
    /// `[]` stands for each element of a set.
    pub path: String,
    /// `Mcp::Unknown` or `Mcp::Number`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// All opaque places of a shape, sorted.
pub(super) fn of(arguments: &Record) -> Vec<Opaque> {
    let mut found = Vec::new();
    record(arguments, "input", &mut found);
    found.sort();
    found
}

fn collect(shape: &Shape, path: &str, found: &mut Vec<Opaque>) {
    match shape {
        Shape::Number => found.push(opaque(path, "Mcp::Number")),
        Shape::Unknown => found.push(opaque(path, "Mcp::Unknown")),
        Shape::Set(item) => collect(item, &format!("{path}[]"), found),
        Shape::Record(inner) => record(inner, path, found),
        Shape::Map(each) => entries(each, path, found),
        Shape::Tuple(places) => {
            for (at, place) in places.iter().enumerate() {
                collect(&place.shape, &format!("{path}.proj{at}"), found);
            }
        }
        Shape::Union(branches) => {
            for (at, branch) in branches.iter().enumerate() {
                collect(&branch.shape, &format!("{path}.typeChoice{at}"), found);
            }
        }
        Shape::Bool | Shape::Long | Shape::Text | Shape::Decimal | Shape::DecimalText => {}
        Shape::Instant | Shape::Date | Shape::Duration | Shape::V4 | Shape::V6 => {}
        // There is one `null`, and an enumerated value says all that it is.
        Shape::Null | Shape::Choice(_) => {}
    }
}

fn record(record: &Record, path: &str, found: &mut Vec<Opaque>) {
    for (name, attribute) in &record.attributes {
        collect(&attribute.shape, &below(path, name), found);
    }
    for (name, branch) in &record.branches {
        collect(&branch.shape, &below(path, name), found);
    }
    // That undeclared members can be anything is the rule, and worth no word.
    if let Rest::Listed(name, each) = &record.rest
        && !matches!(each.shape, Shape::Unknown)
    {
        entries(each, &below(path, name), found);
    }
}

fn entries(each: &Attribute, path: &str, found: &mut Vec<Opaque>) {
    collect(&each.shape, &format!("{path}.entries[].value"), found);
}

fn opaque(path: &str, kind: &'static str) -> Opaque {
    let path = path.to_owned();
    Opaque { path, kind }
}

/// A member of a record as a policy names it.
pub(super) fn below(path: &str, name: &str) -> String {
    let mut chars = name.chars();
    let begins = chars
        .next()
        .is_some_and(|c| c == '_' || c.is_ascii_alphabetic());
    if begins && chars.all(|c| c == '_' || c.is_ascii_alphanumeric()) {
        format!("{path}.{name}")
    } else {
        format!("{path}[\"{}\"]", name.escape_debug())
    }
}
