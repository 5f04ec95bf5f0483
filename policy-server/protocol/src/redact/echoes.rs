//! Copies of secrets elsewhere in the same message: what is known only by its neighbours in one
//! place must not stand by itself in another.
//!
//! Values that begin alike are one group, and a group is asked by length, so that no text makes many
//! comparisons at one place.

use std::collections::HashMap;
use std::ops::Range;

use super::anchors::{Anchor, Anchors, Case};
use super::look::{Form, Found};
use super::rules::MARKED;
use super::{RuleId, Rules, placeholder};

/// Most values that are looked for.
const ECHOES_MAX: usize = 256;
/// Shortest and longest of them, in bytes.
const ECHO_BYTES: std::ops::RangeInclusive<usize> = 8..=256;
/// Most lengths of values that begin alike.
const LENGTHS_MAX: usize = 4;

/// Values, ready to be looked for in one pass.
#[derive(Debug)]
pub(super) struct Echoes {
    anchors: Anchors,
    groups: Vec<Group>,
}

/// Values that begin alike.
#[derive(Debug, Default)]
struct Group {
    /// Their lengths, each once.
    lengths: Vec<usize>,
    values: HashMap<String, RuleId>,
}

impl Echoes {
    /// The values among findings that are worth looking for: found by their neighbours, and unlike
    /// ordinary words. `None` when there are none.
    pub(super) fn of(found: &[Found]) -> Option<Self> {
        let mut groups: HashMap<&str, Group> = HashMap::new();
        let mut count = 0;
        for found in found.iter().filter(|found| is_worth(found)) {
            let value = found.value.as_str();
            let group = groups.entry(beginning(value)).or_default();
            let is_new_length = !group.lengths.contains(&value.len());
            if is_new_length && group.lengths.len() == LENGTHS_MAX {
                continue;
            }
            if group.values.insert(value.to_owned(), found.rule).is_none() {
                count += 1;
            }
            if is_new_length {
                group.lengths.push(value.len());
            }
            if count == ECHOES_MAX {
                break;
            }
        }
        if groups.is_empty() {
            return None;
        }
        let exact = |text| Anchor {
            text,
            case: Case::Exact,
        };
        let anchors: Vec<Anchor<'_>> = groups.keys().map(|text| exact(*text)).collect();
        Some(Self {
            anchors: Anchors::new(&anchors),
            groups: groups.into_values().collect(),
        })
    }

    /// A pointer without any of them.
    pub(super) fn hidden_in(&self, pointer: &str, rules: &Rules) -> String {
        let values = self.groups.iter().flat_map(|group| &group.values);
        values.fold(pointer.to_owned(), |pointer, (value, rule)| {
            let placeholder = placeholder::placeholder(&rules.rule(*rule).id);
            pointer.replace(value, &placeholder)
        })
    }

    /// All of them in a text.
    pub(super) fn find(&self, text: &str, found: &mut Vec<Found>) {
        self.anchors.scan(text.as_bytes(), |at, number| {
            if is_inside_word(text, at) {
                return None;
            }
            let group = self.groups.get(number)?;
            let (span, rule) = group.at(text, at)?;
            let end = span.end;
            let value = text.get(span.clone()).unwrap_or_default();
            if !placeholder::holds(text, &span) && !is_inside_number(text, &span) {
                found.push(Found::text(span, rule, value));
            }
            Some(end)
        });
    }
}

impl Group {
    fn at(&self, text: &str, at: usize) -> Option<(Range<usize>, RuleId)> {
        self.lengths.iter().find_map(|length| {
            let span = at..at + length;
            let rule = self.values.get(text.get(span.clone())?)?;
            Some((span, *rule))
        })
    }
}

/// The first bytes of a value, whole characters.
fn beginning(value: &str) -> &str {
    let end = value.floor_char_boundary(*ECHO_BYTES.start());
    value.get(..end).unwrap_or_default()
}

/// Whether a letter or digit stands right before a place that begins with one.
fn is_inside_word(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let is_word = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_alphanumeric)
    };
    is_word(Some(at)) && is_word(at.checked_sub(1))
}

/// Whether a number goes on behind what was found.
fn is_inside_number(text: &str, span: &Range<usize>) -> bool {
    let is_digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    span.end.checked_sub(1).is_some_and(is_digit) && is_digit(span.end)
}

fn is_worth(found: &Found) -> bool {
    let value = found.value.as_str();
    let by_neighbours = match found.form {
        Form::Text => !found.rule.is_format(),
        Form::Scalar | Form::InnerScalar => true,
        _ => false,
    };
    let is_unlike = found.rule == MARKED || is_distinct(value);
    ECHO_BYTES.contains(&value.len()) && by_neighbours && is_unlike
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
