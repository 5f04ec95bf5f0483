//! The part of Portcullis that acts: listeners, storage, policies on disk, the command line.
//!
//! Bytes become a query, the [`gate`] gathers facts and decides, the [`journal`] records, and only
//! what is recorded is answered. What is decided lives in `portcullis-core`.

#![forbid(unsafe_code)]

pub mod candidate;
pub mod cli;
pub mod clock;
pub mod config;
mod credential;
mod fetch;
pub mod files;
pub mod gate;
pub mod http;
pub mod journal;
pub mod library;
pub mod log;
pub mod metrics;
mod quiet;
pub mod secrets;
pub mod serve;
pub mod sessions;
pub mod store;
pub mod up;
