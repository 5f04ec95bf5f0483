//! Tools that the policies were validated with, together.
//!
//! All tools that are known at load are validated at once. Those that servers list later are
//! validated beside the built-in schema, with the policies that can speak of them and the tools that
//! those name: what policies say of other tools was validated before, and a tool more changes nothing
//! about it. Cedar validates a policy for each action by itself, so that the parts together say what the
//! whole would.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cedar_policy::{
    Entities, Entity, EntityUid, PolicyId, PolicySet, Schema, ValidationMode, Validator,
};
use portcullis_protocol::names::ServerName;

use super::found::{CALLS, Found};
use super::load::{self, Check, unfit};
use super::naming::Naming;
use super::places::{self, Place};
use super::{Index, entities, invalid};
use crate::catalogue::{Catalogue, Tool};
use crate::engine::Fault;
use crate::policies::Problem;

/// Most fittings beside those that were made together; then all tools are fitted anew, together.
pub(super) const FITTINGS_MAX: usize = 16;

/// Most older definitions that are tried one by one where policies do not fit all of them.
const TRIED_MAX: usize = 16;

/// A schema, and the tools that it has beside the built-in one.
#[derive(Debug)]
pub(super) struct Fitting {
    pub(super) schema: Schema,
    /// By action.
    places: BTreeMap<String, Place>,
    /// The tools of each server, with their server.
    crowds: BTreeMap<EntityUid, Entities>,
}

/// The names in each policy.
pub(super) type Namings = BTreeMap<PolicyId, Naming>;

/// A tool of a server, in one of its definitions.
type Of<'c> = (&'c ServerName, &'c Tool);

/// All tools that policies were fitted to at load.
pub(super) struct Fitted {
    pub(super) fittings: Vec<Arc<Fitting>>,
    /// The keys of older definitions that they do not fit.
    pub(super) unfit: BTreeSet<String>,
}

/// Fits policies to all tools. The newest definitions they must fit.
///
/// # Errors
/// What is wrong with the policies.
pub(super) fn all(
    catalogue: &Catalogue,
    naming: &Namings,
    policies: &[&Found<'_>],
) -> Result<Fitted, Vec<Problem>> {
    let mut layers = layers(catalogue.editions()).into_iter();
    let newest = layers.next().unwrap_or_default();
    let schema = load::schema(newest.iter().map(|(_, tool)| *tool))?;
    let check = Check::of(&schema, policies)?;
    Problem::none(check.wrong)?;
    let mut never = check.never;
    let mut fittings = vec![Arc::new(Fitting::of(schema, &newest)?)];
    let mut unfit = BTreeSet::new();
    for layer in layers {
        let whole = Fitting::checked(&layer, catalogue, naming, policies);
        let parts = match whole {
            Some(whole) => vec![Some(whole)],
            None if layer.len() > TRIED_MAX => Vec::new(),
            None => {
                let alone = layer.iter().map(std::slice::from_ref);
                alone
                    .map(|one| Fitting::checked(one, catalogue, naming, policies))
                    .collect()
            }
        };
        for (fitting, also_never) in parts.into_iter().flatten() {
            never.retain(|id, _| also_never.contains_key(id));
            fittings.push(Arc::new(fitting));
        }
        let left = layer
            .iter()
            .filter(|(_, tool)| fittings.iter().all(|fitting| fitting.place(tool).is_none()));
        unfit.extend(left.map(|(_, tool)| places::key(tool)));
    }
    Problem::none(never.into_values().collect())?;
    Ok(Fitted { fittings, unfit })
}

/// Fits policies to the tools that none of these fittings has, but for what is known to be unfit. None
/// where they do not fit.
pub(super) fn more(
    before: &[Arc<Fitting>],
    unfit: &BTreeSet<String>,
    catalogue: &Catalogue,
    index: &Index,
) -> Option<Vec<Arc<Fitting>>> {
    let mut fittings = before.to_vec();
    let is_new = |(_, tool): &Of<'_>| {
        before.iter().all(|fitting| fitting.place(tool).is_none())
            && !unfit.contains(&places::key(tool))
    };
    for layer in layers(catalogue.editions().filter(is_new)) {
        fittings.push(Arc::new(Fitting::new(&layer, catalogue, index)?));
    }
    Some(fittings)
}

/// The definitions of tools, no tool twice in one layer: the newest of all, then the second, and so on.
fn layers<'c>(editions: impl Iterator<Item = Of<'c>>) -> Vec<Vec<Of<'c>>> {
    let mut layers: Vec<Vec<Of<'c>>> = Vec::new();
    let (mut last, mut depth) = (None, 0);
    for of in editions {
        let action = of.1.mapped.action();
        depth = if last == Some(action) { depth + 1 } else { 0 };
        last = Some(action);
        match layers.get_mut(depth) {
            Some(layer) => layer.push(of),
            None => layers.push(vec![of]),
        }
    }
    layers
}

/// The schema of these tools, and of those that policies name.
fn schema(tools: &[Of<'_>], catalogue: &Catalogue, naming: &[&Naming]) -> Option<Schema> {
    let own: BTreeSet<&str> = tools.iter().map(|(_, tool)| tool.mapped.action()).collect();
    let named = catalogue.tools().filter(|(_, tool)| {
        !own.contains(tool.mapped.action()) && naming.iter().any(|one| one.names(&tool.mapped))
    });
    let all = tools.iter().copied().chain(named);
    load::schema(all.map(|(_, tool)| tool)).ok()
}

impl Fitting {
    /// Fits policies to older definitions of tools, and says which of them are never true there.
    fn checked(
        tools: &[Of<'_>],
        catalogue: &Catalogue,
        naming: &Namings,
        policies: &[&Found<'_>],
    ) -> Option<(Self, BTreeMap<String, Problem>)> {
        let schema = schema(tools, catalogue, &naming.values().collect::<Vec<_>>())?;
        let check = Check::of(&schema, policies).ok()?;
        let fitting = Self::of(schema, tools).ok()?;
        check.wrong.is_empty().then_some((fitting, check.never))
    }

    /// Fits policies that are in force to more tools.
    fn new(tools: &[Of<'_>], catalogue: &Catalogue, index: &Index) -> Option<Self> {
        let uids = tools.iter().map(|(server, tool)| {
            let action = entities::action(tool.mapped.action());
            (action, entities::server(server))
        });
        let uids: Vec<(EntityUid, EntityUid)> = uids.collect();
        let policies = index.slices.about(&uids);
        let naming = policies.keys().filter_map(|id| index.naming.get(*id));
        let schema = schema(tools, catalogue, &naming.collect::<Vec<_>>())?;
        let policies = PolicySet::from_policies(policies.into_values().cloned()).ok()?;
        let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        // A policy that is never true of these tools is so of those that were there before.
        let mut warnings = result.validation_warnings();
        let fits = result.validation_passed() && warnings.all(invalid::is_never_true);
        Self::of(schema, tools).ok().filter(|_| fits)
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
        place.filter(|place| place.judged == tool.judged)
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
