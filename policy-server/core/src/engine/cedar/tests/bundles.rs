//! Policies that nobody wrote, about four tools and some resources: scopes and conditions of every
//! shape, gates, shadow, and conditions that fail.

use super::*;

/// How many tools there are.
pub(super) const TOOLS: usize = 4;

/// The first of the tools of two servers; those that policies name come first.
pub(super) fn tools(count: usize) -> BTreeMap<String, String> {
    let list = |names: &[&str]| {
        let tool = |name: &str| {
            format!(
                r#"{{"name":"{name}","inputSchema":{{"type":"object","properties":{{
                "amount":{{"type":"integer"}},"path":{{"type":"string"}}}}}},
                "annotations":{{"readOnlyHint":{}}}}}"#,
                name.starts_with("read")
            )
        };
        let tools: Vec<String> = names.iter().map(|name| tool(name)).collect();
        format!(r#"{{"tools":[{}]}}"#, tools.join(","))
    };
    let demo = ["pay", "read-file"].get(..count.min(2)).unwrap();
    let other = ["read", "pay"].get(..count.saturating_sub(2)).unwrap();
    BTreeMap::from([
        ("tools/demo.json".to_owned(), list(demo)),
        ("tools/other.json".to_owned(), list(other)),
        (
            "tags.toml".to_owned(),
            "[demo]\n\"*\" = [\"d\"]\npay = [\"money\"]\n".to_owned(),
        ),
    ])
}

const PRINCIPALS: [&str; 7] = [
    "principal",
    "principal",
    "principal is Mcp::Agent",
    r#"principal in Mcp::Role::"dev""#,
    r#"principal in Mcp::Role::"ops""#,
    r#"principal in Mcp::User::"alice""#,
    r#"principal == Mcp::Agent::"helper""#,
];

const ACTIONS: [&str; 9] = [
    "action",
    "action",
    r#"action in Mcp::Action::"tools/call""#,
    r#"action == Mcp::Action::"tools/call""#,
    r#"action == Mcp::Action::"demo/pay""#,
    r#"action in [Mcp::Action::"demo/read-file", Mcp::Action::"other/read", Mcp::Action::"read"]"#,
    r#"action in Mcp::Action::"read""#,
    r#"action in Mcp::Action::"any""#,
    r#"action in [Mcp::Action::"write", Mcp::Action::"demo/pay"]"#,
];

const RESOURCES: [&str; 9] = [
    "resource",
    "resource",
    r#"resource in Mcp::Server::"demo""#,
    r#"resource in Mcp::Server::"other""#,
    r#"resource == Mcp::Tool::"demo/pay""#,
    r#"resource == Mcp::Tool::"demo/unlisted""#,
    "resource is Mcp::Tool",
    r#"resource is Mcp::Tool in Mcp::Server::"demo""#,
    r#"resource == Mcp::Resource::"demo/x://y""#,
];

const CONDITIONS: [&str; 8] = [
    "true",
    "principal in Mcp::Role::\"dev\"",
    "context has input && context.input has amount && context.input.amount < 3",
    "context has input && context.input has path && context.input.path like \"/srv/*\"",
    // Fails for great amounts.
    "context has input && context.input has amount && context.input.amount + 9223372036854775800 > 0",
    "resource is Mcp::Tool && resource.readOnly",
    "resource is Mcp::Tool && resource.tags.contains(\"money\")",
    "context.server == Mcp::Server::\"demo\"",
];

const APPROVED: &str = r#"context has approval && context.approval.groups.contains(Mcp::Role::"boss")
    && context.now < context.approval.expires"#;

fn one(of: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(of)
}

/// One policy.
pub(super) fn policy() -> impl Strategy<Value = String> {
    let kinds = [
        "permit",
        "permit",
        "permit",
        "forbid",
        "gate",
        "shadow permit",
        "shadow forbid",
    ];
    let kind = prop::sample::select(kinds.to_vec());
    let scope = (one(&PRINCIPALS), one(&ACTIONS), one(&RESOURCES));
    (kind, scope, one(&CONDITIONS)).prop_map(|(kind, (principal, action, resource), when)| {
        let (before, effect, after) = match kind {
            "gate" => (
                "@approval(\"boss\") ",
                "forbid",
                format!(" unless {{ {APPROVED} }}"),
            ),
            "shadow permit" => ("@mode(\"shadow\") ", "permit", String::new()),
            "shadow forbid" => ("@mode(\"shadow\") ", "forbid", String::new()),
            effect => ("", effect, String::new()),
        };
        format!("{before}{effect} ({principal}, {action}, {resource}) when {{ {when} }}{after};")
    })
}
