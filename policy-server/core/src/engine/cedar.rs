//! Cedar, as strictly as it can be had.
//!
//! Schema, policies, requests and entities are all validated; warnings fail the load; any evaluation
//! error denies, because Cedar itself would skip a failing `forbid`. The built-in schema is the law.
//!
//! A tool with a definition has an action of its own (`Mcp::Action::"github/create_issue"`, in the
//! group `tools/call`) whose context adds `input`, typed from the tool's JSON Schema. That is why
//! the shipped policies say `action in Mcp::Action::"tools/call"` rather than `==`.

mod annotations;
mod disclose;
mod entities;
mod expression;
mod fitting;
mod fittings;
mod format;
mod found;
mod ground;
mod inputs;
mod inquiry;
mod invalid;
mod lints;
mod literals;
mod load;
mod mentions;
mod naming;
pub(crate) mod nearest;
mod parts;
mod places;
mod plain;
mod principals;
mod reads;
mod shadow;
mod shown;
mod slices;
mod terms;
mod unclear;
mod unread;
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

use cedar_policy::{Authorizer, Decision, Entities, Policy, PolicyId, PolicySet, Request, Schema};

use self::disclose::Disclosing;
use self::fitting::Fitting;
use self::fittings::Fittings;
use self::naming::Naming;
use self::places::Place;
use self::principals::Principals;
use self::reads::Readers;
use self::slices::{Cut, Slices};
use super::{Fault, Gate, Opinion};
use crate::catalogue::Tool;
use crate::facts::Facts;
use crate::policies::Problem;
use crate::schema::Mentioned;
use crate::uri::Named;

pub use self::annotations::{ANNOTATIONS, ID_BYTES_MAX, REASON_BYTES_MAX};
pub use self::format::format;
pub use self::inquiry::Inquiry;
pub use self::literals::{Literal, Literals, Place as Looked, literals};
pub use self::parts::{Dissected, Intent, Part, PartKind, Term, Truth};
pub use self::plain::{Plain, PlainAnswer, Standing, Whole};
pub use self::unread::{Prospect, Unread};

/// The schema that every policy is validated against.
pub const SCHEMA: &str = include_str!("../../../../policies/schema.cedarschema");

/// The member of the context that holds a message's arguments.
const INPUT: &str = "input";

/// A validated policy set, ready to decide.
#[derive(Debug)]
pub struct Engine {
    index: Arc<Index>,
    /// The tools that it was validated with.
    fittings: Fittings,
    /// Policies that are true of nothing that was known when they were loaded.
    idle: Arc<Vec<Problem>>,
    principals: Principals,
    authorizer: Authorizer,
}

/// What policies come to, whatever tools there are.
#[derive(Debug)]
struct Index {
    /// The policies on revealing and restoring data.
    disclosing: Disclosing,
    slices: Slices,
    /// The built-in schema alone: the actions of what is no tool.
    bare: Schema,
    /// The tools that policies on messages name.
    naming: BTreeMap<PolicyId, Naming>,
    meanings: load::Meanings,
    /// The URIs that policies name exactly.
    named: Named,
    /// What each policy reads of arguments.
    readers: Readers,
    /// The names that policies mention.
    names: Mentioned,
    /// The policies that are asked in another form about what has an opaque URI, by id.
    variants: BTreeMap<String, Policy>,
}

impl Engine {
    /// The sentence for the agent that a policy's author wrote, if any.
    #[must_use]
    pub fn reason(&self, policy: &str) -> Option<&str> {
        self.index.meanings.get(policy)?.reason.as_deref()
    }

    /// The parameters of a gate.
    fn gate(&self, policy: &str) -> Option<&Gate> {
        self.index.meanings.get(policy)?.gate.as_ref()
    }

    /// Where policies on a tool are looked up, and what it was validated with.
    fn place(&self, tool: &Tool) -> Option<(&Arc<Fitting>, &Place)> {
        self.fittings.place(tool)
    }

    /// The schema that has an action of this id, or the built-in one.
    fn schema_of(&self, action: &str) -> &Schema {
        self.fittings.schema(action).unwrap_or(&self.index.bare)
    }

    /// Prepares what all targets of a message share.
    ///
    /// # Errors
    /// The method is unknown, or the facts do not fit the schema.
    pub fn inquire<'a>(&'a self, facts: &Facts<'_>) -> Result<Inquiry<'a>, Fault> {
        let method = self
            .index
            .slices
            .method(facts.method)
            .ok_or(Fault::UnknownMethod)?;
        let server = entities::server(facts.server);
        Ok(Inquiry {
            engine: self,
            method,
            principal: self.principals.of(facts.caller, &self.index.bare)?,
            pairs: entities::context(facts, &server)?,
            server,
            said: inputs::of(facts),
        })
    }
}

/// What a set of policies says, by their ids.
#[derive(Clone, Debug, Default)]
struct Said {
    permits: Vec<String>,
    forbids: Vec<String>,
    faults: Vec<String>,
}

impl Said {
    fn add(&mut self, other: Self) {
        self.permits.extend(other.permits);
        self.forbids.extend(other.forbids);
        self.faults.extend(other.faults);
    }
}

impl Engine {
    /// Asks each part of each cut. Policies are independent of each other, so the parts together
    /// say what the whole would: a gate that is shut is a `forbid` that an approval would lift.
    fn judge(&self, cuts: &[&Cut], request: &Request, entities: &Entities) -> Opinion {
        let mut base = Said::default();
        let mut gates = Said::default();
        for cut in cuts {
            base.add(self.ask(&cut.base, request, entities));
            gates.add(self.ask(&cut.gates, request, entities));
        }
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
            shadow: Vec::new(),
        };
        opinion.settled()
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

#[cfg(test)]
mod tests;
