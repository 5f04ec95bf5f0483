//! Every record has a line, whatever agents, servers and filters put into it.

use portcullis_protocol::limits::{FACTS_MAX, FINDINGS_MAX};
use portcullis_protocol::names::{Caller, Name, ServerName};
use portcullis_protocol::redact::{Action, Class, Fact, MarkKey, RawRules, Reason, Unscanned};
use portcullis_protocol::wire::{Direction, End, Loss, Outcome, Redactions, Refusal};
use proptest::prelude::*;

use super::*;
use crate::audit::{Link, OutcomeRecord, RedactionsRecord, RefusalRecord, Verifier, seal};

fn call() -> CallId {
    CallId::from_bytes([7; 16])
}

fn caller(text: &str) -> Caller {
    let name = || Name::parse(text).unwrap_or(Name::from_static("x"));
    Caller {
        issuer: name(),
        subject: name(),
        roles: vec![name(); 16],
        agent: Some(name()),
    }
}

fn redactions(pointers: &[String]) -> Redactions {
    let fact = |pointer: &String| Fact {
        rule: Name::from_static("github-token"),
        class: Class::parse("secret.github").unwrap(),
        pointer: pointer.clone(),
        bytes: 40,
        mark: MarkKey::new([1; 32]).mark("x"),
        action: Action::Redacted,
    };
    let part = |pointer: &String| Unscanned {
        pointer: pointer.clone(),
        bytes: 1,
        reason: Reason::Blob,
    };
    Redactions {
        call: call(),
        server: ServerName::parse("demo").unwrap(),
        caller: caller("alice"),
        method: Name::from_static("notifications/progress"),
        direction: Direction::ToServer,
        facts: pointers.iter().map(fact).collect(),
        more: 3,
        unscanned: pointers.iter().map(part).collect(),
    }
}

/// The sealed record, which chains and reads, and how much of it is there.
fn sealed(record: &Record, rules: &Rules) -> (Value, Extent) {
    let sealed = seal(Link::ORIGIN, i64::MAX, record, rules).unwrap();
    assert!(sealed.bytes.len() <= RECORD_BYTES_MAX);
    let mut verifier = Verifier::after(Link::ORIGIN);
    verifier
        .next(&sealed.bytes, Some(sealed.link.leaf))
        .unwrap();
    let value: Value = serde_json::from_slice(&sealed.bytes).unwrap();
    assert_eq!(value["kind"], record.kind());
    (value, sealed.extent)
}

fn found(pointers: &[String]) -> Record {
    Record::Redactions(Box::new(RedactionsRecord::from(redactions(pointers))))
}

#[test]
fn places_that_grow_when_they_are_cleaned_are_left_out() {
    // Harmless keys, which a pointer joins to addresses with passwords.
    let pointer = "/x://b:q7w@h".repeat(42);
    let (record, extent) = sealed(&found(&vec![pointer; FACTS_MAX]), &Rules::built_in());
    assert_eq!(extent, Extent::Placeless);
    assert_eq!(record["facts"][0]["rule"], "github-token");
    assert_eq!(record["facts"][0]["pointer"], "");
}

#[test]
fn a_record_with_too_many_findings_is_readable_all_the_same() {
    let own: RawRules = serde_json::from_value(serde_json::json!({
        "rule": [{"id": "abc", "class": "secret.own", "prefixes": ["abc"], "alphabet": "alnum",
                  "min": 4, "max": 4}],
    }))
    .unwrap();
    let rules = Rules::compile(&own).unwrap();
    let record = found(&vec!["/abc1x9z".repeat(64); FACTS_MAX]);
    let text = serde_json::to_string(&record).unwrap();
    assert!(text.matches("abc1x9z").count() > FINDINGS_MAX);
    let (record, extent) = sealed(&record, &rules);
    assert_eq!(extent, Extent::Placeless);
    assert_eq!(record["call"], call().to_string());
}

#[test]
fn a_stub_names_what_it_leaves_out_and_holds_no_text() {
    let record = found(&["/secret-text".to_owned()]);
    let line = Line {
        v: RECORD_VERSION,
        seq: 1,
        prev: Link::ORIGIN.leaf,
        time: "t".to_owned(),
        record: &record,
    };
    let stub = stub(&line).unwrap();
    let value: Value = serde_json::from_slice(&stub).unwrap();
    assert_eq!(value["call"], call().to_string());
    assert_eq!(value["direction"], "to_server");
    let mut omitted: Vec<&str> = value["omitted"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    omitted.sort_unstable();
    assert_eq!(omitted, ["caller", "facts", "method", "unscanned"]);
    let text = String::from_utf8(stub).unwrap();
    assert!(
        !text.contains("secret-text") && !text.contains("alice"),
        "{text}"
    );
}

fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("/x://b:q7w@h".to_owned()),
        Just("password=hunter2hunter2".to_owned()),
        Just("\u{1}".to_owned()),
        Just("\\\"".to_owned()),
        Just("kind".to_owned()),
        Just("/verdict".to_owned()),
        Just("token: ".to_owned()),
        Just("-----BEGIN PRIVATE KEY-----".to_owned()),
        Just(format!("ghp_{}", "16C7e42F292c6912E7710c838347Ae178B4a")),
        "\\PC{0,8}",
    ];
    proptest::collection::vec(part, 1..40).prop_map(|parts| {
        let mut text = parts.concat();
        text.truncate(text.floor_char_boundary(512));
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_report_has_a_line(
        pointers in proptest::collection::vec(hostile(), 0..FACTS_MAX),
        name in hostile(),
    ) {
        let rules = Rules::built_in();
        sealed(&found(&pointers), &rules);
        let mut short = name;
        short.truncate(short.floor_char_boundary(256));
        let refusal = Refusal {
            call: call(),
            server: None,
            caller: Some(caller(&short)),
            method: Name::parse(&short).ok(),
            reason: Name::from_static("secret"),
            status: 400,
        };
        sealed(&Record::Refusal(Box::new(RefusalRecord::from(refusal))), &rules);
        let outcome = Outcome {
            call: call(),
            status: u16::MAX,
            end: End::Withheld,
            is_error: true,
            output_digest: Digest::of(short.as_bytes()),
            output_bytes: u64::MAX,
            duration_us: u64::MAX,
            server_status: u16::MAX,
            loss: Some(Loss::LapsedSilence),
            dropped: u64::MAX,
        };
        let (line, extent) = sealed(&Record::Outcome(OutcomeRecord::from(outcome)), &rules);
        prop_assert_eq!(extent, Extent::Whole);
        prop_assert_eq!(&line["call"], &call().to_string());
    }
}
