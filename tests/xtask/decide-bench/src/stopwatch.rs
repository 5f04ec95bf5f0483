//! Processor time of this thread, so that other programs on the machine do not count.

use rustix::time::{ClockId, clock_gettime};

/// Batches, of which the median counts.
const BATCHES: usize = 7;

/// Shortest batch, in nanoseconds.
const BATCH_NS: i128 = 12_000_000;

fn now_ns() -> i128 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
}

/// Microseconds that one run takes: the median of batches, after a batch that is not counted.
pub(crate) fn us_of(mut run: impl FnMut()) -> f64 {
    let begin = now_ns();
    let mut runs: i128 = 0;
    while runs == 0 || now_ns() - begin < BATCH_NS {
        run();
        runs += 1;
    }
    let mut batches: Vec<i128> = (0..BATCHES)
        .map(|_| {
            let begin = now_ns();
            for _ in 0..runs {
                run();
            }
            (now_ns() - begin) / runs
        })
        .collect();
    batches.sort_unstable();
    let median = batches.get(BATCHES / 2).copied().unwrap_or_default();
    #[allow(
        clippy::cast_precision_loss,
        reason = "nanoseconds of a run are far below 2^53"
    )]
    let us = median as f64 / 1_000.0;
    us
}

/// Milliseconds that one run takes, and what comes of it.
pub(crate) fn ms_of_one<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let begin = now_ns();
    let done = run();
    #[allow(
        clippy::cast_precision_loss,
        reason = "nanoseconds of a run are far below 2^53"
    )]
    let ms = (now_ns() - begin) as f64 / 1_000_000.0;
    (ms, done)
}
