//! What was found, for people or programs: place, rule, class, length and mark, never a value.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use portcullis_protocol::redact::{Action, Fact, Mode, Outcome, RawRules, Reason, Text, Unscanned};
use serde::Serialize;
use serde_json::{Value, json};

use super::replace::Replaced;
use super::text::Cleaned;
use crate::cli::render::visible;
use crate::quiet::quiet;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A line for people each.
    Words,
    /// A JSON object a line.
    Json,
}

/// How it went so far.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// Lines that were read.
    pub(super) lines: u64,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Lines that came out otherwise than they went in.
    pub(super) changed: u64,
    /// Lines that could not be looked at.
    pub(super) refused: u64,
    /// Messages that are blocked.
    pub(super) blocked: u64,
    /// Everything that was found, told of or not.
    pub(super) found: u64,
    /// Findings by rule, as far as they are told of.
    rules: BTreeMap<String, u64>,
    /// Findings that are not told of one by one.
    more: u64,
    /// What was not looked at, by reason.
    unscanned: BTreeMap<&'static str, u64>,
    /// How long it took.
    pub(super) took: Duration,
}

/// Where a report goes.
pub(super) struct Report {
    out: Box<dyn Write>,
    form: Form,
}

/// One finding of a line.
#[derive(Serialize)]
struct Finding<'a> {
    line: u64,
    #[serde(flatten)]
    fact: &'a Fact,
}

impl Report {
    pub(super) const fn new(out: Box<dyn Write>, form: Form) -> Self {
        Self { out, form }
    }

    /// Tells of the last line that was counted.
    pub(super) fn message(&mut self, totals: &mut Totals, done: &Replaced<'_>) -> io::Result<()> {
        let line = totals.lines;
        let outcome = match done {
            Replaced::Refused(_, why) => {
                totals.refused += 1;
                return self.refused(line, why, "; `--text` is for plain text");
            }
            Replaced::Passed(_, outcome) => outcome,
            Replaced::Blocked(_, outcome) => {
                totals.blocked += 1;
                self.line(
                    &format!("line {line}: blocked"),
                    &json!({ "line": line, "blocked": true }),
                )?;
                outcome
            }
        };
        totals.add(outcome);
        for fact in &outcome.facts {
            self.fact(line, fact)?;
        }
        if outcome.more > 0 {
            self.line(
                &format!("line {line}: and {} more", outcome.more),
                &json!({ "line": line, "more": outcome.more }),
            )?;
        }
        outcome
            .unscanned
            .iter()
            .try_for_each(|unscanned| self.unscanned(line, unscanned))
    }

    /// Tells of some lines of plain text.
    pub(super) fn text(
        &mut self,
        totals: &mut Totals,
        done: &Result<Cleaned, String>,
    ) -> io::Result<()> {
        let cleaned = match done {
            Ok(cleaned) => cleaned,
            Err(why) => {
                totals.refused += 1;
                return self.refused(totals.lines, why, "");
            }
        };
        let line = cleaned.line;
        totals.changed += u64::from(cleaned.changed);
        totals.found += cleaned.rules.len() as u64;
        if cleaned.changed && cleaned.rules.is_empty() {
            totals.found += 1;
            self.line(
                &format!("line {line}: a number: redacted"),
                &json!({ "line": line, "action": Action::Redacted }),
            )?;
        }
        for rule in &cleaned.rules {
            *totals.rules.entry(rule.clone()).or_default() += 1;
            self.line(
                &format!("line {line}: {rule}: redacted"),
                &json!({ "line": line, "rule": rule, "action": Action::Redacted }),
            )?;
        }
        Ok(())
    }

    fn fact(&mut self, line: u64, fact: &Fact) -> io::Result<()> {
        let words = format!(
            "line {line}: {} ({}) at {}, {} bytes: {}",
            fact.rule,
            fact.class,
            place(&fact.pointer),
            fact.bytes,
            action(fact.action)
        );
        let json = serde_json::to_value(Finding { line, fact }).unwrap_or_default();
        self.line(&words, &json)
    }

