//! `portcullis up` and `portcullis token`: the exit codes of [`crate::up`].

use super::{OK, PROBLEMS, fail};
use crate::up::UpError;

/// Runs the work to its end on one thread: it only waits for processes.
pub(super) fn run(work: impl Future<Output = Result<(), UpError>>) -> u8 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => return fail(&error, PROBLEMS),
    };
    match done {
        Ok(()) => OK,
        Err(error) => fail(&error, PROBLEMS),
    }
}
