//! Arguments against the tool's own schema, with the crate `jsonschema`.
//!
//! Patterns run on the linear engine only. Formats are annotations, whatever the dialect: servers do not
//! agree on them, and those that have a type in Cedar are read as such. Deliberately absent: any schema
//! but this one; nothing is fetched.

use std::fmt::Write as _;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, PatternOptions, Registry, ValidationError, Validator};
use serde_json::{Value, json};

use super::{ArgumentFault, MappingFault, strict};

/// Where the schema stands for its own branches.
const HERE: &str = "urn:portcullis:tool";

/// Largest compiled pattern, in bytes.
pub(super) const PATTERN_BYTES_MAX: usize = 256 * 1024;

/// Compiles parts of one schema.
#[derive(Debug)]
pub(super) struct Checks<'a> {
    registry: Registry<'a>,
    draft: Draft,
    /// Most parts that may be compiled.
    pub(super) parts_max: usize,
}

impl<'a> Checks<'a> {
    pub(super) fn of(
        schema: &'a Value,
        draft: Draft,
        parts_max: usize,
    ) -> Result<Self, MappingFault> {
        let resource = draft.create_resource_ref(schema);
        let registry = Registry::new()
            .add(HERE, resource)
            .and_then(|registry| registry.draft(draft).prepare())
            .map_err(|error| MappingFault::schema(&error))?;
        Ok(Self {
            registry,
            draft,
            parts_max,
        })
    }

    /// The check of the part that a pointer names.
    pub(super) fn branch(&self, pointer: &str) -> Result<Box<Validator>, MappingFault> {
        self.of_parts(&reference(pointer)).map(Box::new)
    }

    /// The check of a schema that is made of references to parts.
    pub(super) fn of_parts(&self, schema: &Value) -> Result<Validator, MappingFault> {
        let options = options(self.draft).with_registry(&self.registry);
        let validator = options.build(schema);
        validator.map_err(|error| MappingFault::schema(&error))
    }
}

/// A schema that is no more than the part which a pointer names.
pub(super) fn reference(pointer: &str) -> Value {
    json!({ "$ref": format!("{HERE}#{}", fragment(pointer)) })
}

/// The check of a whole schema.
pub(super) fn whole(schema: &Value, draft: Draft) -> Result<Validator, MappingFault> {
    let validator = options(draft).build(schema);
    validator.map_err(|error| MappingFault::schema(&error))
}

fn options<'a>(draft: Draft) -> jsonschema::ValidationOptions<'a> {
    let patterns = PatternOptions::regex()
        .size_limit(PATTERN_BYTES_MAX)
        .dfa_size_limit(PATTERN_BYTES_MAX);
    jsonschema::options()
        .with_draft(draft)
        .offline()
        .should_validate_formats(false)
        .with_pattern_options(patterns)
}

/// A JSON pointer as a URI fragment.
fn fragment(pointer: &str) -> String {
    let mut written = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~$".contains(&byte) {
            written.push(char::from(byte));
        } else {
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}

/// The dialect of a schema; without `$schema` it is 2020-12, as MCP says.
pub(super) fn draft(schema: &Value) -> Result<Draft, MappingFault> {
    let Some(name) = schema.get("$schema") else {
        return Ok(Draft::Draft202012);
    };
    let name = name.as_str().unwrap_or_default().trim_end_matches('#');
    let rest = name
        .strip_prefix("http://json-schema.org/")
        .or_else(|| name.strip_prefix("https://json-schema.org/"));
    match rest {
        Some("draft-06/schema") => Ok(Draft::Draft6),
        Some("draft-07/schema") => Ok(Draft::Draft7),
        Some("draft/2019-09/schema") => Ok(Draft::Draft201909),
        Some("draft/2020-12/schema") => Ok(Draft::Draft202012),
        _ => Err(MappingFault::Dialect),
    }
}

/// The first integer that some readers round, when that is what is wrong with a text.
pub(super) fn inexact(text: &str, bytes_max: usize) -> Option<ArgumentFault> {
    let value = strict::read_wide(text, bytes_max).ok()?;
    let place = beyond(&value)?;
    let why = "is an integer beyond 9007199254740991, which readers do not all keep exactly";
    Some(ArgumentFault::new(&place, why))
}

