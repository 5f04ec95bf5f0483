//! Each way to tamper with a chain is found, at the right place.

use portcullis_protocol::names::{Caller, Name, ServerName, Uri};
use portcullis_protocol::wire::{Direction, Query, Target};
use proptest::prelude::*;

use super::*;
use crate::audit::basis::{ARGUMENTS_BYTES_MAX, Basis, Keep};
use crate::audit::record::{Decision, PoliciesRecord, Start, UnknownOutcome};
use crate::decision::{Judgement, Outcome};
use crate::engine;

fn chain(length: u8) -> Vec<Sealed> {
    let mut end = Link::ORIGIN;
    let rules = Rules::built_in();
    (0..length)
        .map(|n| {
            let policies = Digest::of(&[n]);
            let record = match n {
                0 => Record::Start(Start {
                    version: "0",
                    sync: "disk",
                    policies: None,
                }),
                _ => Record::Policies(PoliciesRecord {
                    policies,
                    files: n.into(),
                    bundle: None,
                }),
            };
            let sealed = seal(end, i64::from(n), &record, &rules).unwrap();
            end = sealed.link;
            sealed
        })
        .collect()
}

fn verify(records: &[Sealed]) -> Result<Summary, Break> {
    let mut verifier = Verifier::after(Link::ORIGIN);
    for record in records {
        verifier.next(&record.bytes, Some(record.link.leaf))?;
    }
    Ok(verifier.summary())
}

/// As an attacker would: with the stored leaf hash made to fit.
fn rehashed(bytes: Vec<u8>, seq: u64) -> Sealed {
    let link = Link {
        seq,
        leaf: leaf(&bytes),
    };
    Sealed { bytes, link }
}

#[test]
fn an_untouched_chain_holds() {
    let records = chain(10);
    let summary = verify(&records).unwrap();
    assert_eq!(summary.records, 10);
    assert_eq!(summary.head, records.last().unwrap().link);
    assert!(
        records[0]
            .bytes
            .starts_with(b"{\"v\":1,\"seq\":1,\"prev\":\"sha256:0000")
    );
}

#[test]
fn tampering_names_the_position() {
    let whole = chain(10);
    let mut edited = whole.clone();
    let text = String::from_utf8(edited[4].bytes.clone()).unwrap();
    edited[4].bytes = text.replace("\"files\":4", "\"files\":5").into_bytes();
    let mut hidden = edited.clone();
    hidden[4] = rehashed(hidden[4].bytes.clone(), 5);
    let mut gap = whole.clone();
    gap.remove(4);
    let mut swapped = whole.clone();
    swapped.swap(4, 5);
    let mut twice = whole.clone();
    twice.insert(5, whole[4].clone());
    let mut garbage = whole.clone();
    garbage[4] = rehashed(b"{\"v\":1}".to_vec(), 5);
    let headless = whole[1..].to_vec();
    for (records, position, fault) in [
        (edited, 5, Fault::Edited),
        (hidden, 6, Fault::Unchained),
        (gap, 5, Fault::Gap),
        (swapped, 5, Fault::Gap),
        (twice, 6, Fault::Repeated),
        (garbage, 5, Fault::Unreadable),
        (headless, 1, Fault::Gap),
    ] {
        let broken = verify(&records).unwrap_err();
        assert_eq!(
            (broken.position, broken.fault),
            (position, fault),
            "{broken}"
        );
    }
}

#[test]
fn decisions_wait_for_their_ends() {
    let query = query(Target::Tool(Name::parse("t").unwrap()), 1);
    let allow = Judgement {
        verdict: portcullis_protocol::wire::Verdict::Allow(
            portcullis_protocol::wire::Terms::nothing(Digest::of(b"p")),
        ),
        determining: Vec::new(),
        faults: Vec::new(),
        outcome: Outcome::Allow,
        gates: Vec::new(),
        shadow: Vec::new(),
    };
    let decision = Record::Decision(Box::new(Decision::new(&query, Basis::nothing(), &allow)));
    let decided = seal(Link::ORIGIN, 0, &decision, &Rules::built_in()).unwrap();
    let unknown = Record::UnknownOutcome(UnknownOutcome {
        call: query.call,
        decision: 1,
    });
    let closed = seal(decided.link, 0, &unknown, &Rules::built_in()).unwrap();
    assert_eq!(verify(std::slice::from_ref(&decided)).unwrap().open, [1]);
    assert!(verify(&[decided, closed]).unwrap().open.is_empty());
}

