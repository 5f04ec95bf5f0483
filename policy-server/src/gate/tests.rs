//! Sessions that are over, reports that come twice, and what each part of the gate has for its tests.

mod costs;
mod lists;
mod secrets;

use std::future::Future as _;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use portcullis_core::lists::{ITEMS_MAX, Listing};
use portcullis_core::registry::Registry;
use portcullis_protocol::names::{CallId, Caller, Name, ServerName};
use portcullis_protocol::wire::{Direction, ListKind, ListQuery, Outcome, Target};
use serde_json::value::RawValue;

use portcullis_protocol::redact::{Class, RedactionKey};
use portcullis_protocol::wire::{Fit, RedactionQuery, StructuredQuery};

use super::*;
use crate::candidate::Candidate;
use crate::config::Sync;
use crate::library::{News, Origin};
use crate::store::{Store, StoreError};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn caller(subject: &str) -> Caller {
    Caller {
        issuer: name("https://issuer"),
        subject: name(subject),
        roles: vec![name("developer")],
        agent: None,
    }
}

fn server() -> ServerName {
    ServerName::parse("demo").unwrap()
}

/// Another call each time.
fn call() -> CallId {
    use std::sync::atomic::{AtomicU64, Ordering};
    static LAST: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 16];
    let next = LAST.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    bytes[..8].copy_from_slice(&next);
    CallId::from_bytes(bytes)
}

