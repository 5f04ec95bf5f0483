//! The digest of a definition: of what it says, not of how it is written.
//!
//! SDKs order members differently by client and by protocol version, and write `1` or `1.0`; a tool that
//! is listed so is the same tool. What is no JSON that all readers read alike has only its bytes.

use std::fmt::Write as _;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::json::{self, Json, Kind};

/// Members of a tool that say nothing about calls of it, and that servers add or leave out by the
/// client's protocol version (MCP 2025-06-18 `_meta`, 2025-11-25 `execution` and `icons`).
const BESIDE: [&str; 3] = ["_meta", "execution", "icons"];

/// The members of a tool that policies can know something of.
const JUDGED: [&str; 4] = ["name", "inputSchema", "outputSchema", "annotations"];

/// The digest of a definition.
pub(super) fn digest(definition: &str) -> Digest {
    of_members(definition, |key| !BESIDE.contains(&key))
}

/// The digest of what of a definition policies can know: what it tells people is not of it.
pub(super) fn judged(definition: &str) -> Digest {
    of_members(definition, |key| JUDGED.contains(&key))
}

fn of_members(definition: &str, counts: impl Fn(&str) -> bool) -> Digest {
    let Ok(tool) = json::check(definition.as_bytes()) else {
        return Digest::of(definition.as_bytes());
    };
    if tool.kind() != Kind::Object {
        return Digest::of(definition.as_bytes());
    }
    let mut members = tool.members();
    members.retain(|(key, value)| counts(key) && value.kind() != Kind::Null);
    let mut text = String::with_capacity(definition.len());
    object(members, &mut text);
    Digest::of(text.as_bytes())
}

fn value(json: Json<'_>, out: &mut String) {
    match json.kind() {
        Kind::Object => object(json.members(), out),
        Kind::Array => {
            out.push('[');
            for element in json.elements() {
                value(element, out);
                out.push(',');
            }
            out.push(']');
        }
        Kind::String => string(&json.string().unwrap_or_default(), out),
        Kind::Number => number(json.text(), out),
        Kind::Bool | Kind::Null => out.push_str(json.text()),
    }
}

fn object<'a>(mut members: Vec<(std::borrow::Cow<'a, str>, Json<'a>)>, out: &mut String) {
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    out.push('{');
    for (key, member) in members {
        string(&key, out);
        out.push(':');
        value(member, out);
        out.push(',');
    }
    out.push('}');
}

/// The length before the text leaves one way to read it.
fn string(text: &str, out: &mut String) {
    // Writing to a string does not fail.
    let _ = write!(out, "{}\"{text}", text.len());
}

/// A whole number is one, however it is written; of others the text counts.
fn number(text: &str, out: &mut String) {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match text.parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && number.abs() < EXACT => {
            let _ = write!(out, "{number:.0}");
        }
        _ => out.push_str(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = r#"{"name":"a","description":"does é","inputSchema":{"type":"object","properties":{"n":{"type":"integer","maximum":10}},"required":["n"]},"annotations":{"readOnlyHint":true}}"#;

    #[test]
    fn another_way_to_write_it_is_the_same_definition() {
        for same in [
            r#"{"annotations":{"readOnlyHint":true},"inputSchema":{"required":["n"],"properties":{"n":{"maximum":10.0,"type":"integer"}},"type":"object"},"description":"does \u00e9","name":"a"}"#,
            r#"{ "name" : "a", "title":null, "description":"does é","execution":{"taskSupport":"optional"},"icons":[{"src":"x"}],"_meta":{"v":1},"inputSchema":{"type":"object","properties":{"n":{"type":"integer","maximum":1e1}},"required":["n"]},"annotations":{"readOnlyHint":true},"outputSchema":null}"#,
        ] {
            assert_eq!(digest(PLAIN), digest(same), "{same}");
        }
    }

    #[test]
    fn what_a_definition_tells_people_is_not_judged() {
        for (from, to, same) in [
            ("does é", "does e", true),
            ("{\"name\"", "{\"title\":\"x\",\"name\"", true),
            ("\"a\"", "\"b\"", false),
            ("10", "11", false),
            ("\"readOnlyHint\":true", "\"readOnlyHint\":false", false),
            ("{\"name\"", "{\"outputSchema\":{},\"name\"", false),
        ] {
            let other = PLAIN.replace(from, to);
            assert_ne!(digest(&other), digest(PLAIN), "{other}");
            assert_eq!(judged(&other) == judged(PLAIN), same, "{other}");
        }
    }

    #[test]
    fn whatever_says_something_else_is_another() {
        let mut seen = vec![digest(PLAIN)];
        for (from, to) in [
            ("does é", "does e"),
            ("\"a\"", "\"b\""),
            ("10", "11"),
            ("10", "10.5"),
            ("\"integer\"", "\"number\""),
            ("\"readOnlyHint\":true", "\"readOnlyHint\":false"),
            ("\"readOnlyHint\":true", "\"readOnlyHint\":\"true\""),
            ("\"required\":[\"n\"]", "\"required\":[]"),
            ("\"required\":[\"n\"]", "\"_meta\":1,\"required\":[\"n\"]"),
            ("\"required\":[\"n\"]", "\"required\":null"),
            ("\"type\":\"object\"", "\"type\":[\"object\"]"),
            ("{\"name\"", "{\"outputSchema\":{},\"name\""),
            ("{\"name\"", "{\"name\":\"a\",\"name\""),
            ("[\"n\"]", "[\"n\",\"n\"]"),
            ("[\"n\"]", "[\"n,1\\\"n\"]"),
        ] {
            let other = PLAIN.replace(from, to);
            assert_ne!(other, PLAIN, "{from}");
            let other_digest = digest(&other);
            assert!(!seen.contains(&other_digest), "{other}");
            seen.push(other_digest);
        }
    }
}
