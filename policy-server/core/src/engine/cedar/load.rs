//! Cedar text to an [`Engine`], or a list of problems with their places.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cedar_policy::{
    Entities, Entity, EntityUid, Policy, PolicySet, Schema, SchemaFragment, ValidationMode,
    Validator,
};
use portcullis_protocol::names::ServerName;
use serde_json::Value;

use super::annotations::Meaning;
use super::disclose::{self, DISCLOSING, Disclosing};
use super::found::{self, CALLS, Found};
use super::places::Place;
use super::principals::Principals;
use super::reads::Readers;
use super::slices::{CutError, Slices};
use super::{Engine, SCHEMA, entities, invalid, unclear};
use crate::catalogue::{Catalogue, Tool};
use crate::engine::Fault;
use crate::policies::{Code, Problem, SCHEMA_FILE, Sources};
use crate::schema;
use crate::uri::Named;

/// What annotations come to, by policy id.
pub(super) type Meanings = BTreeMap<String, Meaning>;

/// The built-in schema as JSON, read once. Tools are put into it.
static LAW: LazyLock<Result<Value, Vec<Problem>>> = LazyLock::new(|| {
    let problem = |error: &dyn std::fmt::Display| {
        vec![Problem::new(Code::Schema, SCHEMA_FILE, &error.to_string())]
    };
    let (fragment, mut warnings) =
        SchemaFragment::from_cedarschema_str(SCHEMA).map_err(|error| problem(&error))?;
    if let Some(warning) = warnings.next() {
        return Err(problem(&warning));
    }
    drop(warnings);
    fragment.to_json_value().map_err(|error| problem(&error))
});

/// The built-in schema of messages: without the actions that are about data.
static MESSAGES: LazyLock<Result<Value, Vec<Problem>>> =
    LazyLock::new(|| with_actions(|action| !DISCLOSING.contains(&action)));

/// The built-in schema of data alone: what policies on revealing and restoring are validated with.
pub(super) static DATA: LazyLock<Result<Schema, Vec<Problem>>> = LazyLock::new(|| {
    Schema::from_json_value(with_actions(|action| DISCLOSING.contains(&action))?)
        .map_err(|error| vec![Problem::anywhere(Code::Schema, SCHEMA_FILE, &error)])
});

fn with_actions(keep: impl Fn(&str) -> bool) -> Result<Value, Vec<Problem>> {
    let mut law = LAW.clone()?;
    let actions = law
        .pointer_mut("/Mcp/actions")
        .and_then(Value::as_object_mut);
    if let Some(actions) = actions {
        actions.retain(|action, _| keep(action));
    }
    Ok(law)
}

/// The built-in schema alone, built once.
static BARE: LazyLock<Result<Schema, Vec<Problem>>> = LazyLock::new(|| {
    Schema::from_json_value(MESSAGES.clone()?)
        .map_err(|error| vec![Problem::anywhere(Code::Schema, SCHEMA_FILE, &error)])
});

impl Engine {
    /// Parses, validates and cuts the policies.
    ///
    /// # Errors
    /// Everything that is wrong with them, or with the schema.
    pub fn load(sources: &Sources, catalogue: &Catalogue) -> Result<Self, Vec<Problem>> {
        let found = found::all(sources)?;
        found::unique(&found)?;
        let unfit = |error: &dyn std::fmt::Display| {
            vec![Problem::new(Code::Schema, SCHEMA_FILE, &error.to_string())]
        };
        let schema = schema(catalogue)?;
        let actions = schema.action_entities().map_err(|error| unfit(&error))?;
        let (data, messages): (Vec<&Found<'_>>, Vec<&Found<'_>>) = found
            .iter()
            .partition(|found| disclose::names(&found.policy));
        validate(&schema, &messages)?;
        disclose::unmixed(&data)?;
        let of_data = DATA.as_ref().map_err(Clone::clone)?;
        validate(of_data, &data)?;
        let places = places(catalogue, &schema, &actions).map_err(|fault| unfit(&fault))?;
        let slices = Slices::cut(&schema, &actions, &found, places.values()).map_err(|error| {
            vec![Problem::new(
                Code::Unreadable,
                "policies",
                &error.to_string(),
            )]
        })?;
        let (named, variants) = about_uris(&messages).map_err(|error| unfit(&error))?;
        let readers = Readers::of(found.iter().map(|found| &found.policy));
        let meaning = |found: Found<'_>| (found.policy.id().to_string(), found.meaning);
        Ok(Self {
            schema,
            disclosing: Disclosing::of(&found, of_data)?,
            slices,
            bare: BARE.clone()?,
            tools: crowds(&places).map_err(|fault| unfit(&fault))?,
            places,
            principals: Principals::default(),
            meanings: found.into_iter().map(meaning).collect(),
            readers,
            named,
            variants,
            authorizer: cedar_policy::Authorizer::new(),
        })
    }
}

