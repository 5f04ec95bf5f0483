//! Cedar text to an [`Engine`], or a list of problems with their places.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use cedar_policy::{Policy, PolicySet, Schema, SchemaFragment, ValidationMode, Validator};
use serde_json::Value;

use super::annotations::Meaning;
use super::disclose::{self, DISCLOSING, Disclosing};
use super::fitting::{self, FITTINGS_MAX, Fitted, Namings};
use super::found::{self, Found};
use super::naming::Naming;
use super::principals::Principals;
use super::reads::{self, Readers};
use super::slices::{CutError, Slices};
use super::{Engine, Index, SCHEMA, invalid, unclear};
use crate::catalogue::{Catalogue, Tool};
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
        let (data, messages): (Vec<&Found<'_>>, Vec<&Found<'_>>) = found
            .iter()
            .partition(|found| disclose::names(&found.policy));
        let naming = messages
            .iter()
            .map(|found| (found.policy.id().clone(), Naming::of(&found.policy)));
        let naming = naming.collect();
        let Fitted { fittings, unfit } = fitting::all(catalogue, &naming, &messages)?;
        disclose::unmixed(&data)?;
        let of_data = DATA.as_ref().map_err(Clone::clone)?;
        Check::of(of_data, &data)?.none_wrong()?;
        Ok(Self {
            index: Arc::new(Index::of(&found, &messages, naming, of_data)?),
            together: fittings.len(),
            fittings,
            unfit: Arc::new(unfit),
            principals: Principals::default(),
            authorizer: cedar_policy::Authorizer::new(),
        })
    }

    /// The same policies with tools that are new. None when they do not fit one of them.
    #[must_use]
    pub fn learn(&self, catalogue: &Catalogue) -> Option<Self> {
        let later = self.fittings.len() - self.together;
        let before = match later < FITTINGS_MAX {
            true => &self.fittings[..],
            false => &[],
        };
        let fittings = fitting::more(before, &self.unfit, catalogue, &self.index)?;
        Some(Self {
            index: self.index.clone(),
            together: match before {
                [] => fittings.len(),
                _ => self.together,
            },
            fittings,
            unfit: self.unfit.clone(),
            principals: Principals::default(),
            authorizer: cedar_policy::Authorizer::new(),
        })
    }
}

impl Index {
    fn of(
        found: &[Found<'_>],
        messages: &[&Found<'_>],
        naming: Namings,
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
        Ok(Self {
            disclosing: Disclosing::of(found, of_data)?,
            slices,
            bare: bare.clone(),
            naming,
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

/// The schema that policies on messages are validated against: the built-in one, and an action for
/// each of these tools.
///
/// # Errors
/// Cedar does not take the types of a tool.
pub(super) fn schema<'t>(tools: impl Iterator<Item = &'t Tool>) -> Result<Schema, Vec<Problem>> {
    let json = schema::merge(MESSAGES.clone()?, tools.map(|tool| &*tool.mapped));
    Schema::from_json_value(json)
        .map_err(|error| vec![Problem::anywhere(Code::Schema, SCHEMA_FILE, &error)])
}

/// What the validator says of policies.
#[derive(Debug, Default)]
pub(super) struct Check {
    /// What is wrong, whatever tools there are besides.
    pub(super) wrong: Vec<Problem>,
    /// Policies that no request fits, by id: other tools may make requests that do.
    pub(super) never: BTreeMap<String, Problem>,
}

impl Check {
    /// Validates policies.
    ///
    /// # Errors
    /// They do not make one set.
    pub(super) fn of(schema: &Schema, found: &[&Found<'_>]) -> Result<Self, Vec<Problem>> {
        let policies = PolicySet::from_policies(found.iter().map(|found| found.policy.clone()));
        let policies = policies
            .map_err(|error| vec![Problem::anywhere(Code::Unreadable, "policies", &error)])?;
        let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        let by_id: BTreeMap<String, &Found<'_>> = found
            .iter()
            .map(|found| (found.policy.id().to_string(), *found))
            .collect();
        let mut check = Self::default();
        for error in result.validation_errors() {
            let problem = match by_id.get(&error.policy_id().to_string()) {
                Some(found) => invalid::error(found, error, schema),
                None => Problem::anywhere(invalid::code_of_error(error), "policies", error),
            };
            check.wrong.push(problem);
        }
        for warning in result.validation_warnings() {
            let id = warning.policy_id().to_string();
            let problem = match by_id.get(&id) {
                Some(found) => invalid::warning(found, warning),
                None => Problem::anywhere(invalid::code_of_warning(warning), "policies", warning),
            };
            if invalid::is_never_true(warning) {
                check.never.insert(id, problem);
            } else {
                check.wrong.push(problem);
            }
        }
        if !result.validation_passed() && check.wrong.is_empty() {
            let text = "the policies do not pass validation";
            let problem = Problem::new(Code::Validation, "policies", text);
            check.wrong.push(problem);
        }
        Ok(check)
    }

    /// Whether all is right with all tools that there are.
    ///
    /// # Errors
    /// What is not.
    pub(super) fn none_wrong(self) -> Result<(), Vec<Problem>> {
        Problem::none(
            self.wrong
                .into_iter()
                .chain(self.never.into_values())
                .collect(),
        )
    }
}
