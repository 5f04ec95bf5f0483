//! Lints as a table: what is said about which policy, and where.

use std::sync::Arc;

use crate::registry::Registry;
use std::collections::{BTreeMap, BTreeSet};

use crate::policies::{Known, Policies, Problem, Severity, Sources};

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

fn known() -> Known {
    let github = names(&["create_issue", "get_issue"]);
    Known {
        servers: Some(names(&["github", "files", "pay"])),
        tools: BTreeMap::from([("github".to_owned(), github)]),
        roles: Some(names(&["developer", "viewer"])),
        groups: Some(names(&["finance-approvers"])),
        tags: Some(names(&["money", "public", "reviewed"])),
        classes: Some(names(&["secret", "secret.github"])),
    }
}

fn lints(text: &str, known: &Known) -> Vec<Problem> {
    let files = BTreeMap::from([("test.cedar".to_owned(), text.to_owned())]);
    let sources = Sources::new(files);
    let policies = Policies::load(Arc::new(sources.clone()), &Registry::default())
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    policies.engine().lints(policies.sources(), known)
}

/// `code line:column` of each, in their order.
fn short(problems: &[Problem]) -> Vec<String> {
    let short = |problem: &Problem| {
        let place = problem.place.unwrap();
        let code = problem.code.as_str().strip_prefix("lint-").unwrap();
        format!("{code} {}:{}", place.line, place.column)
    };
    problems.iter().map(short).collect()
}

const CALLS: &str = r#"action in Mcp::Action::"tools/call""#;

/// Holds each text against what is said about it; `CALLS` in a text stands for that scope.
fn hold(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        let text = text.replace("CALLS", CALLS);
        let found = lints(&text, &known());
        assert_eq!(short(&found), *expected, "{text}\n{found:#?}");
        for problem in &found {
            assert!(problem.help.is_some() && problem.policy.is_some());
            assert_ne!(problem.severity, Severity::Error);
        }
    }
}

