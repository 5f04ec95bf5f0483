//! `portcullis policy diff`: what two policy sets decide differently.

mod written;

use std::collections::BTreeMap;
use std::path::PathBuf;

use portcullis_core::boundary::around;
use portcullis_core::cases::Written;
use portcullis_core::decision::Judgement;
use portcullis_core::engine::Fault;
use portcullis_core::policies::Policies;
use portcullis_core::registry::Registry;
use portcullis_core::replay::{Decided, Replay, Replayed, Why};
use portcullis_protocol::wire::Target;
use serde::Serialize;
use serde_json::{Value, json};

use self::written::Requests;
use super::changes::{Change, Changes, FailOn};
use super::replay::print_unknown;
use super::traffic::{Log, Range, UnreadError, block_on, load};
use crate::cli::{OK, PROBLEMS, fail, show};

/// Wrong usage, or something cannot be read.
const UNREAD: u8 = 2;

/// The time of requests that name none: 2026-01-01T12:00:00Z, a Thursday.
const NOW_MS: i64 = 1_767_268_800_000;

/// Say what two policy folders decide differently, deny to allow first
///
/// Both are asked about the requests of the test cases in `OLD/cases` and `NEW/cases`; about recorded
/// decisions, if there is a database; and about requests that are made up around what the policies
/// compare: each number and its neighbours, strings and patterns with and without a match, sets with
/// and without an element, roles with and without each of them, for each tool that the folders'
/// `tools/SERVER.json` or the database know, with arguments that the tool accepts.
///
/// It finds differences; that it finds none is no proof that there are none. Examples are in the form
/// of test cases' requests.
///
/// Exit codes: 0 nothing that matters, 1 something is allowed that was denied or needed an approval,
/// 2 wrong usage, or something cannot be read.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The folder as it was
    old: PathBuf,
    /// The folder as it is to be
    new: PathBuf,
    /// More files or folders of test cases
    #[arg(long, value_name = "PATH")]
    cases: Vec<PathBuf>,
    /// A database with a log: its decisions are asked again, and its tools are known
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    #[command(flatten)]
    range: Range,
    /// Most requests that are made up; 0 makes up none
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    generated: usize,
    /// How many examples of each kind of change are shown, shortest first
    #[arg(long, value_name = "N", default_value_t = 1)]
    examples: usize,
    /// Do not fail when more is allowed than before
    #[arg(long, conflicts_with = "fail_on")]
    allow_widening: bool,
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

/// Two sets, and how they differ so far.
struct Comparison<'a> {
    old: &'a Policies,
    new: &'a Policies,
    changes: Changes,
    seen: Seen,
}

/// What was asked.
#[derive(Debug, Default, Serialize)]
struct Seen {
    cases: usize,
    cases_skipped: usize,
    decisions: usize,
    unknown: BTreeMap<Why, usize>,
    unreadable: usize,
    generated: usize,
    /// Requests that were not made up for want of room.
    left_out: u64,
    /// Tools for which no arguments could be made up.
    unmade: Vec<String>,
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    old: String,
    new: String,
    #[serde(flatten)]
    seen: Seen,
    changed: usize,
    widened: usize,
    changes: Vec<Value>,
}

pub(super) fn run(args: &Args) -> u8 {
    match diff(args) {
        Ok(code) => code,
        Err(error) => fail(&error, UNREAD),
    }
}

fn diff(args: &Args) -> Result<u8, UnreadError> {
    let requests = Requests::read(&[&args.old, &args.new], &args.cases)?;
    block_on(async {
        let mut log = match &args.database {
            Some(database) => Some(Log::open(database).await?),
            None => None,
        };
        let registry = match &mut log {
            Some(log) => log.registry().await?,
            None => Registry::default(),
        };
        let (old, new) = (load(&args.old, &registry)?, load(&args.new, &registry)?);
        let mut comparison = Comparison {
            old: &old,
            new: &new,
            changes: Changes::new(args.examples),
            seen: Seen::default(),
        };
        comparison.cases(requests);
        if let Some(log) = &mut log {
            comparison.recorded(log, &args.range).await?;
        }
        comparison.generated(args.generated);
        Ok(comparison.report(args))
    })
}

