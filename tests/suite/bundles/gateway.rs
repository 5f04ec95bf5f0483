//! A signed bundle behind the whole gateway: typed rules out of it, and none when it is too old.

use std::fs;

use portcullis_tests::apart::{Apart, Start, configure_policies};
use portcullis_tests::{mcp, wait};
use serde_json::{Value, json};

use super::Desk;

const PINS: &str = r#"{"tools":[{"name":"pay","inputSchema":{"type":"object",
    "properties":{"amount":{"type":"integer"}},"required":["amount"]}}]}"#;

fn limit(amount: u32) -> String {
    format!(
        "@id(\"limit\") permit (principal, action == Mcp::Action::\"demo/pay\", resource) \
         when {{ context.input.amount <= {amount} }};\n"
    )
}

/// A desk with a pinned tool, and a gateway on the bundle that is made of it.
fn gateway(desk: &Desk, ago_s: u64) -> Apart {
    fs::create_dir(desk.path("policies/tools")).unwrap();
    fs::write(desk.path("policies/tools/demo.json"), PINS).unwrap();
    desk.write(&limit(100));
    desk.build("live.bundle", "ours.pem", ago_s);
    Apart::with("", Start::Plain, |run| {
        let path = |name: &str| desk.path(name).display().to_string();
        let (bundle, key) = (path("live.bundle"), path("ours.pub.pem"));
        let section =
            format!("bundle = {bundle:?}\npublic_keys = [{key:?}]\nmax_staleness = \"PT1H\"");
        configure_policies(run, &section);
    })
}

fn deliver(desk: &Desk) {
    desk.build("next.bundle", "ours.pem", 0);
    fs::rename(desk.path("next.bundle"), desk.path("live.bundle")).unwrap();
}

fn pay(apart: &Apart, amount: &Value) -> Value {
    let call = mcp::call("pay", "pay", json!({"amount": amount}));
    apart.send(&apart.post(call)).message()
}

fn runs(apart: &Apart, amount: u32) -> bool {
    let before = apart.upstream.received().len();
    let answer = pay(apart, &json!(amount));
    let ran = answer["result"].is_object() && answer["result"]["isError"] != true;
    let arrived = apart.upstream.received().len() - before;
    assert_eq!(arrived, usize::from(ran), "{answer}");
    ran
}

#[test]
fn a_bundle_decides_behind_the_gateway_and_is_replaced_under_it() {
    let desk = Desk::new();
    let apart = gateway(&desk, 60);
    assert!(runs(&apart, 100) && !runs(&apart, 101));
    let unfit = pay(&apart, &json!("7"));
    assert!(mcp::text_of(&unfit).contains("/amount"), "{unfit}");
    desk.write(&limit(200));
    deliver(&desk);
    wait::until("the new bundle is in force", || {
        runs(&apart, 200).then_some(())
    });
    assert!(!runs(&apart, 201));
    let status = apart.admin("/v1/status").json();
    assert_eq!(status["policies"]["bundle"]["stale"], false, "{status}");
}

#[test]
fn a_stale_bundle_denies_behind_the_gateway_until_there_is_a_fresh_one() {
    let desk = Desk::new();
    let apart = gateway(&desk, 7_200);
    for amount in [1, 100] {
        assert!(!runs(&apart, amount));
    }
    let listed = apart.send(&apart.post(mcp::request("l", "tools/list", json!({}))));
    assert!(listed.message()["error"].is_object(), "{}", listed.text());
    let ready = apart.admin("/readyz");
    assert_eq!(ready.status, 503, "{}", ready.text());
    assert!(ready.text().contains("stale since"), "{}", ready.text());
    deliver(&desk);
    wait::until("a fresh bundle heals it", || {
        runs(&apart, 100).then_some(())
    });
    assert_eq!(apart.admin("/readyz").status, 200);
}
