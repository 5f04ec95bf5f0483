//! The chain: each record carries the hash of the one before, over bytes as stored.

use std::collections::BTreeMap;
use std::fmt;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::CallId;
use portcullis_protocol::redact::Rules;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::line::{Extent, Line, Read, read};
use super::record::{RECORD_VERSION, Record};
use super::time::rfc3339_us;

/// The end of a chain: the last record's number and leaf hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The number; 0 before the first record.
    pub seq: u64,
    /// The leaf hash; 32 zero bytes before the first record.
    pub leaf: Digest,
}

impl Link {
    /// Where every chain begins.
    pub const ORIGIN: Self = Self {
        seq: 0,
        leaf: Digest::from_bytes([0; 32]),
    };
}

/// A record on its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The bytes to store.
    pub bytes: Vec<u8>,
    /// Its link.
    pub link: Link,
    /// How much of the record is in the bytes.
    pub extent: Extent,
}

/// The RFC 6962 leaf hash of stored bytes.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Digest {
    let hash = Sha256::new()
        .chain_update([0])
        .chain_update(bytes)
        .finalize();
    Digest::from_bytes(hash.into())
}

/// Puts a record behind the end of a chain, without the secrets that its texts may quote. What does
/// not fit, or cannot be read once it is clean, is left out and named.
///
/// # Errors
/// The record has no JSON form.
pub fn seal(
    after: Link,
    time_us: i64,
    record: &Record,
    rules: &Rules,
) -> Result<Sealed, serde_json::Error> {
    let seq = after.seq + 1;
    let line = Line {
        v: RECORD_VERSION,
        seq,
        prev: after.leaf,
        time: rfc3339_us(time_us),
        record,
    };
    let (bytes, extent) = line.write(rules)?;
    let link = Link {
        seq,
        leaf: leaf(&bytes),
    };
    Ok(Sealed {
        bytes,
        link,
        extent,
    })
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Break {
    /// The position in the log, counted from one, of the record where it shows.
    pub position: u64,
    /// The number that belongs there.
    pub expected: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// How a chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The bytes are no record of this format.
    Unreadable,
    /// The bytes do not have the leaf hash stored with them.
    Edited,
    /// Records before this one are missing.
    Gap,
    /// This record's number was there before.
    Repeated,
    /// The record before is not the one that this one was chained to.
    Unchained,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.fault {
            Fault::Unreadable => "is no record of this format",
            Fault::Edited => "does not have the hash stored with it: it was edited",
            Fault::Gap => "comes too early: records are missing before it",
            Fault::Repeated => "has a number that was there before",
            Fault::Unchained => "does not follow the record before it: one of the two was changed",
        };
        write!(
            f,
            "record {} (position {}) {text}",
            self.expected, self.position
        )
    }
}

/// Follows a chain record by record.
#[derive(Clone, Debug)]
pub struct Verifier {
    end: Link,
    count: u64,
    open: BTreeMap<CallId, u64>,
}

/// What a verifier has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// How many records.
    pub records: u64,
    /// The end of the chain.
    pub head: Link,
    /// Allowed decisions without an outcome, by number; normal for calls under way.
    pub open: Vec<u64>,
}

impl Verifier {
    /// A verifier of the records that follow `after`.
    #[must_use]
    pub const fn after(after: Link) -> Self {
        Self {
            end: after,
            count: 0,
            open: BTreeMap::new(),
        }
    }

    /// Takes the next record; `stored` is the leaf hash kept beside it, if any.
    /// After a break the chain goes on from this record, so that later breaks show too.
    ///
    /// # Errors
    /// The chain is broken here.
    pub fn next(&mut self, bytes: &[u8], stored: Option<Digest>) -> Result<(), Break> {
        self.count += 1;
        let expected = self.end.seq + 1;
        let broken = |fault| Break {
            position: self.count,
            expected,
            fault,
        };
        let leaf = leaf(bytes);
        let Some(read) = read(bytes) else {
            self.end = Link {
                seq: expected,
                leaf,
            };
            return Err(broken(Fault::Unreadable));
        };
        let before = std::mem::replace(
            &mut self.end,
            Link {
                seq: read.seq,
                leaf,
            },
        );
        let fault = if stored.is_some_and(|stored| stored != leaf) {
            Some(Fault::Edited)
        } else if read.seq > expected {
            Some(Fault::Gap)
        } else if read.seq < expected {
            Some(Fault::Repeated)
        } else if read.prev != before.leaf {
            Some(Fault::Unchained)
        } else {
            None
        };
        let result = fault.map_or(Ok(()), |fault| Err(broken(fault)));
        self.follow(&read);
        result
    }

    fn follow(&mut self, read: &Read) {
        let Some(call) = read.call else { return };
        match read.kind.as_str() {
            "decision" if read.verdict.as_deref() == Some("allow") => {
                self.open.insert(call, read.seq);
            }
            "outcome" | "unknown-outcome" | "refusal" => {
                self.open.remove(&call);
            }
            _ => {}
        }
    }

    /// The end of the chain so far.
    #[must_use]
    pub const fn end(&self) -> Link {
        self.end
    }

    /// What was seen so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut open: Vec<u64> = self.open.values().copied().collect();
        open.sort_unstable();
        Summary {
            records: self.count,
            head: self.end,
            open,
        }
    }
}

#[cfg(test)]
mod tests;
