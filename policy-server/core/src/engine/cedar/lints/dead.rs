//! Policies without effect beside the others: overruled whole, or there twice.
//!
//! Policies that fit no action, or whose conditions are always false, do not get here: the
//! validator's warnings are errors.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{
    Effect, EntityUid, PrincipalConstraint, RequestEnv, ResourceConstraint, Schema,
};
use serde_json::Value;

use super::super::annotations::Mode;
use super::Policy;
use crate::policies::{Code, Problem};

pub(super) fn lint(policies: &[Policy<'_>], schemas: &[&Schema]) -> Vec<Problem> {
    let mut problems = overruled(policies, schemas);
    problems.extend(duplicates(policies));
    problems
}

/// Permits whose every request an unconditional forbid refuses.
fn overruled(policies: &[Policy<'_>], schemas: &[&Schema]) -> Vec<Problem> {
    let enforced = |policy: &&Policy<'_>| policy.found.meaning.mode == Mode::Enforce;
    let of = |effect| move |policy: &&Policy<'_>| policy.found.policy.effect() == effect;
    let forbids: Vec<Reach<'_>> = policies
        .iter()
        .filter(enforced)
        .filter(of(Effect::Forbid))
        .filter(|policy| unconditional(policy))
        .map(|policy| Reach::of(policy, schemas))
        .collect();
    if forbids.is_empty() {
        return Vec::new();
    }
    let permits = policies.iter().filter(enforced).filter(of(Effect::Permit));
    permits
        .filter_map(|permit| {
            let reach = Reach::of(permit, schemas);
            let by = forbids.iter().find(|forbid| forbid.covers(&reach))?;
            let id = by.policy.found.policy.id();
            let message = format!("this permit has no effect: `{id}` forbids all that it permits");
            let problem = permit.found.problem(Code::LintOverruledPermit, &message);
            let at = by.policy.found.line();
            Some(problem.help(&format!(
                "remove the permit, or narrow the forbid in {at}: a forbid outweighs every permit"
            )))
        })
        .collect()
}

fn unconditional(policy: &Policy<'_>) -> bool {
    let constant =
        |value: bool| move |body: &Value| body.get("Value").and_then(Value::as_bool) == Some(value);
    policy.bodies("when").all(constant(true)) && policy.bodies("unless").all(constant(false))
}

/// The requests that a policy's scope lets through.
struct Reach<'a> {
    policy: &'a Policy<'a>,
    envs: BTreeSet<RequestEnv>,
    principal: Option<EntityUid>,
    resource: Option<EntityUid>,
}

impl<'a> Reach<'a> {
    fn of(policy: &'a Policy<'a>, schemas: &[&Schema]) -> Self {
        let cedar = &policy.found.policy;
        let principal = match cedar.principal_constraint() {
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => None,
            PrincipalConstraint::In(uid)
            | PrincipalConstraint::Eq(uid)
            | PrincipalConstraint::IsIn(_, uid) => Some(uid),
        };
        let resource = match cedar.resource_constraint() {
            ResourceConstraint::Any | ResourceConstraint::Is(_) => None,
            ResourceConstraint::In(uid)
            | ResourceConstraint::Eq(uid)
            | ResourceConstraint::IsIn(_, uid) => Some(uid),
        };
        Self {
            policy,
            envs: schemas
                .iter()
                .flat_map(|schema| cedar.get_valid_request_envs(schema))
                .collect(),
            principal,
            resource,
        }
    }

    /// Whether all that the other lets through, this one does too. Types and actions are in the
    /// environments; entities are compared by name, and with the server in front of their id.
    fn covers(&self, other: &Self) -> bool {
        let exact = |of: &Self| {
            let cedar = &of.policy.found.policy;
            let principal = matches!(cedar.principal_constraint(), PrincipalConstraint::Eq(_));
            let resource = matches!(cedar.resource_constraint(), ResourceConstraint::Eq(_));
            (principal, resource)
        };
        let ((own_p, own_r), (other_p, other_r)) = (exact(self), exact(other));
        let within = |own: &Option<EntityUid>,
                      own_exact: bool,
                      of: &Option<EntityUid>,
                      exact: bool| match (own, of) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(of)) => {
                (own == of && (exact || !own_exact)) || (!own_exact && is_of(of, own))
            }
        };
        other.envs.is_subset(&self.envs)
            && within(&self.principal, own_p, &other.principal, other_p)
            && within(&self.resource, own_r, &other.resource, other_r)
    }
}

/// Whether a thing's id begins with the name of this server.
fn is_of(uid: &EntityUid, server: &EntityUid) -> bool {
    let (id, name): (&str, &str) = (uid.id().as_ref(), server.id().as_ref());
    let rest = id.strip_prefix(name);
    server.type_name().basename() == "Server" && rest.is_some_and(|rest| rest.starts_with('/'))
}

/// Policies that do the same as an earlier one.
fn duplicates(policies: &[Policy<'_>]) -> Vec<Problem> {
    let mut seen: BTreeMap<String, &Policy<'_>> = BTreeMap::new();
    let mut problems = Vec::new();
    for policy in policies {
        let Some(first) = seen.get(&effects(policy)) else {
            seen.insert(effects(policy), policy);
            continue;
        };
        let message = format!("this does the same as `{}`", first.found.policy.id());
        let problem = policy.found.problem(Code::LintDuplicatePolicy, &message);
        let help = format!("remove one of them; the other is in {}", first.found.line());
        problems.push(problem.help(&help));
    }
    problems
}

/// All that a policy does, as text: everything but its name and what it says to people.
fn effects(policy: &Policy<'_>) -> String {
    let mut does = policy.json.clone();
    if let Some(members) = does.as_object_mut() {
        members.remove("annotations");
    }
    let meaning = &policy.found.meaning;
    let gate = meaning.gate.as_ref();
    let gate = gate.map(|gate| (&gate.groups, gate.ttl, gate.scope));
    format!("{does} {:?} {gate:?}", meaning.mode)
}
