//! Mentioned that a lenient reader takes for an argument's: `PATH` beside, or instead of, `path`.
//!
//! Some servers read names without regard to case, or take `branch_name` or `branch-name` for `branchName`.
//! To policy such a member is one that nobody declares, so a policy on the argument would look past it.
//! Where the tool declares no names, those that policies mention are what counts.

use std::collections::BTreeSet;

use portcullis_protocol::members::folded;
use serde_json::{Map, Value};

use super::ArgumentFault;
use super::convert::At;
use super::shape::{Record, Rest, Shape};

/// A name whose members JavaScript programs take for those of the object around it.
pub(super) const PROTOTYPE: &str = "__proto__";

/// What names have in common that some reader takes for one another: their letters and digits.
pub(super) fn likeness(name: &str) -> String {
    let folded = folded(name);
    let plain: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    match plain.is_empty() {
        true => folded,
        false => plain,
    }
}

/// Mentioned of members that policies mention, wherever they do.
#[derive(Clone, Debug, Default)]
pub struct Mentioned {
    exact: BTreeSet<String>,
    like: BTreeSet<String>,
}

impl Mentioned {
    /// These names.
    pub fn of(names: impl IntoIterator<Item = String>) -> Self {
        let exact: BTreeSet<String> = names.into_iter().collect();
        Self {
            like: exact.iter().map(|name| likeness(name)).collect(),
            exact,
        }
    }

    /// Whether some reader takes a member for one that is mentioned, and policies do not.
    fn confuse(&self, name: &str) -> bool {
        !self.exact.contains(name) && self.like.contains(&likeness(name))
    }
}

/// Shapes that one value may have.
type Shapes<'s> = Vec<&'s Shape>;

/// A shape that holds others.
#[derive(Clone, Copy)]
enum Holder<'s> {
    Record(&'s Record),
    Other(&'s Shape),
}

/// Refuses a member that is not declared, and spelt like one that is, or like one that is mentioned.
pub(super) fn check(root: &Record, names: &Mentioned, value: &Value) -> Result<(), ArgumentFault> {
    let mut flat = Vec::new();
    records(root, &mut flat);
    let Value::Object(members) = value else {
        return Ok(());
    };
    object(&flat, names, members, &At(None, ""))
}

fn look(
    shapes: &Shapes<'_>,
    names: &Mentioned,
    value: &Value,
    at: &At<'_>,
) -> Result<(), ArgumentFault> {
    let mut flat = Vec::new();
    shapes.iter().for_each(|shape| flatten(shape, &mut flat));
    match value {
        Value::Object(members) => object(&flat, names, members, at),
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                let shapes = flat.iter().filter_map(|holder| item_of(holder, place));
                let at = At(Some(at), &place.to_string());
                look(&shapes.collect(), names, item, &at)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The shapes that a value of this one may have itself.
fn flatten<'s>(shape: &'s Shape, into: &mut Vec<Holder<'s>>) {
    match shape {
        Shape::Union(branches) => {
            let branches = branches.iter();
            branches.for_each(|branch| flatten(&branch.shape, into));
        }
        Shape::Record(record) => records(record, into),
        Shape::Set(_) | Shape::Map(_) | Shape::Tuple(_) => into.push(Holder::Other(shape)),
        _ => {}
    }
}

fn records<'s>(record: &'s Record, into: &mut Vec<Holder<'s>>) {
    into.push(Holder::Record(record));
    let branches = record.branches.iter();
    branches.for_each(|(_, branch)| flatten(&branch.shape, into));
}

fn object(
    shapes: &[Holder<'_>],
    names: &Mentioned,
    members: &Map<String, Value>,
    at: &At<'_>,
) -> Result<(), ArgumentFault> {
    for (name, value) in members {
        let at = At(Some(at), name);
        let records = || shapes.iter().filter_map(record);
        let declared = records().filter_map(|record| record.attributes.get(name));
        let mut below: Shapes<'_> = declared.map(|attribute| &attribute.shape).collect();
        if below.is_empty() {
            if records().next().is_some() {
                let like = likeness(name);
                if records().any(|record| record.like.contains(&like)) {
                    return Err(at.fault("is spelt like another argument"));
                }
            }
            if name == PROTOTYPE || names.confuse(name) {
                return Err(at.fault("is spelt like a name that policies look for"));
            }
            below = shapes.iter().filter_map(rest_of).collect();
        }
        look(&below, names, value, &at)?;
    }
    Ok(())
}

const fn record<'s>(holder: &Holder<'s>) -> Option<&'s Record> {
    match holder {
        Holder::Record(record) => Some(record),
        Holder::Other(_) => None,
    }
}

/// The shape of a member that is not declared.
fn rest_of<'s>(holder: &Holder<'s>) -> Option<&'s Shape> {
    match holder {
        Holder::Other(Shape::Map(each)) => Some(&each.shape),
        Holder::Record(record) => match &record.rest {
            Rest::Listed(_, each) => Some(&each.shape),
            Rest::None | Rest::Elsewhere => None,
        },
        _ => None,
    }
}

/// The shape of an item of an array.
fn item_of<'s>(holder: &Holder<'s>, place: usize) -> Option<&'s Shape> {
    match holder {
        Holder::Other(Shape::Set(item)) => Some(item),
        Holder::Other(Shape::Tuple(places)) => places.get(place).map(|place| &place.shape),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::schema::Reads;
    use crate::schema::tests::map;

    #[test]
    fn what_a_lenient_reader_takes_for_an_argument_is_refused() {
        let tool = map(
            "demo",
            &json!({"name": "t", "inputSchema": {"type": "object", "properties": {
                "path": {"type": "string"},
                "asK": {"type": "string"},
                "rows": {"type": "array", "items": {"properties": {"id": {}}, "type": "object"}},
                "env": {"type": "object", "additionalProperties": {"type": "string"}},
                "any": {},
                "to": {"anyOf": [
                    {"type": "object", "properties": {"user": {}}, "required": ["user"]},
                    {"type": "object", "properties": {"User": {}}, "required": ["User"]},
                ]}},
                "anyOf": [{"properties": {"mode": {"const": "x"}}}, {"required": ["path"]}],
            }}),
        );
        let tool = tool.unwrap();
        let fault = |text: &str| {
            tool.read(Some(text), &Reads::Whole)
                .unwrap_err()
                .to_string()
        };
        for (text, place) in [
            (r#"{"PATH":"/etc"}"#, "/PATH"),
            (r#"{"path":"/srv","Path":"/etc"}"#, "/Path"),
            (r#"{"a\u017f\u212a":"x"}"#, "/a\u{17f}\u{212a}"),
            (r#"{"path\u0000x":"x"}"#, "/path\\0x"),
            (r#"{"rows":[{"id":1},{"ID":2}]}"#, "/rows/1/ID"),
            (r#"{"path":"","MODE":"y"}"#, "/MODE"),
            (r#"{"path":"","as_K":"y"}"#, "/as_K"),
            (r#"{"to":{"USER":1,"user":2}}"#, "/to/USER"),
        ] {
            let wanted = format!("{place} is spelt like another argument");
            assert_eq!(fault(text), wanted, "{text}");
        }
        for text in [
            r#"{"path":"/srv","other":1,"pathes":2}"#,
            r#"{"env":{"PATH":"/bin","path":"x"},"any":{"a":1,"A":2}}"#,
            r#"{"to":{"User":1}}"#,
            r#"{"to":{"User":1,"user":2}}"#,
        ] {
            assert!(tool.read(Some(text), &Reads::Whole).is_ok(), "{text}");
        }
    }
}
