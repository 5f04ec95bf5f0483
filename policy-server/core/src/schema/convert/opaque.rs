//! The ids of opaque values.
//!
//! Deliberately absent: order. Equal or not is all that they tell.

use std::fmt::Write as _;

use portcullis_protocol::digest::Fields;
use serde_json::{Number, Value};

/// The digest of a value: the same for the same value, however it was written.
pub(super) fn digest(value: &Value) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    Fields::of("portcullis argument")
        .field(text.as_bytes())
        .finish()
        .to_string()
}

fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => text.push_str(&canonical_number(number)),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in members {
                let _ = write!(text, "{}:", Value::from(name.as_str()));
                canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        _ => {
            let _ = write!(text, "{value}");
        }
    }
}

/// A number's shortest text without exponent; equal numbers have equal texts.
pub(super) fn canonical_number(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(0.0) => "0".to_owned(),
        Some(value) => value.to_string(),
        None => number.to_string(),
    }
}
