//! Placeholders on their way to a server. They stand for secrets that whoever sends them was not shown,
//! and a server would take them for the values themselves: a file that is read and written back
//! would hold them for good.
//!
//! Deliberately absent: placeholders that are encoded, as in base64. Who sends those has not copied them.

use super::plan::Treatment;
use super::{Action, Fact, Plan, placeholder};
use crate::json::{Json, Kind};
use crate::names::Name;

/// The first placeholder in what a message says, of a class that policy does not reveal.
#[must_use]
pub fn placeholder_in(message: Json<'_>, plan: &Plan<'_>) -> Option<Fact> {
    let text = message.text();
    // It needs no escape, but can be written with one.
    if !placeholder::mentions(text) && !text.contains("\\u") {
        return None;
    }
    let mut pointer = String::new();
    ["params", "result", "error"].into_iter().find_map(|part| {
        pointer.clear();
        pointer.push('/');
        pointer.push_str(part);
        below(message.member(part)?, &mut pointer, plan)
    })
}

fn below(json: Json<'_>, pointer: &mut String, plan: &Plan<'_>) -> Option<Fact> {
    let depth = pointer.len();
    match json.kind() {
        Kind::String => found(&json.string()?, pointer, plan),
        Kind::Object => json.members().into_iter().find_map(|(key, value)| {
            pointer.push('/');
            pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            let found = found(&key, pointer, plan).or_else(|| below(value, pointer, plan));
            pointer.truncate(depth);
            found
        }),
        Kind::Array => (0..).zip(json.elements()).find_map(|(place, value)| {
            pointer.push_str(&format!("/{place}"));
            let found = below(value, pointer, plan);
            pointer.truncate(depth);
            found
        }),
        Kind::Number | Kind::Bool | Kind::Null => None,
    }
}

fn found(text: &str, pointer: &str, plan: &Plan<'_>) -> Option<Fact> {
    let rules = plan.rules;
    placeholder::genuine(rules, text)
        .into_iter()
        .find_map(|span| {
            let written = text.get(span)?;
            let rule = rules.named(placeholder::rule_in(rules, written)?)?;
            if plan.treatment(rule) == Treatment::Reveal {
                return None;
            }
            let rule = rules.rule(rule);
            Some(Fact {
                rule: Name::parse(&rule.id).ok()?,
                class: rule.class.clone(),
                pointer: pointer.to_owned(),
                bytes: written.len() as u64,
                mark: plan.marks.mark(written),
                action: Action::Blocked,
            })
        })
}

#[cfg(test)]
mod tests {
    use super::super::{Class, Known, MarkKey, RawRules, Requests, Rules};
    use super::*;
    use crate::json::check;

    fn pointer(message: &str, reveal: &[Class]) -> Option<String> {
        let rules = Rules::compile(&RawRules::default()).unwrap();
        let plan = Plan {
            rules: &rules,
            requests: Requests::Refuse,
            reveal,
            marked: &[],
            literals: Known::none(),
            marks: &MarkKey::new([1; 32]),
            sealing: None,
        };
        let fact = placeholder_in(check(message.as_bytes()).unwrap(), &plan)?;
        assert_eq!(fact.action, Action::Blocked);
        Some(fact.pointer)
    }

    #[test]
    fn placeholders_are_found_wherever_they_stand() {
        for (message, expected) in [
            (
                r#"{"params":{"a":["x","DB=[redacted:password]"]}}"#,
                "/params/a/1",
            ),
            (
                r#"{"params":{"a":"\u005bredacted:password]"}}"#,
                "/params/a",
            ),
            (
                r#"{"params":{"a":"{\"b\":\"[redacted:password]\"}"}}"#,
                "/params/a",
            ),
            (
                r#"{"params":{"[redacted:password-2]":1}}"#,
                "/params/[redacted:password-2]",
            ),
            (
                r#"{"result":{"content":{"a/b":"[redacted:jwt]"}}}"#,
                "/result/content/a~1b",
            ),
        ] {
            assert_eq!(
                pointer(message, &[]).as_deref(),
                Some(expected),
                "{message}"
            );
        }
        for message in [
            r#"{"params":{"a":"[redacted:no-such-rule]"}}"#,
            r#"{"params":{"a":"[redacted]"}}"#,
            r#"{"params":{"a":"[redacted:pass word]"}}"#,
            r#"{"id":"[redacted:password]","params":{}}"#,
        ] {
            assert_eq!(pointer(message, &[]), None, "{message}");
        }
        let revealed = [Class::parse("secret.password").unwrap()];
        let both =
            r#"{"params":{"a":"[redacted:password] [redacted:jwt]","b":"[redacted:password]"}}"#;
        assert_eq!(pointer(both, &revealed).as_deref(), Some("/params/a"));
        let one = r#"{"params":{"b":"[redacted:password]"}}"#;
        assert_eq!(pointer(one, &revealed), None);
    }
}
