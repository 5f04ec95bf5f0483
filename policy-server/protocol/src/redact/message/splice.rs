//! What takes the place of what was found, set into the original bytes.

use std::collections::{HashMap, HashSet};

use super::Text;
use crate::json::Json;
use crate::redact::look::{Form, Found};
use crate::redact::placeholder::{numbered, placeholder};
use crate::redact::{Action, Plan, RuleId};

/// The message with all that is to be replaced replaced. `taken` holds placeholders in keys.
pub(super) fn replaced(
    message: Json<'_>,
    found: &[Found],
    actions: &[Action],
    plan: &Plan<'_>,
    taken: HashSet<String>,
) -> Text {
    let text = message.text();
    let mut keys = Keys {
        taken,
        last: HashMap::new(),
    };
    let mut order: Vec<(&Found, Action)> = found.iter().zip(actions.iter().copied()).collect();
    order.sort_by_key(|(found, _)| (found.span.start, std::cmp::Reverse(found.span.end)));
    let mut out = String::with_capacity(text.len());
    let (mut from, mut structured) = (0, false);
    for (place, (found, action)) in order.iter().enumerate() {
        let (found, action) = (*found, *action);
        if !matches!(action, Action::Redacted | Action::Tokenized) {
            continue;
        }
        if found.span.start >= from {
            out.push_str(text.get(from..found.span.start).unwrap_or_default());
            let behind = order.get(place + 1..).unwrap_or_default();
            let action = match holds_another_class(found, behind, plan) {
                true => Action::Redacted,
                false => action,
            };
            out.push_str(&replacement(found, action, plan, &mut keys));
            structured |= found.is_structured;
        }
        from = from.max(found.span.end);
    }
    if from == 0 {
        return Text::Same;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Text::Changed {
        text: out,
        structured,
    }
}

/// Whether what is replaced holds a secret of another class too: a handle would open to both.
fn holds_another_class(found: &Found, behind: &[(&Found, Action)], plan: &Plan<'_>) -> bool {
    let class = |found: &Found| &plan.rules.rule(found.rule).class;
    behind
        .iter()
        .take_while(|(other, _)| other.span.start < found.span.end)
        .any(|(other, _)| class(other) != class(found))
}

fn replacement(found: &Found, action: Action, plan: &Plan<'_>, keys: &mut Keys) -> String {
    let rule = plan.rules.rule(found.rule);
    let sealing = plan.sealing.filter(|_| action == Action::Tokenized);
    match (found.form, sealing) {
        (Form::Key | Form::KnownKey, _) => keys.next(found.rule, &rule.id),
        (Form::Scalar | Form::KnownScalar, _) => format!("\"{}\"", placeholder(&rule.id)),
        (Form::InnerScalar | Form::KnownInnerScalar, _) => "null".to_owned(),
        (Form::Text | Form::Encoded, Some(sealing)) => {
            sealing.seal(&rule.id, &rule.class, &found.value)
        }
        (Form::Text | Form::Encoded | Form::Known | Form::Fixed, _) => placeholder(&rule.id),
    }
}

/// Placeholders in keys, all of them different.
struct Keys {
    taken: HashSet<String>,
    last: HashMap<RuleId, usize>,
}

impl Keys {
    fn next(&mut self, rule: RuleId, id: &str) -> String {
        let last = self.last.entry(rule).or_default();
        loop {
            *last += 1;
            let key = numbered(id, *last);
            if !self.taken.contains(&key) {
                return key;
            }
        }
    }
}
