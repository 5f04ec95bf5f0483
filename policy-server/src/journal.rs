//! The audit log: append, commit, and hand back [`Recorded`].
//!
//! One task writes; it takes what waits in the queue, seals it onto the chain and commits it as one
//! transaction. Only after the commit does anybody get a [`Recorded`]. Deliberately absent: any
//! other way to make one, and a queue without a bound.

mod batch;
mod cleaning;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use portcullis_core::audit::{Record, UnknownOutcome};
use portcullis_core::redaction::Redacting;
use portcullis_core::registry::Change;
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{CallId, ServerName};
use tokio::sync::{mpsc, oneshot};

use crate::clock;
use crate::metrics::Metrics;
use crate::store::{Restored, SessionRow, Store, StoreError};

use self::cleaning::Cleaning;
use self::writer::Writer;

/// Most appends that wait; beyond it the next is refused.
const QUEUE_MAX: usize = 4_096;

/// Most entries of one append.
pub const ENTRIES_MAX: usize = 256;

/// Longest wait for a commit, queueing included; then the append is refused.
const APPEND_TIMEOUT: Duration = Duration::from_secs(2);

/// What was recorded: the record is committed. Made by [`Journal::append_once`] alone.
#[must_use]
#[derive(Debug)]
pub struct Recorded<T>(T);

impl<T> Recorded<T> {
    /// The value, which may now leave.
    pub fn released(self) -> T {
        self.0
    }
}

/// A record on its way, and what else changes with it in the same transaction.
#[derive(Debug)]
pub struct Entry {
    /// When it happened, in microseconds since 1970.
    pub time_us: i64,
    /// What happened.
    pub record: Record,
    /// What changes with it.
    pub change: Effect,
}

/// What a record changes beside the log.
#[derive(Debug)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// A call is decided; an allowed one is open until its end is reported.
    Decide(CallId, Await),
    /// A call has ended. Reported twice, it is recorded once.
    End(CallId),
    /// A call's end will not be known. Should it be reported late, it is recorded after all.
    GiveUp(CallId),
    /// A call was refused by the filter. Reported twice, it is recorded once.
    Refuse(CallId),
    /// Secrets were found in a call. Its record names the call's decision.
    Redact(CallId),
    /// A session is opened, perhaps in the place of others, which are closed.
    Open(SessionRow, Close),
    /// A session is closed.
    Close(Close),
    /// A server's tools changed.
    Tools(ServerName, Vec<Change>),
    /// A bundle made at this second came into force; an older one will not any more.
    Bundle(i64),
}

/// The ends of sessions.
#[derive(Clone, Debug)]
pub struct Close {
    /// The sessions.
    pub sessions: Vec<Digest>,
    /// Sessions of earlier ends that are forgotten now.
    pub forgotten: Vec<Digest>,
}

/// Whether a call's end is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Await {
    /// The call was allowed: it will end.
    Outcome,
    /// The call was denied.
    Nothing,
}

/// Why a record was not committed. Nothing may be released then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The call has a decision already.
    #[error("the call is decided already")]
    Duplicate,
    /// The commit failed.
    #[error("the audit log cannot be written: {0}")]
    Storage(String),
    /// The record itself cannot be written; all others can.
    #[error("the record cannot be stored: {0}")]
    Unstorable(String),
    /// Too many appends wait.
    #[error("too many records wait for the disk")]
    Full,
    /// The commit took too long.
    #[error("the disk is too slow")]
    Slow,
    /// The writer is gone.
    #[error("the audit log is closed")]
    Closed,
}

/// The places of entries that were recorded before, and so were not again.
pub type Repeats = Vec<usize>;

/// One append: all of its entries are committed together, or none.
#[derive(Debug)]
struct Order {
    entries: Vec<Entry>,
    done: oneshot::Sender<Result<Repeats, AppendError>>,
}

/// What the last commit said; `None` means that it succeeded.
type Health = Arc<Mutex<Option<String>>>;

