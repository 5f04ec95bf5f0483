//! The rules by which records are cleaned: the built-in ones until policies bring theirs.

use std::sync::{Arc, PoisonError, RwLock};

use portcullis_core::redaction::Redacting;
use portcullis_protocol::redact::Rules;

/// The rules of the writer, which whoever puts policies in force changes.
#[derive(Clone, Debug)]
pub(super) struct Cleaning(Arc<RwLock<Arc<Redacting>>>);

/// The rules at one moment.
pub(super) struct InForce(Arc<Redacting>);

impl std::ops::Deref for InForce {
    type Target = Rules;

    fn deref(&self) -> &Rules {
        self.0.rules()
    }
}

impl Default for Cleaning {
    fn default() -> Self {
        Self(Arc::new(RwLock::new(Redacting::built_in().clone())))
    }
}

impl Cleaning {
    pub(super) fn in_force(&self) -> InForce {
        InForce(
            self.0
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        )
    }

    pub(super) fn set(&self, rules: Arc<Redacting>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }
}
