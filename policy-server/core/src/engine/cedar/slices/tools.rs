//! Policies cut for tools that have actions of their own: each policy is kept once for all tools,
//! once for its server, or once for each tool that it names.

use std::collections::BTreeMap;

use cedar_policy::{ActionConstraint, Entities, EntityUid};

use super::{Cut, CutError, applies, resource_of};
use crate::engine::cedar::entities;
use crate::engine::cedar::found::{CALLS, Found};
use crate::engine::cedar::places::Place;

/// The cuts of all tools.
#[derive(Debug, Default)]
pub(super) struct ToolSlices {
    /// Policies about all tools.
    pub(super) all: Cut,
    /// Policies about all tools of a server.
    pub(super) by_server: BTreeMap<EntityUid, Cut>,
    /// Policies that name a tool, as an action or as a resource; by action.
    pub(super) own: BTreeMap<EntityUid, Cut>,
}

impl ToolSlices {
    pub(super) fn cut(
        policies: &[Found<'_>],
        actions: &Entities,
        places: &BTreeMap<&EntityUid, &Place>,
    ) -> Result<Self, CutError> {
        let calls = entities::action(CALLS);
        let by_resource: BTreeMap<&EntityUid, &Place> = places
            .values()
            .map(|place| (&place.resource, *place))
            .collect();
        let servers: Vec<&EntityUid> = places.values().map(|place| &place.server).collect();
        let mut slices = Self::default();
        for found in policies {
            let action = found.policy.action_constraint();
            let resource = resource_of(&found.policy);
            if applies(&action, &calls, actions) {
                slices.group(found, resource.as_ref(), &by_resource, &servers)?;
            } else {
                let named = named(&action).filter_map(|uid| places.get(uid));
                let at = |place: &&&Place| match &resource {
                    None => true,
                    Some(uid) => *uid == place.resource || *uid == place.server,
                };
                for place in named.filter(at) {
                    slices
                        .own
                        .entry(place.action.clone())
                        .or_default()
                        .add(found)?;
                }
            }
        }
        Ok(slices)
    }

    /// A policy about calls of tools in general.
    fn group(
        &mut self,
        found: &Found<'_>,
        resource: Option<&EntityUid>,
        by_resource: &BTreeMap<&EntityUid, &Place>,
        servers: &[&EntityUid],
    ) -> Result<(), CutError> {
        let Some(uid) = resource else {
            return self.all.add(found);
        };
        if let Some(place) = by_resource.get(uid) {
            return self.own.entry(place.action.clone()).or_default().add(found);
        }
        if servers.contains(&uid) {
            return self.by_server.entry(uid.clone()).or_default().add(found);
        }
        Ok(())
    }
}

/// The actions that a scope names, each once.
fn named(constraint: &ActionConstraint) -> impl Iterator<Item = &EntityUid> {
    let uids: &[EntityUid] = match constraint {
        ActionConstraint::Any => &[],
        ActionConstraint::Eq(uid) => std::slice::from_ref(uid),
        ActionConstraint::In(uids) => uids,
    };
    let mut seen: Vec<&EntityUid> = uids.iter().collect();
    seen.sort();
    seen.dedup();
    seen.into_iter()
}
