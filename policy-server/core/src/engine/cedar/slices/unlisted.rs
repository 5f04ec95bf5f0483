//! Policies on all tools of a server, where one of its tools is called that nobody has listed.
//!
//! Such a call has the action `tools/call`, which is in no server's group. A group is all tools of its
//! server all the same: a policy that names it is asked in a form of its own, about that server. Where it
//! reads arguments it fails, which denies: nothing is known of them.

use cedar_policy::{ActionConstraint, EntityUid, Policy, ResourceConstraint};
use serde_json::{Value, json};

use super::CutError;
use crate::engine::cedar::entities;
use crate::engine::cedar::found::{CALLS, Found};

/// The forms of a policy, one for each server whose tools its scope names as a group.
///
/// # Errors
/// Cedar does not read what it wrote.
pub(super) fn forms<'a>(found: &Found<'a>) -> Result<Vec<Found<'a>>, CutError> {
    let groups = match found.policy.action_constraint() {
        ActionConstraint::Any => Vec::new(),
        ActionConstraint::Eq(uid) => vec![uid],
        ActionConstraint::In(uids) => uids,
    };
    let mut servers: Vec<EntityUid> = groups
        .iter()
        .filter_map(entities::server_of_group)
        .collect();
    servers.sort();
    servers.dedup();
    let forms = servers
        .into_iter()
        .filter(|server| speaks_of(&found.policy, server));
    forms
        .map(|server| {
            let policy = about(&found.policy, &server).ok_or_else(|| {
                CutError::of(&format!("`{}` has no other form", found.policy.id()))
            })?;
            Ok(Found {
                policy,
                meaning: found.meaning.clone(),
                written: found.written,
            })
        })
        .collect()
}

/// Whether the resource of a scope may be a tool of this server.
fn speaks_of(policy: &Policy, server: &EntityUid) -> bool {
    super::resource_of(policy).is_none_or(|uid| uid == *server || super::is_of(&uid, server))
}

fn about(policy: &Policy, server: &EntityUid) -> Option<Policy> {
    let mut json = policy.to_json().ok()?;
    let calls = json!({ "type": "Mcp::Action", "id": CALLS });
    *json.get_mut("action")? = json!({ "op": "in", "entity": calls });
    let id: &str = server.id().as_ref();
    let entity = json!({ "type": "Mcp::Server", "id": id });
    let resource = json.get_mut("resource")?;
    match policy.resource_constraint() {
        ResourceConstraint::Any => *resource = json!({ "op": "in", "entity": entity }),
        ResourceConstraint::Is(_) => {
            let narrowed: &mut serde_json::Map<String, Value> = resource.as_object_mut()?;
            narrowed.insert("in".to_owned(), json!({ "entity": entity }));
        }
        ResourceConstraint::Eq(_) | ResourceConstraint::In(_) | ResourceConstraint::IsIn(..) => {}
    }
    Policy::from_json(Some(policy.id().clone()), json).ok()
}
