//! The database: one connection that writes, migrations, and what is read back at start.
//!
//! Runtime queries in the subset of SQL that SQLite and PostgreSQL share, `$1` placeholders.
//! Deliberately absent: decisions about what is written; the `journal` makes them.

mod rows;

use std::path::{Path, PathBuf};
use std::time::Duration;

use portcullis_core::audit::{self, Link, Verifier, leaf};
use portcullis_core::registry::Registry;
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{CallId, ServerName};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row};

use crate::config::Sync;
use crate::files::{self, Fault, FileError, Trust};

/// Longest wait for another process's write lock; then the append is refused.
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);

/// How many of the last records must chain before the server starts. `audit verify` checks all.
const TAIL_RECORDS: i64 = 1_000;

/// The first SQLite release whose WAL does not lose commits on a reset.
const SQLITE_SINCE: (u32, u32, u32) = (3, 51, 3);

/// Migrations in their order; the number of a migration is its position, from one.
const MIGRATIONS: [&str; 5] = [
    include_str!("../migrations/sqlite/0001_begin.sql"),
    include_str!("../migrations/sqlite/0002_closed_sessions.sql"),
    include_str!("../migrations/sqlite/0003_tool_definitions.sql"),
    include_str!("../migrations/sqlite/0004_bundles.sql"),
    include_str!("../migrations/sqlite/0005_definitions.sql"),
];

/// Most statements that are kept prepared. Only short texts are: see `journal::batch`.
const STATEMENTS_MAX: usize = 64;

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQL failed.
    #[error("cannot use the database {path}: {source}")]
    Sql {
        /// The database.
        path: PathBuf,
        /// What failed.
        source: sqlx::Error,
    },
    /// The file is not to be had, or not to be believed.
    #[error("the audit log: {0}")]
    Unsafe(#[from] FileError),
    /// The file cannot be locked.
    #[error("cannot use the database {path}: {source}")]
    File {
        /// The database.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// Another server writes this log.
    #[error("another server is using the database {0}; one log has one writer")]
    InUse(PathBuf),
    /// SQLite is too old.
    #[error("the SQLite library is {0}, older than 3.51.3, and can lose commits")]
    Version(String),
    /// The database was written by a later version.
    #[error("the database is at version {0}, later than this program knows; use the newer program")]
    Later(i64),
    /// The log was changed.
    #[error("the audit log is broken: {0}; run `portcullis audit verify`")]
    Broken(String),
}

/// Where the database is, and how durable its commits are.
#[derive(Clone, Debug)]
pub struct Store {
    path: PathBuf,
    sync: Sync,
}

/// A call that was allowed and has not ended.
#[derive(Clone, Copy, Debug)]
pub struct OpenCall {
    /// The call.
    pub call: CallId,
    /// The number of its decision.
    pub decision: u64,
}

/// A session as stored.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// The session.
    pub session: Digest,
    /// The digest of its owner.
    pub owner: Digest,
    /// Its server.
    pub server: ServerName,
    /// When it was opened, in microseconds since 1970.
    pub opened_us: i64,
}

/// What the database holds beside the log.
#[derive(Debug, Default)]
pub struct Restored {
    /// Calls without an end.
    pub open: Vec<OpenCall>,
    /// Open sessions.
    pub sessions: Vec<SessionRow>,
    /// Closed sessions in the order of their ends.
    pub closed: Vec<SessionRow>,
    /// Tools.
    pub registry: Registry,
    /// When the newest bundle that was ever in force was made, in seconds since 1970.
    pub newest_bundle_s: Option<i64>,
}

