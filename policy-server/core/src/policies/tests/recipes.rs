//! The recipes of `docs/policies.md`: each is loaded alone, with the tools and tags that ship, and
//! does what its cases say.

use std::collections::BTreeSet;

use super::*;

/// So many recipes are promised.
const RECIPES_MIN: usize = 20;

/// A block of the document: what stands behind its backticks, and what is in it.
fn blocks(document: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in document.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(head)) => open = Some((head.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// The blocks of one kind by name; none is there twice.
fn named(blocks: &[(String, String)], kind: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (head, text) in blocks {
        if let Some(name) = head.strip_prefix(kind) {
            let before = found.insert(name.to_owned(), text.clone());
            assert!(before.is_none(), "{name} is there twice");
        }
    }
    found
}

/// The files that ship, with other policies.
fn with(recipe: &str) -> BTreeMap<String, String> {
    let mut files = shipped();
    files.retain(|name, _| !name.ends_with(".cedar") && name != ROLES_FILE);
    files.insert("recipe.cedar".to_owned(), recipe.to_owned());
    files
}

/// The outcomes that cases expect.
fn outcomes(cases: &str) -> BTreeSet<String> {
    let cases: Vec<serde_json::Value> = serde_json::from_str(cases).unwrap();
    let outcome = |case: &serde_json::Value| case["outcome"].as_str().unwrap().to_owned();
    cases.iter().map(outcome).collect()
}

/// What is wrong with a recipe.
fn faults(name: &str, recipe: &str, cases: &str) -> Vec<String> {
    let policies = match Policies::load(Sources::new(with(recipe)), &Registry::default()) {
        Ok(policies) => policies,
        Err(error) => return vec![error.to_string()],
    };
    let mut faults: Vec<String> = policies.lints().iter().map(ToString::to_string).collect();
    let outcomes = outcomes(cases);
    let cases = read(name, cases).unwrap_or_else(|error| panic!("{error}"));
    let tried = run(&policies, &cases);
    faults.extend(failed(&tried).into_iter().map(|tried| format!("{tried:?}")));
    let standings = standings(&policies);
    let without_id = |standing: &&Standing| standing.policy.contains('#');
    faults.extend(
        standings
            .iter()
            .find(without_id)
            .map(|one| format!("{one:?}: no @id")),
    );
    let uncovered = Coverage::of(standings, &tried).uncovered;
    faults.extend(
        uncovered
            .iter()
            .map(|one| format!("{} is not shown", one.policy)),
    );
    if !outcomes.contains("allow") || outcomes.len() < 2 {
        faults.push("there is no case that allows, or none that does not".to_owned());
    }
    faults
}

#[test]
fn every_recipe_does_what_it_says() {
    let blocks = blocks(&text(&repository().join("docs/policies.md")));
    let recipes = named(&blocks, "cedar recipe=");
    let cases = named(&blocks, "json cases=");
    assert!(recipes.len() >= RECIPES_MIN, "{} recipes", recipes.len());
    assert!(recipes.keys().eq(cases.keys()), "{:?}", cases.keys());
    let mut wrong = Vec::new();
    for (name, recipe) in &recipes {
        let faults = faults(name, recipe, &cases[name]);
        wrong.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The test can fail: a recipe that does something else, and one that shows half of it.
#[test]
fn a_recipe_that_says_something_else_is_found() {
    let recipe = r#"@id("all") permit (principal, action in Mcp::Action::"tools/call", resource);"#;
    let case = |outcome: &str| {
        format!(
            r#"[{{"name":"c","outcome":"{outcome}","request":{{"server":"files","method":"tools/call",
                "tool":"read_text_file","arguments":{{"path":"/a"}},"caller":{{"subject":"a"}}}}}}]"#
        )
    };
    let wrong = faults("wrong", recipe, &case("deny"));
    assert!(wrong[0].contains("outcome"), "{wrong:?}");
    let half = faults("half", recipe, &case("allow"));
    assert_eq!(
        half,
        ["there is no case that allows, or none that does not"]
    );
}
