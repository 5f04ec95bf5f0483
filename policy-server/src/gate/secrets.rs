//! What goes to the filter for redaction: rules, the name of rules in terms, and whether a redacted
//! result still fits. Nothing of this is recorded: terms are part of a decision that is.

use portcullis_core::decision::Judgement;
use portcullis_core::policies::Policies;
use portcullis_protocol::wire::{
    RedactionQuery, RedactionRules, StructuredAnswer, StructuredQuery, Verdict,
};

use super::Gate;
use crate::redaction::structured;

impl Gate {
    /// The rules in force, or those that reveal nothing while no policies are loaded. Stale policies
    /// deny, but their rules still say what is a secret.
    #[must_use]
    pub fn redaction(&self, query: RedactionQuery) -> RedactionRules {
        let state = self.library.state();
        self.redaction.rules(query.call, state.policies.as_deref())
    }

    /// Whether a redacted result still fits its tool's schema.
    #[must_use]
    pub fn structured(&self, query: &StructuredQuery) -> StructuredAnswer {
        let state = self.library.state();
        let policies = state.policies.as_deref();
        structured(query, policies.map(Policies::catalogue))
    }

    /// A judgement whose terms name the rules that it was made with.
    pub(super) fn on_terms(
        &self,
        mut judgement: Judgement,
        policies: Option<&Policies>,
    ) -> Judgement {
        if let (Verdict::Allow(terms), Some(policies)) = (&mut judgement.verdict, policies) {
            terms.redaction.rules = self.redaction.digest(policies);
        }
        judgement
    }
}
