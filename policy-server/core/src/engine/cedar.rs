//! Cedar, as strictly as it can be had.
//!
//! Schema, policies, requests and entities are all validated; warnings fail the load; any evaluation
//! error denies, because Cedar itself would skip a failing `forbid`. The built-in schema is the law.
//!
//! The place for typed arguments: one action per tool (`Mcp::Action::"github/create_issue"`, in the
//! group `tools/call`), generated from the tool's JSON Schema, whose context adds `input`. That is
//! why the shipped policies say `action in Mcp::Action::"tools/call"` rather than `==`.

mod entities;
mod load;
mod slices;

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, Request, Schema};

use self::slices::Slices;
use super::{Fault, Opinion};
use crate::facts::{Facts, Subject};

pub use self::load::{ANNOTATIONS, ID_BYTES_MAX, REASON_BYTES_MAX};

/// The schema that every policy is validated against.
pub const SCHEMA: &str = include_str!("../../../../policies/schema.cedarschema");

/// A validated policy set, ready to decide.
#[derive(Debug)]
pub struct Engine {
    schema: Schema,
    slices: Slices,
    reasons: load::Reasons,
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
        self.reasons.get(policy).map(String::as_str)
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
        let policies = self.engine.slices.of(&self.action, &resource, &self.server);
        let policies = policies.map_err(|_| Fault::UnfitPolicies)?;
        let response = self
            .engine
            .authorizer
            .is_authorized(&request, &policies, &entities);
        Ok(read(&response))
    }
}

fn read(response: &cedar_policy::Response) -> Opinion {
    let diagnostics = response.diagnostics();
    let faults: Vec<Fault> = diagnostics
        .errors()
        .map(
            |cedar_policy::AuthorizationError::PolicyEvaluationError(error)| {
                Fault::Evaluation(error.policy_id().to_string())
            },
        )
        .collect();
    let by: Vec<String> = diagnostics.reason().map(ToString::to_string).collect();
    let (permits, forbids) = match response.decision() {
        Decision::Allow => (by, Vec::new()),
        Decision::Deny => (Vec::new(), by),
    };
    let opinion = Opinion {
        permits,
        forbids,
        faults,
        ..Opinion::default()
    };
    opinion.settled()
}
