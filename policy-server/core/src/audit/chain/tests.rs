//! Each way to tamper with a chain is found, at the right place.

use portcullis_protocol::names::{Caller, Name, ServerName, Uri};
use portcullis_protocol::wire::{Direction, Query, Target};
use proptest::prelude::*;

use super::*;
use crate::audit::RECORD_BYTES_MAX;
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
    Sealed {
        bytes,
        link,
        extent: Extent::Whole,
    }
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
        let basis = Basis::of(&query, None, None, keep);
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

/// The record of a call of this tool, as it is stored.
fn sealed_call(tool: &str, change: impl FnOnce(&mut Query)) -> serde_json::Value {
    let mut query = query(Target::Tool(Name::parse(tool).unwrap()), 1);
    query.method = Name::from_static("tools/call");
    query.caller.subject = Name::from_static("user-48151623");
    change(&mut query);
    let basis = Basis::of(&query, None, None, Keep::Values);
    let judgement = Judgement::failed(engine::Fault::NotLoaded);
    let record = Record::Decision(Box::new(Decision::new(&query, basis, &judgement)));
    let sealed = seal(Link::ORIGIN, 0, &record, &Rules::built_in()).unwrap();
    verify(std::slice::from_ref(&sealed)).unwrap();
    serde_json::from_slice(&sealed.bytes).unwrap()
}

#[test]
fn nobody_hides_what_else_a_record_says() {
    let session = Digest::of(b"the session");
    for hidden in ["user-48151623".to_owned(), session.to_string()] {
        let record = sealed_call(&format!("password={hidden}"), |query| {
            query.session = Some(session);
        });
        assert_eq!(record["caller"]["subject"], "user-48151623", "{record}");
        assert_eq!(record["session"], session.to_string(), "{record}");
    }
    let record = sealed_call("password=user-48151623", |_| {});
    let named = record["targets"]["first"][0]["name"].as_str().unwrap();
    assert!(named.starts_with("password=[redacted:"), "{named}");
}

#[test]
fn types_of_arguments_are_no_secrets() {
    let text = r#"{"password":"hunter2hunter2","api_key":7,"q":"string"}"#;
    let record = sealed_call("t", |query| {
        query.arguments = Some(serde_json::value::RawValue::from_string(text.to_owned()).unwrap());
    });
    let types = serde_json::json!({"password": "string", "api_key": "integer", "q": "string"});
    assert_eq!(record["args_types"], types, "{record}");
    assert!(!record.to_string().contains("hunter2"), "{record}");
}

/// A text of this length, full of secrets as short as they come.
fn dense(part: &str, bytes: usize) -> String {
    part.repeat(bytes / part.len())
}

#[test]
fn the_longest_record_is_within_its_bound_when_it_is_full_of_secrets() {
    let secrets = ["hunt3r9x", "a1b2c3d4e5", "Zx9-y8w7"];
    let parts = secrets.iter().flat_map(|secret| {
        let forms = ["password=_ ", "secret: _, ", "--password _ ", "token='_' "];
        forms.map(|form| (*secret, form.replace('_', secret)))
    });
    let rules = Rules::built_in();
    let found = parts.filter(|(secret, part)| !rules.clean(part).contains(secret));
    let found: Vec<_> = found.collect();
    assert!(found.len() > 3, "{found:?}");
    for (secret, part) in &found {
        let uri = format!("http://h/{}", dense(part, 1014).replace(' ', "/"));
        let mut judgement = Judgement::failed(engine::Fault::NotLoaded);
        let id = dense(part, engine::cedar::ID_BYTES_MAX);
        judgement.determining = vec![id.clone(); 1_000];
        judgement.faults = vec![engine::Fault::Evaluation(id); 1_000];
        let name = |text: &str| Name::parse(text).unwrap();
        let long = dense(part, 250);
        let mut query = query(Target::Resource(Uri::parse(&uri).unwrap()), 256);
        query.caller = Caller {
            issuer: name(&long),
            subject: name(&long),
            roles: vec![name(part); 4096 / (part.len() + 4)],
            agent: Some(name(&long)),
        };
        query.method = name(&long);
        for targets in [query.targets.clone(), vec![Target::Tool(name(&long))]] {
            query.targets = targets;
            let text = format!(
                "[\"{}\"]",
                dense(&part.replace('"', "'"), ARGUMENTS_BYTES_MAX - 32)
            );
            query.arguments = Some(serde_json::value::RawValue::from_string(text).unwrap());
            let basis = Basis::of(&query, None, None, Keep::Values);
            let record = Record::Decision(Box::new(Decision::new(&query, basis, &judgement)));
            let sealed = seal(Link::ORIGIN, i64::MAX, &record, &Rules::built_in());
            let sealed = sealed.unwrap_or_else(|error| panic!("{part}: {error}"));
            verify(std::slice::from_ref(&sealed)).unwrap();
            assert!(sealed.bytes.len() <= RECORD_BYTES_MAX);
            let text = String::from_utf8(sealed.bytes).unwrap();
            // In a path there are no spaces that would set a secret apart.
            let shown = text.contains(secret) && query.targets.len() == 1;
            assert!(!shown, "{part}: {text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_a_name_holds_the_record_can_be_read(
        parts in proptest::collection::vec(prop_oneof![
            Just("password=\"".to_owned()), Just("hunter2hunter2".to_owned()),
            Just("\\\"".to_owned()), Just("token: ".to_owned()), Just("{\"secret\":\"".to_owned()),
            Just(format!("ghp_{}", "16C7e42F292c6912E7710c838347Ae178B4a")),
            Just("https://user:p4ssw0rd@".to_owned()), Just("-----BEGIN PRIVATE KEY-----".to_owned()),
            "[ -~]{0,12}",
        ], 1..8),
    ) {
        let mut text = parts.concat();
        text.truncate(256);
        if let Ok(name) = Name::parse(&text) {
            let record = sealed_call("t", |query| {
                query.targets = vec![Target::Tool(name.clone())];
                query.caller.agent = Some(name.clone());
                query.caller.roles = vec![name];
            });
            prop_assert_eq!(&record["caller"]["subject"], "user-48151623");
        }
    }
}
