//! A record as the one line that is stored: cleaned of secrets, bounded, and readable whatever it holds.
//!
//! Cleaning may make a line longer, and masks one with too many findings altogether. Neither may keep a
//! record out of the log: the line is then written without its free texts, and says what it leaves out.

use std::borrow::Cow;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::CallId;
use portcullis_protocol::redact::Rules;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::record::{RECORD_BYTES_MAX, RECORD_VERSION, Record};

/// Members that say what happened. Each is of a type that nobody outside can write a text into.
const STRUCTURE: [&str; 24] = [
    "call",
    "decision",
    "digest",
    "direction",
    "dropped",
    "duration_us",
    "end",
    "is_error",
    "kind",
    "loss",
    "lost",
    "message_bytes",
    "message_digest",
    "output_bytes",
    "output_digest",
    "policies",
    "server",
    "server_status",
    "session",
    "standing",
    "status",
    "step",
    "turned_away",
    "verdict",
];

/// How much of a record is in its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it, cleaned.
    Whole,
    /// All but where in a message things were found.
    Placeless,
    /// What happened to which call, and the names of what is left out.
    Stub,
}

#[derive(Serialize)]
pub(super) struct Line<'a> {
    pub(super) v: u8,
    pub(super) seq: u64,
    pub(super) prev: Digest,
    pub(super) time: String,
    #[serde(flatten)]
    pub(super) record: &'a Record,
}

/// What the verifier reads of a line; other members are evidence, not structure.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Read {
    v: u8,
    pub(super) seq: u64,
    pub(super) prev: Digest,
    pub(super) kind: String,
    #[serde(default)]
    pub(super) call: Option<CallId>,
    #[serde(default)]
    pub(super) verdict: Option<String>,
}

/// Reads a stored line; nothing when it is none of this format.
pub(super) fn read(bytes: &[u8]) -> Option<Read> {
    let short = bytes.len() <= RECORD_BYTES_MAX && !bytes.contains(&b'\n');
    let read: Read = serde_json::from_slice(bytes).ok().filter(|_| short)?;
    (read.v == RECORD_VERSION).then_some(read)
}

impl Line<'_> {
    /// The line to store. There always is one.
    pub(super) fn write(self, rules: &Rules) -> Result<(Vec<u8>, Extent), serde_json::Error> {
        if let Some(whole) = cleaned(serde_json::to_string(&self)?, rules) {
            return Ok((whole, Extent::Whole));
        }
        if let Some(placeless) = self.record.placeless() {
            let record = &placeless;
            let line = Line { record, ..self };
            let text = serde_json::to_string(&line)?;
            if let Some(placeless) = cleaned(text, rules) {
                return Ok((placeless, Extent::Placeless));
            }
            return stub(&line).map(|stub| (stub, Extent::Stub));
        }
        stub(&self).map(|stub| (stub, Extent::Stub))
    }
}

/// The line without secrets, if it still fits and says the same of its call.
fn cleaned(text: String, rules: &Rules) -> Option<Vec<u8>> {
    let line = match rules.clean(&text) {
        Cow::Borrowed(_) => text.into_bytes(),
        Cow::Owned(cleaned) => {
            let same = read(text.as_bytes()) == read(cleaned.as_bytes());
            same.then(|| cleaned.into_bytes())?
        }
    };
    (line.len() <= RECORD_BYTES_MAX).then_some(line)
}

/// What is left when nothing that somebody may have written stays.
fn stub(line: &Line<'_>) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(Serialize)]
    struct Stub {
        v: u8,
        seq: u64,
        prev: Digest,
        time: String,
        #[serde(flatten)]
        kept: Map<String, Value>,
        /// The members that are left out.
        omitted: Vec<String>,
    }
    let members: Map<String, Value> = serde_json::from_value(serde_json::to_value(line.record)?)?;
    let (kept, omitted): (Map<_, _>, Map<_, _>) = members
        .into_iter()
        .partition(|(name, value)| STRUCTURE.contains(&name.as_str()) || value.is_number());
    serde_json::to_vec(&Stub {
        v: line.v,
        seq: line.seq,
        prev: line.prev,
        time: line.time.clone(),
        kept,
        omitted: omitted.into_iter().map(|(name, _)| name).collect(),
    })
}

#[cfg(test)]
mod tests;
