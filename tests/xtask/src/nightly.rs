//! `nightly`: the random tests with more of everything, optimised, for a run that may take an hour.

use crate::tool::Tool;
use crate::{Failure, workspace};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Comparisons of policy slices with the whole set
    #[arg(long, default_value_t = 1_000_000)]
    comparisons: u64,
    /// Random chunkings of streams with secrets
    #[arg(long, default_value_t = 1_000_000)]
    chunkings: u64,
    /// Random messages for each property of redaction
    #[arg(long, default_value_t = 1_000_000)]
    properties: u32,
    /// Messages of each kind of secret that are cut at every byte
    #[arg(long, default_value_t = 36)]
    split_each: u32,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    test(
        "portcullis-core",
        &["--lib", "slices_say_what_the_whole_set_says"],
    )
    .env("PORTCULLIS_COMPARISONS", args.comparisons.to_string())
    .run()?;
    test("portcullis-tests", &["--test", "suite", "secrets::"])
        .env("PORTCULLIS_CHUNKINGS", args.chunkings.to_string())
        .env("PORTCULLIS_PROPERTIES", args.properties.to_string())
        .env("PORTCULLIS_SPLIT_EACH", args.split_each.to_string())
        .run()
}

fn test(package: &str, which: &[&str]) -> Tool {
    workspace::cargo(&["test", "--release", "--package", package])
        .args(which)
        .args(&["--", "--nocapture"])
}
