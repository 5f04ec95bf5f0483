//! `portcullis policy drift`: pinned tools beside those that servers have listed.

use std::path::PathBuf;

use portcullis_core::catalogue::{Compared, Drift, drift, pinned};
use serde::Serialize;

use super::schema::{SchemaError, seen};
use crate::cli::{OK, PROBLEMS, fail, say};
use crate::library;

/// The folder or the database cannot be read.
const UNREADABLE: u8 = 3;

/// Say where servers no longer list what the folder pins
///
/// Definitions are compared as JSON: how they are written does not count. Policies see what is
/// pinned; a server that says something else has changed its tools since.
///
/// Exit codes: 0 no pinned tool differs, 1 one does, 2 wrong usage, 3 something cannot be read.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The policy folder, with lists of tools in `tools/NAME.json`
    #[arg(default_value = "policies")]
    dir: PathBuf,
    /// The database of the policy server
    #[arg(long, value_name = "FILE")]
    database: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    tools: Vec<Compared>,
}

pub(super) fn run(args: &Args) -> u8 {
    match compare(args) {
        Ok(tools) => print(tools, args.json),
        Err(error) => fail(&error, UNREADABLE),
    }
}

fn compare(args: &Args) -> Result<Vec<Compared>, SchemaError> {
    let pins = pinned(&library::read_folder(&args.dir)?).map_err(SchemaError::Problems)?;
    Ok(drift(&pins, &seen(&args.database)?))
}

fn print(tools: Vec<Compared>, json: bool) -> u8 {
    let count = |wanted| tools.iter().filter(|one| one.drift == wanted).count();
    let differs = count(Drift::Differs);
    let ok = differs == 0;
    if json {
        let report = Report { ok, tools };
        say(&serde_json::to_string(&report).unwrap_or_default());
    } else {
        for one in &tools {
            let what = match one.drift {
                Drift::Same => continue,
                Drift::Differs => "differs from its pin",
                Drift::NotListed => "is pinned and was never listed",
                Drift::NotPinned => "is not pinned",
            };
            say(&format!("{}/{} {what}", one.server, one.tool));
        }
        let same = count(Drift::Same);
        let word = if ok { "ok" } else { "drift" };
        say(&format!(
            "{word}: {same} tools are as pinned, {differs} differ"
        ));
    }
    if ok { OK } else { PROBLEMS }
}
