//! Calls as careless models write them, derived from a good call and the tool's own schema: a number
//! or a truth value in quotes, null for what may be left out, a default left to the server, another
//! case, a member that nobody knows.
//!
//! What the server makes of them is its affair: it is to be the same behind the gateway.

use serde_json::{Map, Value, json};

/// Most of them for one call: tools of many members would drown the others.
const FORMS_MAX: usize = 12;

/// The careless forms of a call's arguments, each different from the call.
pub(super) fn forms(arguments: &Map<String, Value>, schema: &Value) -> Vec<Map<String, Value>> {
    let declared = schema.get("properties").and_then(Value::as_object);
    let none = Map::new();
    let declared = declared.unwrap_or(&none);
    let mut forms = Vec::new();
    for (name, value) in arguments {
        forms.extend(otherwise(value).map(|value| with(arguments, name, value)));
        let has_default = |member: &Value| member.get("default").is_some();
        if declared.get(name).is_some_and(has_default) {
            forms.push(without(arguments, name));
        }
    }
    forms.push(with(arguments, "unheardOf", json!({"a": [1, null]})));
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.contains(&json!(name)));
    for name in declared.keys().filter(|name| !is_required(name)) {
        forms.push(with(arguments, name, Value::Null));
    }
    forms.truncate(FORMS_MAX);
    forms
}

/// The same value as somebody else might write it.
fn otherwise(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) | Value::Bool(_) => Some(json!(value.to_string())),
        Value::Array(items) if items.len() == 1 => items.first().cloned(),
        Value::Array(_) | Value::Object(_) => Some(json!(value.to_string())),
        Value::String(_) | Value::Null => None,
    }
}

fn with(arguments: &Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    let mut form = arguments.clone();
    form.insert(name.to_owned(), value);
    form
}

fn without(arguments: &Map<String, Value>, name: &str) -> Map<String, Value> {
    let mut form = arguments.clone();
    form.remove(name);
    form
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::forms;

    #[test]
    fn forms_follow_the_schema() {
        let schema = json!({
            "properties": {
                "count": {"type": "integer", "default": 3},
                "force": {"type": "boolean"},
                "tags": {"type": "array"},
            },
            "required": ["tags"],
        });
        let arguments = json!({"count": 5, "tags": ["a"]});
        let found = forms(arguments.as_object().expect("an object"), &schema);
        let found: Vec<Value> = found.into_iter().map(Value::Object).collect();
        let unheard = json!({"a": [1, null]});
        assert_eq!(
            found,
            [
                json!({"count": "5", "tags": ["a"]}),
                json!({"tags": ["a"]}),
                json!({"count": 5, "tags": "a"}),
                json!({"count": 5, "tags": ["a"], "unheardOf": unheard}),
                json!({"count": null, "tags": ["a"]}),
                json!({"count": 5, "force": null, "tags": ["a"]}),
            ]
        );
    }
}
