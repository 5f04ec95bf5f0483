//! What a decision costs as policies grow: slices and inputs as the server has them, beside Cedar on
//! the whole set in the same run. It prints numbers and never judges them.

mod lists;
mod policies;
mod stopwatch;
mod whole;
mod world;

use std::hint::black_box;
use std::io::{self, Write as _};
use std::time::Instant;

use clap::Parser;
use portcullis_core::decision::{Judge, Outcome, decide};
use portcullis_core::facts::{Facts, Subject};
use portcullis_core::policies::Policies;
use portcullis_core::registry::Registry;
use portcullis_core::schema::Reads;
use portcullis_protocol::names::{Caller, ServerName};
use portcullis_protocol::wire::{Direction, Target};
use serde::Serialize;

use crate::stopwatch::us_of;
use crate::whole::Whole;

/// What went wrong, in words for the person at the terminal.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// 25 November 2026.
const NOW_MS: i64 = 1_795_600_800_000;

/// What a decision costs as policies grow.
#[derive(Parser)]
struct Args {
    /// How many policies; may be repeated
    #[arg(long, default_values_t = [10, 100, 1_000, 10_000])]
    policies: Vec<usize>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    instead: Option<Instead>,
}

/// What is measured instead of decisions.
#[derive(clap::Subcommand)]
enum Instead {
    /// A long list: learnt, with one tool more, and when policies are read anew
    Lists(lists::Args),
    /// Many policies over many tools: loaded, and with one of them changed
    Policies(policies::Args),
}

/// One size of a bundle. Times are processor time in microseconds.
#[derive(Serialize)]
struct Row {
    policies: usize,
    tools: usize,
    /// How many of the policies can speak of the call.
    speaking: usize,
    /// What comes of it.
    outcome: Outcome,
    /// A whole decision: arguments read and checked, inputs built and validated, Cedar asked.
    decide_us: f64,
    /// Of it, reading and checking the arguments against the tool's schema.
    arguments_us: f64,
    /// Cedar on the whole set, nothing built.
    whole_us: f64,
    /// How many times longer the whole set takes than a whole decision.
    whole_over_decide: f64,
    /// A list of all tools for a caller that was seen before.
    list_warm_us: f64,
    /// The same for a caller that is new.
    list_cold_us: f64,
    /// How many of the tools are shown.
    shown: usize,
    /// A whole decision by Rego on as many entries of data.
    rego_us: f64,
    load_ms: u128,
}

fn main() -> Result<(), Failure> {
    let args = Args::parse();
    match &args.instead {
        Some(Instead::Lists(args)) => return lists::run(args),
        Some(Instead::Policies(args)) => return policies::run(args),
        None => {}
    }
    for policies in &args.policies {
        let row = row(*policies)?;
        let line = if args.json {
            serde_json::to_string(&row)?
        } else {
            format!(
                "{:>6} policies, {} speak, {}: decide {:>7.1} us (arguments {:.1}), whole set {:>9.1} us ({:.1}x), \
                 list of {} warm {:.0} us, cold {:.0} us, {} shown; Rego {:.1} us; loaded in {} ms",
                row.policies,
                row.speaking,
                row.outcome.as_str(),
                row.decide_us,
                row.arguments_us,
                row.whole_us,
                row.whole_over_decide,
                row.tools,
                row.list_warm_us,
                row.list_cold_us,
                row.shown,
                row.rego_us,
                row.load_ms
            )
        };
        writeln!(io::stdout(), "{line}")?;
    }
    Ok(())
}

fn row(count: usize) -> Result<Row, Failure> {
    let begin = Instant::now();
    let policies = Policies::load(world::sources(count), &Registry::default())?;
    let load_ms = begin.elapsed().as_millis();
    let caller = world::caller();
    let (server, target) = world::call();
    let facts = facts(&policies, &server, &caller, &target);
    let whole = Whole::new(&policies, &world::cedar(count))?;
    let judgement = decide(&policies, &facts);
    if judgement.allows() != whole.allows() || !judgement.faults.is_empty() {
        return Err(format!("the slice and the whole set disagree: {judgement:?}").into());
    }
    let decide_us = us_of(|| drop(decide(&policies, &facts)));
    let whole_us = us_of(|| {
        black_box(whole.allows());
    });
    let mut shown = 0;
    let list_warm_us = us_of(|| shown = list(&policies, &caller));
    let mut stranger = 0_u64;
    let list_cold_us = us_of(|| {
        stranger += 1;
        let subject = format!("u{stranger}");
        let mut caller = caller.clone();
        caller.subject =
            portcullis_protocol::names::Name::parse(&subject).unwrap_or(caller.subject);
        list(&policies, &caller);
    });
    Ok(Row {
        policies: count,
        tools: world::SERVERS * world::TOOLS,
        speaking: world::speaking(count),
        outcome: judgement.outcome,
        decide_us,
        arguments_us: arguments(&policies, &server, &target),
        whole_us,
        whole_over_decide: whole_us / decide_us,
        list_warm_us,
        list_cold_us,
        shown,
        rego_us: rego(count)?,
        load_ms,
    })
}

fn rego(count: usize) -> Result<f64, Failure> {
    let policies = Policies::load(world::rego(count), &Registry::default())?;
    let caller = world::caller();
    let (server, target) = world::call();
    let facts = facts(&policies, &server, &caller, &target);
    let judgement = decide(&policies, &facts);
    if !judgement.faults.is_empty() {
        return Err(format!("Rego fails: {judgement:?}").into());
    }
    Ok(us_of(|| drop(decide(&policies, &facts))))
}

fn facts<'a>(
    policies: &'a Policies,
    server: &'a ServerName,
    caller: &'a Caller,
    target: &'a Target,
) -> Facts<'a> {
    let known = policies.catalogue().known(server, target);
    about(server, caller, vec![Subject::new(target, known)])
}

fn about<'a>(server: &'a ServerName, caller: &'a Caller, subjects: Vec<Subject<'a>>) -> Facts<'a> {
    Facts {
        server,
        caller,
        direction: Direction::ToServer,
        method: "tools/call",
        subjects,
        protocol_version: None,
        arguments: Some(world::ARGUMENTS),
        approval: None,
        now_ms: NOW_MS,
    }
}

fn arguments(policies: &Policies, server: &ServerName, target: &Target) -> f64 {
    use portcullis_core::catalogue::Known;
    let Known::Tool(tool) = policies.catalogue().known(server, target) else {
        return f64::NAN;
    };
    us_of(|| drop(tool.mapped.read(Some(world::ARGUMENTS), &Reads::Whole)))
}

/// Asks of each tool whether it is shown.
fn list(policies: &Policies, caller: &Caller) -> usize {
    let mut shown = 0;
    let mut at = None;
    for (server, tool) in policies.catalogue().tools() {
        let target = Target::Tool(tool.name.clone());
        if at.as_ref().is_none_or(|(name, _)| *name != server) {
            let facts = Facts {
                arguments: None,
                ..about(server, caller, Vec::new())
            };
            at = Judge::new(policies, &facts)
                .ok()
                .map(|judge| (server, judge));
        }
        let known = policies.catalogue().known(server, &target);
        let subject = Subject::new(&target, known);
        shown += usize::from(at.as_ref().is_some_and(|(_, judge)| judge.shows(&subject)));
    }
    shown
}
