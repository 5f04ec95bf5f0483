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
            30,
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

#[test]
fn problems_have_codes_policies_and_ends() {
    let call = r#"action in Mcp::Action::"tools/call""#;
    let permit = |conditions: &str| format!("permit (principal, {call}, resource) {conditions};");
    for (text, code, help) in [
        ("permit (".to_owned(), "syntax", ""),
        (
            r#"@aproval("x") permit (principal, action, resource);"#.to_owned(),
            "unknown-annotation",
            "did you mean `@approval`?",
        ),
        (
            r#"@grant_ttl("PT1M") permit (principal, action, resource);"#.to_owned(),
            "stray-annotation",
            "add `@approval(\"group\")`",
        ),
        (
            permit("when { resource.destructiv }"),
            "unknown-attribute",
            "",
        ),
        (permit("when { resource.name == 1 }"), "type-mismatch", ""),
        (
            permit("when { context.protocolVersion == \"x\" }"),
            "missing-guard",
            "context has protocolVersion",
        ),
        (
            permit(r#"when { resource.name in ["a", "b"] }"#),
            "in-strings",
            r#"write `["a", "b"].contains(resource.name)`"#,
        ),
        (permit("when { false }"), "never-true", "remove the policy"),
        (permit("unless { true }"), "never-true", "remove the policy"),
        (
            r#"permit (principal is Mcp::User, action, resource);"#.to_owned(),
            "never-applies",
            "no action has this principal",
        ),
        (
            r#"permit (principal, action == Mcp::Action::"read", resource);"#.to_owned(),
            "never-applies",
            "`in`, not `==`",
        ),
        (
            r#"permit (principal, action in Mcp::Action::"read", resource is Mcp::Tool);"#
                .to_owned(),
            "never-applies",
            "",
        ),
        (
            r#"permit (principal, action == Mcp::Action::"tools/cal", resource);"#.to_owned(),
            "unknown-action",
            "tools/call",
        ),
        (
            r#"permit (principal, action, resource is Mcp::Tol);"#.to_owned(),
            "unknown-entity",
            "Mcp::Tool",
        ),
    ] {
        let problems = problems(&text);
        let found = problems.iter().find(|found| found.code.as_str() == code);
        let found = found.unwrap_or_else(|| panic!("{text}: {problems:#?}"));
        let same = problems.iter().filter(|other| other.code == found.code);
        assert_eq!(same.count(), 1, "{text}: {problems:#?}");
        let said = found.help.as_deref().unwrap_or_default();
        assert!(said.contains(help), "{text}: {found:#?}");
        let json = serde_json::to_value(found).unwrap();
        assert_eq!(json["severity"], "error", "{json}");
        assert!(
            json["end_column"].as_u64() > json["column"].as_u64() || code == "syntax",
            "{json}"
        );
        assert_eq!(json["policy"].is_string(), code != "syntax", "{json}");
    }
}
