//! Arguments drawn along a schema.
//!
//! Deliberately absent: certainty. Some do not fit, and the check says so.

use serde_json::{Value, json};

/// Draws a value that has a fair chance of fitting.
pub(super) struct Draw<'a> {
    root: &'a Value,
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Draw<'a> {
    pub(super) fn new(root: &'a Value, bytes: &'a [u8]) -> Self {
        let bytes = bytes.iter();
        Self { root, bytes }
    }

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
                json!(9_007_199_254_740_991_i64),
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
            ("integer", _) => self.pick(&[json!(0), json!(2.0), json!(-9_007_199_254_740_991_i64)]),
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

    pub(super) fn object(&mut self, schema: &Value, depth: usize) -> Value {
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
