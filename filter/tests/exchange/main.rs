//! The exchange, driven natively: inputs in, effects out, no Envoy anywhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should stop"
)]

mod answers;
mod astray;
mod known;
mod redaction;
mod requests;
mod room;
mod spelling;
mod statuses;
mod tenure;
mod verdicts;
mod world;
