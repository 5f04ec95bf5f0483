//! The exchange, driven natively: inputs in, effects out, no Envoy anywhere.

mod answers;
mod requests;
mod verdicts;
mod world;
