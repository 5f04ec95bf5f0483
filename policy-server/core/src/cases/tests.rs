//! Tables of cases and explanations on one small bank.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::decision::Outcome;
use crate::policies::{Policies, Sources};
use crate::registry::Registry;

const NOW_MS: i64 = 1_767_268_800_000;

const BANK: &str = r#"@id("staff-pay")
permit (principal in Mcp::Role::"staff", action == Mcp::Action::"bank/pay", resource)
when { context.input.amount < 1000 && context.input.currency == "EUR" };

@id("no-casino") @reason("No casinos.")
forbid (principal, action == Mcp::Action::"bank/pay", resource)
when { context.input has to && context.input.to like "*casino*" };

@id("big") @approval("finance") @grant_ttl("PT15M")
forbid (principal, action == Mcp::Action::"bank/pay", resource)
when { context.input.amount >= 500 }
unless { context has approval && context.approval.groups.contains(Mcp::Role::"finance") &&
         context.now < context.approval.expires &&
         context.approval.args_digest == context.args_digest };

@id("trial") @mode("shadow")
forbid (principal, action in Mcp::Action::"tools/call", resource);

@id("readers")
permit (principal, action in Mcp::Action::"read", resource)
unless { action == Mcp::Action::"tasks/list" || resource in Mcp::Server::"vault" };
"#;

const TOOLS: &str = r#"{"tools":[{"name":"pay","inputSchema":{"type":"object","properties":
  {"amount":{"type":"integer"},"currency":{"type":"string"},"to":{"type":"string"}},
  "required":["amount","currency"],"additionalProperties":false}},
  {"name":"odd","inputSchema":{"type":"array"}}]}"#;

fn bank() -> Policies {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let files = BTreeMap::from([file("bank.cedar", BANK), file("tools/bank.json", TOOLS)]);
    Policies::load(Arc::new(Sources::new(files)), &Registry::default()).unwrap()
}

fn pay(role: &str, arguments: &str, more: &str) -> String {
    format!(
        r#"{{"server":"bank","method":"tools/call","tool":"pay","arguments":{arguments},
            "caller":{{"subject":"alice","roles":["{role}"]}}{more}}}"#
    )
}

