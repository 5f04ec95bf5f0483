//! The numbers in words: tables for people, or one JSON object a line.

use std::collections::BTreeMap;
use std::io::{self, Write};

use portcullis_redact_corpus::{Case, Label, Miss, Row, Score};
use serde_json::json;

use super::oracle::Oracle;
use crate::Failure;

/// Longest part of a message that is shown.
const SHOWN: usize = 400;
/// Most messages that are shown of a row.
const EXAMPLES: usize = 2;

/// One table: what its rows are, and the rows of our engine.
struct Table<'a> {
    title: &'static str,
    rows: &'a BTreeMap<&'static str, Row>,
}

fn tables_of(score: &Score) -> [Table<'_>; 5] {
    let [message, writing, around] = &score.places;
    let table = |title, rows| Table { title, rows };
    [
        table("kind", &score.kinds),
        table("part of the message", message),
        table("how it is written", writing),
        table("around it", around),
        table("innocent class", &score.classes),
    ]
}

/// Whether the message counts for a row of a table.
fn belongs(case: &Case, title: &str, row: &str) -> bool {
    match (&case.label, title) {
        (Label::Innocent { class }, "innocent class") => *class == row,
        (Label::Secret { kind, .. }, "kind") => *kind == row,
        (Label::Secret { places, .. }, "part of the message") => places[0] == row,
        (Label::Secret { places, .. }, "how it is written") => places[1] == row,
        (Label::Secret { places, .. }, "around it") => places[2] == row,
        _ => false,
    }
}

fn hits(cases: &[Case], oracle: &Oracle, title: &str, row: &str) -> usize {
    let hit = oracle.hits.iter().filter_map(|number| cases.get(*number));
    hit.filter(|case| belongs(case, title, row)).count()
}

/// Messages that our engine touched: secrets that it redacted, innocent ones that it changed.
fn touched(title: &str, row: &Row) -> usize {
    match title {
        "innocent class" => row.all - row.right,
        _ => row.right,
    }
}

pub(super) fn tables(cases: &[Case], score: &Score, oracles: &[Oracle]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for table in tables_of(score) {
        write!(out, "\n{:<32}{:>7}{:>10}", table.title, "all", "ours")?;
        for oracle in oracles {
            write!(out, "  {}", oracle.name)?;
        }
        writeln!(out)?;
        for (name, row) in table.rows {
            let ours = touched(table.title, row);
            write!(out, "{name:<32}{:>7}{ours:>10}", row.all)?;
            for oracle in oracles {
                let hits = hits(cases, oracle, table.title, name);
                write!(out, "  {hits:>width$}", width = oracle.name.len())?;
            }
            writeln!(out, "{}", faults(row))?;
        }
    }
    writeln!(out)?;
    score
        .kinds
        .iter()
        .try_for_each(|row| examples(&mut out, row))?;
    score
        .classes
        .iter()
        .try_for_each(|row| examples(&mut out, row))?;
    totals(&mut out, cases, score, oracles)
}

fn faults(row: &Row) -> String {
    let words = row.wrong.iter().map(|(miss, count)| {
        let word = match miss {
            Miss::Leaked => "leaked",
            Miss::Blocked => "blocked",
            Miss::Invalid => "no JSON",
            Miss::Spoiled => "spoiled",
        };
        format!("  {count} {word}")
    });
    words.collect()
}

fn examples(out: &mut impl Write, (name, row): (&&str, &Row)) -> io::Result<()> {
    for (message, found) in row.examples.iter().take(EXAMPLES) {
        let shown: String = message.chars().take(SHOWN).collect();
        writeln!(out, "{name}: {shown}")?;
        for (rule, pointer) in found {
            writeln!(out, "    found {rule} at {pointer}")?;
        }
    }
    Ok(())
}

fn totals(
    out: &mut impl Write,
    cases: &[Case],
    score: &Score,
    oracles: &[Oracle],
) -> Result<(), Failure> {
    let (right, secrets) = score.secrets();
    let (kept, innocents) = score.innocents();
    let mut line = |name: &str, caught: usize, falsely: usize| {
        writeln!(
            out,
            "{name:<26} recall {} of {secrets} ({:.4}), false {falsely} of {innocents}, precision {:.4}",
            caught,
            ratio(caught, secrets),
            ratio(caught, caught + falsely)
        )
    };
    line("ours", right, innocents - kept)?;
    for oracle in oracles {
        let (caught, falsely) = sums(cases, oracle);
        line(&oracle.name, caught, falsely)?;
    }
    let (exact, held) = score.exact;
    writeln!(
        out,
        "of {held} redacted strings whose surroundings are known, {exact} kept all of them"
    )?;
    Ok(())
}

/// Messages with a secret that a detector hit, and those without.
fn sums(cases: &[Case], oracle: &Oracle) -> (usize, usize) {
    let hit = oracle.hits.iter().filter_map(|number| cases.get(*number));
    let (secret, innocent): (Vec<_>, Vec<_>) =
        hit.partition(|case| matches!(case.label, Label::Secret { .. }));
    (secret.len(), innocent.len())
}

pub(super) fn lines(cases: &[Case], score: &Score, oracles: &[Oracle]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for table in tables_of(score) {
        for (name, row) in table.rows {
            let theirs: BTreeMap<&str, usize> = oracles
                .iter()
                .map(|oracle| {
                    let hits = hits(cases, oracle, table.title, name);
                    (oracle.name.as_str(), hits)
                })
                .collect();
            let line = json!({
                "table": table.title, "row": name, "all": row.all,
                "ours": touched(table.title, row), "share": row.share(), "oracles": theirs,
            });
            writeln!(out, "{line}")?;
        }
    }
    let (exact, held) = score.exact;
    let theirs: BTreeMap<&str, (usize, usize)> = oracles
        .iter()
        .map(|oracle| (oracle.name.as_str(), sums(cases, oracle)))
        .collect();
    let line = json!({
        "table": "all", "recall": score.recall(), "precision": score.precision(),
        "secrets": score.secrets().1, "innocents": score.innocents().1,
        "false": score.innocents().1 - score.innocents().0,
        "exact": [exact, held], "oracles": theirs,
    });
    writeln!(out, "{line}")?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts of messages are small")]
fn ratio(part: usize, whole: usize) -> f64 {
    match whole {
        0 => 1.0,
        whole => part as f64 / whole as f64,
    }
}
