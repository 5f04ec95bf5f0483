//! Engines: each gives an [`Opinion`] on the facts of one target.
//!
//! Deliberately absent: an engine's own idea of a verdict ([`crate::decision`] is the only one), and
//! an engine error that is skipped.

pub mod cedar;
pub mod rego;

use std::fmt;
use std::sync::Arc;

use portcullis_protocol::redact::Class;
use serde::{Deserialize, Serialize};

use crate::disclosure::{Asker, Wish};
use crate::policies::{Known, Problem, Sources};

/// An engine with the policies that it judges by.
#[derive(Debug)]
pub enum Engine {
    /// Cedar.
    Cedar(Box<cedar::Engine>),
    /// Rego.
    Rego(Arc<rego::Engine>),
}

impl Engine {
    /// The Cedar engine, when it is one: what is said in Cedar's own words needs it.
    #[must_use]
    pub fn cedar(&self) -> Option<&cedar::Engine> {
        match self {
            Self::Cedar(engine) => Some(engine),
            Self::Rego(_) => None,
        }
    }

    /// Its name in records.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Cedar(_) => "cedar",
            Self::Rego(_) => "rego",
        }
    }

    /// Whether any policy reveals or restores data; most sets have none.
    #[must_use]
    pub fn discloses(&self) -> bool {
        match self {
            Self::Cedar(engine) => engine.discloses(),
            Self::Rego(engine) => engine.discloses(),
        }
    }

    /// Which of these classes of data the wish is granted for.
    ///
    /// # Errors
    /// Nothing is said of it; then nothing is granted.
    pub fn granted(
        &self,
        asker: Asker<'_>,
        wish: Wish<'_>,
        classes: &[Class],
    ) -> Result<Vec<Class>, Fault> {
        match self {
            Self::Cedar(engine) => engine.granted(asker, wish, classes),
            Self::Rego(engine) => engine.granted(asker, wish, classes),
        }
    }

    /// What can hardly be meant in the policies. Rego has no lints.
    #[must_use]
    pub fn lints(&self, sources: &Sources, known: &Known) -> Vec<Problem> {
        self.cedar()
            .map_or_else(Vec::new, |engine| engine.lints(sources, known))
    }
}

/// What an engine says about one target: the document that every engine yields.
///
/// Made by [`Opinion::settled`], so that two engines that mean the same say the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opinion {
    /// The ids of the policies that permit it. Empty when a policy forbids it outright.
    pub permits: Vec<String>,
    /// The ids of the policies that forbid it outright.
    pub forbids: Vec<String>,
    /// The gates that are shut, each of which an approval would open.
    pub gates: Vec<Gate>,
    /// What went wrong; then nothing else in here is said, except in shadow.
    pub faults: Vec<Fault>,
    /// What policies in shadow would have said. Recorded, never enforced.
    pub shadow: Vec<ShadowNote>,
}

impl Opinion {
    /// The opinion that nothing can be said.
    #[must_use]
    pub fn failed(fault: Fault) -> Self {
        Self {
            faults: vec![fault],
            ..Self::default()
        }
    }

    /// The opinion in its one form: sorted, each id once, and without what does not count.
    #[must_use]
    pub fn settled(mut self) -> Self {
        if !self.faults.is_empty() {
            self.permits.clear();
            self.forbids.clear();
            self.gates.clear();
        }
        if !self.forbids.is_empty() {
            self.permits.clear();
        }
        sort(&mut self.permits);
        sort(&mut self.forbids);
        sort(&mut self.gates);
        sort(&mut self.faults);
        sort(&mut self.shadow);
        self
    }
}

fn sort<T: Ord>(items: &mut Vec<T>) {
    items.sort();
    items.dedup();
}

/// A gate that is shut: a human must say yes first. Never more than a parameter of the question;
/// that the call is held back is the policy's own `forbid`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Gate {
    /// The id of its policy.
    pub id: String,
    /// The groups that may say yes; one member of one of them is enough. Sorted, never empty.
    pub groups: Vec<String>,
    /// How long the yes holds; without one, the server's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Ttl>,
    /// What the yes covers.
    pub scope: GrantScope,
    /// The sentence that the policy's author wrote for the agent and the approver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What an approval covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantScope {
    /// This call with exactly these arguments.
    #[default]
    Exact,
    /// Calls of this tool.
    Tool,
    /// Calls of this tool in this session.
    Session,
}

impl GrantScope {
    /// Reads `exact`, `tool` or `session`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "exact" => Some(Self::Exact),
            "tool" => Some(Self::Tool),
            "session" => Some(Self::Session),
            _ => None,
        }
    }
}

/// How long an approval holds, in whole seconds; written `PT15M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ttl(u32);

/// Longest time that an approval may hold: a week.
pub const TTL_SECONDS_MAX: u32 = 7 * 24 * 3_600;

impl Ttl {
    /// Reads the part of ISO 8601 that durations of approvals need: `P1D`, `PT1H30M`, `PT90S`.
    ///
    /// Nothing else is one: no weeks, months, fractions or zero, and nothing beyond a week.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let seconds = duration_seconds(text)?;
        (1..=TTL_SECONDS_MAX)
            .contains(&seconds)
            .then_some(Self(seconds))
    }

    /// The seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

