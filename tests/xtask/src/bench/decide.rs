//! `bench decide`: what one decision costs as policies grow. The measuring program is a crate of its
//! own, because it needs the engines, which the other commands do not build.

use crate::tool::Tool;
use crate::{Failure, workspace};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many policies; may be repeated [default: 10, 100, 1000 and 10000]
    #[arg(long)]
    policies: Vec<usize>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// The program, built with optimisation.
pub(super) fn program() -> Tool {
    workspace::cargo(&[
        "run",
        "--quiet",
        "--release",
        "--package",
        "portcullis-decide-bench",
        "--",
    ])
}

/// Builds the program with optimisation, and runs it.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut command = program();
    for count in &args.policies {
        command = command.args(&["--policies", &count.to_string()]);
    }
    if args.json {
        command = command.args(&["--json"]);
    }
    command.run()
}
