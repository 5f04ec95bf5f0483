//! `cargo xtask`: the project's own commands. One module a command; each says what it needs and
//! gets it, or fails. Nothing is skipped in silence.

mod bench;
mod compare;
mod conformance;
mod demo;
mod envoy;
mod gateway;
mod nightly;
mod node;
mod python;
mod quality;
mod reference;
mod story;
mod test;
mod tool;
mod wasm;
mod workspace;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What went wrong, in words for the person at the terminal.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the filter for wasm32 and print its path and size
    Wasm,
    /// Find or download the pinned Envoy and print its path
    Envoy,
    /// Start a gateway with an MCP server behind it, and say what to try
    Demo(demo::Args),
    /// Run the conformance suite against the fixture, directly and through the gateway
    Conformance(compare::Args),
    /// Random tests with more of everything
    Nightly(nightly::Args),
    /// What the gateway and its decisions cost beside their alternatives
    Bench(bench::Args),
    /// What is found of labelled secrets, beside public detectors
    Quality(quality::Args),
    /// Format, lints, unit, end-to-end and conformance tests
    Test(test::Args),
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The exit code says it too, should nobody be reading.
            let _closed = writeln!(io::stderr(), "xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Wasm => {
            let built = wasm::build()?;
            let size = std::fs::metadata(&built)?.len();
            writeln!(io::stdout(), "{} ({size} bytes)", built.display())?;
        }
        Command::Envoy => writeln!(io::stdout(), "{}", envoy::ensure()?.display())?,
        Command::Demo(args) => demo::run(&args)?,
        Command::Conformance(args) => compare::run(&args)?,
        Command::Nightly(args) => nightly::run(&args)?,
        Command::Bench(args) => bench::run(&args)?,
        Command::Quality(args) => quality::run(&args)?,
        Command::Test(args) => test::run(&args)?,
    }
    Ok(())
}
