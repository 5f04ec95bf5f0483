//! Policies on data: which classes are revealed, and which handles become secrets again.
//!
//! Only a permit whose scope names the action counts; a forbid counts also when it is over all
//! actions. Whatever fails to evaluate grants nothing. Deliberately absent: time and anything of a
//! message, so that an answer can be remembered; and whose rules find what, which is redaction's.

use std::collections::BTreeMap;

use cedar_policy::{
    ActionConstraint, Authorizer, Context, Decision, Effect, Entities, Entity, EntityUid, Policy,
    PolicySet, PrincipalConstraint, Request, RestrictedExpression, Schema,
};
use portcullis_protocol::redact::Class;

use super::annotations::Mode;
use super::found::Found;
use super::{Engine, entities};
use crate::disclosure::{Asker, Wish};
use crate::engine::Fault;
use crate::policies::{Code, Problem};

/// The actions that are about data.
pub(super) const DISCLOSING: [&str; 2] = ["reveal", "restore"];

/// The policies on data, by action.
#[derive(Debug)]
pub(super) struct Disclosing {
    schema: Schema,
    /// Those of each action that some permit names; of others nothing is granted.
    by_action: BTreeMap<&'static str, PolicySet>,
}

impl Disclosing {
    /// Sorts policies. `schema` is that of the actions on data.
    ///
    /// # Errors
    /// Two policies have one id.
    pub(super) fn of(found: &[Found<'_>], schema: &Schema) -> Result<Self, Vec<Problem>> {
        let mut by_action = BTreeMap::new();
        for action in DISCLOSING {
            let counts = |found: &&Found<'_>| counts(found, action);
            let policies = found.iter().filter(counts).map(|one| one.policy.clone());
            let set = PolicySet::from_policies(policies)
                .map_err(|error| vec![Problem::anywhere(Code::Unreadable, "policies", &error)])?;
            if set.policies().any(|one| one.effect() == Effect::Permit) {
                by_action.insert(action, set);
            }
        }
        Ok(Self {
            schema: schema.clone(),
            by_action,
        })
    }

    /// The schema of the actions on data.
    pub(super) const fn schema(&self) -> &Schema {
        &self.schema
    }
}

fn counts(found: &Found<'_>, action: &str) -> bool {
    let constraint = found.policy.action_constraint();
    let named = scoped(&constraint).any(|uid| *uid == entities::action(action));
    let forbids_all =
        found.policy.effect() == Effect::Forbid && matches!(constraint, ActionConstraint::Any);
    found.meaning.mode == Mode::Enforce && (named || forbids_all)
}

/// The actions that a scope names.
fn scoped(constraint: &ActionConstraint) -> impl Iterator<Item = &EntityUid> {
    match constraint {
        ActionConstraint::Any => [].iter(),
        ActionConstraint::Eq(uid) => std::slice::from_ref(uid).iter(),
        ActionConstraint::In(uids) => uids.iter(),
    }
}

fn is_of_data(uid: &EntityUid) -> bool {
    DISCLOSING.iter().any(|id| *uid == entities::action(id))
}

/// Whether a policy's scope names an action on data.
pub(super) fn names(policy: &Policy) -> bool {
    scoped(&policy.action_constraint()).any(is_of_data)
}

/// Refuses policies that name actions of both kinds: they have no context in common.
///
/// # Errors
/// Those policies.
pub(super) fn unmixed(found: &[&Found<'_>]) -> Result<(), Vec<Problem>> {
    let mixed = |found: &&&Found<'_>| !scoped(&found.policy.action_constraint()).all(is_of_data);
    let problem = |found: &&Found<'_>| {
        let message = "a policy on `reveal` or `restore` names no other action";
        let problem = found.problem(Code::NeverApplies, message);
        problem.help("write a policy of its own for the other actions")
    };
    Problem::none(found.iter().filter(mixed).map(problem).collect())
}

impl Engine {
    /// Whether a permit names an action on data.
    #[must_use]
    pub fn discloses(&self) -> bool {
        !self.index.disclosing.by_action.is_empty()
    }

