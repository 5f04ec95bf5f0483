//! Every small mistake in a shipped policy is an error, a lint, or a case that fails.
//!
//! The mistakes: `permit` for `forbid` and the other way round, a condition or one side of an `&&`
//! or `||` left out, a misspelt attribute, a misspelt or forgotten annotation.

use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};

use cedar_policy::{Policy, PolicyId, PolicySet};
use serde_json::Value;

use super::*;
use crate::policies::Severity;

/// Annotations without which nothing that is decided changes: for readers, not for the engine.
const FOR_READERS: [&str; 3] = ["doc", "owner", "severity"];

/// Mistakes that nothing finds, and why that is in order: the policy, the mistake, the reason.
const EXCUSED: [(&str, &str, &str); 1] = [(
    "github-pull-requests-are-drafts",
    "no @reason",
    "nobody reads it while the policy is in shadow; it is there for the day when it is enforced",
)];

/// A policy as it stands, and as JSON.
struct Original {
    id: String,
    text: String,
    json: Value,
}

struct Mutant {
    policy: String,
    mistake: String,
    text: String,
}

fn originals() -> Vec<Original> {
    let cedar = shipped().into_iter();
    let cedar = cedar.filter(|(name, _)| name.ends_with(".cedar"));
    cedar.flat_map(|(_, text)| one_by_one(&text)).collect()
}

fn one_by_one(text: &str) -> Vec<Original> {
    let set = PolicySet::from_str(text).unwrap();
    let original = |policy: &Policy| Original {
        id: policy.annotation("id").unwrap().to_owned(),
        text: policy.to_string(),
        json: policy.to_json().unwrap(),
    };
    let found: Vec<Original> = set.policies().map(original).collect();
    assert_eq!(found.len(), set.num_of_policies());
    found
}

/// All mistakes of one kind that can be made in an expression, each with what it is.
fn expressions(
    expression: &Value,
    mistake: &dyn Fn(&Value) -> Vec<(String, Value)>,
) -> Vec<(String, Value)> {
    let mut found = mistake(expression);
    let keys: Vec<String> = match expression {
        Value::Object(members) => members.keys().cloned().collect(),
        Value::Array(items) => (0..items.len()).map(|at| at.to_string()).collect(),
        _ => Vec::new(),
    };
    for key in keys {
        let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        let child = expression.pointer(&pointer).unwrap();
        for (what, changed) in expressions(child, mistake) {
            let mut whole = expression.clone();
            *whole.pointer_mut(&pointer).unwrap() = changed;
            found.push((what, whole));
        }
    }
    found
}

/// One side of an `&&` or `||` left out.
fn shortened(expression: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for operator in ["&&", "||"] {
        for (left_out, kept) in [("left", "right"), ("right", "left")] {
            let kept = expression.pointer(&format!("/{operator}/{kept}"));
            found.extend(kept.map(|kept| (format!("no {left_out} of {operator}"), kept.clone())));
        }
    }
    found
}

/// A misspelt attribute, or member of a record.
fn misspelt(expression: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for pointer in ["/./attr", "/has/attr"] {
        if let Some(name) = expression.pointer(pointer).and_then(Value::as_str) {
            let mut changed = expression.clone();
            *changed.pointer_mut(pointer).unwrap() = format!("{name}x").into();
            found.push((format!("{name}x"), changed));
        }
    }
    if let Some(members) = expression.get("Record").and_then(Value::as_object) {
        for name in members.keys() {
            let mut changed = expression.clone();
            let record = changed["Record"].as_object_mut().unwrap();
            let value = record.remove(name).unwrap();
            record.insert(format!("{name}x"), value);
            found.push((format!("{name}x"), changed));
        }
    }
    found
}

/// Mistakes in the head: the effect and the annotations.
fn heads(json: &Value) -> Vec<(String, Value)> {
    let mut flipped = json.clone();
    let permits = json["effect"] == "permit";
    flipped["effect"] = if permits { "forbid" } else { "permit" }.into();
    let mut found = vec![("the other effect".to_owned(), flipped)];
    for name in json["annotations"].as_object().unwrap().keys() {
        let mut changed = json.clone();
        let annotations = changed["annotations"].as_object_mut().unwrap();
        let value = annotations.remove(name).unwrap();
        let without = changed.clone();
        changed["annotations"][format!("{name}x")] = value;
        found.push((format!("@{name}x"), changed));
        if !FOR_READERS.contains(&name.as_str()) {
            found.push((format!("no @{name}"), without));
        }
    }
    found
}