#[test]
fn permits_that_are_taken_back_whole() {
    let tool = r#"permit (principal, CALLS, resource == Mcp::Tool::"github/get_issue");"#;
    let with = |other: &str| format!("{other}\n{tool}");
    let role = r#"permit (principal in Mcp::Role::"viewer", CALLS, resource);"#;
    hold(&[
        (
            &with("forbid (principal, CALLS, resource);"),
            &["overruled-permit 2:1"],
        ),
        (
            &with(r#"forbid (principal, CALLS, resource in Mcp::Server::"github");"#),
            &["overruled-permit 2:1"],
        ),
        (
            &with(
                r#"forbid (principal is Mcp::Agent, CALLS, resource is Mcp::Tool) when { true };"#,
            ),
            &["overruled-permit 2:1"],
        ),
        (
            &with(r#"forbid (principal, CALLS, resource in Mcp::Server::"files");"#),
            &[],
        ),
        (
            &with(r#"forbid (principal in Mcp::Role::"viewer", CALLS, resource);"#),
            &[],
        ),
        (
            &with("forbid (principal, CALLS, resource) when { resource.destructive };"),
            &[],
        ),
        (
            &with("@mode(\"shadow\") forbid (principal, CALLS, resource);"),
            &[],
        ),
        (
            &with(r#"forbid (principal, action in Mcp::Action::"read", resource);"#),
            &[],
        ),
        (
            &format!(
                "{role}\nforbid (principal in Mcp::Role::\"viewer\", action in Mcp::Action::\"any\", resource);"
            ),
            &["overruled-permit 1:1", "unscoped 2:1"][..1],
        ),
        (
            &format!("{role}\nforbid (principal == Mcp::Agent::\"viewer\", CALLS, resource);"),
            &[],
        ),
    ]);
}

#[test]
fn policies_that_are_there_twice() {
    let one = r#"@id("a") permit (principal, CALLS, resource) when { resource.readOnly };"#;
    let with = |other: &str| format!("{one}\n{other}");
    hold(&[
        (
            &with(
                r#"@id("b") @doc("x") permit (principal, CALLS, resource) when {resource.readOnly };"#,
            ),
            &["duplicate-policy 2:1"],
        ),
        (
            &with(r#"@id("b") permit (principal, CALLS, resource) when { resource.idempotent };"#),
            &[],
        ),
        (
            &with(
                r#"@id("b") @mode("shadow") permit (principal, CALLS, resource) when { resource.readOnly };"#,
            ),
            &[],
        ),
    ]);
}

#[test]
fn names_that_nobody_has() {
    hold(&[
        (
            r#"permit (principal, CALLS, resource == Mcp::Tool::"get_issue");"#,
            &["unprefixed-id 1:69"],
        ),
        (
            r#"permit (principal, CALLS, resource == Mcp::Tool::"github/get_isue");"#,
            &["unknown-tool 1:69"],
        ),
        (
            "permit (principal, CALLS, resource) // Mcp::Server::\"fils\"\n  when { resource in Mcp::Server::\"fils\" };",
            &["unknown-server 2:22"],
        ),
        (
            r#"permit (principal, CALLS, resource == Mcp::Tool::"fils/x");"#,
            &["unknown-server 1:69"],
        ),
        (
            r#"permit (principal in Mcp::Role::"develper", CALLS, resource);"#,
            &["unknown-role 1:22"],
        ),
        (
            r#"permit (principal in Mcp::Role::"developer", CALLS, resource == Mcp::Tool::"github/get_issue");"#,
            &[],
        ),
        // The list of `files` is not pinned.
        (
            r#"permit (principal in Mcp::Role::"viewer", CALLS, resource == Mcp::Tool::"files/any");"#,
            &[],
        ),
        (
            r#"permit (principal, action == Mcp::Action::"resources/read", resource == Mcp::Resource::"files/file:///a");"#,
            &[],
        ),
    ]);
    let silent = r#"permit (principal in Mcp::Role::"develper", action in Mcp::Action::"write", resource == Mcp::Tool::"gitub/x");"#;
    assert_eq!(short(&lints(silent, &Known::default())), [""; 0]);
}

#[test]
fn the_nearest_name_is_suggested() {
    for (text, help) in [
        (
            r#"resource == Mcp::Tool::"github/get_isue""#,
            "did you mean `get_issue`?",
        ),
        (
            r#"resource == Mcp::Tool::"get_issue""#,
            "write `Mcp::Tool::\"github/get_issue\"`",
        ),
        (
            r#"resource in Mcp::Server::"zzz""#,
            "the known ones are `files`, `github`, `pay`",
        ),
    ] {
        let found = lints(&format!("permit (principal, {CALLS}, {text});"), &known());
        assert_eq!(found[0].help.as_deref(), Some(help), "{text}");
    }
}

/// A gate with these clauses in its `unless`.
fn gate(annotations: &str, clauses: &[&str]) -> String {
    let mut all = vec!["context has approval"];
    all.extend(clauses);
    format!(
        "@approval(\"finance-approvers\") {annotations}\nforbid (principal, {CALLS}, resource)\nunless {{ {} }};",
        all.join(" && ")
    )
}

const GROUP: &str = r#"context.approval.groups.contains(Mcp::Role::"finance-approvers")"#;
const EXPIRY: &str = "context.now < context.approval.expires";
const DIGEST: &str = "context.approval.args_digest == context.args_digest";

#[test]
fn gates_that_open_too_widely() {
    let all = "(context has approval && context.approval.args_digest == context.args_digest && \
               context.now < context.approval.expires && \
               context.approval.groups.contains(Mcp::Role::\"finance-approvers\"))";
    let exempt = r#"principal in Mcp::Role::"developer""#;
    let either = |left: &str, right: &str| {
        format!(
            "@approval(\"finance-approvers\")\nforbid (principal, {CALLS}, resource)\nunless {{ {left} || {right} }};"
        )
    };
    hold(&[
        (&gate("", &[GROUP, EXPIRY, DIGEST]), &[]),
        (&gate("", &[GROUP, DIGEST]), &["gate-without-expiry 3:1"]),
        (&gate("", &[GROUP, EXPIRY]), &["gate-without-digest 3:1"]),
        (&gate("@grant_scope(\"tool\")", &[GROUP, EXPIRY]), &[]),
        (&gate("", &[EXPIRY, DIGEST]), &["gate-without-group 3:1"]),
        (
            &gate("", &[]),
            &[
                "gate-without-expiry 3:1",
                "gate-without-digest 3:1",
                "gate-without-group 3:1",
            ],
        ),
        (
            &gate(
                "",
                &[GROUP, "context.approval.expires >= context.now", DIGEST],
            ),
            &[],
        ),
        // The wrong way round, it holds only once it has expired.
        (
            &gate(
                "",
                &[GROUP, "context.now > context.approval.expires", DIGEST],
            ),
            &["gate-without-expiry 3:1"],
        ),
        // Another group than the one that is asked.
        (
            &gate(
                "",
                &[
                    EXPIRY,
                    DIGEST,
                    r#"context.approval.groups.contains(Mcp::Role::"viewer")"#,
                ],
            ),
            &["gate-without-group 3:1"],
        ),
        (
            &gate(
                "",
                &[
                    EXPIRY,
                    DIGEST,
                    r#"context.approval.groups.containsAny([Mcp::Role::"finance-approvers"])"#,
                ],
            ),
            &[],
        ),
        // A clause on one way through does not hold for the other.
        (
            &either(
                all,
                &format!("(context has approval && {GROUP} && {EXPIRY})"),
            ),
            &["gate-without-digest 3:1"],
        ),
        (&either(exempt, all), &[]),
        (
            &gate("", &[GROUP, EXPIRY, DIGEST]).replace(
                "@approval(\"finance-approvers",
                "@approval(\"finance-aprovers",
            ),
            &["unknown-group 1:1", "gate-without-group 3:1"],
        ),
    ]);
}

#[test]
fn shapes_that_cost_or_promise_too_much() {
    let read = r#"permit (principal, action == Mcp::Action::"resources/read", resource)"#;
    let guarded = r#"forbid (principal, action in Mcp::Action::"read", resource is Mcp::Resource) when { resource.uri like "*..*" };"#;
    hold(&[
        ("permit (principal, action, resource);", &["unscoped 1:1"]),
        (
            "permit (principal, action, resource is Mcp::Tool);",
            &["unscoped 1:1"],
        ),
        (
            r#"permit (principal, action, resource in Mcp::Server::"files");"#,
            &[],
        ),
        (
            &format!("{read}\nwhen {{ resource.uri like \"file:///srv/*\" }};"),
            &["open-prefix 2:8"],
        ),
        (
            &format!("{read}\nwhen {{ resource.uri like \"file:///srv/*\" }};\n{guarded}"),
            &[],
        ),
        (
            &format!("{read} when {{ resource.uri like \"*.md\" }};"),
            &[],
        ),
        (
            &format!("{read} when {{ resource.scheme like \"file*\" }};"),
            &[],
        ),
    ]);
}

#[test]
fn values_that_no_request_has() {
    let read = r#"permit (principal, action == Mcp::Action::"resources/read", resource)"#;
    let on = |condition: &str| format!("{read}\nwhen {{ {condition} }};");
    let named = |uid: &str| {
        format!(
            r#"permit (principal, action == Mcp::Action::"resources/read", resource == {uid});"#
        )
    };
    hold(&[
        (
            &on(r#"resource.uri == "File:///srv/passwd""#),
            &["spelled-uri 2:24"],
        ),
        (
            &on(r#"["https://a.example/x", "HTTPS://a.example/x"].contains(resource.uri)"#),
            &["spelled-uri 2:32"],
        ),
        (&on(r#"resource.uri == "https://a.example/x""#), &[]),
        (&on(r#"resource.uri == "note: of the day""#), &[]),
        (&on(r#"resource.uri == "file:///srv/../etc/passwd""#), &[]),
        (&on(r#"resource.uri like "file:///srv/./*.md""#), &[]),
        (
            &named(r#"Mcp::Resource::"files/FILE:///srv/a""#),
            &["spelled-uri 1:73"],
        ),
        (&named(r#"Mcp::Resource::"files/file:///srv/a""#), &[]),
        (
            &named(r#"Mcp::Template::"files/file:///srv/{name}""#)
                .replace("resources/read", "completion/complete"),
            &[],
        ),
        (
            "permit (principal, CALLS, resource)\nwhen { context.now < datetime(\"2030-01-01\") && 9007199254740993 < 2 };",
            &["inexact-number 2:48"],
        ),
        (
            "permit (principal, CALLS, resource)\nwhen { context.now < datetime(\"2030-01-01\") || -9007199254740991 < 2 };",
            &[],
        ),
    ]);
}

#[test]
fn the_shipped_policies_have_no_lints() {
    let text = include_str!("../../../../../../policies/access.cedar");
    assert_eq!(short(&lints(text, &known())), [""; 0]);
}

#[test]
fn tags_that_nothing_has_are_found() {
    hold(&[
        (
            "permit (principal, CALLS, resource)\nwhen { resource.tags.contains(\"mony\") };",
            &["unknown-tag 2:31"],
        ),
        (
            "permit (principal, CALLS, resource)\nwhen { resource.tags.containsAny([\"money\", \"pubic\"]) };",
            &["unknown-tag 2:44"],
        ),
        (
            "permit (principal, CALLS, resource)\nwhen { resource.tags.contains(\"public\") };",
            &[],
        ),
    ]);
}
