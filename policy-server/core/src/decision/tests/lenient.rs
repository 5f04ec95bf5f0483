//! Calls as servers read them that are not strict: what a policy would deny, had it seen what the
//! server will see, never passes.
//!
//! Schemas, policies and arguments are drawn; two readers take the arguments as lenient servers do: the
//! last of equal members wins, names match in any case, texts become numbers, and defaults are filled
//! in. Deliberately absent: what servers do with what no schema declares.

mod kinds;
mod server;

use std::cell::Cell;

use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Map, json};

use self::kinds::{KINDS, Kind};
use self::server::{Reader, seen};
use super::typed::call;
use super::*;

/// Numbers drawn beforehand, used up one by one.
struct Draw<'a>(std::slice::Iter<'a, u8>);

impl Draw<'_> {
    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or_default()) % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// A tool of some of the arguments.
fn tool(draw: &mut Draw<'_>) -> serde_json::Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut definitions = Map::new();
    for kind in &KINDS {
        if draw.below(4) == 0 {
            continue;
        }
        let mut schema: serde_json::Value = serde_json::from_str(kind.schema).unwrap();
        if draw.below(6) == 0 {
            definitions.insert(kind.name.to_owned(), schema);
            schema = json!({"$ref": format!("#/$defs/{}", kind.name)});
        }
        if draw.below(2) == 0 {
            schema["default"] = serde_json::from_str(kind.default).unwrap();
        }
        if draw.below(4) == 0 {
            required.push(kind.name);
        }
        properties.insert(kind.name.to_owned(), schema);
    }
    let mut root = json!({"type": "object", "properties": properties, "required": required, "$defs": definitions});
    match draw.below(5) {
        0 => root["additionalProperties"] = json!(false),
        1 => root["allOf"] = json!([{"description": "nothing more"}]),
        2 => root["$schema"] = json!("https://json-schema.org/draft/2019-09/schema"),
        _ => {}
    }
    json!({"name": "push", "inputSchema": root})
}

fn declared(tool: &serde_json::Value) -> Vec<&'static Kind> {
    let names = tool["inputSchema"]["properties"].as_object().unwrap();
    KINDS
        .iter()
        .filter(|kind| names.contains_key(kind.name))
        .collect()
}

/// Policies on one or two of the arguments.
fn cedar(tool: &serde_json::Value, draw: &mut Draw<'_>) -> Option<String> {
    let kinds = declared(tool);
    let required: Vec<&str> = tool["inputSchema"]["required"]
        .as_array()?
        .iter()
        .filter_map(serde_json::Value::as_str)
        .collect();
    let mut one = || {
        let kind = *kinds.get(draw.below(kinds.len().max(1)))?;
        let condition = draw.pick(kind.cedar);
        let nullable = kind.name == "note";
        let guarded = match required.contains(&kind.name) && !nullable {
            true => format!("({condition})"),
            false => format!("(context.input has {} && {condition})", kind.name),
        };
        Some(match draw.below(3) {
            0 => format!("!{guarded}"),
            _ => guarded,
        })
    };
    let (first, second) = (one()?, one()?);
    let condition = match draw.below(3) {
        0 => format!("{first} && {second}"),
        1 => format!("{first} || {second}"),
        _ => first,
    };
    let action = r#"principal, action == Mcp::Action::"demo/push", resource"#;
    Some(match draw.below(3) {
        0 => format!("permit ({action}) when {{ {condition} }};"),
        1 => format!("permit ({action}); forbid ({action}) unless {{ {condition} }};"),
        _ => format!("permit ({action}); forbid ({action}) when {{ {condition} }};"),
    })
}

fn rego(tool: &serde_json::Value, draw: &mut Draw<'_>) -> Option<String> {
    let kinds = declared(tool);
    let mut one = || {
        let kind = *kinds.get(draw.below(kinds.len().max(1)))?;
        let condition = draw.pick(kind.rego);
        Some(match draw.below(3) {
            0 => format!("not {condition}"),
            _ => condition.to_owned(),
        })
    };
    let (first, second) = (one()?, one()?);
    let head = "package mcp\n\nimport rego.v1\n\n";
    let all = "permits contains {\"id\": \"all\"}\n\n";
    Some(match draw.below(3) {
        0 => format!("{head}permits contains {{\"id\": \"some\"}} if {{\n\t{first}\n}}\n"),
        1 => format!(
            "{head}{all}forbids contains {{\"id\": \"no\"}} if {{\n\t{first}\n\t{second}\n}}\n"
        ),
        _ => format!("{head}{all}forbids contains {{\"id\": \"no\"}} if {{\n\t{first}\n}}\n"),
    })
}

