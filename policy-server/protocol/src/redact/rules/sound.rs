//! What rules must hold before they are compiled: names, lengths, bounds, classes that exist.
//!
//! A message names the field it is about in backticks first, so that a reader of the file can show
//! the place. Deliberately absent: whether examples match, which the engine says.

use std::collections::BTreeSet;

use super::RulesError;
use super::own::normal;
use super::table::BuiltIn;
use crate::limits::{
    ALLOWED_MAX, HANDLE_SECONDS_MAX, HANDLE_SECONDS_MIN, OWN_RULES_MAX, PREFIX_BYTES_MAX,
    PREFIX_BYTES_MIN, RULE_PARTS_MAX, TAIL_MAX, TAIL_MIN, USES_MAX,
};
use crate::redact::{RawRule, RawRules, RawUse};

/// Longest name of a rule, in bytes.
const ID_BYTES_MAX: usize = 40;

/// Longest JSON pointer of a use, in bytes.
const POINTER_BYTES_MAX: usize = 512;

/// All that is wrong with rules in themselves, beside these built-in ones.
pub(super) fn faults(raw: &RawRules, built_in: &[BuiltIn]) -> Vec<RulesError> {
    let mut found = Faults::default();
    if raw.rules.len() > OWN_RULES_MAX {
        found.file(format!("`rule`: at most {OWN_RULES_MAX} own rules"));
    }
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for rule in &raw.rules {
        found.rule = Some(&rule.id);
        found.id(rule, built_in);
        if !ids.insert(&rule.id) {
            found.add("`id`: another rule has this name; give each its own");
        }
        found.shape(rule);
        found.prefixes(rule);
        found.keys("`keys`", &rule.keys);
        found.samples(rule);
    }
    found.rule = None;
    found.classes(raw, built_in);
    found.allowed(raw);
    found.handles(raw);
    found.list
}

/// Whether a text is a JSON pointer (RFC 6901) to something below the whole.
fn is_pointer(text: &str) -> bool {
    let escaped = |step: &str| {
        let mut parts = step.split('~');
        parts.next();
        parts.all(|part| part.starts_with(['0', '1']))
    };
    text.len() <= POINTER_BYTES_MAX && text.starts_with('/') && text.split('/').all(escaped)
}

/// What was found so far, and the rule that is being looked at.
#[derive(Default)]
struct Faults<'a> {
    rule: Option<&'a str>,
    list: Vec<RulesError>,
}

