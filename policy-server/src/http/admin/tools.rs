//! What the status says about tools: which nobody may call, and which are not what is pinned.
//!
//! Deliberately absent: all tools by name; `portcullis policy schema --server` lists them.

use portcullis_core::catalogue::{Drift, drift, pinned};
use portcullis_core::policies::Policies;
use portcullis_core::registry::Registry;
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Name, ServerName};
use serde::Serialize;

/// Most tools in each of the two lists.
const LISTED_MAX: usize = 100;

/// The tools of all servers.
#[derive(Serialize)]
pub(super) struct Tools {
    /// How many there are, with those in quarantine.
    known: usize,
    quarantined: Vec<Quarantined>,
    drifted: Vec<Drifted>,
}

/// A tool that nobody may call.
#[derive(Serialize)]
struct Quarantined {
    server: ServerName,
    tool: Name,
    why: String,
}

/// A tool whose server says something else than what is pinned.
#[derive(Serialize)]
struct Drifted {
    server: ServerName,
    tool: Name,
    pinned: Option<Digest>,
    observed: Option<Digest>,
}

impl Tools {
    /// Looks at what the policies know and what servers have listed. Without policies nothing is
    /// known. Reads all pins, so it takes a while.
    pub(super) fn look(policies: Option<&Policies>, registry: &Registry) -> Self {
        let Some(policies) = policies else {
            return Self {
                known: 0,
                quarantined: Vec::new(),
                drifted: Vec::new(),
            };
        };
        let catalogue = policies.catalogue();
        let quarantined = catalogue.quarantined().take(LISTED_MAX);
        let quarantined = quarantined.map(|(server, tool, why)| Quarantined {
            server: server.clone(),
            tool: tool.clone(),
            why: why.to_string(),
        });
        Self {
            known: catalogue.count(),
            quarantined: quarantined.collect(),
            drifted: drifted(policies, registry),
        }
    }
}

fn drifted(policies: &Policies, registry: &Registry) -> Vec<Drifted> {
    // The policies were loaded with these pins, so they can be read.
    let pins = pinned(policies.sources()).unwrap_or_default();
    let all = drift(&pins, registry).into_iter();
    let differs = all.filter(|one| one.drift == Drift::Differs);
    let drifted = differs.map(|one| Drifted {
        server: one.server,
        tool: one.tool,
        pinned: one.pinned,
        observed: one.observed,
    });
    drifted.take(LISTED_MAX).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use portcullis_core::policies::Sources;
    use portcullis_core::registry::{Shown, ToolEntry};
    use serde_json::json;

    use super::*;

    #[test]
    fn the_status_names_tools_in_quarantine_and_tools_that_drifted() {
        let pin = r#"{"tools":[{"name":"echo","inputSchema":{"type":"object"}},
            {"name":"odd","inputSchema":{"type":"array"}}]}"#;
        let files = BTreeMap::from([("tools/demo.json".to_owned(), pin.to_owned())]);
        let now = ToolEntry::read(r#"{"name":"echo","description":"sends mail"}"#);
        let observed = now.definition;
        let shown = Shown::Accepted(now);
        let mut registry = Registry::default();
        let name = |text| Name::parse(text).unwrap();
        registry.restore(ServerName::parse("demo").unwrap(), name("echo"), shown);
        let policies = Policies::load(Arc::new(Sources::new(files)), &registry).unwrap();
        let tools = Tools::look(Some(&policies), &registry);
        let pinned = ToolEntry::read(r#"{"name":"echo","inputSchema":{"type":"object"}}"#);
        let pinned = pinned.definition;
        let why = "the inputSchema does not describe an object: arguments are always one";
        let wanted = json!({
            "known": 2,
            "quarantined": [{"server": "demo", "tool": "odd", "why": why}],
            "drifted": [{"server": "demo", "tool": "echo", "pinned": pinned, "observed": observed}],
        });
        assert_eq!(serde_json::to_value(tools).unwrap(), wanted);
    }
}
