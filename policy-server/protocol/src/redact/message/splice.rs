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
    for (found, action) in order {
        if !matches!(action, Action::Redacted | Action::Tokenized) {
            continue;
        }
        if found.span.start >= from {
            out.push_str(text.get(from..found.span.start).unwrap_or_default());
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

fn replacement(found: &Found, action: Action, plan: &Plan<'_>, keys: &mut Keys) -> String {
    let rule = plan.rules.rule(found.rule);
    let sealing = plan.sealing.filter(|_| action == Action::Tokenized);
    match (found.form, sealing) {
        (Form::Key, _) => keys.next(found.rule, &rule.id),
        (Form::Scalar, _) => format!("\"{}\"", placeholder(&rule.id)),
        (Form::InnerScalar, _) => "null".to_owned(),
        (Form::Text | Form::Encoded, Some(sealing)) => {
            sealing.seal(&rule.id, &rule.class, &found.value)
        }
        (Form::Text | Form::Encoded | Form::Known, _) => placeholder(&rule.id),
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