/// Arguments as a careless client writes them, and an attacker.
fn arguments(tool: &serde_json::Value, draw: &mut Draw<'_>) -> String {
    let mut members = Vec::new();
    for kind in declared(tool) {
        let (one, other) = (draw.pick(kind.values), draw.pick(kind.values));
        let shout = match draw.below(3) {
            0 => kind.name.to_uppercase(),
            1 => kind
                .name
                .replacen('s', "\u{17f}", 1)
                .replacen('k', "\u{212a}", 1),
            _ => {
                let mut letters = kind.name.chars();
                let first = letters.next().into_iter().flat_map(char::to_uppercase);
                first.chain(letters).collect()
            }
        };
        let pair = |name: &str, value: &str| format!("{}:{value}", json!(name));
        match draw.below(12) {
            0 | 1 => {}
            2 => members.push(pair(&shout, one)),
            3 => members.extend([pair(kind.name, one), pair(&shout, other)]),
            4 => members.extend([pair(&shout, other), pair(kind.name, one)]),
            5 => members.extend([pair(kind.name, one), pair(kind.name, other)]),
            6 => members.push(pair(kind.name, one)),
            _ => members.push(pair(kind.name, kind.values[draw.below(2)])),
        }
    }
    format!("{{{}}}", members.join(","))
}

fn policies(engine: &str, text: String, tool: &serde_json::Value) -> Option<Policies> {
    let mut files = BTreeMap::from([(format!("test.{engine}"), text)]);
    if engine == "rego" {
        files.insert("bundle.toml".to_owned(), "engine = \"rego\"".to_owned());
    }
    let registry = listed(&[&tool.to_string()]);
    Policies::load(Arc::new(Sources::new(files)), &registry).ok()
}

#[test]
fn what_a_policy_would_deny_had_it_seen_what_the_server_sees_never_passes() {
    let [denied, allowed, loaded, twisted] = [const { Cell::new(0_u32) }; 4];
    let mut seed = 1;
    while denied.get() < 3_000 || twisted.get() < 1_000 {
        let config = Config {
            cases: 1,
            rng_seed: RngSeed::Fixed(seed),
            failure_persistence: None,
            ..Config::default()
        };
        seed += 1;
        assert!(
            seed < 4_000,
            "{denied:?} {allowed:?} {loaded:?} {twisted:?}"
        );
        let bytes = proptest::collection::vec(any::<u8>(), 1_500);
        let outcome = TestRunner::new(config).run(&bytes, |bytes| {
            let mut draw = Draw(bytes.iter());
            let tool = tool(&mut draw);
            let (engine, text) = match draw.below(4) {
                0 => ("rego", rego(&tool, &mut draw)),
                _ => ("cedar", cedar(&tool, &mut draw)),
            };
            let Some(text) = text else { return Ok(()) };
            let Some(policies) = policies(engine, text.clone(), &tool) else {
                return Ok(());
            };
            loaded.set(loaded.get() + 1);
            for _ in 0..24 {
                let sent = arguments(&tool, &mut draw);
                let judged = call(&policies, "push", &sent);
                allowed.set(allowed.get() + u32::from(judged.allows()));
                for reader in [Reader::Exact, Reader::Last] {
                    let Some(seen) = seen(&tool, &sent, reader) else {
                        continue;
                    };
                    let had_seen = call(&policies, "push", &seen.to_string());
                    if had_seen.allows() || !had_seen.faults.is_empty() {
                        continue;
                    }
                    denied.set(denied.get() + 1);
                    let same = serde_json::from_str::<serde_json::Value>(&sent).unwrap() == seen;
                    twisted.set(twisted.get() + u32::from(!same));
                    prop_assert!(!judged.allows(), "{tool}\n{text}\nsent {sent}\nseen {seen}");
                }
            }
            Ok(())
        });
        outcome.unwrap();
    }
    assert!(
        allowed.get() > 300 && loaded.get() > 50,
        "{allowed:?} of {loaded:?}"
    );
}
