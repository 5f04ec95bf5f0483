//! Whether a list may show a target: type-aware partial evaluation with everything known but the
//! context (Cedar RFC 95).
//!
//! It only ever hides what no context could have permitted. Deliberately absent: enforcement. The
//! interface is experimental, so that a call is never decided by it.

use cedar_policy::{
    Entities, EntityUid, PartialEntities, PartialEntityUid, PartialRequest, PolicySet, Schema,
};

/// Whether one of the sets might permit it and none surely forbids it.
pub(super) fn possible<const N: usize>(
    schema: &Schema,
    principal: &EntityUid,
    action: &EntityUid,
    resource: &EntityUid,
    entities: &Entities,
    sets: [&PolicySet; N],
) -> bool {
    let principal = PartialEntityUid::from_concrete(principal.clone());
    let resource = PartialEntityUid::from_concrete(resource.clone());
    let request = PartialRequest::new(principal, action.clone(), resource, None, schema);
    let entities = PartialEntities::from_concrete(entities.clone(), schema);
    let (Ok(request), Ok(entities)) = (request, entities) else {
        return true;
    };
    let mut permitted = false;
    for set in sets.into_iter().filter(|set| !set.is_empty()) {
        let Ok(response) = set.tpe(&request, &entities, schema) else {
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
