//! The schema of a tool's structured results, compiled when it is first asked for.
//!
//! It is asked only when redaction has changed a result, which is rare. Deliberately absent: results
//! that were not changed, which are the server's own affair.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

use crate::schema::output_check;

/// The schema, once it is known.
#[derive(Debug, Default)]
pub struct Output(OnceLock<Declared>);

/// What a definition says of its results.
#[derive(Debug)]
enum Declared {
    /// Nothing.
    Nothing,
    /// A schema.
    Schema(Box<Validator>),
    /// Something that cannot be read: nothing fits it.
    Unreadable,
}

impl Output {
    /// Whether a result fits what the tool's definition, given as JSON, declares.
    #[must_use]
    pub fn fits(&self, definition: &str, content: &Value) -> bool {
        match self.0.get_or_init(|| Declared::of(definition)) {
            Declared::Nothing => true,
            Declared::Schema(validator) => validator.is_valid(content),
            Declared::Unreadable => false,
        }
    }
}

impl Declared {
    fn of(definition: &str) -> Self {
        let Ok(definition) = serde_json::from_str::<Value>(definition) else {
            return Self::Unreadable;
        };
        match definition.get("outputSchema") {
            None | Some(Value::Null) => Self::Nothing,
            Some(schema) => match output_check(schema) {
                Ok(validator) => Self::Schema(Box::new(validator)),
                Err(_) => Self::Unreadable,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_fits_the_declared_schema_fits() {
        let tool = json!({"name": "t", "outputSchema": {
            "type": "object",
            "properties": {"id": {"type": "string", "pattern": "^[a-z]{4}$"}},
            "required": ["id"],
        }})
        .to_string();
        let output = Output::default();
        assert!(output.fits(&tool, &json!({"id": "abcd"})));
        assert!(!output.fits(&tool, &json!({"id": "[redacted:token]"})));
        assert!(!output.fits(&tool, &json!(null)));
        assert!(Output::default().fits(r#"{"name":"t"}"#, &json!(null)));
    }

    #[test]
    fn nothing_fits_what_cannot_be_read() {
        for tool in [
            r#"{"outputSchema":{"type":"nonsense"}}"#,
            r#"{"outputSchema":7}"#,
            r#"{"outputSchema":{"$ref":"https://example.com/schema"}}"#,
            "{",
        ] {
            assert!(!Output::default().fits(tool, &json!({})), "{tool}");
        }
    }
}
