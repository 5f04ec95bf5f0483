//! Redaction: secrets found in one complete message, and what takes their place.
//!
//! Messages are read as they were checked; strings are looked at decoded, and what is found is
//! replaced in the original bytes, so that everything else stays as it was. Two kinds of detectors
//! look: [`format`] knows what secrets look like, [`context`] and [`keys`] know what stands beside
//! them. All of it is linear in the length of the message.
//!
//! Deliberately absent: files, clocks, randomness, and any opinion on who may see what: that comes
//! with the [`Plan`].

mod anchors;
mod base64;
mod class;
mod context;
mod derive;
mod echoes;
mod escapes;
mod fact;
mod format;
mod handle;
mod innocent;
mod keys;
mod known;
mod look;
mod mark;
mod message;
mod personal;
mod placeholder;
mod plan;
mod positions;
mod raw;
mod rules;
mod sent;
mod walk;

pub use class::Class;
pub use derive::RedactionKey;
pub use fact::{Action, Fact, Reason, Unscanned};
pub use handle::{HandleError, HandleKey, Sealing, find_handles};
pub use known::Known;
pub use mark::{Mark, MarkKey};
pub use message::{Outcome, Text, redact};
pub use plan::{Literal, Mode, Plan, Requests};
pub use raw::{Alphabet, RawAllow, RawHandles, RawRule, RawRules, RawUse};
pub use rules::{BuiltIn, Detector, Rule, RuleId, Rules, RulesError, built_in};
pub use sent::placeholder_in;
