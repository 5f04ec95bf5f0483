//! The mapping's mechanics.

mod corpus;
mod costs;
mod random;

use std::sync::LazyLock;

use super::*;
use cedar_policy::{Context, EntityUid, Request, RestrictedExpression, Schema, SchemaFragment};
use portcullis_protocol::names::ServerName;
use serde_json::json;

/// The base schema that the tests map into.
pub(super) const BASE: &str = crate::engine::cedar::SCHEMA;

const fn shared<T: Send + Sync>() {}

#[test]
fn a_mapped_tool_is_shared_between_threads() {
    shared::<MappedTool>();
}

pub(super) fn map(server: &str, item: &Value) -> Result<MappedTool, MappingFault> {
    let tool = ToolDefinition::read(&item.to_string())?;
    MappedTool::map(&ServerName::parse(server).unwrap(), &tool, &CONTEXT)
}

static CONTEXT: LazyLock<BaseContext> = LazyLock::new(|| BaseContext::read(BASE).unwrap());

static FRAGMENT: LazyLock<SchemaFragment> = LazyLock::new(|| {
    let (base, _) = SchemaFragment::from_cedarschema_str(BASE).unwrap();
    base
});

/// The base schema with these tools, as Cedar reads it.
pub(super) fn schema(tools: &[&MappedTool]) -> Schema {
    let base = FRAGMENT.clone();
    let fragments = tools.iter().map(|tool| tool.fragment().clone());
    let fragments = fragments.chain([groups(tools.iter().copied()), opaque_types()]);
    let fragments = fragments.map(|json| SchemaFragment::from_json_value(json).unwrap());
    Schema::from_schema_fragments(fragments.chain([base])).unwrap()
}

