//! Tools in the shapes of public servers, each beside the types that it must give.
//!
//! One file is one tool: `tool` as an element of `tools/list`; `cedar`, the lines of its types;
//! `accepts`, arguments that convert; `refuses`, arguments and the place at fault. A file with
//! `quarantine` says why the tool has no types. `PORTCULLIS_BLESS=1` writes `cedar` anew.

#![allow(
    clippy::disallowed_methods,
    reason = "the cases are files beside the crate; the crate itself reads none"
)]

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::{MappedTool, MappingFault, merge};
use super::{BASE, map, request, schema};

fn cases() -> Vec<(PathBuf, Value)> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/cases/tool-schemas"
    );
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        (file, case)
    };
    files.into_iter().map(read).collect()
}

fn mapped(case: &Value) -> Result<MappedTool, MappingFault> {
    let server = case.get("server").and_then(Value::as_str).unwrap_or("demo");
    map(server, &case["tool"])
}

/// The types of a tool; its action is the same for every tool.
fn types(tool: &MappedTool) -> Vec<String> {
    let text = tool.cedar_text();
    let (types, _) = text.split_once("namespace Mcp {").unwrap();
    types.lines().map(str::to_owned).collect()
}

#[test]
fn every_tool_has_the_types_that_its_case_says() {
    let bless = std::env::var_os("PORTCULLIS_BLESS").is_some();
    let mut wrong = Vec::new();
    for (file, mut case) in cases() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let tool = match mapped(&case) {
            Ok(tool) => tool,
            Err(fault) => {
                if case["quarantine"] != json!(fault.to_string()) {
                    wrong.push(format!("{name}: {fault}"));
                }
                continue;
            }
        };
        let types = json!(types(&tool));
        if bless {
            case["cedar"] = types;
            let text = serde_json::to_string_pretty(&case).unwrap();
            fs::write(&file, text + "\n").unwrap();
        } else if case["cedar"] != types {
            wrong.push(format!("{name}: {types:#}"));
        }
        wrong.extend(
            arguments(&case, &tool)
                .into_iter()
                .map(|why| format!("{name}: {why}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn arguments(case: &Value, tool: &MappedTool) -> Vec<String> {
    let mut wrong = Vec::new();
    let schema = schema(&[tool]);
    for arguments in case["accepts"].as_array().unwrap() {
        let result = tool
            .check(Some(&arguments.to_string()))
            .and_then(|value| tool.input(&value))
            .map_err(|fault| fault.to_string())
            .and_then(|input| request(&schema, tool, input));
        wrong.extend(result.err().map(|why| format!("{arguments}: {why}")));
    }
    for refused in case["refuses"].as_array().unwrap() {
        let text = match &refused["arguments"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let fault = tool
            .check(Some(&text))
            .and_then(|value| tool.input(&value))
            .map(|_| ());
        match fault {
            Ok(()) => wrong.push(format!("{text}: not refused")),
            Err(fault) if refused["pointer"] == json!(fault.pointer) => {}
            Err(fault) => wrong.push(format!("{text}: refused at {}: {fault}", fault.pointer)),
        }
    }
    wrong
}

#[test]
fn all_tools_together_make_one_schema_in_either_form() {
    let cases = cases();
    let tools: Vec<MappedTool> = cases
        .iter()
        .filter_map(|(_, case)| mapped(case).ok())
        .collect();
    let count = schema(&tools.iter().collect::<Vec<_>>()).actions().count();
    let (base, _) = cedar_policy::SchemaFragment::from_cedarschema_str(BASE).unwrap();
    let one = merge(base.to_json_value().unwrap(), tools.iter());
    let one = cedar_policy::Schema::from_json_value(one).unwrap();
    assert_eq!(one.actions().count(), count);
    for tool in &tools {
        let (text, _) = cedar_policy::SchemaFragment::from_cedarschema_str(&tool.cedar_text())
            .unwrap_or_else(|error| panic!("{}: {error}", tool.action()));
        let json = cedar_policy::SchemaFragment::from_json_value(tool.fragment().clone()).unwrap();
        let written = |fragment: cedar_policy::SchemaFragment| {
            let text = fragment.to_cedarschema().unwrap();
            text.replace("__cedar::", "")
        };
        assert_eq!(written(text), written(json), "{}", tool.action());
    }
}
