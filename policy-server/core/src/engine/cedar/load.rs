//! Cedar text to an [`Engine`], or a list of problems with their places.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use cedar_policy::{Policy, Schema, SchemaFragment};
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Name, ServerName};
use serde_json::Value;

use super::annotations::Meaning;
use super::disclose::{self, DISCLOSING, Disclosing};
use super::fittings::Fittings;
use super::found::{self, CALLS, Found};
use super::ground::{self, Ground};
use super::naming::Naming;
use super::principals::Principals;
use super::reads::{self, Readers};
use super::slices::{CutError, Slices};
use super::{Engine, Index, SCHEMA, unclear};
use crate::catalogue::{Catalogue, Quarantine, Tool};
use crate::policies::{Code, Problem, SCHEMA_FILE, Sources};
use crate::schema::{self, group_of};
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
pub(super) static DATA: LazyLock<Result<Schema, Vec<Problem>>> =
    LazyLock::new(|| built(with_actions(|action| DISCLOSING.contains(&action))?));

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

/// The same where no action has requests: what the schemas of tools begin with.
static NAMES: LazyLock<Result<Value, Vec<Problem>>> = LazyLock::new(|| {
    let mut names = MESSAGES.clone()?;
    let actions = names.pointer_mut("/Mcp/actions");
    let actions = actions.and_then(Value::as_object_mut).into_iter().flatten();
    for (_, action) in actions {
        if let Some(action) = action.as_object_mut() {
            action.remove("appliesTo");
        }
    }
    Ok(names)
});

/// The built-in schema alone, built once.
static BARE: LazyLock<Result<Schema, Vec<Problem>>> = LazyLock::new(|| built(MESSAGES.clone()?));

impl Engine {
    /// Parses, validates and cuts the policies.
    ///
    /// # Errors
    /// Everything that is wrong with them, or with the schema.
    pub fn load(sources: &Sources, catalogue: &Catalogue) -> Result<Self, Vec<Problem>> {
        let found = found::all(sources)?;
        found::unique(&found)?;
        let (data, messages): (Vec<&Found<'_>>, Vec<&Found<'_>>) = found
            .iter()
            .partition(|found| disclose::names(&found.policy));
        disclose::unmixed(&data)?;
        let of_data = DATA.as_ref().map_err(Clone::clone)?;
        ground::of_data(of_data, &data)?;
        let index = Index::of(&found, &messages, of_data)?;
        let ground = Ground::check(catalogue, &index, &messages)?;
        let (fittings, report) = Fittings::all(catalogue, &index)?;
        let idle = ground.judge(&report)?;
        Ok(Self {
            index: Arc::new(index),
            fittings,
            idle: Arc::new(idle),
            principals: Principals::default(),
            authorizer: cedar_policy::Authorizer::new(),
        })
    }

    /// The same policies with tools that are new. None when the built-in schema cannot be read.
    #[must_use]
    pub fn learn(&self, catalogue: &Catalogue) -> Option<Self> {
        Some(Self {
            fittings: self.fittings.more(catalogue, &self.index).ok()?,
            index: self.index.clone(),
            idle: self.idle.clone(),
            principals: Principals::default(),
            authorizer: cedar_policy::Authorizer::new(),
        })
    }

    /// The definitions of tools that policies do not fit, and why.
    pub fn unfit(&self) -> impl Iterator<Item = (&ServerName, &Name, Digest, &Quarantine)> {
        self.fittings.unfit()
    }
}

impl Index {
    fn of(
        found: &[Found<'_>],
        messages: &[&Found<'_>],
        of_data: &Schema,
    ) -> Result<Self, Vec<Problem>> {
        let unreadable = |error: &dyn std::fmt::Display| {
            let text = error.to_string();
            vec![Problem::new(Code::Unreadable, "policies", &text)]
        };
        let bare = BARE.as_ref().map_err(Clone::clone)?;
        let actions = bare.action_entities().map_err(|error| unfit(&error))?;
        let slices = Slices::cut(bare, &actions, found).map_err(|error| unreadable(&error))?;
        let (named, variants) = about_uris(messages).map_err(|error| unfit(&error))?;
        let meaning = |found: &Found<'_>| (found.policy.id().to_string(), found.meaning.clone());
        let naming = messages
            .iter()
            .map(|found| (found.policy.id().clone(), Naming::of(&found.policy)));
        Ok(Self {
            disclosing: Disclosing::of(found, of_data)?,
            slices,
            bare: bare.clone(),
            naming: naming.collect(),
            meanings: found.iter().map(meaning).collect(),
            readers: Readers::of(found.iter().map(|found| &found.policy)),
            names: reads::names(messages.iter().map(|found| &found.policy)),
            named,
            variants,
        })
    }
}

pub(super) fn unfit(error: &dyn std::fmt::Display) -> Vec<Problem> {
    vec![Problem::new(Code::Schema, SCHEMA_FILE, &error.to_string())]
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

/// The schema in which the built-in actions are what is asked about, and all tools are mere names.
///
/// # Errors
/// Cedar does not take the types of a tool.
pub(super) fn schema_of_messages(
    catalogue: &Catalogue,
    naming: &[&Naming],
) -> Result<Schema, Vec<Problem>> {
    let mut json = schema::merge(MESSAGES.clone()?, std::iter::empty());
    let typed = catalogue.tools().map(|(_, tool)| &*tool.mapped);
    let typed = typed.filter(|tool| naming.iter().any(|one| one.names(tool)));
    let tools = catalogue.names().flat_map(|(server, tool, _)| {
        let group = group_of(server);
        let of_group = (group.clone(), CALLS.to_owned());
        [of_group, (format!("{server}/{tool}"), group)]
    });
    schema::name_only(&mut json, typed, tools.chain(groups(naming)));
    built(json)
}

/// The schema in which these tools are what is asked about, and the others that policies name are mere
/// names.
///
/// # Errors
/// Cedar does not take the types of a tool.
pub(super) fn schema_of_tools(
    tools: &[&Tool],
    named: &[&Tool],
    naming: &[&Naming],
) -> Result<Schema, Vec<Problem>> {
    let mut json = schema::merge(NAMES.clone()?, tools.iter().map(|tool| &*tool.mapped));
    let named = named.iter().map(|tool| &*tool.mapped);
    schema::name_only(&mut json, named, groups(naming));
    built(json)
}

/// The groups of servers' tools that policies name, each with the one that it is in.
fn groups(naming: &[&Naming]) -> impl Iterator<Item = (String, String)> {
    let servers = naming.iter().flat_map(|naming| naming.groups());
    servers.map(|server| (group_of(&server), CALLS.to_owned()))
}

fn built(json: Value) -> Result<Schema, Vec<Problem>> {
    Schema::from_json_value(json)
        .map_err(|error| vec![Problem::anywhere(Code::Schema, SCHEMA_FILE, &error)])
}
