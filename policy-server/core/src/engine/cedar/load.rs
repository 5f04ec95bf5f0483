//! Cedar text to an [`Engine`], or a list of problems with their places.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cedar_policy::{Entities, PolicySet, Schema, ValidationMode, Validator};

use super::annotations::Meaning;
use super::found::{self, Found};
use super::invalid;
use super::slices::Slices;
use super::{Engine, SCHEMA};
use crate::policies::{Code, Problem, SCHEMA_FILE, Sources};

/// What annotations come to, by policy id.
pub(super) type Meanings = BTreeMap<String, Meaning>;

/// The built-in schema and its action entities, read once.
static LAW: LazyLock<Result<(Schema, Entities), Vec<Problem>>> = LazyLock::new(|| {
    let problem = |error: &dyn std::fmt::Display| {
        vec![Problem::new(Code::Schema, SCHEMA_FILE, &error.to_string())]
    };
    let (schema, mut warnings) =
        Schema::from_cedarschema_str(SCHEMA).map_err(|error| problem(&error))?;
    if let Some(warning) = warnings.next() {
        return Err(problem(&warning));
    }
    drop(warnings);
    let actions = schema.action_entities().map_err(|error| problem(&error))?;
    Ok((schema, actions))
});

impl Engine {
    /// Parses, validates and cuts the policies.
    ///
    /// # Errors
    /// Everything that is wrong with them, or with the built-in schema.
    pub fn load(sources: &Sources) -> Result<Self, Vec<Problem>> {
        let (schema, actions) = LAW.clone()?;
        let found = found::all(sources)?;
        let policies = found::unique(&found)?;
        validate(&schema, &policies, &found)?;
        let slices = Slices::cut(&schema, &actions, &found).map_err(|error| {
            vec![Problem::new(
                Code::Unreadable,
                "policies",
                &error.to_string(),
            )]
        })?;
        let meaning = |found: Found<'_>| (found.policy.id().to_string(), found.meaning);
        Ok(Self {
            schema,
            slices,
            meanings: found.into_iter().map(meaning).collect(),
            authorizer: cedar_policy::Authorizer::new(),
        })
    }
}

fn validate(
    schema: &Schema,
    policies: &PolicySet,
    found: &[Found<'_>],
) -> Result<(), Vec<Problem>> {
    let result = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
    let by_id: BTreeMap<String, &Found<'_>> = found
        .iter()
        .map(|found| (found.policy.id().to_string(), found))
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
    problems.sort();
    problems.dedup();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}
