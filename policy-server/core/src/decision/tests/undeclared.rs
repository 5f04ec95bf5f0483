//! What policies look at and a tool does not declare, or declares where it may hold or not: no call of
//! that passes by what they do not see.

use super::typed::call;
use super::*;

const CEDAR: &str = r#"permit (principal, action, resource);
    forbid (principal, action in Mcp::Action::"tools/call", resource)
    when { context has input && context.input has path && context.input.path like "/etc/*" };
    forbid (principal, action in Mcp::Action::"tools/call", resource)
    when { context has input && context.input has opts && context.input.opts has mode && context.input.opts.mode == "rw" };"#;

const REGO: &str = "package mcp\n\nimport rego.v1\n\npermits contains {\"id\": \"all\"}\n\n\
    forbids contains {\"id\": \"path\"} if startswith(input.arguments.path, \"/etc/\")\n\
    forbids contains {\"id\": \"mode\"} if input.arguments.opts.mode == \"rw\"\n";

fn policies(engine: &str, schema: &str) -> Policies {
    let files = match engine {
        "rego" => vec![("bundle.toml", "engine = \"rego\"\n"), ("a.rego", REGO)],
        _ => vec![("a.cedar", CEDAR)],
    };
    let files = files
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.to_owned()));
    let sources = Arc::new(Sources::new(files.collect()));
    let tool = format!(r#"{{"name":"open","inputSchema":{schema}}}"#);
    Policies::load(sources, &listed(&[&tool])).unwrap()
}

#[test]
fn what_a_tool_does_not_declare_is_not_passed_by_policies_that_look_at_it() {
    for schema in [
        r#"{"type":"object"}"#,
        r#"{"type":"object","properties":{"limit":{"type":"integer"}}}"#,
        r#"{"type":"object","properties":{"opts":{"type":"object"}}}"#,
        r#"{"type":"object","properties":{"opts":{}}}"#,
        r#"{"type":"object","properties":{"opts":{"type":"object","properties":{"x":{"type":"string"}}}}}"#,
        r#"{"type":"object","properties":{"opts":{"type":"object","additionalProperties":{"type":"string"}}}}"#,
        r#"{"type":"object","properties":{"opts":{"anyOf":[{"type":"object"},{"type":"string"}]}}}"#,
        r#"{"type":"object","additionalProperties":{"type":"string"}}"#,
        r#"{"type":"object","properties":{"limit":{"type":"integer"}},"anyOf":[{"properties":{"path":{"type":"string"}}},{"required":["limit"]}]}"#,
        r#"{"type":"object","patternProperties":{"^p":{"type":"string"}}}"#,
    ] {
        for engine in ["cedar", "rego"] {
            let policies = policies(engine, schema);
            for bad in [
                r#"{"path":"/etc/x"}"#,
                r#"{"opts":{"mode":"rw"}}"#,
                r#"{"__proto__":{"path":"/etc/x"}}"#,
            ] {
                let judgement = call(&policies, "open", bad);
                assert!(!judgement.allows(), "{engine} {schema} {bad}");
            }
            for good in [r#"{}"#, r#"{"other":1,"more":{"path":"/etc/x"}}"#] {
                let judgement = call(&policies, "open", good);
                assert!(
                    judgement.allows()
                        || schema.contains(r#""additionalProperties":{"type":"string"}}"#),
                    "{engine} {schema} {good}: {judgement:?}"
                );
            }
        }
    }
    let free = policies("cedar", r#"{"type":"object"}"#);
    let denied = call(&free, "open", r#"{"path":"/etc/x"}"#);
    let told = message(&denied);
    assert!(
        told.contains("/path is not declared by the tool, and policies look at it"),
        "{told}"
    );
}

#[test]
fn defaults_that_may_hold_or_not_deny_where_they_would_be_filled_in() {
    let path = r#""path":{"type":"string"},"kind":{"type":"string"}"#;
    let then = r#"{"properties":{"path":{"default":"/etc/x"}}}"#;
    for beside in [
        format!(r#""if":{{"properties":{{"kind":{{"const":"x"}}}}}},"then":{then}"#),
        format!(r#""if":{{"required":["kind"]}},"else":{then}"#),
        format!(r#""dependentSchemas":{{"kind":{then}}}"#),
        format!(r#""anyOf":[{{"type":"object"}}],"oneOf":[{then},{{"required":["no"]}}]"#),
        format!(r#""anyOf":[{{"anyOf":[{then}]}}]"#),
        format!(r#""allOf":[{{"if":{{"required":["kind"]}},"then":{then}}}]"#),
        format!(r#""anyOf":[{{"if":{{"required":["kind"]}},"then":{then}}}]"#),
        r##""anyOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"properties":{"path":{"$ref":"#/$defs/b"}}},"b":{"default":"/etc/x"}}"##.to_owned(),
        format!(r#""$schema":"http://json-schema.org/draft-07/schema#","dependencies":{{"kind":{then}}}"#),
    ] {
        let schema = format!(r#"{{"type":"object","properties":{{{path}}},{beside}}}"#);
        for engine in ["cedar", "rego"] {
            let policies = policies(engine, &schema);
            let judgement = call(&policies, "open", r#"{"kind":"x"}"#);
            assert!(!judgement.allows(), "{engine} {schema}");
            let told = message(&judgement);
            assert!(told.contains("/path is absent") || told.contains("has a default in one"), "{told}");
            let sent = call(&policies, "open", r#"{"kind":"x","path":"/srv"}"#);
            assert!(sent.allows(), "{engine} {schema}: {sent:?}");
        }
    }
}

#[test]
fn defaults_inside_of_what_has_no_shape_deny_where_it_is_looked_at() {
    let mode = r#""properties":{"mode":{"default":"rw"},"o":{"type":"object"}}"#;
    for opts in [
        format!("{{{mode}}}"),
        format!(r#"{{"type":"object","patternProperties":{{".":{{{mode}}}}}}}"#),
        format!(r#"{{"items":{{{mode}}}}}"#),
        format!(r#"{{"type":"array","prefixItems":[{{{mode}}}]}}"#),
        format!(r#"{{"type":"array","contains":{{{mode}}}}}"#),
        format!(r#"{{"type":"object","if":{{}},"then":{{{mode}}}}}"#),
        r##"{"$ref":"#/$defs/node"}"##.to_owned(),
    ] {
        let node = r##"{"type":"object","properties":{"mode":{"default":"rw"},"next":{"$ref":"#/$defs/node"}}}"##;
        let schema = format!(
            r#"{{"type":"object","properties":{{"opts":{opts}}},"$defs":{{"node":{node}}}}}"#
        );
        let policies = policies("rego", &schema);
        for bad in [r#"{"opts":{}}"#, r#"{"opts":[{}]}"#, r#"{"opts":{"x":{}}}"#] {
            let judgement = call(&policies, "open", bad);
            let fits = judgement.allows() && !opts.contains("array") && bad.contains('[');
            assert!(
                !judgement.allows() || fits || opts.contains("node"),
                "{schema} {bad}: {judgement:?}"
            );
        }
        assert!(call(&policies, "open", "{}").allows(), "{schema}");
    }
}