/// A request with this input, validated.
pub(super) fn request(
    schema: &Schema,
    tool: &MappedTool,
    input: RestrictedExpression,
) -> Result<Request, String> {
    let uid = |text: String| text.parse::<EntityUid>().unwrap();
    let string = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let entity = |text: &str| RestrictedExpression::new_entity_uid(uid(text.to_owned()));
    let now = RestrictedExpression::new_datetime("2026-11-21T10:53:01.123Z");
    let context = Context::from_pairs([
        ("now".to_owned(), now),
        ("server".to_owned(), entity(r#"Mcp::Server::"demo""#)),
        (
            "direction".to_owned(),
            entity(r#"Mcp::Direction::"to_server""#),
        ),
        ("args_digest".to_owned(), string("sha256:00")),
        ("input".to_owned(), input),
    ]);
    let action = serde_json::Value::from(tool.action()).to_string();
    Request::new(
        uid(r#"Mcp::Agent::"a""#.to_owned()),
        uid(format!("Mcp::Action::{action}")),
        uid(format!("Mcp::Tool::{action}")),
        context.map_err(|error| error.to_string())?,
        Some(schema),
    )
    .map_err(|error| format!("{error:?}"))
}

#[test]
fn a_schema_cannot_exhaust_the_stack() {
    let mut long = serde_json::Map::new();
    for at in 0..6_400 {
        let next = json!({ "$ref": format!("#/$defs/{}", at + 1) });
        long.insert(at.to_string(), json!({ "items": next }));
    }
    long.insert("6400".to_owned(), json!({}));
    let item = json!({ "name": "t", "inputSchema": {
        "type": "object", "properties": { "x": { "$ref": "#/$defs/0" } }, "$defs": long,
    } });
    map("demo", &item).unwrap();
    let mut deep = json!({ "properties": { "x": { "$ref": "#" } } });
    for _ in 0..30 {
        deep = json!({ "allOf": [deep] });
    }
    deep["type"] = json!("object");
    let tool = map("demo", &json!({ "name": "t", "inputSchema": deep })).unwrap();
    let arguments = format!(
        "{}{}",
        "{\"x\":".repeat(62),
        "{}".to_owned() + &"}".repeat(62)
    );
    let arguments = tool.read(Some(&arguments), &Reads::Whole).unwrap();
    tool.input(&arguments, &Reads::Whole).unwrap();
}

#[test]
fn a_small_schema_is_counted_in_a_moment() {
    let tool = |names: usize| {
        let properties = (0..names).map(|at| (at.to_string(), json!({ "$ref": "#" })));
        let properties: serde_json::Map<_, _> = properties.collect();
        let schema = json!({ "type": "object", "properties": properties });
        map("demo", &json!({ "name": "t", "inputSchema": schema })).unwrap()
    };
    assert_eq!(tool(20).unchecked(), []);
    let why = MappingFault::TooLarge("could take too long to check");
    // Two kilobytes that would take half a million steps.
    assert_eq!(tool(100).unchecked(), [("input".to_owned(), &why)]);
}

#[test]
fn faults_name_the_place_and_never_the_value() {
    let item = json!({ "name": "t", "inputSchema": {
        "type": "object",
        "properties": {
            "n": { "type": "integer" },
            "when": { "type": "string", "format": "date-time" },
            "a/b~c": { "type": "object", "properties": { "": { "enum": ["x", "y"] } } },
        },
        "propertyNames": { "maxLength": 400 },
    } });
    let tool = map("demo", &item).unwrap();
    let fault = |text: &str| {
        let fault = tool
            .read(Some(text), &Reads::Whole)
            .and_then(|value| tool.input(&value, &Reads::Whole));
        fault.map(|_| ()).unwrap_err().to_string()
    };
    for (arguments, wanted) in [
        (
            r#"{"a/b~c":{"":"secret"}}"#,
            "/a~1b~0c/ is not one of the values that are allowed",
        ),
        (
            r#"{"n":"secret"}"#,
            "/n has another type than the tool declares",
        ),
        (
            r#"{"n":9223372036854775808}"#,
            "/n is an integer beyond 9007199254740991, which readers do not all keep exactly",
        ),
        (
            r#"{"when":"secret"}"#,
            "/when is not an RFC 3339 date and time with at most milliseconds",
        ),
        (r#"{"n":1,"n":2}"#, "`arguments` holds a member twice"),
        ("secret", "`arguments` is not JSON"),
        ("[]", "`arguments` is not an object"),
    ] {
        assert_eq!(fault(arguments), wanted);
    }
    let long = format!(r#"{{"{}":1}}"#, "\u{202e}x".repeat(300));
    let shown = fault(&long);
    assert!(shown.len() < 400 && !shown.contains('\u{202e}'), "{shown}");
    assert!(
        tool.read(None, &Reads::Whole).is_ok(),
        "no arguments are an empty object"
    );
}

#[test]
fn equal_values_are_equal_entities_and_others_are_not() {
    let item = json!({ "name": "t", "inputSchema": {
        "type": "object", "properties": { "a": {}, "n": { "type": "number" } },
    } });
    let tool = map("demo", &item).unwrap();
    let input = |text: &str| {
        let value = tool.read(Some(text), &Reads::Whole).unwrap();
        format!("{:?}", tool.input(&value, &Reads::Whole).unwrap())
    };
    let same = [
        (r#"{"a":{"x":1,"y":2.0}}"#, r#"{"a":{"y":2,"x":1.0}}"#),
        (r#"{"n":1e2}"#, r#"{"n":100}"#),
        (r#"{"n":-0.0}"#, r#"{"n":0}"#),
    ];
    for (left, right) in same {
        assert_eq!(input(left), input(right));
    }
    let apart = [
        (r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#),
        (r#"{"a":"1"}"#, r#"{"a":1}"#),
        (r#"{"a":["a,b"]}"#, r#"{"a":["a","b"]}"#),
        (r#"{"a":9007199254740991}"#, r#"{"a":9007199254740990}"#),
        (r#"{"n":0.1}"#, r#"{"n":0.10000000000000002}"#),
    ];
    for (left, right) in apart {
        assert_ne!(input(left), input(right));
    }
    let id = input(r#"{"n":0.7}"#);
    assert!(id.contains("Number") && id.contains("0.7"), "{id}");
}

#[test]
fn a_definition_is_read_byte_for_byte() {
    let text = r#"{ "name":"a", "inputSchema":{"type":"object"} }"#;
    let tool = ToolDefinition::read(text).unwrap();
    assert_eq!(tool.digest, Digest::of(text.as_bytes()));
    let read = |text: &str| ToolDefinition::read(text).map(|tool| tool.name);
    let twice = r#"{"name":"a","inputSchema":{"type":"object","type":"array"}}"#;
    assert_eq!(
        read(twice),
        Err(MappingFault::Unreadable("holds a member twice"))
    );
    assert_eq!(read(r#"{"name":"a"}"#), Err(MappingFault::NoObject));
    assert_eq!(
        read(r#"{"name":"a\u200b","inputSchema":{}}"#),
        Err(MappingFault::NoName)
    );
    assert_eq!(
        read(r#"{"name":"a","inputSchema":true}"#),
        Err(MappingFault::NoObject)
    );
}

#[test]
fn opaque_arguments_are_named_as_policies_name_them() {
    let tool = map(
        "demo",
        &json!({"name": "t", "inputSchema": {"type": "object", "additionalProperties": false,
        "properties": {
            "amount": {"type": "number"},
            "whole": {"type": "number", "multipleOf": 1},
            "x-any": {},
            "rows": {"type": "array", "items": {"type": "object", "additionalProperties": false,
                "properties": {"price": {"type": "number"}, "name": {"type": "string"}}}},
            "labels": {"type": "object", "additionalProperties": {"type": "number"}},
            "either": {"anyOf": [{"type": "string"}, {"type": "number"}]},
        }}}),
    );
    let tool = tool.unwrap();
    let opaque = tool.opaque_places();
    let found: Vec<_> = opaque
        .iter()
        .map(|one| (one.path.as_str(), one.kind))
        .collect();
    let wanted = [
        ("input.amount", "Mcp::Number"),
        ("input.either.typeChoice1", "Mcp::Number"),
        ("input.labels.entries[].value", "Mcp::Number"),
        ("input.rows[].price", "Mcp::Number"),
        ("input[\"x-any\"]", "Mcp::Unknown"),
    ];
    assert_eq!(found, wanted);
}
