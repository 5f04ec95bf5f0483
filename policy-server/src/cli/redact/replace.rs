//! What is written in place of a line: itself, its redaction, or an error that says why not.

use std::borrow::Cow;

use portcullis_protocol::json::{Json, check, recover_member};
use portcullis_protocol::jsonrpc::Id;
use portcullis_protocol::limits::RESPONSE_BYTES_MAX;
use portcullis_protocol::redact::{Outcome, Plan, Text, redact};
use serde_json::value::RawValue;

use super::Direction;

/// JSON-RPC's code for what is no JSON.
const PARSE: i32 = -32700;
/// JSON-RPC's code for a message that is not accepted.
const REQUEST: i32 = -32600;
/// JSON-RPC's code for what went wrong on the way.
const INTERNAL: i32 = -32603;

/// What becomes of one line.
pub(super) enum Replaced<'a> {
    /// It is passed on, as it was or redacted.
    Passed(Cow<'a, [u8]>, Outcome),
    /// It is not, because of what was found in it; the error that stands in its place.
    Blocked(String, Outcome),
    /// It is not, because it cannot be looked at; the error, and why.
    Refused(String, String),
}

/// Looks at one line. One without anything in it stays.
pub(super) fn replace<'a>(line: &'a [u8], plan: &Plan<'_>, way: Direction) -> Replaced<'a> {
    if line.trim_ascii().is_empty() {
        return Replaced::Passed(Cow::Borrowed(line), nothing());
    }
    let message = match check(line) {
        Ok(message) => message,
        Err(fault) => {
            let id = recover_member(line, "id").and_then(|id| check(id.as_bytes()).ok());
            let (id, why) = (harmless(id, plan), fault.to_string());
            return Replaced::Refused(error(id.as_ref(), PARSE, way, &why), why);
        }
    };
    let outcome = redact(message, plan);
    match &outcome.text {
        Text::Same => Replaced::Passed(Cow::Borrowed(line), outcome),
        Text::Changed { text, .. } => {
            Replaced::Passed(Cow::Owned(spliced(line, message, text)), outcome)
        }
        Text::Blocked => {
            let id = harmless(message.member("id"), plan);
            let why = "it holds a secret of a class that is blocked, or too many of them";
            Replaced::Blocked(error(id.as_ref(), INTERNAL, way, why), outcome)
        }
    }
}

/// An id, when it is one and holds no secret itself.
fn harmless(id: Option<Json<'_>>, plan: &Plan<'_>) -> Option<Id> {
    let id = id.and_then(Id::read)?;
    (plan.rules.clean(id.text()) == id.text()).then_some(id)
}

/// What stands in place of a line that is longer than the bound.
pub(super) fn too_long(bytes: u64, way: Direction) -> Replaced<'static> {
    let why = too_long_because(bytes);
    Replaced::Refused(error(None, REQUEST, way, &why), why)
}

pub(super) fn too_long_because(bytes: u64) -> String {
    format!("the line has {bytes} bytes; {RESPONSE_BYTES_MAX} are read")
}

const fn nothing() -> Outcome {
    Outcome {
        text: Text::Same,
        facts: Vec::new(),
        more: 0,
        unscanned: Vec::new(),
    }
}

/// A line with another message in it, and its own white space around that.
fn spliced(line: &[u8], message: Json<'_>, text: &str) -> Vec<u8> {
    let before = line.len() - line.trim_ascii_start().len();
    let behind = before + message.text().len();
    let (before, behind) = (line.get(..before), line.get(behind..));
    let parts = [before, Some(text.as_bytes()), behind];
    parts.into_iter().flatten().collect::<Vec<_>>().concat()
}

#[derive(serde::Serialize)]
struct Failure<'a> {
    jsonrpc: &'static str,
    id: Option<Box<RawValue>>,
    error: ErrorObject<'a>,
}

#[derive(serde::Serialize)]
struct ErrorObject<'a> {
    code: i32,
    message: &'a str,
}

/// A JSON-RPC error in one line. It holds nothing of the message but its id.
fn error(id: Option<&Id>, code: i32, way: Direction, why: &str) -> String {
    let what = match way {
        Direction::Request => "request",
        Direction::Response => "response",
    };
    let message = format!("portcullis redact: this {what} is not passed on: {why}");
    let failure = Failure {
        jsonrpc: "2.0",
        id: id.and_then(|id| RawValue::from_string(id.text().to_owned()).ok()),
        error: ErrorObject {
            code,
            message: &message,
        },
    };
    serde_json::to_string(&failure).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_around_a_message_stays() {
        let line = b" \t{\"a\": 1} \r";
        let message = check(line).unwrap();
        assert_eq!(spliced(line, message, "{}"), b" \t{} \r");
        assert_eq!(spliced(line, message, message.text()), line);
    }
}
