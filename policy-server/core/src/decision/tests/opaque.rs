//! Arguments that cannot be checked, and those in which redaction looks for secrets.

use serde_json::json;

use super::typed::{call, shape};
use super::unread::{ALL, said};
use super::*;

/// Schemas of which nothing can be checked, and those of which one argument cannot.
fn unchecked() -> [serde_json::Value; 6] {
    let wide: serde_json::Map<_, _> = (0..2_500)
        .map(|n| (format!("p{n}"), json!({"type": "string"})))
        .collect();
    [
        json!({"$schema": "http://json-schema.org/draft-04/schema#", "type": "object",
            "properties": {"a": {"type": "string"}}}),
        json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^(?=x)"}}}),
        json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "(a{1000}){1000}"}}}),
        json!({"type": "object", "properties": {"a": {"$id": "https://x.example/a", "type": "string"}}}),
        json!({"type": "object", "properties": {"a": {"$ref": "https://x.example/a"}}}),
        json!({"type": "object", "properties": wide}),
    ]
}

#[test]
fn what_cannot_be_checked_can_be_called_and_not_read() {
    let group = r#"forbid (principal, action in Mcp::Action::"tools/call", resource)
        when { context has input && context.input has a && context.input.a == context.input.a };"#;
    for schema in unchecked() {
        let tool = json!({"name": "push", "inputSchema": schema}).to_string();
        let other = r#"{"name":"with-a","inputSchema":{"type":"object","properties":{"a":{}}}}"#;
        let registry = listed(&[&tool, other]);
        let free = Policies::load(sources(ALL), &registry).unwrap();
        assert_eq!(said(&free, r#"{"a":7,"A":"x"}"#), "allow", "{schema:.90}");
        let known = free.catalogue().tools().next().unwrap().1;
        assert_eq!(known.mapped.unchecked().len(), 1, "{schema:.90}");
        let read = Policies::load(sources(&format!("{ALL} {group}")), &registry).unwrap();
        for arguments in ["{}", r#"{"a":"x"}"#, r#"{"A":"x"}"#] {
            let said = said(&read, arguments);
            assert!(
                said.contains("/a is declared in a way"),
                "{schema:.90}: {said}"
            );
        }
    }
}

#[test]
fn a_schema_of_too_many_types_keeps_those_of_its_arguments() {
    let members: serde_json::Map<_, _> = (0..60)
        .map(|n| (format!("m{n}"), json!({"type": "string"})))
        .collect();
    let mut properties: serde_json::Map<_, _> = (0..60)
        .map(|n| {
            (
                format!("p{n}"),
                json!({"type": "object", "properties": members}),
            )
        })
        .collect();
    properties.insert("branch".to_owned(), json!({"type": "string"}));
    let schema = json!({"type": "object", "properties": properties});
    let tool = json!({"name": "push", "inputSchema": schema}).to_string();
    let text = format!(
        r#"{ALL} forbid (principal, action == Mcp::Action::"demo/push", resource)
        when {{ context.input has branch && context.input.branch == "main" }};"#
    );
    let policies = Policies::load(sources(&text), &listed(&[&tool])).unwrap();
    assert_eq!(
        said(&policies, r#"{"branch":"dev","p1":{"m1":7}}"#),
        "allow"
    );
    assert_eq!(said(&policies, r#"{"branch":"main"}"#), "Denied by policy.");
    assert!(said(&policies, r#"{"branch":7}"#).contains("/branch has another type"));
}

#[test]
fn bounds_near_the_end_of_doubles_are_bounds() {
    let tool = r#"{"name":"push","inputSchema":{"type":"object","properties":{
        "a":{"type":"number","minimum":-1.7976931348623157e308,"maximum":1.7976931348623157e308}}}}"#;
    let text = format!(
        r#"{ALL} forbid (principal, action == Mcp::Action::"demo/push", resource)
        when {{ context.input has a && context.input.a == Mcp::Number::"1" }};"#
    );
    let policies = Policies::load(sources(&text), &listed(&[tool])).unwrap();
    assert_eq!(said(&policies, r#"{"a":2}"#), "allow");
    assert_eq!(said(&policies, r#"{"a":1.0}"#), "Denied by policy.");
    assert!(said(&policies, r#"{"a":1e300}"#).contains("/a holds a number"));
}

#[test]
fn what_is_opaque_and_hidden_does_not_exist() {
    let tool = r#"{"name":"push","inputSchema":{"type":"object","properties":{
        "a":{"type":"string","pattern":"(?=x)"}}}}"#;
    let text = r#"permit (principal in Mcp::Role::"boss", action, resource)
        when { context has input && context.input has a };"#;
    let policies = Policies::load(sources(text), &listed(&[tool])).unwrap();
    assert_eq!(shape(&call(&policies, "push", "{}")), Shape::Hidden);
}

#[test]
fn places_of_secrets_have_no_look_alikes() {
    let tool = r#"{"name":"push","inputSchema":{"type":"object","properties":{
        "password":{"type":"string","format":"password"},"user":{"type":"string"}}}}"#;
    let policies = Policies::load(sources(ALL), &listed(&[tool])).unwrap();
    assert_eq!(
        said(&policies, r#"{"password":7,"user":null,"User":1}"#),
        "allow"
    );
    let denied = said(&policies, r#"{"Password":"x"}"#);
    assert!(
        denied.contains("/Password is spelt like another argument"),
        "{denied}"
    );
}
