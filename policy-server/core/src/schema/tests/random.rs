//! Schemas and arguments that nobody wrote.
//!
//! Whatever the schema, mapping gives types or a fault. Whatever the schema accepts either
//! converts, and Cedar agrees with the types, or is one of the faults that the mapping documents.

mod draw;

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use self::draw::Draw;
use super::{Reads, map, request, schema};

/// Values that a type in Cedar cannot hold; each is documented.
const DOCUMENTED: [&str; 6] = [
    "is not a whole number of 64 bits",
    "is not a decimal with at most four decimals",
    "is not an RFC 3339 date and time with at most milliseconds",
    "is not a date",
    "is not a duration of weeks, days, hours, minutes and seconds",
    "is not an IP address",
];

fn leaf() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({ "type": "string" }),
        json!({ "type": "integer" }),
        json!({ "type": "number" }),
        json!({ "type": "number", "multipleOf": 0.01 }),
        json!({ "type": "number", "multipleOf": 1 }),
        json!({ "type": "boolean" }),
        json!({ "type": "null" }),
        json!({ "type": ["string", "null"] }),
        json!({ "type": ["integer", "string", "array"] }),
        json!({ "enum": ["a", "b", null] }),
        json!({ "enum": ["a", 1, true] }),
        json!({ "enum": [1, 2.0] }),
        json!({ "const": "a" }),
        json!({ "type": "string", "format": "date-time" }),
        json!({ "type": "string", "format": "duration" }),
        json!({ "type": "string", "format": "ipv6" }),
        json!({ "type": "object" }),
        json!({ "not": { "type": "string" } }),
        json!({ "$ref": "#/$defs/a" }),
        json!({ "$ref": "#/$defs/b" }),
        json!({ "$ref": "#" }),
        json!({}),
        json!(true),
        json!(false),
    ])
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "b",
        "x-y",
        "if",
        "typeChoice0",
        "additionalProperties",
    ])
    .prop_map(str::to_owned)
}

fn any_schema() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 1..4);
        let properties = prop::collection::btree_map(name(), inner.clone(), 0..4);
        let required = prop::collection::btree_set(name(), 0..2);
        let rest = prop::option::of(inner.clone());
        prop_oneof![
            inner
                .clone()
                .prop_map(|items| json!({ "type": "array", "items": items })),
            some.clone()
                .prop_map(|list| json!({ "type": "array", "prefixItems": list, "items": false })),
            some.clone().prop_map(|list| json!({ "anyOf": list })),
            some.clone().prop_map(|list| json!({ "oneOf": list })),
            some.clone().prop_map(|list| json!({ "allOf": list })),
            some.prop_map(|list| json!({ "type": "object", "anyOf": list })),
            (properties, required, rest).prop_map(|(properties, required, rest)| {
                let mut schema =
                    json!({ "type": "object", "properties": properties, "required": required });
                if let Some(rest) = rest {
                    schema["additionalProperties"] = rest;
                }
                schema
            }),
        ]
    })
}

fn root() -> impl Strategy<Value = Value> {
    let properties = prop::collection::btree_map(name(), any_schema(), 1..4);
    let more = prop::option::of(any_schema());
    let draft = prop::sample::select(vec!["draft/2020-12", "draft-07", "draft/2019-09"]);
    (properties, any_schema(), any_schema(), more, draft).prop_map(
        |(properties, a, b, more, draft)| {
            let mut root = json!({
                "$schema": format!("https://json-schema.org/{draft}/schema"),
                "type": "object", "properties": properties, "$defs": { "a": a, "b": b },
            });
            if let Some(more) = more {
                root["allOf"] = json!([more]);
            }
            if draft == "draft-07" {
                root["$schema"] = json!("http://json-schema.org/draft-07/schema#");
            }
            root
        },
    )
}

#[test]
fn what_a_schema_accepts_converts_and_cedar_agrees() {
    let (mapped, accepted) = (Cell::new(0_u32), Cell::new(0_u32));
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let entropy = prop::collection::vec(prop::collection::vec(any::<u8>(), 64), 6);
    let outcome = TestRunner::new(config).run(&(root(), entropy), |(root, entropy)| {
        let item = json!({ "name": "random-tool", "inputSchema": root });
        let tool = map("demo", &item).ok();
        let Some(tool) = tool.filter(|tool| tool.unchecked().is_empty()) else {
            return Ok(());
        };
        mapped.set(mapped.get() + 1);
        let schema = schema(&[&tool]);
        for bytes in &entropy {
            let arguments = Draw::new(&root, bytes).object(&root, 0);
            let Ok(value) = tool.read(Some(&arguments.to_string()), &Reads::Whole) else {
                continue;
            };
            match tool.input(&value, &Reads::Whole) {
                Ok(input) => {
                    accepted.set(accepted.get() + 1);
                    let valid = request(&schema, &tool, input);
                    prop_assert!(
                        valid.is_ok(),
                        "{arguments}: {:?}\n{}",
                        valid,
                        tool.cedar_text()
                    );
                }
                Err(fault) => {
                    let known = DOCUMENTED.contains(&fault.why);
                    prop_assert!(known, "{arguments}: {fault}\n{}", tool.cedar_text());
                }
            }
        }
        Ok(())
    });
    outcome.unwrap();
    let (mapped, accepted) = (mapped.get(), accepted.get());
    assert!(
        accepted > mapped,
        "{accepted} of {mapped} schemas' arguments"
    );
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn no_schema_and_no_arguments_panic(
        words in prop::collection::vec((keyword(), any_schema()), 0..8),
        arguments in "[\\[\\]{}\",:a-z0-9.\\-]{0,40}",
    ) {
        let mut schema = serde_json::Map::new();
        for (word, value) in words {
            schema.insert(word.to_owned(), value);
        }
        let item = json!({ "name": "t", "inputSchema": {
            "type": "object", "properties": { "x": schema.clone() }, "allOf": [schema],
        } });
        if let Ok(tool) = map("demo", &item) {
            let _ = tool.read(Some(&arguments), &Reads::Whole).and_then(|value| tool.input(&value, &Reads::Whole));
        }
        let _ = super::ToolDefinition::read(&arguments);
    }
}

fn keyword() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "$ref",
        "$defs",
        "$dynamicRef",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "contains",
        "definitions",
        "dependentSchemas",
        "else",
        "enum",
        "format",
        "if",
        "items",
        "maxItems",
        "multipleOf",
        "not",
        "oneOf",
        "pattern",
        "patternProperties",
        "prefixItems",
        "properties",
        "propertyNames",
        "required",
        "then",
        "type",
        "unevaluatedProperties",
    ])
}
