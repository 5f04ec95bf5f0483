//! The end-to-end world: the real Envoy with the real filter, the real policy server, and an
//! upstream that writes down what reaches it.
//!
//! Nothing here knows the subject of a test. Every wait is bounded, every process ends with the
//! test program however that ends, and a missing part is a failure, never a skipped test.
//! Deliberately absent: an HTTP library. Tests send and receive bytes, because bytes are the point.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a world that is not as expected must fail the test at that place"
)]

pub mod apart;
pub mod child;
pub mod gateway;
pub mod mcp;
pub mod parts;
pub mod server;
pub mod serving;
pub mod tokens;
pub mod upstream;
pub mod wait;
pub mod wire;
