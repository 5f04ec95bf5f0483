//! Policies taken apart: which part of which policy holds for one request, and with which values.
//! For people who ask why.
//!
//! Each part is made a policy of its own and put to the same evaluator. Deliberately absent: a
//! verdict. This explains one, and never makes one.

use std::str::FromStr as _;

use cedar_policy::{
    ActionConstraint, Decision, Effect, Entities, EntityUid, Expression, Policy, PolicySet,
    PrincipalConstraint, Request, ResourceConstraint, eval_expression,
};
use serde::Serialize;
use serde_json::Value;

use super::annotations::Mode;
use super::found::{self, Found};
use super::inquiry::{Input, Inquiry};
use super::terms;
use crate::catalogue::Known;
use crate::engine::{Fault, Gate};
use crate::facts::Subject;
use crate::policies::Sources;
use crate::schema::Reads;

/// Longest value that is shown, in characters.
const VALUE_CHARS_MAX: usize = 200;

/// A policy, part by part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dissected {
    /// Its id.
    pub policy: String,
    /// What it is for.
    pub intent: Intent,
    /// Whether it is in shadow: evaluated, and never enforced.
    pub shadow: bool,
    /// The file.
    pub file: String,
    /// The line where it begins, counted from one.
    pub line: usize,
    /// As it stands there.
    pub text: String,
    /// The sentence for the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its parameters, when it is a gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
    /// The scope's three parts, and then each condition, in their order.
    pub parts: Vec<Part>,
}

/// What a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// To permit.
    Permit,
    /// To forbid outright.
    Forbid,
    /// To hold back until a human has said yes.
    Gate,
}

/// One part of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Which one.
    pub kind: PartKind,
    /// As one would write it.
    pub text: String,
    /// Whether it lets the policy apply.
    pub truth: Truth,
    /// The terms of a condition; none of a scope.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<Term>,
}

/// The parts of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// Of whom the scope speaks.
    Principal,
    /// Of which actions.
    Action,
    /// Of which resources.
    Resource,
    /// A condition that must be true.
    When,
    /// A condition that must not.
    Unless,
}

/// Whether something holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It does.
    Holds,
    /// It does not.
    Fails,
    /// It cannot be evaluated: on its own, or at all.
    Errs(String),
}

/// What stands between `&&`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Term {
    /// As one would write it.
    pub text: String,
    /// Whether it is true.
    pub truth: Truth,
    /// What it looks at, with the values: `context.input.amount`, `2500`.
    pub values: Vec<(String, String)>,
}

impl Dissected {
    /// Whether every part holds.
    #[must_use]
    pub fn applies(&self) -> bool {
        self.failing().next().is_none()
    }

    /// The parts that do not hold.
    pub fn failing(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.truth != Truth::Holds)
    }
}

/// One request, to put parts to.
struct Bench<'a> {
    authorizer: &'a cedar_policy::Authorizer,
    request: &'a Request,
    entities: &'a Entities,
}

impl Inquiry<'_> {
    /// All policies that speak of this action on this target, part by part. `sources` are those
    /// that the engine was loaded from; the arguments are as for [`Self::opinion`].
    ///
    /// # Errors
    /// The question cannot be put, or the sources are others.
    pub fn dissect(
        &self,
        sources: &Sources,
        subject: &Subject<'_>,
        arguments: Option<&str>,
    ) -> Result<Vec<Dissected>, Fault> {
        let scene = self.scene(subject)?;
        // Policies that cannot speak of the caller are shown too, and may read more.
        let input = match (subject.known, self.input(&scene, subject, arguments)) {
            (_, Err(fault)) => return Err(Fault::Arguments(fault.why)),
            (Known::Tool(tool), Ok(input)) => {
                let names = &self.engine.index.names;
                Input::read(tool, arguments, Reads::Whole, names).map_or(input, Some)
            }
            (_, Ok(input)) => input,
        };
        let request = self.request(&scene, input.as_ref())?;
        let bench = Bench {
            authorizer: &self.engine.authorizer,
            request: &request,
            entities: &scene.near.entities,
        };
        let found = found::all(sources).map_err(|_| Fault::UnfitPolicies)?;
        let mut dissected = Vec::new();
        for one in &found {
            dissected.extend(bench.dissect(one)?);
        }
        Ok(dissected)
    }
}

