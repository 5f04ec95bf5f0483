//! What no policy reads is not looked at, and what one reads is exact.

use super::typed::call;
use super::*;
use crate::engine::{ShadowEffect, ShadowNote};

/// A tool with sloppy neighbours of one argument that policies may read.
const PUSH: &str = r#"{"name":"push","inputSchema":{"type":"object","properties":{
    "branch":{"type":"string","default":"main"},
    "base":{"type":"string","default":"main"},
    "note":{"type":["string","null"],"default":"x"},
    "force":{"type":"boolean"},
    "count":{"type":"integer","minimum":1,"maximum":9},
    "url":{"type":"string","format":"uri"},
    "since":{"type":"string","format":"date-time"},
    "email":{"type":"string","pattern":"^(?!\\.)(?!.*\\.\\.)[a-z.]+@[a-z.]+$"},
    "mode":{"enum":["a","b"],"default":"c"},
    "price":{"type":"number"},
    "deep":{"type":"object","properties":{"to":{"type":"string"},"n":{"type":"integer"}},"required":["to","n"]}},
    "required":["branch","count"]}}"#;

pub(super) const ALL: &str =
    r#"@id("all") permit (principal, action in Mcp::Action::"tools/call", resource);"#;

fn with(condition: &str) -> Policies {
    let text = format!(
        r#"{ALL} @id("no") forbid (principal, action == Mcp::Action::"demo/push", resource)
        when {{ {condition} }};"#
    );
    Policies::load(sources(&text), &listed(&[PUSH])).unwrap()
}

pub(super) fn said(policies: &Policies, arguments: &str) -> String {
    let judgement = call(policies, "push", arguments);
    match judgement.verdict {
        Verdict::Allow(_) => "allow".to_owned(),
        Verdict::Deny(denial) => denial.message,
        Verdict::Approve(_) => "approve".to_owned(),
    }
}

const SLOPPY: [&str; 14] = [
    r#"{"count":"5"}"#,
    r#"{"count":500,"branch":7}"#,
    r#"{"force":"true"}"#,
    r#"{"force":null,"deep":null}"#,
    r#"{"url":"https://ex\u00e4mple.com/\u00e4"}"#,
    r#"{"since":"2026-11-21T10:53:01.123456Z"}"#,
    r#"{"price":0.12345678901234567890}"#,
    r#"{"price":18446744073709551615}"#,
    r#"{"email":"x"}"#,
    r#"{"Count":1,"COUNT":2}"#,
    r#"{"deep":{"n":"1"},"mode":[]}"#,
    r#"{"other":{"x":[1e300]}}"#,
    "{}",
    r#"{"deep":{"TO":"x","to":"y"}}"#,
];

