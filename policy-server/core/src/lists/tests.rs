//! What a page keeps, loses and says about caching.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{CallId, ServerName};

use super::*;
use crate::decision::tests::{caller, sources};
use crate::registry::Registry;

const POLICIES: &str = r#"
    permit (principal, action, resource) when { resource is Mcp::Tool && resource.readOnly };
    permit (principal, action, resource) when { resource is Mcp::Resource && resource.scheme == "ok" };
    permit (principal, action, resource == Mcp::Prompt::"demo/yes");
"#;

fn run(kind: ListKind, version: Option<&str>, result: &str) -> Result<Page, ListError> {
    let query = ListQuery {
        call: CallId::from_bytes([0; 16]),
        digest: Digest::of(result.as_bytes()),
        server: ServerName::parse("demo").unwrap(),
        caller: caller("alice", "r"),
        kind,
        protocol_version: version.map(|version| Name::parse(version).unwrap()),
        result: RawValue::from_string(result.to_owned()).unwrap(),
    };
    let listing = Listing::read(&query)?;
    let mut registry = Registry::default();
    let changes = registry.changes(&query.server, &listing.tools());
    registry.apply(&query.server, &changes);
    let policies = Policies::load(sources(POLICIES), &registry).unwrap();
    listing.filter(&policies, 0)
}

fn filtered(kind: ListKind, version: Option<&str>, result: &str) -> String {
    run(kind, version, result).unwrap().result.get().to_owned()
}

const A: &str = r#"{ "name":"a", "x":1.0e2, "inputSchema":{"type":"object"}, "annotations":{"readOnlyHint":true} }"#;
const B: &str =
    r#"{"annotations":{"readOnlyHint":true},"inputSchema":{"type":"object"},"name":"\u0062"}"#;
const NO: &str = r#"{"name":"no","inputSchema":{"type":"object"}}"#;

