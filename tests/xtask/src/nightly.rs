//! `nightly`: the random tests with more of everything, optimised, for a run that may take an hour; and
//! public servers and clients, direct and through the gateway.

mod peers;

use crate::tool::Tool;
use crate::{Failure, workspace};

/// A part of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The random tests with more of everything
    Random,
    /// Public servers and clients, direct and through the gateway
    Peers,
}

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run this part alone
    #[arg(long)]
    only: Option<Part>,
    /// Of the public servers these alone; may be repeated
    #[arg(long)]
    server: Vec<String>,
    /// Print one JSON object for each public server and client
    #[arg(long)]
    json: bool,
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
    let wanted = |part| args.only.is_none_or(|only| only == part);
    if wanted(Part::Peers) {
        peers::run(&args.server, args.json)?;
    }
    match wanted(Part::Random) {
        true => random(args),
        false => Ok(()),
    }
}

fn random(args: &Args) -> Result<(), Failure> {
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