fn mutants(original: &Original) -> Vec<Mutant> {
    let json = &original.json;
    let conditions = json["conditions"].as_array().unwrap();
    let mut found = heads(json);
    for (at, condition) in conditions.iter().enumerate() {
        let mut without = json.clone();
        without["conditions"].as_array_mut().unwrap().remove(at);
        found.push((
            format!("no `{}`", condition["kind"].as_str().unwrap()),
            without,
        ));
    }
    let all = &json["conditions"];
    let inner = expressions(all, &shortened)
        .into_iter()
        .chain(expressions(all, &misspelt));
    found.extend(inner.map(|(what, conditions)| {
        let mut changed = json.clone();
        changed["conditions"] = conditions;
        (what, changed)
    }));
    let mutant = |(mistake, json): (String, Value)| Mutant {
        policy: original.id.clone(),
        mistake,
        text: written(json),
    };
    found.into_iter().map(mutant).collect()
}

fn written(json: Value) -> String {
    let policy = Policy::from_json(Some(PolicyId::new("mutant")), json).unwrap();
    policy.to_cedar().unwrap()
}

/// What finds a mistake.
struct Finder {
    files: BTreeMap<String, String>,
    whole: Policies,
    cases: Vec<Case>,
    /// What the cases show of the policies as they are.
    tried: Vec<Tried>,
}

impl Finder {
    fn new(originals: &[Original]) -> Self {
        let mut files = shipped();
        files.retain(|name, _| !name.ends_with(".cedar"));
        files.extend(
            originals
                .iter()
                .map(|one| (file(&one.id), one.text.clone())),
        );
        files
            .entry("tools/demo.json".to_owned())
            .and_modify(with_hints);
        let (whole, cases) = (load(files.clone()), shipped_cases());
        let tried = run(&whole, &cases);
        Self {
            files,
            whole,
            cases,
            tried,
        }
    }

    /// Whether loading, a lint or a case finds it.
    fn finds(&self, mutant: &Mutant) -> bool {
        let mut files = self.files.clone();
        files.insert(file(&mutant.policy), mutant.text.clone());
        let sources = Arc::new(Sources::new(files));
        // The tools are as they were, and are not mapped anew.
        let before = Some(&self.whole);
        let Ok(policies) = Policies::fit(sources, &Registry::default(), before) else {
            return true;
        };
        let runner = Runner::new(&policies, NOW_MS).unwrap();
        let fails = |case: &Case| !runner.run(case).mismatches.is_empty();
        let warns = |problem: &Problem| problem.severity != Severity::Advice;
        // Those that the policy decides find most of it.
        let both = self.cases.iter().zip(&self.tried);
        let (near, far): (Vec<_>, Vec<_>) =
            both.partition(|(_, tried)| tried.decided.contains(&mutant.policy));
        let mut cases = near.iter().chain(&far);
        cases.any(|(case, _)| fails(case)) || policies.lints().iter().any(warns)
    }
}

/// A tool list without those tools of which nothing is said. No policy tells them apart, and each
/// makes every load slower.
fn with_hints(list: &mut String) {
    let mut tools: Value = serde_json::from_str(list).unwrap();
    let all = tools["tools"].as_array_mut().unwrap();
    all.retain(|tool| tool.get("annotations").is_some());
    *list = tools.to_string();
}

fn file(id: &str) -> String {
    format!("{id}.cedar")
}

/// Those that nothing finds. Loading takes its time, hence the threads.
fn survivors(finder: &Finder, mutants: &[Mutant]) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
            if !finder.finds(mutant) {
                found.push(format!("{}: {}", mutant.policy, mutant.mistake));
            }
        }
        found
    };
    let mut found: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        let ended = threads.into_iter().map(|thread| thread.join().unwrap());
        ended.flatten().collect()
    });
    found.sort();
    found
}

#[test]
fn every_mistake_in_a_shipped_policy_is_found() {
    let originals = originals();
    let finder = Finder::new(&originals);
    assert!(failed(&finder.tried).is_empty());
    let mutants: Vec<Mutant> = originals.iter().flat_map(mutants).collect();
    let survivors = survivors(&finder, &mutants);
    let excused = |survivor: &String| {
        let same =
            |(policy, mistake, _): &(&str, &str, &str)| *survivor == format!("{policy}: {mistake}");
        EXCUSED.iter().any(same)
    };
    let unexcused: Vec<&String> = survivors.iter().filter(|one| !excused(one)).collect();
    println!("{} mistakes, {} survive", mutants.len(), survivors.len());
    assert!(unexcused.is_empty(), "{unexcused:#?} of {}", mutants.len());
    assert_eq!(survivors.len(), EXCUSED.len(), "an excuse is not needed");
}
