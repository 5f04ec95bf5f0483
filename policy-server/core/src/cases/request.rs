//! One MCP message as somebody writes it down, or as it is taken from a record.
//!
//! ```json
//! {"server": "github", "method": "tools/call", "tool": "create_issue",
//!  "arguments": {"title": "x"},
//!  "caller": {"subject": "alice", "roles": ["developer"]}}
//! ```
//!
//! What it acts on is one of `tool`, `prompt`, `resource`, `template` and `task`, or nothing for
//! the server as a whole, or several as `targets`. Everything that is read is sound; an unknown
//! member is an error. Deliberately absent: what servers say about tools, which is the
//! [`Catalogue`]'s.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::limits::TARGETS_MAX;
use portcullis_protocol::names::{Caller, Name, ServerName, Uri};
use portcullis_protocol::wire::{Direction, Target};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::audit::time::rfc3339_ms;
use crate::catalogue::Catalogue;
use crate::decision::{Judgement, decide};
use crate::facts::{Approval, Facts, Subject};
use crate::policies::Policies;
use crate::schema::instant_ms;

/// The issuer of callers for whom none is written.
pub const DEFAULT_ISSUER: &str = "https://issuer.example";

/// One message to judge.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Written {
    /// The server behind the gateway.
    pub server: ServerName,
    /// The MCP method.
    pub method: Name,
    /// What it acts on; 1 to 256, every one of which must be allowed.
    pub targets: Vec<Target>,
    /// The message's arguments, byte for byte.
    pub arguments: Option<Box<RawValue>>,
    /// Who asks.
    pub caller: Caller,
    /// Which way it travels; to the server where nothing is written.
    pub direction: Direction,
    /// The protocol version that the message names.
    pub protocol_version: Option<Name>,
    /// When it is judged, in milliseconds since 1970; where nothing is written, whoever judges it
    /// says when.
    pub now_ms: Option<i64>,
    /// A human's yes, if there is one.
    pub approval: Option<WrittenApproval>,
}

/// A human's yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenApproval {
    /// The groups that said yes.
    pub groups: Vec<Name>,
    /// Until when it holds, in milliseconds since 1970.
    pub expires_ms: i64,
    /// The digest of the arguments that were shown; those of the message where nothing is written.
    pub arguments_digest: Option<Digest>,
}

/// Who asks: `issuer` is [`DEFAULT_ISSUER`], and there are no roles, unless they are given.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallerForm {
    subject: Name,
    #[serde(default = "default_issuer")]
    issuer: Name,
    #[serde(default)]
    roles: Vec<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<Name>,
}

fn default_issuer() -> Name {
    Name::from_static(DEFAULT_ISSUER)
}

/// What is wrong with a written request, beside its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrittenError {
    /// There are two ways to say what it acts on.
    #[error(
        "a request acts on one `tool`, `prompt`, `resource`, `template` or `task`, or on `targets`"
    )]
    Targets,
    /// There are none, or too many.
    #[error("`targets` names 1 to 256 things")]
    TargetCount,
    /// The caller has too many roles.
    #[error("a caller has at most 256 roles")]
    Roles,
    /// A time cannot be read.
    #[error("`{0}` is a time like 2026-11-25T10:00:00Z")]
    Time(&'static str),
}

/// A request as its members stand in the text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    server: ServerName,
    method: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tool: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prompt: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource: Option<Uri>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    template: Option<Uri>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task: Option<Uri>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<Target>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    arguments: Option<Box<RawValue>>,
    caller: CallerForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    protocol_version: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    now: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approval: Option<ApprovalForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApprovalForm {
    groups: Vec<Name>,
    expires: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    arguments_digest: Option<Digest>,
}

impl TryFrom<Form> for Written {
    type Error = WrittenError;

