//! The log under load, under failure, and after a restart.

use std::path::Path;

use portcullis_core::audit::{
    Link, OutcomeRecord, PoliciesRecord, RedactionsRecord, Start, Verifier,
};
use portcullis_protocol::names::{Caller, Name};
use portcullis_protocol::redact::{Action, Class, Fact, MarkKey, Reason, Unscanned};
use portcullis_protocol::wire::{Direction, End, Outcome, Redactions};
use sqlx::Connection as _;

use super::*;
use crate::config::Sync;
use crate::store::{Store, records_after};

fn store(folder: &Path) -> Store {
    Store::new(folder.join("audit.db"), Sync::Os)
}

async fn open(folder: &Path) -> (Journal, Restored) {
    // A writer of the same process may need a moment to let the lock go.
    for _ in 0..100 {
        match Journal::open(store(folder), Arc::new(Metrics::default())).await {
            Err(StoreError::InUse(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            opened => return opened.unwrap(),
        }
    }
    panic!("the lock was never released");
}

fn call(n: u64) -> CallId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    CallId::from_bytes(bytes)
}

fn any_record() -> Record {
    Record::Policies(PoliciesRecord {
        policies: Digest::of(b""),
        files: 1,
        bundle: None,
    })
}

fn decide(n: u64, awaited: Await) -> Entry {
    Entry {
        time_us: 1,
        record: any_record(),
        change: Effect::Decide(call(n), awaited),
    }
}

fn end(n: u64) -> Entry {
    let outcome = Outcome {
        call: call(n),
        status: 200,
        end: End::Complete,
        is_error: false,
        output_digest: Digest::of(b""),
        output_bytes: 0,
        duration_us: 1,
        server_status: 200,
        loss: None,
        dropped: 0,
    };
    let record = Record::Outcome(OutcomeRecord::from(outcome));
    Entry {
        time_us: 1,
        record,
        change: Effect::End(call(n)),
    }
}

fn start() -> Record {
    Record::Start(Start {
        version: "0",
        sync: "os",
        policies: None,
    })
}

/// The whole chain, verified; gives the records as text.
async fn log(folder: &Path) -> Vec<String> {
    let mut connection = store(folder).connect_read_only().await.unwrap();
    let rows = records_after(&mut connection, 0, 1_000_000).await.unwrap();
    let mut verifier = Verifier::after(Link::ORIGIN);
    for row in &rows {
        verifier.next(&row.record, row.leaf).unwrap();
    }
    rows.into_iter()
        .map(|row| String::from_utf8(row.record).unwrap())
        .collect()
}

async fn sql(folder: &Path, text: &'static str) {
    let mut connection = store(folder).connect().await.unwrap();
    sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_appends_give_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..32 {
        let journal = journal.clone();
        tasks.spawn(async move {
            for n in 0..25 {
                let entry = decide(task * 1_000 + n, Await::Nothing);
                journal.append((), vec![entry]).await.unwrap().released();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(log(folder.path()).await.len(), 800);
}

#[tokio::test]
async fn a_call_is_decided_once() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path()).await;
    let one = || journal.append((), vec![decide(1, Await::Nothing)]);
    let (first, second) = tokio::join!(one(), one());
    assert!(first.is_ok());
    assert_eq!(second.unwrap_err(), AppendError::Duplicate);
    let other = journal.append((), vec![decide(2, Await::Nothing)]);
    let (third, other) = tokio::join!(one(), other);
    assert_eq!(third.unwrap_err(), AppendError::Duplicate);
    assert!(other.is_ok(), "a duplicate takes nobody with it");
    assert_eq!(log(folder.path()).await.len(), 2);
}

#[tokio::test]
async fn an_end_is_recorded_once_and_names_its_decision() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path()).await;
    journal
        .append((), vec![decide(1, Await::Outcome)])
        .await
        .unwrap()
        .released();
    journal
        .append((), vec![end(1), end(1), end(2)])
        .await
        .unwrap()
        .released();
    journal.append((), vec![end(1)]).await.unwrap().released();
    let log = log(folder.path()).await;
    assert_eq!(log.len(), 3);
    assert!(
        log[1].contains(r#""kind":"outcome","decision":1"#),
        "{}",
        log[1]
    );
    assert!(log[2].contains(r#""decision":null"#), "{}", log[2]);
}

#[tokio::test]
async fn an_end_in_the_same_transaction_names_its_decision_too() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path()).await;
    let both = vec![decide(1, Await::Outcome), end(1)];
    journal.append((), both).await.unwrap().released();
    let log = log(folder.path()).await;
    assert!(log[1].contains(r#""decision":1"#), "{}", log[1]);
}

#[tokio::test]
async fn a_failed_commit_refuses_and_heals() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path()).await;
    journal
        .append((), vec![decide(1, Await::Nothing)])
        .await
        .unwrap()
        .released();
    sql(
        folder.path(),
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END;
         CREATE TRIGGER full_probe BEFORE INSERT ON probe BEGIN SELECT RAISE(ABORT, 'disk full'); END;",
    )
    .await;
    for n in 2..5 {
        let refused = journal
            .append((), vec![decide(n, Await::Nothing)])
            .await
            .unwrap_err();
        assert!(matches!(refused, AppendError::Storage(_)), "{refused}");
    }
    assert!(journal.check().await.is_err());
    sql(folder.path(), "DROP TRIGGER full; DROP TRIGGER full_probe;").await;
    assert_eq!(journal.check().await, Ok(()));
    journal
        .append((), vec![decide(2, Await::Nothing)])
        .await
        .unwrap()
        .released();
    assert_eq!(log(folder.path()).await.len(), 2);
}

/// A record whose texts take more than a record may, once they are clean.
fn overgrown(call: CallId) -> Record {
    let place = "/x://b:q7w@h".repeat(42);
    let fact = Fact {
        rule: Name::from_static("x"),
        class: Class::parse("secret.x").unwrap(),
        pointer: place.clone(),
        bytes: 1,
        mark: MarkKey::new([1; 32]).mark("x"),
        action: Action::Detected,
    };
    let part = Unscanned {
        pointer: place,
        bytes: 1,
        reason: Reason::Blob,
    };
    let found = Redactions {
        call,
        server: ServerName::parse("demo").unwrap(),
        caller: Caller {
            issuer: Name::from_static("i"),
            subject: Name::from_static("s"),
            roles: Vec::new(),
            agent: None,
        },
        method: Name::from_static("tools/call"),
        direction: Direction::ToServer,
        facts: vec![fact; 64],
        more: 0,
        unscanned: vec![part; 64],
    };
    Record::Redactions(Box::new(RedactionsRecord::from(found)))
}

#[tokio::test]
async fn an_overgrown_record_harms_no_other_and_the_log_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path()).await;
    let overgrown = |n: u64, change: Effect| Entry {
        time_us: 1,
        record: overgrown(call(n)),
        change,
    };
    let good = journal.append((), vec![decide(1, Await::Outcome), end(1)]);
    let bad = journal.append((), vec![overgrown(2, Effect::Redact(call(2)))]);
    let allow = journal.append(
        (),
        vec![overgrown(3, Effect::Decide(call(3), Await::Outcome))],
    );
    let (good, bad, allow) = tokio::join!(good, bad, allow);
    assert!(good.is_ok() && bad.is_ok());
    let refused = allow.unwrap_err();
    assert!(
        matches!(refused, AppendError::Unstorable(_)),
        "nothing is allowed on half a record"
    );
    assert_eq!(
        journal.check().await,
        Ok(()),
        "that is no fault of the disk"
    );
    let records = log(folder.path()).await;
    assert_eq!(records.len(), 3);
    assert!(
        records[2].contains(r#""kind":"redactions""#),
        "{}",
        records[2]
    );
    drop(journal);
    open(folder.path()).await;
}

#[tokio::test]
async fn an_order_that_cannot_be_stored_is_found_and_refused_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path()).await;
    sql(
        folder.path(),
        "DROP TABLE bundles; CREATE TABLE bundles (id BIGINT PRIMARY KEY, created BIGINT NOT NULL CHECK (created < 9));",
    )
    .await;
    let bundle = |created_s| Entry {
        time_us: 1,
        record: any_record(),
        change: Effect::Bundle(created_s),
    };
    let append = |entry| journal.append((), vec![entry]);
    let (a, b, c, d) = tokio::join!(
        append(decide(1, Await::Nothing)),
        append(bundle(10)),
        append(bundle(5)),
        append(decide(2, Await::Nothing)),
    );
    assert!(a.is_ok() && c.is_ok() && d.is_ok());
    assert!(matches!(b.unwrap_err(), AppendError::Unstorable(_)));
    assert_eq!(log(folder.path()).await.len(), 3);
}

