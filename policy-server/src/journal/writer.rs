//! The one task that writes.
//!
//! A failed commit refuses its batch and drops the connection; the next batch opens a new one and
//! reads the end of the chain again, so that the writer heals when the disk does. A batch that fails
//! because of what is in it is parted until the one at fault is alone: it alone is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::{Arc, PoisonError};

use portcullis_core::audit::{Extent, Link, Record, Sealed, seal};
use portcullis_protocol::names::CallId;
use portcullis_protocol::redact::Rules;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use tokio::sync::mpsc;

use super::batch::{Batch, bytes_of};
use super::{AppendError, Await, Cleaning, Effect, Entry, Health, Order, Repeats};
use crate::clock;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError, call_id, head};

/// Most rows of one transaction, give or take one order.
const BATCH_MAX: usize = 256;

/// SQLite's extended codes for a statement that its content makes impossible: too big, of the wrong type,
/// out of range, against `CHECK`, `NOT NULL`, `PRIMARY KEY`, `UNIQUE`, or a strict type.
/// <https://www.sqlite.org/rescode.html>
const CONTENT_CODES: [i32; 8] = [18, 20, 25, 275, 1299, 1555, 2067, 3091];

pub(super) struct Writer {
    store: Store,
    connection: Option<SqliteConnection>,
    /// Held as long as this process may write.
    _lock: File,
    /// The end of the chain as last committed.
    head: Link,
    health: Health,
    metrics: Arc<Metrics>,
    rules: Cleaning,
}

/// What the database knows of a call.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    decision: Option<u64>,
    ended: bool,
    refused: bool,
}

impl Writer {
    pub(super) async fn new(
        store: Store,
        mut connection: SqliteConnection,
        lock: File,
        health: Health,
        metrics: Arc<Metrics>,
        rules: Cleaning,
    ) -> Result<Self, StoreError> {
        let head = head(&mut connection)
            .await
            .map_err(|error| store.sql(error))?;
        Ok(Self {
            store,
            connection: Some(connection),
            _lock: lock,
            head,
            health,
            metrics,
            rules,
        })
    }

