//! The words that the filter and the policy server both speak.
//!
//! Bytes become parsed values here, and nothing else happens: no Envoy, no Cedar, no clock, no
//! disk, no network. What a value of these types promises is checked once, where it is made.

#![forbid(unsafe_code)]

pub mod characters;
pub mod digest;
pub mod headers;
pub mod json;
pub mod jsonrpc;
pub mod limits;
pub mod mcp;
pub mod members;
pub mod names;
pub mod redact;
pub mod secret;
pub mod sse;
pub mod wire;
