//! A decision as the log holds it, read back into the question that it answered.
//!
//! What the record does not say is not guessed: the question is then missing, with the reason.
//! Deliberately absent: the chain, which `audit verify` checks.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Caller, Name, ServerName, Uri};
use portcullis_protocol::wire::{Direction, Target};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Why;
use crate::audit::time;
use crate::cases::Written;
use crate::decision::Outcome;

/// What every record says.
#[derive(Debug, Deserialize)]
pub struct Head {
    seq: u64,
    time: String,
    kind: String,
}

impl Head {
    /// Reads the members that all records have.
    ///
    /// # Errors
    /// The bytes are no record.
    pub fn read(record: &[u8]) -> Result<Self, Unreadable> {
        serde_json::from_slice(record).map_err(|_| Unreadable)
    }

    /// Its number.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Whether it is the record of a decision.
    #[must_use]
    pub fn is_decision(&self) -> bool {
        self.kind == "decision"
    }

    /// Its time in milliseconds since 1970, which was `now` for policies.
    #[must_use]
    pub fn time_ms(&self) -> Option<i64> {
        time::read_ms(&self.time)
    }
}

/// The bytes are no record of a decision that this version reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record cannot be read")]
pub struct Unreadable;

/// A decision of the past.
#[derive(Debug)]
pub struct Decided {
    /// The number of its record.
    pub seq: u64,
    /// What policy said then.
    pub outcome: Outcome,
    /// The ids of the policies that determined it, at most 16.
    pub determining: Vec<String>,
    /// The method.
    pub method: Name,
    /// The tool, prompt or scheme that it was about, for people.
    pub about: String,
    pub(super) errors: Vec<String>,
    pub(super) tool: Option<ToolThen>,
    pub(super) arguments: Arguments,
    /// The question; its arguments are there when they are known.
    pub(super) question: Result<Written, Why>,
}

/// What a record says about arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arguments {
    /// They are known byte for byte, or there were none.
    Known,
    /// Only their digest and types are.
    Digest(Digest),
    /// Nothing is: the record was written by an earlier version.
    Unrecorded,
}

/// The tool as it was known.
#[derive(Debug, Deserialize)]
pub(super) struct ToolThen {
    pub(super) listed: bool,
    pub(super) definition: Option<Digest>,
}

#[derive(Deserialize)]
struct Line {
    seq: u64,
    time: String,
    server: ServerName,
    caller: CallerThen,
    direction: Direction,
    method: Name,
    targets: TargetsThen,
    protocol_version: Option<Name>,
    verdict: Outcome,
    outcome: Option<Outcome>,
    #[serde(default)]
    determining: Vec<String>,
    #[serde(default)]
    errors: Vec<String>,
    tool: Option<ToolThen>,
    args_digest: Option<Digest>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct CallerThen {
    issuer: Name,
    subject: Name,
    agent: Option<Name>,
    roles: Option<Vec<Name>>,
}

#[derive(Deserialize)]
struct TargetsThen {
    count: usize,
    first: Vec<TargetThen>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum TargetThen {
    Server,
    Tool { name: Name },
    Prompt { name: Name },
    Resource(UriThen),
    Template(UriThen),
    Task {},
}

#[derive(Deserialize)]
struct UriThen {
    scheme: Option<String>,
    host: Option<String>,
    path: Option<String>,
    digest: Digest,
}

impl Decided {
    /// Reads the record of a decision.
    ///
    /// # Errors
    /// It is none, or not of a form that is known.
    pub fn read(record: &[u8]) -> Result<Self, Unreadable> {
        let line: Line = serde_json::from_slice(record).map_err(|_| Unreadable)?;
        let now_ms = time::read_ms(&line.time).ok_or(Unreadable)?;
        let about = line.targets.first.first().map(TargetThen::about);
        let (arguments, known) = arguments(line.args_digest, line.arguments)?;
        let targets = line.targets.read();
        let caller = line.caller.read();
        let method = line.method.clone();
        let question = caller.and_then(|caller| {
            Ok(Written {
                server: line.server.clone(),
                method: line.method,
                targets: targets?,
                arguments: known,
                caller,
                direction: line.direction,
                protocol_version: line.protocol_version,
                now_ms: Some(now_ms),
                approval: None,
            })
        });
        Ok(Self {
            seq: line.seq,
            outcome: line.outcome.unwrap_or(line.verdict),
            determining: line.determining,
            method,
            about: about.filter(|about| !about.is_empty()).map_or_else(
                || line.server.to_string(),
                |about| format!("{}/{about}", line.server),
            ),
            errors: line.errors,
            tool: line.tool,
            arguments,
            question,
        })
    }

