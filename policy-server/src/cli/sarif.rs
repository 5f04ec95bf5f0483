//! Problems as SARIF 2.1.0, which code hosts show beside the lines of a change.

use std::collections::BTreeSet;

use portcullis_core::policies::{Place, Problem, Severity};
use serde_json::{Value, json};

/// One log with one run. `path` says where a problem's file is, as seen from the repository.
pub(super) fn log(problems: &[Problem], path: &dyn Fn(&str) -> String) -> Value {
    let codes: BTreeSet<&str> = problems.iter().map(|one| one.code.as_str()).collect();
    let rules: Vec<Value> = codes
        .into_iter()
        .map(|code| json!({ "id": code }))
        .collect();
    let results: Vec<Value> = problems
        .iter()
        .map(|problem| result(problem, &path(&problem.file)))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "portcullis",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(problem: &Problem, path: &str) -> Value {
    let file = json!({ "uri": uri(path) });
    let location = match problem.place {
        Some(place) => json!({ "artifactLocation": file, "region": region(place) }),
        None => json!({ "artifactLocation": file }),
    };
    let text = match &problem.help {
        Some(help) => format!("{}; {help}", problem.message),
        None => problem.message.clone(),
    };
    json!({
        "ruleId": problem.code.as_str(),
        "level": level(problem.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": location }],
    })
}

fn region(place: Place) -> Value {
    let (line, column) = (place.line, place.column);
    match place.end_line.zip(place.end_column) {
        Some((end_line, end_column)) => json!({
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        }),
        None => json!({ "startLine": line, "startColumn": column }),
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

/// A path as a URI reference; a relative one stays relative.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let encoded = path.bytes().map(|byte| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

#[cfg(test)]
mod tests {
    use portcullis_core::policies::Code;

    use super::*;

    #[test]
    fn a_log_says_what_where_and_how_bad() {
        let place = Place::span("ab\ncd", 1..4);
        let problem = Problem::new(Code::LintUnscoped, "a b.cedar", "wide").at(place);
        let elsewhere = Problem::new(Code::Folder, "x", "gone").help("bring it");
        let log = log(&[problem, elsewhere], &|file| format!("./policies/{file}"));
        let results = &log["runs"][0]["results"];
        let physical = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "policies/a%20b.cedar");
        let region = json!({ "startLine": 1, "startColumn": 2, "endLine": 2, "endColumn": 2 });
        assert_eq!(physical["region"], region);
        assert_eq!(results[0]["level"], "note");
        assert_eq!(results[1]["level"], "error");
        assert_eq!(results[1]["message"]["text"], "gone; bring it");
        let rules = json!([{ "id": "folder" }, { "id": "lint-unscoped" }]);
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"], rules);
    }
}
