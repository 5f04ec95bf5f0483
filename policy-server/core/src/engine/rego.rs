//! Rego by regorus, with as few surprises as it can be had.
//!
//! Authors write `package mcp` and add to the sets `permits`, `gates`, `forbids` and `hides`; a
//! module of ours makes one document of them. Anything undefined, ill-shaped, failing or slow denies.
//! Deliberately absent: clock, network, environment and chance; recursion; the virtual machine of
//! regorus, whose limit on instructions is also one on the size of a bundle.
//!
//! An element is an object: `id` (1 to 128 bytes), and optionally `reason` (up to 512 bytes, read by
//! the agent) and `mode` (`"shadow"` records it and no more). A gate also has `groups` (1 to 16), and
//! optionally `ttl` (`"PT15M"`) and `scope` (`exact`, `tool` or `session`). It is shut while it is in
//! the set, so it ends in `not data.portcullis.approved(["group"])`.
//!
//! The input, of which only the members marked `?` may be missing:
//!
//! ```text
//! {"method": "tools/call", "group": "read|write|ask", "action": "server/tool" or the method,
//!  "server": "github", "direction": "to_server|to_client", "protocol_version"?: "2026-07-28",
//!  "now": "2026-11-21T10:53:01.123Z", "now_ns": 1795258381123000000,
//!  "clock": {"weekday": "Saturday", "hour": 10, "minute": 53},
//!  "principal": {"subject": "alice", "issuer": "https://…", "agent"?: "name", "roles": ["dev"]},
//!  "resource": {"type": "tool", "name": "create_issue", "readOnly": false, "destructive": true,
//!               "idempotent": false, "openWorld": true, "listed": true, "tags": []}
//!           or {"type": "prompt", "name": …} or {"type": "task", "id": …} or {"type": "server"}
//!           or {"type": "template", "uri": …}
//!           or {"type": "resource", "uri": …, "scheme": "https", "host"?: "example.com"},
//!  "arguments"?: {…}, "args_digest": "sha256:…",
//!  "approval"?: {"groups": […], "expires": "…Z", "expires_ns": …, "args_digest": "sha256:…"}}
//! ```
//!
//! Permits and forbids never see `approval`: a human's yes opens gates, and nothing else.

mod bounds;
mod cycles;
mod document;
mod input;
mod load;
mod module;
mod rules;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use regorus::Value;
use regorus::utils::limits::ExecutionTimerConfig;
use serde::Deserialize;

use self::document::{Reading, Set};
use super::{Fault, Opinion};
use crate::decision::{Outcome, outcome};
use crate::facts::{Facts, Subject};

pub use self::bounds::MODULE_BYTES_MAX;

/// Longest time that one evaluation may take, in milliseconds. A decision takes a thousandth of it;
/// the rest is for a machine that is busy with other things.
pub const EVALUATION_MS_MAX: u64 = 50;

/// Steps of the engine between two looks at its clock.
const STEPS_PER_LOOK: NonZeroU32 = NonZeroU32::new(64).unwrap();

/// The rules of our module.
const OPINION: &str = "data.portcullis.opinion";
const GATES: &str = "data.portcullis.gates";
const HIDES: &str = "data.portcullis.hides";

/// Checked modules, ready to be evaluated.
#[derive(Debug)]
pub struct Engine {
    prepared: regorus::Engine,
    files: Vec<String>,
    arguments: Arguments,
}

/// Whether any module looks at a message's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arguments {
    Read,
    Unread,
}

/// What the modules say about one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The opinion.
    pub opinion: Opinion,
    /// The sentences that the authors wrote for the agent, by policy id.
    pub reasons: BTreeMap<String, String>,
}

/// Whether a list shows an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Some arguments may be permitted.
    Shown,
    /// No arguments can be permitted, or an author hides it.
    Hidden,
}

