//! `portcullis up`: the quick start. One command puts the gateway in front of MCP servers that
//! already run: it writes a working folder, starts the policy server and Envoy, waits until both
//! answer, and keeps them running until it is told to stop.
//!
//! What it starts is what an operator would start: the same binary with a configuration file, and
//! Envoy with another. So nothing here is on the path of a call, and a quick start that has grown
//! up is taken over by copying its folder. Deliberately absent: a fallback that would let a call
//! through while either process is down. Without the policy server the filter refuses.

mod args;
mod envoy;
mod find;
mod folder;
mod keys;
mod leftovers;
mod plan;
mod ports;
mod process;
mod ready;
mod server;
mod state;
mod summary;
mod supervise;
mod survey;
mod token;
pub(crate) mod upstream;
mod watch;

use std::path::PathBuf;

pub use args::{Args, TokenArgs};
use folder::Folder;
use keys::TokenKey;
use plan::Plan;
use state::{Endpoints, RunState};
pub use token::token;

/// Why the gateway is not up.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// There is nothing to put the gateway in front of.
    #[error(
        "name at least one MCP server, for example: portcullis up --upstream files=http://127.0.0.1:9000/mcp"
    )]
    NoUpstream,
    /// Two servers have the same name.
    #[error("two upstreams are named '{0}'; give each its own name")]
    Twice(String),
    /// `--forward-token` names a server that is not there.
    #[error("--forward-token names '{0}', which is no --upstream")]
    UnknownServer(String),
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] folder::FolderError),
    /// There is no key.
    #[error(transparent)]
    Key(#[from] keys::KeyError),
    /// Envoy or the filter is missing.
    #[error(transparent)]
    Find(#[from] find::FindError),
    /// No port could be had.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; choose another with {option}")]
    Port {
        /// The port that was asked for.
        port: u16,
        /// The option that chooses it.
        option: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The policies folder is not there.
    #[error("there is no policies folder {0}")]
    NoPolicies(PathBuf),
    /// The file of certificate authorities is not there.
    #[error("--upstream-ca: there is no file {0}")]
    NoAuthorities(PathBuf),
    /// A process could not be started or did not become ready.
    #[error(transparent)]
    Process(#[from] process::ProcessError),
    /// The run state of the folder cannot be read.
    #[error("{0} is not a folder in which 'portcullis up' has run; name one with --dir")]
    NoRun(PathBuf),
    /// Signals cannot be received.
    #[error("cannot listen for signals: {0}")]
    Signals(std::io::Error),
    /// The summary could not be written.
    #[error("cannot print: {0}")]
    Print(std::io::Error),
}

/// Brings the gateway up and keeps it up until a signal arrives.
///
/// # Errors
/// Says what is missing or which process would not start, with the end of its log.
pub async fn run(args: Args) -> Result<(), UpError> {
    check(&args)?;
    let envoy_binary = find::envoy(args.envoy.as_deref())?;
    let folder = Folder::create(&args.dir)?;
    let _lock = folder.lock()?;
    leftovers::stop(&folder).await;
    let key = TokenKey::load_or_create(&folder.signing_key())?;
    keys::create_redaction_key(&folder.redaction_key())?;
    let plan = plan_of(&args, folder, &key)?;
    let endpoints = write_files(&args, &plan, &key)?;
    let mut gateway = supervise::start(&plan, envoy_binary, args.workers).await?;
    folder::write(&plan.folder.endpoints(), &endpoints.text())?;
    summary::print(&args, &plan, &endpoints).map_err(UpError::Print)?;
    if args.json {
        return gateway.keep().await;
    }
    let told = async {
        let lines = survey::lines(&args, &plan, &endpoints).await;
        // Nobody reads it any more when this fails.
        let _closed = summary::print_tools(&lines);
        watch::tell(plan.folder.clone()).await;
    };
    tokio::select! {
        kept = gateway.keep() => kept,
        () = told => Ok(()),
    }
}

fn check(args: &Args) -> Result<(), UpError> {
    if args.upstreams.is_empty() {
        return Err(UpError::NoUpstream);
    }
    let mut names: Vec<&str> = args.upstreams.iter().map(|u| u.name.as_str()).collect();
    names.sort_unstable();
    if let Some([twice, _]) = names.array_windows().find(|[a, b]| a == b) {
        return Err(UpError::Twice((*twice).to_owned()));
    }
    let unknown = args
        .forward_token
        .iter()
        .find(|name| !names.contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| Err(UpError::UnknownServer(name.clone())))
}

fn plan_of(args: &Args, folder: Folder, key: &TokenKey) -> Result<Plan, UpError> {
    let before = RunState::read(&folder)?;
    let port = ports::choose(args.port, before.as_ref().map(|s| s.port), "--port")?;
    let admin_before = before.as_ref().map(|s| s.admin_port);
    let admin_port = ports::choose(args.admin_port, admin_before, "--admin-port")?;
    let policies = match &args.policies {
        Some(path) => path
            .canonicalize()
            .map_err(|_| UpError::NoPolicies(path.clone()))?,
        None => server::starter_policies(&folder)?,
    };
    Ok(Plan {
        port,
        admin_port,
        policies,
        filter: find::filter(args.filter.as_deref())?,
        servers: args.upstreams.clone(),
        upstream_ca: authorities(args)?,
        origins: args.origins.clone(),
        forward_token: args.forward_token.clone(),
        jwks: key.jwks(),
        folder,
    })
}

fn authorities(args: &Args) -> Result<Option<PathBuf>, UpError> {
    let found = args.upstream_ca.as_ref().map(|path| {
        let found = path.canonicalize();
        found.map_err(|_| UpError::NoAuthorities(path.clone()))
    });
    found.transpose()
}

fn write_files(args: &Args, plan: &Plan, key: &TokenKey) -> Result<Endpoints, UpError> {
    let state = RunState::of(plan);
    let endpoints = Endpoints::of(plan, token::for_users(key, &state, args)?);
    folder::write(&plan.folder.run_state(), &state.text())?;
    folder::write(&plan.folder.jwks(), &format!("{:#}\n", plan.jwks))?;
    folder::write(
        &plan.folder.envoy_config(),
        &format!("{:#}\n", envoy::bootstrap(plan)),
    )?;
    folder::write(
        &plan.folder.server_config(),
        &server::config(plan, args.audit_sync),
    )?;
    Ok(endpoints)
}
