//! What is said about tools beside their schema.
//!
//! Deliberately absent: arguments with faithful types; the schema shows them.

use portcullis_core::catalogue::{Known, Tool};
use portcullis_core::registry;
use portcullis_core::schema::Opaque;
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Name, ServerName};
use portcullis_protocol::wire::Target;
use serde::Serialize;

use super::Found;
use super::pin::Pinning;
use crate::cli::say;

#[derive(Serialize)]
struct Report<'a> {
    server: &'a ServerName,
    tools: Vec<Row>,
    unsound: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinning: Option<Pinning>,
}

#[derive(Serialize)]
struct Row {
    name: Name,
    action: String,
    /// SHA-256 of what the newest definition says, however it is written.
    definition: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine: Option<String>,
    opaque: Vec<Opaque>,
    /// What cannot be checked, and why: calls are denied where policies read it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unchecked: Vec<Unchecked>,
}

#[derive(Serialize)]
struct Unchecked {
    path: String,
    why: String,
}

fn unchecked(tool: &Tool) -> Vec<Unchecked> {
    let all = tool.mapped.unchecked().into_iter();
    all.map(|(path, why)| Unchecked {
        path,
        why: why.to_string(),
    })
    .collect()
}

/// Says on standard error which tools nobody may call.
pub(super) fn warn(found: &Found) {
    for (server, tool, why) in found.catalogue.quarantined() {
        crate::cli::complain(&format_args!(
            "warning: {server}/{tool} is in quarantine: {why}"
        ));
    }
    if found.unsound > 0 {
        let count = found.unsound;
        crate::cli::complain(&format_args!(
            "warning: {count} tools have no plain name of their own: no agent sees them"
        ));
    }
}

/// Says on standard error which arguments policies can only compare for equality.
pub(super) fn note_opaque(found: &Found) {
    for (server, tool) in found.catalogue.tools() {
        for Opaque { path, kind } in tool.mapped.opaque_places() {
            let name = &tool.name;
            crate::cli::complain(&format_args!(
                "note: {server}/{name}: `context.{path}` is {kind}, good for `==` only"
            ));
        }
    }
}

/// Says on standard error which arguments cannot be checked, so that calls are denied where policies
/// read them.
pub(super) fn warn_unchecked(found: &Found) {
    for (server, tool) in found.catalogue.tools() {
        for (path, why) in tool.mapped.unchecked() {
            let name = &tool.name;
            crate::cli::complain(&format_args!(
                "warning: {server}/{name}: `context.{path}` cannot be checked: {why}; calls are denied \
                 where policies read it, unless `tools/{server}.json` in the policy folder pins the \
                 tool with another schema"
            ));
        }
    }
}

/// Prints one JSON object.
pub(super) fn print(server: &ServerName, found: &Found, pinning: Option<Pinning>) {
    let known = found.registry.server(server).into_iter().flatten();
    let row = |(name, listed): (&Name, &registry::Listed)| {
        let of = found.catalogue.known(server, &Target::Tool(name.clone()));
        let quarantine = match of {
            Known::Quarantined(why) => Some(why.to_string()),
            Known::Tool(_) | Known::Unlisted(_) => None,
        };
        let opaque = |tool: &Tool| tool.mapped.opaque_places();
        let mut tools = found.catalogue.tools();
        let mapped = tools.find(|(of, tool)| *of == server && tool.name == *name);
        Row {
            name: name.clone(),
            action: format!("{server}/{name}"),
            definition: listed.newest().map(registry::Shown::definition),
            quarantine,
            opaque: mapped.map(|(_, tool)| opaque(tool)).unwrap_or_default(),
            unchecked: mapped.map(|(_, tool)| unchecked(tool)).unwrap_or_default(),
        }
    };
    let report = Report {
        server,
        tools: known.map(row).collect(),
        unsound: found.unsound,
        pinning,
    };
    say(&serde_json::to_string(&report).unwrap_or_default());
}
