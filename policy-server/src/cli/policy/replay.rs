//! `portcullis policy replay`: recorded decisions against a draft.

use std::collections::BTreeMap;
use std::path::PathBuf;

use portcullis_core::replay::{Decided, Replay, Verdict, Why};
use serde::Serialize;
use serde_json::{Value, json};

use super::changes::{Change, Changes, FailOn};
use super::traffic::{Log, Range, UnreadError, block_on, load};
use crate::cli::{OK, PROBLEMS, fail, show};

/// Wrong usage, or something cannot be read.
const UNREAD: u8 = 2;

/// Ask recorded decisions again of a draft, and say which would have another outcome
///
/// A decision is asked again with the record's own time, caller and tool, without any approval. Where
/// the record holds types of arguments only (`audit.arguments = "types"`), an outcome counts if no
/// arguments could change it; the others are unknown. `docs/audit.md` says what replay cannot know.
///
/// Tools are known by the folder's own lists (`tools/SERVER.json`) and by what the database
/// remembers of servers' lists.
///
/// Exit codes: 0 no such change, 1 there is one, 2 wrong usage, or policies or log cannot be read.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The folder with the draft
    dir: PathBuf,
    /// The database with the log
    #[arg(long, value_name = "FILE")]
    database: PathBuf,
    #[command(flatten)]
    range: Range,
    /// Which changes make the command fail
    #[arg(
        long,
        value_name = "CHANGE",
        value_enum,
        default_value = "deny-to-allow"
    )]
    fail_on: FailOn,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) decisions: usize,
    pub(super) same: usize,
    pub(super) unreadable: usize,
    pub(super) unknown: BTreeMap<Why, usize>,
    pub(super) changes: Changes,
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    policies: String,
    decisions: usize,
    same: usize,
    changed: usize,
    widened: usize,
    unknown: BTreeMap<Why, usize>,
    unreadable: usize,
    changes: Vec<Value>,
}

impl Tally {
    pub(super) const fn new(changes: Changes) -> Self {
        Self {
            decisions: 0,
            same: 0,
            unreadable: 0,
            unknown: BTreeMap::new(),
            changes,
        }
    }

    pub(super) fn take(&mut self, replay: &mut Replay<'_>, decided: Option<Decided>) {
        self.decisions += 1;
        let Some(decided) = decided else {
            self.unreadable += 1;
            return;
        };
        let again = replay.again(&decided);
        match again.verdict {
            Verdict::Same(_) => self.same += 1,
            Verdict::Unknown(why) => *self.unknown.entry(why).or_default() += 1,
            Verdict::Changed { from, to } => self.changes.add(Change {
                from,
                to,
                example: json!({ "seq": decided.seq, "request": decided.question() }),
                method: decided.method.to_string(),
                about: decided.about,
                before: decided.determining,
                after: again.determining,
            }),
        }
    }
}

/// Why nobody can say, and how often.
pub(super) fn print_unknown(unknown: &BTreeMap<Why, usize>) {
    for (why, count) in unknown {
        show(&format!("unknown  {count}x  {why}"));
    }
}

pub(super) fn run(args: &Args) -> u8 {
    match replay(args) {
        Ok(code) => code,
        Err(error) => fail(&error, UNREAD),
    }
}

fn replay(args: &Args) -> Result<u8, UnreadError> {
    block_on(async {
        let mut log = Log::open(&args.database).await?;
        let draft = load(&args.dir, &log.registry().await?)?;
        let mut replay = Replay::new(&draft);
        let mut tally = Tally::new(Changes::new(1));
        log.each(&args.range, |decided| tally.take(&mut replay, decided))
            .await?;
        Ok(report(args, &draft.digest().to_string(), tally))
    })
}

fn report(args: &Args, policies: &str, tally: Tally) -> u8 {
    let ok = !tally.changes.fails(args.fail_on);
    let (changed, widened) = (tally.changes.count, tally.changes.widened);
    if args.json {
        let report = Report {
            ok,
            policies: policies.to_owned(),
            decisions: tally.decisions,
            same: tally.same,
            changed,
            widened,
            unknown: tally.unknown,
            unreadable: tally.unreadable,
            changes: tally.changes.json(),
        };
        show(&serde_json::to_string(&report).unwrap_or_default());
    } else {
        tally.changes.print();
        print_unknown(&tally.unknown);
        let unknown: usize = tally.unknown.values().sum();
        show(&format!(
            "{}: {} decisions, {} same, {changed} changed ({widened} now allowed), {unknown} unknown, {} unreadable",
            if ok { "ok" } else { "changed" },
            tally.decisions,
            tally.same,
            tally.unreadable
        ));
    }
    if ok { OK } else { PROBLEMS }
}
