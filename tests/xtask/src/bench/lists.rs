//! `bench lists`: what a list of many tools costs, beside reading it. The measuring program is that of
//! `bench decide`.

use super::decide::program;
use crate::Failure;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many tools one server has; may be repeated [default: 20, 200 and 2000]
    #[arg(long)]
    tools: Vec<usize>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut command = program().args(&["lists"]);
    for count in &args.tools {
        command = command.args(&["--tools", &count.to_string()]);
    }
    if args.json {
        command = command.args(&["--json"]);
    }
    command.run()
}
