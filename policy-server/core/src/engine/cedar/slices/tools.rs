//! Policies cut for tools that have actions of their own: each policy is kept once for all tools,
//! once for its server, or once for each tool that it names; and there by the principal it names.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{ActionConstraint, Entities, EntityUid, Policy, PolicyId, PrincipalConstraint};

use super::{Cut, CutError, applies, is_of, is_server, resource_of};
use crate::engine::cedar::entities;
use crate::engine::cedar::found::{CALLS, Found};
use crate::engine::cedar::places::Place;

/// The cuts of all tools.
#[derive(Debug, Default)]
pub(super) struct ToolSlices {
    /// Policies about all tools.
    pub(super) all: Layer,
    /// Policies about all tools of a server.
    pub(super) by_server: BTreeMap<EntityUid, Layer>,
    /// Policies that name a tool, as an action or as a resource; by action.
    pub(super) own: BTreeMap<EntityUid, Layer>,
    none: Layer,
}

/// Policies by the principal that their scope names.
#[derive(Debug, Default)]
pub(in crate::engine::cedar) struct Layer {
    anyone: Cut,
    by_principal: BTreeMap<EntityUid, Cut>,
}

impl Layer {
    fn add(&mut self, found: &Found<'_>) -> Result<(), CutError> {
        let cut = match found.policy.principal_constraint() {
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => &mut self.anyone,
            PrincipalConstraint::In(uid)
            | PrincipalConstraint::Eq(uid)
            | PrincipalConstraint::IsIn(_, uid) => self.by_principal.entry(uid).or_default(),
        };
        cut.add(found)
    }

    fn cuts(&self) -> impl Iterator<Item = &Cut> {
        self.by_principal.values().chain([&self.anyone])
    }

    /// The policies whose scope can hold a caller that is known by these uids: its own, its user's
    /// and its roles'.
    fn of<'a>(&'a self, known: &'a [EntityUid]) -> impl Iterator<Item = &'a Cut> {
        let named = known.iter().filter_map(|uid| self.by_principal.get(uid));
        named.chain([&self.anyone])
    }
}

impl ToolSlices {
    pub(super) fn cut(policies: &[Found<'_>], actions: &Entities) -> Result<Self, CutError> {
        let calls = entities::action(CALLS);
        let mut slices = Self::default();
        for found in policies {
            let constraint = found.policy.action_constraint();
            let resource = resource_of(&found.policy);
            if applies(&constraint, &calls, actions) {
                slices.group(found, resource.as_ref())?;
            } else {
                slices.named(found, &constraint, resource.as_ref(), actions)?;
            }
        }
        Ok(slices)
    }

    /// A policy about calls of tools that its scope names, or of all tools of servers that it names.
    fn named(
        &mut self,
        found: &Found<'_>,
        constraint: &ActionConstraint,
        resource: Option<&EntityUid>,
        actions: &Entities,
    ) -> Result<(), CutError> {
        let named = named(constraint).filter(|uid| actions.get(uid).is_none());
        let (groups, tools): (Vec<_>, Vec<_>) =
            named.partition(|uid| entities::server_of_group(uid).is_some());
        let servers = groups.into_iter().filter_map(entities::server_of_group);
        let servers: Vec<EntityUid> = servers.collect();
        for server in &servers {
            match resource {
                None => self.group(found, Some(server))?,
                Some(uid) if uid == server || is_of(uid, server) => self.group(found, resource)?,
                Some(_) => {}
            }
        }
        let at = |action: &&EntityUid| match resource {
            None => true,
            Some(uid) if is_server(uid) => is_of(action, uid),
            Some(uid) => entities::action_of_tool(uid).as_ref() == Some(action),
        };
        // What all tools of a server are is not said of one of them again.
        let alone = |action: &&EntityUid| !servers.iter().any(|server| is_of(action, server));
        for action in tools.into_iter().filter(alone).filter(at) {
            self.own.entry(action.clone()).or_default().add(found)?;
        }
        Ok(())
    }

    /// A policy about calls of tools in general.
    fn group(&mut self, found: &Found<'_>, resource: Option<&EntityUid>) -> Result<(), CutError> {
        let Some(uid) = resource else {
            return self.all.add(found);
        };
        if let Some(action) = entities::action_of_tool(uid) {
            return self.own.entry(action).or_default().add(found);
        }
        if is_server(uid) {
            return self.by_server.entry(uid.clone()).or_default().add(found);
        }
        Ok(())
    }
}

impl ToolSlices {
    /// The policies that can speak of a caller and a tool.
    pub(super) fn of<'a>(&'a self, place: &Place, known: &'a [EntityUid]) -> Vec<&'a Cut> {
        let layers = [
            &self.all,
            self.by_server.get(&place.server).unwrap_or(&self.none),
            self.own.get(&place.action).unwrap_or(&self.none),
        ];
        let cuts = layers.into_iter().flat_map(|layer| layer.of(known));
        cuts.filter(|cut| cut.len() > 0).collect()
    }
}

impl ToolSlices {
    /// The policies that can speak of a call of some of these tools, whoever calls; each tool by its
    /// action and its server.
    pub(super) fn about<'a>(
        &'a self,
        tools: &[(EntityUid, EntityUid)],
    ) -> BTreeMap<&'a PolicyId, &'a Policy> {
        let servers: BTreeSet<&EntityUid> = tools.iter().map(|(_, server)| server).collect();
        let of_servers = servers
            .into_iter()
            .filter_map(|uid| self.by_server.get(uid));
        let own = tools.iter().filter_map(|(action, _)| self.own.get(action));
        let layers = [&self.all].into_iter().chain(of_servers).chain(own);
        let policies = layers.flat_map(Layer::cuts).flat_map(Cut::policies);
        policies.map(|policy| (policy.id(), policy)).collect()
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
