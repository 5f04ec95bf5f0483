//! `portcullis config`.

use std::path::PathBuf;

use super::{OK, PROBLEMS, fail, say};
use crate::config::{Config, RawConfig};

/// What to do with the configuration.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Read a file as `serve` would, without starting anything
    ///
    /// Exit codes: 0 the file is good, 1 it is not, 2 wrong usage.
    Check {
        /// The configuration file
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of the configuration file
    Schema,
}

pub(super) fn run(command: &Command) -> u8 {
    match command {
        Command::Schema => {
            let schema = schemars::schema_for!(RawConfig);
            say(&serde_json::to_string_pretty(&schema).unwrap_or_default());
            OK
        }
        Command::Check { config, json } => {
            let read = Config::read(config);
            if *json {
                let error = read.as_ref().err().map(ToString::to_string);
                say(&serde_json::json!({ "ok": error.is_none(), "error": error }));
                return if read.is_ok() { OK } else { PROBLEMS };
            }
            match read {
                Ok(config) => {
                    say(&format!(
                        "ok: data on {}, admin on {}",
                        config.data.address, config.admin.address
                    ));
                    OK
                }
                Err(error) => fail(&error, PROBLEMS),
            }
        }
    }
}