    fn unscanned(&mut self, line: u64, unscanned: &Unscanned) -> io::Result<()> {
        let words = format!(
            "line {line}: not scanned: {} at {}, {} bytes",
            reason(unscanned.reason),
            place(&unscanned.pointer),
            unscanned.bytes
        );
        self.line(&words, &json!({ "line": line, "unscanned": unscanned }))
    }

    fn refused(&mut self, line: u64, why: &str, hint: &str) -> io::Result<()> {
        self.line(
            &format!("line {line}: not passed on: {why}{hint}"),
            &json!({ "line": line, "refused": why }),
        )
    }

    fn line(&mut self, words: &str, json: &Value) -> io::Result<()> {
        match self.form {
            Form::Words => writeln!(self.out, "{}", quiet(words)),
            Form::Json => writeln!(self.out, "{json}"),
        }
    }

    /// Sums it up: in a JSON report as its last line, and for people in any case.
    pub(super) fn close(mut self, totals: &Totals, rules: &RawRules) -> io::Result<()> {
        if self.form == Form::Json {
            writeln!(self.out, "{}", json!({ "summary": totals.json() }))?;
        }
        self.out.flush()?;
        let mut people = io::stderr();
        for line in totals.words() {
            writeln!(people, "{}", quiet(&line))?;
        }
        let modes = rules.classes.values().chain([&rules.mode]);
        if modes.into_iter().any(|mode| *mode == Mode::Tokenize) {
            writeln!(
                people,
                "note: handles are made only by the gateway; where the mode is tokenize, \
                 placeholders stand here"
            )?;
        }
        Ok(())
    }
}

impl Totals {
    fn add(&mut self, outcome: &Outcome) {
        self.changed += u64::from(matches!(outcome.text, Text::Changed { .. }));
        self.found += outcome.facts.len() as u64 + outcome.more;
        self.more += outcome.more;
        for fact in &outcome.facts {
            *self.rules.entry(fact.rule.to_string()).or_default() += 1;
        }
        for one in &outcome.unscanned {
            *self.unscanned.entry(reason(one.reason)).or_default() += 1;
        }
    }

    /// Millions of bytes a second.
    fn speed(&self) -> f64 {
        // Exact to 2^53 bytes.
        let bytes = self.bytes as f64;
        bytes / 1e6 / self.took.as_secs_f64().max(1e-9)
    }

    fn json(&self) -> Value {
        json!({
            "lines": self.lines,
            "bytes": self.bytes,
            "changed": self.changed,
            "blocked": self.blocked,
            "refused": self.refused,
            "found": self.found,
            "rules": self.rules,
            "unscanned": self.unscanned,
            "seconds": self.took.as_secs_f64(),
        })
    }

    fn words(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{} read, {} changed, {} blocked, {} not passed on, {} found; {:.3} s, {:.1} MB/s",
            self.lines,
            self.changed,
            self.blocked,
            self.refused,
            self.found,
            self.took.as_secs_f64(),
            self.speed()
        )];
        let rules = self.rules.iter();
        lines.extend(rules.map(|(rule, count)| format!("  {rule}: {count}")));
        if self.more > 0 {
            lines.push(format!("  not told of one by one: {}", self.more));
        }
        let unscanned = self.unscanned.iter();
        lines.extend(unscanned.map(|(reason, count)| format!("  not scanned, {reason}: {count}")));
        lines
    }
}

/// A pointer for people; keys of messages move no cursor.
fn place(pointer: &str) -> String {
    match pointer {
        "" => "the whole message".to_owned(),
        pointer => visible(pointer),
    }
}

const fn action(action: Action) -> &'static str {
    match action {
        Action::Redacted => "redacted",
        Action::Tokenized => "tokenized",
        Action::Blocked => "blocked",
        Action::Detected => "reported only",
        Action::Revealed => "revealed",
        Action::Restored => "restored",
    }
}

const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Media => "media",
        Reason::Blob => "blob",
        Reason::State => "state",
    }
}
