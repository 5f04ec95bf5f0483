//! What is written down, kind by kind. Every list and text in here is bounded by construction.
//!
//! Deliberately absent: message bodies, results, the query strings and userinfo of resource URIs,
//! session and task ids: they appear as digests only. So do arguments, beside their types, unless
//! the operator wants them kept.

mod lists;
mod redactions;
mod targets;

use portcullis_protocol::digest::{Digest, Fields};
use portcullis_protocol::names::{CallId, Caller, Name, ServerName};
use portcullis_protocol::wire::{
    Direction, Outcome, Query, Refusal, SessionQuery, Standing, Step, Verdict,
};
use serde::Serialize;

use super::basis::Basis;
use crate::decision::{self as policy, Judgement};
use crate::engine::ShadowNote;
use crate::policies::bundle::Stamp;

pub use self::lists::{ChangeEntry, ListRecord};
pub use self::redactions::RedactionsRecord;
pub use self::targets::{TargetEntry, Targets};

/// The version of the record format.
pub const RECORD_VERSION: u8 = 1;

/// Longest record in bytes: the entry bundles of tlog-tiles hold no longer one.
pub const RECORD_BYTES_MAX: usize = 65_535;

/// Most targets, changes and faults that a record spells out; counts and digests cover all.
const SPELLED_MAX: usize = 8;
/// Most determining policies that a record spells out.
const POLICIES_MAX: usize = 16;
/// Longest sum of role names that a record spells out, in bytes.
const ROLES_BYTES_MAX: usize = 4096;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Record {
    /// A message was judged. On disk before the answer leaves.
    Decision(Box<Decision>),
    /// An allowed call ended.
    Outcome(OutcomeRecord),
    /// An allowed call whose end will never be known.
    UnknownOutcome(UnknownOutcome),
    /// The filter refused a message.
    Refusal(Box<RefusalRecord>),
    /// Secrets were found in an exchange, or a part of it was not looked at.
    Redactions(Box<RedactionsRecord>),
    /// Evidence that a filter could not keep, counted.
    Gap(GapRecord),
    /// A page of a list was filtered.
    List(Box<ListRecord>),
    /// A session was opened or closed, or somebody tried to.
    Session(Box<SessionRecord>),
    /// The server started.
    Start(Start),
    /// Another policy set is in force.
    Policies(PoliciesRecord),
}

impl Record {
    /// The same record without the places in messages, which agents and servers choose; `None` when
    /// there are none in it.
    pub(super) fn placeless(&self) -> Option<Self> {
        match self {
            Self::Redactions(found) => Some(Self::Redactions(Box::new(found.placeless()))),
            _ => None,
        }
    }

    /// What kind of record it is, as its line says it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Decision(_) => "decision",
            Self::Outcome(_) => "outcome",
            Self::UnknownOutcome(_) => "unknown-outcome",
            Self::Refusal(_) => "refusal",
            Self::Redactions(_) => "redactions",
            Self::Gap(_) => "gap",
            Self::List(_) => "list",
            Self::Session(_) => "session",
            Self::Start(_) => "start",
            Self::Policies(_) => "policies",
        }
    }
}

/// A judged message.
#[derive(Clone, Debug, Serialize)]
pub struct Decision {
    call: CallId,
    server: ServerName,
    caller: CallerEntry,
    direction: Direction,
    method: Name,
    targets: Targets,
    digest: Digest,
    message_digest: Digest,
    message_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol_version: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Digest>,
    verdict: VerdictWord,
    /// What policy says, where the verdict is another: an approval that nobody can give is denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<policy::Outcome>,
    #[serde(flatten)]
    basis: Basis,
    determining: Vec<String>,
    determining_count: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
    /// What the first few policies in shadow would have done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shadow: Vec<ShadowNote>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<CandidateEntry>,
}

/// A verdict in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictWord {
    /// Allow.
    Allow,
    /// Approve.
    Approve,
    /// Deny.
    Deny,
}

impl From<&Verdict> for VerdictWord {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Allow(_) => Self::Allow,
            Verdict::Approve(_) => Self::Approve,
            Verdict::Deny(_) => Self::Deny,
        }
    }
}

/// Who asked. Many roles are written as their count and digest.
#[derive(Clone, Debug, Serialize)]
pub struct CallerEntry {
    issuer: Name,
    subject: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<Name>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles_digest: Option<Digest>,
}

impl From<&Caller> for CallerEntry {
    fn from(caller: &Caller) -> Self {
        let bytes: usize = caller
            .roles
            .iter()
            .map(|role| role.as_str().len() + 4)
            .sum();
        let fits = bytes <= ROLES_BYTES_MAX;
        let digest = || {
            let roles = caller.roles.iter().map(|role| role.as_str().as_bytes());
            Fields::of("portcullis/roles/v1").list(roles).finish()
        };
        Self {
            issuer: caller.issuer.clone(),
            subject: caller.subject.clone(),
            agent: caller.agent.clone(),
            roles: fits.then(|| caller.roles.clone()),
            roles_digest: (!fits).then(digest),
        }
    }
}

