//! `portcullis policy`.

mod bundle;
mod changes;
mod check;
mod diff;
mod drift;
mod explain;
mod fmt;
mod replay;
mod schema;
mod test;
mod traffic;

use std::path::Path;

use portcullis_core::policies::Policies;
use portcullis_core::registry::Registry;

use crate::library::{self, FolderError};

/// What to do with policies.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    Check(check::Args),
    Fmt(fmt::Args),
    Diff(diff::Args),
    Replay(replay::Args),
    Schema(schema::Args),
    Drift(drift::Args),
    Test(test::Args),
    Explain(explain::Args),
    /// Sign policies into one file, and check such files
    #[command(subcommand)]
    Bundle(bundle::Command),
}

pub(super) fn run(command: &Command) -> u8 {
    match command {
        Command::Check(args) => check::run(args),
        Command::Fmt(args) => fmt::run(args),
        Command::Diff(args) => diff::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Drift(args) => drift::run(args),
        Command::Test(args) => test::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Bundle(command) => bundle::run(command),
    }
}

/// Loads a folder once, with the tools that it lists itself and those that servers have listed.
fn load(dir: &Path, registry: &Registry) -> Result<Policies, FolderError> {
    Ok(Policies::load(library::read_folder(dir)?, registry)?)
}
