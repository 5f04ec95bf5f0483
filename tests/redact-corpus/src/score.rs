//! What a redactor makes of many messages, counted.

use std::collections::BTreeMap;

use crate::engine::Answer;
use crate::judge::{Miss, is_exact, judge};
use crate::positive::{Case, Label};

/// Most examples that a row keeps.
const EXAMPLES: usize = 5;

/// Messages of one kind, place or class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// How many there were.
    pub all: usize,
    /// How many were done right.
    pub right: usize,
    /// What was wrong with the others.
    pub wrong: BTreeMap<Miss, usize>,
    /// Some of those: the message, and the rules and pointers of what was found in it.
    pub examples: Vec<(String, Vec<(String, String)>)>,
}

/// Everything counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Secrets by kind.
    pub kinds: BTreeMap<&'static str, Row>,
    /// Secrets by place: the part of the message, how it is written, what is around it.
    pub places: [BTreeMap<&'static str, Row>; 3],
    /// Innocent messages by class.
    pub classes: BTreeMap<&'static str, Row>,
    /// Redacted strings in which all but the secret was kept, and how many could be held against
    /// their labels.
    pub exact: (usize, usize),
}

impl Row {
    fn count(&mut self, verdict: Result<(), Miss>, case: &Case, answer: &Answer) {
        self.all += 1;
        match verdict {
            Ok(()) => self.right += 1,
            Err(miss) => {
                *self.wrong.entry(miss).or_default() += 1;
                if self.examples.len() < EXAMPLES {
                    self.examples
                        .push((case.message.clone(), answer.found.clone()));
                }
            }
        }
    }

    /// The share that was done right; 1 of nothing.
    #[must_use]
    pub fn share(&self) -> f64 {
        share(self.right, self.all)
    }
}

impl Score {
    /// All rows of secrets as one.
    #[must_use]
    pub fn secrets(&self) -> (usize, usize) {
        sum(&self.kinds)
    }

    /// All rows of innocent messages as one: those that were left alone, and all.
    #[must_use]
    pub fn innocents(&self) -> (usize, usize) {
        sum(&self.classes)
    }

    /// The share of secrets that were redacted, with everything else left as it was.
    #[must_use]
    pub fn recall(&self) -> f64 {
        let (right, all) = self.secrets();
        share(right, all)
    }

    /// The share of touched messages that held a secret.
    #[must_use]
    pub fn precision(&self) -> f64 {
        let (caught, _) = self.secrets();
        let (right, all) = self.innocents();
        share(caught, caught + all - right)
    }
}

/// Has a redactor answer to every message.
pub fn score(cases: &[Case], mut redactor: impl FnMut(&str) -> Answer) -> Score {
    let mut score = Score::default();
    for case in cases {
        let answer = redactor(&case.message);
        let verdict = judge(case, answer.text.as_deref());
        match &case.label {
            Label::Innocent { class } => {
                score
                    .classes
                    .entry(class)
                    .or_default()
                    .count(verdict, case, &answer);
            }
            Label::Secret { kind, places, .. } => {
                score
                    .kinds
                    .entry(kind)
                    .or_default()
                    .count(verdict, case, &answer);
                for (rows, place) in score.places.iter_mut().zip(places) {
                    rows.entry(place).or_default().count(verdict, case, &answer);
                }
                let text = answer.text.filter(|_| verdict.is_ok());
                if let Some(exact) = text.and_then(|text| is_exact(case, &text)) {
                    score.exact.0 += usize::from(exact);
                    score.exact.1 += 1;
                }
            }
        }
    }
    score
}

fn sum(rows: &BTreeMap<&'static str, Row>) -> (usize, usize) {
    let add = |(right, all): (usize, usize), row: &Row| (right + row.right, all + row.all);
    rows.values().fold((0, 0), add)
}

#[expect(clippy::cast_precision_loss, reason = "counts of messages are small")]
fn share(part: usize, whole: usize) -> f64 {
    match whole {
        0 => 1.0,
        whole => part as f64 / whole as f64,
    }
}
