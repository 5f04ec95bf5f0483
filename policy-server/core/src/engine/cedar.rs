//! Cedar, as strictly as it can be had.
//!
//! Schema, policies, requests and entities are all validated; warnings fail the load; any evaluation
//! error denies, because Cedar itself would skip a failing `forbid`. The built-in schema is the law.
//!
//! The place for typed arguments: one action per tool (`Mcp::Action::"github/create_issue"`, in the
//! group `tools/call`), generated from the tool's JSON Schema, whose context adds `input`. That is
//! why the shipped policies say `action in Mcp::Action::"tools/call"` rather than `==`.

mod annotations;
mod entities;
mod expression;
mod format;
mod found;
mod invalid;
mod lints;
mod load;
mod mentions;
mod nearest;
mod slices;
mod written;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Schema,
};

use self::slices::{Cut, Slices};
use super::{Fault, Gate, Opinion, ShadowEffect, ShadowNote};
use crate::facts::{Facts, Subject};

pub use self::annotations::{ANNOTATIONS, ID_BYTES_MAX, REASON_BYTES_MAX};
pub use self::format::format;

/// The schema that every policy is validated against.
pub const SCHEMA: &str = include_str!("../../../../policies/schema.cedarschema");

/// A validated policy set, ready to decide.
#[derive(Debug)]
pub struct Engine {
    schema: Schema,
    slices: Slices,
    meanings: load::Meanings,
    authorizer: Authorizer,
}

/// One caller's question about one method, to be asked of many targets.
#[derive(Debug)]
pub struct Inquiry<'a> {
    engine: &'a Engine,
    server: EntityUid,
    principal: EntityUid,
    action: EntityUid,
    context: Context,
    entities: Entities,
}

impl Engine {
    /// The sentence for the agent that a policy's author wrote, if any.
    #[must_use]
    pub fn reason(&self, policy: &str) -> Option<&str> {
        self.meanings.get(policy)?.reason.as_deref()
    }

    /// The parameters of a gate.
    fn gate(&self, policy: &str) -> Option<&Gate> {
        self.meanings.get(policy)?.gate.as_ref()
    }

    /// Prepares what all targets of a message share.
    ///
    /// # Errors
    /// The method is unknown, or the facts do not fit the schema.
    pub fn inquire<'a>(&'a self, facts: &Facts<'_>) -> Result<Inquiry<'a>, Fault> {
        let method = self
            .slices
            .method(facts.method)
            .ok_or(Fault::UnknownMethod)?;
        let server = entities::server(facts.server);
        let (principal, known) = entities::caller(facts.caller, &server)?;
        let entities = method
            .entities
            .clone()
            .add_entities(known, Some(&self.schema));
        let entities = entities.map_err(|_| Fault::UnfitEntities)?;
        let action = method.action.clone();
        let context = entities::context(facts, &server)?;
        Ok(Inquiry {
            engine: self,
            server,
            principal,
            action,
            context,
            entities,
        })
    }
}

impl Inquiry<'_> {
    /// The engine's opinion on one target.
    #[must_use]
    pub fn opinion(&self, subject: &Subject<'_>) -> Opinion {
        self.evaluate(subject).unwrap_or_else(Opinion::failed)
    }

    fn evaluate(&self, subject: &Subject<'_>) -> Result<Opinion, Fault> {
        let (resource, entity) = entities::resource(subject, &self.server)?;
        let schema = Some(&self.engine.schema);
        let request = Request::new(
            self.principal.clone(),
            self.action.clone(),
            resource.clone(),
            self.context.clone(),
            schema,
        )
        .map_err(|_| Fault::UnfitRequest)?;
        let entities = match entity {
            Some(entity) => self.entities.clone().add_entities([entity], schema),
            None => Ok(self.entities.clone()),
        };
        let entities = entities.map_err(|_| Fault::UnfitEntities)?;
        let cut = self.engine.slices.of(&self.action, &resource, &self.server);
        Ok(self.engine.judge(cut, &request, &entities))
    }
}

/// What a set of policies says, by their ids.
#[derive(Debug, Default)]
struct Said {
    permits: Vec<String>,
    forbids: Vec<String>,
    faults: Vec<String>,
}

impl Engine {
    /// Asks each part of a cut. Policies are independent of each other, so the parts together say
    /// what the whole would: a gate that is shut is a `forbid` that an approval would lift.
    fn judge(&self, cut: &Cut, request: &Request, entities: &Entities) -> Opinion {
        let base = self.ask(&cut.base, request, entities);
        let gates = self.ask(&cut.gates, request, entities);
        let faults = base.faults.into_iter().chain(gates.faults);
        let mut faults: Vec<Fault> = faults.map(Fault::Evaluation).collect();
        let mut shut = Vec::new();
        for id in gates.forbids {
            match self.gate(&id) {
                Some(gate) => shut.push(gate.clone()),
                None => faults.push(Fault::UnfitPolicies),
            }
        }
        let opinion = Opinion {
            permits: base.permits,
            forbids: base.forbids,
            gates: shut,
            faults,
            shadow: self.shadow(cut, request, entities),
        };
        opinion.settled()
    }

    fn shadow(&self, cut: &Cut, request: &Request, entities: &Entities) -> Vec<ShadowNote> {
        let permits = self.ask(&cut.shadow_permits, request, entities);
        let forbids = self.ask(&cut.shadow_forbids, request, entities);
        let forbid = |policy: String| {
            let effect = match self.gate(&policy) {
                Some(_) => ShadowEffect::Gate,
                None => ShadowEffect::Forbid,
            };
            ShadowNote { policy, effect }
        };
        let note = |effect| move |policy| ShadowNote { policy, effect };
        let failed = permits.faults.into_iter().chain(forbids.faults);
        let permitted = permits.permits.into_iter().map(note(ShadowEffect::Permit));
        let forbidden = forbids.forbids.into_iter().map(forbid);
        permitted
            .chain(forbidden)
            .chain(failed.map(note(ShadowEffect::Fail)))
            .collect()
    }

    fn ask(&self, policies: &PolicySet, request: &Request, entities: &Entities) -> Said {
        if policies.is_empty() {
            return Said::default();
        }
        let response = self.authorizer.is_authorized(request, policies, entities);
        let diagnostics = response.diagnostics();
        let by = diagnostics.reason().map(ToString::to_string).collect();
        let failed = |error: &cedar_policy::AuthorizationError| {
            let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
            error.policy_id().to_string()
        };
        let faults = diagnostics.errors().map(failed).collect();
        let (permits, forbids) = match response.decision() {
            Decision::Allow => (by, Vec::new()),
            Decision::Deny => (Vec::new(), by),
        };
        Said {
            permits,
            forbids,
            faults,
        }
    }
}
