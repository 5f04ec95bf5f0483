//! What a string tells of the one beside it: a name of its value, an option of its argument.

use super::raw::string_at;
use super::{Step, Walk};
use crate::redact::positions::Place;
use crate::redact::rules::KeyRule;

/// Longest string that can be the name of what its sibling holds, in bytes.
const LABEL_BYTES_MAX: usize = 128;
/// Longest option, in bytes.
const OPTION_BYTES_MAX: usize = 64;

/// The last strings that may tell what the next one is: `{"name": "X-Api-Key", "value": "…"}`.
#[derive(Default)]
pub(super) struct Siblings {
    label: Option<KeyRule>,
    value: Option<(usize, usize)>,
}

impl Walk<'_, '_> {
    /// What an element tells of the next one: `["--password", "…"]`, `["Authorization", "…"]`.
    pub(super) fn option(&self, begin: usize) -> Option<KeyRule> {
        let text = self.text.get(begin..self.at)?;
        let text = text.strip_prefix('"')?.strip_suffix('"')?;
        let is_short = text.len() <= OPTION_BYTES_MAX;
        let name = text.strip_prefix("--").or_else(|| {
            let is_header = text.contains('-') || text.eq_ignore_ascii_case("authorization");
            is_header.then_some(text)
        });
        let name = name.filter(|_| is_short)?;
        self.search.rules.key(name)
    }

    /// Remembers a member that tells what its sibling is, or that is told of.
    pub(super) fn sibling(&self, name: &str, child: Place, siblings: &mut Siblings) {
        if matches!(child, Place::Skipped | Place::Unscanned(_)) {
            return;
        }
        match name {
            "name" | "key" | "header" | "variable" | "env" | "param" | "Name" | "Key"
                if self.peek() == Some(b'"') =>
            {
                let (label, _) = string_at(self.text, self.at);
                if label.text.len() <= LABEL_BYTES_MAX {
                    siblings.label = self.search.rules.key(&label.decoded());
                }
            }
            "value" | "Value" | "val" if self.peek() == Some(b'"') => {
                siblings.value = Some((self.at, self.found.len()));
            }
            _ => {}
        }
    }

    /// Looks at the value of a pair whose label calls for a rule.
    pub(super) fn pair(&mut self, siblings: &Siblings, place: Place) {
        let (Some(rule), Some((at, found))) = (siblings.label, siblings.value) else {
            return;
        };
        let (raw, end) = string_at(self.text, at);
        let behind = self.found.iter().skip(found);
        if behind.take(1).any(|found| found.span.start < end) {
            return;
        }
        self.path.push(Step::Key("value"));
        let value = raw.decoded();
        let mut inside = Vec::new();
        self.under_key(rule, &value, &mut inside);
        self.keep(raw, place, inside);
        self.path.pop();
    }
}