/// What a draft beside the policies in force would have said.
#[derive(Clone, Debug, Serialize)]
pub struct CandidateEntry {
    policies: Digest,
    /// A word of an outcome, or `unknown`.
    outcome: &'static str,
    determining: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
}

impl CandidateEntry {
    /// The entry of a draft's judgement beside the enforced one. Policies and errors are cut as in a
    /// decision.
    #[must_use]
    pub fn new(policies: Digest, judgement: &Judgement, enforced: &Judgement) -> Self {
        Self {
            policies,
            outcome: judgement.beside(enforced),
            determining: few(&judgement.determining, POLICIES_MAX),
            errors: errors(judgement),
        }
    }
}

fn few(ids: &[String], most: usize) -> Vec<String> {
    ids.iter().take(most).cloned().collect()
}

fn errors(judgement: &Judgement) -> Vec<String> {
    let faults = judgement.faults.iter().take(SPELLED_MAX);
    faults.map(ToString::to_string).collect()
}

impl Decision {
    /// Adds what a draft would have said.
    #[must_use]
    pub fn beside(mut self, candidate: Option<CandidateEntry>) -> Self {
        self.candidate = candidate;
        self
    }

    /// The record of a judgement on a query.
    #[must_use]
    pub fn new(query: &Query, basis: Basis, judgement: &Judgement) -> Self {
        Self {
            call: query.call,
            server: query.server.clone(),
            caller: CallerEntry::from(&query.caller),
            direction: query.direction,
            method: query.method.clone(),
            targets: Targets::of(&query.targets),
            digest: query.digest,
            message_digest: query.message_digest,
            message_bytes: query.message_bytes,
            protocol_version: query.protocol_version.clone(),
            session: query.session,
            verdict: VerdictWord::from(&judgement.verdict),
            outcome: differing(judgement),
            basis,
            determining: few(&judgement.determining, POLICIES_MAX),
            determining_count: judgement.determining.len(),
            errors: errors(judgement),
            shadow: judgement.shadow.iter().take(SPELLED_MAX).cloned().collect(),
            candidate: None,
        }
    }
}

/// What policy says, unless the verdict says it already.
fn differing(judgement: &Judgement) -> Option<policy::Outcome> {
    let held = matches!(judgement.verdict, Verdict::Approve(_));
    (judgement.outcome == policy::Outcome::Approve && !held).then_some(judgement.outcome)
}

/// How an allowed call ended.
#[derive(Clone, Debug, Serialize)]
pub struct OutcomeRecord {
    /// The `seq` of the decision, when there is one.
    pub decision: Option<u64>,
    #[serde(flatten)]
    outcome: Outcome,
}

impl From<Outcome> for OutcomeRecord {
    fn from(outcome: Outcome) -> Self {
        Self {
            decision: None,
            outcome,
        }
    }
}

/// An allowed call whose outcome never came.
#[derive(Clone, Debug, Serialize)]
pub struct UnknownOutcome {
    /// The call.
    pub call: CallId,
    /// The `seq` of its decision.
    pub decision: u64,
}

/// What is missing in the log, and that it is.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct GapRecord {
    /// Reports that a filter had to drop, or that could not be read.
    pub lost: u64,
    /// Messages that a filter refused without a report, because too many reports of their caller waited.
    pub turned_away: u64,
}

/// A message that the filter refused.
#[derive(Clone, Debug, Serialize)]
pub struct RefusalRecord {
    /// The `seq` of the decision on the same call, when there is one.
    pub decision: Option<u64>,
    call: CallId,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<ServerName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<CallerEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<Name>,
    reason: Name,
    status: u16,
}

impl From<Refusal> for RefusalRecord {
    fn from(refusal: Refusal) -> Self {
        Self {
            decision: None,
            call: refusal.call,
            server: refusal.server,
            caller: refusal.caller.as_ref().map(CallerEntry::from),
            method: refusal.method,
            reason: refusal.reason,
            status: refusal.status,
        }
    }
}

/// A session opened or closed.
#[derive(Clone, Debug, Serialize)]
pub struct SessionRecord {
    call: CallId,
    server: ServerName,
    caller: CallerEntry,
    session: Digest,
    step: Step,
    standing: Standing,
}

impl SessionRecord {
    /// The record of a step.
    #[must_use]
    pub fn new(query: &SessionQuery, standing: Standing) -> Self {
        Self {
            call: query.call,
            server: query.server.clone(),
            caller: CallerEntry::from(&query.caller),
            session: query.session,
            step: query.step,
            standing,
        }
    }
}

/// The server started.
#[derive(Clone, Debug, Serialize)]
pub struct Start {
    /// The server's version.
    pub version: &'static str,
    /// How durable each record is before its answer leaves: `disk` or `os`.
    pub sync: &'static str,
    /// The policy set in force, when one loaded.
    pub policies: Option<Digest>,
}

/// Another policy set is in force.
#[derive(Clone, Debug, Serialize)]
pub struct PoliciesRecord {
    /// The set.
    pub policies: Digest,
    /// From how many files.
    pub files: usize,
    /// The signed bundle that it is from, if it is from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Stamp>,
}
