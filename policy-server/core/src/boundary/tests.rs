//! Two sets that differ in one value differ for a request that is made up.

use std::collections::BTreeSet;

use super::*;
use crate::catalogue::Known;
use crate::decision::Outcome;
use crate::decision::tests::{listed, sources};
use crate::schema::Reads;

const TOOLS: [&str; 3] = [
    r#"{"name":"pay","inputSchema":{"type":"object","required":["amount","to"],"additionalProperties":false,
        "properties":{"amount":{"type":"integer","minimum":0},"to":{"type":"object","required":["iban"],
        "properties":{"iban":{"type":"string"},"country":{"enum":["DE","FR","US"]}}},
        "note":{"type":"string"},"urgent":{"type":"boolean"},"labels":{"type":"array","items":{"type":"string"}},
        "rate":{"type":"number","multipleOf":0.01}}}}"#,
    r#"{"name":"read","inputSchema":{"type":"object","required":["path"],"properties":{"path":{"type":"string"}}},
        "annotations":{"readOnlyHint":true}}"#,
    r#"{"name":"odd","inputSchema":{"type":"object","required":["x"],"properties":{"x":{"type":"string","pattern":"^[0-9]{9}$"}}}}"#,
];

fn load(text: &str) -> Policies {
    Policies::load(sources(text), &listed(&TOOLS)).unwrap()
}

/// The changes of outcome between two sets.
fn changes(old: &str, new: &str) -> BTreeSet<(Outcome, Outcome)> {
    let (old, new) = (load(old), load(new));
    let boundary = around(&old, &new, 20_000);
    let outcomes = boundary.requests.iter().map(|request| {
        let outcome = |policies| request.judge(policies, 0).outcome;
        (outcome(&old), outcome(&new))
    });
    outcomes.filter(|(old, new)| old != new).collect()
}

