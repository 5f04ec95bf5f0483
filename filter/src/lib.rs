//! The part of Portcullis that runs inside Envoy.
//!
//! [`exchange`] is one MCP exchange as a state machine: what happened goes in, what to do comes
//! out. It names neither Envoy nor proxy-wasm, so it is driven natively in tests. `envoy` is the
//! only file that knows the host.
//!
//! Deliberately absent: a policy language, a clock, randomness, redaction rules of its own.

#![forbid(unsafe_code)]

pub mod budget;
pub mod claims;
pub mod config;
pub mod epoch;
pub mod exchange;
pub mod notices;
pub mod rules;
pub mod sessions;
pub mod vm;
pub mod waiting;

#[cfg(target_arch = "wasm32")]
mod envoy;
