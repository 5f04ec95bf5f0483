//! Conditions in Cedar's JSON form: how to walk them, and what a chain of attributes is called.

use serde_json::Value;

/// What an expression is made of, one level down.
pub(super) fn children(expression: &Value) -> impl Iterator<Item = &Value> {
    let members = expression.as_object().into_iter().flat_map(|o| o.values());
    let items = expression.as_array().into_iter().flatten();
    members.chain(items)
}

/// `context.approval.expires` and the like, as it is written; none for anything else.
pub(super) fn dotted(expression: &Value) -> Option<String> {
    if let Some(variable) = expression.get("Var") {
        return variable.as_str().map(str::to_owned);
    }
    let access = expression.get(".")?;
    let attribute = access.get("attr")?.as_str()?;
    let of = dotted(access.get("left")?)?;
    Some(format!("{of}.{attribute}"))
}

/// Both sides of a binary operator, when the expression is that operator.
pub(super) fn sides<'a>(expression: &'a Value, operator: &str) -> Option<(&'a Value, &'a Value)> {
    let operands = expression.get(operator)?;
    Some((operands.get("left")?, operands.get("right")?))
}

/// Whether an expression or a part of it satisfies a test.
pub(super) fn any(expression: &Value, test: &dyn Fn(&Value) -> bool) -> bool {
    test(expression) || children(expression).any(|child| any(child, test))
}
