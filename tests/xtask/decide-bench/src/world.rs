//! What is decided about: a hundred tools of ten arguments each, and bundles of any size about them.
//!
//! Of a bundle's policies 85 % are about one tool, 15 % about one server; one gate and one guard are
//! about all, and one permits the call that is judged. A policy about a tool reads two arguments.
//! Each is about one role, of which there are more the more policies there are: a large company has
//! more teams, not larger ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use portcullis_core::policies::Sources;
use portcullis_protocol::names::{Caller, Name, ServerName};
use portcullis_protocol::wire::Target;
use serde_json::{Value, json};

/// Servers.
pub(crate) const SERVERS: usize = 4;
/// Policies that are in every bundle: a guard, a gate, and a permit of the call that is judged.
const FIXED: usize = 3;
/// Tools of one server.
pub(crate) const TOOLS: usize = 25;

/// The arguments of the call that is judged.
pub(crate) const ARGUMENTS: &str = r#"{"amount":12,"path":"/srv/reports/q3.txt","currency":"EUR","recipient":"acct-7","memo":"Q3","dry_run":false,"priority":2,"labels":["a","b"],"retries":1,"reference":"2026-11"}"#;

/// The name of a server.
pub(crate) fn server(number: usize) -> String {
    format!("srv{number}")
}

/// Definitions of one server's tools.
pub(crate) fn tools(server: usize) -> Vec<Value> {
    let long = || json!({"type": "integer", "minimum": 0});
    let text = || json!({"type": "string", "maxLength": 1000});
    let properties = json!({
        "amount": long(), "path": text(), "currency": {"type": "string", "enum": ["EUR", "USD"]},
        "recipient": text(), "memo": text(), "dry_run": {"type": "boolean"}, "priority": long(),
        "labels": {"type": "array", "items": {"type": "string"}}, "retries": long(),
        "reference": text(),
    });
    let tool = |number: usize| {
        json!({
            "name": format!("tool{number}"),
            "description": format!("Does {number} at {server}"),
            "inputSchema": {
                "type": "object", "properties": properties, "required": ["amount", "path"],
                "additionalProperties": false,
            },
            "annotations": {"readOnlyHint": number.is_multiple_of(2), "destructiveHint": number.is_multiple_of(5)},
        })
    };
    (0..TOOLS).map(tool).collect()
}

/// A page of `tools/list` with the tools of every server; names are told apart by their numbers.
pub(crate) fn sources(policies: usize) -> Arc<Sources> {
    let mut files = BTreeMap::from([("bench.cedar".to_owned(), cedar(policies))]);
    for number in 0..SERVERS {
        let list = json!({ "tools": tools(number) }).to_string();
        files.insert(format!("tools/{}.json", server(number)), list);
    }
    Arc::new(Sources::new(files))
}

/// The same roles, tools and limits as data that one Rego module reads: how Rego is meant to be
/// written where there are many rules.
pub(crate) fn rego(policies: usize) -> Arc<Sources> {
    let mut grants: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for number in 0..policies {
        let mixed = mixed(number);
        let (at, tool) = (mixed % SERVERS, mixed / SERVERS % TOOLS);
        let role = mixed / (SERVERS * TOOLS) % roles(policies);
        let grant =
            json!({"id": format!("p{number}"), "role": format!("r{role}"), "amount": number + 20});
        let action = format!("{}/tool{tool}", server(at));
        grants.entry(action).or_default().push(grant);
    }
    let module = r#"package mcp

import rego.v1

permits contains {"id": grant.id} if {
	some grant in data.grants[input.action]
	grant.role in input.principal.roles
	input.arguments.amount < grant.amount
	startswith(input.arguments.path, "/srv/")
}
"#;
    let mut files = BTreeMap::from([
        ("bundle.toml".to_owned(), "engine = \"rego\"".to_owned()),
        ("bench.rego".to_owned(), module.to_owned()),
        (
            "data.json".to_owned(),
            json!({ "grants": grants }).to_string(),
        ),
    ]);
    for number in 0..SERVERS {
        let list = json!({ "tools": tools(number) }).to_string();
        files.insert(format!("tools/{}.json", server(number)), list);
    }
    Arc::new(Sources::new(files))
}

/// The text of a bundle.
pub(crate) fn cedar(policies: usize) -> String {
    let mut text = String::from(
        r#"@id("guard") forbid (principal, action, resource) when { context.now < datetime("2020-01-01") };
@id("gate") @approval("finance") forbid (principal, action in Mcp::Action::"tools/call", resource)
when { context has input && context.input has amount && context.input.amount > 100000 }
unless { context has approval && context.approval.groups.contains(Mcp::Role::"finance") &&
context.now < context.approval.expires && context.approval.args_digest == context.args_digest };
@id("own") permit (principal in Mcp::Role::"r0", action == Mcp::Action::"srv0/tool1", resource)
when { context.input.amount < 100 && context.input.path like "/srv/*" };
"#,
    );
    for number in 0..policies.saturating_sub(FIXED) {
        let mixed = mixed(number);
        let (at, tool) = (mixed % SERVERS, mixed / SERVERS % TOOLS);
        let server = server(at);
        let effect = if number % 20 == 19 && at != 0 {
            "forbid"
        } else {
            "permit"
        };
        let role = mixed / (SERVERS * TOOLS) % roles(policies);
        let amount = number + 20;
        let _ = if number % 20 < 3 {
            writeln!(
                text,
                "@id(\"p{number}\") {effect} (principal in Mcp::Role::\"r{role}\", \
                 action in Mcp::Action::\"tools/call\", resource in Mcp::Server::\"{server}\") \
                 when {{ resource.readOnly }};"
            )
        } else {
            writeln!(
                text,
                "@id(\"p{number}\") {effect} (principal in Mcp::Role::\"r{role}\", \
                 action == Mcp::Action::\"{server}/tool{tool}\", resource) \
                 when {{ context.input.amount < {amount} && context.input.path like \"/srv/*\" }};"
            )
        };
    }
    text
}

/// How many policies can speak of the call that is judged: by their scopes, and the fixed ones.
pub(crate) fn speaking(policies: usize) -> usize {
    let speaks = |number: &usize| {
        let mixed = mixed(*number);
        let (at, tool) = (mixed % SERVERS, mixed / SERVERS % TOOLS);
        let role = mixed / (SERVERS * TOOLS) % roles(policies);
        at == 0 && role < 3 && (number % 20 < 3 || tool == 1)
    };
    FIXED + (0..policies.saturating_sub(FIXED)).filter(speaks).count()
}

/// How many roles there are.
fn roles(policies: usize) -> usize {
    (policies / 20).max(5)
}

/// Numbers in no order that matters.
const fn mixed(number: usize) -> usize {
    (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20
}

/// Who asks.
#[allow(clippy::expect_used, reason = "constant names")]
pub(crate) fn caller() -> Caller {
    let name = |text: &str| Name::parse(text).expect("a constant name");
    Caller {
        issuer: name("https://issuer.example"),
        subject: name("alice"),
        roles: vec![name("r0"), name("r1"), name("r2")],
        agent: Some(name("helper")),
    }
}

/// What is asked about: a tool of a server.
#[allow(clippy::expect_used, reason = "constant names")]
pub(crate) fn call() -> (ServerName, Target) {
    let server = ServerName::parse(&server(0)).expect("a constant name");
    let tool = Name::parse("tool1").expect("a constant name");
    (server, Target::Tool(tool))
}
