//! Gates and shadow: what they say, and what no gate, approval or error can do whatever the bundle.

use super::*;
use crate::engine::{GrantScope, ShadowEffect, Ttl};
use crate::facts::Approval;

const REFUND: &str = r#"
    @id("refund-over-1000") @approval("finance-approvers, cfo") @grant_ttl("PT15M")
    @reason("Refunds over 1,000 need finance.")
    forbid (principal, action in Mcp::Action::"tools/call", resource == Mcp::Tool::"demo/refund")
    unless { context has approval &&
             context.approval.groups.contains(Mcp::Role::"finance-approvers") &&
             context.now < context.approval.expires &&
             context.approval.args_digest == context.args_digest };"#;
const PERMIT: &str = r#"@id("all") permit (principal, action, resource);"#;
const HARD: &str =
    r#"@id("hard") forbid (principal, action in Mcp::Action::"tools/call", resource);"#;

const NOW_MS: i64 = 1_795_258_381_123;

/// A yes as a test wants it.
struct Yes<'a> {
    group: &'a str,
    expires_ms: i64,
    to: &'a str,
}

const GOOD: Yes<'_> = Yes {
    group: "finance-approvers",
    expires_ms: NOW_MS + 1,
    to: "{}",
};

fn call(policies: &Policies, tool: &str, yes: Option<&Yes<'_>>) -> Judgement {
    let server = ServerName::parse("demo").unwrap();
    let caller = caller("somebody", "dev");
    let target = Target::Tool(name(tool));
    let groups: Vec<Name> = yes.iter().map(|yes| name(yes.group)).collect();
    let approval = yes.map(|yes| Approval {
        groups: &groups,
        expires_ms: yes.expires_ms,
        args_digest: Digest::of(yes.to.as_bytes()),
    });
    let facts = Facts {
        server: &server,
        caller: &caller,
        direction: Direction::ToServer,
        method: "tools/call",
        subjects: vec![Subject {
            target: &target,
            known: Known::Unlisted(&[]),
            also: Vec::new(),
        }],
        protocol_version: None,
        arguments: Some("{}"),
        approval,
        now_ms: NOW_MS,
    };
    decide(policies, &facts)
}

#[test]
fn a_gate_asks_and_an_approval_opens_it() {
    let policies = load(&format!("{PERMIT}{REFUND}"));
    assert!(call(&policies, "other", None).allows());
    let asked = call(&policies, "refund", None);
    assert_eq!(asked.outcome, Outcome::Approve);
    let gate = &asked.gates[0];
    assert_eq!(gate.id, "refund-over-1000");
    assert_eq!(gate.groups, ["cfo", "finance-approvers"]);
    assert_eq!(
        (gate.ttl, gate.scope),
        (Ttl::parse("PT15M"), GrantScope::Exact)
    );
    assert!(message(&asked).contains("finance-approvers (refund-over-1000). Refunds over"));
    assert!(call(&policies, "refund", Some(&GOOD)).allows());
    for bad in [
        Yes {
            group: "dev",
            ..GOOD
        },
        Yes {
            expires_ms: NOW_MS,
            ..GOOD
        },
        Yes { to: "{ }", ..GOOD },
    ] {
        assert_eq!(
            call(&policies, "refund", Some(&bad)).outcome,
            Outcome::Approve
        );
    }
}

#[test]
fn every_gate_must_open() {
    let second = REFUND
        .replace("refund-over", "second")
        .replace("finance-app", "legal-app");
    let policies = load(&format!("{PERMIT}{REFUND}{second}"));
    let ids: Vec<_> = call(&policies, "refund", None).determining;
    assert_eq!(ids, ["refund-over-1000", "second-1000"]);
    let half = call(&policies, "refund", Some(&GOOD));
    assert_eq!(
        (half.outcome, half.determining),
        (Outcome::Approve, vec!["second-1000".to_owned()])
    );
}