/// Where an integer is that some readers round.
fn beyond(value: &Value) -> Option<String> {
    let below = |name: &str, value: &Value| {
        let place = beyond(value)?;
        Some(format!("/{}{place}", super::views::escaped(name)))
    };
    match value {
        Value::Number(number) => {
            let signed = number.as_i64().map(i64::unsigned_abs);
            let size = signed.or_else(|| number.as_u64());
            size.filter(|size| *size > strict::INTEGER_MAX)
                .map(|_| String::new())
        }
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(at, item)| below(&at.to_string(), item))
        }
        Value::Object(members) => members.iter().find_map(|(name, value)| below(name, value)),
        _ => None,
    }
}

/// Most steps of a check that is made again to find out what is wrong: all that is wrong in every
/// alternative is gathered for it.
const EXPLAINED_STEPS_MAX: u64 = 100_000;

/// Most values of arguments that are checked again whatever it takes: long texts are few values.
const EXPLAINED_VALUES_MAX: usize = 1_000;

/// What is wrong with a value that the check has refused.
pub(super) fn why_unfit(check: &Validator, value: &Value, steps: u64) -> ArgumentFault {
    let is_small = || values(value, EXPLAINED_VALUES_MAX) <= EXPLAINED_VALUES_MAX;
    let found = match steps <= EXPLAINED_STEPS_MAX || is_small() {
        true => check.validate(value).err(),
        false => None,
    };
    found.map_or_else(
        || ArgumentFault::new("", "is not accepted by the tool's schema"),
        |error| fault(&error),
    )
}

/// How many values there are; beyond `most` they are not counted further.
pub(super) fn values(value: &Value, most: usize) -> usize {
    let mut waiting = vec![value];
    let mut values = 0;
    while let Some(value) = waiting.pop().filter(|_| values <= most) {
        values += 1;
        match value {
            Value::Array(items) => waiting.extend(items.iter().take(most)),
            Value::Object(members) => waiting.extend(members.values().take(most)),
            _ => {}
        }
    }
    values.max(waiting.len())
}

/// The first thing that is wrong, without the value.
fn fault(error: &ValidationError<'_>) -> ArgumentFault {
    let place = error.instance_path().to_string();
    let below = |name: &str| format!("{place}/{}", super::views::escaped(name));
    match error.kind() {
        Kind::Required { property } => {
            ArgumentFault::new(&below(property.as_str().unwrap_or_default()), "is missing")
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let name = unexpected.first().map_or("", String::as_str);
            ArgumentFault::new(&below(name), "is not an argument of this tool")
        }
        kind => ArgumentFault::new(&place, why(kind)),
    }
}

const fn why(kind: &Kind) -> &'static str {
    match kind {
        Kind::Type { .. } => "has another type than the tool declares",
        Kind::Enum { .. } | Kind::Constant { .. } => "is not one of the values that are allowed",
        Kind::Pattern { .. } => "does not match the pattern",
        Kind::Format { .. } => "does not have the format",
        Kind::Minimum { .. } | Kind::ExclusiveMinimum { .. } => "is too small",
        Kind::Maximum { .. } | Kind::ExclusiveMaximum { .. } => "is too large",
        Kind::MultipleOf { .. } => "is not a multiple of the step",
        Kind::MinLength { .. } | Kind::MinItems { .. } | Kind::MinProperties { .. } => {
            "is too short"
        }
        Kind::MaxLength { .. } | Kind::MaxItems { .. } | Kind::MaxProperties { .. } => {
            "is too long"
        }
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => "fits none of the alternatives",
        Kind::OneOfMultipleValid { .. } => "fits more than one of the alternatives",
        Kind::UniqueItems => "holds an item twice",
        Kind::AdditionalItems { .. } | Kind::UnevaluatedItems { .. } => "has too many items",
        Kind::PropertyNames { .. } => "has a member whose name is not allowed",
        _ => "is not accepted by the tool's schema",
    }
}
