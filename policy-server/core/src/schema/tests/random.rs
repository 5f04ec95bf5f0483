//! Schemas and arguments that nobody wrote.
//!
//! Whatever the schema, mapping gives types or a fault. Whatever the schema accepts either
//! converts, and Cedar agrees with the types, or is one of the faults that the mapping documents.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{map, request, schema};

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
    let word = prop::sample::select(vec![
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
    ]);
    word
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

/// Draws a value that has a fair chance of fitting.
struct Draw<'a> {
    root: &'a Value,
    bytes: std::slice::Iter<'a, u8>,
}

impl Draw<'_> {
    fn below(&mut self, limit: usize) -> usize {
        usize::from(*self.bytes.next().unwrap_or(&0)) % limit.max(1)
    }

    fn pick(&mut self, from: &[Value]) -> Value {
        let at = self.below(from.len());
        from.get(at).cloned().unwrap_or(Value::Null)
    }

    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        if depth > 5 || self.below(16) == 15 {
            return self.pick(&[
                json!(null),
                json!("a"),
                json!(1),
                json!(-0.5),
                json!({}),
                json!([]),
                json!({ "x-y": [1] }),
                json!(u64::MAX),
                json!(1.00001),
                json!(false),
            ]);
        }
        let list = |name: &str| schema.get(name).and_then(Value::as_array).cloned();
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = self
                .root
                .pointer(reference.trim_start_matches('#'))
                .cloned();
            return self.value(&target.unwrap_or(Value::Null), depth + 1);
        }
        if let Some(values) = list("enum") {
            return self.pick(&values);
        }
        if let Some(schemas) = list("anyOf")
            .or_else(|| list("oneOf"))
            .or_else(|| list("allOf"))
        {
            let one = self.pick(&schemas);
            return self.value(&one, depth + 1);
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        let kinds = list("type").or_else(|| schema.get("type").cloned().map(|kind| vec![kind]));
        let kind = self.pick(&kinds.unwrap_or_else(|| vec![json!("string"), json!("object")]));
        self.typed(kind.as_str().unwrap_or_default(), schema, depth)
    }

    fn typed(&mut self, kind: &str, schema: &Value, depth: usize) -> Value {
        let format = schema.get("format").and_then(Value::as_str);
        match (kind, format) {
            ("string", Some("date-time")) => self.pick(&[
                json!("2026-11-21T10:53:01Z"),
                json!("2026-11-21T10:53:01.5+02:00"),
                json!("soon"),
            ]),
            ("string", Some("duration")) => self.pick(&[json!("PT5M"), json!("P1Y"), json!("P3D")]),
            ("string", Some("ipv6")) => self.pick(&[json!("::1"), json!("2001:db8::1.2.3.4")]),
            ("string", _) => self.pick(&[json!("a"), json!(""), json!("ü\n")]),
            ("integer", _) => self.pick(&[json!(0), json!(2.0), json!(i64::MIN)]),
            ("number", _) => self.pick(&[json!(1), json!(0.25), json!(19.99), json!(-3)]),
            ("boolean", _) => json!(self.below(2) == 1),
            ("array", _) => {
                let places = schema.get("prefixItems").and_then(Value::as_array);
                let places = places.cloned().unwrap_or_else(|| {
                    let items = schema.get("items").cloned().unwrap_or(json!({}));
                    vec![items; 3]
                });
                let many = self.below(places.len() + 1);
                let items = places.iter().take(many);
                items.map(|schema| self.value(schema, depth + 1)).collect()
            }
            ("object", _) => self.object(schema, depth),
            _ => Value::Null,
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut value = json!({});
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            if self.below(4) > 0 {
                value[name] = self.value(schema, depth + 1);
            }
        }
        if self.below(4) == 0 {
            let rest = schema.get("additionalProperties").cloned();
            value["more"] = self.value(&rest.unwrap_or(json!({})), depth + 1);
        }
        value
    }
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
        let Ok(tool) = map("demo", &item) else {
            return Ok(());
        };
        mapped.set(mapped.get() + 1);
        let schema = schema(&[&tool]);
        for bytes in &entropy {
            let mut draw = Draw {
                root: &root,
                bytes: bytes.iter(),
            };
            let arguments = draw.object(&root, 0);
            let Ok(value) = tool.check(Some(&arguments.to_string())) else {
                continue;
            };
            match tool.input(&value) {
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
            let _ = tool.check(Some(&arguments)).and_then(|value| tool.input(&value));
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