#[tokio::test]
async fn a_record_that_an_earlier_version_could_not_read_keeps_nothing_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path()).await;
    journal
        .append((), vec![decide(1, Await::Nothing)])
        .await
        .unwrap()
        .released();
    drop(journal);
    drop(open(folder.path()).await);
    let masked = b"[redacted:encoded]";
    let leaf = portcullis_core::audit::leaf(masked);
    let mut connection = store(folder.path()).connect().await.unwrap();
    let insert = "INSERT INTO audit (seq, record, leaf) VALUES (2, $1, $2)";
    let insert = sqlx::query(insert)
        .bind(masked.to_vec())
        .bind(leaf.as_bytes().to_vec());
    insert.execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let (journal, _) = open(folder.path()).await;
    journal
        .append((), vec![decide(2, Await::Nothing)])
        .await
        .unwrap()
        .released();
}

#[tokio::test]
async fn a_held_lock_refuses_in_time_and_heals() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path()).await;
    let mut holder = store(folder.path()).connect().await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut holder)
        .await
        .unwrap();
    let refused = journal
        .append((), vec![decide(1, Await::Nothing)])
        .await
        .unwrap_err();
    assert!(matches!(refused, AppendError::Storage(_)), "{refused}");
    sqlx::raw_sql("ROLLBACK")
        .execute(&mut holder)
        .await
        .unwrap();
    journal
        .append((), vec![decide(1, Await::Nothing)])
        .await
        .unwrap()
        .released();
}

