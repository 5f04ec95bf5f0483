//! Assembly: configuration in, a running server out, and its orderly end.

use std::sync::Arc;

use portcullis_core::audit::{Record, Start};
use portcullis_core::registry::Registry;
use tokio::sync::watch;

use crate::candidate::Candidate;
use crate::clock;
use crate::config::{Address, Config};
use crate::files::{self, Trust};
use crate::gate::Gate;
use crate::http::{self, Admin, BindError, Data, Door, Listener};
use crate::journal::{AppendError, Journal};
use crate::library::{Handles, Library, News, Origin, POLL_INTERVAL, State};
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The audit log cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The start cannot be recorded.
    #[error("cannot record the start: {0}")]
    Append(#[from] AppendError),
    /// A listener cannot be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The system does not say where a listener is.
    #[error("cannot tell the address of a listener: {0}")]
    Address(#[from] std::io::Error),
}

/// A server that accepts connections.
#[derive(Debug)]
pub struct Running {
    /// Where filters ask, as bound.
    pub data: Address,
    /// Where operators look, as bound.
    pub admin: Address,
    stop: watch::Sender<bool>,
    listeners: Vec<tokio::task::JoinHandle<()>>,
    journal: Journal,
}

/// Starts a server: log, policies, then the listeners.
///
/// Broken policies do not keep it from starting: it then denies everything until they are mended.
///
/// # Errors
/// The log or an address cannot be had.
pub async fn start(config: &Config) -> Result<Running, ServeError> {
    let metrics = Arc::new(Metrics::default());
    let store = Store::new(config.database.clone(), config.sync);
    let (journal, mut restored) = Journal::open(store, metrics.clone()).await?;
    let registry = std::mem::take(&mut restored.registry);
    let candidate = config.candidate.clone().map(|dir| {
        let known = registry.clone();
        Arc::new(Candidate::new(dir, known))
    });
    doubt(config);
    let library = Arc::new(library(config, registry));
    library.remember(restored.newest_bundle_s);
    let mut seen = None;
    let news = library.look(&mut seen);
    let policies = match &news {
        News::Policies(policies) => Some(policies.digest()),
        _ => None,
    };
    let version = env!("CARGO_PKG_VERSION");
    let record = Record::Start(Start {
        version,
        sync: config.sync.word(),
        policies,
    });
    journal
        .begin(record, &std::mem::take(&mut restored.open))
        .await?;
    let gate = Gate::new(
        library.clone(),
        journal.clone(),
        metrics.clone(),
        restored,
        config.redaction.clone(),
    );
    let gate = gate.keeping(config.arguments.into());
    let gate = Arc::new(gate.beside(candidate.clone()));
    take_over(&gate, &library, &metrics, news).await;
    let data = Listener::bind(&config.data.address).await?;
    let admin = Listener::bind(&config.admin.address).await?;
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(watch_folder(
        gate.clone(),
        library.clone(),
        metrics.clone(),
        seen,
        stopping.clone(),
    ));
    if let Some(candidate) = candidate.clone() {
        tokio::spawn(watch_candidate(gate.clone(), candidate, stopping.clone()));
    }
    let addresses = (data.address()?, admin.address()?);
    let data_door = Door::of_data(&config.data, &config.proof, metrics.clone());
    let admin_door = Door::of_admin(&config.admin, metrics.clone());
    let data_routes = Arc::new(Data::new(gate));
    let admin_routes = Arc::new(Admin::new(library, candidate, journal.clone(), metrics));
    let listeners = vec![
        tokio::spawn(http::serve(data, data_door, data_routes, stopping.clone())),
        tokio::spawn(http::serve(admin, admin_door, admin_routes, stopping)),
    ];
    Ok(Running {
        data: addresses.0,
        admin: addresses.1,
        stop,
        listeners,
        journal,
    })
}

/// The library of a configuration's policies.
fn library(config: &Config, registry: Registry) -> Library {
    let handles = match config.redaction.has_handles() {
        true => Handles::Possible,
        false => Handles::Impossible,
    };
    Library::new(config.policies.clone(), registry).with(handles)
}

impl Running {
    /// Stops accepting, lets requests end, and commits what waits.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for listener in self.listeners {
            if let Err(error) = listener.await {
                tracing::error!(%error, "a listener failed");
            }
        }
        self.journal.drain().await;
    }
}

