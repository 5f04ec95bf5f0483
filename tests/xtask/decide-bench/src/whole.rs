//! The reference: Cedar on the whole set, with everything built beforehand, as a program does that
//! neither slices nor checks arguments.

use std::str::FromStr as _;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Schema, SchemaFragment,
};
use portcullis_core::engine::cedar::SCHEMA;
use portcullis_core::policies::Policies;
use portcullis_core::schema;
use serde_json::{Value, json};

use crate::Failure;
use crate::world;

/// One request, and all policies.
pub(crate) struct Whole {
    policies: PolicySet,
    request: Request,
    entities: Entities,
}

impl Whole {
    /// Builds everything from JSON.
    pub(crate) fn new(policies: &Policies, text: &str) -> Result<Self, Failure> {
        let (fragment, warnings) = SchemaFragment::from_cedarschema_str(SCHEMA)?;
        drop(warnings);
        let tools = policies.catalogue().tools().map(|(_, tool)| &*tool.mapped);
        let schema = Schema::from_json_value(schema::merge(fragment.to_json_value()?, tools))?;
        let uid = |kind: &str, id: &str| EntityUid::from_str(&format!("Mcp::{kind}::\"{id}\""));
        let action = uid("Action", "srv0/tool1")?;
        let context = Context::from_json_value(context()?, Some((&schema, &action)))?;
        let entities = Entities::from_json_value(entities(), Some(&schema))?;
        let (principal, resource) = (uid("Agent", "helper")?, uid("Tool", "srv0/tool1")?);
        Ok(Self {
            policies: PolicySet::from_str(text)?,
            request: Request::new(principal, action, resource, context, Some(&schema))?,
            entities,
        })
    }

    /// Decides.
    pub(crate) fn allows(&self) -> bool {
        let response =
            Authorizer::new().is_authorized(&self.request, &self.policies, &self.entities);
        response.decision() == Decision::Allow
    }
}

fn entity(kind: &str, id: &str, attrs: &Value, parents: &[(&str, &str)]) -> Value {
    let uid = |(kind, id): &(&str, &str)| json!({"type": format!("Mcp::{kind}"), "id": id});
    let parents: Vec<Value> = parents.iter().map(uid).collect();
    json!({"uid": uid(&(kind, id)), "attrs": attrs, "parents": parents})
}

fn entities() -> Value {
    let none = json!({});
    let roles = [("Role", "r0"), ("Role", "r1"), ("Role", "r2")];
    let user = json!({"__entity": {"type": "Mcp::User", "id": "alice"}});
    let agent = json!({"name": "helper", "issuer": "https://issuer.example", "user": user});
    let above = [("User", "alice"), roles[0], roles[1], roles[2]];
    let tool = json!({
        "name": "tool1", "readOnly": false, "destructive": false, "idempotent": false,
        "openWorld": true, "listed": true, "tags": [],
    });
    let mut all = vec![
        entity("Agent", "helper", &agent, &above),
        entity("User", "alice", &none, &roles),
        entity("Server", "srv0", &none, &[]),
        entity("Tool", "srv0/tool1", &tool, &[("Server", "srv0")]),
    ];
    all.extend(roles.iter().map(|(kind, id)| entity(kind, id, &none, &[])));
    Value::Array(all)
}

fn context() -> Result<Value, Failure> {
    let mut input: Value = serde_json::from_str(world::ARGUMENTS)?;
    if let Some(currency) = input.get_mut("currency") {
        let kind = "Mcp::srv0::tool1::Input::currency";
        *currency = json!({"__entity": {"type": kind, "id": "EUR"}});
    }
    Ok(json!({
        "now": {"__extn": {"fn": "datetime", "arg": "2026-11-25T10:00:00Z"}},
        "server": {"__entity": {"type": "Mcp::Server", "id": "srv0"}},
        "direction": {"__entity": {"type": "Mcp::Direction", "id": "to_server"}},
        "args_digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "input": input,
    }))
}
