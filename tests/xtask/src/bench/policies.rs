//! `bench policies`: what many policies over many tools cost to load, and to change. The measuring program
//! is that of `bench decide`.

use super::decide::program;
use crate::Failure;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many policies; may be repeated [default: 100, 1000 and 10000]
    #[arg(long)]
    policies: Vec<usize>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut command = program().args(&["policies"]);
    for count in &args.policies {
        command = command.args(&["--policies", &count.to_string()]);
    }
    if args.json {
        command = command.args(&["--json"]);
    }
    command.run()
}
