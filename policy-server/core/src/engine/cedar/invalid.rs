//! What the validator says, under our codes, and with more help where its own leaves one alone.

use std::collections::BTreeSet;

use cedar_policy::{EntityUid, Schema, ValidationError, ValidationWarning};
use serde_json::Value;

use super::expression::{children, dotted};
use super::found::Found;
use super::nearest::nearest;
use crate::policies::{Code, Problem};

/// An error as a problem of its policy.
pub(super) fn error(found: &Found<'_>, error: &ValidationError, schema: &Schema) -> Problem {
    let code = code_of_error(error);
    if code == Code::UnknownAction
        && let Some(help) = nearest_action(found, schema)
    {
        return found.located(code, error).help(&help);
    }
    if code == Code::TypeMismatch
        && let Some(problem) = strings_in_list(found)
    {
        return problem;
    }
    helped(found.located(code, error))
}

/// A warning as a problem of its policy; here it is one that keeps the set from loading.
pub(super) fn warning(found: &Found<'_>, warning: &ValidationWarning) -> Problem {
    helped(found.located(code_of_warning(warning), warning))
}

/// Whether a warning says that a policy is never true, for the tools that there are.
pub(super) const fn is_never_true(warning: &ValidationWarning) -> bool {
    matches!(warning, ValidationWarning::ImpossiblePolicy(_))
}

/// The code of an error.
pub(super) const fn code_of_error(error: &ValidationError) -> Code {
    match error {
        ValidationError::UnrecognizedEntityType(_) | ValidationError::InvalidEnumEntity(_) => {
            Code::UnknownEntity
        }
        ValidationError::UnrecognizedActionId(_) => Code::UnknownAction,
        ValidationError::InvalidActionApplication(_) => Code::NeverApplies,
        ValidationError::UnsafeAttributeAccess(_) => Code::UnknownAttribute,
        ValidationError::UnsafeOptionalAttributeAccess(_) | ValidationError::UnsafeTagAccess(_) => {
            Code::MissingGuard
        }
        ValidationError::UnexpectedType(_)
        | ValidationError::IncompatibleTypes(_)
        | ValidationError::HierarchyNotRespected(_) => Code::TypeMismatch,
        _ => Code::Validation,
    }
}

/// The code of a warning.
pub(super) const fn code_of_warning(warning: &ValidationWarning) -> Code {
    match warning {
        ValidationWarning::ImpossiblePolicy(_) => Code::NeverTrue,
        ValidationWarning::InvalidActionApplication(_) => Code::NeverApplies,
        ValidationWarning::MixedScriptString(_)
        | ValidationWarning::BidiCharsInString(_)
        | ValidationWarning::BidiCharsInIdentifier(_)
        | ValidationWarning::MixedScriptIdentifier(_)
        | ValidationWarning::ConfusableIdentifier(_) => Code::LookAlike,
        _ => Code::Validation,
    }
}

/// Adds help where Cedar has none.
fn helped(problem: Problem) -> Problem {
    let help = match (problem.code, &problem.help) {
        (Code::NeverApplies, _) => {
            "no action has this principal, action and resource together: `portcullis policy \
             schema` lists what each action applies to; a group such as \
             `Mcp::Action::\"read\"` is matched with `in`, not `==`"
        }
        (Code::NeverTrue, _) => {
            "its conditions cannot be met by any request: remove the policy, or the condition \
             that is always false"
        }
        (Code::UnknownAction, None) => "`portcullis policy schema` lists the actions",
        (Code::UnknownEntity, None) => "`portcullis policy schema` lists the entity types",
        (Code::UnknownAttribute, None) => "`portcullis policy schema` lists the attributes",
        (Code::LookAlike, None) => {
            "write it with letters of one script, and without invisible characters"
        }
        _ => return problem,
    };
    problem.help(help)
}

/// The action that was meant: Cedar's own guess looks at the length of the change alone.
fn nearest_action(found: &Found<'_>, schema: &Schema) -> Option<String> {
    let actions: BTreeSet<&EntityUid> = schema.actions().collect();
    let literals = found.policy.entity_literals();
    let wrong = literals
        .iter()
        .find(|uid| uid.type_name().basename() == "Action" && !actions.contains(uid))?;
    let ids = actions.iter().map(|action| action.id().as_ref());
    let best = nearest(wrong.id().as_ref(), ids)?;
    Some(format!("did you mean `Mcp::Action::{best:?}`?"))
}

/// `context.x in ["a", "b"]`: `in` is for entities. Without a schema Cedar would skip the policy.
fn strings_in_list(found: &Found<'_>) -> Option<Problem> {
    let json = found.policy.to_json().ok()?;
    let wrong = conditions(&json).find_map(in_strings)?;
    let message = "`in` looks for entities, and this is a list of strings";
    // Cedar complains of both sides: one place makes it one problem.
    let problem = found.problem(Code::InStrings, message);
    let problem = problem.at(found.written.place("in ["));
    Some(problem.help(&format!("write `{wrong}`")))
}

fn conditions(policy: &Value) -> impl Iterator<Item = &Value> {
    let conditions = policy.get("conditions").and_then(Value::as_array);
    conditions.into_iter().flatten()
}

/// The first `x in ["a"]`, written as it should be.
fn in_strings(expression: &Value) -> Option<String> {
    let own = expression.get("in").and_then(|operands| {
        let set = operands.get("right")?.get("Set")?.as_array()?;
        let strings = set.iter().map(|item| {
            let text = item.get("Value")?.as_str()?;
            Some(format!("{text:?}"))
        });
        let strings: Vec<String> = strings.collect::<Option<_>>()?;
        let looked_for = dotted(operands.get("left")?);
        let looked_for = looked_for.unwrap_or_else(|| "x".to_owned());
        (!strings.is_empty()).then(|| format!("[{}].contains({looked_for})", strings.join(", ")))
    });
    own.or_else(|| children(expression).find_map(in_strings))
}
