//! Structured results against the tool's own `outputSchema`.
//!
//! The check is compiled when it is first needed: most results are never redacted. Deliberately
//! absent: what is wrong with a result; it is withheld either way.

use std::sync::OnceLock;

use jsonschema::Validator;
use portcullis_protocol::limits::RESPONSE_BYTES_MAX;
use portcullis_protocol::wire::Fit;
use serde_json::Value;

use super::meter::Budget;
use super::{MappingFault, check, cost, strict, views};

/// What structured results of a tool must be.
#[derive(Debug)]
pub struct OutputSchema {
    schema: Option<Value>,
    check: OnceLock<Option<Check>>,
}

/// A check, and what it costs.
#[derive(Debug)]
struct Check {
    validator: Validator,
    budget: Budget,
}

impl OutputSchema {
    pub(super) const fn of(schema: Option<Value>) -> Self {
        Self {
            schema,
            check: OnceLock::new(),
        }
    }

    /// Whether a result satisfies the schema; without one, any does. What cannot be found out is
    /// no.
    #[must_use]
    pub fn fits(&self, content: &str) -> Fit {
        let Some(schema) = &self.schema else {
            return Fit::Fits;
        };
        let check = self.check.get_or_init(|| compiled(schema.clone()).ok());
        let fits = check.as_ref().is_some_and(|check| {
            let value = strict::read_wide(content, RESPONSE_BYTES_MAX);
            value.is_ok_and(|value| {
                check.budget.spend(&value, content.len()).is_ok()
                    && check.validator.is_valid(&value)
            })
        });
        if fits { Fit::Fits } else { Fit::Unfit }
    }
}

fn compiled(mut schema: Value) -> Result<Check, MappingFault> {
    let (room, document) = views::Document::read(&mut schema)?;
    let draft = document.draft;
    let steps = cost::steps_per_byte(document, room.nodes)?;
    let validator = check::whole(document.root, draft)?;
    Ok(Check {
        validator,
        budget: Budget::new(schema, draft, room.nodes, steps, 1),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn results_are_held_against_the_schema() {
        let schema = json!({
            "type": "object",
            "properties": {"token": {"type": "string", "pattern": "^ghp_", "maxLength": 20}},
            "required": ["token"],
        });
        let output = OutputSchema::of(Some(schema));
        assert_eq!(output.fits(r#"{"token":"ghp_1"}"#), Fit::Fits);
        for unfit in [
            r#"{"token":"[redacted:github-token]"}"#,
            "{}",
            "[]",
            "{",
            "",
            r#"{"token":"ghp_1","token":"ghp_2"}"#,
        ] {
            assert_eq!(output.fits(unfit), Fit::Unfit, "{unfit}");
        }
        assert_eq!(OutputSchema::of(None).fits("[1]"), Fit::Fits);
    }

    #[test]
    fn a_schema_that_cannot_be_used_fits_nothing() {
        for schema in [
            json!({"$ref": "https://example.com/s.json"}),
            json!({"type": "strin"}),
            json!({"$schema": "https://example.com/dialect"}),
            json!(7),
        ] {
            let output = OutputSchema::of(Some(schema.clone()));
            assert_eq!(output.fits("{}"), Fit::Unfit, "{schema}");
        }
    }
}
