//! Things whose URI is opaque: policies about them are asked in a form in which reading what is not
//! known fails, and a failure denies.
//!
//! An attribute that is not known is absent, so that reading it is an error of Cedar's own. Where a
//! policy asks whether it is there, that is read instead; where it compares the URI with texts for
//! equality, the URI as written. Deliberately absent: partial evaluation, which decides no call.

use std::collections::BTreeSet;

use cedar_policy::{Context, Effect, Policy, PolicySet, Request};
use serde_json::{Value, json};

use super::Engine;
use super::expression::{children, dotted, sides};
use super::inquiry::{Inquiry, Scene};
use super::mentions::Mentions;
use super::slices::{Cut, CutError};
use crate::engine::{Fault, Opinion};
use crate::uri::Named;

/// Attributes that only a thing with an opaque URI has. No policy can name them: the schema does not.
pub(super) const WRITTEN: &str = "as written";
pub(super) const HAS_URI: &str = "has uri";
pub(super) const HAS_SCHEME: &str = "has scheme";
pub(super) const HAS_HOST: &str = "has host";

/// What agents are told where a policy names the same thing, perhaps, in another way.
pub(super) const NAMED: &str = "a policy names something that it could be";

/// The policy as it is asked about things with an opaque URI; none where it is the same.
///
/// # Errors
/// It has no such form, which a policy that was parsed has.
pub(super) fn variant(policy: &Policy) -> Result<Option<Policy>, CutError> {
    let wrong = |error: &dyn std::fmt::Display| CutError::of(error);
    let json = policy.to_json().map_err(|error| wrong(&error))?;
    let asked = rewritten(&json);
    if asked == json {
        return Ok(None);
    }
    let variant = Policy::from_json(Some(policy.id().clone()), asked);
    variant.map(Some).map_err(|error| wrong(&error))
}

/// The same condition for things with an opaque URI.
pub(super) fn rewritten(expression: &Value) -> Value {
    if let Some(asked) = presence(expression).or_else(|| equality(expression)) {
        return asked;
    }
    match expression {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), rewritten(value)))
            .collect(),
        Value::Array(items) => items.iter().map(rewritten).collect(),
        _ => expression.clone(),
    }
}

/// `resource has host`, which is known or fails.
fn presence(expression: &Value) -> Option<Value> {
    let has = expression.get("has")?;
    let of = has.get("left")?;
    let asked = match (dotted(of)?.as_str(), has.get("attr")?.as_str()?) {
        ("resource", "uri") | ("context.input", "url") => HAS_URI,
        ("resource" | "context.input", "scheme") => HAS_SCHEME,
        ("resource" | "context.input", "host") => HAS_HOST,
        _ => return None,
    };
    Some(json!({".": {"left": of, "attr": asked}}))
}

/// `resource.uri == "…"` and the like, of the URI as written.
fn equality(expression: &Value) -> Option<Value> {
    let (operator, left, right) = exact(expression)?;
    let written = |side: &Value| match side.get(".") {
        Some(access) => json!({".": {"left": access.get("left"), "attr": WRITTEN}}),
        None => side.clone(),
    };
    Some(json!({operator: {"left": written(left), "right": written(right)}}))
}

/// A comparison of a URI with texts, for equality.
fn exact(expression: &Value) -> Option<(&'static str, &Value, &Value)> {
    let is_uri = |side: &Value| {
        matches!(
            dotted(side).as_deref(),
            Some("resource.uri" | "context.input.url")
        )
    };
    let is_text = |side: &Value| side.get("Value").is_some_and(Value::is_string);
    for operator in ["==", "!="] {
        if let Some((left, right)) = sides(expression, operator) {
            let plain = is_uri(left) && is_text(right) || is_text(left) && is_uri(right);
            return plain.then_some((operator, left, right));
        }
    }
    let (left, right) = sides(expression, "contains")?;
    let texts = left.get("Set")?.as_array()?;
    (texts.iter().all(is_text) && is_uri(right)).then_some(("contains", left, right))
}

