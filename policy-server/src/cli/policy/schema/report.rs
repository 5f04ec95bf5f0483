//! What is said about tools beside their schema.
//!
//! Deliberately absent: arguments with faithful types; the schema shows them.

use portcullis_core::catalogue::{Known, Tool};
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
        for Opaque { path, kind } in tool.mapped.opaque() {
            let name = &tool.name;
            crate::cli::complain(&format_args!(
                "note: {server}/{name}: `context.{path}` is {kind}, good for `==` only"
            ));
        }
    }
}

/// Prints one JSON object.
pub(super) fn print(server: &ServerName, found: &Found, pinning: Option<Pinning>) {
    let known = found.registry.server(server).into_iter().flatten();
    let row = |(name, listed): (&Name, &portcullis_core::registry::Listed)| {
        let of = found.catalogue.known(server, &Target::Tool(name.clone()));
        let quarantine = match of {
            Known::Quarantined(why) => Some(why.to_string()),
            Known::Tool(_) | Known::Unlisted(_) => None,
        };
        let opaque = |tool: &Tool| tool.mapped.opaque();
        let mapped = found.catalogue.tools().find(|(_, tool)| tool.name == *name);
        Row {
            name: name.clone(),
            action: format!("{server}/{name}"),
            definition: listed.newest(),
            quarantine,
            opaque: mapped.map(|(_, tool)| opaque(tool)).unwrap_or_default(),
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
