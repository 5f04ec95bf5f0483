//! Changes of outcome, put together by what they have in common, worst first.
//!
//! Deliberately absent: where the requests come from.

use std::collections::BTreeMap;

use portcullis_core::decision::Outcome;
use serde::Serialize;
use serde_json::Value;

use crate::cli::say;

/// Most kinds of change that are told apart.
const KINDS_MAX: usize = 1_000;

/// What makes the command fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum FailOn {
    /// What was denied, or needed an approval, is allowed
    DenyToAllow,
    /// Any other outcome
    Any,
    /// Nothing
    None,
}

/// What changes of one kind have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Kind {
    #[serde(skip)]
    rank: u8,
    pub(super) from: Outcome,
    pub(super) to: Outcome,
    pub(super) method: String,
    /// What it is about: the server, and what of it.
    pub(super) about: String,
    /// The policies that determined the outcome then.
    pub(super) before: Vec<String>,
    /// Those that determine it now.
    pub(super) after: Vec<String>,
}

/// Changes of one kind.
#[derive(Debug, Serialize)]
struct Group {
    #[serde(flatten)]
    kind: Kind,
    count: usize,
    /// The shortest few, shortest first.
    examples: Vec<Value>,
}

/// One request that changes.
pub(super) struct Change {
    pub(super) from: Outcome,
    pub(super) to: Outcome,
    pub(super) method: String,
    pub(super) about: String,
    pub(super) before: Vec<String>,
    pub(super) after: Vec<String>,
    pub(super) example: Value,
}

/// All changes.
#[derive(Debug)]
pub(super) struct Changes {
    groups: BTreeMap<Kind, Vec<(usize, String, Value)>>,
    counts: BTreeMap<Kind, usize>,
    examples_max: usize,
    /// How many requests changed.
    pub(super) count: usize,
    /// How many of them are allowed now and were not before.
    pub(super) widened: usize,
}

/// How bad it is, worst first.
const fn rank(from: Outcome, to: Outcome) -> u8 {
    match (from, to) {
        (Outcome::Deny, Outcome::Allow) => 0,
        (Outcome::Approve, Outcome::Allow) => 1,
        (Outcome::Deny, Outcome::Approve) => 2,
        _ => 3,
    }
}

impl Changes {
    pub(super) const fn new(examples_max: usize) -> Self {
        Self {
            groups: BTreeMap::new(),
            counts: BTreeMap::new(),
            examples_max,
            count: 0,
            widened: 0,
        }
    }

    pub(super) fn add(&mut self, change: Change) {
        let rank = rank(change.from, change.to);
        self.count += 1;
        self.widened += usize::from(rank < 2);
        let kind = Kind {
            rank,
            from: change.from,
            to: change.to,
            method: change.method,
            about: change.about,
            before: change.before,
            after: change.after,
        };
        if self.counts.len() >= KINDS_MAX && !self.counts.contains_key(&kind) {
            return;
        }
        *self.counts.entry(kind.clone()).or_default() += 1;
        let text = change.example.to_string();
        let examples = self.groups.entry(kind).or_default();
        let example = (text.len(), text, change.example);
        let before = |other: &(usize, String, Value)| {
            (other.0, other.1.as_str()) <= (example.0, example.1.as_str())
        };
        let at = examples.partition_point(before);
        examples.insert(at, example);
        examples.truncate(self.examples_max);
    }

    /// Whether this is more than the caller wants.
    pub(super) const fn fails(&self, on: FailOn) -> bool {
        match on {
            FailOn::DenyToAllow => self.widened > 0,
            FailOn::Any => self.count > 0,
            FailOn::None => false,
        }
    }

    fn groups(self) -> impl Iterator<Item = Group> {
        let counts = self.counts;
        self.groups.into_iter().map(move |(kind, examples)| Group {
            count: counts.get(&kind).copied().unwrap_or_default(),
            kind,
            examples: examples.into_iter().map(|(.., example)| example).collect(),
        })
    }

    /// As JSON, worst first.
    pub(super) fn json(self) -> Vec<Value> {
        let value = |group| serde_json::to_value(group).unwrap_or_default();
        self.groups().map(value).collect()
    }

    /// As lines for people, worst first.
    pub(super) fn print(self) {
        let told = self.counts.values().sum::<usize>();
        let beyond = self.count - told;
        for group in self.groups() {
            let kind = &group.kind;
            say(&format!(
                "{} -> {}  {}x  {} {}",
                kind.from.as_str(),
                kind.to.as_str(),
                group.count,
                kind.method,
                kind.about
            ));
            say(&format!(
                "    before: {}   after: {}",
                names(&kind.before),
                names(&kind.after)
            ));
            for example in &group.examples {
                say(&format!("    {example}"));
            }
        }
        if beyond > 0 {
            say(&format!("and {beyond} changes of more kinds"));
        }
    }
}

fn names(ids: &[String]) -> String {
    match ids {
        [] => "no policy".to_owned(),
        ids => ids.join(", "),
    }
}