impl Faults<'_> {
    fn add(&mut self, message: impl Into<String>) {
        self.list.push(RulesError {
            rule: self.rule.map(str::to_owned),
            message: message.into(),
        });
    }

    fn file(&mut self, message: String) {
        self.list.push(RulesError {
            rule: None,
            message,
        });
    }

    fn id(&mut self, rule: &RawRule, built_in: &[BuiltIn]) {
        let id = &rule.id;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let begins = id.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins || id.len() > ID_BYTES_MAX || !id.bytes().all(plain) {
            self.add(format!(
                "`id`: a name is `[a-z][a-z0-9-]*` of at most {ID_BYTES_MAX} bytes"
            ));
        } else if built_in.iter().any(|known| known.id == id) {
            self.add("`id`: a built-in rule has this name; choose another, and see all with `portcullis redact check --list`");
        }
    }

    /// What a rule is made of.
    fn shape(&mut self, rule: &RawRule) {
        if rule.prefixes.is_empty() && rule.keys.is_empty() {
            self.add("`id`: the rule looks for nothing; give it `prefixes` or `keys`");
        }
        let parts = [
            ("prefixes", rule.prefixes.len()),
            ("keys", rule.keys.len()),
            ("examples", rule.examples.len()),
            ("counterexamples", rule.counterexamples.len()),
        ];
        for (field, count) in parts {
            if count > RULE_PARTS_MAX {
                self.add(format!("`{field}`: at most {RULE_PARTS_MAX} in one rule"));
            }
        }
        if !rule.prefixes.is_empty() {
            self.tail(rule);
            return;
        }
        let stray = [
            ("alphabet", rule.alphabet.is_some()),
            ("min", rule.min.is_some()),
            ("max", rule.max.is_some()),
        ];
        for (field, _) in stray.iter().filter(|(_, there)| *there) {
            self.add(format!(
                "`{field}`: this is about what stands behind a prefix, and the rule has no `prefixes`"
            ));
        }
    }

    /// What stands behind a prefix.
    fn tail(&mut self, rule: &RawRule) {
        if rule.alphabet.is_none() {
            self.add("`prefixes`: say with `alphabet` which characters stand behind them");
        }
        let Some(min) = rule.min else {
            self.add("`prefixes`: say with `min` how many characters stand behind them at least");
            return;
        };
        if min < TAIL_MIN {
            self.add(format!(
                "`min`: at least {TAIL_MIN}; fewer characters stand in ordinary words"
            ));
        }
        match rule.max {
            Some(max) if max > TAIL_MAX => {
                self.add(format!("`max`: at most {TAIL_MAX} characters"));
            }
            Some(max) if min > max => {
                self.add(format!("`min`: {min} is more than `max`, which is {max}"));
            }
            None if min > TAIL_MAX => self.add(format!("`min`: at most {TAIL_MAX} characters")),
            _ => {}
        }
    }

    fn prefixes(&mut self, rule: &RawRule) {
        let mut seen = BTreeSet::new();
        for prefix in &rule.prefixes {
            let shown = prefix.escape_debug();
            if prefix.len() < PREFIX_BYTES_MIN {
                self.add(format!(
                    "`prefixes`: \"{shown}\" is shorter than {PREFIX_BYTES_MIN} bytes, which stand in any text"
                ));
            } else if prefix.len() > PREFIX_BYTES_MAX {
                self.add(format!(
                    "`prefixes`: one is longer than {PREFIX_BYTES_MAX} bytes; its beginning is enough"
                ));
            } else if !prefix.bytes().all(|b| b.is_ascii_graphic()) {
                self.add(format!(
                    "`prefixes`: \"{shown}\" holds something else than visible ASCII characters"
                ));
            }
            if !seen.insert(prefix) {
                self.add(format!("`prefixes`: \"{shown}\" stands there twice"));
            }
        }
    }

    /// Names of keys: what is left of them when they are compared must tell them apart.
    fn keys(&mut self, field: &str, keys: &[String]) {
        let mut seen = BTreeSet::new();
        for key in keys {
            let (name, shown) = (normal(key), key.escape_debug());
            if name.len() < 2 || key.len() > PREFIX_BYTES_MAX {
                self.add(format!(
                    "{field}: \"{shown}\" is no name of a key: 2 to {PREFIX_BYTES_MAX} bytes without `-`, `_` and `.`"
                ));
            } else if !seen.insert(name) {
                self.add(format!(
                    "{field}: \"{shown}\" stands there twice; case, `-`, `_` and `.` do not count"
                ));
            }
        }
    }

    fn samples(&mut self, rule: &RawRule) {
        let fields = [
            ("examples", &rule.examples),
            ("counterexamples", &rule.counterexamples),
        ];
        for (field, texts) in fields {
            if texts.iter().any(|text| text.is_empty()) {
                self.add(format!("`{field}`: one of them is empty"));
            }
            if texts.iter().any(|text| text.len() > TAIL_MAX) {
                self.add(format!("`{field}`: one is longer than {TAIL_MAX} bytes"));
            }
        }
    }

    /// A class that no rule has is a slip of the pen, and would change nothing.
    fn classes(&mut self, raw: &RawRules, built_in: &[BuiltIn]) {
        let own = raw.rules.iter().map(|rule| rule.class.as_str());
        let known = built_in.iter().map(|rule| rule.class.as_str());
        let known: BTreeSet<&str> = own.chain(known).collect();
        for class in raw.classes.keys() {
            if !known.contains(class.as_str()) {
                self.file(format!("`classes.{class}`: no rule has this class"));
            }
        }
        for (index, one) in raw.uses.iter().enumerate() {
            if !known.contains(one.class.as_str()) {
                let class = &one.class;
                self.file(format!(
                    "`use[{index}].class`: no rule has the class {class}"
                ));
            }
        }
    }

    fn allowed(&mut self, raw: &RawRules) {
        let allow = &raw.allow;
        for (field, count) in [("values", allow.values.len()), ("keys", allow.keys.len())] {
            if count > ALLOWED_MAX {
                self.file(format!("`allow.{field}`: at most {ALLOWED_MAX}"));
            }
        }
        if allow.values.iter().any(String::is_empty) {
            self.file("`allow.values`: an empty value allows nothing; remove it".to_owned());
        }
        if allow.values.iter().any(|value| value.len() > TAIL_MAX) {
            self.file(format!(
                "`allow.values`: one is longer than {TAIL_MAX} bytes"
            ));
        }
        self.keys("`allow.keys`", &allow.keys);
        let allowed: BTreeSet<String> = allow.keys.iter().map(|key| normal(key)).collect();
        for rule in &raw.rules {
            if let Some(key) = rule.keys.iter().find(|key| allowed.contains(&normal(key))) {
                self.list.push(RulesError {
                    rule: Some(rule.id.clone()),
                    message: format!(
                        "`keys`: `allow.keys` says that \"{}\" holds no secret; remove one of them",
                        key.escape_debug()
                    ),
                });
            }
        }
    }

    fn handles(&mut self, raw: &RawRules) {
        let lives = HANDLE_SECONDS_MIN..=HANDLE_SECONDS_MAX;
        if raw.handles.lifetime_s.is_some_and(|s| !lives.contains(&s)) {
            self.file(format!(
                "`handles.lifetime_s`: {HANDLE_SECONDS_MIN} to {HANDLE_SECONDS_MAX} seconds"
            ));
        }
        if raw.uses.len() > USES_MAX {
            self.file(format!("`use`: at most {USES_MAX}"));
        }
        let mut seen: Vec<&RawUse> = Vec::new();
        for (index, one) in raw.uses.iter().enumerate() {
            if !is_pointer(&one.path) {
                self.file(format!(
                    "`use[{index}].path`: write a JSON pointer below the arguments, such as `/token`, \
                     of at most {POINTER_BYTES_MAX} bytes"
                ));
            }
            if seen.contains(&one) {
                self.file(format!("`use[{index}]`: it stands there twice"));
            }
            seen.push(one);
        }
    }
}

#[cfg(test)]
mod tests;