/// Adds the URIs that a policy names exactly.
pub(super) fn name(policy: &Policy, named: &mut Named) {
    for uid in policy.entity_literals() {
        let id: &str = uid.id().as_ref();
        if matches!(uid.type_name().basename(), "Resource" | "Template") {
            named.add(id.split_once('/').map_or(id, |(_, uri)| uri));
        }
    }
    let json = policy.to_json().unwrap_or_default();
    texts(&json).iter().for_each(|text| named.add(text));
}

/// The texts that a URI is compared with for equality.
pub(super) fn texts(expression: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    if let Some((_, left, right)) = exact(expression) {
        let items = left.get("Set").and_then(Value::as_array);
        let sides = items.into_iter().flatten().chain([left, right]);
        found.extend(sides.filter_map(|side| side.get("Value")?.as_str()));
    }
    found.extend(children(expression).flat_map(texts));
    found
}

impl Engine {
    /// The policies of a cut as they are asked about things with an opaque URI.
    pub(super) fn unclear(&self, cut: &Cut) -> Result<Cut, Fault> {
        let asked = |set: &PolicySet| {
            let policies = set.policies();
            let variant = |policy: &Policy| {
                let id: &str = policy.id().as_ref();
                self.index.variants.get(id).unwrap_or(policy).clone()
            };
            PolicySet::from_policies(policies.map(variant)).map_err(|_| Fault::UnfitPolicies)
        };
        Ok(Cut {
            base: asked(&cut.base)?,
            gates: asked(&cut.gates)?,
            shadow_permits: asked(&cut.shadow_permits)?,
            shadow_forbids: asked(&cut.shadow_forbids)?,
        })
    }
}

/// An opinion on something with an opaque URI: a policy that failed has read what is not known.
pub(super) fn explained(mut opinion: Opinion, why: Option<&'static str>) -> Opinion {
    let failed = |fault: &Fault| matches!(fault, Fault::Evaluation(_));
    if let Some(why) = why.filter(|_| opinion.faults.iter().any(failed)) {
        opinion.faults.push(Fault::Unclear(why));
    }
    opinion.settled()
}

impl Inquiry<'_> {
    /// Whether a list may show a thing with an opaque URI. Policies that do not look at the context
    /// say of it what they say of a call; of others only the scope is looked at.
    pub(super) fn possible_unclear(&self, scene: &Scene<'_>) -> Result<bool, Fault> {
        let request = Request::new(
            self.principal.uid().clone(),
            scene.action.clone(),
            scene.resource.clone(),
            Context::empty(),
            None,
        )
        .map_err(|_| Fault::UnfitRequest)?;
        let mut permitted = false;
        for cut in scene.cuts() {
            let mut asked = PolicySet::new();
            for policy in cut.base.policies() {
                let mentions = Mentions::of(policy).ok_or(Fault::UnfitPolicies)?;
                let policy = match (mentions.context(), policy.effect()) {
                    (false, _) => policy.clone(),
                    (true, Effect::Permit) => scope(policy).ok_or(Fault::UnfitPolicies)?,
                    (true, Effect::Forbid) => continue,
                };
                asked.add(policy).map_err(|_| Fault::UnfitPolicies)?;
            }
            let said = self.engine.ask(&asked, &request, &scene.near.entities);
            if !said.forbids.is_empty() || !said.faults.is_empty() {
                return Ok(false);
            }
            permitted |= !said.permits.is_empty();
        }
        Ok(permitted)
    }
}

/// A policy without its conditions.
fn scope(policy: &Policy) -> Option<Policy> {
    let mut json = policy.to_json().ok()?;
    json.as_object_mut()?
        .insert("conditions".to_owned(), json!([]));
    Policy::from_json(Some(policy.id().clone()), json).ok()
}
