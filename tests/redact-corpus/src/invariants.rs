//! What holds of every message that our engine looks at, whatever is in it.

use portcullis_protocol::json;
use portcullis_protocol::redact::{Action, Outcome, Rules, Text};

use crate::engine::outcome;
use crate::message::tokens;

/// How much longer one finding can make a message: a placeholder, inside encodings inside others.
const GROWTH_MAX: usize = 256;

/// Redacts a message and looks whether all of it holds: what comes out is JSON, only strings were
/// changed, nothing grew out of proportion, and redacting again changes nothing. What is no JSON
/// is passed over.
///
/// # Errors
/// What does not hold.
pub fn holds(message: &str, rules: &Rules) -> Result<(), String> {
    let Ok(outcome) = outcome(message, rules) else {
        return Ok(());
    };
    let broken = match &outcome.text {
        Text::Blocked => None,
        Text::Same => (outcome.facts.iter())
            .any(|fact| fact.action == Action::Redacted)
            .then(|| "something is said to be redacted, and is not".to_owned()),
        Text::Changed { text, .. } => changed(message, text, &outcome, rules).err(),
    };
    match broken {
        None => Ok(()),
        Some(what) => Err(format!("{what}\nmessage: {message}\noutcome: {outcome:?}")),
    }
}

fn changed(message: &str, text: &str, outcome: &Outcome, rules: &Rules) -> Result<(), String> {
    let found = u64::try_from(outcome.facts.len()).unwrap_or(u64::MAX) + outcome.more;
    if found == 0 {
        return Err("changed without a finding".to_owned());
    }
    json::check(text.as_bytes()).map_err(|fault| format!("no JSON came out: {fault}"))?;
    let longest = message.len() + GROWTH_MAX * usize::try_from(found).unwrap_or(usize::MAX);
    if text.len() > longest {
        return Err(format!("{} bytes became {}", message.len(), text.len()));
    }
    only_strings_changed(message.trim(), text.trim())?;
    let again = self::outcome(text, rules).map_err(|fault| fault.to_string())?;
    match again.text {
        Text::Same => Ok(()),
        _ => Err(format!("redacting again changes it: {again:?}")),
    }
}

fn only_strings_changed(before: &str, after: &str) -> Result<(), String> {
    let (before, after) = (tokens(before), tokens(after));
    if before.len() != after.len() {
        return Err(format!("{} pieces became {}", before.len(), after.len()));
    }
    let between = before.iter().zip(&after).step_by(2);
    match between.clone().find(|(before, after)| before != after) {
        None => Ok(()),
        Some((before, after)) => Err(format!("`{before}` between strings became `{after}`")),
    }
}
