//! `portcullis policy`.

mod changes;
mod diff;
mod drift;
mod replay;
mod schema;
mod traffic;

use std::path::PathBuf;

use portcullis_core::policies::Problem;
use serde::Serialize;

use super::{OK, PROBLEMS, say};
use crate::library;

/// What to do with policies.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Load a folder exactly as the server does, and say everything that is wrong with it
    ///
    /// Exit codes: 0 the policies load, 1 they do not, 2 wrong usage.
    Check {
        /// The folder with the `*.cedar` files
        #[arg(default_value = "policies")]
        dir: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    Diff(diff::Args),
    Replay(replay::Args),
    Schema(schema::Args),
    Drift(drift::Args),
}

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<usize>,
    problems: &'a [Problem],
}

pub(super) fn run(command: &Command) -> u8 {
    match command {
        Command::Check { dir, json } => check(dir, *json),
        Command::Diff(args) => diff::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Drift(args) => drift::run(args),
    }
}

fn check(dir: &std::path::Path, json: bool) -> u8 {
    let (digest, files, problems) = match library::load(dir) {
        Ok(policies) => (
            Some(policies.digest().to_string()),
            Some(policies.files()),
            Vec::new(),
        ),
        Err(error) => (None, None, error.problems()),
    };
    let ok = problems.is_empty();
    if json {
        let report = Report {
            ok,
            digest,
            files,
            problems: &problems,
        };
        say(&serde_json::to_string(&report).unwrap_or_default());
    } else if let (Some(digest), Some(files)) = (digest, files) {
        say(&format!("ok: {files} files, {digest}"));
        if files == 0 {
            eprintln!(
                "warning: there are no policies in {}: everything is denied",
                dir.display()
            );
        }
    } else {
        problems.iter().for_each(|problem| eprintln!("{problem}"));
    }
    if ok { OK } else { PROBLEMS }
}