#[test]
fn no_approval_beats_a_hard_forbid_or_a_default_deny() {
    for text in [format!("{PERMIT}{REFUND}{HARD}"), REFUND.to_owned()] {
        let policies = load(&text);
        for yes in [None, Some(&GOOD)] {
            let judgement = call(&policies, "refund", yes);
            assert_eq!(judgement.outcome, Outcome::Deny);
            assert!(judgement.gates.is_empty());
        }
    }
}

#[test]
fn shadow_is_noted_and_never_enforced() {
    let shadow = |text: &str| text.replacen("@id(\"", "@mode(\"shadow\") @id(\"", 1);
    let gated = load(&format!("{PERMIT}{}{}", shadow(REFUND), shadow(HARD)));
    let judgement = call(&gated, "refund", None);
    assert!(judgement.allows());
    let notes: Vec<_> = judgement
        .shadow
        .iter()
        .map(|note| (note.policy.as_str(), note.effect))
        .collect();
    assert_eq!(
        notes,
        [
            ("hard", ShadowEffect::Forbid),
            ("refund-over-1000", ShadowEffect::Gate)
        ]
    );
    let permitted = load(&shadow(PERMIT));
    let judgement = call(&permitted, "refund", None);
    assert_eq!(judgement.outcome, Outcome::Deny);
    assert_eq!(judgement.shadow[0].effect, ShadowEffect::Permit);
    let failing = r#"@id("f") @mode("shadow") forbid (principal, action in Mcp::Action::"tools/call", resource)
        when { 9223372036854775807 + (if resource.readOnly then 1 else 2) == 0 };"#;
    let judgement = call(&load(&format!("{PERMIT}{failing}")), "t", None);
    assert!(judgement.allows());
    assert_eq!(judgement.shadow[0].effect, ShadowEffect::Fail);
}

#[test]
fn a_gate_that_is_none_does_not_load() {
    let unless = "unless { context has approval }";
    for (text, message, help) in [
        (
            format!("@approval(\"a\") permit (principal, action, resource) {unless};"),
            "a gate is a `forbid`",
            "",
        ),
        (
            "@approval(\"a\") forbid (principal, action, resource) when { context has approval };"
                .to_owned(),
            "a gate is a `forbid`",
            "",
        ),
        (
            format!("@approval forbid (principal, action, resource) {unless};"),
            "names no group",
            "",
        ),
        (
            format!("@approval(\"a,,b\") forbid (principal, action, resource) {unless};"),
            "names no group",
            "",
        ),
        (
            format!(
                "@approval(\"a\") @grant_ttl(\"15m\") forbid (principal, action, resource) {unless};"
            ),
            "no duration",
            "PT15M",
        ),
        (
            format!(
                "@approval(\"a\") @grant_scope(\"all\") forbid (principal, action, resource) {unless};"
            ),
            "`@grant_scope` is unknown",
            "exact",
        ),
        (
            "@grant_ttl(\"PT1M\") forbid (principal, action, resource);".to_owned(),
            "without `@approval`",
            "",
        ),
        (
            format!("forbid (principal, action, resource) {unless};"),
            "only a gate may read",
            "",
        ),
        (
            "permit (principal, action, resource) when { context has approval };".to_owned(),
            "only a gate may read",
            "",
        ),
        (
            format!("@aproval(\"a\") forbid (principal, action, resource) {unless};"),
            "unknown annotation `@aproval`",
            "did you mean `@approval`?",
        ),
        (
            "@zzz permit (principal, action, resource);".to_owned(),
            "unknown annotation `@zzz`",
            "the known ones are @id",
        ),
        (
            "@mode(\"shadwo\") permit (principal, action, resource);".to_owned(),
            "there is no `@mode",
            "",
        ),
        (
            "@approval(\"a\") forbid (principal, action, resource) unless { context.approval.groups.contains(Mcp::Role::\"a\") };".to_owned(),
            "approval",
            "",
        ),
        (
            "permit (principal, action, resource) when { action == Mcp::Action::\"tools/call\" };"
                .to_owned(),
            "no call of a known tool",
            "in",
        ),
    ] {
        let problems = problems(&text);
        let found = problems.iter().any(|problem| {
            problem.message.contains(message)
                && problem.help.clone().unwrap_or_default().contains(help)
        });
        assert!(found, "{text}: {problems:?}");
    }
}

