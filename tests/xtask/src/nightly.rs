//! `nightly`: the random tests with more of everything, optimised, for a run that may take an hour.

use crate::{Failure, workspace};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Comparisons of policy slices with the whole set
    #[arg(long, default_value_t = 1_000_000)]
    comparisons: u64,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    workspace::cargo(&[
        "test",
        "--release",
        "--package",
        "portcullis-core",
        "--lib",
        "slices_say_what_the_whole_set_says",
        "--",
        "--nocapture",
    ])
    .env("PORTCULLIS_COMPARISONS", args.comparisons.to_string())
    .run()
}
