//! Policies cut by action and resource at load, so that a decision does not grow with their number.
//!
//! Cedar evaluates every policy that it is given. Only policies whose *scope* cannot match are left
//! out, so decision and reasons are those of the whole set.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cedar_policy::{
    ActionConstraint, Entities, Entity, EntityUid, Policy, PolicySet, ResourceConstraint, Schema,
};

/// Why a set cannot be cut: two policies have one id, or the schema's actions are unsound. The load
/// rules both out.
#[derive(Debug, thiserror::Error)]
#[error("the policies cannot be indexed: {0}")]
pub(super) struct CutError(String);

/// All slices, by action.
#[derive(Debug)]
pub(super) struct Slices {
    by_method: BTreeMap<String, Method>,
    by_action: BTreeMap<EntityUid, Slice>,
    none: PolicySet,
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
    any: PolicySet,
    /// `any`, and those of one server.
    by_server: BTreeMap<EntityUid, PolicySet>,
    /// Those of one resource alone.
    by_resource: BTreeMap<EntityUid, Vec<Policy>>,
}

impl Slices {
    /// Cuts a policy set along the actions of the schema.
    ///
    /// # Errors
    /// Two policies have the same id.
    pub(super) fn cut(
        schema: &Schema,
        actions: &Entities,
        policies: &PolicySet,
    ) -> Result<Self, CutError> {
        let mut by_action = BTreeMap::new();
        for action in schema.actions() {
            let fits = |policy: &&Policy| applies(&policy.action_constraint(), action, actions);
            by_action.insert(action.clone(), Slice::of(policies.policies().filter(fits))?);
        }
        let is_call = |action: &&EntityUid| {
            let mut types = schema.resources_for_action(action).into_iter().flatten();
            types.next().is_some()
        };
        let mut by_method = BTreeMap::new();
        for action in schema.actions().filter(is_call) {
            let name: &str = action.id().as_ref();
            by_method.insert(name.to_owned(), Method::of(action, actions)?);
        }
        Ok(Self {
            by_method,
            by_action,
            none: PolicySet::new(),
        })
    }

    /// The action of a method, unless it is unknown or a mere group.
    pub(super) fn method(&self, method: &str) -> Option<&Method> {
        self.by_method.get(method)
    }

    /// The policies that can speak of this action on this resource of this server.
    ///
    /// # Errors
    /// Two policies have the same id, which the load rules out.
    pub(super) fn of(
        &self,
        action: &EntityUid,
        resource: &EntityUid,
        server: &EntityUid,
    ) -> Result<Cow<'_, PolicySet>, CutError> {
        let Some(slice) = self.by_action.get(action) else {
            return Ok(Cow::Borrowed(&self.none));
        };
        let base = slice.by_server.get(server).unwrap_or(&slice.any);
        match slice.by_resource.get(resource) {
            Some(own) => joined(base, own).map(Cow::Owned),
            None => Ok(Cow::Borrowed(base)),
        }
    }
}

impl Method {
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
    fn of<'a>(policies: impl Iterator<Item = &'a Policy>) -> Result<Self, CutError> {
        let mut any = Vec::new();
        let mut scoped: BTreeMap<EntityUid, Vec<Policy>> = BTreeMap::new();
        for policy in policies {
            match policy.resource_constraint() {
                ResourceConstraint::Any | ResourceConstraint::Is(_) => any.push(policy.clone()),
                ResourceConstraint::In(uid)
                | ResourceConstraint::Eq(uid)
                | ResourceConstraint::IsIn(_, uid) => {
                    scoped.entry(uid).or_default().push(policy.clone());
                }
            }
        }
        let any = joined(&PolicySet::new(), &any)?;
        let (servers, by_resource): (BTreeMap<_, _>, BTreeMap<_, _>) = scoped
            .into_iter()
            .partition(|(uid, _)| uid.type_name().basename() == "Server");
        let mut by_server = BTreeMap::new();
        for (uid, own) in servers {
            by_server.insert(uid, joined(&any, &own)?);
        }
        Ok(Self {
            any,
            by_server,
            by_resource,
        })
    }
}

/// A set and more policies.
fn joined(base: &PolicySet, more: &[Policy]) -> Result<PolicySet, CutError> {
    let mut set = base.clone();
    for policy in more {
        set.add(policy.clone())
            .map_err(|error| CutError(error.to_string()))?;
    }
    Ok(set)
}

fn applies(constraint: &ActionConstraint, action: &EntityUid, actions: &Entities) -> bool {
    let reaches = |uid: &EntityUid| uid == action || actions.is_ancestor_of(uid, action);
    match constraint {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => uid == action,
        ActionConstraint::In(uids) => uids.iter().any(reaches),
    }
}