    /// Which of these classes the wish is granted for.
    ///
    /// # Errors
    /// The question does not fit the schema.
    pub fn granted(
        &self,
        asker: Asker<'_>,
        wish: Wish<'_>,
        classes: &[Class],
    ) -> Result<Vec<Class>, Fault> {
        let Some(policies) = self.index.disclosing.by_action.get(wish.action()) else {
            return Ok(Vec::new());
        };
        let (principal, known) = entities::caller(asker.caller)?;
        let Some(policies) = reaching(policies, &known)? else {
            return Ok(Vec::new());
        };
        let around = surroundings(known, asker, wish, classes, &self.index.disclosing.schema)?;
        let action = entities::action(wish.action());
        let context = context(asker, wish)?;
        let mut granted = Vec::new();
        // One context for all classes, which are of one type: what fits with one fits with all.
        let mut schema = Some(&self.index.disclosing.schema);
        for class in classes {
            let request = Request::new(
                principal.clone(),
                action.clone(),
                entities::class(class.as_str()),
                context.clone(),
                schema.take(),
            )
            .map_err(|_| Fault::UnfitRequest)?;
            if permits(&self.authorizer, &request, &policies, &around) {
                granted.push(class.clone());
            }
        }
        Ok(granted)
    }
}

/// The policies whose scope can hold one of these callers, users and roles. None when no permit is
/// among them. The scope of the others is false, so that they can neither hold nor fail.
fn reaching(policies: &PolicySet, known: &[Entity]) -> Result<Option<PolicySet>, Fault> {
    let reaches = |policy: &&Policy| match policy.principal_constraint() {
        PrincipalConstraint::Any | PrincipalConstraint::Is(_) => true,
        PrincipalConstraint::In(uid)
        | PrincipalConstraint::Eq(uid)
        | PrincipalConstraint::IsIn(_, uid) => known.iter().any(|one| one.uid() == uid),
    };
    let own = policies.policies().filter(reaches).cloned();
    let own = PolicySet::from_policies(own).map_err(|_| Fault::UnfitPolicies)?;
    let permits = own.policies().any(|one| one.effect() == Effect::Permit);
    Ok(permits.then_some(own))
}

/// An error of any policy is no permit: Cedar itself would skip a forbid that fails.
fn permits(
    authorizer: &Authorizer,
    request: &Request,
    policies: &PolicySet,
    around: &Entities,
) -> bool {
    let response = authorizer.is_authorized(request, policies, around);
    response.decision() == Decision::Allow && response.diagnostics().errors().next().is_none()
}

fn surroundings(
    known: Vec<Entity>,
    asker: Asker<'_>,
    wish: Wish<'_>,
    classes: &[Class],
    schema: &Schema,
) -> Result<Entities, Fault> {
    let mut all: BTreeMap<EntityUid, Entity> =
        known.into_iter().map(|one| (one.uid(), one)).collect();
    let from = match wish {
        Wish::Reveal(_) => None,
        Wish::Restore { from, .. } => Some(from),
    };
    for server in [asker.server].into_iter().chain(from) {
        let uid = entities::server(server);
        all.insert(uid.clone(), entities::bare(&uid)?);
    }
    for class in classes {
        let mut next = Some(class.as_str());
        while let Some(name) = next {
            all.insert(entities::class(name), entities::class_below(name)?);
            next = name.rsplit_once('.').map(|(above, _)| above);
        }
    }
    let around = Entities::from_entities(all.into_values(), Some(schema));
    around.map_err(|_| Fault::UnfitEntities)
}

fn context(asker: Asker<'_>, wish: Wish<'_>) -> Result<Context, Fault> {
    let entity = RestrictedExpression::new_entity_uid;
    let string = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let mut pairs = vec![("server", entity(entities::server(asker.server)))];
    pairs.extend(asker.tool.map(|tool| ("tool", string(tool.as_str()))));
    match wish {
        Wish::Reveal(way) => pairs.push(("direction", entity(entities::direction(way)))),
        Wish::Restore { path, from } => {
            pairs.push(("path", string(path)));
            pairs.push(("from", entity(entities::server(from))));
        }
    }
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Context::from_pairs(pairs).map_err(|_| Fault::UnfitRequest)
}