async fn gate(folder: &Path) -> Arc<Gate> {
    let policies = folder.join("policies");
    std::fs::create_dir_all(&policies).unwrap();
    let text = "permit (principal, action, resource);";
    std::fs::write(policies.join("all.cedar"), text).unwrap();
    let metrics = Arc::new(Metrics::default());
    // A writer of the same process may need a moment to let the lock go.
    for _ in 0..100 {
        let store = Store::new(folder.join("audit.db"), Sync::Os);
        match Journal::open(store, metrics.clone()).await {
            Err(StoreError::InUse(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            opened => {
                let (journal, mut restored) = opened.unwrap();
                let registry = std::mem::take(&mut restored.registry);
                let library = Library::new(Origin::Folder(policies), registry);
                let News::Policies(set) = library.look(&mut None) else {
                    panic!()
                };
                library.adopt(set);
                let tenant = portcullis_protocol::names::Name::parse("default").unwrap();
                let secrets = Secrets::of_key(&RedactionKey::new([7; 32]), tenant);
                let gate = Gate::new(Arc::new(library), journal, metrics, restored, secrets);
                return Arc::new(gate);
            }
        }
    }
    panic!("the lock was never released");
}

fn list(items: usize, version: usize) -> ListQuery {
    let tool = |n: usize| {
        format!(r#"{{"name":"tool-{n}","inputSchema":{{"type":"object","title":"{version}"}}}}"#)
    };
    let tools: Vec<String> = (0..items).map(tool).collect();
    let result = format!(r#"{{"tools":[{}]}}"#, tools.join(","));
    ListQuery {
        call: call(),
        digest: Digest::of(result.as_bytes()),
        server: server(),
        caller: caller("alice"),
        kind: ListKind::Tools,
        protocol_version: None,
        result: RawValue::from_string(result).unwrap(),
    }
}

fn query() -> Query {
    Query {
        call: call(),
        digest: Digest::of(b""),
        server: server(),
        caller: caller("alice"),
        direction: Direction::ToServer,
        method: name("tools/call"),
        targets: vec![Target::Tool(name("tool-7"))],
        arguments: None,
        protocol_version: None,
        session: None,
        rpc_id: None,
        message_bytes: 0,
        message_digest: Digest::of(b""),
    }
}

async fn all_of(turns: &Turns) -> Vec<turns::Turn> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let whose = turns::Whose {
        server: ServerName::parse("somebody").unwrap(),
        caller: None,
    };
    let mut all = Vec::new();
    for _ in 0..(processors / 2).max(1) {
        all.push(turns.turn(whose.clone()).await.unwrap());
    }
    all
}

async fn step(gate: &Gate, subject: &str, step: Step) -> Standing {
    let query = SessionQuery {
        call: call(),
        server: server(),
        caller: caller(subject),
        session: Digest::of(b"the session"),
        step,
    };
    gate.session(query).await.unwrap().standing
}

#[tokio::test]
async fn a_session_that_is_over_is_opened_for_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let first = gate(folder.path()).await;
    assert_eq!(step(&first, "alice", Step::Open).await, Standing::Own);
    assert_eq!(step(&first, "bob", Step::Close).await, Standing::Unknown);
    assert_eq!(step(&first, "alice", Step::Close).await, Standing::Own);
    for (subject, tried) in [
        ("bob", Step::Open),
        ("bob", Step::Use),
        ("bob", Step::Close),
        ("alice", Step::Use),
        ("alice", Step::Close),
    ] {
        let standing = step(&first, subject, tried).await;
        assert_eq!(standing, Standing::Unknown, "{subject} {tried:?}");
    }
    drop(first);
    let again = gate(folder.path()).await;
    assert_eq!(step(&again, "bob", Step::Open).await, Standing::Unknown);
    assert_eq!(step(&again, "alice", Step::Use).await, Standing::Unknown);
    // Its owner may have it again, as where a server names sessions after users.
    assert_eq!(step(&again, "alice", Step::Open).await, Standing::Own);
    assert_eq!(step(&again, "alice", Step::Use).await, Standing::Own);
    drop(again);
    let once_more = gate(folder.path()).await;
    assert_eq!(step(&once_more, "alice", Step::Use).await, Standing::Own);
    assert_eq!(step(&once_more, "bob", Step::Use).await, Standing::Unknown);
    assert_eq!(step(&once_more, "alice", Step::Close).await, Standing::Own);
}

#[tokio::test]
async fn a_report_that_comes_twice_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(folder.path()).await;
    let outcome = |call| {
        Report::Outcome(Outcome {
            call,
            status: 200,
            end: End::Complete,
            is_error: false,
            output_digest: Digest::of(b""),
            output_bytes: 0,
            duration_us: 1,
            server_status: 200,
            loss: None,
            dropped: 0,
        })
    };
    let (one, two) = (call(), call());
    for calls in [vec![one, one], vec![one, two], vec![two]] {
        let reports: Vec<Report> = calls.iter().map(|call| outcome(*call)).collect();
        let sent = reports.len() as u64;
        let taken = gate
            .report(Reports {
                reports,
                gap: Gap::default(),
            })
            .await
            .unwrap()
            .released();
        assert_eq!(taken.accepted, sent, "what is known is taken all the same");
    }
    let text = gate.metrics.text().unwrap();
    let count = r#"portcullis_outcomes_total{end="complete",loss="none"} 2"#;
    assert!(text.contains(count), "{text}");
}

#[tokio::test]
async fn a_candidate_is_recorded_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let draft = folder.path().join("draft");
    std::fs::create_dir_all(&draft).unwrap();
    let text = r#"@id("stop") forbid (principal, action, resource);"#;
    std::fs::write(draft.join("stop.cedar"), text).unwrap();
    let gate = gate(folder.path()).await;
    let candidate = Candidate::new(draft.clone(), Registry::clone(&gate.library.registry()));
    let candidate = Arc::new(candidate);
    let mut seen = None;
    candidate.look(&mut seen);
    let gate = Arc::into_inner(gate).unwrap();
    let gate = Arc::new(gate.beside(Some(candidate.clone())));
    gate.list(list(1, 1)).await.unwrap().released();
    let decide = async |tool: &str| {
        let mut asked = query();
        asked.targets = vec![Target::Tool(name(tool))];
        let answer = gate.decide(asked).await.unwrap().released();
        matches!(answer.verdict, Verdict::Allow(_))
    };
    assert!(decide("tool-0").await, "what is in force counts");
    std::fs::write(draft.join("stop.cedar"), "forbid (principal").unwrap();
    candidate.look(&mut seen);
    assert!(candidate.state().error.is_some());
    assert!(decide("tool-7").await, "a broken draft changes nothing");
    let text = gate.metrics.text().unwrap();
    let count = r#"portcullis_candidate_decisions_total{enforced="allow",candidate="deny"} 2"#;
    assert!(text.contains(count), "{text}");
    drop(gate);
    let log = Store::new(folder.path().join("audit.db"), Sync::Os);
    let mut connection = log.connect_read_only().await.unwrap();
    let rows = crate::store::records_after(&mut connection, 0, 100)
        .await
        .unwrap();
    let said: Vec<serde_json::Value> = rows
        .iter()
        .map(|row| serde_json::from_slice::<serde_json::Value>(&row.record).unwrap())
        .filter(|record| record["kind"] == "decision")
        .collect();
    assert_eq!(said.len(), 2);
    for record in said {
        assert_eq!(record["verdict"], "allow");
        assert_eq!(record["candidate"]["outcome"], "deny", "{record}");
        assert_eq!(record["candidate"]["determining"][0], "stop");
    }
}