fn query(target: Target, count: usize) -> Query {
    let long = "\"".repeat(256);
    let name = |text: &str| Name::parse(text).unwrap();
    Query {
        call: CallId::from_bytes([7; 16]),
        digest: Digest::of(b""),
        server: ServerName::parse(&"s".repeat(64)).unwrap(),
        caller: Caller {
            issuer: name(&long),
            subject: name(&long),
            roles: vec![name(&long); 256],
            agent: Some(name(&long)),
        },
        direction: Direction::ToServer,
        method: name(&long),
        targets: vec![target; count],
        arguments: None,
        protocol_version: Some(name(&long)),
        session: Some(Digest::of(b"")),
        rpc_id: None,
        message_bytes: u64::MAX,
        message_digest: Digest::of(b""),
    }
}

#[test]
fn the_longest_record_is_within_its_bound() {
    let uri = Uri::parse(&format!(
        "{}://{}/{}",
        "s".repeat(256),
        "\"".repeat(256),
        "\\".repeat(1023)
    ));
    let mut judgement = Judgement::failed(engine::Fault::NotLoaded);
    judgement.determining = vec!["\"".repeat(300); 1_000];
    judgement.faults = vec![engine::Fault::Evaluation("\"".repeat(300)); 1_000];
    let query = query(Target::Resource(uri.unwrap()), 256);
    let record = Record::Decision(Box::new(Decision::new(
        &query,
        Basis::nothing(),
        &judgement,
    )));
    let sealed = seal(Link::ORIGIN, i64::MAX, &record, &Rules::built_in()).unwrap();
    assert!(
        sealed.bytes.len() <= RECORD_BYTES_MAX,
        "{}",
        sealed.bytes.len()
    );
}

#[test]
fn kept_arguments_stay_within_the_bound() {
    let tool = Target::Tool(Name::parse(&"\"".repeat(256)).unwrap());
    let id = "\"".repeat(engine::cedar::ID_BYTES_MAX);
    let mut judgement = Judgement::failed(engine::Fault::NotLoaded);
    judgement.determining = vec![id.clone(); 1_000];
    judgement.faults = vec![engine::Fault::Evaluation(id); 1_000];
    let roles = || vec![Name::parse(&"\"".repeat(252)).unwrap(); 16];
    let arguments = |bytes: usize| format!("[{}]", "\"\",".repeat(bytes / 3 - 2) + "\"\"");
    let record = |bytes: usize, keep: Keep| {
        let mut query = query(tool.clone(), 1);
        query.caller.roles = roles();
        let text = arguments(bytes);
        query.arguments = Some(serde_json::value::RawValue::from_string(text).unwrap());
        let basis = Basis::of(&query, None, keep);
        let record = Record::Decision(Box::new(Decision::new(&query, basis, &judgement)));
        seal(Link::ORIGIN, i64::MAX, &record, &Rules::built_in())
            .unwrap()
            .bytes
            .len()
    };
    let longest = record(ARGUMENTS_BYTES_MAX, Keep::Values);
    assert!(longest > 2 * ARGUMENTS_BYTES_MAX - 16, "they are kept");
    assert!(longest <= RECORD_BYTES_MAX - 8 * 1024, "{longest}");
    let longer = record(ARGUMENTS_BYTES_MAX + 30, Keep::Values);
    assert!(
        longer < longest - ARGUMENTS_BYTES_MAX,
        "longer ones are not"
    );
    let plain = record(ARGUMENTS_BYTES_MAX, Keep::Types);
    assert!(plain < longest - ARGUMENTS_BYTES_MAX);
}

#[test]
fn no_secret_of_a_uri_is_written() {
    let uri = Uri::parse("https://u:hunter2@h/p?token=s3cret#frag").unwrap();
    let query = query(Target::Resource(uri), 1);
    let judgement = Judgement::failed(engine::Fault::NotLoaded);
    let record = Record::Decision(Box::new(Decision::new(
        &query,
        Basis::nothing(),
        &judgement,
    )));
    let bytes = String::from_utf8(
        seal(Link::ORIGIN, 0, &record, &Rules::built_in())
            .unwrap()
            .bytes,
    )
    .unwrap();
    for secret in ["hunter2", "s3cret", "frag"] {
        assert!(!bytes.contains(secret), "{bytes}");
    }
    assert!(
        bytes.contains("\"host\":\"h\",\"path\":\"/p\",\"partial\":true"),
        "{bytes}"
    );
}

proptest! {
    #[test]
    fn one_changed_byte_is_found(at in 0..8_usize, byte in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut records = chain(10);
        let index = byte.index(records[at].bytes.len());
        prop_assume!(records[at].bytes[index] != to);
        records[at].bytes[index] = to;
        let stored = verify(&records).unwrap_err();
        prop_assert!(stored.position == at as u64 + 1);
        records[at] = rehashed(records[at].bytes.clone(), at as u64 + 1);
        prop_assert!(verify(&records).is_err());
    }
}
