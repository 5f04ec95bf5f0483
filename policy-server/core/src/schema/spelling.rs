//! Names that a lenient reader takes for an argument's: `PATH` beside, or instead of, `path`.
//!
//! Some servers read names without regard to case. To policy such a member is one that nobody
//! declares, so a policy on the argument would look past it. Deliberately absent: names where the
//! tool declares none.

use portcullis_protocol::members::folded;
use serde_json::{Map, Value};

use super::ArgumentFault;
use super::convert::At;
use super::shape::{Record, Rest, Shape};

/// Shapes that one value may have.
type Shapes<'s> = Vec<&'s Shape>;

/// Refuses a member that is not declared, and spelt like one that is.
pub(super) fn check(shape: &Shape, value: &Value) -> Result<(), ArgumentFault> {
    look(&vec![shape], value, &At(None, ""))
}

fn look(shapes: &Shapes<'_>, value: &Value, at: &At<'_>) -> Result<(), ArgumentFault> {
    let mut flat = Vec::new();
    shapes.iter().for_each(|shape| flatten(shape, &mut flat));
    match value {
        Value::Object(members) => object(&flat, members, at),
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                let shapes = flat.iter().filter_map(|shape| item_of(shape, place));
                let at = At(Some(at), &place.to_string());
                look(&shapes.collect(), item, &at)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The shapes that a value of this one may have itself.
fn flatten<'s>(shape: &'s Shape, into: &mut Shapes<'s>) {
    let branches = match shape {
        Shape::Union(branches) => branches.iter().map(|branch| &branch.shape).collect(),
        Shape::Record(record) => {
            into.push(shape);
            let branches = record.branches.iter();
            branches.map(|(_, branch)| &branch.shape).collect()
        }
        Shape::Set(_) | Shape::Map(_) | Shape::Tuple(_) => {
            into.push(shape);
            Vec::new()
        }
        _ => Vec::new(),
    };
    branches.into_iter().for_each(|shape| flatten(shape, into));
}

fn object(
    shapes: &Shapes<'_>,
    members: &Map<String, Value>,
    at: &At<'_>,
) -> Result<(), ArgumentFault> {
    for (name, value) in members {
        let at = At(Some(at), name);
        let records = || shapes.iter().filter_map(|shape| record(shape));
        let declared = records().filter_map(|record| record.attributes.get(name));
        let mut below: Shapes<'_> = declared.map(|attribute| &attribute.shape).collect();
        if below.is_empty() {
            if records().next().is_some() {
                let folded = folded(name);
                if records().any(|record| record.folded.contains(&folded)) {
                    return Err(at.fault("is spelt like another argument"));
                }
            }
            below = shapes.iter().filter_map(|shape| rest_of(shape)).collect();
        }
        look(&below, value, &at)?;
    }
    Ok(())
}

fn record(shape: &Shape) -> Option<&Record> {
    match shape {
        Shape::Record(record) => Some(record),
        _ => None,
    }
}

/// The shape of a member that is not declared.
fn rest_of(shape: &Shape) -> Option<&Shape> {
    match shape {
        Shape::Map(each) => Some(&each.shape),
        Shape::Record(record) => match &record.rest {
            Rest::Listed(_, each) => Some(&each.shape),
            Rest::None | Rest::Elsewhere => None,
        },
        _ => None,
    }
}

/// The shape of an item of an array.
fn item_of(shape: &Shape, place: usize) -> Option<&Shape> {
    match shape {
        Shape::Set(item) => Some(item),
        Shape::Tuple(places) => places.get(place).map(|place| &place.shape),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
        let fault = |text: &str| tool.check(Some(text)).unwrap_err().to_string();
        for (text, place) in [
            (r#"{"PATH":"/etc"}"#, "/PATH"),
            (r#"{"path":"/srv","Path":"/etc"}"#, "/Path"),
            (r#"{"a\u017f\u212a":"x"}"#, "/a\u{17f}\u{212a}"),
            (r#"{"path\u0000x":"x"}"#, "/path\\0x"),
            (r#"{"rows":[{"id":1},{"ID":2}]}"#, "/rows/1/ID"),
            (r#"{"path":"","MODE":"y"}"#, "/MODE"),
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
            assert!(tool.check(Some(text)).is_ok(), "{text}");
        }
    }
}
