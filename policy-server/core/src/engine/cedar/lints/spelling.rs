//! Values that no request has as they are written: URIs in another spelling than their one form, and
//! numbers that JSON readers see differently.
//!
//! Deliberately absent: patterns, which stand for many URIs, and text in arguments whose meaning only
//! the tool knows.

use std::collections::BTreeSet;

use cedar_policy::EntityUid;
use serde_json::Value;

use super::super::expression::children;
use super::super::unclear;
use super::Policy;
use crate::policies::{Code, Problem};
use crate::schema::strict::INTEGER_MAX;
use crate::uri::{self, Reading};

pub(super) fn lint(policy: &Policy<'_>) -> Vec<Problem> {
    let entities = policy.found.policy.entity_literals();
    let named = entities.iter().filter_map(|uid| of_entity(policy, uid));
    let texts = unclear::texts(&policy.json).into_iter();
    let compared = texts.filter_map(|text| {
        let at = format!("\"{text}\"");
        of_uri(policy, text, &uri::read(text), &at)
    });
    let numbers = numbers(&policy.json).into_iter();
    let numbers = numbers.map(|number| of_number(policy, number));
    named.chain(compared).chain(numbers).collect()
}

fn of_entity(policy: &Policy<'_>, uid: &EntityUid) -> Option<Problem> {
    let id: &str = uid.id().as_ref();
    let (_, written) = id.split_once('/')?;
    let reading = match uid.type_name().basename() {
        "Resource" => uri::read(written),
        "Template" => uri::read_template(written),
        _ => return None,
    };
    of_uri(policy, written, &reading, &uid.to_string())
}

/// What has one form is known by it alone. An opaque URI is compared as it is written.
fn of_uri(policy: &Policy<'_>, written: &str, reading: &Reading, at: &str) -> Option<Problem> {
    let form = reading.uri.as_deref().filter(|form| *form != written)?;
    let message = format!("no request has the URI `{written}`: policies see it as `{form}`");
    let problem = policy.found.problem(Code::LintSpelledUri, &message);
    let problem = problem.at(policy.found.written.place(at));
    Some(problem.help(&format!("write `{form}`")))
}

fn of_number(policy: &Policy<'_>, number: i64) -> Problem {
    let message = format!(
        "no call has a number like `{number}`: beyond {INTEGER_MAX} programs read different ones, so \
         such calls are refused"
    );
    let problem = policy.found.problem(Code::LintInexactNumber, &message);
    let digits = number.unsigned_abs().to_string();
    let problem = problem.at(policy.found.written.place(&digits));
    problem.help(&format!("compare with {INTEGER_MAX} at most"))
}

/// The integers beyond those that all JSON readers tell apart.
fn numbers(expression: &Value) -> BTreeSet<i64> {
    let own = expression.get("Value").and_then(Value::as_i64);
    let own = own.filter(|number| number.unsigned_abs() > INTEGER_MAX);
    let inner = children(expression).flat_map(numbers);
    own.into_iter().chain(inner).collect()
}
