//! Engines: each gives an [`Opinion`] on the facts of one target.
//!
//! Cedar is the only one so far. Deliberately absent: an engine's own idea of a verdict, and an
//! engine error that is skipped.

pub mod cedar;

/// What an engine says about one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// These policies permit it and none forbids it.
    Permit(Vec<String>),
    /// These policies forbid it.
    Forbid(Vec<String>),
    /// No policy speaks of it.
    Silent,
    /// The question could not be put, or a policy failed to answer.
    Failed(Vec<Fault>),
}

/// Why there is no answer. Carries no text from the message: it goes into the audit record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no policy set.
    #[error("policies not loaded")]
    NotLoaded,
    /// The schema has no action of this name.
    #[error("unknown method")]
    UnknownMethod,
    /// The session is not the caller's own.
    #[error("unknown session")]
    UnknownSession,
    /// Principal, resource or context do not fit the schema.
    #[error("request does not fit the schema")]
    UnfitRequest,
    /// Entities do not fit the schema.
    #[error("entities do not fit the schema")]
    UnfitEntities,
    /// The policies that apply do not make one set.
    #[error("policies do not make one set")]
    UnfitPolicies,
    /// A policy failed to evaluate.
    #[error("policy failed to evaluate: {0}")]
    Evaluation(String),
}
