//! Cedar text to an [`Engine`], or a list of problems with their places.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use cedar_policy::{Entities, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;

use super::slices::Slices;
use super::{Engine, SCHEMA};
use crate::policies::{Place, Problem, SCHEMA_FILE, Sources};

/// The annotations that mean something. Any other is an error, because a misspelt one would be
/// silently without effect.
pub const ANNOTATIONS: [&str; 5] = ["id", "reason", "owner", "severity", "doc"];

/// Annotations of a later version, named so that the message can say so.
const LATER: [&str; 4] = ["approval", "grant_ttl", "grant_scope", "mode"];

/// Longest policy id, in bytes: ids go into every audit record.
pub const ID_BYTES_MAX: usize = 128;

/// Longest `@reason`, in bytes: it goes to the agent.
pub const REASON_BYTES_MAX: usize = 512;

/// `@reason` by policy id.
pub(super) type Reasons = BTreeMap<String, String>;

/// The built-in schema and its action entities, read once.
static LAW: LazyLock<Result<(Schema, Entities), Vec<Problem>>> = LazyLock::new(|| {
    let problem =
        |error: &dyn std::fmt::Display| vec![Problem::new(SCHEMA_FILE, &error.to_string())];
    let (schema, mut warnings) =
        Schema::from_cedarschema_str(SCHEMA).map_err(|error| problem(&error))?;
    if let Some(warning) = warnings.next() {
        return Err(problem(&warning));
    }
    drop(warnings);
    let actions = schema.action_entities().map_err(|error| problem(&error))?;
    Ok((schema, actions))
});

/// One policy, and where it stands.
struct Found<'a> {
    policy: Policy,
    file: &'a str,
    text: &'a str,
    offset: usize,
}

impl Engine {
    /// Parses, validates and cuts the policies.
    ///
    /// # Errors
    /// Everything that is wrong with them, or with the built-in schema.
    pub fn load(sources: &Sources) -> Result<Self, Vec<Problem>> {
        let (schema, actions) = LAW.clone()?;
        let found = parse_all(sources)?;
        let policies = unique(&found)?;
        validate(&schema, &policies, &found)?;
        let slices = Slices::cut(&schema, &actions, &policies)
            .map_err(|error| vec![Problem::new("policies", &error.to_string())])?;
        let reason = |found: &Found<'_>| {
            let reason = found.policy.annotation("reason")?;
            Some((found.policy.id().to_string(), reason.to_owned()))
        };
        let reasons = found.iter().filter_map(reason).collect();
        let authorizer = cedar_policy::Authorizer::new();
        Ok(Self {
            schema,
            slices,
            reasons,
            authorizer,
        })
    }
}

fn parse_all(sources: &Sources) -> Result<Vec<Found<'_>>, Vec<Problem>> {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for (file, text) in sources.cedar() {
        match PolicySet::from_str(text) {
            Ok(set) => found.extend(in_order(file, text, &set, &mut problems)),
            Err(errors) => problems.extend(
                errors
                    .iter()
                    .map(|error| Problem::at(file, place(text, 0, error), error)),
            ),
        }
    }
    for found in &found {
        check_annotations(found, &mut problems);
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

/// The policies of one file in the order in which they stand, under their own ids.
fn in_order<'a>(
    file: &'a str,
    text: &'a str,
    set: &PolicySet,
    problems: &mut Vec<Problem>,
) -> Vec<Found<'a>> {
    if set.templates().next().is_some() {
        let problem = Problem::new(file, "policy templates are not supported here").help(
            "write the principal and the resource out instead of `?principal` and `?resource`",
        );
        problems.push(problem);
    }
    let mut cursor = 0;
    let count = set.num_of_policies() + set.num_of_templates();
    let mut found = Vec::new();
    for number in 0..count {
        let Some(policy) = set.policy(&PolicyId::new(format!("policy{number}"))) else {
            continue;
        };
        let written = policy.to_string();
        let rest = text.get(cursor..).unwrap_or_default();
        let offset = cursor + rest.find(&written).unwrap_or_default();
        cursor = (offset + written.len()).min(text.len());
        let id = match policy.annotation("id") {
            Some(id) => id.to_owned(),
            None => format!("{file}#{number}"),
        };
        found.push(Found {
            policy: policy.new_id(PolicyId::new(id)),
            file,
            text,
            offset,
        });
    }
    // A policy that got lost here would be a `forbid` without effect.
    if found.len() != set.num_of_policies() {
        problems.push(Problem::new(
            file,
            "the policies of this file cannot be told apart",
        ));
    }
    found
}

