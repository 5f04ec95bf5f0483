//! `quality redact`: our engine on labelled messages, and public detectors on the same.

use portcullis_redact_corpus::{Case, engine, negatives, positives, score};

use super::oracle::{self, Oracle};
use super::report;
use crate::Failure;

/// The share of secrets that must be redacted, all else left as it was.
const RECALL_AIM: f64 = 0.97;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// One JSON object a line instead of tables
    #[arg(long)]
    json: bool,
    /// What the messages are made from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Messages of each kind of secret; of each class of innocent ones there are twice as many
    #[arg(long, default_value_t = 36)]
    each: usize,
    /// Leave the public detectors out
    #[arg(long)]
    no_oracles: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let rules = engine::shipped_rules()?;
    let cases: Vec<Case> = positives(args.seed, args.each)
        .into_iter()
        .chain(negatives(args.seed, args.each * 2))
        .collect();
    let oracles: Vec<Oracle> = match args.no_oracles {
        true => Vec::new(),
        false => oracle::ask_all(&cases)?,
    };
    let score = score(&cases, |message| engine::answer(message, &rules));
    match args.json {
        true => report::lines(&cases, &score, &oracles)?,
        false => report::tables(&cases, &score, &oracles)?,
    }
    let (right, all) = score.innocents();
    if score.recall() < RECALL_AIM || right < all {
        return Err(format!(
            "recall is {:.4} and should be {RECALL_AIM}; {} of {all} innocent messages were changed",
            score.recall(),
            all - right
        )
        .into());
    }
    Ok(())
}