#[test]
fn a_change_of_one_value_shows() {
    let pay = |when: &str| {
        format!(
            r#"permit (principal, action == Mcp::Action::"demo/pay", resource) when {{ {when} }};"#
        )
    };
    let any = |when: &str| format!("permit (principal, action, resource) when {{ {when} }};");
    let asked = |method: &str, when: &str| {
        format!(
            r#"permit (principal, action == Mcp::Action::"{method}", resource) when {{ {when} }};"#
        )
    };
    let cases = [
        (
            pay("context.input.amount < 100"),
            pay("context.input.amount <= 100"),
        ),
        (
            pay("context.input.amount < 100"),
            pay("context.input.amount < 5000"),
        ),
        (
            pay(
                r#"context.input.amount < 100 && context.input.to has country && context.input.to.country == Mcp::demo::pay::Input::to::country::"FR""#,
            ),
            pay("context.input.amount < 100"),
        ),
        (
            pay("context.input has note && context.input has urgent && context.input.urgent"),
            pay("context.input has note"),
        ),
        (
            pay(r#"context.input has labels && context.input.labels.contains("ok")"#),
            pay("context.input has labels"),
        ),
        (
            pay(r#"context.input has rate && context.input.rate.lessThan(decimal("1.5"))"#),
            pay(r#"context.input has rate && context.input.rate.lessThanOrEqual(decimal("1.5"))"#),
        ),
        (
            asked(
                "demo/read",
                r#"context.input.path like "/srv/*" && !(context.input.path like "*..*")"#,
            ),
            asked("demo/read", r#"context.input.path like "/srv/*""#),
        ),
        (
            any(r#"principal in Mcp::Role::"lead" && principal in Mcp::Role::"dev""#),
            any(r#"principal in Mcp::Role::"lead""#),
        ),
        (
            any(r#"principal.user == Mcp::User::"alice" && principal in Mcp::Role::"dev""#),
            any(r#"principal.user == Mcp::User::"alice""#),
        ),
        (
            any(r#"principal has name && principal.name == "cursor""#),
            any("principal has name"),
        ),
        (
            any(r#"context.now < datetime("2026-03-01")"#),
            any(r#"context.now <= datetime("2026-03-01")"#),
        ),
        (
            any(r#"context.now.toTime() < duration("17h")"#),
            any(r#"context.now.toTime() <= duration("17h")"#),
        ),
        (
            asked(
                "resources/read",
                r#"resource.scheme == "https" && resource has host && resource.host == "a.example""#,
            ),
            asked("resources/read", r#"resource.scheme == "https""#),
        ),
        (
            asked("resources/read", r#"resource.uri like "file:///srv/*""#),
            asked("resources/read", r#"resource.uri like "file:///*""#),
        ),
        (
            asked("prompts/get", r#"resource.name == "greet""#),
            asked("prompts/get", r#"resource.name like "greet*""#),
        ),
        (
            asked(
                "sampling/createMessage",
                "context.input has maxTokens && context.input.maxTokens < 100",
            ),
            asked("sampling/createMessage", "context.input has maxTokens"),
        ),
        (
            asked(
                "elicitation/create",
                r#"context.input has host && context.input.host == "a.example""#,
            ),
            asked("elicitation/create", "context.input has host"),
        ),
        (any("resource in Mcp::Server::\"other\""), any("true")),
    ];
    let widened = BTreeSet::from([(Outcome::Deny, Outcome::Allow)]);
    let narrowed = BTreeSet::from([(Outcome::Allow, Outcome::Deny)]);
    for (old, new) in &cases {
        assert_eq!(changes(old, new), widened, "{old}\n{new}");
        assert_eq!(changes(new, old), narrowed, "{new}\n{old}");
        assert!(changes(old, old).is_empty());
    }
}

#[test]
fn a_change_of_a_gate_shows() {
    let gated = |unless: &str| {
        format!(
            r#"permit (principal, action, resource);
            @id("gate") @approval("leads") forbid (principal, action == Mcp::Action::"demo/pay", resource)
            when {{ context.input.amount > 100 }} unless {{ context has approval && {unless} }};"#
        )
    };
    let sound = r#"context.approval.expires > context.now && context.approval.groups.contains(Mcp::Role::"leads")"#;
    let endless = r#"context.approval.groups.contains(Mcp::Role::"leads")"#;
    let anybody = "context.approval.expires > context.now";
    let opened = BTreeSet::from([(Outcome::Approve, Outcome::Allow)]);
    for weaker in [endless, anybody] {
        assert_eq!(changes(&gated(sound), &gated(weaker)), opened, "{weaker}");
    }
    let gone = "permit (principal, action, resource);";
    assert_eq!(changes(&gated(sound), gone), opened);
}

#[test]
fn requests_are_valid_bounded_and_always_the_same() {
    let text = r#"permit (principal in Mcp::Role::"dev", action == Mcp::Action::"demo/pay", resource)
        when { context.input.amount < 100 && context.input.to.iban like "DE*" && context.input has note
            && context.input has labels && context.input.labels.contains("x") && context.input has urgent };"#;
    let set = load(text);
    let server = ServerName::parse("demo").unwrap();
    let written = |most| {
        let boundary = around(&set, &set, most);
        let texts = boundary
            .requests
            .iter()
            .map(|request| serde_json::to_string(request).unwrap());
        (texts.collect::<Vec<_>>(), boundary)
    };
    let (texts, boundary) = written(5_000);
    assert_eq!(texts, written(5_000).0);
    let unique: BTreeSet<&String> = texts.iter().collect();
    assert_eq!(unique.len(), texts.len(), "none is there twice");
    assert!(texts.len() > 500, "{}", texts.len());
    assert_eq!(boundary.unmade, ["demo/odd"]);
    for request in &boundary.requests {
        let known = set.catalogue().known(&server, &request.targets[0]);
        if let Known::Tool(tool) = known {
            let arguments = request.arguments.as_ref().map(|raw| raw.get());
            assert!(
                tool.mapped.read(arguments, &Reads::Whole).is_ok(),
                "{request:?}"
            );
        }
    }
    let (few, boundary) = written(100);
    assert!(few.len() <= 100 && boundary.left_out > 0);
}

#[test]
fn a_tool_that_one_set_knows_is_asked_of_both() {
    let text = r#"permit (principal, action in Mcp::Action::"tools/call", resource);"#;
    let (known, bare) = (load(text), crate::decision::tests::load(text));
    let boundary = around(&bare, &known, 1_000);
    let changed =
        |request: &&Written| request.judge(&bare, 0).outcome != request.judge(&known, 0).outcome;
    let calls = boundary
        .requests
        .iter()
        .filter(|request| request.method.as_str() == "tools/call");
    assert!(calls.clone().count() >= 3);
    assert_eq!(calls.filter(changed).count(), 0);
}
