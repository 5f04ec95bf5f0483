//! One transaction as one SQL text: a single trip to the database's thread.
//!
//! Short texts repeat, so that their prepared statements are kept and used again. Long ones seldom do,
//! and are prepared anew: kept, they would fill the memory.

use std::fmt::Write as _;

use portcullis_core::registry::{Change, Fit};
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{CallId, ServerName};
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments as _, AssertSqlSafe};

use super::{Await, Close};
use crate::store::SessionRow;

/// Longest text whose prepared statements are kept: a few records.
const KEPT_BYTES_MAX: usize = 2_048;

/// Most tools of one statement; SQLite takes no more than 32,766 arguments.
const TOOLS_MAX: usize = 64;

/// A transaction under construction.
#[derive(Debug)]
pub(super) struct Batch {
    /// What follows the rows of `audit` and of decided calls: it may refer to both.
    after: String,
    arguments: SqliteArguments,
    audit: Vec<(u64, Vec<u8>, Digest)>,
    calls: Vec<(CallId, u64, Await)>,
    failed: Option<String>,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self {
            after: String::new(),
            arguments: SqliteArguments::default(),
            audit: Vec::new(),
            calls: Vec::new(),
            failed: None,
        }
    }

    /// A record for the log.
    pub(super) fn log(&mut self, seq: u64, bytes: Vec<u8>, leaf: Digest) {
        self.audit.push((seq, bytes, leaf));
    }

    /// A decided call.
    pub(super) fn decide(&mut self, call: CallId, seq: u64, end: Await) {
        self.calls.push((call, seq, end));
    }

    /// A call's end, known before or not.
    pub(super) fn end(&mut self, call: CallId, seq: u64) {
        self.finish("outcome_seq", call, seq);
    }

    /// A call whose end will not be known, unless it is reported late.
    pub(super) fn give_up(&mut self, call: CallId) {
        let call = self.bind(bytes_of(call));
        let _ = write!(
            self.after,
            "UPDATE calls SET open = 0 WHERE call = ${call};"
        );
    }

    /// A filter's refusal, which also ends a call.
    pub(super) fn refuse(&mut self, call: CallId, seq: u64) {
        self.finish("refusal_seq", call, seq);
    }

    fn finish(&mut self, column: &'static str, call: CallId, seq: u64) {
        let call = self.bind(bytes_of(call));
        let seq = self.bind(number(seq));
        let _ = write!(
            self.after,
            "INSERT INTO calls (call, {column}, open) VALUES (${call}, ${seq}, 0) \
             ON CONFLICT (call) DO UPDATE SET {column} = excluded.{column}, open = 0;"
        );
    }

    /// A session's row.
    pub(super) fn open(&mut self, row: &SessionRow) {
        let session = self.bind(row.session.as_bytes().to_vec());
        let owner = self.bind(row.owner.as_bytes().to_vec());
        let server = self.bind(row.server.as_str().to_owned());
        let opened = self.bind(row.opened_us);
        let _ = write!(
            self.after,
            "INSERT INTO sessions (session, owner, server, opened_at) \
             VALUES (${session}, ${owner}, ${server}, ${opened}) ON CONFLICT (session) DO UPDATE \
             SET closed_seq = NULL, opened_at = excluded.opened_at \
             WHERE owner = excluded.owner AND server = excluded.server;"
        );
    }

    /// The ends of sessions.
    pub(super) fn close(&mut self, close: &Close, seq: u64) {
        for session in &close.sessions {
            let session = self.bind(session.as_bytes().to_vec());
            let seq = self.bind(number(seq));
            let _ = write!(
                self.after,
                "UPDATE sessions SET closed_seq = ${seq} WHERE session = ${session};"
            );
        }
        for forgotten in &close.forgotten {
            let forgotten = self.bind(forgotten.as_bytes().to_vec());
            let _ = write!(
                self.after,
                "DELETE FROM sessions WHERE session = ${forgotten};"
            );
        }
    }

    /// Definitions of tools that were news in a record.
    pub(super) fn tools(&mut self, server: &ServerName, changes: &[Change], seq: u64) {
        let server = self.bind(server.as_str().to_owned());
        let seq = self.bind(number(seq));
        for some in changes.chunks(TOOLS_MAX) {
            self.after.push_str(
                "INSERT INTO definitions (server, name, judged, definition, refused, seq) VALUES ",
            );
            let mut comma = "";
            for change in some {
                let name = self.bind(change.tool.as_str().to_owned());
                let (definition, refused) = match change.fit {
                    Fit::Accepted => (Some(change.after.json.as_bytes().to_vec()), None),
                    Fit::Refused => (None, Some(change.after.definition.as_bytes().to_vec())),
                };
                let judged = self.bind(change.after.judged.as_bytes().to_vec());
                let definition = self.bind(definition);
                let refused = self.bind(refused);
                let _ = write!(
                    self.after,
                    "{comma}(${server}, ${name}, ${judged}, ${definition}, ${refused}, ${seq})"
                );
                comma = ", ";
            }
            self.after.push_str(
                " ON CONFLICT (server, name, judged) DO UPDATE SET \
                 definition = excluded.definition, refused = excluded.refused, seq = excluded.seq;",
            );
        }
        for change in changes {
            for forgotten in &change.forgotten {
                let name = self.bind(change.tool.as_str().to_owned());
                let judged = self.bind(forgotten.as_bytes().to_vec());
                let _ = write!(
                    self.after,
                    "DELETE FROM definitions WHERE server = ${server} AND name = ${name} \
                     AND judged = ${judged};"
                );
            }
        }
    }

    /// The newest bundle that was ever in force.
    pub(super) fn bundle(&mut self, created_s: i64) {
        let created = self.bind(created_s);
        let _ = write!(
            self.after,
            "INSERT INTO bundles (id, created) VALUES (1, ${created}) \
             ON CONFLICT (id) DO UPDATE SET created = excluded.created \
             WHERE excluded.created > bundles.created;"
        );
    }

    /// A write that changes nothing but shows that the disk takes it.
    pub(super) fn probe(&mut self, now_us: i64) {
        let now = self.bind(now_us);
        let _ = write!(
            self.after,
            "INSERT INTO probe (id, at) VALUES (1, ${now}) \
             ON CONFLICT (id) DO UPDATE SET at = excluded.at;"
        );
    }

    /// Commits everything, or nothing.
    pub(super) async fn commit(
        mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        let mut sql = String::from("BEGIN IMMEDIATE;");
        self.write_log(&mut sql);
        self.write_calls(&mut sql);
        if let Some(failed) = self.failed {
            return Err(sqlx::Error::Encode(failed.into()));
        }
        sql.push_str(&self.after);
        sql.push_str("COMMIT;");
        let kept = sql.len() <= KEPT_BYTES_MAX;
        let query = sqlx::query_with(AssertSqlSafe(sql), self.arguments).persistent(kept);
        query.execute(connection).await.map(drop)
    }

    fn write_log(&mut self, sql: &mut String) {
        let rows = std::mem::take(&mut self.audit);
        if rows.is_empty() {
            return;
        }
        sql.push_str("INSERT INTO audit (seq, record, leaf) VALUES ");
        let mut comma = "";
        for (seq, bytes, leaf) in rows {
            let seq = self.bind(number(seq));
            let bytes = self.bind(bytes);
            let leaf = self.bind(leaf.as_bytes().to_vec());
            let _ = write!(sql, "{comma}(${seq}, ${bytes}, ${leaf})");
            comma = ", ";
        }
        sql.push(';');
    }

    fn write_calls(&mut self, sql: &mut String) {
        let rows = std::mem::take(&mut self.calls);
        if rows.is_empty() {
            return;
        }
        sql.push_str("INSERT INTO calls (call, decision_seq, open) VALUES ");
        let mut comma = "";
        for (call, seq, end) in rows {
            let call = self.bind(bytes_of(call));
            let seq = self.bind(number(seq));
            let open = self.bind(i64::from(end == Await::Outcome));
            let _ = write!(sql, "{comma}(${call}, ${seq}, ${open})");
            comma = ", ";
        }
        sql.push(';');
    }

    /// Adds an argument and gives its number.
    fn bind<'t, T>(&mut self, value: T) -> usize
    where
        T: sqlx::Encode<'t, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + 't,
    {
        if let Err(error) = self.arguments.add(value) {
            self.failed = Some(error.to_string());
        }
        self.arguments.len()
    }
}

