//! Policies and what servers list: no list keeps policies from loading, and what does not fit costs the
//! tool that does not.

use super::typed::call_at;
use super::*;
use crate::catalogue::{Known, Quarantine};

/// `create_note` with a `path` of this type.
fn note(tool: &str, path: &str) -> String {
    let schema = format!(r#"{{"type":"object","properties":{{"path":{path}}}}}"#);
    format!(r#"{{"name":"{tool}","inputSchema":{schema}}}"#)
}

const TEXT: &str = r#"{"type":"string"}"#;
const NUMBER: &str = r#"{"type":"integer"}"#;

/// What servers have listed.
fn seen(tools: &[(&str, &str)]) -> Registry {
    let mut registry = Registry::default();
    for (server, json) in tools {
        let server = ServerName::parse(server).unwrap();
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let tool = name(value["name"].as_str().unwrap());
        let changes = registry.changes(&server, &[(tool, ToolEntry::read(json))]);
        registry.apply(&server, &changes);
    }
    registry
}

fn quarantined(policies: &Policies) -> Vec<(String, String)> {
    let all = policies.catalogue().quarantined();
    let all = all.map(|(server, tool, why)| (format!("{server}/{tool}"), why.to_string()));
    all.collect()
}

const EMERGENCY: &str = r#"permit (principal, action, resource);
    @id("emergency") forbid (principal, action in Mcp::Action::"tools/call", resource)
    when { context has input && context.input has path && context.input.path like "/etc/*" };"#;

#[test]
fn a_list_of_one_server_does_not_keep_policies_from_loading() {
    let registry = seen(&[
        ("files", &note("read", TEXT)),
        ("notes", &note("add_note", NUMBER)),
        ("notes", &note("find", TEXT)),
    ]);
    let set = Policies::load(sources("permit (principal, action, resource);"), &registry).unwrap();
    let at_start = Policies::load(sources(EMERGENCY), &registry).unwrap();
    let reloaded = set.replaced(sources(EMERGENCY), &registry).unwrap();
    let first = Policies::load(sources(EMERGENCY), &Registry::default()).unwrap();
    let learnt = first.learn(&registry).unwrap();
    for policies in [&at_start, &reloaded, &learnt] {
        let [(tool, why)] = &quarantined(policies)[..] else {
            panic!("{:?}", quarantined(policies))
        };
        assert_eq!(tool, "notes/add_note");
        assert!(
            why.starts_with("the policy `emergency` does not fit its definition: "),
            "{why}"
        );
        let denied = call_at(policies, "notes", "add_note", r#"{"path":1}"#);
        assert_eq!(denied.faults, [Fault::Quarantined]);
        for (server, tool) in [("files", "read"), ("notes", "find")] {
            let etc = call_at(policies, server, tool, r#"{"path":"/etc/passwd"}"#);
            assert_eq!(etc.determining, ["emergency"], "{server}/{tool}");
            assert!(call_at(policies, server, tool, r#"{"path":"/srv/a"}"#).allows());
        }
    }
    // And the tool is back when the policies are mended.
    let narrower = EMERGENCY.replace(
        r#"action in Mcp::Action::"tools/call", resource)"#,
        r#"action in Mcp::Action::"files/*", resource)"#,
    );
    let mended = at_start.replaced(sources(&narrower), &registry).unwrap();
    assert_eq!(quarantined(&mended), []);
    assert!(call_at(&mended, "notes", "add_note", r#"{"path":1}"#).allows());
    let etc = call_at(&mended, "files", "read", r#"{"path":"/etc/passwd"}"#);
    assert_eq!(etc.determining, ["emergency"]);
}

/// Whatever servers say, policies load that were good without them.
#[test]
fn nothing_that_a_server_lists_keeps_policies_from_loading() {
    let rules = [
        r#"@id("named") forbid (principal, action == Mcp::Action::"notes/add", resource)
           when { context.input.path like "/etc/*" };"#,
        r#"@id("state") forbid (principal, action == Mcp::Action::"notes/add", resource)
           when { context.input has state && context.input.state == Mcp::notes::add::Input::state::"open" };"#,
        r#"@id("all") forbid (principal, action, resource)
           when { context has input && context.input has path && context.input.path like "/etc/*" }
           unless { resource == Mcp::Tool::"notes/add" };"#,
        r#"@id("group") forbid (principal, action in Mcp::Action::"notes/*", resource)
           when { context.input.path like "/etc/*" };"#,
        r#"@id("server") forbid (principal, action in Mcp::Action::"tools/call", resource in Mcp::Server::"notes")
           when { context has input && context.input has path && context.input.path like "/etc/*" };"#,
    ];
    let good = r#"{"name":"add","inputSchema":{"type":"object","required":["path"],"properties":{
        "path":{"type":"string"},"state":{"enum":["open","closed"]}}}}"#;
    let bad = [
        note("add", NUMBER),
        r#"{"name":"add","inputSchema":{"type":"object","properties":{"path":{"enum":["a"]},"state":{"type":"string"}}}}"#.to_owned(),
        r#"{"name":"add","inputSchema":{"type":"object","required":["path"],"properties":{"path":{"type":"string"},"state":{"enum":["shut"]}}}}"#.to_owned(),
        r#"{"name":"add","inputSchema":{"type":"array"}}"#.to_owned(),
        r#"{"name":"add","inputSchema":{"type":"object"},"inputSchema":1}"#.to_owned(),
        r#"{"name":"add"}"#.to_owned(),
    ];
    let other = note("read", TEXT);
    for rule in rules {
        let text = format!("permit (principal, action, resource);\n{rule}");
        let before = seen(&[("files", &other), ("notes", good)]);
        let fits = Policies::load(sources(&text), &before).unwrap();
        assert_eq!(quarantined(&fits), [], "{rule}");
        for bad in &bad {
            let after = seen(&[("files", &other), ("notes", good), ("notes", bad)]);
            let learnt = fits.learn(&after).unwrap();
            let started = Policies::load(sources(&text), &after);
            let started = started.unwrap_or_else(|error| panic!("{rule}\n{bad}\n{error}"));
            for policies in [&learnt, &started] {
                let harmless = call_at(policies, "files", "read", r#"{"path":"/srv"}"#);
                assert!(harmless.allows(), "{rule}\n{bad}\n{harmless:?}");
                let call = call_at(
                    policies,
                    "notes",
                    "add",
                    r#"{"path":"/etc/x","state":"open"}"#,
                );
                assert!(
                    !call.allows() || rule.contains("unless"),
                    "{rule}\n{bad}\n{call:?}"
                );
            }
        }
    }
}

#[test]
fn a_policy_that_fits_no_tool_of_several_servers_is_wrong_itself() {
    let typo = r#"@id("typo") forbid (principal, action in [Mcp::Action::"files/*", Mcp::Action::"notes/*"], resource)
        when { context.input.pth like "/etc/*" };"#;
    let both = seen(&[
        ("files", &note("read", TEXT)),
        ("notes", &note("add", TEXT)),
    ]);
    let problems = Policies::load(sources(typo), &both).unwrap_err().problems;
    let [problem] = &problems[..] else {
        panic!("{problems:#?}")
    };
    assert_eq!(problem.code.as_str(), "unknown-attribute");
    assert_eq!(problem.place.unwrap().line, 2);
    // One server alone could have listed what does not fit so that the policies do not load.
    let one = seen(&[("files", &note("read", TEXT))]);
    let policies = Policies::load(sources(typo), &one).unwrap();
    assert_eq!(quarantined(&policies).len(), 1);
    let lints = policies.lints();
    let lint = lints
        .iter()
        .find(|lint| lint.code.as_str() == "lint-unfit-tool");
    let lint = lint.expect("the check says so");
    assert!(
        lint.message
            .starts_with("the tool `files/read` is in quarantine: the policy `typo`")
    );
}

#[test]
fn a_rule_for_a_server_is_validated_with_its_tools_only() {
    let rule = r#"@id("rule") permit (principal, action in Mcp::Action::"files/*", resource)
        when { context.input.path like "/srv/*" };"#;
    let registry = seen(&[
        (
            "files",
            &note("read", TEXT).replace("\"properties\"", "\"required\":[\"path\"],\"properties\""),
        ),
        ("notes", &note("add", NUMBER)),
    ]);
    let policies = Policies::load(sources(rule), &registry).unwrap();
    assert_eq!(quarantined(&policies), []);
    for (server, tool, arguments, allowed) in [
        ("files", "read", r#"{"path":"/srv/a"}"#, true),
        ("files", "read", r#"{"path":"/etc"}"#, false),
        ("notes", "add", r#"{"path":1}"#, false),
        ("files", "unlisted", r#"{"path":"/srv/a"}"#, false),
    ] {
        let judgement = call_at(&policies, server, tool, arguments);
        assert_eq!(judgement.allows(), allowed, "{server}/{tool} {arguments}");
    }
}

/// A group is all tools of its server, those that nobody has listed among them.
#[test]
fn the_group_of_a_server_holds_its_unlisted_tools_too() {
    let registry = seen(&[("files", &note("read", TEXT))]);
    for (text, files, other) in [
        (
            r#"permit (principal, action in Mcp::Action::"files/*", resource);"#,
            true,
            false,
        ),
        (
            r#"permit (principal, action == Mcp::Action::"files/*", resource);"#,
            true,
            false,
        ),
        (
            r#"permit (principal, action, resource);
               forbid (principal, action in Mcp::Action::"files/*", resource);"#,
            false,
            true,
        ),
        (
            r#"permit (principal, action, resource);
               forbid (principal, action in [Mcp::Action::"files/*", Mcp::Action::"gone/*"], resource is Mcp::Tool);"#,
            false,
            true,
        ),
        (
            r#"permit (principal, action, resource);
               forbid (principal, action in Mcp::Action::"files/*", resource)
               when { context.input has path && context.input.path like "/etc/*" };"#,
            false,
            true,
        ),
        (
            r#"permit (principal, action, resource);
               forbid (principal, action in Mcp::Action::"files/*", resource in Mcp::Server::"gone");"#,
            true,
            true,
        ),
    ] {
        let policies = Policies::load(sources(text), &registry).unwrap();
        let unlisted = |server| call_at(&policies, server, "unlisted", "{}").allows();
        assert_eq!(
            (unlisted("files"), unlisted("gone2")),
            (files, other),
            "{text}"
        );
    }
}

#[test]
fn a_tool_called_like_a_group_is_in_quarantine() {
    let registry = seen(&[("files", &note("*", TEXT)), ("files", &note("read", TEXT))]);
    let text = r#"permit (principal, action in Mcp::Action::"files/*", resource);"#;
    let policies = Policies::load(sources(text), &registry).unwrap();
    let (server, target) = (ServerName::parse("files").unwrap(), Target::Tool(name("*")));
    let known = policies.catalogue().known(&server, &target);
    assert!(
        matches!(known, Known::Quarantined(Quarantine::Mapping(_))),
        "{known:?}"
    );
    assert!(call_at(&policies, "files", "read", "{}").allows());
}

#[test]
fn a_rule_on_an_argument_that_no_tool_has_yet_loads() {
    let empty = Policies::load(sources(EMERGENCY), &Registry::default()).unwrap();
    let lints = empty.lints();
    assert!(
        lints
            .iter()
            .any(|lint| lint.code.as_str() == "lint-idle-policy"),
        "{lints:?}"
    );
    let learnt = empty
        .learn(&seen(&[("files", &note("read", TEXT))]))
        .unwrap();
    let etc = call_at(&learnt, "files", "read", r#"{"path":"/etc/passwd"}"#);
    assert_eq!(etc.determining, ["emergency"]);
    // What is never true of any message is wrong all the same.
    let never = "permit (principal, action, resource) when { context.direction == \
                 Mcp::Direction::\"to_server\" && resource is Mcp::Server && resource is Mcp::Tool };";
    let problems = Policies::load(sources(never), &Registry::default())
        .unwrap_err()
        .problems;
    assert_eq!(problems[0].code.as_str(), "never-true");
}

#[test]
fn what_a_read_only_tool_says_of_destruction_means_nothing() {
    let hints = r#"{"name":"get","inputSchema":{"type":"object"},
        "annotations":{"readOnlyHint":true,"destructiveHint":true}}"#;
    let text = r#"permit (principal, action in Mcp::Action::"tools/call", resource) unless { resource.destructive };"#;
    let policies = Policies::load(sources(text), &seen(&[("files", hints)])).unwrap();
    assert!(call_at(&policies, "files", "get", "{}").allows());
}

/// What `portcullis up` says of tools that somebody is not shown.
#[test]
fn why_a_tool_is_not_shown_can_be_said() {
    use crate::lists::{Hidden, hidden};
    let registry = seen(&[
        ("files", &note("read", TEXT)),
        ("files", r#"{"name":"odd","inputSchema":{"type":"array"}}"#),
        (
            "files",
            r#"{"name":"look","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}"#,
        ),
        (
            "files",
            r#"{"name":"find","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}"#,
        ),
    ]);
    let text = r#"permit (principal, action == Mcp::Action::"files/look", resource);
        @id("no-destroying") forbid (principal, action in Mcp::Action::"tools/call", resource) when { resource.destructive };
        forbid (principal, action in Mcp::Action::"files/*", resource) when { context has input && context.input has path && context.input.path like "/etc/*" };"#;
    let policies = Policies::load(sources(text), &registry).unwrap();
    let server = ServerName::parse("files").unwrap();
    let tools = ["read", "odd", "look", "find"].map(name);
    let caller = caller("somebody", "dev");
    let why = hidden(&policies, &server, &caller, &tools).unwrap();
    let why: Vec<(&str, Hidden)> = why
        .into_iter()
        .map(|(tool, why)| (tool.as_str(), why))
        .collect();
    let [(_, forbidden), (_, quarantined), (_, unpermitted)] = &why[..] else {
        panic!("{why:?}")
    };
    assert_eq!(
        forbidden,
        &Hidden::Forbidden(vec!["no-destroying".to_owned()])
    );
    assert!(matches!(quarantined, Hidden::Quarantined(why) if why.contains("object")));
    assert_eq!((why[2].0, unpermitted), ("find", &Hidden::Unpermitted));
}