    /// Commits batch after batch until every handle is gone.
    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        while let Some(first) = orders.recv().await {
            let mut size = rows(&first);
            let mut batch = vec![first];
            while size < BATCH_MAX {
                let Ok(next) = orders.try_recv() else { break };
                size += rows(&next);
                batch.push(next);
            }
            let records = batch.iter().map(|order| order.entries.len()).sum();
            self.metrics.batch_size(records);
            self.serve(batch).await;
        }
        if let Some(connection) = self.connection.take() {
            let _ = connection.close().await;
        }
    }

    /// Commits what can be committed, and tells everybody.
    async fn serve(&mut self, orders: Vec<Order>) {
        let (orders, twice) = without_repeats(orders);
        refuse(twice, &AppendError::Duplicate);
        let (orders, result) = match self.commit(&orders).await {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                let (fresh, known) = self.without_known(orders).await;
                refuse(known, &AppendError::Duplicate);
                let result = self.commit(&fresh).await;
                (fresh, result)
            }
            result => (orders, result),
        };
        let error = match result {
            Err(error) => error,
            Ok(repeats) => {
                self.say(None);
                for (order, repeats) in orders.into_iter().zip(repeats) {
                    // Whoever waited may have given up already.
                    let _ = order.done.send(repeats);
                }
                return;
            }
        };
        if is_of_content(&error) {
            return self.part(orders, &error).await;
        }
        let error = error.to_string();
        tracing::error!(%error, records = orders.len(), "the audit log cannot be written");
        self.disconnect().await;
        refuse(orders, &AppendError::Storage(error.clone()));
        self.say(Some(error));
    }

    /// Commits each half for itself, so that one order harms no other. One that is alone is refused.
    async fn part(&mut self, mut orders: Vec<Order>, error: &sqlx::Error) {
        if orders.len() > 1 {
            let rest = orders.split_off(orders.len() / 2);
            Box::pin(self.serve(orders)).await;
            return Box::pin(self.serve(rest)).await;
        }
        tracing::error!(%error, "a record cannot be stored, and is refused");
        refuse(orders, &AppendError::Unstorable(error.to_string()));
    }

    fn say(&self, health: Option<String>) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }

    async fn disconnect(&mut self) {
        if let Some(connection) = self.connection.take() {
            let closing = connection.close();
            let _ = tokio::time::timeout(std::time::Duration::from_secs(1), closing).await;
        }
    }

    /// The connection, opened anew after a failure.
    async fn connected(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        if self.connection.is_none() {
            let opened = self.store.connect().await;
            let mut connection = opened.map_err(|error| match error {
                StoreError::Sql { source, .. } => source,
                other => sqlx::Error::Configuration(other.to_string().into()),
            })?;
            let found = head(&mut connection).await?;
            // An unacknowledged commit may have come through; an acknowledged one cannot be gone.
            if found.seq < self.head.seq {
                let lost = "the log is shorter than what was committed; was the file replaced?";
                return Err(sqlx::Error::Configuration(lost.into()));
            }
            self.head = found;
            self.connection = Some(connection);
        }
        self.connection.as_mut().ok_or(sqlx::Error::WorkerCrashed)
    }

    /// Commits orders, and gives for each what was recorded before, or why it was left out.
    async fn commit(&mut self, orders: &[Order]) -> Result<Vec<Answered>, sqlx::Error> {
        self.connected().await?;
        let known = self.known(orders).await?;
        let (batch, head, repeats) = self.plan(orders, known);
        let connection = self.connected().await?;
        if let Err(error) = batch.commit(connection).await {
            // Leaves no transaction behind; without one, the text is an error of no interest.
            drop(sqlx::query("ROLLBACK").execute(connection).await);
            return Err(error);
        }
        self.head = head;
        Ok(repeats)
    }

    /// Seals every entry, and gathers what changes with it.
    fn plan(
        &self,
        orders: &[Order],
        mut known: BTreeMap<CallId, Known>,
    ) -> (Batch, Link, Vec<Answered>) {
        let mut batch = Batch::new();
        let rules = self.rules.in_force();
        let mut end = self.head;
        let mut answers = Vec::with_capacity(orders.len());
        if orders.iter().all(|order| order.entries.is_empty()) {
            batch.probe(clock::now_us());
        }
        for order in orders {
            let planned = planned(order, end, &mut known, &rules);
            answers.push(planned.map(|planned| {
                for (sealed, change, kind) in planned.rows {
                    end = sealed.link;
                    self.metrics.evidence().sealed(kind, sealed.extent);
                    batch.log(end.seq, sealed.bytes, end.leaf);
                    apply(&mut batch, change, end.seq);
                }
                planned.repeats
            }));
        }
        (batch, end, answers)
    }

    /// What the database knows of the calls that are reported on.
    async fn known(&mut self, orders: &[Order]) -> Result<BTreeMap<CallId, Known>, sqlx::Error> {
        let reported = orders.iter().flat_map(|order| &order.entries);
        let calls: BTreeSet<CallId> = reported
            .filter_map(|entry| match entry.change {
                Effect::End(call) | Effect::Refuse(call) | Effect::Redact(call) => Some(call),
                _ => None,
            })
            .collect();
        self.look_up(calls).await
    }

    async fn look_up(
        &mut self,
        calls: BTreeSet<CallId>,
    ) -> Result<BTreeMap<CallId, Known>, sqlx::Error> {
        let mut known = BTreeMap::new();
        if calls.is_empty() {
            return Ok(known);
        }
        let places: Vec<String> = (1..=calls.len()).map(|place| format!("${place}")).collect();
        let sql = format!(
            "SELECT call, decision_seq, outcome_seq, refusal_seq FROM calls WHERE call IN ({})",
            places.join(", ")
        );
        // The text differs for each number of calls: it is not kept.
        let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        let query = calls
            .into_iter()
            .fold(query, |query, call| query.bind(bytes_of(call)));
        for row in query.fetch_all(self.connected().await?).await? {
            let Some(call) = call_id(row.try_get("call")?) else {
                continue;
            };
            let seq = |column: &str| row.try_get::<Option<i64>, _>(column);
            let decision = seq("decision_seq")?.map(i64::unsigned_abs);
            let ended = seq("outcome_seq")?.is_some();
            let refused = seq("refusal_seq")?.is_some();
            known.insert(
                call,
                Known {
                    decision,
                    ended,
                    refused,
                },
            );
        }
        Ok(known)
    }

    /// Parts the orders that decide a call which the database has decided already.
    async fn without_known(&mut self, orders: Vec<Order>) -> (Vec<Order>, Vec<Order>) {
        let calls = orders.iter().flat_map(decided).collect();
        let Ok(known) = self.look_up(calls).await else {
            return (orders, Vec::new());
        };
        orders
            .into_iter()
            .partition(|order| !decided(order).any(|call| known.contains_key(&call)))
    }
}

/// What an order is answered with once the rest is committed.
type Answered = Result<Repeats, AppendError>;

/// One order's rows, in order.
struct Planned<'a> {
    rows: Vec<(Sealed, &'a Effect, &'static str)>,
    repeats: Repeats,
}

