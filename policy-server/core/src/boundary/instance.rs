//! Small arguments that a JSON Schema accepts, made up from the schema alone.
//!
//! Not every schema is understood; what is made up is checked by the caller, and dropped if it does
//! not fit. Deliberately absent: patterns, unless the schema gives an example.

use serde_json::{Map, Number, Value, json};

/// Deepest nesting that is made up.
const DEPTH_MAX: usize = 16;

/// Longest string or array that is made up, in characters or items.
const LENGTH_MAX: u64 = 1_024;

/// Something that the schema may accept.
pub(super) fn of(root: &Value, schema: &Value) -> Option<Value> {
    Maker { root }.make(schema, DEPTH_MAX)
}

/// The schema below these names, as far as it is declared.
pub(super) fn below(root: &Value, path: &[String]) -> Option<Value> {
    let maker = Maker { root };
    let mut schema = maker.flat(root, DEPTH_MAX)?;
    for name in path {
        let inner = schema.get("properties")?.get(name)?.clone();
        schema = Value::Object(maker.flat(&inner, DEPTH_MAX)?.as_object()?.clone());
    }
    Some(schema)
}

struct Maker<'v> {
    root: &'v Value,
}

impl Maker<'_> {
    fn make(&self, schema: &Value, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let schema = self.flat(schema, depth)?;
        if schema == json!(true) {
            return Some(json!("x"));
        }
        let given = [
            schema.get("const"),
            schema.get("enum").and_then(|all| all.get(0)),
            schema.get("examples").and_then(|all| all.get(0)),
            schema.get("default").filter(|value| !value.is_null()),
        ];
        if let Some(given) = given.into_iter().flatten().next() {
            return Some(given.clone());
        }
        match kind(&schema) {
            "object" => self.object(&schema, depth),
            "array" => self.array(&schema, depth),
            "integer" | "number" => number(&schema),
            "boolean" => Some(json!(false)),
            "null" => Some(Value::Null),
            _ => Some(Value::from(text(&schema))),
        }
    }

    /// The schema with references followed, what must hold together put together, and the first of
    /// alternatives taken.
    fn flat(&self, schema: &Value, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let Some(members) = schema.as_object() else {
            return (schema != &json!(false)).then(|| json!(true));
        };
        let mut whole = members.clone();
        let mut more = Vec::new();
        if let Some(Value::String(reference)) = whole.remove("$ref") {
            more.push(self.root.pointer(reference.strip_prefix('#')?)?.clone());
        }
        if let Some(Value::Array(all)) = whole.remove("allOf") {
            more.extend(all);
        }
        for choice in ["anyOf", "oneOf"] {
            if let Some(Value::Array(all)) = whole.remove(choice) {
                more.extend(all.into_iter().next());
            }
        }
        for schema in more {
            if let Value::Object(other) = self.flat(&schema, depth)? {
                merge(&mut whole, other);
            }
        }
        Some(Value::Object(whole))
    }

    fn object(&self, schema: &Value, depth: usize) -> Option<Value> {
        let required = schema.get("required").and_then(Value::as_array);
        let mut made = Map::new();
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            let property = schema.get("properties").and_then(|all| all.get(name));
            let value = self.make(property.unwrap_or(&json!(true)), depth)?;
            made.insert(name.to_owned(), value);
        }
        Some(Value::Object(made))
    }

    fn array(&self, schema: &Value, depth: usize) -> Option<Value> {
        let fewest = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let first = schema.get("prefixItems").and_then(Value::as_array);
        let first = first.map_or(&[][..], Vec::as_slice);
        let any = json!(true);
        let rest = schema.get("items").unwrap_or(&any);
        let items = (0..fewest.min(LENGTH_MAX)).map(|at| {
            let own = usize::try_from(at).ok().and_then(|at| first.get(at));
            self.make(own.unwrap_or(rest), depth)
        });
        items.collect::<Option<Vec<Value>>>().map(Value::Array)
    }
}

