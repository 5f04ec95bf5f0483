//! Several servers behind one gateway: equal names are not equal tools, and all tools of servers
//! that people use can be typed.

use portcullis_tests::gateway::{Gateway, Setup};
use portcullis_tests::mcp;
use portcullis_tests::server::Server;
use portcullis_tests::upstream::Upstream;
use portcullis_tests::wire::Request;
use serde_json::{Value, json};

use super::{ERAS, Era, Said, fresh_id, put, said, tool};
use crate::world::{DEMO, World};

const OTHER: &str = "other";

/// Each amount has the type that its own server gives it.
const POLICIES: &str = r#"
@id("demo-pays") permit (principal, action == Mcp::Action::"demo/pay", resource)
when { context.input.amount <= 10 };
@id("other-pays") permit (principal, action == Mcp::Action::"other/pay", resource)
when { context.input.amount like "1*" };
"#;

fn request(gateway: &Gateway, server: &str, era: Era, method: &str, params: Value) -> Request {
    let id = fresh_id();
    match era {
        Era::Sessions => gateway.post(server, "alice", mcp::request(&id, method, params)),
        Era::Stateless => gateway.modern(server, "alice", &id, method, params),
    }
}

/// The names that a server lists through the gateway.
fn listed(gateway: &Gateway, server: &str, era: Era) -> Vec<String> {
    let response = gateway.send(&request(gateway, server, era, "tools/list", json!({})));
    let answer = response.message();
    let tools = answer["result"]["tools"].as_array();
    let tools = tools.unwrap_or_else(|| panic!("{server} {era:?}: {}", response.text()));
    let name = |tool: &Value| tool["name"].as_str().expect("a name").to_owned();
    tools.iter().map(name).collect()
}

/// An upstream with one tool, whose amount has this type.
fn paying(upstream: &Upstream, kind: &str) {
    let pay = tool(
        "pay",
        &json!({}),
        &json!({"amount": {"type": kind}}),
        &["amount"],
    );
    upstream.when("tools/list", move |request, answer| {
        answer.json(&mcp::result(&request.json()["id"], json!({"tools": [pay]})));
    });
}

#[test]
fn tools_of_one_name_on_two_servers_have_their_own_policies() {
    let other = Upstream::start();
    let world = World::with(Setup::policies("").upstream(OTHER, &other.url()));
    paying(&world.upstream, "integer");
    paying(&other, "string");
    for server in [DEMO, OTHER] {
        assert!(listed(&world.gateway, server, Era::Sessions).is_empty());
    }
    put(&world, "test.cedar", POLICIES);
    for (server, amount, wanted) in [
        (DEMO, json!(10), None),
        (OTHER, json!("15"), None),
        (DEMO, json!(15), Some("Denied by policy")),
        (OTHER, json!("51"), Some("Denied by policy")),
        (DEMO, json!("1"), Some("/amount")),
        (OTHER, json!(1), Some("/amount")),
    ] {
        for era in ERAS {
            let params = json!({"name": "pay", "arguments": {"amount": amount}});
            let request = request(&world.gateway, server, era, "tools/call", params);
            let answer = world.send(&request).message();
            let id = answer["id"].as_str().expect("an id");
            let said = said(&answer, id, "pay");
            let arrived =
                [&world.upstream, &other].map(|up| up.received_with(&format!("\"{id}\"")).len());
            match wanted {
                None => {
                    let there = [DEMO, OTHER].map(|name| usize::from(name == server));
                    assert_eq!((said, arrived), (Said::Ran, there), "{server} {amount}");
                }
                Some(words) => {
                    assert!(said.is_refused_with(words), "{server} {amount}: {said:?}");
                    assert_eq!(arrived, [0, 0], "{server} {amount}");
                }
            }
        }
    }
}

#[test]
fn every_tool_of_the_servers_that_people_use_can_be_typed() {
    let servers = [
        ("fixture", Server::fixture()),
        ("everything", Server::everything()),
    ];
    let mut setup = Setup::policies("@id(\"all\") permit (principal, action, resource);");
    for (name, server) in &servers {
        setup = setup.upstream(name, server.url());
    }
    let gateway = setup.start();
    let fixture = listed(&gateway, "fixture", Era::Stateless);
    assert!(fixture.len() > 30, "{fixture:?}");
    let opened = gateway.send(&gateway.post("everything", "alice", mcp::initialize("0")));
    let session = opened.header("mcp-session-id").expect("a session");
    let list = request(
        &gateway,
        "everything",
        Era::Sessions,
        "tools/list",
        json!({}),
    );
    let list = list.header("mcp-session-id", session);
    let everything = gateway.send(&list).message()["result"]["tools"].clone();
    let everything = everything.as_array().map_or(0, Vec::len);
    assert!(everything >= 12, "it lists {everything}");
    let tools = gateway.admin("/v1/status").json()["tools"].clone();
    assert_eq!(tools["quarantined"], json!([]), "{tools}");
    assert_eq!(tools["known"], fixture.len() + everything, "{tools}");
}
