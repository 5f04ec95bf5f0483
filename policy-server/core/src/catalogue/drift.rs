//! Pins beside what servers say: where a definition is another than the one that policies rely on.
//!
//! Definitions are compared as JSON, so how they are written does not count. Deliberately absent:
//! whether a change matters to policies; loading them with it says so.

use std::collections::BTreeSet;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Name, ServerName};
use serde::Serialize;
use serde_json::Value;

use crate::registry::{Listed, Registry, Shown};
use crate::schema::read_definition;

/// How a pinned definition and an observed one stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    /// They say the same.
    Same,
    /// They do not, or one of them cannot be read in one way only.
    Differs,
    /// The tool is pinned, and nobody has seen its server list it.
    NotListed,
    /// The server lists the tool, and it is not pinned.
    NotPinned,
}

/// One tool, compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The server.
    pub server: ServerName,
    /// The tool.
    pub tool: Name,
    /// How the two stand to each other.
    pub drift: Drift,
    /// SHA-256 of what the pinned definition says, however it is written.
    pub pinned: Option<Digest>,
    /// SHA-256 of the bytes of the newest definition that was observed.
    pub observed: Option<Digest>,
}

/// Compares all tools of all servers, sorted by server and name.
#[must_use]
pub fn drift(pinned: &Registry, observed: &Registry) -> Vec<Compared> {
    let servers = pinned.servers().chain(observed.servers());
    let servers: BTreeSet<&ServerName> = servers.map(|(server, _)| server).collect();
    let mut all = Vec::new();
    for server in servers {
        let (pins, seen) = (pinned.server(server), observed.server(server));
        let both = pins.into_iter().chain(seen);
        let names: BTreeSet<&Name> = both.flat_map(|tools| tools.keys()).collect();
        for tool in names {
            let pin = pins.and_then(|tools| tools.get(tool));
            let now = seen.and_then(|tools| tools.get(tool));
            all.extend(compared(pin, now).map(|drift| Compared {
                server: server.clone(),
                tool: tool.clone(),
                drift,
                pinned: pin.and_then(Listed::newest).map(Shown::definition),
                observed: now.and_then(Listed::newest).map(Shown::definition),
            }));
        }
    }
    all
}

fn compared(pin: Option<&Listed>, now: Option<&Listed>) -> Option<Drift> {
    Some(match (pin, now) {
        (Some(pin), Some(now)) if same(pin, now) => Drift::Same,
        (Some(_), Some(_)) => Drift::Differs,
        (Some(_), None) => Drift::NotListed,
        (None, Some(_)) => Drift::NotPinned,
        (None, None) => return None,
    })
}

fn same(pin: &Listed, now: &Listed) -> bool {
    let digest = |listed: &Listed| listed.newest().map(Shown::definition);
    if digest(pin) == digest(now) {
        return true;
    }
    // Of a definition that was refused there are no bytes to compare.
    let newest = |listed: &Listed| -> Option<Value> {
        let entry = listed.newest().and_then(Shown::accepted);
        entry.and_then(|entry| read_definition(&entry.json).ok())
    };
    newest(pin)
        .zip(newest(now))
        .is_some_and(|(pin, now)| pin == now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Fit, ToolEntry};

    fn registry(tools: &[(&str, &str)]) -> Registry {
        let mut registry = Registry::default();
        for (name, json) in tools {
            let shown = Shown::Accepted(ToolEntry::read(json));
            let server = ServerName::parse("demo").unwrap();
            registry.restore(server, Name::parse(name).unwrap(), shown);
        }
        registry
    }

    #[test]
    fn what_a_tool_says_is_compared_and_not_how() {
        let pins = registry(&[
            (
                "same",
                r#"{"name":"same","inputSchema":{"type":"object","title":"x"}}"#,
            ),
            ("changed", r#"{"name":"changed","description":"reads"}"#),
            ("gone", r#"{"name":"gone"}"#),
            ("twice", r#"{"name":"twice","a":1,"a":2}"#),
        ]);
        let seen = registry(&[
            (
                "same",
                "{ \"inputSchema\":{\"title\":\"\\u0078\",\n\"type\":\"object\"},\"name\":\"same\"}",
            ),
            ("changed", r#"{"name":"changed","description":"deletes"}"#),
            ("new", r#"{"name":"new"}"#),
            ("twice", r#"{"name":"twice","a":2}"#),
        ]);
        let found = drift(&pins, &seen);
        let found: Vec<_> = found
            .iter()
            .map(|one| (one.tool.as_str(), one.drift))
            .collect();
        let wanted = [
            ("changed", Drift::Differs),
            ("gone", Drift::NotListed),
            ("new", Drift::NotPinned),
            ("same", Drift::Same),
            ("twice", Drift::Differs),
        ];
        assert_eq!(found, wanted);
        let with_itself = drift(&pins, &pins);
        assert!(with_itself.iter().all(|one| one.drift == Drift::Same));
    }

    #[test]
    fn a_definition_that_was_refused_is_another() {
        let pins = registry(&[("a", r#"{"name":"a"}"#)]);
        let mut seen = pins.clone();
        let refused = ToolEntry::read(r#"{"name":"a","x":1}"#);
        let shown = Shown::of(refused.clone(), Fit::Refused);
        let server = ServerName::parse("demo").unwrap();
        seen.restore(server, Name::parse("a").unwrap(), shown);
        let found = drift(&pins, &seen);
        assert_eq!(found.first().unwrap().drift, Drift::Differs);
        assert_eq!(found.first().unwrap().observed, Some(refused.definition));
    }
}
