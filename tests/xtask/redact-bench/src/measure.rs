//! One message, measured: the least time of many passes, so that other programs on the machine
//! hardly count.

use std::hint::black_box;
use std::time::{Duration, Instant};

use portcullis_protocol::json::{self, Json};
use portcullis_protocol::redact::{Plan, Text, redact};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::Failure;
use crate::corpus::Case;

/// Shortest pass: a shorter one would measure the clock.
const PASS_MIN: Duration = Duration::from_micros(200);
/// Most passes.
const PASSES_MAX: u32 = 2_000;
/// Fewest, however long they take: one alone may have waited for another program.
const PASSES_MIN: u32 = 7;
/// In so many budgets, then, the fewest are given up.
const PATIENCE: u32 = 50;

/// One case at one size. Times are of one message, in microseconds.
#[derive(Serialize)]
pub(crate) struct Row {
    world: String,
    case: &'static str,
    /// How long the message really is.
    bytes: usize,
    /// The size that was asked for.
    size: usize,
    /// A look for a byte that is not there: as fast as memory can be read.
    memchr_us: f64,
    /// The strict reader alone.
    check_us: f64,
    /// Redaction of a message that was read already.
    redact_us: f64,
    /// Both.
    check_redact_us: f64,
    /// SHA-256 of the message, which the filter computes beside.
    sha256_us: f64,
    /// How many findings there are.
    found: u64,
    /// `same`, `changed` or `blocked`.
    became: &'static str,
}

/// Measures all there is about one case at one size: each within the budget, or a few passes.
pub(crate) fn row(
    world: &str,
    case: &Case,
    size: usize,
    budget: Duration,
    plan: &Plan<'_>,
) -> Result<Row, Failure> {
    let message = case.message(size);
    let bytes = message.as_bytes();
    let json = json::check(bytes).map_err(|fault| format!("{}: {fault}", case.name))?;
    let outcome = redact(json, plan);
    let found = outcome.facts.len() as u64 + outcome.more;
    Ok(Row {
        world: world.to_owned(),
        case: case.name,
        bytes: bytes.len(),
        size,
        memchr_us: us(budget, || memchr::memchr(0, black_box(bytes))),
        check_us: us(budget, || json::check(black_box(bytes)).is_ok()),
        redact_us: us(budget, || became(json, plan)),
        check_redact_us: us(budget, || {
            json::check(black_box(bytes)).map(|json| became(json, plan))
        }),
        sha256_us: us(budget, || Sha256::digest(black_box(bytes))),
        found,
        became: became(json, plan),
    })
}

fn became(json: Json<'_>, plan: &Plan<'_>) -> &'static str {
    match redact(black_box(json), plan).text {
        Text::Same => "same",
        Text::Changed { text, .. } => {
            black_box(text);
            "changed"
        }
        Text::Blocked => "blocked",
    }
}

fn us<T>(budget: Duration, mut run: impl FnMut() -> T) -> f64 {
    let runs = runs_of_a_pass(&mut run);
    let start = Instant::now();
    let mut least = Duration::MAX;
    for pass in 1..=PASSES_MAX {
        let begin = Instant::now();
        for _ in 0..runs {
            black_box(run());
        }
        least = least.min(begin.elapsed());
        let budget = if pass < PASSES_MIN {
            budget * PATIENCE
        } else {
            budget
        };
        if start.elapsed() >= budget {
            break;
        }
    }
    least.as_secs_f64() * 1e6 / f64::from(runs)
}

/// How many runs make a pass that the clock can measure.
fn runs_of_a_pass<T>(run: &mut impl FnMut() -> T) -> u32 {
    let mut runs = 1;
    loop {
        let begin = Instant::now();
        for _ in 0..runs {
            black_box(run());
        }
        if begin.elapsed() >= PASS_MIN || runs >= 1 << 20 {
            return runs;
        }
        runs *= 2;
    }
}