fn case(request: &str, expected: &str) -> Case {
    let text = format!(r#"[{{"name":"c","request":{request},{expected}}}]"#);
    let mut cases = read("c.json", &text).unwrap_or_else(|error| panic!("{error}: {text}"));
    cases.remove(0)
}

fn members(tried: &Tried) -> Vec<&str> {
    tried.mismatches.iter().map(|one| one.member).collect()
}

#[test]
fn cases_pass_or_say_where_they_differ() {
    let policies = bank();
    let runner = Runner::new(&policies, NOW_MS).unwrap();
    let small = pay("staff", r#"{"amount":1,"currency":"EUR"}"#, "");
    let big = pay("staff", r#"{"amount":600,"currency":"EUR"}"#, "");
    let casino = pay(
        "staff",
        r#"{"amount":600,"currency":"EUR","to":"a casino"}"#,
        "",
    );
    let unfit = pay("staff", r#"{"amount":"1","currency":"EUR"}"#, "");
    let typo = r#"{"server":"bank","method":"tool/call","tool":"pay","caller":{"subject":"a"}}"#;
    let odd = small.replace("\"pay\"", "\"odd\"");
    let table: &[(&str, &str, &[&str])] = &[
        (
            &small,
            r#""outcome":"allow","determining":["staff-pay"],"gates":[],"obligations":[]"#,
            &[],
        ),
        (
            &small,
            r#""outcome":"allow","visible":true,"shadow":[{"policy":"trial","effect":"forbid"}]"#,
            &[],
        ),
        (
            &small,
            r#""outcome":"deny","determining":[],"visible":false,"shadow":[]"#,
            &["outcome", "determining", "shadow", "visible"],
        ),
        (
            &big,
            r#""outcome":"approve","gates":["big"],"determining":["big"]"#,
            &[],
        ),
        (
            &big,
            r#""outcome":"approve","obligations":[{"policy":"big","groups":["finance"],"ttl":"PT15M","scope":"exact"}]"#,
            &[],
        ),
        (
            &big,
            r#""outcome":"approve","obligations":[{"policy":"big","groups":["finance"]}]"#,
            &[],
        ),
        (
            &big,
            r#""outcome":"approve","obligations":[{"policy":"big","groups":["cfo"]}]"#,
            &["obligations"],
        ),
        (
            &big,
            r#""outcome":"approve","obligations":[{"policy":"big","groups":["finance"],"ttl":"PT16M"}]"#,
            &["obligations"],
        ),
        (
            &big,
            r#""outcome":"approve","obligations":[]"#,
            &["obligations"],
        ),
        (
            &big,
            r#""outcome":"allow","gates":[]"#,
            &["outcome", "gates"],
        ),
        (
            &casino,
            r#""outcome":"deny","determining":["no-casino"],"message_contains":"No casinos.""#,
            &[],
        ),
        (
            &casino,
            r#""outcome":"deny","message_contains":"No poker.""#,
            &["message_contains"],
        ),
        (&unfit, r#""outcome":"deny""#, &["fault"]),
        (
            &unfit,
            r#""outcome":"deny","message_contains":"/amount""#,
            &[],
        ),
        (
            &unfit,
            r#""outcome":"deny","fault":"do not fit the tool's schema""#,
            &[],
        ),
        (typo, r#""outcome":"deny""#, &["fault"]),
        (
            typo,
            r#""outcome":"deny","message_contains":"Denied""#,
            &["fault"],
        ),
        (typo, r#""outcome":"deny","fault":"unknown method""#, &[]),
        (
            &odd,
            r#""outcome":"deny","fault":"quarantine","visible":false"#,
            &[],
        ),
        (
            &small,
            r#""outcome":"allow","fault":"quarantine""#,
            &["fault"],
        ),
    ];
    for (request, expected, wanted) in table {
        let tried = runner.run(&case(request, expected));
        assert_eq!(members(&tried), *wanted, "{expected}: {tried:?}");
    }
}

#[test]
fn approvals_in_cases_open_gates() {
    let policies = bank();
    let runner = Runner::new(&policies, NOW_MS).unwrap();
    let yes = |group: &str, expires: &str| {
        let more = format!(r#","approval":{{"groups":["{group}"],"expires":"{expires}"}}"#);
        let request = pay("staff", r#"{"amount":600,"currency":"EUR"}"#, &more);
        members(&runner.run(&case(&request, r#""outcome":"allow""#))).len()
    };
    assert_eq!(yes("finance", "2026-01-01T12:00:01Z"), 0);
    assert_eq!(yes("finance", "2026-01-01T12:00:00Z"), 1);
    assert_eq!(yes("staff", "2026-01-01T12:00:01Z"), 1);
}

/// A case exactly as `cedar run-tests` has it.
const CEDAR: &str = include_str!("../../../../tests/cases/policy-test/cases/cedar.json");
const CEDAR_POLICIES: &str = include_str!("../../../../tests/cases/policy-test/reads.cedar");

#[test]
fn cases_of_cedar_run_as_they_are() {
    let policies = crate::decision::tests::load(CEDAR_POLICIES);
    let runner = Runner::new(&policies, NOW_MS).unwrap();
    let cases = read("cedar.json", CEDAR).unwrap();
    assert_eq!(cases.len(), 4);
    for case in &cases {
        let tried = runner.run(case);
        assert!(tried.mismatches.is_empty(), "{tried:?}");
    }
    for (from, to, wanted) in [
        (
            r#""decision": "allow""#,
            r#""decision": "deny""#,
            "decision",
        ),
        (r#"["viewers-read"]"#, r#"["others"]"#, "reason"),
        (r#""num_errors": 0"#, r#""num_errors": 1"#, "num_errors"),
        (r#""scheme": "file""#, r#""schema": "file""#, "request"),
        (
            r#"Mcp::Action::\"resources/read\""#,
            r#"Mcp::Action::\"resources/reed\""#,
            "request",
        ),
        ("2026-01-01T12:00:00Z", "noon", "request"),
    ] {
        let changed = CEDAR.replacen(from, to, 1);
        assert_ne!(changed, CEDAR, "{from}");
        let cases = read("cedar.json", &changed).unwrap();
        let failed: Vec<Tried> = cases.iter().map(|case| runner.run(case)).collect();
        let failed: Vec<&str> = failed.iter().flat_map(members).collect();
        assert_eq!(failed, [wanted], "{to}");
    }
}

#[test]
fn what_is_misspelt_in_a_file_is_found_in_its_line() {
    for (text, wanted) in [
        ("[\n {\"name\":\"a\",\n  \"reqest\":{}}]", "c.json:3:"),
        (
            "[\n {\"name\":\"a\",\n  \"request\":{\"server\":\"s\",\n  \"methd\":1}}]",
            "c.json:4:",
        ),
        (
            "[{\"request\":{\"principal\":\"\"},\n\"decisions\":\"allow\"}]",
            "c.json:",
        ),
        ("{}", "c.json:1:"),
        ("[{},]", "c.json:1:"),
        (
            "[{\"name\":\"a\",\"request\":{\"server\":\"s\",\"method\":\"m\",\"caller\":{\"subject\":\"a\"}},\n\"outcome\":\"yes\"}]",
            "c.json:2:",
        ),
    ] {
        let error = read("c.json", text).unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{text}: {error}");
        assert!(error.contains(": error: "), "{error}");
    }
    let misspelt = read("c.json", "[{\"name\":\"a\",\"outcom\":\"deny\"}]").unwrap_err();
    assert!(
        misspelt.message.contains("unknown field `outcom`"),
        "{misspelt}"
    );
}

#[test]
fn only_passing_cases_cover() {
    let policies = bank();
    let runner = Runner::new(&policies, NOW_MS).unwrap();
    let small = pay("staff", r#"{"amount":1,"currency":"EUR"}"#, "");
    let coverage = |expected: &str| {
        let tried = [runner.run(&case(&small, expected))];
        let standings = policies
            .engine()
            .cedar()
            .unwrap()
            .standings(policies.sources())
            .unwrap();
        Coverage::of(standings, &tried)
    };
    let good = coverage(r#""outcome":"allow""#);
    assert_eq!((good.covered, good.policies, good.percent), (2, 5, 40));
    let left: Vec<String> = good
        .uncovered
        .iter()
        .map(|one| format!("{}:{} {}", one.file, one.line, one.policy))
        .collect();
    assert_eq!(
        left,
        [
            "bank.cedar:5 no-casino",
            "bank.cedar:9 big",
            "bank.cedar:19 readers"
        ]
    );
    assert_eq!(coverage(r#""outcome":"deny""#).covered, 0);
}

fn explained(request: &str) -> Explanation {
    Explanation::of(&serde_json::from_str(request).unwrap(), &bank(), NOW_MS)
}

fn decided(explanation: &Explanation) -> Vec<&str> {
    let decided = explanation.decided.iter();
    decided.map(|one| one.policy.as_str()).collect()
}

#[test]
fn each_kind_of_no_is_told_from_the_others() {
    let euro = |amount: u32| format!(r#"{{"amount":{amount},"currency":"EUR"}}"#);
    let allowed = explained(&pay("staff", &euro(1), ""));
    assert_eq!(
        (allowed.outcome, &allowed.finding),
        (Outcome::Allow, &Finding::Permitted)
    );
    assert_eq!(decided(&allowed), ["staff-pay"]);
    assert!(allowed.changes.is_empty() && allowed.message.is_none());
    assert_eq!(allowed.shadow.len(), 1);

    let missing = explained(&pay("guest", &euro(1), ""));
    assert_eq!(missing.finding, Finding::NotPermitted);
    assert_eq!(
        missing.changes,
        ["`staff-pay` would permit it if the caller had the role `staff` (it has guest)"]
    );
    assert!(
        missing
            .notes
            .iter()
            .any(|note| note.contains("does not exist"))
    );

    let both = explained(&pay("guest", r#"{"amount":2500,"currency":"EUR"}"#, ""));
    let change = &both.changes[0];
    assert!(change.contains("role `staff`") && change.contains("context.input.amount is 2500"));
    assert!(!change.contains("currency"), "{change}");
    assert_eq!(both.nearest.len(), 1);

    let held = explained(&pay("staff", &euro(600), ""));
    assert_eq!(held.finding, Finding::NeedsApproval);
    assert!(
        held.changes[0].contains("finance, to exactly these arguments, sha256:"),
        "{held:?}"
    );
    assert!(
        held.changes[1].contains("`context has approval`"),
        "{held:?}"
    );

    let casino = explained(&pay(
        "staff",
        r#"{"amount":1,"currency":"EUR","to":"casino 3"}"#,
        "",
    ));
    assert_eq!(casino.finding, Finding::Forbidden);
    assert_eq!(decided(&casino), ["no-casino"]);
    assert!(
        casino.changes[0].contains(r#"context.input.to is "casino 3""#),
        "{casino:?}"
    );
    assert_eq!(casino.changes.len(), 1, "a permit applies already");
    assert_eq!(
        (casino.decided[0].line, casino.decided[0].file.as_str()),
        (5, "bank.cedar")
    );
    assert!(casino.decided[0].text.starts_with("@id(\"no-casino\")"));

    let unfit = explained(&pay("staff", r#"{"amount":"x","currency":"EUR"}"#, ""));
    let Finding::ArgumentsUnfit(why) = &unfit.finding else {
        panic!("{unfit:?}")
    };
    assert!(why.contains("/amount"), "{why}");
    assert!(unfit.nearest.is_empty() && unfit.changes.is_empty());

    let odd = explained(&pay("staff", "{}", "").replace("\"pay\"", "\"odd\""));
    assert!(matches!(odd.finding, Finding::Quarantined(_)), "{odd:?}");
    let method = explained(&pay("staff", "{}", "").replace("tools/call", "tools/cal"));
    assert_eq!(method.finding, Finding::UnknownMethod);
}

#[test]
fn an_expired_approval_shows_what_keeps_the_gate_shut() {
    let more = r#","approval":{"groups":["finance"],"expires":"2026-01-01T11:00:00Z"}"#;
    let held = explained(&pay("staff", r#"{"amount":600,"currency":"EUR"}"#, more));
    assert_eq!(held.finding, Finding::NeedsApproval);
    let shut = &held.changes[1];
    assert!(shut.contains("context.approval.expires is"), "{shut}");
    assert!(!shut.contains("context has approval"), "{shut}");
}

#[test]
fn unless_and_missing_permits_are_explained() {
    let vault = explained(
        r#"{"server":"vault","method":"resources/read","resource":"file:///a","caller":{"subject":"a"}}"#,
    );
    assert_eq!(vault.finding, Finding::NotPermitted);
    assert!(
        vault.changes[0].starts_with("`readers` would permit it if"),
        "{vault:?}"
    );
    assert!(vault.changes[0].ends_with("did not hold"), "{vault:?}");
    let near = explained(&pay("staff", "{}", "").replace("\"pay\"", "\"pays\""));
    assert_eq!(near.finding, Finding::NotPermitted);
    assert!(near.changes[0].contains("no permit speaks of `tools/call` of the tool `pays`"));
    assert!(
        near.notes
            .iter()
            .any(|note| note == "did you mean the tool `pay`?"),
        "{near:?}"
    );
}

#[test]
fn what_is_taken_apart_agrees_with_the_verdict() {
    use crate::engine::cedar::Intent;
    let policies = bank();
    for role in ["staff", "guest"] {
        for amount in [1, 499, 500, 999, 1000] {
            for (currency, to) in [("EUR", "shop"), ("USD", "shop"), ("EUR", "casino")] {
                let arguments =
                    format!(r#"{{"amount":{amount},"currency":"{currency}","to":"{to}"}}"#);
                let request = pay(role, &arguments, "");
                let written: Written = serde_json::from_str(&request).unwrap();
                let judgement = written.judge(&policies, NOW_MS);
                let facts = written.facts(policies.catalogue(), NOW_MS);
                let judge = crate::decision::Judge::new(&policies, &facts).unwrap();
                let dissected = judge.dissect(&facts.subjects[0]).unwrap();
                let intent = match judgement.outcome {
                    Outcome::Allow => Intent::Permit,
                    Outcome::Approve => Intent::Gate,
                    Outcome::Deny => Intent::Forbid,
                };
                let applying: Vec<&String> = dissected
                    .iter()
                    .filter(|one| one.intent == intent && !one.shadow && one.applies())
                    .map(|one| &one.policy)
                    .collect();
                assert_eq!(
                    applying,
                    judgement.determining.iter().collect::<Vec<_>>(),
                    "{request}"
                );
            }
        }
    }
}

#[test]
fn a_policy_that_fails_is_named_with_its_error() {
    let policies = crate::decision::tests::load(
        r#"@id("sum") forbid (principal, action == Mcp::Action::"sampling/createMessage", resource)
           when { context.input has maxTokens && context.input.maxTokens * 2000 > 10 };"#,
    );
    let written = r#"{"server":"bank","method":"sampling/createMessage","direction":"to_client",
        "arguments":{"maxTokens":9007199254740991},"caller":{"subject":"a"}}"#;
    let explanation = Explanation::of(&serde_json::from_str(written).unwrap(), &policies, NOW_MS);
    assert!(matches!(&explanation.finding, Finding::Unjudged(why) if why.contains("sum")));
    assert_eq!(decided(&explanation), ["sum"]);
    assert!(
        explanation.changes[0].contains("overflow"),
        "{explanation:?}"
    );
}

#[test]
fn of_several_targets_the_one_that_fails_is_explained() {
    let policies = crate::decision::tests::load(
        r#"permit (principal, action, resource);
           forbid (principal, action == Mcp::Action::"subscriptions/listen", resource is Mcp::Resource)
           when { resource.uri like "x*" };"#,
    );
    let written = r#"{"server":"bank","method":"subscriptions/listen","caller":{"subject":"a"},
        "targets":[{"resource":"file:///a"},{"resource":"no uri"}]}"#;
    let several = Explanation::of(&serde_json::from_str(written).unwrap(), &policies, NOW_MS);
    assert!(several.asked.contains("no uri"), "{several:?}");
    assert!(matches!(several.finding, Finding::Unjudged(_)));
    assert!(several.notes.iter().any(|note| note.contains("2 targets")));
}

#[test]
fn rego_is_explained_by_the_ids_that_decided() {
    let module = r#"package mcp

import rego.v1

permits contains {"id": "all"} if input.method == "tools/call"

forbids contains {"id": "no-dk"} if input.principal.subject == "bob"
"#;
    let files = [("bundle.toml", "engine = \"rego\""), ("p.rego", module)];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let sources = Sources::new(BTreeMap::from(files));
    let policies = Policies::load(sources, &Registry::default()).unwrap();
    let written: Written = serde_json::from_str(
        r#"{"server":"pay","method":"tools/call","tool":"refund","caller":{"subject":"bob"}}"#,
    )
    .unwrap();
    let explanation = Explanation::of(&written, &policies, 0);
    assert_eq!(explanation.finding, Finding::Forbidden);
    let notes = explanation.notes.join("\n");
    assert!(notes.contains("decided by no-dk"), "{notes}");
    assert!(explanation.changes.is_empty(), "{:?}", explanation.changes);
}
