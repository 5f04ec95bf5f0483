//! Tools that the policies were validated with, together.
//!
//! All tools that are known at load are validated at once. Those that servers list later are
//! validated beside the built-in schema and the tools that policies name: what policies say of other
//! tools was validated before, and a tool more changes nothing about it. Cedar validates a policy for
//! each action by itself, so that the parts together say what the whole would.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy::{Entities, Entity, EntityUid, Schema, ValidationMode, Validator};
use portcullis_protocol::names::ServerName;

use super::found::{CALLS, Found};
use super::load::{self, Check, unfit};
use super::naming::Naming;
use super::places::Place;
use super::{Index, entities, invalid};
use crate::catalogue::{Catalogue, Tool};
use crate::engine::Fault;
use crate::policies::Problem;

/// Most fittings beside each other; then all tools are fitted anew, together.
pub(super) const FITTINGS_MAX: usize = 16;

/// A schema, and the tools that it has beside the built-in one.
#[derive(Debug)]
pub(super) struct Fitting {
    pub(super) schema: Schema,
    /// By action.
    places: BTreeMap<String, Place>,
    /// The tools of each server, with their server.
    crowds: BTreeMap<EntityUid, Entities>,
}

/// A tool of a server.
type Of<'c> = (&'c ServerName, &'c Tool);

impl Fitting {
    /// Fits policies to all tools.
    ///
    /// # Errors
    /// What is wrong with the policies.
    pub(super) fn all(
        catalogue: &Catalogue,
        naming: &Naming,
        policies: &[&Found<'_>],
    ) -> Result<Vec<Self>, Vec<Problem>> {
        let tools: Vec<Of<'_>> = catalogue.tools().collect();
        let schema = load::schema(tools.iter().map(|(_, tool)| *tool))?;
        Check::of(&schema, policies)?.none_wrong()?;
        let _ = naming;
        Ok(vec![Self::of(schema, &tools)?])
    }

    /// Fits policies to the tools that none of these fittings has. None where they do not fit.
    pub(super) fn of_new(
        before: &[Arc<Self>],
        catalogue: &Catalogue,
        index: &Index,
    ) -> Option<Vec<Self>> {
        let is_new = |of: &Of<'_>| before.iter().all(|fitting| fitting.place(of.1).is_none());
        let new: Vec<Of<'_>> = catalogue.tools().filter(is_new).collect();
        if new.is_empty() {
            return Some(Vec::new());
        }
        let own: BTreeSet<&str> = new.iter().map(|(_, tool)| tool.mapped.action()).collect();
        let named = catalogue.tools().filter(|(_, tool)| {
            index.naming.names(&tool.mapped) && !own.contains(tool.mapped.action())
        });
        let tools = new.iter().copied().chain(named);
        let schema = load::schema(tools.map(|(_, tool)| tool)).ok()?;
        let result =
            Validator::new(schema.clone()).validate(&index.policies, ValidationMode::Strict);
        // A policy that is never true of these tools is so of those that were there before.
        let mut warnings = result.validation_warnings();
        let fits = result.validation_passed() && warnings.all(invalid::is_never_true);
        let fitting = Self::of(schema, &new).ok().filter(|_| fits)?;
        Some(vec![fitting])
    }

    fn of(schema: Schema, tools: &[Of<'_>]) -> Result<Self, Vec<Problem>> {
        let actions = schema.action_entities().map_err(|error| unfit(&error))?;
        let places = places(tools, &schema, &actions).map_err(|fault| unfit(&fault))?;
        let crowds = crowds(&places).map_err(|fault| unfit(&fault))?;
        Ok(Self {
            schema,
            places,
            crowds,
        })
    }

    /// Where policies on a tool are looked up, if it is fitted here.
    pub(super) fn place(&self, tool: &Tool) -> Option<&Place> {
        let place = self.places.get(tool.mapped.action());
        place.filter(|place| place.definition == tool.definition)
    }

    /// Whether it has an action of this id beside the built-in ones.
    pub(super) fn has(&self, action: &str) -> bool {
        self.places.contains_key(action)
    }

    /// The tools of a server here, with their server.
    pub(super) fn crowd(&self, server: &EntityUid) -> Option<&Entities> {
        self.crowds.get(server)
    }
}

fn places(
    tools: &[Of<'_>],
    schema: &Schema,
    actions: &Entities,
) -> Result<BTreeMap<String, Place>, Fault> {
    let calls = entities::action(CALLS);
    let above =
        |entity: &&Entity| entity.uid() == calls || actions.is_ancestor_of(&entity.uid(), &calls);
    let groups: Vec<Entity> = actions.iter().filter(above).cloned().collect();
    let place = |(server, tool): &Of<'_>| {
        let place = Place::of(server, tool, schema, actions, &groups)?;
        Ok((tool.mapped.action().to_owned(), place))
    };
    tools.iter().map(place).collect()
}

fn crowds(places: &BTreeMap<String, Place>) -> Result<BTreeMap<EntityUid, Entities>, Fault> {
    let mut of_server: BTreeMap<&EntityUid, Vec<Entity>> = BTreeMap::new();
    for place in places.values() {
        let tool = place.entities.get(&place.resource).cloned();
        of_server.entry(&place.server).or_default().extend(tool);
    }
    let crowd = |(server, mut tools): (&EntityUid, Vec<Entity>)| {
        tools.push(entities::bare(server)?);
        let all = Entities::from_entities(tools, None).map_err(|_| Fault::UnfitEntities)?;
        Ok((server.clone(), all))
    };
    of_server.into_iter().map(crowd).collect()
}