#[test]
fn items_keep_their_bytes_and_order() {
    let page = format!(r#"{{"_meta":{{ "k": 1e0 }},"tools":[{B},{NO},{A}],"nextCursor":"c"}}"#);
    let wanted = format!(r#"{{"_meta":{{ "k": 1e0 }},"tools":[{B},{A}],"nextCursor":"c"}}"#);
    assert_eq!(filtered(ListKind::Tools, Some("2025-11-25"), &page), wanted);
}

#[test]
fn unsound_items_are_dropped() {
    let same = r#"{"name":"same","annotations":{"readOnlyHint":true}}"#;
    let odd = r#"{"name":7},{"title":"x"},"text",{"name":"n\u0000"},{"name":"q","name":"a"}"#;
    let page = run(
        ListKind::Tools,
        None,
        &format!(r#"{{"tools":[{same},{A},{same},{odd}]}}"#),
    );
    let page = page.unwrap();
    assert_eq!(page.result.get(), format!(r#"{{"tools":[{A}]}}"#));
    assert_eq!((page.listed, page.shown, page.unsound), (8, 1, 7));
}

#[test]
fn items_with_look_alikes_are_dropped() {
    let list = |kind, member: &str, items: &str| {
        let page = run(kind, None, &format!(r#"{{"{member}":[{items}]}}"#)).unwrap();
        (page.unsound, page.shown)
    };
    for odd in [
        r#"{"name":"o","Name":"p"}"#,
        r#"{"name":"o","inputschema":{}}"#,
        r#"{"name":"o","input_schema":{}}"#,
        r#"{"name":"o","output\u017fchema":{}}"#,
        r#"{"name":"o","annotations":{"readOnlyHint":true,"readonlyhint":false}}"#,
        r#"{"name":"o","annotations":{"read_only_hint":true}}"#,
        r#"{"name":"o","annotations\u0000":{"readOnlyHint":true}}"#,
    ] {
        let items = format!("{odd},{A}");
        assert_eq!(list(ListKind::Tools, "tools", &items), (1, 1), "{odd}");
    }
    let free = r#"{"name":"a","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true,"Title":"x","title":"y"},"Description":"x","description":"y","_meta":{"Name":1}}"#;
    assert_eq!(list(ListKind::Tools, "tools", free), (0, 1));
    let resources = r#"{"uri":"ok://1","URI":"no://1"},{"uri":"ok://2","mime_type":"x"}"#;
    assert_eq!(list(ListKind::Resources, "resources", resources), (1, 1));
    let templates = r#"{"uriTemplate":"ok://{x}","uri_template":"no://{x}"}"#;
    assert_eq!(
        list(ListKind::Templates, "resourceTemplates", templates),
        (1, 0)
    );
    let prompts = r#"{"name":"yes","NAME":"no"}"#;
    assert_eq!(list(ListKind::Prompts, "prompts", prompts), (1, 0));
}

#[test]
fn other_lists_are_filtered_too() {
    let resources = r#"{"resources":[{"uri":"ok://1"},{"uri":"no://2"}]}"#;
    assert_eq!(
        filtered(ListKind::Resources, None, resources),
        r#"{"resources":[{"uri":"ok://1"}]}"#
    );
    let prompts = r#"{"prompts":[{"name":"yes"},{"name":"no"}]}"#;
    assert_eq!(
        filtered(ListKind::Prompts, None, prompts),
        r#"{"prompts":[{"name":"yes"}]}"#
    );
    let templates = r#"{"resourceTemplates":[{"uriTemplate":"ok://{x}"}]}"#;
    assert_eq!(
        filtered(ListKind::Templates, None, templates),
        r#"{"resourceTemplates":[]}"#
    );
}

#[test]
fn a_filtered_page_is_private_and_short_lived() {
    let page = r#"{"ttlMs":86400000,"cacheScope":"public","tools":[]}"#;
    let wanted = r#"{"ttlMs":5000,"cacheScope":"private","tools":[]}"#;
    assert_eq!(filtered(ListKind::Tools, Some("2026-07-28"), page), wanted);
    assert_eq!(filtered(ListKind::Tools, None, page), wanted);
    let bare = r#"{"tools":[]}"#;
    assert_eq!(filtered(ListKind::Tools, Some("2025-06-18"), bare), bare);
    let modern = r#"{"tools":[],"cacheScope":"private","ttlMs":0}"#;
    assert_eq!(filtered(ListKind::Tools, Some("2026-07-28"), bare), modern);
}

#[test]
fn what_is_no_list_is_refused() {
    for result in [
        r#"{"tools":[],"tools":[]}"#,
        r#"{"tools":[],"\u0074ools":[]}"#,
        r#"{"tools":{}}"#,
        r#"{"prompts":[]}"#,
        r#"[]"#,
    ] {
        assert!(run(ListKind::Tools, None, result).is_err(), "{result}");
    }
}

#[test]
fn a_page_is_bounded() {
    let page = |items: usize| {
        let tools: Vec<String> = (0..items).map(|n| format!(r#"{{"name":"{n}"}}"#)).collect();
        format!(r#"{{"tools":[{}]}}"#, tools.join(","))
    };
    assert!(run(ListKind::Tools, None, &page(ITEMS_MAX)).is_ok());
    let long = run(ListKind::Tools, None, &page(ITEMS_MAX + 1));
    assert_eq!(long.unwrap_err(), ListError::TooMany);
}

#[test]
fn a_resource_that_is_read_differently_is_not_shown() {
    let odd =
        r#"{"resources":[{"uri":"OK://1"},{"uri":"ok://1"},{"uri":" ok://2"},{"uri":"ok://a b"}]}"#;
    let wanted = r#"{"resources":[{"uri":"OK://1"},{"uri":"ok://1"},{"uri":"ok://a b"}]}"#;
    assert_eq!(filtered(ListKind::Resources, None, odd), wanted);
}
