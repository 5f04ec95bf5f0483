//! What can hardly be meant in rules that compile: doors left open, twins, prefixes that chance
//! makes.

use std::collections::BTreeMap;

use portcullis_protocol::redact::{Mode, RawRule, RawRules, built_in};

use super::cost::chance;
use super::place::Places;
use crate::policies::{Code, Place, Problem, Severity};

/// From how many chance findings in a gigabyte of base64 on a prefix is warned of.
const FINDINGS_WARNED: f64 = 1.0;

/// Warnings and advice about rules that compile, with places in `file`, sorted.
#[must_use]
pub fn advice(file: &str, text: &str, raw: &RawRules) -> Vec<Problem> {
    let mut found = Advice {
        file,
        text,
        places: Places::of(text),
        list: Vec::new(),
    };
    found.modes(raw);
    found.uses(raw);
    found.twins(raw);
    for rule in &raw.rules {
        found.rule(rule);
    }
    found.list.sort();
    found.list
}

struct Advice<'a> {
    file: &'a str,
    text: &'a str,
    places: Places<'a>,
    list: Vec<Problem>,
}

impl Advice<'_> {
    fn say(&mut self, severity: Severity, bytes: Option<std::ops::Range<usize>>, message: &str) {
        self.list.push(Problem {
            severity,
            place: bytes.map(|bytes| Place::span(self.text, bytes)),
            ..Problem::new(Code::Redaction, self.file, message)
        });
    }

    fn warn(&mut self, path: &str, message: &str) {
        self.say(Severity::Warning, self.places.value(path), message);
    }

    fn about(&mut self, severity: Severity, rule: &RawRule, field: &str, message: &str) {
        let bytes = self.places.in_rule(&rule.id, field, message);
        self.say(severity, bytes, &format!("rule `{}`: {message}", rule.id));
    }

    /// Modes that let secrets through.
    fn modes(&mut self, raw: &RawRules) {
        if raw.mode == Mode::Detect {
            let message = "secrets are reported and go through, unless their class says otherwise";
            self.warn("mode", message);
        }
        for (class, _) in raw
            .classes
            .iter()
            .filter(|(_, mode)| **mode == Mode::Detect)
        {
            let message = format!("findings of {class} are reported and go through");
            let bytes = self.places.value(&format!("classes.{class}"));
            self.say(Severity::Advice, bytes, &message);
        }
    }

    /// Uses for handles that are never made.
    fn uses(&mut self, raw: &RawRules) {
        for (index, one) in raw.uses.iter().enumerate() {
            let mode = raw.classes.get(&one.class).copied().unwrap_or(raw.mode);
            if mode != Mode::Tokenize {
                let class = &one.class;
                let message = format!(
                    "no handle of {class} is ever made; write `\"{class}\" = \"tokenize\"` below `[classes]`"
                );
                self.warn(&format!("use[{index}].class"), &message);
            }
        }
    }

    /// Two own rules that look for the same: the first is named.
    fn twins(&mut self, raw: &RawRules) {
        let mut first: BTreeMap<&str, &RawRule> = BTreeMap::new();
        for rule in &raw.rules {
            for prefix in &rule.prefixes {
                if let Some(other) = first.get(prefix.as_str()) {
                    let message = format!("the rule `{}` looks for \"{prefix}\" too", other.id);
                    self.about(Severity::Advice, rule, "prefixes", &message);
                }
                first.entry(prefix).or_insert(rule);
            }
        }
    }

    fn rule(&mut self, rule: &RawRule) {
        for prefix in &rule.prefixes {
            self.prefix(rule, prefix);
        }
        if !rule.prefixes.is_empty() && rule.examples.is_empty() {
            let message = "no `examples` show what it is to find";
            self.about(Severity::Advice, rule, "id", message);
        }
    }

    fn prefix(&mut self, rule: &RawRule, prefix: &str) {
        let begins = |known: &&str| known.starts_with(prefix) || prefix.starts_with(known);
        let overlapping = built_in()
            .into_iter()
            .find_map(|known| Some((known.id, *known.prefixes.iter().find(|p| begins(p))?)));
        if let Some((id, known)) = overlapping {
            let message = format!(
                "\"{prefix}\" meets \"{known}\" of the built-in rule `{id}`: the longest prefix is tried first"
            );
            self.about(Severity::Advice, rule, "prefixes", &message);
        }
        let findings = chance(rule, prefix).findings;
        if findings >= FINDINGS_WARNED {
            let message = format!(
                "chance makes up to {findings:.0} findings of \"{prefix}\" in a gigabyte of base64; \
                 a longer prefix, a narrower `alphabet` or a higher `min` makes fewer"
            );
            self.about(Severity::Warning, rule, "prefixes", &message);
        } else if prefix.bytes().all(|b| b.is_ascii_lowercase()) {
            let message = format!(
                "\"{prefix}\" can begin an ordinary word; \
                 is there a `_` or `-` behind it that could be part of it?"
            );
            self.about(Severity::Advice, rule, "prefixes", &message);
        }
    }
}
