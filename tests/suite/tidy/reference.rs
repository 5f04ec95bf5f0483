//! The configuration reference: JSON Schemas made from the types, and tables made from those.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::Value;

use super::documents::{file_is, in_document};

#[test]
fn the_filter_reference_is_in_step() {
    let schema = portcullis_filter::config::schema();
    hold("filter", &schema, "docs/operations.md");
}

#[test]
fn the_server_reference_is_in_step() {
    hold("portcullis", &printed("config"), "docs/operations.md");
}

#[test]
fn the_rules_reference_is_in_step() {
    hold("redaction", &printed("redact"), "docs/redaction.md");
}

/// The schema that a command prints.
fn printed(command: &str) -> Value {
    let program = std::env::var_os("PORTCULLIS_BIN")
        .expect("PORTCULLIS_BIN names the portcullis program; `cargo xtask test` builds it");
    let output = Command::new(program)
        .args([command, "schema"])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Holds a schema against its file, and its table against a document.
fn hold(name: &str, schema: &Value, document: &str) {
    let text = serde_json::to_string_pretty(schema).unwrap() + "\n";
    file_is(&format!("docs/schema/{name}.json"), &text);
    let mut table =
        "\n| Field | Type | Default | What it means |\n| --- | --- | --- | --- |\n".to_owned();
    rows(schema, schema, "", &mut table);
    in_document(document, name, &table);
}

/// A row for each field, and below it the rows of its own fields.
fn rows(schema: &Value, object: &Value, prefix: &str, table: &mut String) {
    let Some(properties) = object["properties"].as_object() else {
        return;
    };
    for (name, property) in properties {
        let (kind, inner) = kind(schema, property);
        let path = format!("{prefix}{name}{}", if kind == "list" { "[]" } else { "" });
        let required = object["required"]
            .as_array()
            .is_some_and(|list| list.iter().any(|item| item == name));
        let default = match &property["default"] {
            Value::Null if required => "required".to_owned(),
            // What a section holds has rows of its own.
            Value::Null | Value::Object(_) => String::new(),
            value => format!("`{value}`"),
        };
        let description = property["description"]
            .as_str()
            .unwrap_or_default()
            .replace('\n', " ")
            .replace('|', "\\|");
        let _ = writeln!(table, "| `{path}` | {kind} | {default} | {description} |");
        rows(schema, inner, &format!("{path}."), table);
    }
}

/// What may be absent may be null to JSON, and never is in TOML.
fn present(property: &Value) -> &Value {
    let choices = property["anyOf"].as_array();
    let present = choices.and_then(|all| all.iter().find(|one| one["type"] != "null"));
    present.unwrap_or(property)
}

/// What a property is, and the object that its own fields are in.
fn kind<'a>(schema: &'a Value, property: &'a Value) -> (String, &'a Value) {
    let property = resolved(schema, present(property));
    if let Some(values) = choices(property) {
        return (values, &Value::Null);
    }
    let one = match &property["type"] {
        Value::Array(types) => types.iter().find(|one| *one != "null"),
        one => Some(one),
    };
    match one.and_then(Value::as_str) {
        Some("array") => match resolved(schema, &property["items"]) {
            items if items["type"] == "object" => ("list".to_owned(), items),
            items => (
                format!("list of {}", items["type"].as_str().unwrap_or("values")),
                &Value::Null,
            ),
        },
        Some("object") => ("section".to_owned(), property),
        Some(simple) => (simple.to_owned(), &Value::Null),
        None => ("value".to_owned(), &Value::Null),
    }
}

fn choices(property: &Value) -> Option<String> {
    let quoted = |values: Vec<&str>| {
        values
            .iter()
            .map(|value| format!("`{value}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some(values) = property["enum"].as_array() {
        return Some(quoted(values.iter().filter_map(Value::as_str).collect()));
    }
    let values = property["oneOf"].as_array()?;
    Some(quoted(
        values
            .iter()
            .filter_map(|value| value["const"].as_str())
            .collect(),
    ))
}

fn resolved<'a>(schema: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix("#/$defs/"))
    {
        Some(name) => &schema["$defs"][name],
        None => value,
    }
}
