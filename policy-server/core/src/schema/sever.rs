//! Arguments whose schemas cannot be checked, severed from those whose schemas can.
//!
//! A schema that holds something that cannot be run, as a pattern that looks around, would otherwise be
//! lost as a whole. Each argument is tried alone, with the definitions that it refers to. Deliberately
//! absent: schemas that say something about several arguments at once; those stand and fall as one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::MappingFault;
use super::relaxed::is_plain;
use super::views::unescaped;

/// Most values that are looked at for all trials together.
const LOOKS_MAX: usize = 40_000;

/// Where definitions stand.
const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];

/// Types that hold for an argument whatever else its schema says.
const SCALARS: [&str; 4] = ["string", "integer", "number", "boolean"];

/// A schema without what cannot be checked.
#[derive(Debug)]
pub(super) struct Severed {
    pub(super) schema: Value,
    /// The arguments that are left without a check, and why.
    pub(super) opaque: BTreeMap<String, MappingFault>,
}

/// Finds out which arguments are at fault; none when none is, or when it would take too long.
pub(super) fn sever(
    schema: &Value,
    fault: impl Fn(&Value) -> Option<MappingFault>,
) -> Option<Severed> {
    let root = schema.as_object().filter(|root| is_plain(root))?;
    let properties = root.get("properties")?.as_object()?;
    if properties.len().saturating_mul(size(schema)) > LOOKS_MAX {
        return None;
    }
    let mut kept = Map::new();
    let mut opaque = BTreeMap::new();
    for (name, argument) in properties {
        let alone = Map::from_iter([(name.clone(), argument.clone())]);
        let bare = match fault(&with(root, alone)) {
            None => argument.clone(),
            Some(why) => {
                opaque.insert(name.clone(), why);
                bare(argument)
            }
        };
        kept.insert(name.clone(), bare);
    }
    (!opaque.is_empty()).then(|| Severed {
        schema: with(root, kept),
        opaque,
    })
}

/// What is certain of an argument that cannot be checked.
fn bare(argument: &Value) -> Value {
    let kind = argument.get("type").and_then(Value::as_str);
    let scalar = kind.filter(|kind| SCALARS.contains(kind) && argument.get("$ref").is_none());
    scalar.map_or(Value::Bool(true), |kind| json!({ "type": kind }))
}

/// The same schema with other properties, and the definitions that these refer to.
fn with(root: &Map<String, Value>, properties: Map<String, Value>) -> Value {
    let mut schema = root.clone();
    schema.insert("properties".to_owned(), Value::Object(properties));
    let mut reached: BTreeMap<(&str, String), Value> = BTreeMap::new();
    for section in DEFINITIONS {
        schema.remove(section);
    }
    let mut waiting: Vec<Value> = vec![Value::Object(schema.clone())];
    while let Some(value) = waiting.pop() {
        for (section, name) in references(&value) {
            let definition = root.get(section).and_then(|all| all.get(&name));
            if let Some(definition) =
                definition.filter(|_| !reached.contains_key(&(section, name.clone())))
            {
                reached.insert((section, name), definition.clone());
                waiting.push(definition.clone());
            }
        }
    }
    for ((section, name), definition) in reached {
        schema
            .entry(section)
            .or_insert_with(|| json!({}))
            .as_object_mut()
            .map(|all| all.insert(name, definition));
    }
    Value::Object(schema)
}

/// The definitions that a schema refers to.
fn references(schema: &Value) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut waiting = vec![schema];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items),
            Value::Object(members) => {
                let reference = members.get("$ref").and_then(Value::as_str);
                found.extend(reference.and_then(definition));
                waiting.extend(members.values());
            }
            _ => {}
        }
    }
    found
}

/// Section and name in `#/$defs/name/…`.
fn definition(reference: &str) -> Option<(&'static str, String)> {
    let pointer = unescaped(reference.strip_prefix("#/")?)?;
    let mut tokens = pointer.split('/');
    let section = tokens.next()?;
    let section = DEFINITIONS.into_iter().find(|known| *known == section)?;
    let name = tokens.next()?.replace("~1", "/").replace("~0", "~");
    Some((section, name))
}

/// How many values a schema holds.
fn size(schema: &Value) -> usize {
    super::check::values(schema, LOOKS_MAX)
}
