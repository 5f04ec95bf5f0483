//! Public detectors, run as they are over files: one file a message as it is on the wire, and one
//! with its strings decoded, because most of them do not decode JSON.
//!
//! They are judged gently: any finding in a file counts, wherever it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use portcullis_redact_corpus::{Case, readings};
use serde_json::Value;

use crate::node::finish;
use crate::{Failure, python};

const TIME: Duration = Duration::from_secs(1_200);
/// Kingfisher's exit code when it has found something.
const FOUND: i32 = 200;

/// What a detector found, by the number of the message.
#[derive(Debug)]
pub(super) struct Oracle {
    pub(super) name: String,
    pub(super) hits: BTreeSet<usize>,
}

/// Asks each detector about the messages as they are, and decoded.
pub(super) fn ask_all(cases: &[Case]) -> Result<Vec<Oracle>, Failure> {
    let programs = python::detectors()?;
    let folder = tempfile::tempdir()?;
    let mut answers = Vec::new();
    for (form, write) in [("raw", raw as fn(&Case) -> String), ("decoded", decoded)] {
        let place = folder.path().join(form);
        fs::create_dir(&place)?;
        for (number, case) in cases.iter().enumerate() {
            fs::write(place.join(format!("{number}.txt")), write(case))?;
        }
        for (name, ask) in [
            (
                "kingfisher",
                kingfisher as fn(&Path, &Path) -> Result<_, Failure>,
            ),
            ("detect-secrets", detect_secrets),
        ] {
            eprintln!("xtask: asking {name} about {} files ({form})", cases.len());
            let hits = ask(&programs, &place)?;
            answers.push(Oracle {
                name: format!("{name}, {form}"),
                hits,
            });
        }
    }
    answers.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(answers)
}

fn raw(case: &Case) -> String {
    case.message.clone()
}

/// Every string of the message and whatever can be decoded from it, one below the other.
fn decoded(case: &Case) -> String {
    readings(&case.message).join("\n")
}

fn kingfisher(programs: &Path, place: &Path) -> Result<BTreeSet<usize>, Failure> {
    let mut command = program(programs, "kingfisher")?;
    command
        .args(["scan", ".", "--format", "jsonl", "--confidence", "low"])
        .args([
            "--no-validate",
            "--no-dedup",
            "--no-update-check",
            "--quiet",
        ])
        .current_dir(place);
    let done = finish(&mut command, TIME)?;
    if !done.status.success() && done.status.code() != Some(FOUND) {
        return Err(format!("kingfisher ended with {}: {}", done.status, done.stderr).into());
    }
    let mut hits = BTreeSet::new();
    for line in done.stdout.lines() {
        let line: Value = serde_json::from_str(line)?;
        let path = line.pointer("/finding/path").and_then(Value::as_str);
        hits.extend(path.and_then(number));
    }
    Ok(hits)
}

fn detect_secrets(programs: &Path, place: &Path) -> Result<BTreeSet<usize>, Failure> {
    let mut command = program(programs, "detect-secrets")?;
    command
        .args(["scan", "--all-files", "."])
        .current_dir(place);
    let done = finish(&mut command, TIME)?;
    if !done.status.success() {
        return Err(format!("detect-secrets ended with {}: {}", done.status, done.stderr).into());
    }
    let report: Value = serde_json::from_str(&done.stdout)?;
    let files = report.get("results").and_then(Value::as_object);
    let files = files.ok_or("detect-secrets gave no results")?;
    Ok(files.keys().filter_map(|path| number(path)).collect())
}

fn program(programs: &Path, name: &str) -> Result<Command, Failure> {
    let path = programs.join(name);
    match path.is_file() {
        true => Ok(Command::new(path)),
        false => Err(format!("{name} is missing: {} is not there", path.display()).into()),
    }
}

/// `./12.txt`
fn number(path: &str) -> Option<usize> {
    let name = path.rsplit('/').next()?;
    name.strip_suffix(".txt")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_message_is_its_file() {
        assert_eq!(number("./12.txt"), Some(12));
        assert_eq!(number("12.txt"), Some(12));
        assert_eq!(number("notes.md"), None);
    }
}