/// The handle to the writer.
#[derive(Clone, Debug)]
pub struct Journal {
    queue: mpsc::Sender<Order>,
    health: Health,
    metrics: Arc<Metrics>,
    rules: Cleaning,
}

impl Journal {
    /// From now on records are written without what these rules find.
    pub fn clean_by(&self, rules: Arc<Redacting>) {
        self.rules.set(rules);
    }

    /// Opens the log, starts its writer, and closes the calls that a former run left open.
    ///
    /// # Errors
    /// The database cannot be used, or the log is broken.
    pub async fn open(store: Store, metrics: Arc<Metrics>) -> Result<(Self, Restored), StoreError> {
        let lock = store.lock()?;
        let mut connection = store.prepare().await?;
        let restored = store.restore(&mut connection).await?;
        let (queue, orders) = mpsc::channel(QUEUE_MAX);
        let health = Health::default();
        let rules = Cleaning::default();
        let writer = Writer::new(
            store,
            connection,
            lock,
            health.clone(),
            metrics.clone(),
            rules.clone(),
        )
        .await?;
        tokio::spawn(writer.run(orders));
        Ok((
            Self {
                queue,
                health,
                metrics,
                rules,
            },
            restored,
        ))
    }

    /// Records the start, and that the calls left open will never be known to have ended.
    ///
    /// # Errors
    /// The records cannot be committed.
    pub async fn begin(
        &self,
        start: Record,
        open: &[crate::store::OpenCall],
    ) -> Result<(), AppendError> {
        let time_us = clock::now_us();
        let first = Entry {
            time_us,
            record: start,
            change: Effect::Nothing,
        };
        let unknown = open.iter().map(|open| Entry {
            time_us,
            record: Record::UnknownOutcome(UnknownOutcome {
                call: open.call,
                decision: open.decision,
            }),
            change: Effect::GiveUp(open.call),
        });
        let mut entries: Vec<Entry> = std::iter::once(first).chain(unknown).collect();
        while !entries.is_empty() {
            let rest = entries.split_off(entries.len().min(ENTRIES_MAX));
            self.append((), entries).await?.released();
            entries = rest;
        }
        Ok(())
    }

    /// Commits entries, and says so by wrapping the value that waited for it.
    ///
    /// # Errors
    /// Nothing was committed, or that is not known in time.
    pub async fn append<T>(
        &self,
        value: T,
        entries: Vec<Entry>,
    ) -> Result<Recorded<T>, AppendError> {
        self.append_once(entries, |_| value).await
    }

    /// The same, with a value made from what was recorded before.
    ///
    /// # Errors
    /// As above.
    pub async fn append_once<T>(
        &self,
        entries: Vec<Entry>,
        value: impl FnOnce(Repeats) -> T,
    ) -> Result<Recorded<T>, AppendError> {
        let start = clock::start();
        let (done, wait) = oneshot::channel();
        self.queue
            .try_send(Order { entries, done })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => AppendError::Full,
                mpsc::error::TrySendError::Closed(_) => AppendError::Closed,
            })?;
        let outcome = tokio::time::timeout(APPEND_TIMEOUT, wait).await;
        self.metrics.append_duration(clock::seconds_since(start));
        match outcome {
            Ok(Ok(result)) => result.map(|repeats| Recorded(value(repeats))),
            Ok(Err(_)) => Err(AppendError::Closed),
            Err(_) => Err(AppendError::Slow),
        }
    }

    /// Whether the log can be written. After a failure it is tried again.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub async fn check(&self) -> Result<(), String> {
        let last = self
            .health
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if last.is_none() && !self.queue.is_closed() {
            return Ok(());
        }
        let probe = self.append((), Vec::new()).await;
        probe
            .map(Recorded::released)
            .map_err(|error| error.to_string())
    }

    /// Lets what waits be committed, and waits for it.
    pub async fn drain(&self) {
        // An empty append is last in the queue: when it is done, everything before it is.
        let last = self.append((), Vec::new()).await;
        if let Err(error) = last {
            tracing::warn!(%error, "the audit log could not be drained");
        }
    }
}

#[cfg(test)]
mod tests;
