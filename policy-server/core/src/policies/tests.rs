//! The policies that ship, with their cases; that no change to them goes unnoticed; and the recipes
//! of `docs/policies.md`.

#![allow(
    clippy::disallowed_methods,
    reason = "what ships are files beside the crate; the crate itself reads none"
)]

mod mutants;
mod recipes;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::cases::{Case, Coverage, Runner, Tried, Written, read};
use crate::decision::{Judge, Outcome};
use crate::engine::cedar::Standing;

/// The time of cases that name none: 2026-01-01T12:00:00Z, as for `policy test`.
const NOW_MS: i64 = 1_767_268_800_000;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names and texts of a folder's files.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, text(&path))
    };
    files.into_iter().map(read).collect()
}

/// The files of the policy set that ships.
fn shipped() -> BTreeMap<String, String> {
    let folder = repository().join("policies");
    let tools = files(&folder.join(TOOLS_FOLDER)).into_iter();
    let tools = tools.map(|(name, text)| (format!("{TOOLS_FOLDER}/{name}"), text));
    let all = files(&folder).into_iter().chain(tools);
    all.filter(|(name, _)| is_source(name)).collect()
}

/// Requests of the shipped cases, as they are judged without them.
fn shipped_requests() -> Vec<Written> {
    let files = files(&repository().join("policies/cases"));
    let requests = |(_, text): (String, String)| {
        let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let request = |mut case: serde_json::Value| case["request"].take();
        cases.into_iter().map(request).collect::<Vec<_>>()
    };
    let read = |request| serde_json::from_value(request).unwrap();
    files.into_iter().flat_map(requests).map(read).collect()
}

fn shipped_cases() -> Vec<Case> {
    let files = files(&repository().join("policies/cases"));
    let read = |(name, text): (String, String)| read(&name, &text).unwrap();
    files.into_iter().flat_map(read).collect()
}

fn load(files: BTreeMap<String, String>) -> Policies {
    let loaded = Policies::load(Sources::new(files), &Registry::default());
    loaded.unwrap_or_else(|error| panic!("{error}"))
}

fn run(policies: &Policies, cases: &[Case]) -> Vec<Tried> {
    let runner = Runner::new(policies, NOW_MS).unwrap();
    cases.iter().map(|case| runner.run(case)).collect()
}

fn standings(policies: &Policies) -> Vec<Standing> {
    let engine = policies.engine().cedar().unwrap();
    engine.standings(policies.sources()).unwrap()
}

fn failed(tried: &[Tried]) -> Vec<&Tried> {
    let failed = |tried: &&Tried| !tried.mismatches.is_empty();
    tried.iter().filter(failed).collect()
}

#[test]
fn the_shipped_policies_pass_their_cases_without_a_lint() {
    let policies = load(shipped());
    assert_eq!(policies.lints(), []);
    assert_eq!(policies.catalogue().quarantined().count(), 0);
    let tried = run(&policies, &shipped_cases());
    assert_eq!(failed(&tried), [&tried[0]; 0]);
    let coverage = Coverage::of(standings(&policies), &tried);
    assert_eq!(coverage.uncovered, []);
}

/// Lists and calls are decided apart, and must not contradict each other.
#[test]
fn what_may_be_called_is_never_hidden() {
    let policies = load(shipped());
    let (mut shown, mut hidden) = (0, 0);
    for written in shipped_requests() {
        let facts = written.facts(policies.catalogue(), NOW_MS);
        let judge = Judge::new(&policies, &facts).unwrap();
        for subject in &facts.subjects {
            let shows = judge.shows(subject);
            let denied = judge.judge(subject).outcome == Outcome::Deny;
            assert!(shows || denied, "{written:?}");
            shown += u32::from(shows);
            hidden += u32::from(!shows);
        }
    }
    assert!(shown > 50 && hidden > 20, "{shown} shown, {hidden} hidden");
}

#[test]
fn policies_that_could_look_at_the_time_are_known() {
    let looks = |file: &str, text: &str| {
        looks_at_the_time(&Sources::new([(file.to_owned(), text.to_owned())].into()))
    };
    for text in [
        "when { context.now > x }",
        "when { context[\"now\"] > x }",
        "when { context.clock.hour < 9 }",
    ] {
        assert!(looks("a.cedar", text), "{text}");
    }
    for text in ["input.now_ns > 1", "some key, x in input", "input[key] > 1"] {
        assert!(looks("a.rego", text), "{text}");
    }
    assert!(!looks(
        "a.cedar",
        "when { context.known && nowhere && input }"
    ));
    assert!(!looks("a.rego", "input.action == \"known\""));
}