#[tokio::test]
async fn a_restart_goes_on_and_closes_what_was_open() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, restored) = open(folder.path()).await;
    journal.begin(start(), &restored.open).await.unwrap();
    for n in 1..4 {
        journal
            .append((), vec![decide(n, Await::Outcome)])
            .await
            .unwrap()
            .released();
    }
    journal.append((), vec![end(2)]).await.unwrap().released();
    drop(journal);
    let (journal, restored) = open(folder.path()).await;
    let open_calls: Vec<CallId> = restored.open.iter().map(|open| open.call).collect();
    assert_eq!(open_calls, [call(1), call(3)]);
    journal.begin(start(), &restored.open).await.unwrap();
    let records = log(folder.path()).await;
    assert_eq!(records.len(), 8);
    assert!(
        records[6].contains(r#""kind":"unknown-outcome""#),
        "{}",
        records[6]
    );
    // The filter kept the outcome in its queue and delivers it after all.
    journal
        .append((), vec![end(1), end(1)])
        .await
        .unwrap()
        .released();
    assert_eq!(log(folder.path()).await.len(), 9);
    drop(journal);
    let (_, restored) = open(folder.path()).await;
    assert!(restored.open.is_empty());
}

#[tokio::test]
async fn one_log_has_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let (_journal, _) = open(folder.path()).await;
    let second = Journal::open(store(folder.path()), Arc::new(Metrics::default())).await;
    assert!(matches!(second, Err(StoreError::InUse(_))));
}

#[tokio::test]
async fn a_broken_tail_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(folder.path()).await;
    for n in 1..5 {
        journal
            .append((), vec![decide(n, Await::Nothing)])
            .await
            .unwrap()
            .released();
    }
    drop(journal);
    let (journal, _) = open(folder.path()).await;
    drop(journal);
    sql(folder.path(), "DELETE FROM audit WHERE seq = 2").await;
    for _ in 0..100 {
        match Journal::open(store(folder.path()), Arc::new(Metrics::default())).await {
            Err(StoreError::InUse(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            opened => return assert!(matches!(opened, Err(StoreError::Broken(_)))),
        }
    }
    panic!("the lock was never released");
}
