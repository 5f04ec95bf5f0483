//! A lenient server: what it makes of arguments.
//!
//! Deliberately absent: members that no schema declares.

use portcullis_protocol::members::folded;
use serde_json::value::RawValue;
use serde_json::{Map, json};

/// How a server finds a member.
#[derive(Clone, Copy)]
pub(super) enum Reader {
    /// By its name, or else by one that differs in case.
    Exact,
    /// The last that has the name in any case.
    Last,
}

/// What a lenient server makes of a text.
pub(super) fn seen(
    tool: &serde_json::Value,
    text: &str,
    reader: Reader,
) -> Option<serde_json::Value> {
    let members = pairs(text)?;
    let schema = &tool["inputSchema"];
    Some(object(schema, &schema["$defs"], &members, reader))
}

type Pairs = Vec<(String, Box<RawValue>)>;

/// The members of an object with their texts, those of one name all.
fn pairs(text: &str) -> Option<Pairs> {
    struct All;
    impl<'de> serde::de::Visitor<'de> for All {
        type Value = Pairs;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
            let mut all = Vec::new();
            while let Some(pair) = map.next_entry()? {
                all.push(pair);
            }
            Ok(all)
        }
    }
    use serde::Deserializer as _;
    serde_json::Deserializer::from_str(text)
        .deserialize_map(All)
        .ok()
}

fn object(
    schema: &serde_json::Value,
    definitions: &serde_json::Value,
    members: &Pairs,
    reader: Reader,
) -> serde_json::Value {
    let mut seen = Map::new();
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let exact = members.iter().rev().find(|(member, _)| member == name);
        let any = members
            .iter()
            .rev()
            .find(|(member, _)| folded(member) == folded(name));
        let found = match reader {
            Reader::Exact => exact.or(any),
            Reader::Last => any,
        };
        let default = schema.get("default").cloned();
        let schema = match schema.get("$ref").and_then(serde_json::Value::as_str) {
            Some(reference) => &definitions[reference.rsplit('/').next().unwrap()],
            None => schema,
        };
        let value = found.and_then(|(_, text)| taken(schema, definitions, text.get(), reader));
        seen.extend(value.or(default).map(|value| (name.clone(), value)));
    }
    serde_json::Value::Object(seen)
}

/// A value as the declared type; null is none, where it is no type of its own.
fn taken(
    schema: &serde_json::Value,
    definitions: &serde_json::Value,
    text: &str,
    reader: Reader,
) -> Option<serde_json::Value> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let kinds = &schema["type"];
    if value.is_null() {
        let stays = kinds.is_array() && matches!(reader, Reader::Exact);
        return stays.then_some(value);
    }
    let text_of = || {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    Some(match kinds.as_str() {
        Some("string") => json!(text_of()),
        Some("boolean") => json!(matches!(text_of().as_str(), "true" | "1")),
        Some("integer") => {
            let number = text_of().parse::<f64>().ok();
            let whole = number.and_then(|number| format!("{number:.0}").parse::<i64>().ok());
            whole.map_or_else(|| value.clone(), |whole| json!(whole))
        }
        Some("array") => {
            let items: Vec<Box<RawValue>> = match value {
                serde_json::Value::Array(_) => serde_json::from_str(text).ok()?,
                _ => vec![RawValue::from_string(text.to_owned()).ok()?],
            };
            let items = items.iter();
            items
                .filter_map(|item| taken(&schema["items"], definitions, item.get(), reader))
                .collect()
        }
        Some("object") => object(schema, definitions, &pairs(text)?, reader),
        _ => value,
    })
}