/// Seals one order behind `end`.
fn planned<'a>(
    order: &'a Order,
    mut end: Link,
    known: &mut BTreeMap<CallId, Known>,
    rules: &Rules,
) -> Result<Planned<'a>, AppendError> {
    let mut planned = Planned {
        rows: Vec::with_capacity(order.entries.len()),
        repeats: Repeats::new(),
    };
    for (place, entry) in order.entries.iter().enumerate() {
        let Some(record) = due(entry, known) else {
            planned.repeats.push(place);
            continue;
        };
        let sealed = seal(end, entry.time_us, &record, rules)
            .map_err(|error| AppendError::Unstorable(error.to_string()))?;
        // Nothing is allowed on half of a record.
        let allows = matches!(entry.change, Effect::Decide(_, Await::Outcome));
        if allows && sealed.extent != Extent::Whole {
            let why = "without secrets it is too long, or has too many of them";
            return Err(AppendError::Unstorable(why.to_owned()));
        }
        end = sealed.link;
        // Its end may be in the same transaction.
        if let Effect::Decide(call, _) = entry.change {
            known.entry(call).or_default().decision = Some(end.seq);
        }
        planned.rows.push((sealed, &entry.change, record.kind()));
    }
    Ok(planned)
}

/// Whether a statement failed because of what is in it, and not because of the disk.
fn is_of_content(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Encode(_) => true,
        sqlx::Error::Database(error) => {
            let code = error.code().and_then(|code| code.parse::<i32>().ok());
            code.is_some_and(|code| CONTENT_CODES.contains(&code))
        }
        _ => false,
    }
}

/// How many rows an order writes, or nearly so.
fn rows(order: &Order) -> usize {
    let tools = |entry: &Entry| match &entry.change {
        Effect::Tools(_, changes) => changes.len(),
        _ => 0,
    };
    order.entries.iter().map(|entry| 1 + tools(entry)).sum()
}

/// The calls that an order decides.
fn decided(order: &Order) -> impl Iterator<Item = CallId> + '_ {
    order.entries.iter().filter_map(|entry| match entry.change {
        Effect::Decide(call, _) => Some(call),
        _ => None,
    })
}

/// Parts the orders that decide a call which an earlier one of the batch decides.
fn without_repeats(orders: Vec<Order>) -> (Vec<Order>, Vec<Order>) {
    let mut seen = BTreeSet::new();
    orders
        .into_iter()
        .partition(|order| decided(order).all(|call| seen.insert(call)))
}

fn refuse(orders: Vec<Order>, error: &AppendError) {
    for order in orders {
        // Whoever waited may have given up already.
        let _ = order.done.send(Err(error.clone()));
    }
}

/// The record as it is to be sealed; none when the same report was recorded before.
fn due(entry: &Entry, known: &mut BTreeMap<CallId, Known>) -> Option<Record> {
    let mut record = entry.record.clone();
    match entry.change {
        Effect::End(call) => {
            let known = known.entry(call).or_default();
            if std::mem::replace(&mut known.ended, true) {
                return None;
            }
            if let Record::Outcome(outcome) = &mut record {
                outcome.decision = known.decision;
            }
        }
        Effect::Refuse(call) => {
            let known = known.entry(call).or_default();
            if std::mem::replace(&mut known.refused, true) {
                return None;
            }
            if let Record::Refusal(refusal) = &mut record {
                refusal.decision = known.decision;
            }
        }
        Effect::Redact(call) => {
            let known = known.get(&call).copied().unwrap_or_default();
            if let Record::Redactions(redactions) = &mut record {
                redactions.decision = known.decision;
            }
        }
        Effect::Decide(..)
        | Effect::Nothing
        | Effect::GiveUp(_)
        | Effect::Open(..)
        | Effect::Close(_)
        | Effect::Tools(..)
        | Effect::Bundle(_) => {}
    }
    Some(record)
}

fn apply(batch: &mut Batch, change: &Effect, seq: u64) {
    match change {
        Effect::Nothing | Effect::Redact(_) => {}
        Effect::Decide(call, end) => batch.decide(*call, seq, *end),
        Effect::End(call) => batch.end(*call, seq),
        Effect::GiveUp(call) => batch.give_up(*call),
        Effect::Refuse(call) => batch.refuse(*call, seq),
        Effect::Open(row, close) => {
            batch.close(close, seq);
            batch.open(row);
        }
        Effect::Close(close) => batch.close(close, seq),
        Effect::Tools(server, changes) => batch.tools(server, changes, seq),
        Effect::Bundle(created_s) => batch.bundle(*created_s),
    }
}
