//! Copies of secrets elsewhere in the same message: what is known only by its neighbours in one
//! place must not stand by itself in another.

use super::anchors::{Anchor, Anchors, Case};
use super::look::{Form, Found};
use super::plan::Literal;
use super::{Rules, placeholder};

/// Most values that are looked for.
const ECHOES_MAX: usize = 16;
/// Shortest of them, in bytes.
const ECHO_BYTES_MIN: usize = 8;

/// Values, ready to be looked for in one pass.
#[derive(Debug)]
pub(super) struct Echoes {
    anchors: Anchors,
    values: Vec<Literal>,
}

impl Echoes {
    /// The values among findings that are worth looking for: found by their neighbours, and unlike
    /// ordinary words. `None` when there are none.
    pub(super) fn of(found: &[Found]) -> Option<Self> {
        let mut values: Vec<Literal> = Vec::new();
        for found in found {
            let is_new = || values.iter().all(|known| known.value != found.value);
            let is_context = found.form == Form::Text && !found.rule.is_format();
            if is_context && is_distinct(&found.value) && is_new() {
                values.push(Literal {
                    value: found.value.clone(),
                    rule: found.rule,
                });
            }
            if values.len() == ECHOES_MAX {
                break;
            }
        }
        if values.is_empty() {
            return None;
        }
        let anchors = Anchors::new(&values.iter().map(anchor).collect::<Vec<_>>());
        Some(Self { anchors, values })
    }

    /// A pointer without any of them.
    pub(super) fn hidden_in(&self, pointer: &str, rules: &Rules) -> String {
        let hide = |pointer: String, literal: &Literal| {
            let placeholder = placeholder::placeholder(&rules.rule(literal.rule).id);
            pointer.replace(&literal.value, &placeholder)
        };
        self.values.iter().fold(pointer.to_owned(), hide)
    }

    /// All of them in a text.
    pub(super) fn find(&self, text: &str, found: &mut Vec<Found>) {
        self.anchors.scan(text.as_bytes(), |at, number| {
            let literal = self.values.get(number)?;
            let span = at..at + literal.value.len();
            let end = span.end;
            if !placeholder::holds(text, &span) {
                found.push(Found::text(span, literal.rule, &literal.value));
            }
            Some(end)
        });
    }
}

fn anchor(literal: &Literal) -> Anchor<'_> {
    Anchor {
        text: &literal.value,
        case: Case::Exact,
    }
}

fn is_distinct(value: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| value.as_bytes().iter().any(kind);
    value.len() >= ECHO_BYTES_MIN && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}
