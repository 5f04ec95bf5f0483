//! Recorded decisions as `replay` and `diff` read them: from the database, in order, a page at a time.
//!
//! The database is opened to read only; a server may go on writing it. Deliberately absent: checking
//! the chain, which is `audit verify`'s.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use portcullis_core::audit::time;
use portcullis_core::cases::CaseError;
use portcullis_core::policies::Policies;
use portcullis_core::registry::Registry;
use portcullis_core::replay::{Decided, Head};
use portcullis_protocol::names::CallId;
use sqlx::sqlite::SqliteConnection;

use crate::clock;
use crate::config::Sync;
use crate::library::FolderError;
use crate::store::{Store, StoreError, decision_of, head, records_after};

/// Records read at once.
const PAGE: i64 = 1_000;

/// How far before the first record of a range the reading starts: times of neighbours may differ.
const MARGIN: i64 = 2_000;

/// Why nothing can be compared.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnreadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{folder}: {source}")]
    Folder {
        folder: PathBuf,
        source: FolderError,
    },
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
    #[error("cannot read {path}: {source}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Case(#[from] CaseError),
}

/// Which decisions.
#[derive(Debug, clap::Args)]
pub(super) struct Range {
    /// From when on: a time like 2026-11-20T00:00:00Z, or how long ago, like 90m, 24h or 7d
    #[arg(long, value_name = "WHEN", value_parser = when)]
    since: Option<When>,
    /// Until when, likewise
    #[arg(long, value_name = "WHEN", value_parser = when)]
    until: Option<When>,
    /// Stop after this many decisions
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// In milliseconds since 1970.
    At(i64),
    /// So many milliseconds ago.
    Ago(i64),
}

impl When {
    const fn at(self, now_ms: i64) -> i64 {
        match self {
            Self::At(ms) => ms,
            Self::Ago(ms) => now_ms.saturating_sub(ms),
        }
    }
}

fn when(text: &str) -> Result<When, String> {
    if let Some(ms) = time::read_ms(text) {
        return Ok(When::At(ms));
    }
    let units = [
        ("s", 1_000),
        ("m", 60_000),
        ("h", 3_600_000),
        ("d", 86_400_000),
    ];
    let ago = units.into_iter().find_map(|(unit, ms)| {
        let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
        i64::from(number).checked_mul(ms)
    });
    let wrong = || "write a time like 2026-11-20T00:00:00Z, or how long ago, like 24h".to_owned();
    ago.map(When::Ago).ok_or_else(wrong)
}

/// The log, opened to read.
pub(super) struct Log {
    store: Store,
    connection: SqliteConnection,
}

impl Log {
    pub(super) async fn open(database: &Path) -> Result<Self, UnreadError> {
        let store = Store::new(database.to_owned(), Sync::Disk);
        let connection = store.connect_read_only().await?;
        Ok(Self { store, connection })
    }

    /// The tools that servers have listed.
    pub(super) async fn registry(&mut self) -> Result<Registry, UnreadError> {
        Ok(self.store.tools(&mut self.connection).await?)
    }

    /// The decision on one call, if it is in the log and can be read.
    pub(super) async fn decision(&mut self, call: CallId) -> Result<Option<Decided>, UnreadError> {
        let seq = decision_of(&mut self.connection, call).await;
        let Some(seq) = seq.map_err(|error| self.store.sql(error))? else {
            return Ok(None);
        };
        let rows = self.page(seq - 1, 1).await?;
        let record = rows.first().filter(|(found, _)| *found == seq);
        Ok(record.and_then(|(_, record)| Decided::read(record).ok()))
    }

    /// Hands over each decision of a range, or that one cannot be read.
    pub(super) async fn each(
        &mut self,
        range: &Range,
        mut take: impl FnMut(Option<Decided>),
    ) -> Result<(), UnreadError> {
        let now_ms = clock::now_us() / 1_000;
        let since = range.since.map_or(i64::MIN, |when| when.at(now_ms));
        let until = range.until.map_or(i64::MAX, |when| when.at(now_ms));
        let limit = range.limit.unwrap_or(u64::MAX);
        let mut progress = Progress::new();
        let mut seq = self.start(since).await?;
        let mut taken = 0;
        while taken < limit {
            let rows = self.page(seq, PAGE).await?;
            let Some((last, _)) = rows.last() else { break };
            seq = *last;
            for (_, record) in &rows {
                let Ok(head) = Head::read(record) else {
                    take(None);
                    continue;
                };
                let inside = head.time_ms().is_some_and(|ms| since <= ms && ms < until);
                if taken < limit && head.is_decision() && inside {
                    taken += 1;
                    take(Decided::read(record).ok());
                }
            }
            progress.at(taken);
        }
        Ok(())
    }

    async fn page(&mut self, seq: i64, limit: i64) -> Result<Vec<(i64, Vec<u8>)>, UnreadError> {
        let rows = records_after(&mut self.connection, seq, limit).await;
        let rows = rows.map_err(|error| self.store.sql(error))?;
        Ok(rows.into_iter().map(|row| (row.seq, row.record)).collect())
    }

    /// A number well before the first record of this time, found by halving.
    async fn start(&mut self, since_ms: i64) -> Result<i64, UnreadError> {
        let end = head(&mut self.connection).await;
        let end = end.map_err(|error| self.store.sql(error))?.seq;
        let (mut low, mut high) = (0, i64::try_from(end).unwrap_or(i64::MAX));
        while high - low > MARGIN {
            let middle = low + (high - low) / 2;
            let row = self.page(middle, 1).await?.pop();
            let time = row.and_then(|(_, record)| Head::read(&record).ok()?.time_ms());
            match time {
                Some(ms) if ms < since_ms => low = middle,
                _ => high = middle,
            }
        }
        Ok((low - MARGIN).max(0))
    }
}

/// How far it is, for somebody who looks on.
struct Progress {
    shown: bool,
}

impl Progress {
    const fn new() -> Self {
        Self { shown: false }
    }

    fn at(&mut self, decisions: u64) {
        let mut out = std::io::stderr();
        if out.is_terminal() {
            self.shown = true;
            let _ = write!(out, "\r{decisions} decisions");
            let _ = out.flush();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            eprint!("\r\u{1b}[K");
        }
    }
}

/// Loads a folder with the tools that it lists itself, and those that servers have listed.
pub(super) fn load(folder: &Path, registry: &Registry) -> Result<Policies, UnreadError> {
    let failed = |source| UnreadError::Folder {
        folder: folder.to_owned(),
        source,
    };
    super::load(folder, registry).map_err(failed)
}

/// Runs what waits for the database.
pub(super) fn block_on<T>(
    work: impl Future<Output = Result<T, UnreadError>>,
) -> Result<T, UnreadError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(UnreadError::Runtime)?.block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(when("24h"), Ok(When::Ago(86_400_000)));
        assert_eq!(when("7d"), Ok(When::Ago(604_800_000)));
        assert_eq!(when("90s").map(|when| when.at(100_000)), Ok(10_000));
        assert_eq!(when("1970-01-01T00:00:01Z"), Ok(When::At(1_000)));
        for bad in ["", "h", "-1h", "1w", "yesterday", "2026-11-20", "1.5h"] {
            assert!(when(bad).is_err(), "{bad}");
        }
    }
}
