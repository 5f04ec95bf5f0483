//! Our own engine, as the judge asks it.

use portcullis_protocol::json;
use portcullis_protocol::redact::{
    Known, MarkKey, Outcome, Plan, RawRules, Requests, Rules, Text, redact,
};

/// What a redactor made of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The message as it goes on; `None` when it was blocked.
    pub text: Option<String>,
    /// Rule and JSON pointer of what was found.
    pub found: Vec<(String, String)>,
}

/// The rules that an empty file gives.
///
/// # Errors
/// What the engine says of its own rules.
pub fn shipped_rules() -> Result<Rules, String> {
    Rules::compile(&RawRules::default()).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })
}

/// What the engine makes of a message.
///
/// # Errors
/// When the message is no JSON.
pub fn outcome(message: &str, rules: &Rules) -> Result<Outcome, json::Fault> {
    let message = json::check(message.as_bytes())?;
    let plan = Plan {
        rules,
        requests: Requests::Redact,
        reveal: &[],
        marked: &[],
        literals: Known::none(),
        marks: &MarkKey::new([7; 32]),
        sealing: None,
    };
    Ok(redact(message, &plan))
}

/// The same, as an answer. What is no JSON goes nowhere.
#[must_use]
pub fn answer(message: &str, rules: &Rules) -> Answer {
    let Ok(outcome) = outcome(message, rules) else {
        return Answer {
            text: None,
            found: Vec::new(),
        };
    };
    let found = outcome.facts.iter();
    Answer {
        found: found
            .map(|fact| (fact.rule.to_string(), fact.pointer.clone()))
            .collect(),
        text: match outcome.text {
            Text::Same => Some(message.to_owned()),
            Text::Changed { text, .. } => Some(text),
            Text::Blocked => None,
        },
    }
}