/// Says so when somebody else may change the policies, or put another socket in the place of ours:
/// a folder that another user fills may be meant, as with a checkout that is kept up to date or a
/// volume that containers share.
fn doubt(config: &Config) {
    if let Origin::Folder(folder) = &config.policies
        && let Err(error) = files::look_along(folder, Trust::Policies)
        && !error.is_absent()
    {
        tracing::warn!("the policies are in the hands of others: {error}");
    }
    if let Address::Unix(socket) = &config.data.address
        && let Some(folder) = socket.parent()
        && let Err(error) = files::resolve(folder)
        && !error.is_absent()
    {
        tracing::warn!("filters may be led to another socket than this server's: {error}");
    }
}

/// Follows the candidate's folder until the server stops.
async fn watch_candidate(
    gate: Arc<Gate>,
    candidate: Arc<Candidate>,
    mut stop: watch::Receiver<bool>,
) {
    let mut seen: Seen = None;
    loop {
        let changing = gate.changing().await;
        let candidate = candidate.clone();
        let look = move || {
            candidate.look(&mut seen);
            seen
        };
        match tokio::task::spawn_blocking(look).await {
            Ok(now_seen) => seen = now_seen,
            Err(error) => {
                tracing::error!(%error, "reading the candidate's folder failed; changes are no longer seen");
                return;
            }
        }
        drop(changing);
        tokio::select! {
            () = tokio::time::sleep(POLL_INTERVAL) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

type Seen = Option<Result<portcullis_core::policies::Sources, String>>;

/// Follows the folder until the server stops.
async fn watch_folder(
    gate: Arc<Gate>,
    library: Arc<Library>,
    metrics: Arc<Metrics>,
    mut seen: Seen,
    mut stop: watch::Receiver<bool>,
) {
    let mut stale = false;
    loop {
        tokio::select! {
            () = tokio::time::sleep(POLL_INTERVAL) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let _changing = gate.changing().await;
        let library_to_read = library.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let news = library_to_read.look(&mut seen);
            (news, seen)
        });
        let Ok((news, now_seen)) = looked.await else {
            tracing::error!("reading the policies folder failed; changes are no longer seen");
            library.keep("reading the policies folder failed".to_owned());
            return;
        };
        seen = now_seen;
        if !take_over(&gate, &library, &metrics, news).await {
            // Not recorded, so not in force: look at the same content again.
            seen = None;
        }
        stale = tell_staleness(&library.state(), stale);
    }
}

/// Says once when the policies become stale, and once when they no longer are.
fn tell_staleness(state: &State, was: bool) -> bool {
    let now_us = clock::now_us();
    let is = state.is_stale(now_us);
    if is && !was {
        let why = state.trouble(now_us).unwrap_or_default();
        tracing::error!("everything is denied: {why}");
    } else if was && !is {
        tracing::info!("the policies are no longer stale");
    }
    is
}

/// Most tools in quarantine that the log names.
const QUARANTINED_MAX: usize = 16;

/// Says which tools the policies in force put into quarantine.
fn tell_quarantined(library: &Library) {
    let state = library.state();
    let policies = state.policies.as_deref();
    let all = policies
        .into_iter()
        .flat_map(|policies| policies.catalogue().quarantined());
    for (server, tool, why) in all.take(QUARANTINED_MAX) {
        tracing::warn!(%server, %tool, %why, "a tool is in quarantine: no call of it is made");
    }
}

/// Puts news in force. False when that could not be recorded.
async fn take_over(gate: &Gate, library: &Library, metrics: &Metrics, news: News) -> bool {
    match news {
        News::None => {}
        News::Broken(error) => {
            metrics.reload_failed();
            let kept = library.state().policies.is_some();
            tracing::error!(%error, last_good_kept = kept, "the policies are refused");
            library.keep(error.to_string());
        }
        News::Policies(policies) => {
            let (digest, files) = (policies.digest(), policies.files());
            if let Err(error) = gate.adopt(policies).await {
                tracing::error!(%error, "new policies are not in force: that cannot be recorded");
                return false;
            }
            metrics.reload_succeeded();
            metrics.bundle(&library.state());
            match files {
                0 => tracing::warn!(%digest, "there are no policies: everything is denied"),
                _ => tracing::info!(%digest, files, "policies are in force"),
            }
            tell_quarantined(library);
        }
    }
    true
}
