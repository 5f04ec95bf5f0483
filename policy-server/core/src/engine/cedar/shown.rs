//! Whether a list may show a target: type-aware partial evaluation with everything known but the
//! context (Cedar RFC 95).
//!
//! It only ever hides what no context could have permitted. Deliberately absent: enforcement. The
//! interface is experimental, so that a call is never decided by it.

use cedar_policy::{Effect, EntityUid, PartialEntities, PartialEntityUid, PartialRequest, Schema};

use super::slices::Cut;

/// Whether some policy permits at all.
pub(super) fn permits(cuts: &[&Cut]) -> bool {
    let permit = |cut: &&Cut| {
        let mut policies = cut.base.policies();
        policies.any(|policy| policy.effect() == Effect::Permit)
    };
    cuts.iter().any(permit)
}

/// The policies that surely forbid it, whatever the context.
pub(super) fn forbids(
    schema: &Schema,
    principal: &EntityUid,
    action: &EntityUid,
    resource: &EntityUid,
    entities: &PartialEntities,
    cuts: &[&Cut],
) -> Vec<String> {
    let principal = PartialEntityUid::from_concrete(principal.clone());
    let resource = PartialEntityUid::from_concrete(resource.clone());
    let request = PartialRequest::new(principal, action.clone(), resource, None, schema);
    let Ok(request) = request else {
        return Vec::new();
    };
    let mut ids = Vec::new();
    for cut in cuts.iter().filter(|cut| !cut.base.is_empty()) {
        if let Ok(response) = cut.base.tpe(&request, entities, schema) {
            ids.extend(response.true_forbids().map(ToString::to_string));
        }
    }
    ids
}

/// Whether one of the cuts might permit it and none surely forbids it. A gate hides nothing: an
/// approval may open it.
pub(super) fn possible(
    schema: &Schema,
    principal: &EntityUid,
    action: &EntityUid,
    resource: &EntityUid,
    entities: &PartialEntities,
    cuts: &[&Cut],
) -> bool {
    let principal = PartialEntityUid::from_concrete(principal.clone());
    let resource = PartialEntityUid::from_concrete(resource.clone());
    let request = PartialRequest::new(principal, action.clone(), resource, None, schema);
    let Ok(request) = request else {
        return true;
    };
    let mut permitted = false;
    for cut in cuts.iter().filter(|cut| !cut.base.is_empty()) {
        let Ok(response) = cut.base.tpe(&request, entities, schema) else {
            return true;
        };
        if response.true_forbids().next().is_some() {
            return false;
        }
        permitted |= response.true_permits().next().is_some()
            || response.residual_permits().next().is_some();
    }
    permitted
}
