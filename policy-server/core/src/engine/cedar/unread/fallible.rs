//! Whether a policy that passed validation can still fail: by arithmetic, or by a constructor of
//! something that is no literal.
//!
//! Deliberately absent: when it does. What is not known not to fail may fail.

use cedar_policy::Policy;
use serde_json::Value;

/// Operators with two sides that never fail on values of their types.
const BINARY: [&str; 12] = [
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "&&",
    "||",
    "in",
    "contains",
    "containsAll",
    "containsAny",
];

/// Methods of extension types that never fail on values of their types.
const METHODS: [&str; 10] = [
    "lessThan",
    "lessThanOrEqual",
    "greaterThan",
    "greaterThanOrEqual",
    "isIpv4",
    "isIpv6",
    "isLoopback",
    "isMulticast",
    "isInRange",
    "toTime",
];

/// Constructors of extension types; validation has tried them on literals.
const CONSTRUCTORS: [&str; 4] = ["decimal", "ip", "datetime", "duration"];

/// Whether the policy's conditions may fail.
pub(super) fn may_fail(policy: &Policy) -> bool {
    let json = policy.to_json().ok();
    let conditions = json.as_ref().and_then(|json| json.get("conditions"));
    let Some(conditions) = conditions.and_then(Value::as_array) else {
        return true;
    };
    !conditions
        .iter()
        .all(|condition| condition.get("body").is_some_and(is_safe))
}

fn is_safe(expression: &Value) -> bool {
    let Some((operator, of)) = expression.as_object().and_then(|all| all.iter().next()) else {
        return false;
    };
    let member = |name: &str| of.get(name).is_some_and(is_safe);
    let all = |items: Option<&Vec<Value>>| items.is_some_and(|items| items.iter().all(is_safe));
    match operator.as_str() {
        "Value" | "Var" => true,
        "!" | "isEmpty" => member("arg"),
        "." | "has" | "like" => member("left"),
        "is" => member("left") && of.get("in").is_none_or(is_safe),
        "if-then-else" => member("if") && member("then") && member("else"),
        "Set" => all(of.as_array()),
        "Record" => of.as_object().is_some_and(|all| all.values().all(is_safe)),
        name if BINARY.contains(&name) => member("left") && member("right"),
        name if METHODS.contains(&name) => all(of.as_array()),
        name if CONSTRUCTORS.contains(&name) => {
            let literal = |argument: &Value| argument.get("Value").is_some_and(Value::is_string);
            of.as_array()
                .is_some_and(|arguments| arguments.iter().all(literal))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_arithmetic_and_what_is_constructed_may_fail() {
        let may_fail = |condition: &str| {
            let text = format!("permit (principal, action, resource) when {{ {condition} }};");
            may_fail(&Policy::parse(None, text).unwrap())
        };
        for safe in [
            "true",
            r#"principal in A::"x" || !(context has a) || context.a.b like "x*""#,
            "if resource.x then context.a == [1, 2] else {\"a\": 1}.a > 0",
            r#"context.a.lessThan(decimal("1.0")) && context.now < datetime("2026-01-01")"#,
            r#"context.a is A in A::"x" && ["a"].containsAny(context.b) && context.b.isEmpty()"#,
            r#"context.now.toTime() > duration("1h") && ip("::1").isLoopback()"#,
        ] {
            assert!(!may_fail(safe), "{safe}");
        }
        for unsafe_one in [
            "context.a + 1 > 2",
            "context.a > 0 && 2 * context.a < 5",
            "-context.a > 0",
            "decimal(context.a).lessThan(decimal(\"1.0\"))",
            r#"context.now.offset(duration("1h")) > context.now"#,
            "[context.a - 1].contains(2)",
        ] {
            assert!(may_fail(unsafe_one), "{unsafe_one}");
        }
    }
}