impl Store {
    /// A database file.
    #[must_use]
    pub const fn new(path: PathBuf, sync: Sync) -> Self {
        Self { path, sync }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An SQL error with the database's name.
    pub fn sql(&self, source: sqlx::Error) -> StoreError {
        StoreError::Sql {
            path: self.path.clone(),
            source,
        }
    }

    /// Takes the lock that makes this process the only writer. Dropping the file releases it; so
    /// does the end of the process, however it ends.
    ///
    /// # Errors
    /// Another process holds it.
    pub fn lock(&self) -> Result<std::fs::File, StoreError> {
        let file = |source| StoreError::File {
            path: self.path.clone(),
            source,
        };
        let lock = create_private(&beside(&self.path, ".lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse(self.path.clone())),
            Err(std::fs::TryLockError::Error(source)) => Err(file(source)),
        }
    }

    /// Creates the file if need be, brings its tables up to date and checks the engine.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn prepare(&self) -> Result<SqliteConnection, StoreError> {
        for ending in BESIDE {
            match files::look(&beside(&self.path, ending), Trust::Database) {
                Err(error) if !error.is_absent() => return Err(error.into()),
                _ => {}
            }
        }
        drop(create_private(&self.path)?);
        let mut connection = self.connect().await?;
        check_version(&mut connection)
            .await
            .map_err(|error| self.sql(error))??;
        migrate(&mut connection)
            .await
            .map_err(|error| self.sql(error))??;
        Ok(connection)
    }

    /// Opens the connection that writes.
    ///
    /// # Errors
    /// The database cannot be opened.
    pub async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        let synchronous = match self.sync {
            Sync::Disk => SqliteSynchronous::Full,
            Sync::Os => SqliteSynchronous::Normal,
        };
        SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(BUSY_TIMEOUT)
            .statement_cache_capacity(STATEMENTS_MAX)
            .disable_statement_logging()
            .connect()
            .await
            .map_err(|error| self.sql(error))
    }

    /// Opens a connection that only reads.
    ///
    /// # Errors
    /// The database cannot be opened.
    pub async fn connect_read_only(&self) -> Result<SqliteConnection, StoreError> {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .read_only(true)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging()
            .connect()
            .await
            .map_err(|error| self.sql(error))
    }

    /// Reads back what the server keeps in memory, after checking the end of the chain.
    ///
    /// # Errors
    /// The database cannot be read, or the chain is broken.
    pub async fn restore(&self, connection: &mut SqliteConnection) -> Result<Restored, StoreError> {
        self.check_tail(connection).await?;
        let restored = rows::restore(connection).await;
        restored.map_err(|error| self.sql(error))
    }

    /// The tools that servers have listed, and nothing else.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn tools(&self, connection: &mut SqliteConnection) -> Result<Registry, StoreError> {
        let registry = rows::tools(connection).await;
        registry.map_err(|error| self.sql(error))
    }

    async fn check_tail(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let end = head(connection).await.map_err(|error| self.sql(error))?;
        let first = i64::try_from(end.seq).unwrap_or(i64::MAX) - TAIL_RECORDS;
        let rows = records_after(connection, first.max(0), TAIL_RECORDS).await;
        let rows = rows.map_err(|error| self.sql(error))?;
        let before = match first {
            ..=0 => Some(Link::ORIGIN),
            _ => link_at(connection, first)
                .await
                .map_err(|error| self.sql(error))?,
        };
        let missing = || StoreError::Broken("records are missing".to_owned());
        let mut verifier = Verifier::after(before.ok_or_else(missing)?);
        for row in rows {
            let whole = row.leaf == Some(leaf(&row.record));
            match verifier.next(&row.record, row.leaf) {
                // Stored as it was written, by a version that could write what it could not read.
                Err(broken) if broken.fault == audit::Fault::Unreadable && whole => {
                    tracing::warn!("{broken}; its bytes are as they were written");
                }
                next => next.map_err(|broken| StoreError::Broken(broken.to_string()))?,
            }
        }
        Ok(())
    }
}

/// One row of the log.
#[derive(Debug)]
pub struct LogRow {
    /// Its number, by the database.
    pub seq: i64,
    /// The bytes.
    pub record: Vec<u8>,
    /// The stored leaf hash, when it has the length of one.
    pub leaf: Option<Digest>,
}

