//! A filtered page of a list, and what it changed.
//!
//! Deliberately absent: the items. Their page is there as a digest before and after.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{CallId, Name, ServerName};
use portcullis_protocol::wire::{ListKind, ListQuery, Target};
use serde::Serialize;

use super::{CallerEntry, SPELLED_MAX};
use crate::catalogue::Known;
use crate::lists::Page;
use crate::policies::Policies;
use crate::registry::Change;

/// A filtered page.
#[derive(Clone, Debug, Serialize)]
pub struct ListRecord {
    call: CallId,
    server: ServerName,
    caller: CallerEntry,
    method: ListKind,
    digest: Digest,
    /// Absent where nobody waited any more: then only what the page taught is on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    output_digest: Option<Digest>,
    policies: Digest,
    listed: usize,
    shown: usize,
    /// Items without a sound name, or with one that the page has twice.
    unsound: usize,
    /// Tools in quarantine.
    #[serde(skip_serializing_if = "is_none")]
    quarantined: usize,
    /// Tools with arguments that cannot be checked, so that calls are denied where policies read them.
    #[serde(skip_serializing_if = "is_none")]
    unchecked: usize,
    changed_count: usize,
    changed: Vec<ChangeEntry>,
}

/// A tool whose definition is new or another than before.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeEntry {
    tool: Name,
    before: Option<Digest>,
    after: Digest,
    /// There when the tool is in quarantine with the new definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<bool>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

impl ListRecord {
    /// The server whose list it was.
    #[must_use]
    pub const fn server(&self) -> &ServerName {
        &self.server
    }

    /// The record of a page.
    #[must_use]
    pub fn new(query: &ListQuery, policies: &Policies, page: &Page, changes: &[Change]) -> Self {
        let catalogue = policies.catalogue();
        let entry = |change: &Change| {
            let tool = Target::Tool(change.tool.clone());
            let known = catalogue.known_as(&query.server, &tool, change.after.judged);
            ChangeEntry {
                tool: change.tool.clone(),
                before: change.before,
                after: change.after.definition,
                refused: matches!(known, Known::Quarantined(_)).then_some(true),
            }
        };
        Self {
            call: query.call,
            server: query.server.clone(),
            caller: CallerEntry::from(&query.caller),
            method: query.kind,
            digest: query.digest,
            output_digest: Some(Digest::of(page.result.get().as_bytes())),
            policies: policies.digest(),
            listed: page.listed,
            shown: page.shown,
            unsound: page.unsound,
            quarantined: page.quarantined,
            unchecked: page.unchecked,
            changed_count: changes.len(),
            changed: changes.iter().take(SPELLED_MAX).map(entry).collect(),
        }
    }

    /// The same of a page that is answered to nobody.
    #[must_use]
    pub fn unanswered(self) -> Self {
        Self {
            output_digest: None,
            shown: 0,
            ..self
        }
    }
}
