//! A table of cases against the shipped policies, and what only odd policies show.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Caller, Name, ServerName, Uri};
use portcullis_protocol::wire::{Direction, Shape, Target};
use proptest::prelude::*;

use super::*;
use crate::policies::Sources;
use crate::registry::{Registry, ToolEntry};

mod fit;
mod gates;
mod hides;
mod lenient;
mod messages;
mod opaque;
mod problems;
mod spellings;
mod typed;
mod undeclared;
mod unread;
mod untyped;
mod views;

const SHIPPED: &str = include_str!("../../../../policies/access.cedar");

pub(crate) fn sources(text: &str) -> Arc<Sources> {
    let files = BTreeMap::from([("test.cedar".to_owned(), text.to_owned())]);
    Arc::new(Sources::new(files))
}

pub(crate) fn load(text: &str) -> Policies {
    Policies::load(sources(text), &Registry::default()).unwrap()
}

/// A registry in which the server `demo` has listed these tools.
pub(crate) fn listed(definitions: &[&str]) -> Registry {
    let mut registry = Registry::default();
    let server = ServerName::parse("demo").unwrap();
    let page: Vec<(Name, ToolEntry)> = definitions
        .iter()
        .map(|json| {
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            (name(value["name"].as_str().unwrap()), ToolEntry::read(json))
        })
        .collect();
    let changes = registry.changes(&server, &page);
    registry.apply(&server, &changes);
    registry
}

fn problems(text: &str) -> Vec<crate::policies::Problem> {
    let refused = Policies::load(sources(text), &Registry::default());
    refused.unwrap_err().problems
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

pub(crate) fn caller(subject: &str, role: &str) -> Caller {
    let roles = vec![name(role)];
    Caller {
        issuer: name("https://issuer"),
        subject: name(subject),
        roles,
        agent: None,
    }
}

struct Asked<'a> {
    caller: Caller,
    direction: Direction,
    method: &'a str,
    targets: Vec<Target>,
}

fn ask(policies: &Policies, asked: &Asked<'_>) -> Judgement {
    let server = ServerName::parse("demo").unwrap();
    let facts = Facts {
        server: &server,
        caller: &asked.caller,
        direction: asked.direction,
        method: asked.method,
        subjects: asked
            .targets
            .iter()
            .map(|target| Subject {
                target,
                known: policies.catalogue().known(&server, target),
                also: Vec::new(),
            })
            .collect(),
        protocol_version: None,
        arguments: None,
        approval: None,
        now_ms: 1_795_258_381_123,
    };
    decide(policies, &facts)
}

fn judge(policies: &Policies, role: &str, method: &str, target: Target) -> Judgement {
    let asked = Asked {
        caller: caller("somebody", role),
        direction: Direction::ToServer,
        method,
        targets: vec![target],
    };
    ask(policies, &asked)
}

