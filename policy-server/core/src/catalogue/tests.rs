//! What a server may make the catalogue hold, and how often it may make it work.

use serde_json::json;

use super::*;
use crate::decision::tests::{listed, sources};
use crate::engine::cedar::SCHEMA;

fn base() -> BaseContext {
    BaseContext::read(SCHEMA).unwrap()
}

fn server() -> ServerName {
    ServerName::parse("demo").unwrap()
}

#[test]
fn a_server_may_have_so_many_patterns_and_no_more() {
    let tool = |at: usize| {
        let properties = (0..64).map(|n| (format!("p{n}"), json!({"pattern": format!("^{n}$")})));
        let properties: serde_json::Map<_, _> = properties.collect();
        json!({"name": format!("t{at:02}"),
            "inputSchema": {"type": "object", "properties": properties}})
        .to_string()
    };
    let tools: Vec<String> = (0..20).map(tool).collect();
    let plain = r#"{"name":"z","inputSchema":{"type":"object"}}"#;
    let tools: Vec<&str> = tools.iter().map(String::as_str).chain([plain]).collect();
    let registry = listed(&tools);
    let seen = Catalogue::gather(&sources(""), &registry, &base(), None).unwrap();
    let without = |seen: &Catalogue| -> Vec<String> {
        let out = seen
            .tools()
            .filter(|(_, tool)| tool.mapped.lacks_room().is_some());
        out.map(|(_, tool)| tool.name.to_string()).collect()
    };
    let over = ["t16", "t17", "t18", "t19"];
    assert_eq!(without(&seen), over, "and a tool without patterns stays");
    assert_eq!(seen.quarantined().count(), 0);
    let again = Catalogue::gather(&sources(""), &registry, &base(), Some(&seen)).unwrap();
    assert_eq!(without(&again), over);
    let fewer = listed(&tools[10..]);
    let fewer = Catalogue::gather(&sources(""), &fewer, &base(), Some(&again)).unwrap();
    assert!(without(&fewer).is_empty(), "where there is room again");
    let pins = format!("{{\"tools\":[{}]}}", tools.join(","));
    let pinned = sources("").with(&pins_file(&server()), pins);
    let pinned = Catalogue::gather(&pinned, &registry, &base(), None).unwrap();
    assert!(without(&pinned).is_empty(), "the folder is trusted");
}

#[test]
fn what_cannot_be_mapped_is_not_tried_again() {
    let registry = listed(&[r#"{"name":"t","inputSchema":{"type":"object"}}"#]);
    // Where the base has such an action, the tool has none; so one can tell whether it was tried.
    let taken = SCHEMA.replacen("action \"tasks/get\"", "action \"demo/t\"", 1);
    let taken = BaseContext::read(&taken).unwrap();
    let gather = |registry: &Registry, base: &BaseContext, before: Option<&Catalogue>| {
        Catalogue::gather(&sources(""), registry, base, before).unwrap()
    };
    let first = gather(&registry, &taken, None);
    assert_eq!(first.quarantined().count(), 1);
    let same = gather(&registry, &base(), Some(&first));
    assert_eq!(same.quarantined().count(), 1, "the fault is remembered");
    let other = listed(&[r#"{"name":"t","inputSchema":{"type":"object","title":"x"}}"#]);
    let mended = gather(&other, &base(), Some(&same));
    assert_eq!(mended.quarantined().count(), 0, "of this definition alone");
}
