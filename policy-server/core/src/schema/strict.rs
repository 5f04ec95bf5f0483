//! JSON that reads one way only: no member twice, bounded depth, every number exact.
//!
//! Where gateway and server could read two values out of one text, policy would judge the wrong
//! one. A number with a fraction is the IEEE double that it is everywhere; an integer that some
//! readers round is refused. Deliberately absent: positions; the text is one line to us.

mod number;

use std::fmt;

use portcullis_protocol::limits::JSON_DEPTH_MAX;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The largest integer that every reader keeps as it is (RFC 7493, 2.2): beyond it many take two
/// integers for one.
pub(crate) const INTEGER_MAX: u64 = 9_007_199_254_740_991;

/// Above this a double has no place for every integer.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// Reads arguments, or what they are compared with: every number is one to all readers.
pub(crate) fn read(text: &str, bytes_max: usize) -> Result<Value, &'static str> {
    let value = read_as(text, bytes_max, Integers::Safe)?;
    match number::all_kept(text) {
        true => Ok(value),
        false => Err(ROUNDED),
    }
}

/// Reads what no policy compares, as definitions and results: any integer of 64 bits may stand there,
/// and any double.
pub(crate) fn read_wide(text: &str, bytes_max: usize) -> Result<Value, &'static str> {
    read_as(text, bytes_max, Integers::Words)
}

fn read_as(text: &str, bytes_max: usize, integers: Integers) -> Result<Value, &'static str> {
    if text.len() > bytes_max {
        return Err("is too long");
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let depth = JSON_DEPTH_MAX;
    let value = Exact { depth, integers }
        .deserialize(&mut deserializer)
        .map_err(|error| why(&error))?;
    deserializer.end().map_err(|error| why(&error))?;
    Ok(value)
}

/// Which integers may stand in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Integers {
    /// Those that every reader keeps.
    Safe,
    /// Those of 64 bits.
    Words,
}

impl Integers {
    fn hold(self, value: i128) -> bool {
        let safe = i128::from(INTEGER_MAX);
        self == Self::Words || (-safe..=safe).contains(&value)
    }
}

pub(super) const TWICE: &str = "holds a member twice";
const DEEP: &str = "is nested too deeply";
const ROUNDED: &str = "holds a number that readers do not all keep exactly: integers end at 9007199254740991 \
    either way; send a longer one as a string, if the tool takes strings";

/// The error in our words; serde's would quote the text.
pub(super) fn why(error: &serde_json::Error) -> &'static str {
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
    integers: Integers,
}

impl Exact {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom(DEEP))?;
        Ok(Self { depth, ..self })
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

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        match self.integers.hold(i128::from(value)) {
            true => Ok(Value::from(value)),
            false => Err(E::custom(ROUNDED)),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        match self.integers.hold(i128::from(value)) {
            true => Ok(Value::from(value)),
            false => Err(E::custom(ROUNDED)),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let fits = self.integers == Integers::Words || value.abs() < EXACT_MAX;
        let exact = Number::from_f64(value).filter(|_| fits);
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
        assert!(read("9007199254740991").is_ok() && read("0.1").is_ok());
        assert_eq!(read(&"[".repeat(65)), Err(DEEP));
        assert_eq!(read("{} {}"), Err("is not JSON"));
        assert_eq!(read(r#""\ud800""#), Err("is not JSON"));
        assert_eq!(read(&"1".repeat(5000)), Err("is too long"));
    }

    #[test]
    fn one_number_to_policy_is_one_number_to_all_readers() {
        let exact = "0 -0 1 1.0 1e2 1E+2 10e-1 0.1 0.10 -1.5e-7 3.141592653589793 52.520008 \
            9007199254740991 -9007199254740991 9.007199254740991e15 1e15 0e999 0.30000000000000004 \
            5e-324 1.7976931348623157e-308 \"9007199254740993\" \"1e999\"";
        for text in exact.split_whitespace() {
            let nested = format!(r#"{{"a":[{text},{{"b":{text}}}]}}"#);
            assert!(read(&nested, 4096).is_ok(), "{text}");
        }
        let other = "9007199254740992 9007199254740993 -9007199254740992 9223372036854775807 \
            18446744073709551615 9007199254740993.0 9007199254740993e0 9007199254740992.0 \
            900719925474099.3e1 90071992547409930e-1 9007199254740990.9999 1.00000000000000001 \
            100.0000000000000001 0.1000000000000000055511151231257827 0.1000000000000000055511 1e-400 1e16 1e400 -1e400 \
            4503599627370497.0001";
        for text in other.split_whitespace() {
            let nested = format!(r#"{{"a":[0,{{"b":{text}}}]}}"#);
            assert!(read(&nested, 4096).is_err(), "{text}");
        }
        for text in [
            "9223372036854775807",
            "18446744073709551615",
            "-9223372036854775808",
        ] {
            assert!(read_wide(text, 4096).is_ok(), "{text}");
        }
    }
}