    fn try_from(form: Form) -> Result<Self, WrittenError> {
        let single = [
            form.tool.map(Target::Tool),
            form.prompt.map(Target::Prompt),
            form.resource.map(Target::Resource),
            form.template.map(Target::Template),
            form.task.map(Target::Task),
        ];
        let mut single = single.into_iter().flatten();
        let targets = match (single.next(), single.next(), form.targets) {
            (None, None, None) => vec![Target::Server],
            (Some(target), None, None) => vec![target],
            (None, None, Some(targets)) => targets,
            _ => return Err(WrittenError::Targets),
        };
        if !(1..=TARGETS_MAX).contains(&targets.len()) {
            return Err(WrittenError::TargetCount);
        }
        let caller: Caller = form.caller.into();
        if !caller.is_bounded() {
            return Err(WrittenError::Roles);
        }
        let time = |text: &str, member| instant_ms(text).ok_or(WrittenError::Time(member));
        let approval = form.approval.map(|approval| {
            Ok(WrittenApproval {
                groups: approval.groups,
                expires_ms: time(&approval.expires, "expires")?,
                arguments_digest: approval.arguments_digest,
            })
        });
        Ok(Self {
            server: form.server,
            method: form.method,
            targets,
            arguments: form.arguments,
            caller,
            direction: form.direction.unwrap_or(Direction::ToServer),
            protocol_version: form.protocol_version,
            now_ms: form.now.map(|now| time(&now, "now")).transpose()?,
            approval: approval.transpose()?,
        })
    }
}

impl From<Written> for Form {
    fn from(written: Written) -> Self {
        let mut form = Self {
            server: written.server,
            method: written.method,
            tool: None,
            prompt: None,
            resource: None,
            template: None,
            task: None,
            targets: None,
            arguments: written.arguments,
            caller: written.caller.into(),
            direction: Some(written.direction).filter(|way| *way != Direction::ToServer),
            protocol_version: written.protocol_version,
            now: written.now_ms.map(rfc3339_ms),
            approval: written.approval.map(|approval| ApprovalForm {
                groups: approval.groups,
                expires: rfc3339_ms(approval.expires_ms),
                arguments_digest: approval.arguments_digest,
            }),
        };
        let mut targets = written.targets;
        match (targets.pop(), targets.is_empty()) {
            (Some(Target::Server), true) => {}
            (Some(Target::Tool(name)), true) => form.tool = Some(name),
            (Some(Target::Prompt(name)), true) => form.prompt = Some(name),
            (Some(Target::Resource(uri)), true) => form.resource = Some(uri),
            (Some(Target::Template(uri)), true) => form.template = Some(uri),
            (Some(Target::Task(id)), true) => form.task = Some(id),
            (last, _) => {
                targets.extend(last);
                form.targets = Some(targets);
            }
        }
        form
    }
}

impl From<CallerForm> for Caller {
    fn from(written: CallerForm) -> Self {
        Self {
            issuer: written.issuer,
            subject: written.subject,
            roles: written.roles,
            agent: written.agent,
        }
    }
}

impl From<Caller> for CallerForm {
    fn from(caller: Caller) -> Self {
        Self {
            subject: caller.subject,
            issuer: caller.issuer,
            roles: caller.roles,
            agent: caller.agent,
        }
    }
}

impl Written {
    /// The facts of the message, with the tools that these policies know. `now_ms` is the time, in
    /// milliseconds since 1970, unless the request says when it is judged.
    #[must_use]
    pub fn facts<'a>(&'a self, catalogue: &'a Catalogue, now_ms: i64) -> Facts<'a> {
        let subject = |target| Subject::new(target, catalogue.known(&self.server, target));
        let facts = Facts {
            server: &self.server,
            caller: &self.caller,
            direction: self.direction,
            method: self.method.as_str(),
            subjects: self.targets.iter().map(subject).collect(),
            protocol_version: self.protocol_version.as_ref(),
            arguments: self.arguments.as_ref().map(|arguments| arguments.get()),
            approval: None,
            now_ms: self.now_ms.unwrap_or(now_ms),
        };
        let approval = self.approval.as_ref().map(|approval| Approval {
            groups: &approval.groups,
            expires_ms: approval.expires_ms,
            args_digest: approval
                .arguments_digest
                .unwrap_or_else(|| facts.args_digest()),
        });
        Facts { approval, ..facts }
    }

    /// Judges it as the server would. `now_ms` as for [`Self::facts`].
    pub fn judge(&self, policies: &Policies, now_ms: i64) -> Judgement {
        decide(policies, &self.facts(policies.catalogue(), now_ms))
    }
}

#[cfg(test)]
mod tests;