fn message(judgement: &Judgement) -> &str {
    match &judgement.verdict {
        Verdict::Deny(denial) => &denial.message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_shipped_policies_mean_what_they_say() {
    let tool = |name: &str, hints: &str| {
        format!(r#"{{"name":"{name}","inputSchema":{{"type":"object"}},"annotations":{hints}}}"#)
    };
    let tools = [
        tool("echo", r#"{"readOnlyHint":true}"#),
        tool("add", r#"{"destructiveHint":false}"#),
        tool("rm", r#"{"destructiveHint":true}"#),
    ];
    let registry = listed(&tools.each_ref().map(String::as_str));
    let policies = Policies::load(sources(SHIPPED), &registry).unwrap();
    let tool = |tool| Target::Tool(name(tool));
    let cases = [
        (
            "viewer",
            "tools/call",
            tool("echo"),
            "everyone-uses-read-only-tools",
        ),
        ("viewer", "tools/call", tool("add"), ""),
        (
            "developer",
            "tools/call",
            tool("add"),
            "developers-use-tools",
        ),
        ("developer", "tools/call", tool("rm"), "!nobody-destroys"),
        (
            "developer",
            "tools/call",
            tool("unlisted"),
            "!nobody-destroys",
        ),
        (
            "viewer",
            "resources/read",
            Target::Resource(uri("a://b")),
            "everyone-reads",
        ),
        (
            "viewer",
            "prompts/get",
            Target::Prompt(name("p")),
            "everyone-reads",
        ),
        (
            "viewer",
            "completion/complete",
            Target::Template(uri("a://{b}")),
            "everyone-reads",
        ),
        (
            "viewer",
            "subscriptions/listen",
            Target::Server,
            "everyone-reads",
        ),
        (
            "viewer",
            "tasks/get",
            Target::Task(uri("t1")),
            "everyone-reads",
        ),
        ("viewer", "tasks/cancel", Target::Task(uri("t1")), ""),
        (
            "developer",
            "tasks/cancel",
            Target::Task(uri("t1")),
            "developers-manage-tasks",
        ),
        ("viewer", "roots/list", Target::Server, ""),
        (
            "developer",
            "elicitation/create",
            Target::Server,
            "developers-answer-servers",
        ),
        (
            "stranger",
            "resources/read",
            Target::Resource(uri("a://b")),
            "",
        ),
    ];
    for (role, method, target, expected) in cases {
        let judgement = judge(&policies, role, method, target.clone());
        let allowed = !expected.is_empty() && !expected.starts_with('!');
        assert_eq!(
            judgement.allows(),
            allowed,
            "{role} {method} {target:?}: {judgement:?}"
        );
        let wanted = expected.trim_start_matches('!');
        let determined = judgement.determining.iter().any(|id| id == wanted);
        assert!(
            determined || wanted.is_empty(),
            "{role} {method} {target:?}: {judgement:?}"
        );
        assert!(judgement.faults.is_empty(), "{judgement:?}");
    }
}

#[test]
fn what_cannot_be_asked_is_denied() {
    let policies = load("permit (principal, action, resource);");
    let tool = || Target::Tool(name("t"));
    for (method, target, fault) in [
        ("tools/explode", tool(), Fault::UnknownMethod),
        ("read", tool(), Fault::UnknownMethod),
        ("tools/list", Target::Server, Fault::UnknownMethod),
        ("tools/call", Target::Server, Fault::UnfitRequest),
        ("tools/call", Target::Prompt(name("t")), Fault::UnfitRequest),
        ("resources/read", tool(), Fault::UnfitRequest),
    ] {
        let judgement = judge(&policies, "r", method, target);
        assert_eq!(judgement.faults, [fault], "{method}");
        assert_eq!(message(&judgement), DENIED);
    }
    let nothing = Asked {
        caller: caller("a", "r"),
        direction: Direction::ToServer,
        method: "tools/call",
        targets: Vec::new(),
    };
    assert!(!ask(&policies, &nothing).allows());
}

#[test]
fn an_evaluation_error_denies_where_cedar_would_skip() {
    let policies = load(
        r#"permit (principal, action, resource);
           @id("overflows") forbid (principal, action == Mcp::Action::"tools/call", resource)
           when { 9223372036854775807 + (if resource.readOnly then 1 else 2) == 0 };"#,
    );
    let judgement = judge(&policies, "r", "tools/call", Target::Tool(name("t")));
    assert_eq!(
        judgement.faults,
        [Fault::Evaluation("overflows".to_owned())]
    );
    assert!(!judgement.allows());
}

#[test]
fn every_target_must_be_allowed() {
    let policies = load(
        r#"@id("ok") permit (principal, action, resource == Mcp::Resource::"demo/a://ok");
           @id("server") permit (principal, action, resource == Mcp::Server::"demo");"#,
    );
    let listen = |uris: &[&str]| Asked {
        caller: caller("a", "r"),
        direction: Direction::ToServer,
        method: "subscriptions/listen",
        targets: uris
            .iter()
            .map(|text| Target::Resource(uri(text)))
            .collect(),
    };
    assert!(ask(&policies, &listen(&["a://ok"])).allows());
    assert!(!ask(&policies, &listen(&["a://ok", "a://other"])).allows());
    let mut both = listen(&["a://ok"]);
    both.targets.push(Target::Server);
    assert_eq!(ask(&policies, &both).determining, ["ok", "server"]);
}

#[test]
fn context_agents_and_resources_are_modelled() {
    let policies = load(
        r#"permit (principal == Mcp::Agent::"helper", action == Mcp::Action::"resources/read", resource)
           when { principal.user == Mcp::User::"alice" && principal.issuer == "https://issuer" &&
                  principal has name && principal.name == "helper" &&
                  context.server == Mcp::Server::"demo" &&
                  context.direction == Mcp::Direction::"to_server" &&
                  !(context has protocolVersion) &&
                  context.now > datetime("2026-11-21T10:53:01.122Z") &&
                  context.now < datetime("2026-11-21T10:53:01.124Z") &&
                  resource has host && resource.host == "example.com" && resource.scheme == "https" };"#,
    );
    let asked = |agent: &str, uri_text: &str| Asked {
        caller: Caller {
            agent: Some(name(agent)),
            ..caller("alice", "r")
        },
        direction: Direction::ToServer,
        method: "resources/read",
        targets: vec![Target::Resource(uri(uri_text))],
    };
    assert!(ask(&policies, &asked("helper", "https://example.com/x")).allows());
    assert!(!ask(&policies, &asked("other", "https://example.com/x")).allows());
    assert!(!ask(&policies, &asked("helper", "https://evil.example/x")).allows());
}

#[test]
fn the_agent_reads_reasons_and_nothing_else() {
    let policies = load(
        r#"permit (principal, action, resource);
           @id("secret-rule-name") @reason("Ask the platform team.")
           forbid (principal, action, resource) when { context.now > datetime("2026-01-01") };"#,
    );
    let judgement = judge(&policies, "r", "tools/call", Target::Tool(name("t")));
    assert_eq!(
        message(&judgement),
        "Denied by policy. Ask the platform team."
    );
    let Verdict::Deny(denial) = &judgement.verdict else {
        panic!()
    };
    assert_eq!(denial.shape, Shape::Refused);
}

#[test]
fn an_opinion_comes_to_one_of_three_outcomes() {
    let ids = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let gate = |id: &str, group: &str| Gate {
        id: id.to_owned(),
        groups: ids(&[group]),
        ttl: None,
        scope: crate::engine::GrantScope::Exact,
        reason: Some("Refunds need finance.".to_owned()),
    };
    let permitted = Opinion {
        permits: ids(&["p"]),
        ..Opinion::default()
    };
    let gated = Opinion {
        gates: vec![gate("refund-over-1000", "finance-approvers")],
        ..permitted.clone()
    };
    let only_gated = Opinion {
        permits: Vec::new(),
        ..gated.clone()
    };
    let forbidden = Opinion {
        forbids: ids(&["f"]),
        ..gated.clone()
    };
    let failed = Opinion {
        faults: vec![Fault::Evaluation("x".to_owned())],
        ..permitted.clone()
    };
    for (opinion, expected) in [
        (&Opinion::default(), Outcome::Deny),
        (&permitted, Outcome::Allow),
        (&gated, Outcome::Approve),
        (&only_gated, Outcome::Deny),
        (&forbidden, Outcome::Deny),
        (&failed, Outcome::Deny),
    ] {
        assert_eq!(outcome(opinion), expected, "{opinion:?}");
    }
    let judgement = Judgement::of(gated.clone(), |_| None);
    assert!(!judgement.allows());
    assert_eq!(judgement.determining, ["refund-over-1000"]);
    assert_eq!(
        message(&judgement),
        "This call needs the approval of finance-approvers (refund-over-1000). \
         Refunds need finance. Nobody can be asked for it here yet, so it was not made."
    );
    let held = held(Approvers::Somebody, &gated.gates);
    assert!(matches!(held, Verdict::Approve(_)));
}

#[test]
fn an_empty_set_loads_and_denies() {
    let policies = Policies::load(Arc::default(), &Registry::default()).unwrap();
    assert_eq!(policies.files(), 0);
    assert!(!judge(&policies, "r", "tools/call", Target::Tool(name("t"))).allows());
}

#[test]
fn another_schema_in_the_folder_is_refused() {
    use crate::engine::cedar::SCHEMA;
    use crate::policies::SCHEMA_FILE;
    let with = |schema: &str| {
        let files = BTreeMap::from([(SCHEMA_FILE.to_owned(), schema.to_owned())]);
        Policies::load(Arc::new(Sources::new(files)), &Registry::default())
    };
    assert!(with(SCHEMA).is_ok());
    assert!(with("namespace Mcp {}").is_err());
}

/// Policies of every shape of scope, for the comparison below.
fn scopes() -> impl Strategy<Value = String> {
    let effect = prop_oneof![Just("permit"), Just("forbid")];
    let action = prop_oneof![
        Just("action"),
        Just(r#"action == Mcp::Action::"tools/call""#),
        Just(r#"action in Mcp::Action::"read""#),
        Just(r#"action in [Mcp::Action::"write", Mcp::Action::"prompts/get"]"#),
    ];
    let resource = prop_oneof![
        Just("resource"),
        Just(r#"resource in Mcp::Server::"demo""#),
        Just(r#"resource in Mcp::Server::"other""#),
        Just(r#"resource == Mcp::Tool::"demo/a""#),
        Just("resource is Mcp::Tool"),
        Just(r#"resource is Mcp::Tool in Mcp::Server::"demo""#),
        Just(r#"resource == Mcp::Resource::"demo/x://y""#),
    ];
    let role = prop_oneof![Just("true"), Just(r#"principal in Mcp::Role::"dev""#)];
    (effect, action, resource, role).prop_map(|(effect, action, resource, role)| {
        format!("{effect} (principal, {action}, {resource}) when {{ {role} }};")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Slices leave out only what cannot match: one policy at a time says the same as all at once.
    #[test]
    fn slices_decide_as_the_whole_set(texts in proptest::collection::vec(scopes(), 1..6)) {
        let sound: Vec<String> = texts
            .into_iter()
            .filter(|text| Policies::load(sources(text), &Registry::default()).is_ok())
            .collect();
        let numbered: Vec<String> =
            sound.iter().enumerate().map(|(n, text)| format!("@id(\"p{n}\") {text}")).collect();
        let whole = load(&numbered.join("\n"));
        for (method, target) in [
            ("tools/call", Target::Tool(name("a"))),
            ("tools/call", Target::Tool(name("b"))),
            ("resources/read", Target::Resource(uri("x://y"))),
            ("subscriptions/listen", Target::Server),
        ] {
            let judgement = judge(&whole, "dev", method, target.clone());
            let alone = |text: &String| judge(&load(text), "dev", method, target.clone());
            let spoke = |wanted: &str| -> Vec<String> {
                numbered.iter().zip(&sound)
                    .filter(|(_, text)| text.starts_with(wanted))
                    .flat_map(|(text, _)| alone(text).determining)
                    .collect()
            };
            let (forbids, permits) = (spoke("forbid"), spoke("permit"));
            let expected = if forbids.is_empty() { permits.clone() } else { forbids.clone() };
            prop_assert_eq!(judgement.allows(), forbids.is_empty() && !permits.is_empty());
            prop_assert_eq!(judgement.determining, expected);
        }
    }
}