    /// The question, when all of it is known but perhaps the arguments.
    #[must_use]
    pub fn question(&self) -> Option<&Written> {
        self.question.as_ref().ok()
    }

    /// Whether the arguments are known byte for byte.
    #[must_use]
    pub fn knows_arguments(&self) -> bool {
        self.arguments == Arguments::Known
    }

    /// Whether one of the recorded faults begins so.
    pub(super) fn failed_with(&self, beginning: &str) -> bool {
        self.errors.iter().any(|error| error.starts_with(beginning))
    }
}

/// What is known of the arguments, and the arguments if they are.
fn arguments(
    digest: Option<Digest>,
    kept: Option<String>,
) -> Result<(Arguments, Option<Box<RawValue>>), Unreadable> {
    match (digest, kept) {
        (None, _) => Ok((Arguments::Unrecorded, None)),
        (Some(digest), None) if digest == Digest::of(b"") => Ok((Arguments::Known, None)),
        (Some(digest), None) => Ok((Arguments::Digest(digest), None)),
        (Some(digest), Some(kept)) => {
            // What was edited is not what was judged.
            if Digest::of(kept.as_bytes()) != digest {
                return Err(Unreadable);
            }
            let raw = RawValue::from_string(kept).map_err(|_| Unreadable)?;
            Ok((Arguments::Known, Some(raw)))
        }
    }
}

impl CallerThen {
    fn read(self) -> Result<Caller, Why> {
        Ok(Caller {
            issuer: self.issuer,
            subject: self.subject,
            roles: self.roles.ok_or(Why::Roles)?,
            agent: self.agent,
        })
    }
}

impl TargetsThen {
    fn read(self) -> Result<Vec<Target>, Why> {
        if self.count != self.first.len() || self.first.is_empty() {
            return Err(Why::Targets);
        }
        self.first.into_iter().map(TargetThen::read).collect()
    }
}

impl TargetThen {
    fn read(self) -> Result<Target, Why> {
        Ok(match self {
            Self::Server => Target::Server,
            Self::Tool { name } => Target::Tool(name),
            Self::Prompt { name } => Target::Prompt(name),
            Self::Resource(uri) => Target::Resource(uri.read()?),
            Self::Template(uri) => Target::Template(uri.read()?),
            Self::Task {} => return Err(Why::Task),
        })
    }

    fn about(&self) -> String {
        match self {
            Self::Server => String::new(),
            Self::Tool { name } | Self::Prompt { name } => name.to_string(),
            Self::Resource(uri) | Self::Template(uri) => {
                format!("{}:", uri.scheme.as_deref().unwrap_or_default())
            }
            Self::Task {} => "task".to_owned(),
        }
    }
}

impl UriThen {
    /// The URI put together again, if that is the one that was judged.
    fn read(self) -> Result<Uri, Why> {
        let scheme = self.scheme.ok_or(Why::Uri)?;
        let path = self.path.ok_or(Why::Uri)?;
        let whole = format!("{scheme}://{}{path}", self.host.unwrap_or_default());
        let uri = Uri::parse(&whole).map_err(|_| Why::Uri)?;
        let same = Digest::of(uri.as_str().as_bytes()) == self.digest;
        same.then_some(uri).ok_or(Why::Uri)
    }
}
