//! Decisions are recorded as the server records them, read back, and put to other policies.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{CallId, Caller, Name, ServerName, Uri};
use portcullis_protocol::wire::{Direction, Query};
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;
use crate::audit::{Basis, Decision, Keep, Link, Record, seal};
use crate::decision::tests::{caller, listed, load, sources};
use crate::decision::{Judgement, decide};
use crate::facts::Facts;

mod random;

/// 2026-11-21T10:53:01.123456Z
const TIME_US: i64 = 1_795_258_381_123_456;

const PAY: &str = r#"{"name":"pay","inputSchema":{"type":"object","required":["amount"],"additionalProperties":false,
    "properties":{"amount":{"type":"integer"},"note":{"type":"string"},"urgent":{"type":"boolean"}}}}"#;
const ECHO: &str =
    r#"{"name":"echo","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}"#;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn tool(text: &str) -> Target {
    Target::Tool(name(text))
}

fn asked(caller: Caller, method: &str, targets: Vec<Target>, arguments: Option<&str>) -> Query {
    let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
    Query {
        call: CallId::from_bytes([7; 16]),
        digest: Digest::of(b""),
        server: ServerName::parse("demo").unwrap(),
        caller,
        direction: Direction::ToServer,
        method: name(method),
        targets,
        arguments: arguments.map(raw),
        protocol_version: None,
        session: None,
        rpc_id: None,
        message_bytes: 0,
        message_digest: Digest::of(b""),
    }
}

fn paid(arguments: &str) -> Query {
    asked(
        caller("alice", "developer"),
        "tools/call",
        vec![tool("pay")],
        Some(arguments),
    )
}

/// The record of a judgement, as the server writes it.
fn written(query: &Query, then: &Policies, keep: Keep, judgement: &Judgement) -> Vec<u8> {
    let basis = Basis::of(query, Some(then), None, keep);
    let record = Record::Decision(Box::new(Decision::new(query, basis, judgement)));
    seal(
        Link::ORIGIN,
        TIME_US,
        &record,
        &portcullis_protocol::redact::Rules::built_in(),
    )
    .unwrap()
    .bytes
}

fn record(query: &Query, then: &Policies, keep: Keep) -> Vec<u8> {
    let facts = Facts::of_query(query, then.catalogue(), None, TIME_US / 1_000);
    written(query, then, keep, &decide(then, &facts))
}

fn with(text: &str, tools: &[&str]) -> Policies {
    Policies::load(sources(text), &listed(tools)).unwrap()
}

fn again(record: &[u8], draft: &Policies) -> Replayed {
    Replay::new(draft).again(&Decided::read(record).unwrap())
}

fn verdict(query: &Query, then: &Policies, draft: &Policies, keep: Keep) -> Verdict {
    again(&record(query, then, keep), draft).verdict
}

const ALL: &str = r#"@id("all") permit (principal, action, resource);"#;
const NONE: &str = r#"@id("none") forbid (principal, action, resource);"#;
const GATED: &str = r#"@id("all") permit (principal, action, resource);
    @id("ask") @approval("leads") forbid (principal, action in Mcp::Action::"tools/call", resource)
    unless { context has approval && context.approval.expires > context.now };"#;
const SMALL: &str = r#"@id("small") permit (principal, action == Mcp::Action::"demo/pay", resource)
    when { context.input.amount < 100 };"#;

const OUTCOMES: [(&str, Outcome); 3] = [
    (ALL, Outcome::Allow),
    (GATED, Outcome::Approve),
    (NONE, Outcome::Deny),
];

