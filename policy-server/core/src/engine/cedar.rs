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
mod format;
mod found;
mod inputs;
mod invalid;
mod lints;
mod literals;
mod load;
mod mentions;
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

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PartialEntities, Policy, PolicySet,
    Request, RestrictedExpression, Schema,
};

use self::disclose::Disclosing;
use self::places::Place;
use self::principals::{Near, Principal, Principals};
use self::reads::Readers;
use self::slices::{Cut, Method, Slices};
use super::{Fault, Gate, Opinion};
use crate::catalogue::{Known, Tool};
use crate::facts::{Facts, Subject};
use crate::schema::{ArgumentFault, Reads};
use crate::uri::Named;

pub use self::annotations::{ANNOTATIONS, ID_BYTES_MAX, REASON_BYTES_MAX};
pub use self::format::format;
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
    schema: Schema,
    /// The policies on revealing and restoring data.
    disclosing: Disclosing,
    slices: Slices,
    /// The built-in schema alone: the actions of what is no tool.
    bare: Schema,
    places: BTreeMap<String, Place>,
    /// The tools of each server.
    tools: BTreeMap<EntityUid, Entities>,
    principals: Principals,
    meanings: load::Meanings,
    /// The URIs that policies name exactly.
    named: Named,
    /// What each policy reads of arguments.
    readers: Readers,
    /// The policies that are asked in another form about what has an opaque URI, by id.
    variants: BTreeMap<String, Policy>,
    authorizer: Authorizer,
}

/// One caller's question about one method, to be asked of many targets.
#[derive(Debug)]
pub struct Inquiry<'a> {
    engine: &'a Engine,
    method: &'a Method,
    server: EntityUid,
    principal: Arc<Principal>,
    pairs: Vec<(String, RestrictedExpression)>,
    /// What takes the place of the arguments where an address in them is opaque.
    unclear: Option<inputs::Unclear>,
}

/// What policies are asked of the arguments of a tool.
#[derive(Debug)]
struct Input {
    value: RestrictedExpression,
    reads: Reads,
}

/// One target's action, resource and surroundings.
struct Scene<'a> {
    action: EntityUid,
    resource: EntityUid,
    near: Arc<Near>,
    /// The policies that can speak of it, where what is near has none.
    cuts: Vec<&'a Cut>,
    /// Why its URI, or one in the arguments, is opaque.
    unclear: Option<&'static str>,
}

impl Scene<'_> {
    /// The policies that can speak of it.
    fn cuts(&self) -> Vec<&Cut> {
        match &self.near.cut {
            Some(cut) => vec![cut],
            None => self.cuts.clone(),
        }
    }

    /// What the enforced ones read of arguments.
    fn reads(&self, engine: &Engine) -> Reads {
        match &self.near.reads {
            Some(reads) => reads.clone(),
            None => engine.readers.enforced(&self.cuts()),
        }
    }
}

impl Input {
    fn read(tool: &Tool, arguments: Option<&str>, reads: Reads) -> Result<Self, ArgumentFault> {
        let read = tool.mapped.read(arguments, &reads)?;
        let value = tool.mapped.input(&read, &reads)?;
        Ok(Self { value, reads })
    }
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
        let mut pairs = entities::context(facts, &server)?;
        let input = inputs::of(facts)?;
        let unclear = input.as_ref().and_then(|input| input.unclear.clone());
        pairs.extend(input.map(|input| (INPUT.to_owned(), input.value)));
        Ok(Inquiry {
            engine: self,
            method,
            server,
            principal: self.principals.of(facts.caller, &self.schema)?,
            pairs,
            unclear,
        })
    }
}

