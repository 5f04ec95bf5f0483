//! Policies that are broken from the start.

use portcullis_tests::apart::Apart;
use portcullis_tests::{mcp, wait};

use crate::world::POLICIES;

#[test]
fn broken_policies_at_start_deny_and_heal() {
    let apart = Apart::with("", portcullis_tests::apart::Start::Plain, |run| {
        let file = run.parent().unwrap().join("policies/test.cedar");
        std::fs::write(
            file,
            "permit (principal, action, resource) when { resource.nonsense };",
        )
        .unwrap();
    });
    let answer = apart.call("echo", "broken").message();
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert!(!mcp::text_of(&answer).is_empty());
    assert_eq!(apart.upstream.received_with("broken").len(), 0);
    let ready = apart.admin("/readyz");
    assert_eq!(ready.status, 503);
    assert!(
        ready.text().contains("nonsense"),
        "the reason is shown: {}",
        ready.text()
    );
    apart.write_policies(POLICIES);
    apart.heals("mended");
    wait::until("the server is ready", || {
        (apart.admin("/readyz").status == 200).then_some(())
    });
}