#[test]
fn what_no_policy_reads_goes_as_it_came() {
    let nothing = Policies::load(sources(ALL), &listed(&[PUSH])).unwrap();
    let names = with(r#"principal in Mcp::Role::"boss" && context has input"#);
    for arguments in SLOPPY {
        for policies in [&nothing, &names] {
            assert_eq!(said(policies, arguments), "allow", "{arguments}");
        }
    }
    let reads = with(r#"context.input.branch == "prod""#);
    for none in ["[1]", r#""{\"branch\":\"prod\"}""#, "7"] {
        assert_eq!(said(&nothing, none), "allow", "{none}");
        assert!(said(&reads, none).contains("is not an object"), "{none}");
    }
}

#[test]
fn what_others_read_does_not_matter() {
    let branch = with(r#"context.input.branch == "prod""#);
    for arguments in SLOPPY {
        let fits = !arguments.contains("\"branch\":7");
        assert_eq!(said(&branch, arguments) == "allow", fits, "{arguments}");
    }
    let text = format!(
        r#"{ALL} forbid (principal in Mcp::Role::"boss", action == Mcp::Action::"demo/push", resource)
        when {{ context.input == context.input }};"#
    );
    let of_others = Policies::load(sources(&text), &listed(&[PUSH])).unwrap();
    for arguments in SLOPPY {
        assert_eq!(said(&of_others, arguments), "allow", "{arguments}");
    }
}

#[test]
fn what_a_policy_reads_is_exact_or_the_call_is_denied_with_the_place() {
    for (condition, arguments, place) in [
        (
            "context.input.count > 5",
            r#"{"count":"5"}"#,
            "/count has another type",
        ),
        (
            "context.input.count > 5",
            r#"{"count":0}"#,
            "/count is too small",
        ),
        ("context.input.count > 5", r#"{}"#, "/count is missing"),
        (
            "context.input.count > 5",
            r#"{"Count":5}"#,
            "/Count is spelt like another",
        ),
        (
            "context.input.count > 5",
            r#"{"count":5,"count":6}"#,
            "holds a member twice",
        ),
        (
            "context.input.count > 5",
            r#"{"count":9007199254740993}"#,
            "/count is an integer beyond",
        ),
        (
            "context.input has force",
            r#"{"force":null}"#,
            "/force has another type",
        ),
        (
            "context.input has force",
            r#"{"fo\u0052ce":true}"#,
            "/foRce is spelt like",
        ),
        (
            r#"context.input has since && context.input.since > datetime("2026-01-01")"#,
            r#"{"since":"2026-11-21T10:53:01.123456Z"}"#,
            "/since is not an RFC 3339",
        ),
        (
            r#"context.input.branch == "x""#,
            r#"{"branch":"y","BRANCH":"x"}"#,
            "/BRANCH is spelt",
        ),
        (
            r#"context.input.branch == "x""#,
            r#"{"bran_ch":"x"}"#,
            "/bran_ch is spelt",
        ),
        (
            r#"context.input.branch == "x""#,
            r#"{"branch\u0000":"x"}"#,
            "/branch\\0 is spelt",
        ),
        (
            r#"context.input has deep && context.input.deep.to == "x""#,
            r#"{"deep":{"to":"y","To":"x"}}"#,
            "/deep/To is spelt",
        ),
        (
            r#"context.input has deep && context.input.deep.to == "x""#,
            r#"{"deep":{"n":1}}"#,
            "/deep/to is missing",
        ),
        (
            r#"context.input has deep && context.input.deep.to == "x""#,
            r#"{"deep":"x"}"#,
            "/deep has another type",
        ),
        (
            r#"context.input has email"#,
            "{}",
            "/email is declared in a way",
        ),
        (
            r#"context.input has mode"#,
            "{}",
            "/mode is absent, and what stands for it",
        ),
        (
            r#"context.input has mode"#,
            r#"{"mode":"c"}"#,
            "/mode is not one of",
        ),
        (
            r#"context.input has note"#,
            r#"{"note":null}"#,
            "/note is null, and has a default",
        ),
    ] {
        let said = said(&with(condition), arguments);
        assert!(said.contains(place), "{condition} {arguments}: {said}");
    }
}

#[test]
fn beside_what_is_read_anything_may_stand() {
    let policies = with(r#"context.input has deep && context.input.deep.to == "x""#);
    for arguments in [
        r#"{"deep":{"to":"y","n":"1"},"count":"5"}"#,
        r#"{"deep":{"to":"y"},"COUNT":1}"#,
        r#"{"deep":{"to":"y","N":1,"n":2},"branch":null}"#,
    ] {
        assert_eq!(said(&policies, arguments), "allow", "{arguments}");
    }
    assert_eq!(
        said(&policies, r#"{"deep":{"to":"x"}}"#),
        "Denied by policy."
    );
}

#[test]
fn an_absent_argument_counts_as_its_default() {
    let guarded = with(r#"context.input has branch && context.input.branch == "main""#);
    assert_eq!(said(&guarded, r#"{"count":1}"#), "Denied by policy.");
    assert_eq!(said(&guarded, r#"{"branch":"dev"}"#), "allow");
    let negative = with(r#"!(context.input has base)"#);
    assert_eq!(said(&negative, "{}"), "allow", "it is there for the server");
    let text = format!(
        r#"{} when {{ context.input has branch && context.input.branch == "main" }};"#,
        r#"permit (principal, action == Mcp::Action::"demo/push", resource)"#
    );
    let permitted = Policies::load(sources(&text), &listed(&[PUSH])).unwrap();
    assert_eq!(said(&permitted, "{}"), "allow");
    assert_eq!(said(&permitted, r#"{"branch":"dev"}"#), "Denied by policy.");
}

#[test]
fn shadows_that_cannot_read_say_that_nobody_knows() {
    let text = format!(
        r#"{ALL}
        @id("s-count") @mode("shadow") forbid (principal, action == Mcp::Action::"demo/push", resource)
        when {{ context.input.count > 5 }};
        @id("s-branch") @mode("shadow") forbid (principal, action == Mcp::Action::"demo/push", resource)
        when {{ context.input.branch == "main" }};
        @id("s-all") @mode("shadow") permit (principal, action in Mcp::Action::"tools/call", resource);"#
    );
    let policies = Policies::load(sources(&text), &listed(&[PUSH])).unwrap();
    let note = |policy: &str, effect| ShadowNote {
        policy: policy.to_owned(),
        effect,
    };
    let judgement = call(&policies, "push", r#"{"count":"9"}"#);
    assert!(judgement.allows());
    let notes = [
        note("s-all", ShadowEffect::Permit),
        note("s-branch", ShadowEffect::Forbid),
        note("s-count", ShadowEffect::Unknown),
    ];
    assert_eq!(judgement.shadow, notes);
    let judgement = call(&policies, "push", r#"{"count":9,"branch":"dev"}"#);
    let notes = [
        note("s-all", ShadowEffect::Permit),
        note("s-count", ShadowEffect::Forbid),
    ];
    assert_eq!(judgement.shadow, notes);
}
