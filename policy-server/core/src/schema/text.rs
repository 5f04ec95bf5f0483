//! A fragment in Cedar's schema syntax, for people and editors.
//!
//! Reads back as the same schema. Deliberately absent: whatever [`super::fragment`] does not write.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The namespaces of the tool's types, then the one of its action.
pub(super) fn text(fragment: &Value) -> String {
    let mut written = String::new();
    for (name, namespace) in fragment.as_object().into_iter().flatten() {
        let _ = writeln!(written, "namespace {name} {{\n{}}}", inside(namespace));
    }
    written
}

/// The declarations of one namespace.
pub(super) fn inside(namespace: &Value) -> String {
    let mut written = String::new();
    for (name, kind) in members(namespace, "commonTypes") {
        let _ = writeln!(written, "  type {name} = {};", of(kind, 1));
    }
    for (name, kind) in members(namespace, "entityTypes") {
        let values = kind.get("enum").and_then(Value::as_array);
        let values: Vec<String> = values.into_iter().flatten().map(quoted).collect();
        let values = if values.is_empty() {
            String::new()
        } else {
            format!(" enum [{}]", values.join(", "))
        };
        let _ = writeln!(written, "  entity {name}{values};");
    }
    for (name, action) in members(namespace, "actions") {
        let name = quoted(&Value::from(name.as_str()));
        let group = action.pointer("/memberOf/0/id").map(quoted);
        let _ = write!(
            written,
            "  action {name} in [Action::{}]",
            group.unwrap_or_default()
        );
        if let Some(context) = action.pointer("/appliesTo/context") {
            let _ = write!(
                written,
                " appliesTo {{\n    principal: [Agent],\n    resource: [Tool],\n    context: {},\n  }}",
                of(context, 2)
            );
        }
        written.push_str(";\n");
    }
    written
}

fn members<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let members: Option<&'a Map<String, Value>> = value.get(name).and_then(Value::as_object);
    members.into_iter().flatten()
}

/// A text in quotes, with the escapes that Cedar reads.
fn quoted(text: &Value) -> String {
    let text = text.as_str().unwrap_or_default();
    format!("\"{}\"", text.escape_debug())
}

fn of(kind: &Value, depth: usize) -> String {
    let word = |name: &str| kind.get(name).and_then(Value::as_str).unwrap_or_default();
    match word("type") {
        "Boolean" => "Bool".to_owned(),
        "Set" => {
            let element = kind.get("element").unwrap_or(&Value::Null);
            format!("Set<{}>", of(element, depth))
        }
        "Record" => {
            let indent = "  ".repeat(depth);
            let mut written = String::from("{");
            for (name, attribute) in members(kind, "attributes") {
                let required = attribute.get("required") != Some(&Value::Bool(false));
                let mark = if required { "" } else { "?" };
                let name = quoted(&Value::from(name.as_str()));
                let attribute = of(attribute, depth + 1);
                let _ = write!(written, "\n{indent}  {name}{mark}: {attribute},");
            }
            if written.len() > 1 {
                let _ = write!(written, "\n{indent}");
            }
            written.push('}');
            written
        }
        "Entity" | "EntityOrCommon" | "Extension" => word("name").to_owned(),
        other => other.to_owned(),
    }
}
