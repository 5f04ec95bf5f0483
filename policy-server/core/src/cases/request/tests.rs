//! Requests are read in one way, written back the same, and judged as the server would.

use super::*;
use crate::decision::Outcome;
use crate::decision::tests::load;
use crate::policies::Sources;
use crate::registry::Registry;

const NOW_MS: i64 = 1_795_600_800_000;

const CALLER: &str =
    r#""caller":{"subject":"alice","issuer":"https://issuer.example","roles":["dev"]}"#;

fn written(text: &str) -> Written {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn what_is_written_is_written_back() {
    for middle in [
        r#""method":"tasks/list""#,
        r#""method":"tools/call","tool":"add","arguments":{"b": 1.0,"a":[ ]}"#,
        r#""method":"prompts/get","prompt":"p""#,
        r#""method":"resources/read","resource":"file:///a""#,
        r#""method":"completion/complete","template":"file:///{a}""#,
        r#""method":"tasks/get","task":"t""#,
        r#""method":"subscriptions/listen","targets":["server",{"resource":"file:///a"}]"#,
    ] {
        let text = format!(r#"{{"server":"demo",{middle},{CALLER}}}"#);
        let back = serde_json::to_string(&written(&text)).unwrap();
        assert_eq!(back, text);
    }
    let whole = format!(
        r#"{{"server":"demo","method":"roots/list",{CALLER},"direction":"to_client","protocol_version":"2026-07-28","now":"2026-11-25T10:00:00.000Z","approval":{{"groups":["cfo"],"expires":"2026-11-25T10:15:00.000Z","arguments_digest":"{}"}}}}"#,
        Digest::of(b"{}")
    );
    let read = written(&whole);
    assert_eq!(read.now_ms, Some(NOW_MS));
    assert_eq!(serde_json::to_string(&read).unwrap(), whole);
}

#[test]
fn what_is_not_written_has_a_default() {
    let read = written(r#"{"server":"demo","method":"tasks/list","caller":{"subject":"bob"}}"#);
    assert_eq!(read.caller.issuer.as_str(), DEFAULT_ISSUER);
    assert!(read.caller.roles.is_empty() && read.now_ms.is_none());
    assert_eq!(read.targets, [Target::Server]);
    assert_eq!(read.direction, Direction::ToServer);
}

#[test]
fn what_is_unsound_is_refused_and_says_why() {
    for (middle, wanted) in [
        (r#""tool":"a","prompt":"b""#, "acts on one `tool`"),
        (r#""tool":"a","targets":["server"]"#, "acts on one `tool`"),
        (r#""targets":[]"#, "1 to 256"),
        (r#""toool":"a""#, "unknown field `toool`"),
        (r#""now":"tomorrow""#, "`now` is a time"),
        (
            r#""approval":{"groups":[],"expires":"x"}"#,
            "`expires` is a time",
        ),
        (
            r#""approval":{"groups":[],"expire":"x"}"#,
            "unknown field `expire`",
        ),
        (r#""tool":"a\u0000""#, "character"),
        (r#""direction":"sideways""#, "unknown variant `sideways`"),
    ] {
        let text = format!(r#"{{"server":"demo","method":"m",{middle},{CALLER}}}"#);
        let error = serde_json::from_str::<Written>(&text)
            .unwrap_err()
            .to_string();
        assert!(error.contains(wanted), "{middle}: {error}");
    }
}

#[test]
fn a_request_is_judged_with_the_folders_tools() {
    let mut files = std::collections::BTreeMap::new();
    files.insert(
        "a.cedar".to_owned(),
        r#"@id("small") permit (principal in Mcp::Role::"dev", action == Mcp::Action::"bank/pay", resource)
           when { context.input.amount < 10 };"#
            .to_owned(),
    );
    files.insert(
        "tools/bank.json".to_owned(),
        r#"{"tools":[{"name":"pay","inputSchema":{"type":"object","properties":{"amount":{"type":"integer"}},"required":["amount"]}}]}"#
            .to_owned(),
    );
    let sources = std::sync::Arc::new(Sources::new(files));
    let policies = Policies::load(sources, &Registry::default()).unwrap();
    let judge = |arguments: &str| {
        written(&format!(
            r#"{{"server":"bank","method":"tools/call","tool":"pay","arguments":{arguments},{CALLER}}}"#
        ))
        .judge(&policies, 0)
    };
    assert_eq!(judge(r#"{"amount":9}"#).determining, ["small"]);
    assert_eq!(judge(r#"{"amount":10}"#).outcome, Outcome::Deny);
    let unfit = judge(r#"{"amount":"9"}"#);
    assert_eq!(unfit.faults.len(), 1, "{unfit:?}");
}

#[test]
fn time_and_approval_are_facts() {
    let policies = load(
        r#"@id("all") permit (principal, action, resource)
           when { context.now < datetime("2026-11-25T10:00:01Z") };
           @id("gate") @approval("cfo") forbid (principal, action in Mcp::Action::"tools/call", resource)
           unless { context has approval && context.approval.groups.contains(Mcp::Role::"cfo") &&
                    context.now < context.approval.expires &&
                    context.approval.args_digest == context.args_digest };"#,
    );
    let judge = |more: &str| {
        let text = format!(
            r#"{{"server":"demo","method":"tools/call","tool":"rm","arguments":{{"a":1}},{CALLER}{more}}}"#
        );
        written(&text).judge(&policies, NOW_MS)
    };
    assert_eq!(judge("").outcome, Outcome::Approve);
    assert_eq!(
        judge(r#","now":"2026-11-25T10:00:02Z""#).outcome,
        Outcome::Deny
    );
    let yes = |expires: &str, more: &str| {
        judge(&format!(
            r#","approval":{{"groups":["cfo"],"expires":"2026-11-25T{expires}Z"{more}}}"#
        ))
        .outcome
    };
    assert_eq!(yes("10:15:00", ""), Outcome::Allow);
    assert_eq!(yes("10:00:00", ""), Outcome::Approve);
    let other = format!(r#","arguments_digest":"{}""#, Digest::of(b"{}"));
    assert_eq!(yes("10:15:00", &other), Outcome::Approve);
}
