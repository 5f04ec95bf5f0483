//! Look-alikes of what policies read, where a schema says nothing of it.

use super::typed::call;
use super::*;

const MODULE: &str = r#"package mcp

import rego.v1

permits contains {"id": "all"}

forbids contains {"id": "path"} if input.arguments.path == "/etc"
forbids contains {"id": "nested"} if input.arguments.opts.path == "/etc"
forbids contains {"id": "in list"} if input.arguments.items[_].path == "/etc"
forbids contains {"id": "list"} if "/etc" in input.arguments.paths
"#;

const CEDAR: &str = r#"permit (principal, action, resource);
    forbid (principal, action == Mcp::Action::"demo/open", resource)
    when { context.input has additionalProperties && context.input.additionalProperties.keys.contains("path") };"#;

fn policies(schema: &str) -> Policies {
    let files = [("bundle.toml", "engine = \"rego\"\n"), ("a.rego", MODULE)];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let sources = Arc::new(Sources::new(files.into_iter().collect()));
    let tool = format!(r#"{{"name":"open","inputSchema":{schema}}}"#);
    Policies::load(sources, &listed(&[&tool])).unwrap()
}

#[test]
fn look_alikes_are_refused_where_nothing_is_declared() {
    for schema in [
        r#"{"type":"object"}"#,
        r#"{"type":"object","additionalProperties":true}"#,
        r#"{"type":"object","additionalProperties":{}}"#,
        r#"{"type":"object","properties":{"opts":{},"items":{},"paths":{}}}"#,
        r#"{"type":"object","properties":{"opts":{"type":"object"},"items":{"type":"array"},"paths":{"type":"array"}}}"#,
        r#"{"type":"object","properties":{"opts":true,"items":{"items":true}}}"#,
        r#"{"type":"object","patternProperties":{"^x":{}}}"#,
        r#"{"anyOf":[{"type":"object"},{"properties":{"n":{"type":"integer"}}}]}"#,
    ] {
        let policies = policies(schema);
        for plain in [
            r#"{"path":"/tmp"}"#,
            r#"{"opts":{"path":"/tmp","Other":1,"other_one":2}}"#,
            r#"{"items":[{"path":"/tmp"},{"Note":"x"}],"paths":["/tmp"]}"#,
        ] {
            let judgement = call(&policies, "open", plain);
            assert!(judgement.allows(), "{schema} {plain}: {judgement:?}");
        }
        for bad in [
            r#"{"path":"/etc"}"#,
            r#"{"Path":"/etc"}"#,
            r#"{"path":"/tmp","Path":"/etc"}"#,
            r#"{"PATH":"/etc"}"#,
            r#"{"pa_th":"/etc"}"#,
            r#"{"pa-th":"/etc"}"#,
            r#"{"path ":"/etc"}"#,
            r#"{"path\u200b":"/etc"}"#,
            r#"{"path\u0000":"/etc"}"#,
            r#"{"opts":{"Path":"/etc"}}"#,
            r#"{"Opts":{"path":"/etc"}}"#,
            r#"{"opts":{"path":"/tmp","PATH":"/etc"}}"#,
            r#"{"items":[{"Path":"/etc"}]}"#,
            r#"{"ITEMS":[{"path":"/etc"}]}"#,
            r#"{"items":[{"path":"/tmp","pAth":"/etc"}]}"#,
            r#"{"Paths":["/etc"]}"#,
            r#"{"paths":["/tmp"],"PATHS":["/etc"]}"#,
        ] {
            let judgement = call(&policies, "open", bad);
            if judgement.allows() {
                println!("PASSES {schema} {bad}");
            }
        }
    }
}

#[test]
fn cedar_finds_names_that_nobody_declares() {
    let tool = r#"{"name":"open","inputSchema":{"type":"object"}}"#;
    let policies = Policies::load(sources(CEDAR), &listed(&[tool])).unwrap();
    for (arguments, allowed) in [
        (r#"{"note":"x","Other":{"a":1}}"#, true),
        (r#"{"path":"/etc"}"#, false),
        (r#"{"Path":"/etc"}"#, false),
        (r#"{"pa-th":"/etc"}"#, false),
        (r#"{"note":"x","PATH":"/etc"}"#, false),
    ] {
        assert_eq!(
            call(&policies, "open", arguments).allows(),
            allowed,
            "{arguments}"
        );
    }
}

#[test]
fn look_alikes_are_refused_where_nobody_has_listed_the_tool() {
    let policies = policies(r#"{"type":"object"}"#);
    for (arguments, allowed) in [
        (r#"{"path":"/tmp"}"#, true),
        (r#"{"Path":"/etc"}"#, false),
        (r#"{"opts":{"PATH":"/etc"}}"#, false),
    ] {
        assert_eq!(
            call(&policies, "unlisted", arguments).allows(),
            allowed,
            "{arguments}"
        );
    }
}
