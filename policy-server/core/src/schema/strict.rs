//! JSON that reads one way only: no member twice, bounded depth, every number exact.
//!
//! Where gateway and server could read two values out of one text, policy would judge the wrong
//! one. A number with a fraction is the IEEE double that it is everywhere; an integer that would
//! have to be rounded is refused. Deliberately absent: positions; the text is one line to us.

use std::fmt;

use portcullis_protocol::limits::JSON_DEPTH_MAX;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Above this a double has no place for every integer.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// Reads a text of at most `bytes_max` bytes.
pub(crate) fn read(text: &str, bytes_max: usize) -> Result<Value, &'static str> {
    if text.len() > bytes_max {
        return Err("is too long");
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let depth = JSON_DEPTH_MAX;
    let value = Exact { depth }
        .deserialize(&mut deserializer)
        .map_err(|error| why(&error))?;
    deserializer.end().map_err(|error| why(&error))?;
    Ok(value)
}

const TWICE: &str = "holds a member twice";
const DEEP: &str = "is nested too deeply";
const ROUNDED: &str = "holds a number that cannot be kept exactly";

/// The error in our words; serde's would quote the text.
fn why(error: &serde_json::Error) -> &'static str {
    let text = error.to_string();
    let known = [TWICE, DEEP, ROUNDED];
    known
        .into_iter()
        .find(|known| text.starts_with(known))
        .unwrap_or("is not JSON")
}

#[derive(Clone, Copy)]
struct Exact {
    depth: usize,
}

impl Exact {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom(DEEP))?;
        Ok(Self { depth })
    }
}

impl<'de> DeserializeSeed<'de> for Exact {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Exact {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let exact = Number::from_f64(value).filter(|_| value.abs() < EXACT_MAX);
        exact.map(Value::Number).ok_or_else(|| E::custom(ROUNDED))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(TWICE));
            }
            let value = access.next_value_seed(inner)?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_two_ways_is_refused() {
        let read = |text: &str| read(text, 4096);
        assert_eq!(read(r#"{"a":{"b":1,"b":2}}"#), Err(TWICE));
        assert_eq!(read(r#"{"a":1,"\u0061":2}"#), Err(TWICE));
        assert_eq!(read("18446744073709551616"), Err(ROUNDED));
        assert_eq!(read("1e300"), Err(ROUNDED));
        assert!(read("18446744073709551615").is_ok() && read("0.1").is_ok());
        assert_eq!(read(&"[".repeat(65)), Err(DEEP));
        assert_eq!(read("{} {}"), Err("is not JSON"));
        assert_eq!(read(r#""\ud800""#), Err("is not JSON"));
        assert_eq!(read(&"1".repeat(5000)), Err("is too long"));
    }
}
