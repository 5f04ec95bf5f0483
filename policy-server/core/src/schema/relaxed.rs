//! The check of what is read of arguments: a tool's own schema, without its demands for members.
//!
//! Where an object is no more than a list of properties, each of them is checked by itself, so that
//! what nobody reads can be left out; which members must be there [`super::defaults`] knows. Any other
//! schema is checked as it stands. Deliberately absent: schemas of its own; it refers to the tool's.

use serde_json::{Map, Value};

use super::check::reference;
use super::shape::{Attribute, Level, Record, Shape};

/// Keywords that say nothing about several members at once, or nothing at all.
const PLAIN: [&str; 17] = [
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "definitions",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "title",
    "description",
    "default",
    "example",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];

/// Whether an object's schema is no more than a list of properties.
pub(super) fn is_plain(schema: &Map<String, Value>) -> bool {
    schema
        .keys()
        .all(|keyword| PLAIN.contains(&keyword.as_str()) || keyword.starts_with("x-"))
}

/// The check of all arguments.
pub(super) fn of(root: &Record, schema: &Value) -> Value {
    match &root.level {
        Level::Apart(pointer) => object(root, pointer, schema),
        Level::Together => reference(""),
    }
}

fn object(record: &Record, pointer: &str, schema: &Value) -> Value {
    let member = |(name, attribute): (&String, &Attribute)| {
        let place = format!("{pointer}/properties/{}", super::views::escaped(name));
        let checked = match &attribute.shape {
            Shape::Record(inner) => match &inner.level {
                Level::Apart(pointer) => object(inner, pointer, schema),
                Level::Together => reference(&place),
            },
            _ => reference(&place),
        };
        (name.clone(), checked)
    };
    let members: Map<String, Value> = record.attributes.iter().map(member).collect();
    let own = |keyword: &str| schema.pointer(&format!("{pointer}/{keyword}"));
    let mut relaxed = Map::new();
    relaxed.insert("properties".to_owned(), Value::Object(members));
    relaxed.extend(own("type").map(|kind| ("type".to_owned(), kind.clone())));
    let rest = own("additionalProperties").map(|rest| match rest {
        closed @ Value::Bool(_) => closed.clone(),
        _ => reference(&format!("{pointer}/additionalProperties")),
    });
    relaxed.extend(rest.map(|rest| ("additionalProperties".to_owned(), rest)));
    Value::Object(relaxed)
}
