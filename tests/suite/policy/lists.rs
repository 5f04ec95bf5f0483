//! Lists before and after a change of policies: what goes is gone, and what stays keeps its place
//! and its bytes.

use portcullis_tests::gateway::Setup;
use serde_json::{Value, json};

use super::{ERAS, Era, ask, put};
use crate::world::World;

const OPEN: &str = "@id(\"all\") permit (principal, action, resource);\n";

/// Takes one item out of each list.
const LESS: &str = r#"
@id("all") permit (principal, action, resource);
@id("no-b") forbid (principal, action in Mcp::Action::"tools/call", resource == Mcp::Tool::"demo/b");
@id("no-prompt") forbid (principal, action, resource == Mcp::Prompt::"demo/b");
@id("no-file")
forbid (principal, action == Mcp::Action::"resources/read", resource)
when { resource.uri like "file:///b*" };
@id("no-template")
forbid (principal, action == Mcp::Action::"completion/complete", resource == Mcp::Template::"demo/file:///b/{x}");
"#;

/// A method, the member with its items, and the items as no library would write them.
const LISTS: [(&str, &str, [&str; 3]); 4] = [
    (
        "tools/list",
        "tools",
        [
            r#"{ "inputSchema" : {"type":"object"}, "name":"z", "x-odd": 1.50 }"#,
            r#"{"name":"b","inputSchema":{"type":"object"}}"#,
            r#"{"title":"\u0041","name":"a","inputSchema":{ "type" :"object"}}"#,
        ],
    ),
    (
        "prompts/list",
        "prompts",
        [
            r#"{ "name":"z", "arguments":[ ] }"#,
            r#"{"name":"b"}"#,
            r#"{"description":"\u00e9","name":"a"}"#,
        ],
    ),
    (
        "resources/list",
        "resources",
        [
            r#"{ "uri":"file:///z" ,"name":"z"}"#,
            r#"{"uri":"file:///b","name":"b"}"#,
            r#"{"name":"\/","uri":"file:///a"}"#,
        ],
    ),
    (
        "resources/templates/list",
        "resourceTemplates",
        [
            r#"{ "uriTemplate":"file:///z/{x}" ,"name":"z"}"#,
            r#"{"uriTemplate":"file:///b/{x}","name":"b"}"#,
            r#"{"name":"a","uriTemplate":"file:///a/{x}"}"#,
        ],
    ),
];

/// An upstream whose pages are public, and live for a minute.
fn listing() -> World {
    let world = World::with(Setup::policies(OPEN));
    for (method, member, items) in LISTS {
        world.upstream.when(&format!("\"{method}\""), move |request, answer| {
            let id = &request.json()["id"];
            let items = items.join(" , ");
            answer.json(&format!(
                "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"ttlMs\":60000,\"{member}\":[ {items} ],\
                 \"nextCursor\":\"n\\u0065xt\",\"cacheScope\":\"public\",\"resultType\":\"complete\"}}}}"
            ));
        });
    }
    world
}

/// What the agent gets, as it is written.
fn page(world: &World, era: Era, method: &str) -> String {
    let response = ask(world, "alice", era, method, json!({}));
    let result = response.message()["result"].clone();
    assert_eq!(result["cacheScope"], "private", "{era:?} {method}");
    assert_eq!(result["ttlMs"], 5_000, "{era:?} {method}");
    let text = response.text();
    assert!(text.contains(r#""nextCursor":"n\u0065xt""#), "{text}");
    text
}

fn has_items(world: &World, era: Era, list: usize, places: &[usize]) {
    let (method, member, items) = LISTS[list];
    let items: Vec<&str> = places.iter().map(|place| items[*place]).collect();
    let wanted = format!("\"{member}\":[{}]", items.join(","));
    let text = page(world, era, method);
    assert!(text.contains(&wanted), "{era:?} {method}: {text}");
}

#[test]
fn lists_keep_order_and_bytes_before_and_after_a_reload() {
    let world = listing();
    let all = |places: &[usize]| {
        for era in ERAS {
            (0..LISTS.len()).for_each(|list| has_items(&world, era, list, places));
        }
    };
    all(&[0, 1, 2]);
    put(&world, "test.cedar", LESS);
    all(&[0, 2]);
    put(
        &world,
        "test.cedar",
        "@id(\"none\") forbid (principal, action, resource);\n",
    );
    all(&[]);
    put(&world, "test.cedar", OPEN);
    all(&[0, 1, 2]);
}

#[test]
fn a_page_that_says_nothing_about_caches_is_private_and_old_at_once() {
    let world = listing();
    world.upstream.when("\"tools/list\"", |request, answer| {
        let id = &request.json()["id"];
        answer.json(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[]}}}}"#
        ));
    });
    let result =
        |era| ask(&world, "alice", era, "tools/list", json!({})).message()["result"].clone();
    let stateless = result(Era::Stateless);
    assert_eq!(stateless["cacheScope"], "private", "{stateless}");
    assert_eq!(stateless["ttlMs"], 0, "{stateless}");
    let older = result(Era::Sessions);
    assert_eq!(
        older["cacheScope"],
        Value::Null,
        "older clients do not know it"
    );
}