/// The seconds of a duration in ISO 8601: days, hours, minutes and seconds, as `P7D` or `PT1H30M`.
#[must_use]
pub fn duration_seconds(text: &str) -> Option<u32> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) if !time.is_empty() => (days, time),
        Some(_) => return None,
        None => (rest, ""),
    };
    let days = sum(days, &[('D', 86_400)])?;
    let time = sum(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    days.checked_add(time)
}

/// Adds numbers with their units, each unit at most once and in this order.
fn sum(mut text: &str, units: &[(char, u32)]) -> Option<u32> {
    let mut total: u32 = 0;
    for (unit, seconds) in units {
        let Some((number, rest)) = text.split_once(*unit) else {
            continue;
        };
        let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let number: u32 = plain.then(|| number.parse().ok()).flatten()?;
        total = total.checked_add(number.checked_mul(*seconds)?)?;
        text = rest;
    }
    text.is_empty().then_some(total)
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P")?;
        let mut left = self.0;
        for (unit, seconds) in [("D", 86_400), ("H", 3_600), ("M", 60), ("S", 1)] {
            let count = left / seconds;
            left %= seconds;
            if unit == "H" && (count > 0 || left > 0) {
                f.write_str("T")?;
            }
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for Ttl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a policy in shadow would have said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShadowNote {
    /// Its id.
    pub policy: String,
    /// What it would have done.
    pub effect: ShadowEffect,
}

/// What a policy in shadow would have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShadowEffect {
    /// Permitted it.
    Permit,
    /// Forbidden it.
    Forbid,
    /// Held it back for an approval.
    Gate,
    /// Failed, which would have denied it.
    Fail,
    /// Nobody knows: it reads arguments that enforced policies do not read, and that are not exact.
    Unknown,
}

/// Why there is no answer. Carries no text from the message: it goes into the audit record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// There is no policy set.
    #[error("policies not loaded")]
    NotLoaded,
    /// The policy set is from a bundle that is too old.
    #[error("policies are stale")]
    Stale,
    /// The schema has no action of this name.
    #[error("unknown method")]
    UnknownMethod,
    /// The session is not the caller's own.
    #[error("unknown session")]
    UnknownSession,
    /// The tool is in quarantine.
    #[error("tool in quarantine")]
    Quarantined,
    /// An author hides it from the caller, or no arguments at all could be permitted.
    #[error("hidden by policy")]
    Hidden,
    /// The arguments take long to check, and it was not their turn in time.
    #[error("not judged in time")]
    Late,
    /// The arguments do not fit the tool's own schema.
    #[error("arguments do not fit the tool's schema: {0}")]
    Arguments(&'static str),
    /// The arguments would take more steps to check than one call may.
    #[error("arguments cost too much to check: {0}")]
    Costly(&'static str),
    /// Principal, resource or context do not fit the schema.
    #[error("request does not fit the schema")]
    UnfitRequest,
    /// A URI is opaque, and policies read it or name what it could be.
    #[error("policies look at a URI that has several readings: {0}")]
    Unclear(&'static str),
    /// Entities do not fit the schema.
    #[error("entities do not fit the schema")]
    UnfitEntities,
    /// The policies that apply do not make one set.
    #[error("policies do not make one set")]
    UnfitPolicies,
    /// A policy failed to evaluate.
    #[error("policy failed to evaluate: {0}")]
    Evaluation(String),
    /// The policies took longer than they may.
    #[error("policies took too long")]
    TimeOut,
    /// What a policy yields is not what it should be.
    #[error("an element of `{set}` {wrong}")]
    UnfitElement {
        /// The set.
        set: &'static str,
        /// What is wrong; nothing of the element itself.
        wrong: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_back_what_they_write() {
        for (text, seconds) in [
            ("PT15M", 900),
            ("PT90S", 90),
            ("P1D", 86_400),
            ("PT1H30M", 5_400),
            ("P1DT1S", 86_401),
            ("P7D", TTL_SECONDS_MAX),
        ] {
            let ttl = Ttl::parse(text).unwrap();
            assert_eq!(ttl.seconds(), seconds, "{text}");
            assert_eq!(Ttl::parse(&ttl.to_string()), Some(ttl), "{text} {ttl}");
        }
        assert_eq!(Ttl::parse("PT90S").unwrap().to_string(), "PT1M30S");
        for bad in [
            "",
            "P",
            "PT",
            "15M",
            "PT0S",
            "PT-5M",
            "PT+5M",
            "P1W",
            "P1M",
            "PT1.5H",
            "PT5M1H",
            "P7DT1S",
            "PT15",
            "PT15Mx",
            "P1DT",
            "PT99999999999S",
            "PTM",
        ] {
            assert_eq!(Ttl::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_settled_opinion_says_only_what_counts() {
        let ids = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let said = Opinion {
            permits: ids(&["b", "a", "b"]),
            ..Opinion::default()
        };
        assert_eq!(said.clone().settled().permits, ["a", "b"]);
        let forbidden = Opinion {
            forbids: ids(&["x"]),
            ..said.clone()
        };
        assert!(forbidden.settled().permits.is_empty());
        let failed = Opinion {
            faults: vec![Fault::UnfitRequest],
            ..said
        };
        assert_eq!(failed.settled(), Opinion::failed(Fault::UnfitRequest));
    }
}