impl Comparison<'_> {
    fn cases(&mut self, requests: Requests) {
        self.seen.cases_skipped = requests.skipped;
        for (name, request) in requests.named {
            self.seen.cases += 1;
            self.ask(&request, json!({ "case": name, "request": request }));
        }
    }

    fn generated(&mut self, most: usize) {
        if most == 0 {
            return;
        }
        let boundary = around(self.old, self.new, most);
        self.seen.generated = boundary.requests.len();
        self.seen.left_out = boundary.left_out;
        self.seen.unmade = boundary.unmade;
        for request in boundary.requests {
            self.ask(&request, json!({ "generated": true, "request": request }));
        }
    }

    fn ask(&mut self, request: &Written, example: Value) {
        let before = request.judge(self.old, NOW_MS);
        let after = request.judge(self.new, NOW_MS);
        let late = |judged: &Judgement| judged.faults.contains(&Fault::TimeOut);
        if late(&before) || late(&after) {
            *self.seen.unknown.entry(Why::TimeOut).or_default() += 1;
            return;
        }
        if before.outcome == after.outcome {
            return;
        }
        self.changes.add(Change {
            from: before.outcome,
            to: after.outcome,
            method: request.method.to_string(),
            about: about(request),
            before: before.determining,
            after: after.determining,
            example,
        });
    }

    async fn recorded(&mut self, log: &mut Log, range: &Range) -> Result<(), UnreadError> {
        let (mut old, mut new) = (Replay::new(self.old), Replay::new(self.new));
        log.each(range, |decided| {
            self.seen.decisions += 1;
            match decided {
                None => self.seen.unreadable += 1,
                Some(decided) => {
                    let (before, after) = (old.again(&decided), new.again(&decided));
                    self.replayed(decided, before, after);
                }
            }
        })
        .await
    }

    fn replayed(&mut self, decided: Decided, before: Replayed, after: Replayed) {
        let outcomes = before.verdict.outcome().and_then(|from| {
            let to = after.verdict.outcome()?;
            Ok((from, to))
        });
        match outcomes {
            Err(why) => *self.seen.unknown.entry(why).or_default() += 1,
            Ok((from, to)) if from == to => {}
            Ok((from, to)) => self.changes.add(Change {
                from,
                to,
                example: json!({ "seq": decided.seq, "request": decided.question() }),
                method: decided.method.to_string(),
                about: decided.about,
                before: before.determining,
                after: after.determining,
            }),
        }
    }

    fn report(self, args: &Args) -> u8 {
        let on = if args.allow_widening {
            FailOn::None
        } else {
            args.fail_on
        };
        let ok = !self.changes.fails(on);
        let (changed, widened) = (self.changes.count, self.changes.widened);
        if args.json {
            let report = Report {
                ok,
                old: self.old.digest().to_string(),
                new: self.new.digest().to_string(),
                seen: self.seen,
                changed,
                widened,
                changes: self.changes.json(),
            };
            show(&serde_json::to_string(&report).unwrap_or_default());
        } else {
            self.changes.print();
            self.seen.print();
            let word = if ok { "ok" } else { "changed" };
            show(&format!(
                "{word}: {changed} changed ({widened} now allowed)"
            ));
        }
        if ok { OK } else { PROBLEMS }
    }
}

impl Seen {
    fn print(&self) {
        print_unknown(&self.unknown);
        let unknown: usize = self.unknown.values().sum();
        show(&format!(
            "asked: {} cases ({} in Cedar's words skipped), {} decisions ({} unreadable), {} made up ({} left out); \
             {unknown} unknown",
            self.cases,
            self.cases_skipped,
            self.decisions,
            self.unreadable,
            self.generated,
            self.left_out
        ));
        for tool in &self.unmade {
            crate::cli::complain(&format_args!(
                "warning: no arguments could be made up for {tool}"
            ));
        }
    }
}

/// The server, and what of it; of a URI no more than the scheme.
fn about(request: &Written) -> String {
    let server = &request.server;
    match request.targets.first() {
        Some(Target::Tool(name) | Target::Prompt(name)) => format!("{server}/{name}"),
        Some(Target::Resource(uri) | Target::Template(uri)) => {
            let scheme = uri
                .as_str()
                .split_once(':')
                .map_or("", |(scheme, _)| scheme);
            format!("{server}/{scheme}:")
        }
        Some(Target::Task(_)) => format!("{server}/task"),
        Some(Target::Server) | None => server.to_string(),
    }
}
