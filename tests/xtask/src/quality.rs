//! `quality`: how much of what it should find a part finds, measured on labelled messages. It fails
//! below the aims.

mod oracle;
mod redact;
mod report;

use crate::Failure;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    quality: Quality,
}

#[derive(clap::Subcommand)]
enum Quality {
    /// Secrets in messages: what is redacted, and what is taken for a secret and is none
    Redact(redact::Args),
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.quality {
        Quality::Redact(args) => redact::run(args),
    }
}