/// The records after a number, at most `limit`, in order.
///
/// # Errors
/// The database cannot be read.
pub async fn records_after(
    connection: &mut SqliteConnection,
    seq: i64,
    limit: i64,
) -> Result<Vec<LogRow>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT seq, record, leaf FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(seq)
            .bind(limit)
            .fetch_all(connection)
            .await?;
    let row = |row: &sqlx::sqlite::SqliteRow| -> Result<LogRow, sqlx::Error> {
        let leaf = digest(row.try_get("leaf")?);
        // A leaf of the wrong length is a leaf that was edited.
        let leaf = leaf.or(Some(Digest::from_bytes([0; 32])));
        Ok(LogRow {
            seq: row.try_get("seq")?,
            record: row.try_get("record")?,
            leaf,
        })
    };
    rows.iter().map(row).collect()
}

/// The number of the record that decided a call.
///
/// # Errors
/// The database cannot be read.
pub async fn decision_of(
    connection: &mut SqliteConnection,
    call: CallId,
) -> Result<Option<i64>, sqlx::Error> {
    let found: Option<Option<i64>> =
        sqlx::query_scalar("SELECT decision_seq FROM calls WHERE call = $1")
            .bind(call.as_bytes().to_vec())
            .fetch_optional(connection)
            .await?;
    Ok(found.flatten())
}

/// The end of the chain.
///
/// # Errors
/// The database cannot be read.
pub async fn head(connection: &mut SqliteConnection) -> Result<Link, sqlx::Error> {
    let row = sqlx::query("SELECT seq, leaf FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(connection)
        .await?;
    row.map_or(Ok(Link::ORIGIN), |row| link(&row))
}

async fn link_at(connection: &mut SqliteConnection, seq: i64) -> Result<Option<Link>, sqlx::Error> {
    let row = sqlx::query("SELECT seq, leaf FROM audit WHERE seq = $1")
        .bind(seq)
        .fetch_optional(connection)
        .await?;
    row.map(|row| link(&row)).transpose()
}

fn link(row: &sqlx::sqlite::SqliteRow) -> Result<Link, sqlx::Error> {
    let seq: i64 = row.try_get("seq")?;
    let leaf = digest(row.try_get("leaf")?);
    let unsound = || sqlx::Error::Decode("the stored leaf is no hash".into());
    Ok(Link {
        seq: seq.unsigned_abs(),
        leaf: leaf.ok_or_else(unsound)?,
    })
}

/// A digest from stored bytes.
#[must_use]
pub fn digest(bytes: Vec<u8>) -> Option<Digest> {
    <[u8; 32]>::try_from(bytes).ok().map(Digest::from_bytes)
}

/// A call id from stored bytes.
#[must_use]
pub fn call_id(bytes: Vec<u8>) -> Option<CallId> {
    <[u8; 16]>::try_from(bytes).ok().map(CallId::from_bytes)
}

async fn check_version(
    connection: &mut SqliteConnection,
) -> Result<Result<(), StoreError>, sqlx::Error> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(connection)
        .await?;
    let mut parts = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    let found = (part(), part(), part());
    Ok(if found >= SQLITE_SINCE {
        Ok(())
    } else {
        Err(StoreError::Version(version))
    })
}

async fn migrate(connection: &mut SqliteConnection) -> Result<Result<(), StoreError>, sqlx::Error> {
    sqlx::query("CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY)")
        .execute(&mut *connection)
        .await?;
    let done: Option<i64> = sqlx::query_scalar("SELECT max(number) FROM migrations")
        .fetch_one(&mut *connection)
        .await?;
    let done = done.unwrap_or(0);
    if done > MIGRATIONS.len() as i64 {
        return Ok(Err(StoreError::Later(done)));
    }
    for (number, sql) in (1_i64..)
        .zip(MIGRATIONS)
        .filter(|(number, _)| *number > done)
    {
        let mut transaction = connection.begin().await?;
        sqlx::raw_sql(sql).execute(&mut *transaction).await?;
        sqlx::query("INSERT INTO migrations (number) VALUES ($1)")
            .bind(number)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    }
    Ok(Ok(()))
}

/// What SQLite keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Creates a file that only its owner can read, unless it exists; one of somebody else's, or that
/// others can write, holds whatever they like.
fn create_private(path: &Path) -> Result<std::fs::File, FileError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        let made = std::fs::create_dir_all(folder);
        made.map_err(|error| FileError::new(folder, Fault::Io(error)))?;
    }
    files::append(path, Trust::Database)
}

/// A path with more behind its name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