fn check_annotations(found: &Found<'_>, problems: &mut Vec<Problem>) {
    let mut problem = |message: String, help: &str| {
        problems.push(found.problem(&message).help(help));
    };
    for (name, value) in found.policy.annotations() {
        if LATER.contains(&name) {
            problem(
                format!("the annotation `@{name}` is not supported by this version"),
                "approvals, grants and shadow mode come later; without them the policy would mean something else",
            );
        } else if !ANNOTATIONS.contains(&name) {
            problem(
                format!("unknown annotation `@{name}`"),
                "the known ones are @id, @reason, @owner, @severity and @doc",
            );
        }
        let visible = !value.chars().any(char::is_control) && !value.is_empty();
        if name == "id" && (!visible || value.len() > ID_BYTES_MAX) {
            problem(
                "the `@id` is empty, too long or holds control characters".to_owned(),
                "an id is 1 to 128 bytes of visible text",
            );
        }
        if name == "reason" && (!visible || value.len() > REASON_BYTES_MAX) {
            problem(
                "the `@reason` is empty, too long or holds control characters".to_owned(),
                "a reason is 1 to 512 bytes of visible text, and the agent reads it",
            );
        }
    }
}

fn unique(found: &[Found<'_>]) -> Result<PolicySet, Vec<Problem>> {
    let mut seen: BTreeMap<String, &Found<'_>> = BTreeMap::new();
    let mut set = PolicySet::new();
    let mut problems = Vec::new();
    for one in found {
        let id = one.policy.id().to_string();
        if let Some(first) = seen.get(&id) {
            let line = Place::of(first.text, first.offset).line;
            problems.push(
                one.problem(&format!("the policy id `{id}` is used twice"))
                    .help(&format!(
                        "it is first used in {}:{line}; ids name policies in the audit log",
                        first.file
                    )),
            );
            continue;
        }
        seen.insert(id, one);
        if let Err(error) = set.add(one.policy.clone()) {
            problems.push(one.problem(&error.to_string()));
        }
    }
    if problems.is_empty() {
        Ok(set)
    } else {
        Err(problems)
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
        .map(|error| located(&by_id, error.policy_id(), error))
        .chain(
            result
                .validation_warnings()
                .map(|warning| located(&by_id, warning.policy_id(), warning)),
        )
        .collect();
    if problems.is_empty() && !result.validation_passed_without_warnings() {
        problems.push(Problem::new(
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

fn located<E: Diagnostic>(
    by_id: &BTreeMap<String, &Found<'_>>,
    id: &PolicyId,
    error: &E,
) -> Problem {
    match by_id.get(&id.to_string()) {
        Some(found) => Problem::at(found.file, place(found.text, found.offset, error), error),
        None => Problem::anywhere("policies", error),
    }
}

/// Where an error points, or else where its policy begins.
fn place<E: Diagnostic + ?Sized>(text: &str, otherwise: usize, error: &E) -> Place {
    let label = error.labels().and_then(|mut labels| labels.next());
    Place::of(text, label.map_or(otherwise, |label| label.offset()))
}

impl Found<'_> {
    fn problem(&self, message: &str) -> Problem {
        let mut problem = Problem::new(self.file, message);
        problem.place = Some(Place::of(self.text, self.offset));
        problem
    }
}
