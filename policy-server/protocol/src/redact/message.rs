//! One message: every string and every key is looked at, and what is found is replaced in place.

mod splice;

use std::collections::HashSet;

use super::echoes::Echoes;
use super::known::KNOWN_BYTES_MIN;
use super::look::{Form, Found, Scope, Search, tidy};
use super::plan::{Literal, Treatment};
use super::walk::Walk;
use super::{Action, Fact, Mode, Plan, Unscanned};
use crate::json::{self, Json};
use crate::limits::{FACTS_MAX, FINDINGS_MAX};
use crate::names::Name;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it is now.
    pub text: Text,
    /// What was found, at most [`FACTS_MAX`].
    pub facts: Vec<Fact>,
    /// How many findings are not among the facts.
    pub more: u64,
    /// What was not looked at, at most [`FACTS_MAX`].
    pub unscanned: Vec<Unscanned>,
}

/// What a message is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// As it was, byte for byte.
    Same,
    /// With findings replaced; still one JSON message.
    Changed {
        /// The message.
        text: String,
        /// Whether something below `result/structuredContent` was replaced, so that the tool's
        /// output schema must be asked.
        structured: bool,
    },
    /// It must go nowhere: a mode says so, or there is more in it than [`FINDINGS_MAX`].
    Blocked,
}

/// Most looks at one message; what still changes then is not understood.
const ROUNDS_MAX: usize = 4;

/// Looks at one message and replaces what the plan says.
///
/// What is known by its value is looked for in every form; where it cannot be taken out, the message
/// goes nowhere.
#[must_use]
pub fn redact(message: Json<'_>, plan: &Plan<'_>) -> Outcome {
    let mut outcome = guessed(message, plan, Scope::Everything);
    if plan.literals.is_empty() {
        return outcome;
    }
    for _ in 0..ROUNDS_MAX {
        let text = match &outcome.text {
            Text::Blocked => return outcome,
            Text::Same => message.text().to_owned(),
            Text::Changed { text, .. } => text.clone(),
        };
        let Ok(now) = json::check(text.as_bytes()) else {
            break;
        };
        let hidden = once(now, plan, Scope::Hidden);
        if hidden.text == Text::Same {
            if let Some(literal) = plan.literals.spread(plan.rules, now) {
                outcome.take(spread(literal, plan));
            }
            return outcome;
        }
        outcome.take(hidden);
        if let Text::Changed { text, .. } = &outcome.text
            && let Ok(changed) = json::check(text.as_bytes())
        {
            let next = guessed(changed, plan, Scope::Changed);
            if next.text != Text::Same {
                outcome.take(next);
            }
        }
    }
    outcome.text = Text::Blocked;
    outcome
}

/// A secret that is split over several strings: the message goes nowhere.
fn spread(literal: &Literal, plan: &Plan<'_>) -> Outcome {
    let found = Found::known(0..0, literal);
    Outcome {
        text: Text::Blocked,
        facts: vec![fact(&found, Action::Blocked, plan)],
        more: 0,
        unscanned: Vec::new(),
    }
}

/// Looks at one message by the rules, and for what is known by its value as it is.
///
/// Strings that have changed are looked at again: what stood beside a secret may be one without it.
fn guessed(message: Json<'_>, plan: &Plan<'_>, scope: Scope) -> Outcome {
    let mut outcome = once(message, plan, scope);
    for round in 1.. {
        let Text::Changed { text, .. } = &outcome.text else {
            break;
        };
        let next = match json::check(text.as_bytes()) {
            Ok(changed) if round < ROUNDS_MAX => once(changed, plan, Scope::Changed),
            _ => {
                outcome.text = Text::Blocked;
                break;
            }
        };
        if next.text == Text::Same {
            break;
        }
        outcome.take(next);
    }
    outcome
}

