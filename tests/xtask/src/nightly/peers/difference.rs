//! Where two values differ, in words.

use serde_json::Value;

/// The first place where two values differ, and what stands there.
pub(super) fn difference(one: &Value, other: &Value) -> String {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a
                .keys()
                .chain(b.keys().filter(|name| !a.contains_key(*name)));
            let mut differing = names.filter(|name| a.get(*name) != b.get(*name));
            let name = differing.next().map_or("", String::as_str);
            let null = Value::Null;
            let (a, b) = (a.get(name).unwrap_or(&null), b.get(name).unwrap_or(&null));
            format!("/{name}{}", difference(a, b))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let at = a
                .iter()
                .zip(b)
                .position(|(a, b)| a != b)
                .unwrap_or_default();
            let null = Value::Null;
            let (a, b) = (a.get(at).unwrap_or(&null), b.get(at).unwrap_or(&null));
            format!("/{at}{}", difference(a, b))
        }
        (one, other) => format!(
            " is {} and through the gateway {}",
            short(one),
            short(other)
        ),
    }
}

fn short(value: &Value) -> String {
    const CHARS_MAX: usize = 160;
    let text = value.to_string();
    match text.chars().count() > CHARS_MAX {
        true => format!("{}…", text.chars().take(CHARS_MAX).collect::<String>()),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::difference;

    #[test]
    fn the_first_difference_is_named() {
        let one = json!({"a": [1, {"b": "x"}], "c": 1});
        let other = json!({"a": [1, {"b": "y"}], "c": 1});
        let said = difference(&one, &other);
        assert_eq!(said, "/a/1/b is \"x\" and through the gateway \"y\"");
    }
}
