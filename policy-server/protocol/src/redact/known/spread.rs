//! Strings of a message that a secret may be split over: those under the same key, and the keys of
//! one object.

use std::collections::BTreeMap;

use crate::json::{Json, Kind};

/// What is joined so far.
#[derive(Default)]
struct Joined {
    /// Under each key, and how many values.
    values: BTreeMap<String, (String, usize)>,
    keys: Vec<String>,
}

/// The strings and numbers of a message that stand under one key, joined in their order, and the
/// keys of each object. What stands alone has been looked at already.
pub(super) fn joined(message: Json<'_>) -> Vec<String> {
    let mut joined = Joined::default();
    joined.below(message, "");
    let several = joined.values.into_values().filter(|(_, count)| *count > 1);
    several.map(|(text, _)| text).chain(joined.keys).collect()
}

impl Joined {
    fn below(&mut self, json: Json<'_>, key: &str) {
        match json.kind() {
            Kind::Object => {
                let members = json.members();
                if members.len() > 1 {
                    let keys = members.iter().map(|(key, _)| key.as_ref());
                    self.keys.push(keys.collect());
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
            Kind::String => self.add(key, &json.string().unwrap_or_default()),
            Kind::Number => self.add(key, &format!(",{},", json.text())),
            Kind::Bool | Kind::Null => {}
        }
    }

    fn add(&mut self, key: &str, text: &str) {
        let (joined, count) = self.values.entry(key.to_owned()).or_default();
        joined.push_str(text);
        *count += 1;
    }
}