#[tokio::test]
async fn what_a_server_says_of_pinned_tools_is_remembered_and_changes_no_policies() {
    let folder = tempfile::tempdir().unwrap();
    let pins = folder.path().join("policies/tools");
    std::fs::create_dir_all(&pins).unwrap();
    let pinned = r#"{"tools":[{"name":"tool-0","inputSchema":{"type":"object"}}]}"#;
    std::fs::write(pins.join("demo.json"), pinned).unwrap();
    let gate = gate(folder.path()).await;
    let before = gate.library.state().policies.clone().unwrap();
    gate.list(list(1, 1)).await.unwrap().released();
    let after = gate.library.state().policies.clone().unwrap();
    assert!(Arc::ptr_eq(&before, &after), "nothing was fitted anew");
    let page = list(1, 1);
    let tools = Listing::read(&page).unwrap().tools();
    assert_eq!(gate.library.registry().changes(&server(), &tools), []);
    gate.list(list(2, 1)).await.unwrap().released();
    let more = gate.library.state().policies.clone().unwrap();
    assert_eq!(more.catalogue().tools().count(), 2);
}

#[tokio::test]
async fn terms_name_the_rules_that_filters_are_given() {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("policies");
    std::fs::create_dir_all(policies.join("tools")).unwrap();
    let pinned = r#"{"tools":[{"name":"tool-0","inputSchema":{"type":"object",
        "properties":{"pass":{"type":"string","format":"password"}}},
        "outputSchema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}}]}"#;
    std::fs::write(policies.join("tools/demo.json"), pinned).unwrap();
    let reveal = r#"permit (principal, action == Mcp::Action::"reveal", resource);"#;
    std::fs::write(policies.join("reveal.cedar"), reveal).unwrap();
    let rules = "[classes]\n\"pii.email\" = \"redact\"\n";
    std::fs::write(policies.join("redaction.toml"), rules).unwrap();
    let gate = gate(folder.path()).await;
    let mut asked = query();
    asked.targets = vec![Target::Tool(name("tool-0"))];
    let answer = gate.decide(asked).await.unwrap().released();
    let Verdict::Allow(terms) = answer.verdict else {
        panic!("{answer:?}")
    };
    let given = gate.redaction(RedactionQuery { call: call() }).unwrap();
    assert_eq!(terms.redaction.rules, given.digest);
    assert_eq!(terms.redaction.marked.to_server, ["/pass"]);
    let revealed: Vec<&str> = terms
        .redaction
        .reveal
        .to_client
        .iter()
        .map(Class::as_str)
        .collect();
    assert!(revealed.contains(&"pii.email"), "{revealed:?}");
    let fit = |tool: &str, content: &str| {
        let content = RawValue::from_string(content.to_owned()).unwrap();
        let query = StructuredQuery {
            call: call(),
            digest: Digest::of(content.get().as_bytes()),
            server: server(),
            tool: name(tool),
            content,
        };
        gate.structured(&query).fit
    };
    assert_eq!(fit("tool-0", r#"{"n":1}"#), Fit::Fits);
    assert_eq!(fit("tool-0", r#"{"n":"[redacted:x]"}"#), Fit::Unfit);
    assert_eq!(fit("never-listed", "[]"), Fit::Fits);
}

#[tokio::test]
async fn the_epoch_is_another_one_whenever_a_verdict_could_be() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(folder.path()).await;
    let epoch = || gate.epoch(EpochQuery {});
    let first = epoch();
    let answer = gate.decide(query()).await.unwrap().released();
    assert_eq!(answer.epoch, first.epoch);
    assert_eq!(epoch(), first, "nothing has changed");
    let Verdict::Allow(terms) = answer.verdict else {
        panic!()
    };
    assert_eq!(first.rules, Some(terms.redaction.rules));
    let _page = gate.list(list(1, 1)).await.unwrap();
    let learnt = epoch();
    assert_ne!(learnt.epoch, first.epoch, "a tool was learnt");
    let text =
        "permit (principal, action, resource) when { context.now > datetime(\"2020-01-01\") };";
    std::fs::write(folder.path().join("policies/all.cedar"), text).unwrap();
    let News::Policies(set) = gate.library.look(&mut None) else {
        panic!()
    };
    gate.adopt(set).await.unwrap();
    assert_ne!(epoch().epoch, learnt.epoch, "other policies are in force");
    let at = |now_us| gate.library.epoch(now_us);
    assert_eq!(at(0), at(4_999_999));
    assert_ne!(at(0), at(5_000_000), "these look at the time");
}

#[tokio::test]
async fn each_end_of_a_session_is_told_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(folder.path()).await;
    let ends = || gate.epoch(EpochQuery {}).sessions;
    let none = ends();
    assert_eq!(step(&gate, "alice", Step::Open).await, Standing::Own);
    assert_eq!(step(&gate, "bob", Step::Close).await, Standing::Unknown);
    assert_eq!(ends(), none);
    assert_eq!(step(&gate, "alice", Step::Close).await, Standing::Own);
    assert_ne!(ends(), none);
}
