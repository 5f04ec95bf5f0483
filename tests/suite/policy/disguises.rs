//! Arguments and names in disguise: what counts is what a message means, however it is written.

use std::sync::{LazyLock, Mutex};

use portcullis_tests::gateway::Setup;
use portcullis_tests::mcp;
use portcullis_tests::upstream::Upstream;
use serde_json::{Value, json};

use super::{ERAS, Era, Said, call, fresh_id, learnt, lists, put, request, said, shown, tool};
use crate::world::{DEMO, World, take};

const LIMIT: &str = r#"
@id("limit") permit (principal, action == Mcp::Action::"demo/pay", resource)
when { context.input.amount <= 100 };
"#;

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| Mutex::new(learnt(LIMIT)));

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// It arrives as it was written.
    Runs,
    /// Its denial has these words.
    Denied(&'static str),
    /// It is no message that could be judged.
    Unread,
}

/// Arguments as they are written, and what becomes of them.
const WRITTEN: [(&str, Wanted); 13] = [
    (r#"{"amount":1e2,"to":"a"}"#, Wanted::Runs),
    (r#"{"amount":100.0,"to":"a"}"#, Wanted::Runs),
    (r#"{ "to" : "a", "am\u006funt" :100 }"#, Wanted::Runs),
    (
        r#"{"amount":1.01e2,"to":"a"}"#,
        Wanted::Denied("Denied by policy"),
    ),
    (
        r#"{"am\u006funt":500,"to":"a"}"#,
        Wanted::Denied("Denied by policy"),
    ),
    (r#"{"amount":1e18,"to":"a"}"#, Wanted::Denied("do not fit")),
    (
        r#"{"amount":9007199254740993,"to":"a"}"#,
        Wanted::Denied("do not fit"),
    ),
    (
        r#"{"amount":-9007199254740993,"to":"a"}"#,
        Wanted::Denied("do not fit"),
    ),
    (
        r#"{"amount":18446744073709551717,"to":"a"}"#,
        Wanted::Denied("do not fit"),
    ),
    (
        r#"{"amount":1,"to":"a","Amount":500}"#,
        Wanted::Denied("/Amount"),
    ),
    (r#"{"amount":"1","to":"a"}"#, Wanted::Denied("/amount")),
    (r#"{"amount":1,"amount":500,"to":"a"}"#, Wanted::Unread),
    (r#"{"amount":1,"am\u006funt":500,"to":"a"}"#, Wanted::Unread),
];

#[test]
fn arguments_count_by_what_they_mean() {
    let world = take(&WORLD);
    for era in ERAS {
        for (written, wanted) in WRITTEN {
            let id = fresh_id();
            let params = json!({"name": "pay", "arguments": "WRITTEN"});
            let request = request(&world, "alice", era, &id, "tools/call", params);
            let body = String::from_utf8_lossy(request.payload()).replace("\"WRITTEN\"", written);
            let request = request.body(body);
            let (response, arrived) = world.send_and_see(&request);
            let bodies: Vec<&[u8]> = arrived.iter().map(|one| one.body.as_slice()).collect();
            match wanted {
                Wanted::Runs => assert_eq!(bodies, [request.payload()], "{era:?} {written}"),
                Wanted::Denied(words) => {
                    let said = said(&response.message(), &id, "pay");
                    assert!(said.is_refused_with(words), "{era:?} {written}: {said:?}");
                    assert!(bodies.is_empty(), "{era:?} {written}");
                }
                Wanted::Unread => {
                    assert_eq!(response.status, 400, "{era:?} {written}");
                    assert!(bodies.is_empty(), "{era:?} {written}");
                }
            }
        }
    }
}

/// The policies that ship keep reads of `files` below `/srv/`; of `demo` they say nothing.
#[test]
fn a_uri_in_disguise_leaves_no_folder_and_an_unusual_one_travels() {
    let files = Upstream::start();
    let permit = "@id(\"all\") permit (principal, action, resource);";
    let setup = Setup::policies(permit)
        .file("files.cedar", include_str!("../../../policies/files.cedar"))
        .file(
            "tools/files.json",
            include_str!("../../../policies/tools/files.json"),
        )
        .upstream("files", &files.url());
    let world = World::with(setup);
    for (server, uri, arrives) in [
        ("files", "file:///srv/handbook.md", 1),
        ("files", "FILE:///srv/handbook.md", 1),
        ("files", "file:///srv/%2e%2e/etc/passwd", 0),
        ("files", "file:///srv/%2E./etc/passwd", 0),
        ("files", "file:///srv/../etc/passwd", 0),
        ("files", "file:///srv/..%2fetc/passwd", 0),
        ("files", "file:///etc/passwd", 0),
        (DEMO, "note:my notes", 1),
        (DEMO, "file:///srv/%2e%2e/etc/passwd", 1),
        (DEMO, "https://example.com:443//a/./b#c", 1),
    ] {
        let id = fresh_id();
        let body = mcp::request(&id, "resources/read", json!({"uri": uri}));
        let response = world.send(&world.gateway.post(server, "alice", body));
        let upstream = match server {
            DEMO => &world.upstream,
            _ => &files,
        };
        let arrived = upstream.received_with(&format!("\"{id}\"")).len();
        assert_eq!(arrived, arrives, "{server} {uri}: {}", response.text());
        if arrives == 0 {
            let error = &response.message()["error"];
            assert!(error.is_object(), "{uri}: {}", response.text());
        }
    }
}

/// A policy names a tool by its own name, whatever that is spelt with.
#[test]
fn odd_names_have_typed_policies_too() {
    let world = World::with(Setup::policies(""));
    let names = ["fs.read-file/v2", "when", "1st", "a_x2e_b"];
    let text = json!({"mode": {"enum": ["all", "some"]}});
    let tools = names.map(|name| tool(name, &json!({}), &text, &[]));
    lists(&world, tools.to_vec());
    assert!(shown(&world, "alice", Era::Sessions).is_empty());
    let policy = |name: &&str| {
        format!(
            "@id(\"{name}\") permit (principal, action == Mcp::Action::\"demo/{name}\", resource) \
             when {{ context.input has mode }};\n"
        )
    };
    put(
        &world,
        "test.cedar",
        &names.iter().map(policy).collect::<String>(),
    );
    for era in ERAS {
        assert_eq!(shown(&world, "alice", era), names, "{era:?}");
        for name in names {
            let call = |arguments: Value| call(&world, "alice", era, name, &arguments);
            assert_eq!(call(json!({"mode": "all"})), Said::Ran, "{era:?} {name}");
            assert!(
                call(json!({})).is_refused_with("Denied by policy"),
                "{era:?} {name}"
            );
            assert!(
                call(json!({"mode": "none"})).is_refused_with("/mode"),
                "{era:?} {name}"
            );
        }
    }
}
