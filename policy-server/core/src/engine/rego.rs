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
//! What is in `data.json` is `data` to all modules. Lists of who may do what belong there: a decision
//! does not grow with them, while a table in a module is built anew for each.
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
//!           or {"type": "resource", "uri": …, "scheme"?: "https", "host"?: "example.com"},
//!  "arguments"?: {…}, "args_digest": "sha256:…",
//!  "approval"?: {"groups": […], "expires": "…Z", "expires_ns": …, "args_digest": "sha256:…"}}
//! ```
//!
//! What is in `hides` is not listed, and no call of it is made; `hides` never sees the arguments.
//!
//! Permits and forbids never see `approval`: a human's yes opens gates, and nothing else.

mod bounds;
mod cycles;
mod disclose;
mod document;
mod input;
mod load;
mod module;
mod reads;
mod rules;
mod unclear;
mod words;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use regorus::Value;
use regorus::utils::limits::ExecutionTimerConfig;
use serde::Deserialize;

use self::disclose::Disclosing;
use self::document::{Reading, Set};
use self::unclear::Reads;
pub(crate) use self::unclear::arguments;
use super::{Fault, Opinion};
use crate::decision::{Outcome, outcome};
use crate::facts::{Facts, Subject};
use crate::schema;

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
const REVEAL: &str = "data.portcullis.reveal";
const RESTORE: &str = "data.portcullis.restore";

/// How regorus words a time-out that it has wrapped into another error.
const LATE: &str = "execution exceeded time limit";

/// What an error without a place is said to be in.
const SOMEWHERE: &str = "a module";

/// Checked modules, ready to be evaluated.
#[derive(Debug)]
pub struct Engine {
    prepared: regorus::Engine,
    files: Vec<String>,
    arguments: Arguments,
    hiding: Hiding,
    disclosing: Disclosing,
    reads: Reads,
    of_arguments: schema::Reads,
    /// The names that modules may look for.
    names: schema::Mentioned,
}

/// Whether any module hides something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hiding {
    Something,
    Nothing,
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

    /// What modules read of arguments, of whatever message.
    #[must_use]
    pub const fn reads(&self) -> &schema::Reads {
        &self.of_arguments
    }

    /// The names of members that modules may look for.
    #[must_use]
    pub const fn names(&self) -> &schema::Mentioned {
        &self.names
    }

    /// Whether a list shows the target. Hidden is only what no arguments could make callable, or
    /// what an author hides; a gate hides nothing, and an error only where it would deny the call.
    #[must_use]
    pub fn shown(&self, facts: &Facts<'_>, subject: &Subject<'_>) -> Shown {
        let unclear = self.reads.check(facts, subject).is_err();
        let unfit = unclear || input::document(facts, subject, None).is_err();
        let hidden = unfit || self.hides(facts, subject).unwrap_or(false);
        let denied = match (hidden, self.arguments) {
            (true, _) => true,
            (false, Arguments::Read) => false,
            (false, Arguments::Unread) => {
                outcome(&self.opinion(facts, subject, None).opinion) == Outcome::Deny
            }
        };
        if denied { Shown::Hidden } else { Shown::Shown }
    }

    /// Whether an author hides the target, whatever the arguments. What is hidden is not called
    /// either: nobody would know that a name which is not listed still works.
    ///
    /// # Errors
    /// The modules fail, or the facts are no question.
    pub fn hides(&self, facts: &Facts<'_>, subject: &Subject<'_>) -> Result<bool, Fault> {
        if self.hiding == Hiding::Nothing {
            return Ok(false);
        }
        self.reads.check(facts, subject)?;
        let input = input::document(facts, subject, None)?;
        let said = self.evaluate(HIDES, &input)?;
        let set = said.as_set();
        set.map(|set| !set.is_empty())
            .map_err(|_| Fault::UnfitElement {
                set: "hides",
                wrong: "is in no set",
            })
    }

    fn answer(
        &self,
        facts: &Facts<'_>,
        subject: &Subject<'_>,
        arguments: Option<&serde_json::Value>,
    ) -> Result<Answer, Fault> {
        let unclear = self.reads.check(facts, subject);
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
        let answer = reading.answer();
        match outcome(&answer.opinion) {
            // What is denied anyhow says why by itself.
            Outcome::Deny => Ok(answer),
            Outcome::Allow | Outcome::Approve => unclear.map(|()| answer),
        }
    }

    /// Evaluates a rule on a clone, which is thrown away whatever becomes of it. A panic of the
    /// engine is an error like any other.
    fn evaluate(&self, rule: &str, input: &serde_json::Value) -> Result<Value, Fault> {
        let input = Value::deserialize(input).map_err(|_| Fault::UnfitRequest)?;
        let mut engine = self.prepared.clone();
        let evaluated = catch_unwind(AssertUnwindSafe(move || {
            engine.set_input(input);
            let said = engine.eval_rule(rule.to_owned());
            said.map_err(|error| {
                let late = error.chain().any(|cause| cause.is::<regorus::LimitError>());
                let text = error.to_string();
                match late || text.contains(LATE) {
                    true => Fault::TimeOut,
                    false => self.fault(&text),
                }
            })
        }));
        evaluated.unwrap_or_else(|_| Err(Fault::Evaluation(SOMEWHERE.to_owned())))
    }

    /// What an error comes to. Its own words may quote the message, so only its place is kept.
    fn fault(&self, text: &str) -> Fault {
        let files: Vec<&str> = self.files.iter().map(String::as_str).collect();
        Fault::Evaluation(match load::place(text, &files) {
            Some((file, place)) => format!("{file}:{}:{}", place.line, place.column),
            None => SOMEWHERE.to_owned(),
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