impl Bench<'_> {
    /// Takes a policy apart, if it speaks of the action and the resource.
    fn dissect(&self, found: &Found<'_>) -> Result<Option<Dissected>, Fault> {
        let json = found.policy.to_json().map_err(|_| Fault::UnfitPolicies)?;
        let mut parts = Vec::new();
        for (kind, name, text) in [
            (PartKind::Principal, "principal", principal(&found.policy)),
            (PartKind::Action, "action", action(&found.policy)),
            (PartKind::Resource, "resource", resource(&found.policy)),
        ] {
            let mut scope = terms::lone("when", &serde_json::json!({"Value": true}));
            if let (Some(own), Some(members)) = (json.get(name), scope.as_object_mut()) {
                members.insert(name.to_owned(), own.clone());
            }
            let truth = self.truth(scope);
            if truth != Truth::Holds && kind != PartKind::Principal {
                return Ok(None);
            }
            parts.push(Part {
                kind,
                text,
                truth,
                terms: Vec::new(),
            });
        }
        let conditions = json.get("conditions").and_then(Value::as_array);
        parts.extend(conditions.into_iter().flatten().filter_map(|condition| {
            let kind = condition.get("kind")?.as_str()?;
            Some(self.condition(kind, condition.get("body")?))
        }));
        let gate = found.meaning.gate.clone();
        let (file, line) = (found.written.file.to_owned(), found.written.head().line);
        Ok(Some(Dissected {
            policy: found.policy.id().to_string(),
            intent: match (found.policy.effect(), &gate) {
                (Effect::Permit, _) => Intent::Permit,
                (Effect::Forbid, None) => Intent::Forbid,
                (Effect::Forbid, Some(_)) => Intent::Gate,
            },
            shadow: found.meaning.mode == Mode::Shadow,
            file,
            line,
            text: found.excerpt(),
            reason: found.meaning.reason.clone(),
            gate,
            parts,
        }))
    }

    fn condition(&self, kind: &str, body: &Value) -> Part {
        let term = |body: &Value| Term {
            text: terms::text(body),
            truth: self.truth(terms::lone("when", body)),
            values: self.values(body),
        };
        Part {
            kind: match kind {
                "unless" => PartKind::Unless,
                _ => PartKind::When,
            },
            text: terms::text(body),
            truth: self.truth(terms::lone(kind, body)),
            terms: terms::terms(body).into_iter().map(term).collect(),
        }
    }

    /// Whether a `permit` applies.
    fn truth(&self, policy: Value) -> Truth {
        let unsound = |error: &dyn std::fmt::Display| Truth::Errs(error.to_string());
        let policy = match Policy::from_json(None, policy) {
            Ok(policy) => policy,
            Err(error) => return unsound(&error),
        };
        let set = match PolicySet::from_policies([policy]) {
            Ok(set) => set,
            Err(error) => return unsound(&error),
        };
        let response = self
            .authorizer
            .is_authorized(self.request, &set, self.entities);
        match (response.decision(), response.diagnostics().errors().next()) {
            (_, Some(error)) => {
                let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
                unsound(error.inner())
            }
            (Decision::Allow, None) => Truth::Holds,
            (Decision::Deny, None) => Truth::Fails,
        }
    }

    fn values(&self, body: &Value) -> Vec<(String, String)> {
        let value = |name: String| {
            let expression = Expression::from_str(&name).ok()?;
            let value = match eval_expression(self.request, self.entities, &expression) {
                Ok(value) => shown(&value.to_string()),
                Err(_) => "absent".to_owned(),
            };
            let value = match name.as_str() {
                "principal" => self.lineage(&value),
                _ => value,
            };
            Some((name, value))
        };
        terms::looked_at(body)
            .into_iter()
            .filter_map(value)
            .collect()
    }

    /// The caller, and everything that the caller is in.
    fn lineage(&self, principal: &str) -> String {
        let uid = self.request.principal();
        let above = uid.and_then(|uid| self.entities.ancestors(uid));
        let mut above: Vec<String> = above
            .into_iter()
            .flatten()
            .map(EntityUid::to_string)
            .collect();
        above.sort();
        format!("{principal}, in {}", above.join(", "))
    }
}

/// A value, or its beginning.
fn shown(value: &str) -> String {
    let mut shown: String = value.chars().take(VALUE_CHARS_MAX).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}

fn principal(policy: &Policy) -> String {
    match policy.principal_constraint() {
        PrincipalConstraint::Any => "principal".to_owned(),
        PrincipalConstraint::In(uid) => format!("principal in {uid}"),
        PrincipalConstraint::Eq(uid) => format!("principal == {uid}"),
        PrincipalConstraint::Is(kind) => format!("principal is {kind}"),
        PrincipalConstraint::IsIn(kind, uid) => format!("principal is {kind} in {uid}"),
    }
}

fn action(policy: &Policy) -> String {
    match policy.action_constraint() {
        ActionConstraint::Any => "action".to_owned(),
        ActionConstraint::Eq(uid) => format!("action == {uid}"),
        ActionConstraint::In(uids) => match uids.as_slice() {
            [uid] => format!("action in {uid}"),
            uids => {
                let uids: Vec<String> = uids.iter().map(ToString::to_string).collect();
                format!("action in [{}]", uids.join(", "))
            }
        },
    }
}

fn resource(policy: &Policy) -> String {
    match policy.resource_constraint() {
        ResourceConstraint::Any => "resource".to_owned(),
        ResourceConstraint::In(uid) => format!("resource in {uid}"),
        ResourceConstraint::Eq(uid) => format!("resource == {uid}"),
        ResourceConstraint::Is(kind) => format!("resource is {kind}"),
        ResourceConstraint::IsIn(kind, uid) => format!("resource is {kind} in {uid}"),
    }
}
