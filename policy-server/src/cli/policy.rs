//! `portcullis policy`.

mod bundle;
mod check;
mod fmt;
mod render;
mod sarif;
mod schema;

/// What to do with policies.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    Check(check::Args),
    Fmt(fmt::Args),
    Schema(schema::Args),
    /// Sign policies into one file, and check such files
    #[command(subcommand)]
    Bundle(bundle::Command),
}

pub(super) fn run(command: &Command) -> u8 {
    match command {
        Command::Check(args) => check::run(args),
        Command::Fmt(args) => fmt::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Bundle(command) => bundle::run(command),
    }
}
