//! What redaction costs: the engine on made-up messages, beside `memchr` and the strict reader on the
//! same bytes. The same program runs natively and as a wasm program, and prints one JSON object a line.
//!
//! Deliberately absent: opinions on the numbers. `cargo xtask bench redact` puts the aims beside them.

mod corpus;
mod measure;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use portcullis_protocol::redact::{Known, MarkKey, Plan, RawRules, Requests, Rules};
use serde::Serialize;

use crate::corpus::{CASES, Case};

/// What went wrong, in words for the person at the terminal.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "usage: portcullis-redact-bench measure WORLD BUDGET_MS CASES SIZES\n       \
                     portcullis-redact-bench corpus FOLDER CASES SIZES\n       \
                     (CASES and SIZES are lists with commas; no CASES are all of them)";

/// The first line of a run.
#[derive(Serialize)]
struct Start<'a> {
    world: &'a str,
    /// Compiling the built-in rules, the first time in this process.
    compile_rules_first_us: f64,
    /// The same when it was done before: the least of ten.
    compile_rules_us: f64,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["measure", world, budget, cases, sizes] => measure(
            world,
            Duration::from_millis(budget.parse()?),
            &chosen(cases)?,
            &numbers(sizes)?,
        ),
        ["corpus", folder, cases, sizes] => {
            write_corpus(Path::new(folder), &chosen(cases)?, &numbers(sizes)?)
        }
        _ => Err(USAGE.into()),
    }
}

fn chosen(names: &str) -> Result<Vec<&'static Case>, Failure> {
    if names.is_empty() {
        return Ok(CASES.iter().collect());
    }
    let find = |name: &str| {
        let found = CASES.iter().find(|case| case.name == name);
        found.ok_or_else(|| format!("there is no case `{name}`").into())
    };
    names.split(',').map(find).collect()
}

fn numbers(list: &str) -> Result<Vec<usize>, Failure> {
    list.split(',').map(|word| Ok(word.parse()?)).collect()
}

fn measure(
    world: &str,
    budget: Duration,
    cases: &[&'static Case],
    sizes: &[usize],
) -> Result<(), Failure> {
    let begin = Instant::now();
    let rules = rules()?;
    let first = begin.elapsed();
    let again = (0..10).map(|_| {
        let begin = Instant::now();
        let _same = rules_again();
        begin.elapsed()
    });
    let start = Start {
        world,
        compile_rules_first_us: first.as_secs_f64() * 1e6,
        compile_rules_us: again.min().unwrap_or(first).as_secs_f64() * 1e6,
    };
    print(&start)?;
    let marks = MarkKey::new([7; 32]);
    let plan = Plan {
        rules: &rules,
        requests: Requests::Redact,
        reveal: &[],
        marked: &[],
        literals: Known::none(),
        marks: &marks,
        sealing: None,
    };
    for &bytes in sizes {
        for case in cases {
            print(&measure::row(world, case, bytes, budget, &plan)?)?;
        }
    }
    Ok(())
}

fn rules() -> Result<Rules, Failure> {
    Rules::compile(&RawRules::default()).map_err(|errors| format!("{errors:?}").into())
}

fn rules_again() -> bool {
    std::hint::black_box(rules()).is_ok()
}

fn write_corpus(folder: &Path, cases: &[&'static Case], sizes: &[usize]) -> Result<(), Failure> {
    for case in cases {
        for &bytes in sizes {
            let file = folder.join(format!("{}-{bytes}.json", case.name));
            fs::write(&file, case.message(bytes))?;
        }
    }
    Ok(())
}

fn print(line: &impl Serialize) -> Result<(), Failure> {
    // Flushed a line: whoever waits sees how far it is.
    let mut out = io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(line)?)?;
    Ok(out.flush()?)
}
