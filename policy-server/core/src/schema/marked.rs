//! Fields that a schema marks as secret: `format: "password"`, `writeOnly`, `x-secret`,
//! `x-sensitive`.
//!
//! Found through properties, items, alternatives and local references. What is below a marked
//! field is marked too. Deliberately absent: names and values of fields; rules look at those.

use std::collections::BTreeSet;

use serde_json::Value;

use super::views::escaped;

/// Deepest field, in steps of its pointer: a schema may lead back to itself.
const STEPS_MAX: usize = 16;

/// Most parts of a schema that are looked at, each on each way to it.
const LOOKS_MAX: usize = 20_000;

/// Most fields of one schema.
const FIELDS_MAX: usize = 256;

/// Keywords whose schemas hold for the value itself.
const SAME: [&str; 7] = [
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "then",
    "else",
    "dependentSchemas",
];

/// Keywords whose schema, or one of whose schemas, holds for any member or item.
const ANY: [&str; 7] = [
    "items",
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "additionalProperties",
    "unevaluatedProperties",
];

/// Whether a field is secret because of what it is in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Inside {
    Open,
    Secret,
}

/// A part of the schema, and the field that it is about.
struct At<'a> {
    schema: &'a Value,
    pointer: String,
    steps: usize,
    inside: Inside,
}

/// The JSON pointers of the marked fields, sorted; `*` is any one step.
pub(super) fn fields(root: &Value) -> Vec<String> {
    let mut fields = BTreeSet::new();
    let mut seen: BTreeSet<(usize, String, Inside)> = BTreeSet::new();
    let mut waiting = vec![At {
        schema: root,
        pointer: String::new(),
        steps: 0,
        inside: Inside::Open,
    }];
    while let Some(mut at) = waiting.pop() {
        let place = std::ptr::from_ref(at.schema).addr();
        let fresh = seen.insert((place, at.pointer.clone(), at.inside));
        if !fresh || at.steps > STEPS_MAX || seen.len() > LOOKS_MAX {
            continue;
        }
        if marks(at.schema) {
            at.inside = Inside::Secret;
        }
        if at.inside == Inside::Secret && !at.pointer.is_empty() && fields.len() < FIELDS_MAX {
            fields.insert(at.pointer.clone());
        }
        below(root, &at, &mut waiting);
    }
    fields.into_iter().collect()
}

fn marks(schema: &Value) -> bool {
    let says = |name: &str| schema.get(name).and_then(Value::as_bool) == Some(true);
    schema.get("format").and_then(Value::as_str) == Some("password")
        || ["writeOnly", "x-secret", "x-sensitive"]
            .into_iter()
            .any(says)
}

fn below<'a>(root: &'a Value, at: &At<'a>, waiting: &mut Vec<At<'a>>) {
    let mut push = |schema: &'a Value, step: Option<&str>| {
        waiting.push(At {
            schema,
            pointer: match step {
                Some(step) => format!("{}/{step}", at.pointer),
                None => at.pointer.clone(),
            },
            steps: at.steps + usize::from(step.is_some()),
            inside: at.inside,
        });
    };
    for (name, value) in at.schema.as_object().into_iter().flatten() {
        match name.as_str() {
            "properties" => {
                let members = value.as_object().into_iter().flatten();
                members.for_each(|(name, schema)| push(schema, Some(&escaped(name))));
            }
            "patternProperties" => {
                each(value, &mut |schema| push(schema, Some("*")));
            }
            "$ref" => {
                let target = value.as_str().and_then(|text| target(root, text));
                target.into_iter().for_each(|schema| push(schema, None));
            }
            name if SAME.contains(&name) => schemas(value, name, &mut |schema| push(schema, None)),
            name if ANY.contains(&name) => {
                schemas(value, name, &mut |schema| push(schema, Some("*")));
            }
            _ => {}
        }
    }
}

/// The one schema of a keyword, or all of its schemas.
fn schemas<'a>(value: &'a Value, keyword: &str, push: &mut impl FnMut(&'a Value)) {
    match value {
        Value::Object(_) if keyword != "dependentSchemas" => push(value),
        _ => each(value, push),
    }
}

fn each<'a>(value: &'a Value, push: &mut impl FnMut(&'a Value)) {
    match value {
        Value::Array(all) => all.iter().for_each(push),
        Value::Object(all) => all.values().for_each(push),
        _ => {}
    }
}

/// The schema of a local reference; names in it may be percent-encoded.
fn target<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(&super::views::unescaped(reference.strip_prefix('#')?)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marks_are_found_wherever_a_schema_has_them() {
        let schema = json!({
            "type": "object",
            "properties": {
                "user": {"type": "string"},
                "pass": {"type": "string", "format": "password"},
                "a/b": {"writeOnly": true},
                "list": {"type": "array", "items": {"$ref": "#/$defs/entry"}},
                "map": {"additionalProperties": {"x-secret": true}},
                "choice": {"anyOf": [{"type": "null"}, {"properties": {"t": {"x-sensitive": true}}}]},
                "whole": {"x-secret": true, "properties": {"in": {"type": "string"}}},
                "never": {"x-secret": false, "format": "uri"},
            },
            "allOf": [{"properties": {"user": {"format": "password"}}}],
            "$defs": {"entry": {"properties": {"key": {"x-secret": true}, "unused": {}}}},
        });
        let expected = [
            "/a~1b",
            "/choice/t",
            "/list/*/key",
            "/map/*",
            "/pass",
            "/user",
            "/whole",
            "/whole/in",
        ];
        assert_eq!(fields(&schema), expected);
        assert!(fields(&json!(true)).is_empty());
    }

    #[test]
    fn a_schema_that_leads_to_itself_ends() {
        let tree = json!({"properties": {"s": {"writeOnly": true}, "next": {"$ref": "#"}}});
        let fields = fields(&tree);
        assert_eq!(fields.len(), STEPS_MAX);
        assert!(fields.contains(&"/next/next/s".to_owned()));
        let wide =
            json!({"properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}, "c": {"$ref": "#"}}});
        assert!(super::fields(&wide).is_empty());
    }
}