impl Outcome {
    /// What another look at the changed message has brought.
    fn take(&mut self, next: Self) {
        let before = matches!(
            self.text,
            Text::Changed {
                structured: true,
                ..
            }
        );
        self.text = match next.text {
            Text::Changed { text, structured } => Text::Changed {
                text,
                structured: structured || before,
            },
            other => other,
        };
        let room = FACTS_MAX.saturating_sub(self.facts.len());
        let beyond = next.facts.len().saturating_sub(room) as u64;
        self.facts.extend(next.facts.into_iter().take(room));
        self.more += next.more + beyond;
    }
}

fn once(message: Json<'_>, plan: &Plan<'_>, scope: Scope) -> Outcome {
    let (found, unscanned, taken) = find(message, plan, scope);
    if found.is_empty() {
        return Outcome {
            text: Text::Same,
            facts: Vec::new(),
            more: 0,
            unscanned,
        };
    }
    let actions: Vec<Action> = found.iter().map(|found| action(found, plan)).collect();
    let is_blocked = found.len() > FINDINGS_MAX || actions.contains(&Action::Blocked);
    let text = if is_blocked {
        Text::Blocked
    } else {
        splice::replaced(message, &found, &actions, plan, taken)
    };
    let told = |action: Action| if is_blocked { Action::Blocked } else { action };
    let facts = found.iter().zip(&actions).take(FACTS_MAX);
    Outcome {
        text,
        facts: facts
            .map(|(found, action)| fact(found, told(*action), plan))
            .collect(),
        more: found.len().saturating_sub(FACTS_MAX) as u64,
        unscanned,
    }
}

/// Everything in a message, and copies of what is known only by what stands beside it.
fn find(
    message: Json<'_>,
    plan: &Plan<'_>,
    scope: Scope,
) -> (Vec<Found>, Vec<Unscanned>, HashSet<String>) {
    let search = Search {
        known: plan.literals,
        scope,
        ..Search::by(plan.rules)
    };
    let mut walk = Walk::message(search, message, plan.marked);
    walk.go();
    let unscanned = std::mem::take(&mut walk.unscanned);
    let taken = std::mem::take(&mut walk.taken);
    let mut found = walk.into_found();
    let echoes = Echoes::of(&found).filter(|_| found.len() <= FINDINGS_MAX);
    if let Some(echoes) = &echoes {
        let search = Search {
            echoes: Some(echoes),
            ..Search::by(plan.rules)
        };
        let mut walk = Walk::message(search, message, &[]);
        walk.go();
        found.extend(walk.into_found());
        tidy(&mut found, 0);
        // Of no more than these anybody is told where they stand.
        for found in found.iter_mut().take(FACTS_MAX) {
            found.pointer = echoes.hidden_in(&found.pointer, plan.rules);
        }
    }
    (found, unscanned, taken)
}

fn action(found: &Found, plan: &Plan<'_>) -> Action {
    match found.form {
        form if form.is_known() => return Action::Redacted,
        Form::Fixed => return Action::Blocked,
        _ => {}
    }
    match plan.treatment(found.rule) {
        Treatment::Reveal => Action::Revealed,
        Treatment::Mode(Mode::Redact) => Action::Redacted,
        Treatment::Mode(Mode::Block) => Action::Blocked,
        Treatment::Mode(Mode::Detect) => Action::Detected,
        Treatment::Mode(Mode::Tokenize) => match found.form {
            // A shorter one could not be kept out of answers.
            Form::Text | Form::Encoded if found.value.len() >= KNOWN_BYTES_MIN => Action::Tokenized,
            _ => Action::Redacted,
        },
    }
}

fn fact(found: &Found, action: Action, plan: &Plan<'_>) -> Fact {
    let rule = plan.rules.rule(found.rule);
    Fact {
        rule: Name::parse(&rule.id).unwrap_or_else(|_| Name::from_static("unknown")),
        class: rule.class.clone(),
        pointer: found.pointer.clone(),
        bytes: found.value.len() as u64,
        mark: plan.marks.mark(&found.value),
        action,
    }
}

#[cfg(test)]
mod tests;
