//! Questions put in Cedar's own words, as `cedar run-tests` has them: for tests of policies.
//!
//! The whole set is asked, with nothing but the entities of the question. Policies in shadow are
//! left out of Cedar's answer, for they are never enforced.

use cedar_policy::{Context, Decision, Entities, EntityUid, PolicySet, Request};
use serde::Serialize;
use serde_json::Value;

use super::Engine;
use super::annotations::Mode;
use super::found;
use super::slices::Cut;
use crate::engine::Opinion;
use crate::policies::{Code, Problem, Sources};

/// A policy set as one.
#[derive(Debug)]
pub struct Whole<'a> {
    engine: &'a Engine,
    cut: Cut,
    enforced: PolicySet,
}

/// A policy, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Standing {
    /// Its id.
    pub policy: String,
    /// The file.
    pub file: String,
    /// The line where it begins, counted from one.
    pub line: usize,
}

/// A question in Cedar's words.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a> {
    /// Who: `Mcp::Agent::"unnamed"`.
    pub principal: &'a str,
    /// Does what: `Mcp::Action::"github/create_issue"`.
    pub action: &'a str,
    /// To what: `Mcp::Tool::"github/create_issue"`.
    pub resource: &'a str,
    /// The context, in Cedar's JSON.
    pub context: &'a Value,
    /// The entities, in Cedar's JSON. Those of actions are the schema's.
    pub entities: &'a Value,
}

/// Cedar's own answer, and ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainAnswer {
    /// Whether Cedar allows it. It skips a policy that fails; we deny.
    pub allows: bool,
    /// The ids of the policies that determined Cedar's answer, sorted.
    pub reason: Vec<String>,
    /// The ids of the policies that failed, sorted.
    pub errors: Vec<String>,
    /// The opinion that a verdict is made of.
    pub opinion: Opinion,
}

impl Engine {
    /// All policies with their places, in the order of files and lines. `sources` are those that
    /// the engine was loaded from.
    ///
    /// # Errors
    /// What is wrong with them, if they are others.
    pub fn standings(&self, sources: &Sources) -> Result<Vec<Standing>, Vec<Problem>> {
        let standing = |one: &found::Found<'_>| {
            let (file, line) = (one.written.file.to_owned(), one.written.head().line);
            let policy = one.policy.id().to_string();
            Standing { policy, file, line }
        };
        Ok(found::all(sources)?.iter().map(standing).collect())
    }

    /// The policies as one set. `sources` are those that the engine was loaded from.
    ///
    /// # Errors
    /// What is wrong with them, if they are others.
    pub fn whole(&self, sources: &Sources) -> Result<Whole<'_>, Vec<Problem>> {
        let unfit = |error: &dyn std::fmt::Display| {
            vec![Problem::new(
                Code::Unreadable,
                "policies",
                &error.to_string(),
            )]
        };
        let mut cut = Cut::default();
        let mut enforced = PolicySet::new();
        for one in &found::all(sources)? {
            cut.add(one).map_err(|error| unfit(&error))?;
            if one.meaning.mode == Mode::Enforce {
                enforced
                    .add(one.policy.clone())
                    .map_err(|error| unfit(&error))?;
            }
        }
        Ok(Whole {
            engine: self,
            cut,
            enforced,
        })
    }
}

impl Whole<'_> {
    /// Answers a question.
    ///
    /// # Errors
    /// Says what in it does not fit the schema.
    pub fn answer(&self, plain: &Plain<'_>) -> Result<PlainAnswer, String> {
        let action = uid("action", plain.action)?;
        let schema = self.engine.schema_of(action.id().as_ref());
        let context = Context::from_json_value(plain.context.clone(), Some((schema, &action)))
            .map_err(|error| format!("the context: {}", told(&error)))?;
        let request = Request::new(
            uid("principal", plain.principal)?,
            action,
            uid("resource", plain.resource)?,
            context,
            Some(schema),
        )
        .map_err(|error| format!("the request: {}", told(&error)))?;
        let entities = Entities::from_json_value(plain.entities.clone(), Some(schema))
            .map_err(|error| format!("the entities: {}", told(&error)))?;
        let response = self
            .engine
            .authorizer
            .is_authorized(&request, &self.enforced, &entities);
        let diagnostics = response.diagnostics();
        let mut reason: Vec<String> = diagnostics.reason().map(ToString::to_string).collect();
        reason.sort();
        let mut errors: Vec<String> = diagnostics.errors().map(failed).collect();
        errors.sort();
        Ok(PlainAnswer {
            allows: response.decision() == Decision::Allow,
            reason,
            errors,
            opinion: self.opinion(&request, &entities),
        })
    }
}

impl Whole<'_> {
    fn opinion(&self, request: &Request, entities: &Entities) -> Opinion {
        let opinion = self.engine.judge(&[&self.cut], request, entities);
        let shadow = self.engine.shadow(&[&self.cut], request, entities);
        Opinion { shadow, ..opinion }.settled()
    }
}

fn failed(error: &cedar_policy::AuthorizationError) -> String {
    let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
    error.policy_id().to_string()
}

fn uid(member: &str, text: &str) -> Result<EntityUid, String> {
    text.parse().map_err(|_| {
        format!("the {member} `{text}` is no entity: write it like `Mcp::Agent::\"unnamed\"`")
    })
}

/// An error with what caused it.
fn told(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        told = format!("{told}: {cause}");
        source = cause.source();
    }
    told
}
