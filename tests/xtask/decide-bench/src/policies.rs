//! What a company's policies cost to load: all at once, and when one of them changes. Beside it, Cedar
//! reading the same texts and no more. It prints numbers and never judges them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::str::FromStr as _;
use std::sync::Arc;

use cedar_policy::PolicySet;
use portcullis_core::policies::{Policies, Sources};
use portcullis_core::registry::{Registry, ToolEntry};
use portcullis_protocol::names::{Name, ServerName};
use serde::Serialize;

use crate::Failure;
use crate::lists::tool;
use crate::stopwatch::ms_of_one;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many policies; may be repeated
    #[arg(long, default_values_t = [100, 1_000, 10_000])]
    policies: Vec<usize>,
    /// How many tools there are, of a server for each 25
    #[arg(long, default_value_t = 300)]
    tools: usize,
    /// How many policies stand in one file
    #[arg(long, default_value_t = 50)]
    file: usize,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// One size of a set. Times are processor time in milliseconds.
#[derive(Serialize)]
struct Row {
    policies: usize,
    tools: usize,
    /// Cedar reading the policies, the reference.
    parse_ms: f64,
    /// Loading all of it.
    load_ms: f64,
    /// Loading it again with another comment in one file.
    comment_ms: f64,
    /// Loading it again with one policy changed.
    change_ms: f64,
    load_over_parse: f64,
    /// Memory of the process with two sets, old and changed, over that with one.
    memory_ratio: f64,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    for count in &args.policies {
        let row = row(*count, args)?;
        if args.json {
            println!("{}", serde_json::to_string(&row)?);
            continue;
        }
        println!(
            "{:>6} policies over {} tools: parse {:.0} ms, load {:.0} ms ({:.1}x), another comment {:.0} ms, \
             one policy changed {:.0} ms, memory {:.2}x",
            row.policies,
            row.tools,
            row.parse_ms,
            row.load_ms,
            row.load_over_parse,
            row.comment_ms,
            row.change_ms,
            row.memory_ratio,
        );
    }
    Ok(())
}

fn row(count: usize, args: &Args) -> Result<Row, Failure> {
    let registry = registry(args.tools)?;
    let files = files(count, args);
    let parse_ms = ms_of_one(|| {
        let parsed: Result<Vec<PolicySet>, _> = files
            .values()
            .map(|text| PolicySet::from_str(text))
            .collect();
        std::hint::black_box(parsed)
    })
    .0;
    let sources = |files| Arc::new(Sources::new(files));
    let before = resident()?;
    let (load_ms, first) = ms_of_one(|| Policies::load(sources(files.clone()), &registry));
    let first = first?;
    let one = resident()? - before;
    let changed = |from: &str, to: &str| {
        let mut files = files.clone();
        if let Some(text) = files.get_mut("team-0.cedar") {
            *text = text.replacen(from, to, 1);
        }
        sources(files)
    };
    let comment = changed("// 0", "// another comment");
    let (comment_ms, second) = ms_of_one(|| first.replaced(comment, &registry));
    let second = second?;
    let both = resident()? - before;
    let change = changed("< 106", "< 1060");
    let (change_ms, third) = ms_of_one(|| second.replaced(change, &registry));
    third?;
    drop(first);
    #[allow(clippy::cast_precision_loss, reason = "kilobytes are far below 2^53")]
    let memory_ratio = both as f64 / one as f64;
    Ok(Row {
        policies: count,
        tools: args.tools,
        parse_ms,
        load_ms,
        comment_ms,
        change_ms,
        load_over_parse: load_ms / parse_ms,
        memory_ratio,
    })
}

/// Resident memory in kilobytes.
fn resident() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let text = line.ok_or("the system does not say how much memory is used")?;
    Ok(text.trim().trim_end_matches(" kB").parse()?)
}

fn server(number: usize) -> String {
    format!("srv-{}", number / 25)
}

/// The tools of all servers, known from traffic.
fn registry(tools: usize) -> Result<Registry, Failure> {
    let mut registry = Registry::default();
    for number in 0..tools {
        let server = ServerName::parse(&server(number)).map_err(|_| "no name")?;
        let name = Name::parse(&format!("tool-{number}")).map_err(|_| "no name")?;
        let page = [(name, ToolEntry::read(&tool(number).to_string()))];
        registry.apply(&server, &registry.changes(&server, &page));
    }
    Ok(registry)
}

/// Policies as the teams of a company write them: most about one tool and an argument of it, some about a
/// server, a few about everything.
fn files(count: usize, args: &Args) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for number in 0..count {
        let of = number % args.tools;
        let (server, role) = (server(of), number % 40);
        let text = files
            .entry(format!("team-{}.cedar", number / args.file))
            .or_default();
        let _ = writeln!(
            text,
            "// {number}: asked for by team {role}.\n@id(\"p{number}\")"
        );
        let _ = match number % 20 {
            0 => writeln!(
                text,
                "forbid (principal in Mcp::Role::\"r{role}\", action in Mcp::Action::\"tools/call\", resource)\n\
                 when {{ resource.destructive && context.now > datetime(\"2030-01-{:02}\") }};",
                1 + number % 28
            ),
            1..=5 => writeln!(
                text,
                "permit (principal in Mcp::Role::\"r{role}\", action in Mcp::Action::\"{server}/*\", resource)\n\
                 when {{ resource.readOnly && context.input.id < {} }};",
                100 + number
            ),
            _ => writeln!(
                text,
                "permit (principal in Mcp::Role::\"r{role}\", action == Mcp::Action::\"{server}/tool-{of}\", resource)\n\
                 when {{ context.input.id < {} }};",
                100 + number
            ),
        };
    }
    files
}
