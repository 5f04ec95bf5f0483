//! `portcullis audit verify`: the whole chain, from the database or from exported lines.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use portcullis_core::audit::{Break, Link, Summary, Verifier};
use portcullis_protocol::digest::Digest;
use serde::Serialize;

use super::{ReadError, block_on, store};
use crate::cli::{OK, say};
use crate::store::{Store, records_after};

/// The chain is broken, or does not end where it should.
const TAMPERED: u8 = 1;

/// Records read at once.
const PAGE: i64 = 1_000;

/// Most breaks that are printed.
const BREAKS_MAX: usize = 100;

/// Check the whole chain, without a server
///
/// Finds edits, gaps, swaps, repeats and cuts, and names the position. A log that was cut off at its
/// end still chains: keep the head that an earlier run printed elsewhere, and pass it with `--head`.
///
/// Exit codes: 0 the chain holds, 1 it does not, 2 wrong usage, 3 the log cannot be read.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Exported records, one JSON object a line; `-` reads standard input
    #[arg(value_name = "LINES", conflicts_with_all = ["config", "database"])]
    lines: Option<PathBuf>,
    /// The server's configuration file, which names the database
    #[arg(long, value_name = "FILE", conflicts_with = "database")]
    config: Option<PathBuf>,
    /// The database
    #[arg(long, value_name = "FILE", required_unless_present_any = ["lines", "config"])]
    database: Option<PathBuf>,
    /// A leaf hash that the log must contain, as printed by an earlier run
    #[arg(long, value_name = "sha256:HEX", value_parser = head)]
    head: Option<Digest>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn head(text: &str) -> Result<Digest, String> {
    Digest::parse(text).ok_or_else(|| "a head is `sha256:` and 64 hexadecimal digits".to_owned())
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    #[serde(flatten)]
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    head_found: Option<bool>,
    breaks: Vec<Break>,
    breaks_count: usize,
}

/// A verification under way.
struct Check {
    verifier: Verifier,
    breaks: Vec<Break>,
    breaks_count: usize,
    wanted: Option<Digest>,
    found: bool,
}

impl Check {
    fn take(&mut self, record: &[u8], leaf: Option<Digest>) {
        if let Err(broken) = self.verifier.next(record, leaf) {
            self.breaks_count += 1;
            if self.breaks.len() < BREAKS_MAX {
                self.breaks.push(broken);
            }
        }
        self.found |= self
            .wanted
            .is_some_and(|wanted| wanted == self.verifier.end().leaf);
    }
}

pub(super) fn run(args: &Args) -> Result<u8, ReadError> {
    let mut check = Check {
        verifier: Verifier::after(Link::ORIGIN),
        breaks: Vec::new(),
        breaks_count: 0,
        wanted: args.head,
        found: false,
    };
    match &args.lines {
        Some(path) if path == Path::new("-") => read_lines(std::io::stdin().lock(), &mut check),
        Some(path) => std::fs::File::open(path)
            .and_then(|file| read_lines(std::io::BufReader::new(file), &mut check)),
        None => {
            let store = store(args.config.as_deref(), args.database.as_deref())?;
            block_on(read_database(&store, &mut check))?;
            Ok(())
        }
    }
    .map_err(|source| ReadError::File {
        path: args.lines.clone().unwrap_or_default(),
        source,
    })?;
    Ok(report(check, args.json))
}

fn read_lines(mut lines: impl BufRead, check: &mut Check) -> std::io::Result<()> {
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let record = line.strip_suffix(b"\n").unwrap_or(&line);
        check.take(record, None);
        line.clear();
    }
    Ok(())
}

async fn read_database(store: &Store, check: &mut Check) -> Result<(), ReadError> {
    let mut connection = store.connect_read_only().await?;
    let mut seq = i64::MIN;
    loop {
        let rows = records_after(&mut connection, seq, PAGE).await;
        let rows = rows.map_err(|error| store.sql(error))?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        seq = last.seq;
        rows.iter()
            .for_each(|row| check.take(&row.record, row.leaf));
    }
}

fn report(check: Check, json: bool) -> u8 {
    let head_found = check.wanted.map(|_| check.found);
    let summary = check.verifier.summary();
    let ok = check.breaks_count == 0 && head_found != Some(false);
    if json {
        let (breaks, breaks_count) = (check.breaks, check.breaks_count);
        let report = Report {
            ok,
            summary,
            head_found,
            breaks,
            breaks_count,
        };
        say(&serde_json::to_string(&report).unwrap_or_default());
    } else {
        check.breaks.iter().for_each(|broken| say(broken));
        if head_found == Some(false) {
            say(&"the log does not contain the given head: it was cut off or replaced");
        }
        let word = if ok { "ok" } else { "broken" };
        let waiting = summary.open.len();
        say(&format!(
            "{word}: {} records, {} breaks, {waiting} allowed calls without an outcome, head {}",
            summary.records, check.breaks_count, summary.head.leaf
        ));
    }
    if ok { OK } else { TAMPERED }
}
