//! `portcullis audit`.

mod tail;
mod verify;

use std::path::{Path, PathBuf};

use super::fail;
use crate::config::{Config, ConfigError, Sync};
use crate::store::{Store, StoreError};

/// Wrong usage, or the log cannot be read.
const UNREADABLE: u8 = 3;

/// What to do with the log.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print the last records
    Tail(tail::Args),
    Verify(verify::Args),
}

/// Where the log is.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// The server's configuration file, which names the database
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
}

/// Why the log cannot be read.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot read {path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
}

fn store(config: Option<&Path>, database: Option<&Path>) -> Result<Store, ConfigError> {
    let path = match (config, database) {
        (Some(config), _) => Config::database_of(config)?,
        (None, database) => database.unwrap_or_else(|| Path::new("")).to_owned(),
    };
    Ok(Store::new(path, Sync::Disk))
}

fn block_on<T>(work: impl Future<Output = Result<T, ReadError>>) -> Result<T, ReadError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(ReadError::Runtime)?.block_on(work)
}

pub(super) fn run(command: &Command) -> u8 {
    let done = match command {
        Command::Tail(args) => tail::run(args),
        Command::Verify(args) => verify::run(args),
    };
    done.unwrap_or_else(|error| fail(&error, UNREADABLE))
}
