//! Pure judgement: what is decided, and why.
//!
//! Facts go in, a [`decision::Judgement`] comes out, and [`audit`] turns it into evidence. Time is
//! a parameter. Deliberately absent: clock, disk, network, threads and randomness; `Cargo.toml`
//! names nothing that has them, and `clippy.toml` refuses the rest.

#![forbid(unsafe_code)]

pub mod audit;
pub mod boundary;
pub mod cases;
pub mod catalogue;
pub mod decision;
pub mod disclosure;
pub mod engine;
pub mod facts;
pub mod lists;
pub mod policies;
pub mod redaction;
pub mod registry;
pub mod replay;
pub mod schema;
pub mod uri;
pub mod views;
