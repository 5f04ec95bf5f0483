//! Strings of a message that a secret may be split over: those under the same key, and the keys or the
//! values of one object.

use std::collections::BTreeMap;

use crate::json::{Json, Kind};

/// What is joined so far.
#[derive(Default)]
struct Joined {
    /// Under each key, and how many values.
    values: BTreeMap<String, (String, usize)>,
    keys: Vec<String>,
    /// The values of each object that are no objects and lists.
    members: Vec<String>,
}

/// The strings and numbers of a message that stand under one key, joined in their order, and the
/// keys of each object, and its values. What stands alone has been looked at already.
pub(super) fn joined(message: Json<'_>) -> Vec<String> {
    let mut joined = Joined::default();
    joined.below(message, "");
    let several = joined.values.into_values().filter(|(_, count)| *count > 1);
    several
        .map(|(text, _)| text)
        .chain(joined.keys)
        .chain(joined.members)
        .collect()
}

/// A string, or a number as a code among others.
fn scalar(json: Json<'_>) -> Option<String> {
    match json.kind() {
        Kind::String => json.string().map(std::borrow::Cow::into_owned),
        Kind::Number => Some(format!(",{},", json.text())),
        _ => None,
    }
}

impl Joined {
    fn below(&mut self, json: Json<'_>, key: &str) {
        match json.kind() {
            Kind::Object => {
                let members = json.members();
                if members.len() > 1 {
                    let keys = members.iter().map(|(key, _)| key.as_ref());
                    self.keys.push(keys.collect());
                    let values = members.iter().filter_map(|(_, value)| scalar(*value));
                    self.members.push(values.collect());
                }
                for (key, value) in members {
                    self.below(value, &key);
                }
            }
            Kind::Array => {
                for element in json.elements() {
                    self.below(element, key);
                }
            }
            Kind::String | Kind::Number => {
                let text = scalar(json).unwrap_or_default();
                self.add(key, &text);
            }
            Kind::Bool | Kind::Null => {}
        }
    }

    fn add(&mut self, key: &str, text: &str) {
        let (joined, count) = self.values.entry(key.to_owned()).or_default();
        joined.push_str(text);
        *count += 1;
    }
}
