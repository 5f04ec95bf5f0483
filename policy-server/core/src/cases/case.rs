//! Cases for policies, as they stand in files: a JSON array of them, in two forms.
//!
//! The form of `cedar run-tests` asks in Cedar's words; ours asks as an MCP message does:
//!
//! ```json
//! [{"request": {"principal": "…", "action": "…", "resource": "…", "context": {}},
//!   "entities": [], "decision": "allow", "reason": ["id"], "num_errors": 0},
//!  {"name": "refunds wait", "request": {"server": "pay", "method": "tools/call", "tool": "refund",
//!   "arguments": {"amount": 2000}, "caller": {"subject": "alice"}}, "outcome": "approve"}]
//! ```
//!
//! Deliberately absent: members that are not known, which would be without effect.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::request::Written;
use crate::decision::Outcome;
use crate::engine::{GrantScope, ShadowNote, Ttl};
use crate::policies::Place;

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name; `case 3` where none is written.
    pub name: String,
    /// The file.
    pub file: String,
    /// The line where it begins, counted from one.
    pub line: usize,
    pub(super) question: Question,
    pub(super) expected: Expected,
}

impl Case {
    /// The MCP message that it asks about; none when it asks in Cedar's words.
    #[must_use]
    pub fn request(&self) -> Option<&Written> {
        match &self.question {
            Question::Cedar(..) => None,
            Question::Mcp(written) => Some(written),
        }
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// In Cedar's words.
    Cedar(Box<CedarRequest>, Value),
    /// As an MCP message.
    Mcp(Box<Written>),
}

/// What is expected. What is not written is not compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    pub(super) decision: Option<Decision>,
    pub(super) reason: Vec<String>,
    pub(super) num_errors: usize,
    pub(super) outcome: Option<Outcome>,
    pub(super) determining: Option<Vec<String>>,
    pub(super) gates: Option<Vec<String>>,
    pub(super) obligations: Option<Vec<Obligation>>,
    pub(super) message_contains: Option<String>,
    pub(super) fault: Option<String>,
    pub(super) shadow: Option<Vec<ShadowNote>>,
    pub(super) visible: Option<bool>,
}

/// Cedar's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Decision {
    Allow,
    Deny,
}

/// A request in Cedar's words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CedarRequest {
    pub(super) principal: String,
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) context: Value,
}

/// What a gate asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Obligation {
    pub(super) policy: String,
    pub(super) groups: Vec<String>,
    #[serde(default)]
    pub(super) ttl: Option<Duration>,
    #[serde(default)]
    pub(super) scope: Option<GrantScope>,
}

/// A duration that is read as those of gates are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Duration(pub(super) Ttl);

impl TryFrom<String> for Duration {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let ttl = Ttl::parse(&text).map(Self);
        ttl.ok_or("`ttl` is a duration like PT15M, at most a week")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CedarForm {
    name: Option<String>,
    request: Box<CedarRequest>,
    entities: Value,
    decision: Decision,
    #[serde(default)]
    reason: Vec<String>,
    #[serde(default)]
    num_errors: usize,
    outcome: Option<Outcome>,
    obligations: Option<Vec<Obligation>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct McpForm {
    name: String,
    request: Box<Written>,
    outcome: Outcome,
    determining: Option<Vec<String>>,
    gates: Option<Vec<String>>,
    obligations: Option<Vec<Obligation>>,
    message_contains: Option<String>,
    fault: Option<String>,
    shadow: Option<Vec<ShadowNote>>,
    visible: Option<bool>,
}

/// Which form a case has: only a request in Cedar's words has a principal.
#[derive(Deserialize)]
struct Peek {
    request: Option<PeekRequest>,
}

#[derive(Deserialize)]
struct PeekRequest {
    principal: Option<IgnoredAny>,
}

/// A file of cases that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: error: {message}")]
pub struct CaseError {
    /// The file.
    pub file: String,
    /// The line, counted from one.
    pub line: usize,
    /// The character in the line, counted from one.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// Reads a file of cases.
///
/// # Errors
/// Says what is wrong with it, and where. A member that is not known is an error.
pub fn read(file: &str, text: &str) -> Result<Vec<Case>, CaseError> {
    let raw: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| broken(file, text, 0, &error))?;
    let mut cases = Vec::new();
    for (number, raw) in raw.into_iter().enumerate() {
        let text_at = text.as_ptr().addr();
        let offset = raw.get().as_ptr().addr().saturating_sub(text_at);
        let (name, question, expected) =
            form(raw.get()).map_err(|error| broken(file, text, offset, &error))?;
        cases.push(Case {
            name: name.unwrap_or_else(|| format!("case {}", number + 1)),
            file: file.to_owned(),
            line: Place::of(text, offset).line,
            question,
            expected,
        });
    }
    Ok(cases)
}

fn form(text: &str) -> Result<(Option<String>, Question, Expected), serde_json::Error> {
    let peek = serde_json::from_str::<Peek>(text).ok();
    let request = peek.and_then(|peek| peek.request);
    if request.is_some_and(|request| request.principal.is_some()) {
        let form: CedarForm = serde_json::from_str(text)?;
        let expected = Expected {
            decision: Some(form.decision),
            reason: form.reason,
            num_errors: form.num_errors,
            outcome: form.outcome,
            obligations: form.obligations,
            ..Expected::default()
        };
        let question = Question::Cedar(form.request, form.entities);
        return Ok((form.name, question, expected));
    }
    let form: McpForm = serde_json::from_str(text)?;
    let expected = Expected {
        outcome: Some(form.outcome),
        determining: form.determining,
        gates: form.gates,
        obligations: form.obligations,
        message_contains: form.message_contains,
        fault: form.fault,
        shadow: form.shadow,
        visible: form.visible,
        ..Expected::default()
    };
    Ok((Some(form.name), Question::Mcp(form.request), expected))
}

/// An error in a part of a text, with its place in the whole.
fn broken(file: &str, text: &str, offset: usize, error: &serde_json::Error) -> CaseError {
    let rest = text.get(offset..).unwrap_or_default();
    let above = error.line().saturating_sub(1);
    let before: usize = rest.split_inclusive('\n').take(above).map(str::len).sum();
    let place = Place::of(text, offset + before + error.column().saturating_sub(1));
    let said = error.to_string();
    let message = match said.rsplit_once(" at line ") {
        Some((message, _)) => message.to_owned(),
        None => said,
    };
    CaseError {
        file: file.to_owned(),
        line: place.line,
        column: place.column,
        message,
    }
}
