//! The time that a process was on a processor, from its threads' `schedstat`: in nanoseconds,
//! where `stat` counts in ticks of 10 ms.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;

/// How often it is looked at whether a process has come to rest.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Longer than the filter keeps the ends of calls before it reports them.
const QUIET_FOR: Duration = Duration::from_millis(130);
const QUIET_WITHIN: Duration = Duration::from_millis(1_000);

/// Nanoseconds on a processor, of all threads that live.
pub(super) fn used(pid: u32) -> Result<u64, Failure> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end between the listing and the reading.
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let first = text.split_whitespace().next();
        sum += first
            .and_then(|number| number.parse::<u64>().ok())
            .unwrap_or(0);
    }
    Ok(sum)
}

/// Waits until a process has nothing to do, so that what one case leaves behind is not another's.
pub(super) fn settle(pid: u32) -> Result<(), Failure> {
    let start = Instant::now();
    let (mut last, mut since) = (used(pid)?, start);
    while since.elapsed() < QUIET_FOR && start.elapsed() < QUIET_WITHIN {
        thread::sleep(LOOK_EVERY);
        let now = used(pid)?;
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    Ok(())
}
