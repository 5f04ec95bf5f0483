//! The numbers in words: a table for people, or one JSON object a line.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde_json::{Value, json};

use super::case::Case;
use super::gateway::CONNECTIONS;
use super::message;
use super::statistics::median;
use super::world::World;
use crate::tool::Tool;
use crate::{Failure, envoy};

/// What is measured of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// The latency that 1 % of the calls stay below: hardly any noise.
    Floor,
    /// The latency of the middle call.
    Median,
    /// The latency that 1 % of the calls exceed: on a shared machine, mostly noise.
    Tail,
    /// Calls a second at concurrency 32.
    Rate,
    /// Envoy's processor time a call at concurrency 32.
    CpuEnvoy,
    /// The policy server's.
    CpuPolicy,
    /// The MCP server's.
    CpuUpstream,
}

impl Measure {
    const ALL: [Self; 7] = [
        Self::Floor,
        Self::Median,
        Self::Tail,
        Self::Rate,
        Self::CpuEnvoy,
        Self::CpuPolicy,
        Self::CpuUpstream,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Floor => "p1",
            Self::Median => "p50",
            Self::Tail => "p99",
            Self::Rate => "requests",
            Self::CpuEnvoy => "cpu_envoy",
            Self::CpuPolicy => "cpu_policy",
            Self::CpuUpstream => "cpu_upstream",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Floor => "p1 us",
            Self::Median => "p50 us",
            Self::Tail => "p99 us",
            Self::Rate => "requests/s",
            Self::CpuEnvoy => "CPU Envoy us",
            Self::CpuPolicy => "CPU policy us",
            Self::CpuUpstream => "CPU MCP us",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Floor | Self::Median | Self::Tail => "us",
            Self::Rate => "1/s",
            Self::CpuEnvoy | Self::CpuPolicy | Self::CpuUpstream => "us/request",
        }
    }

    const fn concurrency(self) -> usize {
        match self {
            Self::Floor | Self::Median | Self::Tail => 1,
            _ => CONNECTIONS,
        }
    }
}

/// One value a pass for each case and measure.
#[derive(Debug, Default)]
pub(super) struct Results(Vec<(Case, Measure, f64)>);

impl Results {
    pub(super) fn add(&mut self, case: Case, measure: Measure, value: f64) {
        self.0.push((case, measure, value));
    }

    /// The median of the passes.
    fn of(&self, case: Case, measure: Measure) -> Option<f64> {
        let matching = self
            .0
            .iter()
            .filter(|(c, m, _)| (*c, *m) == (case, measure));
        let values: Vec<f64> = matching.map(|(_, _, value)| *value).collect();
        (!values.is_empty()).then(|| median(&values))
    }

    fn ratio(&self, case: Case, measure: Measure) -> Option<f64> {
        Some(self.of(case, measure)? / self.of(Case::Bare, measure)?)
    }
}

/// Versions and sizes, in lines.
pub(super) fn setup(world: &World, requests: usize, passes: usize) -> Result<Vec<String>, Failure> {
    let said = Tool::new(envoy::ensure()?).args(&["--version"]).read()?;
    let mut versions = vec![
        said.trim()
            .rsplit('/')
            .take(4)
            .last()
            .map_or_else(String::new, |v| format!("Envoy {v}")),
    ];
    versions.push(format!("portcullis {}", env!("CARGO_PKG_VERSION")));
    versions.extend(world.versions.iter().cloned());
    let (call, reply) = (message::call().len(), message::reply().len());
    Ok(vec![
        format!("versions: {}", versions.join(", ")),
        format!(
            "request body {call} bytes, reply body {reply} bytes, HTTP/1.1 keep-alive, Envoy with one worker"
        ),
        format!(
            "{requests} calls a case and pass at concurrency 1, medians of {passes} interleaved passes"
        ),
    ])
}

/// Prints everything.
pub(super) fn print(
    world: &World,
    setup: &[String],
    results: &Results,
    json: bool,
) -> Result<(), Failure> {
    let text = if json {
        lines(world, setup, results)
    } else {
        table(world, setup, results)
    };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn lines(world: &World, setup: &[String], results: &Results) -> String {
    let mut lines: Vec<Value> = Vec::new();
    for ready in &world.ready {
        for measure in Measure::ALL {
            let Some(value) = results.of(ready.case, measure) else {
                continue;
            };
            lines.push(json!({
                "bench": "gateway",
                "case": ready.case.name(),
                "params": {"measure": measure.name(), "concurrency": measure.concurrency(), "setup": setup},
                "value": value,
                "unit": measure.unit(),
                "reference": results.of(Case::Bare, measure),
                "ratio": results.ratio(ready.case, measure),
            }));
        }
    }
    for absent in &world.absent {
        lines.push(json!({
            "bench": "gateway",
            "case": absent.case.name(),
            "params": {"absent": absent.why},
            "value": null, "unit": null, "reference": null, "ratio": null,
        }));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn table(world: &World, setup: &[String], results: &Results) -> String {
    let mut text = setup
        .iter()
        .fold(String::new(), |text, line| text + line + "\n");
    text += "In brackets: times bare. Latencies at concurrency 1, the rest at 32.\n\n| case |";
    for measure in Measure::ALL {
        let _infallible = write!(text, " {} |", measure.title());
    }
    text += "\n|---|";
    text += &"---:|".repeat(Measure::ALL.len());
    text += "\n";
    for ready in &world.ready {
        let _infallible = write!(text, "| {} |", ready.case.name());
        for measure in Measure::ALL {
            let _infallible = write!(text, " {} |", cell(results, ready.case, measure));
        }
        text += "\n";
    }
    for absent in &world.absent {
        let _infallible = writeln!(text, "\n{} is absent: {}", absent.case.name(), absent.why);
    }
    text
}

fn cell(results: &Results, case: Case, measure: Measure) -> String {
    let Some(value) = results.of(case, measure) else {
        return "-".to_owned();
    };
    match results.ratio(case, measure) {
        Some(ratio) => format!("{value:.0} ({ratio:.2})"),
        None => format!("{value:.0}"),
    }
}
