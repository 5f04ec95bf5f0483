//! What filters ask about redaction: the rules and keys in force, and whether a redacted result
//! still fits its tool's schema.
//!
//! Neither is recorded: they say nothing of a call that its decision and its redactions do not.

use portcullis_core::catalogue::{Known, Tool};
use portcullis_protocol::wire::{
    Fit, RedactionQuery, RedactionRules, StructuredAnswer, StructuredQuery, Target,
};

use super::{Gate, GateError};
use crate::clock;

impl Gate {
    /// The rules in force, and the keys that go with them.
    ///
    /// # Errors
    /// There are no policies in force.
    pub fn redaction(&self, query: RedactionQuery) -> Result<RedactionRules, GateError> {
        let policies = self.library.in_force(clock::now_us());
        let policies = policies.map_err(GateError::NoRules)?;
        Ok(self.secrets.answer(query.call, policies.redaction()))
    }

    /// Whether a redacted result fits its tool's schema. What cannot be found out does not.
    #[must_use]
    pub fn structured(&self, query: &StructuredQuery) -> StructuredAnswer {
        StructuredAnswer {
            call: query.call,
            digest: query.digest,
            fit: self.fit(query),
        }
    }

    fn fit(&self, query: &StructuredQuery) -> Fit {
        let Ok(policies) = self.library.in_force(clock::now_us()) else {
            return Fit::Unfit;
        };
        let target = Target::Tool(query.tool.clone());
        let (known, also) = policies.catalogue().seen(&query.server, &target, None);
        let fits = |tool: &Tool| tool.output.fits(query.content.get());
        match known {
            Known::Tool(tool) if also.iter().all(|other| fits(other) == Fit::Fits) => fits(tool),
            Known::Unlisted(_) => Fit::Fits,
            Known::Tool(_) | Known::Quarantined(_) => Fit::Unfit,
        }
    }
}
