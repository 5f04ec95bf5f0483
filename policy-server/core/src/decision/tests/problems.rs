//! What a person reads when policies do not load.

use super::*;

#[test]
fn problems_have_places_and_help() {
    for (text, line, column, message) in [
        (
            "permit (principal, action, resource)\n  when { true }",
            2,
            16,
            "unexpected end of input",
        ),
        (
            "\n@aproval(\"x\")\npermit (principal, action, resource);",
            2,
            1,
            "unknown annotation `@aproval`",
        ),
        (
            "@approval(\"x\") forbid (principal, action, resource);",
            1,
            1,
            "a gate is a `forbid` with an `unless`",
        ),
        (
            "@id(\"a\") permit (principal, action, resource);\n@id(\"a\") permit (principal, action, resource);",
            2,
            1,
            "used twice",
        ),
        (
            "permit (principal, action, resource)\nwhen { resource.destructiv };",
            2,
            8,
            "destructiv",
        ),
        (
            "permit (principal == ?principal, action, resource);",
            0,
            0,
            "templates are not supported",
        ),
        (
            "permit (principal, action == Mcp::Action::\"tools/cal\", resource);",
            1,
            1,
            "tools/cal",
        ),
        (
            "permit (principal, action == Mcp::Action::\"tools/call\", resource is Mcp::Prompt);",
            1,
            1,
            "unable to find an applicable action",
        ),
        (
            "permit (principal, action, resource) when { context.direction == Mcp::Direction::\"up\" };",
            1,
            66,
            "up",
        ),
    ] {
        let problems = problems(text);
        let found = problems
            .iter()
            .any(|problem| problem.message.contains(message));
        assert!(found, "{text}: {problems:?}");
        if line > 0 {
            let place = problems[0].place.unwrap();
            assert_eq!(
                (place.line, place.column),
                (line, column),
                "{text}: {problems:?}"
            );
        }
    }
}
