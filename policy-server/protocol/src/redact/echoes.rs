//! Copies of secrets elsewhere in the same message: what is known only by its neighbours in one
//! place must not stand by itself in another.

use std::ops::Range;

use super::anchors::{Anchor, Anchors, Case};
use super::look::{Form, Found};
use super::plan::Literal;
use super::rules::MARKED;
use super::{Rules, placeholder};

/// Most values that are looked for.
const ECHOES_MAX: usize = 256;
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
            if is_worth(found) && is_new() {
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
            if !placeholder::holds(text, &span) && !is_inside_number(text, &span) {
                found.push(Found::text(span, literal.rule, &literal.value));
            }
            Some(end)
        });
    }
}

/// Whether a number is only a part of a longer one.
fn is_inside_number(text: &str, span: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let edges = is_digit(Some(span.start)) && is_digit(span.end.checked_sub(1));
    edges && (is_digit(span.start.checked_sub(1)) || is_digit(Some(span.end)))
}

fn anchor(literal: &Literal) -> Anchor<'_> {
    Anchor {
        text: &literal.value,
        case: Case::Exact,
    }
}

fn is_worth(found: &Found) -> bool {
    let value = found.value.as_str();
    let by_neighbours = match found.form {
        Form::Text => !found.rule.is_format(),
        Form::Scalar | Form::InnerScalar => true,
        _ => false,
    };
    let is_marked = found.rule == MARKED;
    value.len() >= ECHO_BYTES_MIN && by_neighbours && (is_marked || is_distinct(value))
}

/// Whether a value is unlike ordinary words: digits among letters, a long number, or capitals in the
/// middle of what is no name in camel case.
fn is_distinct(value: &str) -> bool {
    let bytes = value.as_bytes();
    let has = |kind: fn(&u8) -> bool| bytes.iter().any(kind);
    let capitals = bytes.windows(3).filter(|three| match three {
        [a, b, c] => a.is_ascii_lowercase() && b.is_ascii_uppercase() && c.is_ascii_uppercase(),
        _ => false,
    });
    let is_number = bytes.iter().all(u8::is_ascii_digit);
    has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) || is_number || capitals.count() > 1
}
