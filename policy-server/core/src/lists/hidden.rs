//! Why somebody is not shown a tool, for people who ask.

use portcullis_protocol::names::{Caller, Name, ServerName};
use portcullis_protocol::wire::{Direction, ListKind, Target};

use super::use_of;
use crate::catalogue::Known;
use crate::decision::Judge;
use crate::engine::Fault;
use crate::facts::{Facts, Subject};
use crate::policies::Policies;

/// Why a caller is not shown a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Nobody is: the tool is in quarantine for this.
    Quarantined(String),
    /// These policies forbid it, whatever the arguments.
    Forbidden(Vec<String>),
    /// No policy permits it.
    Unpermitted,
}

/// Why a caller is not shown these tools of a server; those that it is shown are left out.
///
/// # Errors
/// The engine cannot be asked.
pub fn hidden<'n>(
    policies: &Policies,
    server: &ServerName,
    caller: &Caller,
    tools: impl IntoIterator<Item = &'n Name>,
) -> Result<Vec<(&'n Name, Hidden)>, Fault> {
    let facts = Facts {
        server,
        caller,
        direction: Direction::ToServer,
        method: use_of(ListKind::Tools),
        subjects: Vec::new(),
        protocol_version: None,
        arguments: None,
        approval: None,
        now_ms: 0,
    };
    let judge = Judge::new(policies, &facts)?;
    let mut hidden = Vec::new();
    for tool in tools {
        let target = Target::Tool(tool.clone());
        let known = policies.catalogue().known(server, &target);
        let subject = Subject::new(&target, known);
        if judge.shows(&subject) {
            continue;
        }
        let why = match known {
            Known::Quarantined(why) => Hidden::Quarantined(why.to_string()),
            _ => match judge.forbidding(&subject) {
                ids if ids.is_empty() => Hidden::Unpermitted,
                ids => Hidden::Forbidden(ids),
            },
        };
        hidden.push((tool, why));
    }
    Ok(hidden)
}