impl Inquiry<'_> {
    /// The engine's opinion on one target.
    ///
    /// # Errors
    /// What policies read of the arguments is not exact.
    pub fn opinion(
        &self,
        subject: &Subject<'_>,
        arguments: Option<&str>,
    ) -> Result<Opinion, ArgumentFault> {
        let scene = match self.scene(subject) {
            Ok(scene) => scene,
            Err(fault) => return Ok(Opinion::failed(fault)),
        };
        let input = self.input(&scene, subject, arguments)?;
        let opinion = self.evaluate(&scene, subject, arguments, input);
        Ok(opinion.unwrap_or_else(Opinion::failed))
    }

    /// Whether policies read anything of the arguments of a tool.
    #[must_use]
    pub fn reads(&self, subject: &Subject<'_>) -> bool {
        let scene = self.scene(subject);
        scene.is_ok_and(|scene| !scene.reads(self.engine).is_nothing())
    }

    /// The arguments of a tool, as far as enforced policies that can speak of the caller read them.
    fn input(
        &self,
        scene: &Scene<'_>,
        subject: &Subject<'_>,
        arguments: Option<&str>,
    ) -> Result<Option<Input>, ArgumentFault> {
        match subject.known {
            Known::Tool(tool) => {
                let reads = scene.reads(self.engine);
                Input::read(tool, arguments, reads).map(Some)
            }
            Known::Unlisted(_) | Known::Quarantined(_) => Ok(None),
        }
    }

    /// Whether some arguments, at some time and with some approval, could be permitted. Where that
    /// is not sure, they could.
    #[must_use]
    pub fn shown(&self, subject: &Subject<'_>) -> bool {
        match subject.known {
            Known::Quarantined(_) => false,
            Known::Tool(tool) => self
                .principal
                .shown(tool.mapped.action(), || self.possible(tool)),
            Known::Unlisted(_) => self.possible_anywhere(subject),
        }
    }

    fn possible(&self, tool: &Tool) -> bool {
        let engine = self.engine;
        let Some(place) = engine.places.get(tool.mapped.action()) else {
            return false;
        };
        let cuts = engine.slices.of_tool(place, self.principal.uids());
        if !shown::permits(&cuts) {
            return false;
        }
        let (schema, tools) = (&engine.schema, engine.tools.get(&place.server));
        let crowd = tools.and_then(|tools| self.principal.crowd(&place.server, tools, schema));
        let (principal, action) = (self.principal.uid(), &place.action);
        crowd.is_none_or(|crowd| {
            shown::possible(schema, principal, action, &place.resource, &crowd, &cuts)
        })
    }

    /// The same of something that is no tool with a definition.
    fn possible_anywhere(&self, subject: &Subject<'_>) -> bool {
        // What cannot be put as a question is denied when it is called.
        let Ok(scene) = self.anywhere(subject) else {
            return false;
        };
        let cuts = scene.cuts();
        if !shown::permits(&cuts) {
            return false;
        }
        if scene.unclear.is_some() {
            return self.possible_unclear(&scene).unwrap_or(false);
        }
        let entities = scene.near.entities.clone();
        let (schema, principal) = (&self.engine.schema, self.principal.uid());
        let crowd = PartialEntities::from_concrete(entities, &self.engine.bare);
        crowd.is_ok_and(|crowd| {
            let (action, resource) = (&scene.action, &scene.resource);
            shown::possible(schema, principal, action, resource, &crowd, &cuts)
        })
    }

    fn evaluate(
        &self,
        scene: &Scene<'_>,
        subject: &Subject<'_>,
        arguments: Option<&str>,
        input: Option<Input>,
    ) -> Result<Opinion, Fault> {
        let request = self.request(scene, input.as_ref())?;
        let entities = &scene.near.entities;
        let opinion = self.engine.judge(&scene.cuts(), &request, entities);
        let shadow = match (subject.known, &input) {
            (Known::Tool(tool), Some(input)) => {
                let of = shadow::Of {
                    tool,
                    arguments,
                    enforced: (input, &request),
                };
                self.shadow(scene, &of)
            }
            _ => self.engine.shadow(&scene.cuts(), &request, entities),
        };
        let opinion = Opinion { shadow, ..opinion };
        Ok(unclear::explained(opinion, scene.unclear))
    }

    /// The request for one target, validated.
    fn request(&self, scene: &Scene<'_>, input: Option<&Input>) -> Result<Request, Fault> {
        let mut pairs = self.pairs.clone();
        pairs.extend(input.map(|input| (INPUT.to_owned(), input.value.clone())));
        let request = |pairs, schema| {
            let context = Context::from_pairs(pairs).map_err(|_| Fault::UnfitRequest)?;
            let principal = self.principal.uid().clone();
            let (action, resource) = (scene.action.clone(), scene.resource.clone());
            Request::new(principal, action, resource, context, schema)
                .map_err(|_| Fault::UnfitRequest)
        };
        // What nobody reads is left out, which the schema would miss; what is read has been made by
        // its types, and whoever would read more fails, which denies.
        let is_whole = input.is_none_or(|input| input.reads == Reads::Whole);
        let fit = request(pairs.clone(), is_whole.then_some(&self.engine.schema))?;
        let Some(unclear) = &self.unclear else {
            return Ok(fit);
        };
        // The schema does not know what an opaque address has beside.
        pairs.retain(|(name, _)| name != INPUT);
        pairs.push((INPUT.to_owned(), unclear.value.clone()));
        request(pairs, None)
    }

    fn scene(&self, subject: &Subject<'_>) -> Result<Scene<'_>, Fault> {
        match subject.known {
            Known::Quarantined(_) => Err(Fault::Quarantined),
            Known::Tool(tool) => self.place(tool.mapped.action()),
            Known::Unlisted(_) => self.anywhere(subject),
        }
    }

    /// A tool with an action of its own.
    fn place(&self, action: &str) -> Result<Scene<'_>, Fault> {
        let engine = self.engine;
        let place = engine.places.get(action).ok_or(Fault::UnfitRequest)?;
        let cuts = || engine.slices.of_tool(place, self.principal.uids());
        let readers = Some(&engine.readers);
        let near = self
            .principal
            .near(action, &place.entities, readers, cuts)?;
        Ok(Scene {
            action: place.action.clone(),
            resource: place.resource.clone(),
            cuts: near.cut.is_none().then(cuts).unwrap_or_default(),
            near,
            unclear: None,
        })
    }

    /// Anything else.
    fn anywhere(&self, subject: &Subject<'_>) -> Result<Scene<'_>, Fault> {
        let read = entities::reading(subject.target);
        let in_input = self.unclear.as_ref().map(|unclear| unclear.why);
        let unclear = read
            .as_ref()
            .and_then(|(_, reading)| reading.why)
            .or(in_input);
        if let Some((written, reading)) = &read
            && self.engine.named.confuses(written, reading)
        {
            return Err(Fault::Unclear(unclear::NAMED));
        }
        let thing = entities::resource(subject, &self.server, read.as_ref())?;
        let resource = thing.uid;
        let action = &self.method.action;
        let id: &str = action.id().as_ref();
        let near = self
            .principal
            .near(id, &self.method.entities, None, Vec::new)?;
        let more = [entities::bare(&self.server)?].into_iter();
        // What an opaque URI lacks, the schema would miss.
        let schema = unclear.is_none().then_some(&self.engine.schema);
        let entities = near
            .entities
            .clone()
            .add_entities(more.chain(thing.entity), schema)
            .map_err(|_| Fault::UnfitEntities)?;
        let cut = self.engine.slices.of(action, &resource, &self.server);
        let asked = unclear.map(|_| self.engine.unclear(cut)).transpose()?;
        Ok(Scene {
            action: action.clone(),
            cuts: vec![cut],
            resource,
            near: Arc::new(Near {
                entities,
                cut: asked,
                reads: None,
            }),
            unclear,
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
