//! What the keywords of schemas cost at the value to which they apply, apart from the values in it.
//!
//! One step is about a state of a pattern at one byte, or one comparison: a few nanoseconds.
//! Deliberately absent: the values in the value, which [`super::cost`] groups.

use serde_json::{Map, Value};

use super::pattern;

/// Bytes of text that are compared in one step.
const COMPARED_BYTES: usize = 16;

/// Keywords that read a string once.
const OF_TEXT: [&str; 5] = [
    "minLength",
    "maxLength",
    "format",
    "contentEncoding",
    "contentMediaType",
];

/// Keywords that hold lists of names to look up in an object.
const OF_NAMES: [&str; 4] = [
    "required",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
];

/// What schemas that apply together cost at one value.
#[derive(Default)]
pub(super) struct Own<'a> {
    /// How often a schema is asked.
    pub(super) asked: u64,
    /// Steps at any value.
    pub(super) each: u64,
    /// Further steps at an object.
    pub(super) object: u64,
    /// Steps at each byte of a string.
    pub(super) byte: u64,
    /// How often all that is in an array is hashed.
    pub(super) unique: u64,
    /// Patterns that strings meet, and how often.
    pub(super) texts: Vec<(&'a str, u64)>,
    /// Patterns that names of members meet.
    pub(super) names: Vec<(&'a str, u64)>,
}

impl<'a> Own<'a> {
    /// Adds a schema that is asked so often; names are looked at by `marks` too.
    pub(super) fn add(&mut self, schema: &'a Map<String, Value>, asked: u64, marks: u64) {
        let at = |keyword: &str| schema.get(keyword);
        let listed = at("enum").map_or(0, listed) + at("const").map_or(0, weight);
        let names: u64 = OF_NAMES
            .iter()
            .filter_map(|name| at(name))
            .map(entries)
            .sum();
        let texts = OF_TEXT.iter().filter(|name| schema.contains_key(**name));
        let unique = at("uniqueItems") == Some(&Value::Bool(true));
        self.asked = self.asked.saturating_add(asked);
        self.each = self.each.saturating_add(asked.saturating_mul(1 + listed));
        self.object = self.object.saturating_add(asked.saturating_mul(names));
        self.byte = self
            .byte
            .saturating_add(asked.saturating_mul(texts.count() as u64));
        self.unique = self.unique.saturating_add(asked * u64::from(unique));
        let pattern = at("pattern").and_then(Value::as_str);
        self.texts.extend(pattern.map(|pattern| (pattern, asked)));
        let by_name = at("patternProperties").and_then(Value::as_object);
        // `additionalProperties` and `unevaluatedProperties` ask for the names once more.
        let times = marks.saturating_mul(2);
        let by_name = by_name.into_iter().flat_map(Map::keys);
        self.names
            .extend(by_name.map(|pattern| (pattern.as_str(), times)));
    }

    /// Most steps for one byte of a value.
    pub(super) fn steps_per_byte(&self) -> u64 {
        let patterns = self.texts.iter().chain(&self.names);
        let patterns = patterns.map(|(text, times)| pattern::states(text).saturating_mul(*times));
        [self.each, self.object, self.byte, self.unique]
            .into_iter()
            .chain(patterns)
            .fold(0, u64::saturating_add)
    }
}

/// What looking for a value in a list costs. Lists of texts alone are hashed, of integers sorted.
fn listed(list: &Value) -> u64 {
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    let only = |is: fn(&Value) -> bool| items.iter().all(|item| is(item) || item.is_null());
    match only(Value::is_string) || only(Value::is_i64) {
        true => 16,
        false => weight(list),
    }
}

/// What comparing with a value costs.
fn weight(value: &Value) -> u64 {
    match value {
        Value::String(text) => 1 + (text.len() / COMPARED_BYTES) as u64,
        Value::Array(items) => 1 + items.iter().map(weight).sum::<u64>(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                1 + (name.len() / COMPARED_BYTES) as u64 + weight(value)
            };
            1 + members.iter().map(member).sum::<u64>()
        }
        _ => 1,
    }
}

/// How many names a keyword has looked up.
fn entries(value: &Value) -> u64 {
    let names = |value: &Value| value.as_array().map_or(0, Vec::len) as u64;
    match value {
        Value::Object(members) => members.values().map(|value| 1 + names(value)).sum(),
        value => names(value),
    }
}