#[test]
fn every_transition_is_seen() {
    let query = paid(r#"{"amount":5}"#);
    for (then, from) in OUTCOMES {
        for (draft, to) in OUTCOMES {
            let (then, draft) = (with(then, &[PAY]), with(draft, &[PAY]));
            for keep in [Keep::Types, Keep::Values] {
                let expected = match from == to {
                    true => Verdict::Same(to),
                    false => Verdict::Changed { from, to },
                };
                assert_eq!(verdict(&query, &then, &draft, keep), expected);
            }
        }
    }
}

#[test]
fn values_are_judged_again_and_types_only_where_they_do_not_matter() {
    let then = with(ALL, &[PAY]);
    let lost = Verdict::Unknown(Why::Arguments);
    let denied = Verdict::Changed {
        from: Outcome::Allow,
        to: Outcome::Deny,
    };
    let allowed = Verdict::Same(Outcome::Allow);
    let beside = |more: &str| format!("{SMALL} {more}");
    let forbid = r#"forbid (principal in Mcp::Role::"developer", action, resource);"#;
    let permit = r#"permit (principal in Mcp::Role::"developer", action, resource);"#;
    let overflow = format!(
        r#"{permit} permit (principal, action == Mcp::Action::"demo/pay", resource)
        when {{ context.input.amount * 2 > 5 }};"#
    );
    let stranger = r#"permit (principal, action == Mcp::Action::"demo/pay", resource)
        when { principal in Mcp::Role::"auditor" && context.input.amount < 100 };"#;
    let late = r#"permit (principal, action == Mcp::Action::"demo/pay", resource)
        when { context.now < datetime("2026-11-21T10:53:01.123Z") };"#;
    let in_time = late.replace("123Z", "124Z");
    let digest = format!(
        r#"permit (principal, action, resource) when {{ context.args_digest == "{}" }};"#,
        Digest::of(br#"{"amount":500}"#)
    );
    let gated = format!("{permit} {}", GATED.split_once(';').unwrap().1);
    let maybe_gated = format!(
        r#"{permit} @id("big") @approval("leads") forbid (principal, action == Mcp::Action::"demo/pay", resource)
        when {{ context.input.amount > 100 }} unless {{ context has approval && context.approval.expires > context.now }};"#
    );
    let approve = Verdict::Changed {
        from: Outcome::Allow,
        to: Outcome::Approve,
    };
    for (draft, types, values) in [
        (SMALL, lost, denied),
        (&beside(forbid), denied, denied),
        (&beside(permit), lost, allowed),
        (&overflow, lost, allowed),
        (stranger, denied, denied),
        (late, denied, denied),
        (&in_time, allowed, allowed),
        (&digest, allowed, allowed),
        (&gated, approve, approve),
        (&maybe_gated, lost, approve),
    ] {
        let draft_set = with(draft, &[PAY]);
        let query = paid(r#"{"amount":500}"#);
        let said = |keep| verdict(&query, &then, &draft_set, keep);
        assert_eq!(said(Keep::Types), types, "{draft}");
        assert_eq!(said(Keep::Values), values, "{draft}");
    }
}

#[test]
fn what_a_record_does_not_say_is_not_guessed() {
    let then = with(ALL, &[PAY]);
    let many: Vec<Name> = (0..200)
        .map(|n| name(&format!("a-long-role-{n:020}")))
        .collect();
    let crowded = Caller {
        roles: many,
        ..caller("alice", "developer")
    };
    let resource = |uri: &str| Target::Resource(Uri::parse(uri).unwrap());
    let alice = || caller("alice", "developer");
    let read = |uri: &str| asked(alice(), "resources/read", vec![resource(uri)], None);
    let several = vec![resource("a://b/c"); 9];
    let listen = |targets| asked(alice(), "subscriptions/listen", targets, None);
    let task = Target::Task(Uri::parse("t1").unwrap());
    let same = Verdict::Same(Outcome::Allow);
    for (query, expected) in [
        (
            asked(
                crowded,
                "tools/call",
                vec![tool("pay")],
                Some(r#"{"amount":1}"#),
            ),
            Verdict::Unknown(Why::Roles),
        ),
        (listen(several), Verdict::Unknown(Why::Targets)),
        (listen(vec![resource("a://b/c"); 8]), same),
        (read("https://h/p?token=1"), Verdict::Unknown(Why::Uri)),
        (read("data:text/plain,x"), Verdict::Unknown(Why::Uri)),
        (read("https://host:81/p/q"), same),
        (read("file:///etc/x"), same),
        (
            asked(alice(), "tasks/get", vec![task], None),
            Verdict::Unknown(Why::Task),
        ),
    ] {
        let seen = verdict(&query, &then, &then, Keep::Values);
        assert_eq!(seen, expected, "{:?}", query.targets);
    }
}

#[test]
fn a_tool_must_be_known_to_the_draft() {
    let then = with(ALL, &[PAY]);
    let bare = load(ALL);
    let query = paid(r#"{"amount":5}"#);
    let lost = Verdict::Unknown(Why::Tool);
    assert_eq!(verdict(&query, &then, &bare, Keep::Values), lost);
    let never = asked(
        caller("a", "r"),
        "tools/call",
        vec![tool("odd")],
        Some("{}"),
    );
    let same = Verdict::Same(Outcome::Allow);
    assert_eq!(verdict(&never, &then, &then, Keep::Types), same);
    // Another definition: values are checked against it, types are not enough for a yes.
    let other = PAY.replace(r#""integer""#, r#""string""#);
    let other = with(ALL, &[&other]);
    let changed = Verdict::Changed {
        from: Outcome::Allow,
        to: Outcome::Deny,
    };
    let unsure = Verdict::Unknown(Why::Definition);
    assert_eq!(verdict(&query, &then, &other, Keep::Values), same);
    let other_read = PAY.replace(r#""integer""#, r#""string""#);
    let read = format!(
        r#"{ALL} forbid (principal, action == Mcp::Action::"demo/pay", resource)
        when {{ context.input.amount == "x" }};"#
    );
    let read = with(&read, &[&other_read]);
    assert_eq!(verdict(&query, &then, &read, Keep::Values), changed);
    assert_eq!(verdict(&query, &then, &other, Keep::Types), unsure);
    let strict = PAY.replace(r#""integer""#, r#""string""#);
    let strict = with(NONE, &[&strict]);
    assert_eq!(verdict(&query, &then, &strict, Keep::Types), changed);
    let broken = PAY.replacen(r#""type":"object""#, r#""type":"array""#, 1);
    let quarantined = with(ALL, &[&broken]);
    assert_eq!(verdict(&query, &then, &quarantined, Keep::Types), changed);
}

#[test]
fn faults_that_are_no_policys_stay() {
    let (then, draft) = (with(NONE, &[PAY]), with(ALL, &[PAY]));
    let denied = Verdict::Same(Outcome::Deny);
    let small = with(SMALL, &[PAY]);
    let lost = Verdict::Unknown(Why::Arguments);
    for arguments in [r#"{"amount":"x"}"#, "{}"] {
        let said = |draft, keep| verdict(&paid(arguments), &small, draft, keep);
        assert_eq!(
            said(&small, Keep::Values),
            denied,
            "what is read is not exact"
        );
        assert_eq!(said(&small, Keep::Types), lost);
        let opened = Verdict::Changed {
            from: Outcome::Deny,
            to: Outcome::Allow,
        };
        assert_eq!(
            said(&draft, Keep::Values),
            opened,
            "nobody reads it any more"
        );
        assert_eq!(said(&draft, Keep::Types), lost);
        assert_eq!(said(&then, Keep::Types), denied);
    }
    let failed = |fault| {
        let query = paid(r#"{"amount":5}"#);
        let judgement = Judgement::failed(fault);
        again(&written(&query, &then, Keep::Types, &judgement), &draft).verdict
    };
    assert_eq!(failed(Fault::UnknownSession), denied);
    assert_eq!(failed(Fault::TimeOut), Verdict::Unknown(Why::TimeOut));
    for fault in [Fault::NotLoaded, Fault::Stale] {
        assert_eq!(failed(fault), Verdict::Unknown(Why::NotLoaded));
    }
    let opened = Verdict::Changed {
        from: Outcome::Deny,
        to: Outcome::Allow,
    };
    assert_eq!(failed(Fault::Evaluation("none".to_owned())), opened);
}

#[test]
fn an_old_record_is_read_without_its_basis() {
    let then = with(ALL, &[PAY]);
    let strip = |query: &Query| {
        let bytes = record(query, &then, Keep::Types);
        let mut value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let members = value.as_object_mut().unwrap();
        for member in ["engine", "tool", "args_digest", "args_types"] {
            members.remove(member);
        }
        serde_json::to_vec(&value).unwrap()
    };
    let call = strip(&paid(r#"{"amount":5}"#));
    let said = |draft: &str| again(&call, &with(draft, &[PAY])).verdict;
    assert_eq!(said(SMALL), Verdict::Unknown(Why::Unrecorded));
    assert_eq!(said(ALL), Verdict::Unknown(Why::Definition));
    let denied = Verdict::Changed {
        from: Outcome::Allow,
        to: Outcome::Deny,
    };
    assert_eq!(said(NONE), denied);
    let file = Target::Resource(Uri::parse("file:///x").unwrap());
    let read = strip(&asked(caller("a", "r"), "resources/read", vec![file], None));
    assert_eq!(again(&read, &then).verdict, Verdict::Same(Outcome::Allow));
    let whole =
        r#"permit (principal, action, resource) when { context.args_digest like "sha256:*" };"#;
    let unrecorded = Verdict::Unknown(Why::Unrecorded);
    assert_eq!(again(&read, &load(whole)).verdict, unrecorded);
}

#[test]
fn rego_is_asked_with_arguments_only() {
    let then = with(ALL, &[PAY]);
    let files = [
        ("bundle.toml", "engine = \"rego\"\n"),
        (
            "small.rego",
            "package mcp\n\nimport rego.v1\n\npermits contains {\"id\": \"small\"} if input.arguments.amount < 100\n",
        ),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let files = std::sync::Arc::new(crate::policies::Sources::new(files.into()));
    let rego = Policies::load(files, &listed(&[PAY])).unwrap();
    let denied = Verdict::Changed {
        from: Outcome::Allow,
        to: Outcome::Deny,
    };
    // A busy machine may make a module late.
    let late = |said: &Verdict| *said != Verdict::Unknown(Why::TimeOut);
    let said = |arguments: &str, keep| {
        let mut tries = (0..50).map(|_| verdict(&paid(arguments), &then, &rego, keep));
        tries.find(late).unwrap()
    };
    let (small, large) = (r#"{"amount":5}"#, r#"{"amount":500}"#);
    assert_eq!(said(small, Keep::Values), Verdict::Same(Outcome::Allow));
    assert_eq!(said(large, Keep::Values), denied);
    assert_eq!(said(large, Keep::Types), Verdict::Unknown(Why::Rego));
    let text = String::from_utf8(record(&paid(small), &rego, Keep::Types)).unwrap();
    assert!(text.contains(r#""engine":"rego""#), "{text}");
}

#[test]
fn edited_arguments_are_no_arguments() {
    let then = with(ALL, &[PAY]);
    let bytes = record(&paid(r#"{"amount":5}"#), &then, Keep::Values);
    let text = String::from_utf8(bytes).unwrap();
    assert!(Decided::read(text.as_bytes()).is_ok());
    let edited = text.replace(r#"\"amount\":5"#, r#"\"amount\":6"#);
    assert_ne!(edited, text);
    assert!(Decided::read(edited.as_bytes()).is_err());
    assert!(Decided::read(b"{}").is_err());
}

#[test]
fn a_replay_says_what_decides_now() {
    let (then, draft) = (with(SMALL, &[PAY]), with(GATED, &[PAY]));
    let bytes = record(&paid(r#"{"amount":5}"#), &then, Keep::Types);
    let decided = Decided::read(&bytes).unwrap();
    assert_eq!(decided.determining, ["small"]);
    assert_eq!(decided.about, "demo/pay");
    assert_eq!(again(&bytes, &draft).determining, ["ask"]);
    let head = Head::read(&bytes).unwrap();
    assert!(head.is_decision() && head.seq() == 1);
    assert_eq!(head.time_ms(), Some(TIME_US / 1_000));
}
