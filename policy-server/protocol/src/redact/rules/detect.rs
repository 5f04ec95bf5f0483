//! What the rules make of a text, a key, and the string under a key.

use std::ops::Range;

use super::own::normal;
use super::table::{CONTEXTUAL_AT, ENCODED, PERSONAL_AT, id_at};
use super::{KeyRule, RuleId, Rules, Target};
use crate::redact::context::{Finding, Pace};
use crate::redact::format::FORMATS;
use crate::redact::innocent::is_innocent;
use crate::redact::{keys, personal, placeholder};

/// Shortest word near which a secret is looked for, in bytes.
const WORD_BYTES_MIN: usize = 3;

impl Rules {
    /// Calls `found` with what the anchors lead to in a plain text.
    pub(in crate::redact) fn scan(&self, text: &str, found: &mut dyn FnMut(Range<usize>, RuleId)) {
        let mut words = Pace::new(text);
        let mut mentions = None;
        self.anchors.scan(text.as_bytes(), |at, anchor| {
            let (span, rule) = match *self.targets.get(anchor)? {
                Target::Format(place) => {
                    let span = FORMATS.get(place)?.check(text, at)?;
                    (span, id_at(place))
                }
                Target::Own(place) => {
                    let format = self.own.get(place)?;
                    (format.check(text, at)?, format.rule)
                }
                Target::Word(word) => {
                    // The name of a rule is no name of what stands behind its placeholder.
                    if *mentions.get_or_insert_with(|| placeholder::mentions(text))
                        && placeholder::holds(text, &(at..at + WORD_BYTES_MIN))
                    {
                        return None;
                    }
                    words.word(at, word, &mut |span, what| found(span, rule_of(what)));
                    return None;
                }
            };
            let end = span.end;
            found(span, rule);
            Some(end)
        });
        words.close(&mut |span, what| found(span, rule_of(what)));
        for which in &self.personal {
            let rule = id_at(PERSONAL_AT + which);
            personal::find(*which, text, &mut |span| found(span, rule));
        }
    }

    /// The rule that a key calls for.
    pub(in crate::redact) fn key(&self, key: &str) -> Option<KeyRule> {
        if !self.keys.is_empty() || !self.allowed_keys.is_empty() {
            let key = normal(key);
            if self.allowed_keys.contains(&key) {
                return None;
            }
            if let Some(rule) = self.keys.get(&key) {
                return Some(KeyRule::Own(*rule));
            }
        }
        keys::rule_of_key(key).map(KeyRule::BuiltIn)
    }

    /// The secret in the string under a key that calls for a rule.
    pub(in crate::redact) fn under(
        &self,
        key: KeyRule,
        value: &str,
    ) -> Option<(Range<usize>, RuleId)> {
        match key {
            KeyRule::Own(rule) => (!value.is_empty()).then_some((0..value.len(), rule)),
            KeyRule::BuiltIn(rule) => {
                let span = keys::secret_in(rule, value)?;
                Some((span, id_at(CONTEXTUAL_AT + rule)))
            }
        }
    }

    /// Whether a value is no secret after all.
    pub(in crate::redact) fn is_allowed(&self, value: &str) -> bool {
        self.allowed_values.contains(value) || is_innocent(value)
    }
}

fn rule_of(what: Finding) -> RuleId {
    match what {
        Finding::Secret(rule) => id_at(CONTEXTUAL_AT + rule),
        Finding::Dense => ENCODED,
    }
}
