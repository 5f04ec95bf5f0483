//! Requests and cases that people write down, to be judged without a server.
//!
//! Deliberately absent: another way to judge; it is [`crate::decision`] here too.

mod request;

pub use self::request::{DEFAULT_ISSUER, Written, WrittenApproval, WrittenError};
