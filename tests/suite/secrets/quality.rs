//! The share of labelled secrets that are redacted, and innocent messages that are left alone.
//! `cargo xtask quality redact` prints the tables, beside public detectors.

use std::fmt::Write as _;

use portcullis_redact_corpus::{Row, engine, negatives, positives, score};

const SEED: u64 = 1;
const RECALL_AIM: f64 = 0.97;

#[test]
fn labelled_secrets_are_redacted() {
    let rules = engine::shipped_rules().unwrap();
    let cases = positives(SEED, 22);
    assert!(cases.len() >= 3_000, "{} messages", cases.len());
    let score = score(&cases, |message| engine::answer(message, &rules));
    let mut missed = String::new();
    for (kind, row) in score.kinds.iter().filter(|(_, row)| row.right < row.all) {
        let _ = write!(
            missed,
            "\n{kind}: {} of {}, {:?}",
            row.right, row.all, row.wrong
        );
        let _ = write!(missed, "{}", examples(row));
    }
    assert!(
        score.recall() >= RECALL_AIM,
        "recall is {:.4}:{missed}",
        score.recall()
    );
}

#[test]
fn innocent_messages_are_left_alone() {
    let rules = engine::shipped_rules().unwrap();
    let cases = negatives(SEED, 52);
    assert!(cases.len() >= 3_000, "{} messages", cases.len());
    let score = score(&cases, |message| engine::answer(message, &rules));
    let changed: Vec<String> = (score.classes.iter())
        .filter(|(_, row)| row.right < row.all)
        .map(|(class, row)| {
            format!(
                "{class}: {} of {}{}",
                row.all - row.right,
                row.all,
                examples(row)
            )
        })
        .collect();
    assert!(
        changed.is_empty(),
        "changed though innocent:\n{}",
        changed.join("\n")
    );
}

fn examples(row: &Row) -> String {
    let example = row.examples.iter().take(1);
    example
        .map(|(message, found)| format!("\n    {message}\n    {found:?}"))
        .collect()
}
