//! Requests and cases that people write down, judged and explained without a server.
//!
//! Deliberately absent: another way to judge; it is [`crate::decision`] here too.

mod case;
mod change;
mod coverage;
mod explain;
mod request;
mod run;

pub use self::case::{Case, CaseError, read};
pub use self::coverage::Coverage;
pub use self::explain::{Explanation, Finding};
pub use self::request::{DEFAULT_ISSUER, Written, WrittenApproval, WrittenError};
pub use self::run::{Mismatch, Runner, Tried};

#[cfg(test)]
mod tests;
