//! Members that redaction looks for by their places: none beside them is spelt like one.
//!
//! A secret that the server finds under `Token` must not pass a rule about `token`. Deliberately absent:
//! what the members hold; the filter looks at that.

use serde_json::Value;

use super::ArgumentFault;
use super::convert::At;
use super::spelling::likeness;

/// The rest of a pointer, in tokens; `*` is any one.
type Way<'p> = Vec<&'p str>;

/// Refuses a member that is spelt like one of these places, and is not `declared` itself.
///
/// # Errors
/// Says which.
pub(crate) fn alone(
    arguments: &str,
    pointers: &[&str],
    declared: &dyn Fn(&str) -> bool,
) -> Result<(), ArgumentFault> {
    let ways = pointers
        .iter()
        .map(|pointer| pointer.split('/').skip(1).collect());
    let ways: Vec<Way<'_>> = ways.collect();
    if ways.is_empty() {
        return Ok(());
    }
    let value = serde_json::from_str(arguments);
    let value: Value = value.map_err(|_| ArgumentFault::new("", "is not JSON"))?;
    look(&value, &ways, declared, &At(None, ""))
}

fn look(
    value: &Value,
    ways: &[Way<'_>],
    declared: &dyn Fn(&str) -> bool,
    at: &At<'_>,
) -> Result<(), ArgumentFault> {
    let below = |name: &str, value: &Value| {
        let ways: Vec<Way<'_>> = ways.iter().filter_map(|way| after(way, name)).collect();
        match ways.is_empty() {
            true => Ok(()),
            false => look(value, &ways, declared, &At(Some(at), name)),
        }
    };
    match value {
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.try_for_each(|(place, item)| below(&place.to_string(), item))
        }
        Value::Object(members) => {
            for (name, value) in members {
                let firsts = || {
                    ways.iter()
                        .filter_map(|way| way.first())
                        .map(|token| plain(token))
                };
                if !firsts().any(|first| first == *name)
                    && !declared(name)
                    && firsts().any(|first| likeness(&first) == likeness(name))
                {
                    return Err(At(Some(at), name).fault("is spelt like another argument"));
                }
                below(name, value)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What is left of a way behind a member.
fn after<'p>(way: &Way<'p>, name: &str) -> Option<Way<'p>> {
    let (first, rest) = way.split_first()?;
    (*first == "*" || plain(first) == name).then(|| rest.to_vec())
}

/// A token without its escapes.
fn plain(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_beside_the_places_of_secrets_are_refused() {
        let places = ["/token", "/list/*/pass", "/a~1b"];
        let declared = |name: &str| name == "TOKEN";
        let fault = |text: &str| alone(text, &places, &declared);
        for (text, place) in [
            (r#"{"Token":"x"}"#, "/Token"),
            (r#"{"token":"x","to\u212aen":"y"}"#, "/to\u{212a}en"),
            (r#"{"list":[{"pass":"x"},{"Pass":"y"}]}"#, "/list/1/Pass"),
            (r#"{"List":[]}"#, "/List"),
            (r#"{"A/b":1}"#, "/A~1b"),
        ] {
            assert_eq!(fault(text).unwrap_err().pointer, place, "{text}");
        }
        for text in [
            r#"{"token":"x","TOKEN":"declared","other":{"Token":1}}"#,
            r#"{"list":{"x":{"pass":1}},"pass":1,"Pass":2}"#,
            r#"{"list":7}"#,
        ] {
            assert_eq!(fault(text), Ok(()), "{text}");
        }
        let none = alone("not JSON", &[], &declared);
        assert_eq!(none, Ok(()), "where nothing is looked for");
    }
}
