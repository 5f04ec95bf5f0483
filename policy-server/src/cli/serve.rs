//! `portcullis serve`.

use std::path::PathBuf;

use super::{OK, fail};
use crate::config::{Config, LogFormat};
use crate::serve::{ServeError, start};

/// The configuration is wrong (`EX_USAGE`).
const CONFIGURATION: u8 = 64;
/// The log or an address cannot be had (`EX_OSERR`).
const SYSTEM: u8 = 71;

/// Run the policy server that filters ask
///
/// Runs until SIGTERM or SIGINT, then lets requests end and commits what waits.
///
/// Exit codes: 0 stopped in order, 64 bad configuration, 71 the log or an address cannot be had.
/// `PORTCULLIS_LOG` sets what is logged, as in `PORTCULLIS_LOG=debug`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file; `portcullis config schema` describes it
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Log one JSON object a line, whatever the file says
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> u8 {
    let config = match Config::read(&args.config) {
        Ok(config) => config,
        Err(error) => return fail(&error, CONFIGURATION),
    };
    crate::log::to_stderr(if args.json {
        LogFormat::Json
    } else {
        config.log
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let served = match runtime {
        Ok(runtime) => runtime.block_on(serve(&config)),
        Err(error) => return fail(&error, SYSTEM),
    };
    match served {
        Ok(()) => OK,
        Err(error) => fail(&error, SYSTEM),
    }
}

async fn serve(config: &Config) -> Result<(), ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let running = start(config).await?;
    let version = env!("CARGO_PKG_VERSION");
    tracing::info!(version, data = %running.data, admin = %running.admin, "ready for questions");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}