impl Engine {
    /// The modules' opinion on one target. `arguments` are those of `facts`, parsed; what is no
    /// object does not fit. Never fails: what goes wrong is a fault in the opinion.
    #[must_use]
    pub fn opinion(
        &self,
        facts: &Facts<'_>,
        subject: &Subject<'_>,
        arguments: Option<&serde_json::Value>,
    ) -> Answer {
        self.answer(facts, subject, arguments)
            .unwrap_or_else(|fault| Answer {
                opinion: Opinion::failed(fault),
                reasons: BTreeMap::new(),
            })
    }

    /// Whether a list shows the target. Hidden is only what no arguments could make callable, or
    /// what an author hides; a gate hides nothing.
    #[must_use]
    pub fn shown(&self, facts: &Facts<'_>, subject: &Subject<'_>) -> Shown {
        match self.hidden(facts, subject) {
            Ok(Shown::Shown) => {}
            Ok(Shown::Hidden) | Err(Fault::UnfitRequest | Fault::UnknownMethod) => {
                return Shown::Hidden;
            }
            Err(_) if self.arguments == Arguments::Unread => return Shown::Hidden,
            Err(_) => return Shown::Shown,
        }
        if self.arguments == Arguments::Read {
            return Shown::Shown;
        }
        match outcome(&self.opinion(facts, subject, None).opinion) {
            Outcome::Allow | Outcome::Approve => Shown::Shown,
            Outcome::Deny => Shown::Hidden,
        }
    }

    fn answer(
        &self,
        facts: &Facts<'_>,
        subject: &Subject<'_>,
        arguments: Option<&serde_json::Value>,
    ) -> Result<Answer, Fault> {
        let mut input = input::document(facts, subject, arguments)?;
        let said = self.evaluate(OPINION, &input)?;
        let mut reading = Reading::default();
        reading.take(Set::Permits, member(&said, Set::Permits));
        reading.take(Set::Forbids, member(&said, Set::Forbids));
        match facts.approval {
            None => reading.take(Set::Gates, member(&said, Set::Gates)),
            Some(approval) => {
                input::approve(&mut input, approval)?;
                let shut = self.evaluate(GATES, &input)?;
                reading.take(Set::Gates, Some(&shut));
            }
        }
        Ok(reading.answer())
    }

    fn hidden(&self, facts: &Facts<'_>, subject: &Subject<'_>) -> Result<Shown, Fault> {
        let input = input::document(facts, subject, None)?;
        let said = self.evaluate(HIDES, &input)?;
        let mut reading = Reading::default();
        reading.take(Set::Hides, Some(&said));
        if reading.has_elements() {
            return Ok(Shown::Hidden);
        }
        let fault = reading.answer().opinion.faults.into_iter().next();
        fault.map_or(Ok(Shown::Shown), Err)
    }

    fn evaluate(&self, rule: &str, input: &serde_json::Value) -> Result<Value, Fault> {
        let input = Value::deserialize(input).map_err(|_| Fault::UnfitRequest)?;
        let mut engine = self.prepared.clone();
        engine.set_input(input);
        engine.eval_rule(rule.to_owned()).map_err(|error| {
            let late = error.chain().any(|cause| cause.is::<regorus::LimitError>());
            let text = error.to_string();
            if late || text.contains("execution exceeded time limit") {
                return Fault::TimeOut;
            }
            let files: Vec<&str> = self.files.iter().map(String::as_str).collect();
            // The error's own words may quote the message.
            Fault::Evaluation(match load::place(&text, &files) {
                Some((file, place)) => format!("{file}:{}:{}", place.line, place.column),
                None => "a module".to_owned(),
            })
        })
    }
}

fn member(document: &Value, set: Set) -> Option<&Value> {
    document.as_object().ok()?.get(&Value::from(set.name()))
}

const fn timer(limit_ms: u64) -> ExecutionTimerConfig {
    ExecutionTimerConfig {
        limit: Duration::from_millis(limit_ms),
        check_interval: STEPS_PER_LOOK,
    }
}

#[cfg(test)]
mod tests;