/// The bytes of a call id as stored.
pub(super) fn bytes_of(call: CallId) -> Vec<u8> {
    call.to_string()
        .as_bytes()
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use portcullis_core::registry::ToolEntry;
    use portcullis_protocol::names::Name;
    use sqlx::Connection as _;

    use super::*;
    use crate::config::Sync;
    use crate::store::Store;

    #[tokio::test]
    async fn long_texts_are_not_kept_prepared() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("audit.db"), Sync::Os);
        let mut connection = store.prepare().await.unwrap();
        let server = ServerName::parse("demo").unwrap();
        let tool = |n: usize| Change {
            tool: Name::parse(&format!("tool-{n}")).unwrap(),
            before: None,
            forgotten: Vec::new(),
            after: ToolEntry::read("{}"),
            fit: Fit::Accepted,
        };
        let before = connection.cached_statements_size();
        for count in 100..300 {
            let mut batch = Batch::new();
            let changes: Vec<Change> = (0..count).map(tool).collect();
            batch.tools(&server, &changes, 1);
            batch.commit(&mut connection).await.unwrap();
        }
        assert_eq!(connection.cached_statements_size(), before);
        for count in 1..200 {
            let mut batch = Batch::new();
            (0..count).for_each(|n| batch.end(CallId::from_bytes([n as u8; 16]), n));
            batch.commit(&mut connection).await.unwrap();
        }
        assert!(connection.cached_statements_size() <= 64);
    }
}