/// The URIs that policies name exactly, and the forms in which policies are asked about opaque ones.
fn about_uris(found: &[&Found<'_>]) -> Result<(Named, BTreeMap<String, Policy>), CutError> {
    let mut named = Named::default();
    let mut variants = BTreeMap::new();
    for one in found {
        unclear::name(&one.policy, &mut named);
        let variant = unclear::variant(&one.policy)?;
        variants.extend(variant.map(|policy| (policy.id().to_string(), policy)));
    }
    Ok((named, variants))
}

/// The schema that policies on messages are validated against: the built-in one, and an action for
/// each tool.
///
/// # Errors
/// Cedar does not take the types of a tool.
pub(super) fn schema(catalogue: &Catalogue) -> Result<Schema, Vec<Problem>> {
    let tools = catalogue.tools().map(|(_, tool)| &*tool.mapped);
    let json = schema::merge(MESSAGES.clone()?, tools);
    Schema::from_json_value(json)
        .map_err(|error| vec![Problem::anywhere(Code::Schema, SCHEMA_FILE, &error)])
}

/// The tools of each server, with their server.
fn crowds(places: &BTreeMap<String, Place>) -> Result<BTreeMap<EntityUid, Entities>, Fault> {
    let mut of_server: BTreeMap<&EntityUid, Vec<Entity>> = BTreeMap::new();
    for place in places.values() {
        let tool = place.entities.get(&place.resource).cloned();
        of_server.entry(&place.server).or_default().extend(tool);
    }
    let crowd = |(server, mut tools): (&EntityUid, Vec<Entity>)| {
        tools.push(entities::bare(server)?);
        let all = Entities::from_entities(tools, None).map_err(|_| Fault::UnfitEntities)?;
        Ok((server.clone(), all))
    };
    of_server.into_iter().map(crowd).collect()
}

fn places(
    catalogue: &Catalogue,
    schema: &Schema,
    actions: &Entities,
) -> Result<BTreeMap<String, Place>, Fault> {
    let calls = entities::action(CALLS);
    let above =
        |entity: &&Entity| entity.uid() == calls || actions.is_ancestor_of(&entity.uid(), &calls);
    let groups: Vec<Entity> = actions.iter().filter(above).cloned().collect();
    let place = |(server, tool): (&ServerName, &Tool)| {
        let place = Place::of(server, tool, schema, actions, &groups)?;
        Ok((tool.mapped.action().to_owned(), place))
    };
    catalogue.tools().map(place).collect()
}

fn validate(schema: &Schema, found: &[&Found<'_>]) -> Result<(), Vec<Problem>> {
    let policies = PolicySet::from_policies(found.iter().map(|found| found.policy.clone()));
    let policies =
        policies.map_err(|error| vec![Problem::anywhere(Code::Unreadable, "policies", &error)])?;
    let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
    let by_id: BTreeMap<String, &Found<'_>> = found
        .iter()
        .map(|found| (found.policy.id().to_string(), *found))
        .collect();
    let mut problems: Vec<Problem> = result
        .validation_errors()
        .map(|error| match by_id.get(&error.policy_id().to_string()) {
            Some(found) => invalid::error(found, error, schema),
            None => Problem::anywhere(invalid::code_of_error(error), "policies", error),
        })
        .chain(result.validation_warnings().map(|warning| {
            match by_id.get(&warning.policy_id().to_string()) {
                Some(found) => invalid::warning(found, warning),
                None => Problem::anywhere(invalid::code_of_warning(warning), "policies", warning),
            }
        }))
        .collect();
    if problems.is_empty() && !result.validation_passed_without_warnings() {
        problems.push(Problem::new(
            Code::Validation,
            "policies",
            "the policies do not pass validation",
        ));
    }
    Problem::none(problems)
}
