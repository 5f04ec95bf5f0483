//! What arguments were, without their values: a tree of names and types.
//!
//! `{"repo": "string", "labels": ["string"], "amount": "integer"}`. Bounded in depth, members and
//! bytes; what is left out shows as `…`. Deliberately absent: values, and names that may be ones.

use std::cell::Cell;
use std::fmt;

use portcullis_protocol::digest::Digest;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Deepest nesting that is spelled out.
const DEPTH_MAX: usize = 4;

/// Most members of one object that are spelled out.
const MEMBERS_MAX: usize = 32;

/// Most different types of one array's items that are spelled out.
const ITEMS_MAX: usize = 4;

/// Longest tree, in bytes of its JSON text, give or take one name.
const BYTES_MAX: usize = 2 * 1024;

/// Longest name that is spelled out though no tool declares it, in bytes.
const NAME_BYTES_MAX: usize = 32;

/// Stands for what is left out.
const MORE: &str = "…";

/// The types of a JSON text. `declared` knows whether the tool declares a name; it gives none when
/// nothing is known of the tool.
pub(super) fn of(text: &str, declared: &dyn Fn(&str) -> Option<bool>) -> Value {
    let left = Cell::new(BYTES_MAX);
    let seed = Seed {
        depth: DEPTH_MAX,
        left: &left,
        declared,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let types = seed.deserialize(&mut deserializer);
    types.unwrap_or_else(|_| Value::from("unreadable"))
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    depth: usize,
    left: &'a Cell<usize>,
    declared: &'a dyn Fn(&str) -> Option<bool>,
}

impl Seed<'_> {
    /// Takes bytes off the budget; false when there are none left.
    fn pays(&self, bytes: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(bytes));
        left > bytes
    }

    fn word<E>(self, word: &str) -> Result<Value, E> {
        Ok(Value::from(if self.pays(word.len() + 3) {
            word
        } else {
            MORE
        }))
    }

    /// A name that may be shown, or else its digest: a name may be a secret too.
    fn name(&self, name: &str) -> String {
        let plain = |b: u8| b.is_ascii_alphabetic() || b == b'_' || b == b'-';
        let short = name.len() <= NAME_BYTES_MAX && !name.is_empty() && name.bytes().all(plain);
        if (self.declared)(name).unwrap_or(short) {
            name.to_owned()
        } else {
            Digest::of(name.as_bytes()).to_string()
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        self.word("null")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        self.word("boolean")
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        self.word("integer")
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        self.word("integer")
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        self.word("number")
    }

    fn visit_str<E>(self, _: &str) -> Result<Value, E> {
        self.word("string")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = Seed {
            depth: self.depth.saturating_sub(1),
            ..self
        };
        let mut types: Vec<Value> = Vec::new();
        while self.depth > 0 && types.len() < ITEMS_MAX && self.left.get() > 0 {
            let before = self.left.get();
            let Some(one) = access.next_element_seed(inner)? else {
                return Ok(Value::Array(types));
            };
            if types.contains(&one) {
                // Not written again, so not paid for.
                self.left.set(before);
            } else {
                types.push(one);
            }
        }
        let mut more = false;
        while access.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        if self.depth == 0 {
            return self.word("array");
        }
        types.extend(more.then(|| Value::from(MORE)));
        Ok(Value::Array(types))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = Seed {
            depth: self.depth.saturating_sub(1),
            ..self
        };
        let mut members = Map::new();
        let mut more = false;
        while let Some(name) = access.next_key::<String>()? {
            let room = self.depth > 0 && members.len() < MEMBERS_MAX;
            let name = self.name(&name);
            if room && self.pays(2 * name.len() + 4) {
                let types = access.next_value_seed(inner)?;
                members.insert(name, types);
            } else {
                more = true;
                access.next_value::<IgnoredAny>()?;
            }
        }
        if self.depth == 0 {
            return self.word("object");
        }
        if more {
            members.insert(MORE.to_owned(), Value::from("more"));
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn types(text: &str) -> Value {
        of(text, &|_| None)
    }

    #[test]
    fn types_without_values() {
        let text = r#"{"repo":"a/b","labels":["x","y",3],"amount":7,"rate":0.5,"at":null,"deep":{"ok":true}}"#;
        assert_eq!(
            types(text),
            json!({"repo": "string", "labels": ["string", "integer"], "amount": "integer",
                   "rate": "number", "at": "null", "deep": {"ok": "boolean"}})
        );
        assert_eq!(types("7 {"), json!("integer"));
        assert_eq!(types("{"), json!("unreadable"));
    }

    #[test]
    fn names_that_may_be_secrets_are_digests() {
        let secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        let text = format!(r#"{{"{secret}":1,"sk1":2,"plain_name":3}}"#);
        let shown = types(&text).to_string();
        assert!(!shown.contains("ghp_") && !shown.contains("sk1"), "{shown}");
        assert!(shown.contains("plain_name"), "{shown}");
        let declared = |name: &str| Some(name == "sk1");
        let shown = of(&text, &declared).to_string();
        assert!(
            shown.contains("sk1") && !shown.contains("plain_name"),
            "{shown}"
        );
    }

    #[test]
    fn a_tree_is_bounded() {
        let members: Vec<String> = (0..10_000).map(|n| format!(r#""a{n}":"x""#)).collect();
        let wide = format!("{{{}}}", members.join(","));
        let deep = format!("{}1{}", r#"{"a":["#.repeat(60), "]}".repeat(60));
        let many = format!("[{}]", vec![wide.as_str(); 50].join(","));
        for text in [&wide, &deep, &many] {
            let tree = types(text);
            let shown = tree.to_string();
            assert!(shown.len() <= BYTES_MAX + 300, "{}", shown.len());
            let cut = shown.contains(MORE) || shown.contains(r#"["object"]"#);
            assert!(cut, "{shown}");
        }
    }
}