/// A policy of any kind on tool calls; `number` becomes its id.
fn one() -> impl Strategy<Value = (Kind, String)> {
    let kind = prop_oneof![
        3 => Just(Kind::Permit), 1 => Just(Kind::Forbid), 2 => Just(Kind::Gate)
    ];
    let action = prop_oneof![
        Just("action"),
        Just(r#"action == Mcp::Action::"tools/call""#),
        Just(r#"action in Mcp::Action::"write""#),
    ];
    let resource = prop_oneof![
        2 => Just("resource"),
        1 => Just(r#"resource == Mcp::Tool::"demo/a""#),
        1 => Just(r#"resource in Mcp::Server::"demo""#),
    ];
    let when = prop_oneof![
        4 => Just("true"),
        1 => Just(r#"principal in Mcp::Role::"other""#),
        1 => Just(r#"context.now < datetime("2020-01-01")"#),
        1 => Just("9223372036854775807 + (if principal has name then 1 else 2) == 0"),
    ];
    let unless = prop_oneof![
        Just("context has approval"),
        Just(
            r#"context has approval && context.approval.groups.contains(Mcp::Role::"finance-approvers")"#
        ),
        Just(r#"context has approval && context.approval.groups.contains(Mcp::Role::"nobody")"#),
    ];
    (kind, action, resource, when, unless).prop_map(|(kind, action, resource, when, unless)| {
        let scope = format!("(principal, {action}, {resource}) when {{ {when} }}");
        let text = match kind {
            Kind::Permit => format!("permit {scope};"),
            Kind::Forbid => format!("forbid {scope};"),
            Kind::Gate => {
                format!("@approval(\"finance-approvers\") forbid {scope} unless {{ {unless} }};")
            }
        };
        (kind, text)
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Permit,
    Forbid,
    Gate,
}

fn bundle<'a>(texts: impl IntoIterator<Item = &'a (Kind, String)>) -> Policies {
    let numbered = texts.into_iter().enumerate();
    let texts: Vec<String> = numbered
        .map(|(n, (_, text))| format!("@id(\"p{n}\") {text}"))
        .collect();
    load(&texts.join("\n"))
}

fn width(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Deny => 0,
        Outcome::Approve => 1,
        Outcome::Allow => 2,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn gates_only_take_away(texts in proptest::collection::vec(one(), 1..7), gate in one()) {
        let without: Vec<&(Kind, String)> = texts.iter().filter(|(kind, _)| *kind != Kind::Gate).collect();
        let (full, bare) = (bundle(&texts), bundle(without));
        let more: Vec<(Kind, String)> = texts.iter().cloned()
            .chain(std::iter::once(gate).filter(|(kind, _)| *kind == Kind::Gate)).collect();
        let more = bundle(&more);
        for tool in ["a", "b"] {
            for yes in [None, Some(&GOOD)] {
                let judgement = call(&full, tool, yes);
                let bare = call(&bare, tool, yes);
                let failed = !judgement.faults.is_empty();
                // Without its gates the bundle allows exactly what it allows or asks about.
                prop_assert_ne!(bare.outcome, Outcome::Approve);
                if !failed {
                    prop_assert_eq!(bare.allows(), judgement.outcome != Outcome::Deny);
                }
                // Neither a hard forbid nor a default deny gives way, whatever was approved.
                if bare.outcome == Outcome::Deny {
                    prop_assert_eq!(judgement.outcome, Outcome::Deny);
                }
                // An error denies, and nothing else of the bundle is said.
                if failed {
                    prop_assert_eq!(judgement.outcome, Outcome::Deny);
                    prop_assert!(judgement.determining.is_empty());
                }
                // One gate more never widens.
                prop_assert!(width(call(&more, tool, yes).outcome) <= width(judgement.outcome));
                // A yes never narrows.
                if yes.is_some() && !failed {
                    prop_assert!(width(call(&full, tool, None).outcome) <= width(judgement.outcome));
                }
            }
        }
    }
}
