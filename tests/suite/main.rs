//! One binary, a module a subject.

/// The wire contract, as golden files.
mod contract;
/// The house rules.
mod tidy;
