//! Labelled MCP messages, with secrets and without, and the judge of what a redactor makes of them.
//!
//! Everything follows from a seed: the same seed gives the same messages. The kinds of secrets were
//! written from the documentation of those who issue them, without a look at the detectors.
//!
//! Deliberately absent: files, processes, clocks, real secrets, and the detectors' own tables.

#![forbid(unsafe_code)]

mod crc;
mod dress;
pub mod engine;
mod fill;
mod invariants;
mod judge;
mod message;
mod negative;
mod positive;
mod random;
mod readings;
mod score;
mod text;

pub use invariants::holds;
pub use judge::{Miss, judge};
pub use message::tokens;
pub use negative::negatives;
pub use positive::{Case, Label, positives};
pub use random::Random;
pub use readings::readings;
pub use score::{Row, Score, score};
pub use text::quoted;
