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

use cedar_policy::{Schema, SchemaFragment};
use serde_json::{Value, json};

use super::super::{MappedTool, MappingFault, Reads, merge, tools_text, whole_json, whole_text};
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

/// What of a tool cannot be checked, by its place, with the reason; null when nothing is.
fn unchecked(tool: &MappedTool) -> Value {
    let all = tool.unchecked().into_iter();
    let all: serde_json::Map<String, Value> = all
        .map(|(path, why)| (path, json!(why.to_string())))
        .collect();
    match all.is_empty() {
        true => Value::Null,
        false => Value::Object(all),
    }
}

/// All cases, those that map, and one schema with all of their types.
struct Corpus {
    cases: Vec<(PathBuf, Value, Result<MappedTool, MappingFault>)>,
    schema: Schema,
}

fn corpus() -> Corpus {
    let with_tool = |(file, case): (PathBuf, Value)| {
        let tool = mapped(&case);
        (file, case, tool)
    };
    let cases: Vec<_> = cases().into_iter().map(with_tool).collect();
    let tools: Vec<&MappedTool> = cases
        .iter()
        .filter_map(|(_, _, tool)| tool.as_ref().ok())
        .collect();
    let schema = schema(&tools);
    Corpus { cases, schema }
}

#[test]
fn every_tool_has_the_types_that_its_case_says() {
    let bless = std::env::var_os("PORTCULLIS_BLESS").is_some();
    let corpus = corpus();
    assert!(corpus.cases.len() >= 60, "{} cases", corpus.cases.len());
    let mut wrong = Vec::new();
    for (file, case, tool) in &corpus.cases {
        let name = file.file_name().unwrap().to_string_lossy();
        let found = match tool {
            Ok(tool) => ("cedar", json!(types(tool))),
            Err(fault) => ("quarantine", json!(fault.to_string())),
        };
        let unchecked = tool.as_ref().map_or_else(|_| Value::Null, unchecked);
        let mut wanted = case.clone();
        for name in ["cedar", "quarantine", "unchecked"] {
            wanted.as_object_mut().unwrap().remove(name);
        }
        wanted[found.0] = found.1;
        if unchecked != Value::Null {
            wanted["unchecked"] = unchecked;
        }
        if bless && *case != wanted {
            let text = serde_json::to_string_pretty(&wanted).unwrap();
            fs::write(file, text + "\n").unwrap();
        } else if !bless && *case != wanted {
            wrong.push(format!("{name}: {wanted:#}"));
        }
        let said = tool
            .iter()
            .flat_map(|tool| arguments(case, tool, &corpus.schema));
        wrong.extend(said.map(|why| format!("{name}: {why}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn arguments(case: &Value, tool: &MappedTool, schema: &Schema) -> Vec<String> {
    let mut wrong = Vec::new();
    for arguments in case["accepts"].as_array().into_iter().flatten() {
        let result = tool
            .read(Some(&arguments.to_string()), &Reads::Whole)
            .and_then(|value| tool.input(&value, &Reads::Whole))
            .map_err(|fault| fault.to_string())
            .and_then(|input| request(schema, tool, input));
        wrong.extend(result.err().map(|why| format!("{arguments}: {why}")));
    }
    for refused in case["refuses"].as_array().into_iter().flatten() {
        // A text is for what JSON itself would not keep, such as a member that is there twice.
        let text = refused["arguments"].as_str().map(str::to_owned);
        let text = text.unwrap_or_else(|| refused["arguments"].to_string());
        let fault = tool
            .read(Some(&text), &Reads::Whole)
            .and_then(|value| tool.input(&value, &Reads::Whole));
        match fault {
            Ok(_) => wrong.push(format!("{text}: not refused")),
            Err(fault) if refused["pointer"] == json!(fault.pointer) => {}
            Err(fault) => wrong.push(format!("{text}: refused at {}: {fault}", fault.pointer)),
        }
    }
    wrong
}

#[test]
fn fragments_are_the_same_merged_and_written_out() {
    let corpus = corpus();
    let tools = || {
        corpus
            .cases
            .iter()
            .filter_map(|(_, _, tool)| tool.as_ref().ok())
    };
    let (base, _) = SchemaFragment::from_cedarschema_str(BASE).unwrap();
    let one = merge(base.to_json_value().unwrap(), tools());
    let one = Schema::from_json_value(one).unwrap();
    assert_eq!(one.actions().count(), corpus.schema.actions().count());
    for tool in tools() {
        let (text, _) = SchemaFragment::from_cedarschema_str(&tool.cedar_text())
            .unwrap_or_else(|error| panic!("{}: {error}", tool.action()));
        let json = SchemaFragment::from_json_value(tool.fragment().clone()).unwrap();
        let written = |fragment: SchemaFragment| {
            let text = fragment.to_cedarschema().unwrap();
            text.replace("__cedar::", "")
        };
        assert_eq!(written(text), written(json), "{}", tool.action());
    }
}

#[test]
fn the_whole_schema_is_the_same_as_json_and_as_text() {
    let corpus = corpus();
    let tools = || {
        let cases = corpus.cases.iter();
        cases.filter_map(|(_, _, tool)| tool.as_ref().ok())
    };
    let text = whole_text(BASE, tools()).unwrap();
    assert!(text.starts_with(BASE.trim_end().trim_end_matches('}')));
    let (text, _) = SchemaFragment::from_cedarschema_str(&text).unwrap();
    let json = SchemaFragment::from_json_value(whole_json(BASE, tools()).unwrap()).unwrap();
    let written = |fragment: SchemaFragment| {
        let text = fragment.to_cedarschema().unwrap();
        text.replace("__cedar::", "")
    };
    assert_eq!(written(text.clone()), written(json));
    let whole = Schema::from_schema_fragments([text]).unwrap();
    assert_eq!(whole.actions().count(), corpus.schema.actions().count());
    let alone = SchemaFragment::from_cedarschema_str(&tools_text(tools()));
    drop(alone.unwrap());
}
