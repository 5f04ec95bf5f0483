//! Policies cut by action and resource at load, so that a decision does not grow with their number.
//!
//! Cedar evaluates every policy that it is given. Only policies whose *scope* cannot match are left
//! out, so decision and reasons are those of the whole set.

mod cut;
mod tools;
mod unlisted;

use std::collections::BTreeMap;

use cedar_policy::{
    ActionConstraint, Entities, Entity, EntityUid, Policy, PolicyId, ResourceConstraint, Schema,
};

pub(super) use self::cut::Cut;
use self::tools::ToolSlices;
use super::entities;
use super::found::{CALLS, Found};
use super::places::Place;

/// Why a set cannot be cut: two policies have one id, or the schema's actions are unsound. The load
/// rules both out.
#[derive(Debug, thiserror::Error)]
#[error("the policies cannot be indexed: {0}")]
pub(super) struct CutError(String);

impl CutError {
    pub(super) fn of(error: &dyn std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// All slices.
#[derive(Debug)]
pub(super) struct Slices {
    by_method: BTreeMap<String, Method>,
    by_action: BTreeMap<EntityUid, Slice>,
    tools: ToolSlices,
    none: Cut,
}

/// What a method means in the schema.
#[derive(Clone, Debug)]
pub(super) struct Method {
    /// Its action.
    pub(super) action: EntityUid,
    /// The entities of the action and its groups. Those of other actions would only cost time.
    pub(super) entities: Entities,
}

/// The policies of one action.
#[derive(Debug, Default)]
struct Slice {
    /// Those whose scope names no resource.
    any: Cut,
    /// `any`, and those of one server.
    by_server: BTreeMap<EntityUid, Cut>,
    /// Those of the server or `any`, and those of one resource alone.
    by_resource: BTreeMap<EntityUid, Cut>,
}

impl Slices {
    /// Cuts policies along the actions of the built-in schema, and along the tools that they name,
    /// whether there are such tools or not.
    ///
    /// # Errors
    /// Two policies have the same id.
    pub(super) fn cut(
        schema: &Schema,
        actions: &Entities,
        policies: &[Found<'_>],
    ) -> Result<Self, CutError> {
        let tools = ToolSlices::cut(policies, actions)?;
        let calls = entities::action(CALLS);
        let mut of_groups = Vec::new();
        for found in policies {
            of_groups.extend(unlisted::forms(found)?);
        }
        let mut by_action = BTreeMap::new();
        let mut by_method = BTreeMap::new();
        for action in schema.actions() {
            let fits =
                |found: &&Found<'_>| applies(&found.policy.action_constraint(), action, actions);
            let groups = if *action == calls {
                &of_groups[..]
            } else {
                &[]
            };
            let of_action = policies.iter().filter(fits).chain(groups);
            by_action.insert(action.clone(), Slice::of(of_action)?);
            let mut types = schema.resources_for_action(action).into_iter().flatten();
            if types.next().is_some() {
                let name: &str = action.id().as_ref();
                by_method.insert(name.to_owned(), Method::of(action, actions)?);
            }
        }
        Ok(Self {
            by_method,
            by_action,
            tools,
            none: Cut::default(),
        })
    }

    /// The action of a method, unless it is unknown or a mere group.
    pub(super) fn method(&self, method: &str) -> Option<&Method> {
        self.by_method.get(method)
    }

    /// The policies that can speak of this action on this resource of this server.
    pub(super) fn of(&self, action: &EntityUid, resource: &EntityUid, server: &EntityUid) -> &Cut {
        let Some(slice) = self.by_action.get(action) else {
            return &self.none;
        };
        let own = slice.by_resource.get(resource);
        own.or_else(|| slice.by_server.get(server))
            .unwrap_or(&slice.any)
    }

    /// The policies that can speak of a call of some of these tools, whoever calls; each tool by its
    /// action and its server.
    pub(super) fn about<'a>(
        &'a self,
        tools: &[(EntityUid, EntityUid)],
    ) -> BTreeMap<&'a PolicyId, &'a Policy> {
        self.tools.about(tools)
    }

    /// The policies that can speak of a caller and a tool, in parts. Policies are independent of
    /// each other, so the parts together say what the whole would. `known` are the uids of the
    /// caller, its user and its roles.
    pub(super) fn of_tool<'a>(&'a self, place: &Place, known: &'a [EntityUid]) -> Vec<&'a Cut> {
        self.tools.of(place, known)
    }
}

impl Method {
    /// Its name, as the protocol has it.
    pub(super) fn name(&self) -> &str {
        self.action.id().as_ref()
    }

    fn of(action: &EntityUid, actions: &Entities) -> Result<Self, CutError> {
        let own = |entity: &&Entity| {
            entity.uid() == *action || actions.is_ancestor_of(&entity.uid(), action)
        };
        let entities = Entities::from_entities(actions.iter().filter(own).cloned(), None)
            .map_err(|error| CutError(error.to_string()))?;
        Ok(Self {
            action: action.clone(),
            entities,
        })
    }
}

impl Slice {
    fn of<'a, 'f: 'a>(policies: impl Iterator<Item = &'a Found<'f>>) -> Result<Self, CutError> {
        let mut any = Cut::default();
        let mut scoped: BTreeMap<EntityUid, Vec<&Found<'_>>> = BTreeMap::new();
        for found in policies {
            match resource_of(&found.policy) {
                Some(uid) => scoped.entry(uid).or_default().push(found),
                None => any.add(found)?,
            }
        }
        let (servers, resources): (BTreeMap<_, _>, BTreeMap<_, _>) =
            scoped.into_iter().partition(|(uid, _)| is_server(uid));
        let mut by_server = BTreeMap::new();
        for (uid, own) in servers {
            by_server.insert(uid, any.with(&own)?);
        }
        let mut by_resource = BTreeMap::new();
        for (uid, own) in resources {
            let base = by_server
                .iter()
                .find(|(server, _)| is_of(&uid, server))
                .map_or(&any, |(_, cut)| cut);
            by_resource.insert(uid.clone(), base.with(&own)?);
        }
        Ok(Self {
            any,
            by_server,
            by_resource,
        })
    }
}

/// The resource or server that a scope names.
fn resource_of(policy: &Policy) -> Option<EntityUid> {
    match policy.resource_constraint() {
        ResourceConstraint::Any | ResourceConstraint::Is(_) => None,
        ResourceConstraint::In(uid)
        | ResourceConstraint::Eq(uid)
        | ResourceConstraint::IsIn(_, uid) => Some(uid),
    }
}

pub(super) fn is_server(uid: &EntityUid) -> bool {
    uid.type_name().basename() == "Server"
}

/// Whether a resource's id begins with the name of this server, which holds no slash.
pub(super) fn is_of(resource: &EntityUid, server: &EntityUid) -> bool {
    let (id, name): (&str, &str) = (resource.id().as_ref(), server.id().as_ref());
    id.strip_prefix(name)
        .is_some_and(|rest| rest.starts_with('/'))
}

/// Whether the scope of a policy holds calls of the tool that has this action.
pub(super) fn reaches(policy: &Policy, action: &EntityUid, actions: &Entities) -> bool {
    let of = |uid: EntityUid| match is_server(&uid) {
        true => is_of(action, &uid),
        false => entities::action_of_tool(&uid).as_ref() == Some(action),
    };
    applies(&policy.action_constraint(), action, actions) && resource_of(policy).is_none_or(of)
}

fn applies(constraint: &ActionConstraint, action: &EntityUid, actions: &Entities) -> bool {
    let reaches = |uid: &EntityUid| uid == action || actions.is_ancestor_of(uid, action);
    match constraint {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => uid == action,
        ActionConstraint::In(uids) => uids.iter().any(reaches),
    }
}
