//! Reports are kept, told once, and lost only with a count.

use portcullis_protocol::limits::FACTS_MAX;
use portcullis_protocol::names::{CallId, Caller, Name, ServerName};
use portcullis_protocol::redact::{Action, Class, Fact, MarkKey, Reason, Unscanned};
use portcullis_protocol::wire::{Direction, End, Outcome, Redactions, Refusal, Reports};

use super::*;

fn caller(name: &str) -> Option<Digest> {
    Some(Digest::of(name.as_bytes()))
}

fn outcome(n: u8) -> Report {
    Report::Outcome(Outcome {
        call: CallId::from_bytes([n; 16]),
        status: 200,
        end: End::Complete,
        is_error: false,
        output_digest: Digest::of(b""),
        output_bytes: 0,
        duration_us: 0,
        server_status: 200,
        loss: None,
        dropped: 0,
    })
}

fn longest() -> Report {
    let name = || Name::parse(&"\"".repeat(256)).unwrap();
    let pointer = "\u{1}".repeat(512);
    let fact = Fact {
        rule: name(),
        class: Class::parse("secret.github").unwrap(),
        pointer: pointer.clone(),
        bytes: u64::MAX,
        mark: MarkKey::new([1; 32]).mark("x"),
        action: Action::Redacted,
    };
    let part = Unscanned {
        pointer,
        bytes: u64::MAX,
        reason: Reason::Blob,
    };
    Report::Redactions(Redactions {
        call: CallId::from_bytes([1; 16]),
        server: ServerName::parse(&"s".repeat(64)).unwrap(),
        caller: Caller {
            issuer: name(),
            subject: name(),
            roles: vec![name(); portcullis_protocol::limits::ROLES_MAX],
            agent: Some(name()),
        },
        method: name(),
        direction: Direction::ToClient,
        facts: vec![fact; FACTS_MAX],
        more: u64::MAX,
        unscanned: vec![part; FACTS_MAX],
    })
}

fn refusal(n: usize) -> Report {
    Report::Refusal(Refusal {
        call: CallId::from_bytes([0; 16]),
        server: None,
        caller: None,
        method: Name::parse(&"m".repeat(1 + n % 200)).ok(),
        reason: Name::from_static("secret"),
        status: 400,
    })
}

fn read(batch: &[u8]) -> Reports {
    serde_json::from_slice(batch).unwrap()
}

#[test]
fn a_batch_is_kept_until_it_is_accepted() {
    let mut waiting = Waiting::default();
    assert_eq!(waiting.batch(), None);
    waiting.push(None, &outcome(1));
    assert_eq!(read(&waiting.batch().unwrap()).reports, [outcome(1)]);
    waiting.push(None, &outcome(2));
    assert_eq!(waiting.batch(), None, "one batch at a time");
    waiting.returned();
    let both = read(&waiting.batch().unwrap());
    assert_eq!(both.reports, [outcome(1), outcome(2)]);
    assert!(both.gap.is_none());
    waiting.accepted();
    assert_eq!((waiting.batch(), waiting.bytes()), (None, 0));
}

#[test]
fn the_longest_report_is_a_batch_that_the_server_takes() {
    let mut waiting = Waiting::default();
    (0..3).for_each(|_| waiting.push(caller("a"), &longest()));
    assert_eq!(waiting.lost(), 0, "its bound holds");
    let mut seen = 0;
    while let Some(batch) = waiting.batch() {
        assert!(batch.len() <= BATCH_BYTES_MAX + REPORT_BYTES_MAX);
        seen += read(&batch).reports.len();
        waiting.accepted();
    }
    assert_eq!(seen, 3);
}

#[test]
fn batches_are_bounded_in_bytes() {
    let mut waiting = Waiting::default();
    (0..5_000).for_each(|n| waiting.push(None, &refusal(n)));
    let (mut seen, mut batches) = (0, 0);
    while let Some(batch) = waiting.batch() {
        assert!(batch.len() <= BATCH_BYTES_MAX);
        seen += read(&batch).reports.len();
        batches += 1;
        waiting.accepted();
    }
    assert_eq!((seen, batches), (5_000, 5_000_usize.div_ceil(REPORTS_MAX)));
}

#[test]
fn the_one_report_that_cannot_be_read_is_found_and_counted() {
    let mut waiting = Waiting::default();
    (0..200).for_each(|n| waiting.push(None, &outcome(n)));
    let bad = outcome(77);
    let (mut taken, mut lost) = (Vec::new(), 0);
    for _ in 0..200 {
        let Some(batch) = waiting.batch() else { break };
        let reports = read(&batch);
        if reports.reports.contains(&bad) {
            waiting.unreadable();
        } else {
            lost += reports.gap.lost;
            taken.extend(reports.reports);
            waiting.accepted();
        }
    }
    let all: Vec<Report> = (0..200).map(outcome).filter(|one| *one != bad).collect();
    assert_eq!((taken, lost, waiting.lost()), (all, 1, 1));
    assert_eq!(waiting.batch(), None);
}

#[test]
fn whoever_has_too_many_waiting_is_pressed_and_others_are_not() {
    let mut waiting = Waiting::default();
    while !waiting.is_pressed(caller("mallory")) {
        waiting.push(caller("mallory"), &longest());
    }
    assert!(waiting.bytes() <= CALLER_REPORTS_BYTES_MAX + REPORT_BYTES_MAX);
    waiting.push(caller("alice"), &outcome(1));
    assert!(!waiting.is_pressed(caller("alice")));
    waiting.turn_away();
    assert_eq!(read(&waiting.batch().unwrap()).gap.turned_away, 1);
    waiting.accepted();
    while waiting.batch().is_some() {
        waiting.accepted();
    }
    assert!(!waiting.is_pressed(caller("mallory")));
    assert!(waiting.callers.is_empty());
}

#[test]
fn many_callers_leave_room_for_one_more() {
    let mut waiting = Waiting::default();
    for n in 0..16 {
        let name = caller(&format!("m{n}"));
        while !waiting.is_pressed(name) {
            waiting.push(name, &refusal(199));
        }
    }
    waiting.push(caller("alice"), &outcome(1));
    assert!(!waiting.is_pressed(caller("alice")));
    assert_eq!(waiting.lost(), 0);
}

#[test]
fn what_has_no_room_is_lost_and_counted_and_outcomes_have_room_longest() {
    let mut waiting = Waiting::default();
    while waiting.lost() == 0 {
        waiting.push(None, &longest());
    }
    assert!(waiting.bytes() <= REPORTS_BYTES_MAX);
    waiting.push(None, &outcome(1));
    assert_eq!(waiting.lost(), 1, "an outcome still has room");
    let first = read(&waiting.batch().unwrap());
    assert_eq!(first.gap.lost, 1);
    waiting.returned();
    waiting.push(None, &longest());
    assert_eq!(read(&waiting.batch().unwrap()).gap.lost, 2);
    waiting.accepted();
    assert!(read(&waiting.batch().unwrap()).gap.is_none());
}