/// Puts what another schema demands into one.
fn merge(whole: &mut Map<String, Value>, other: Map<String, Value>) {
    for (name, value) in other {
        match (whole.get_mut(&name), value) {
            (Some(Value::Object(mine)), Value::Object(theirs)) if name == "properties" => {
                theirs.into_iter().for_each(|(name, value)| {
                    mine.entry(name).or_insert(value);
                });
            }
            (Some(Value::Array(mine)), Value::Array(theirs)) if name == "required" => {
                mine.extend(theirs);
            }
            (Some(_), _) => {}
            (None, value) => {
                whole.insert(name, value);
            }
        }
    }
}

fn kind(schema: &Value) -> &str {
    let words: Vec<&str> = match schema.get("type") {
        Some(Value::String(word)) => vec![word.as_str()],
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let plain = words.iter().find(|word| **word != "null");
    match plain.or(words.first()) {
        Some(word) => word,
        None if schema.get("properties").is_some() => "object",
        None if schema.get("items").is_some() => "array",
        None => "string",
    }
}

fn number(schema: &Value) -> Option<Value> {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let whole = kind(schema) == "integer";
    let step = bound("multipleOf").filter(|step| *step > 0.0);
    let tiny = step.unwrap_or(if whole { 1.0 } else { 0.01 });
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + tiny));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|most| most - tiny));
    let start = least.unwrap_or_else(|| most.map_or(tiny.max(1.0), |most| most.min(tiny.max(1.0))));
    let value = step.map_or(start, |step| (start / step).ceil() * step);
    if whole || value.fract() == 0.0 {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "beyond 64 bits the nearest integer is as good as any; it is checked"
        )]
        return Some(Value::from(value.ceil() as i64));
    }
    Number::from_f64(value).map(Value::Number)
}

fn text(schema: &Value) -> String {
    let known = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => "2026-01-01T12:00:00Z",
        Some("date") => "2026-01-01",
        Some("time") => "12:00:00Z",
        Some("duration") => "PT1H",
        Some("email" | "idn-email") => "somebody@example.com",
        Some("hostname" | "idn-hostname") => "example.com",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("uri" | "iri" | "uri-reference") => "https://example.com/x",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        Some("decimal") => "1.0",
        _ => "x",
    };
    let fewest = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
    let short = fewest.saturating_sub(known.chars().count() as u64);
    let padding = usize::try_from(short.min(LENGTH_MAX)).unwrap_or(0);
    format!("{known}{}", "x".repeat(padding))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_up_is_small_and_fits() {
        let schema = json!({
            "type": "object",
            "required": ["a", "b", "c", "d", "e", "f", "g", "h"],
            "properties": {
                "a": {"type": "integer", "minimum": 5, "multipleOf": 4},
                "b": {"enum": ["one", "two"]},
                "c": {"$ref": "#/$defs/deep"},
                "d": {"type": ["null", "string"], "minLength": 3},
                "e": {"anyOf": [{"type": "boolean"}, {"type": "string"}]},
                "f": {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}, "minItems": 2},
                "g": {"allOf": [{"properties": {"x": {"type": "integer"}}}, {"required": ["x"]}]},
                "h": {"type": "string", "format": "date"},
                "left_out": {"type": "string"}
            },
            "$defs": {"deep": {"type": "object", "required": ["k"], "properties": {"k": {"const": 7}}}}
        });
        let made = of(&schema, &schema).unwrap();
        let expected = json!({
            "a": 8, "b": "one", "c": {"k": 7}, "d": "xxx", "e": false, "f": [0.01, 0.01],
            "g": {"x": 1}, "h": "2026-01-01"
        });
        assert_eq!(made, expected);
        assert!(jsonschema::is_valid(&schema, &made));
    }

    #[test]
    fn recursion_ends() {
        let schema = json!({
            "type": "object", "required": ["next"], "properties": {"next": {"$ref": "#"}}
        });
        assert_eq!(of(&schema, &schema), None);
        let path: Vec<String> = ["next", "next"].map(str::to_owned).to_vec();
        assert!(below(&schema, &path).is_some());
    }
}
