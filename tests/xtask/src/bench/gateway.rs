//! `bench gateway`: the passes, and what is measured in each.

use super::case::{Case, Ready};
use super::load::{self, Caller};
use super::report::{Measure, Results};
use super::statistics::quantile;
use super::world::{self, World};
use super::{cpu, machine, report};
use crate::Failure;

/// Passes over all cases; what is printed is the median of them.
const PASSES: usize = 5;
/// Calls in a row before the next case has its turn.
const BATCH: usize = 25;
/// Calls at the begin of a batch that are not counted: they find connections and caches cold.
const WARM_UP: usize = 5;
/// Connections at once in the second part.
pub(super) const CONNECTIONS: usize = 32;
/// How many more calls the second part makes.
const TOGETHER: usize = 8;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print one JSON object a line: {bench, case, params, value, unit, reference, ratio}
    #[arg(long)]
    json: bool,
    /// Calls of each case in each of 5 passes at concurrency 1; at 32 there are 8 times as many
    #[arg(long, value_name = "N", default_value_t = 500)]
    requests: usize,
    /// Measure this case; may be repeated. Without 'bare' there are no ratios
    #[arg(long = "case", value_name = "NAME", value_enum)]
    cases: Vec<Case>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let cases: Vec<Case> = Case::ALL
        .into_iter()
        .filter(|case| args.cases.is_empty() || args.cases.contains(case))
        .collect();
    let world = world::start(&cases)?;
    let mut setup = machine::describe(world.folder.path())?;
    machine::pin_self()?;
    let mut results = Results::default();
    for pass in 1..=PASSES {
        eprintln!("xtask: pass {pass} of {PASSES}");
        one_by_one(&world, args.requests, &mut results)?;
        together(&world, args.requests * TOGETHER, &mut results)?;
    }
    setup.extend(report::setup(&world, args.requests, PASSES)?);
    report::print(&world, &setup, &results, args.json)
}

/// Concurrency 1: batches in turn, so that noise hits all cases alike.
fn one_by_one(world: &World, requests: usize, results: &mut Results) -> Result<(), Failure> {
    let mut lines: Vec<(&Ready, Caller<'_>, Vec<f64>)> = Vec::new();
    for ready in &world.ready {
        lines.push((ready, Caller::connect(&ready.target)?, Vec::new()));
    }
    for batch in 0..requests.div_ceil(BATCH) {
        // Back and forth, so that no case always follows the same one.
        if batch > 0 {
            lines.reverse();
        }
        for (ready, caller, took) in &mut lines {
            took.extend(load::latencies(caller, WARM_UP, BATCH)?);
            ready.policy.map_or(Ok(()), cpu::settle)?;
        }
    }
    for (ready, _, took) in lines {
        results.add(ready.case, Measure::Floor, quantile(&took, 0.01));
        results.add(ready.case, Measure::Median, quantile(&took, 0.5));
        results.add(ready.case, Measure::Tail, quantile(&took, 0.99));
    }
    Ok(())
}

/// Concurrency 32: calls a second, and processor time a call, with what the call leaves behind.
fn together(world: &World, requests: usize, results: &mut Results) -> Result<(), Failure> {
    for ready in &world.ready {
        let watched = [
            (Measure::CpuEnvoy, Some(world.envoy)),
            (Measure::CpuPolicy, ready.policy),
            (Measure::CpuUpstream, Some(world.upstream)),
        ];
        let before: Vec<u64> = watched
            .iter()
            .map(|(_, pid)| used(*pid))
            .collect::<Result<_, _>>()?;
        let took = load::together(&ready.target, CONNECTIONS, requests)?;
        ready.policy.map_or(Ok(()), cpu::settle)?;
        #[allow(
            clippy::cast_precision_loss,
            reason = "counts of calls and nanoseconds of seconds"
        )]
        {
            let calls = requests as f64;
            results.add(ready.case, Measure::Rate, calls / took.as_secs_f64());
            for ((measure, pid), before) in watched.into_iter().zip(before) {
                if pid.is_some() {
                    let spent = used(pid)?.saturating_sub(before) as f64;
                    results.add(ready.case, measure, spent / 1e3 / calls);
                }
            }
        }
    }
    Ok(())
}

fn used(pid: Option<u32>) -> Result<u64, Failure> {
    pid.map_or(Ok(0), cpu::used)
}
