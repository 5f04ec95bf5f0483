//! What becomes of a finding: by the mode of its class, and by policies that reveal a class.

use portcullis_tests::gateway::Setup;
use portcullis_tests::mcp;
use serde_json::json;

use super::{POLICIES, REDACTED, REQUESTS, TOKEN, calls, leaks, said};
use crate::world::{DEMO, World};

/// Viewers see what comes from servers; what they send is redacted all the same.
const REVEAL: &str = r#"
@id("viewers-see-tokens")
permit (principal in Mcp::Role::"viewer", action == Mcp::Action::"reveal", resource == Mcp::DataClass::"secret.github")
when { context.direction == Mcp::Direction::"to_client" };
"#;

fn world(rules: &str, policies: &str) -> World {
    let setup = Setup::policies(&format!("{POLICIES}{policies}"));
    World::with(setup.file("redaction.toml", rules))
}

fn says_token(world: &World, word: &str) {
    let sent = said(word, TOKEN);
    world
        .upstream
        .when(&format!("\"{word}\""), move |_, answer| answer.json(&sent));
}

#[test]
fn policy_reveals_a_class_to_some_and_in_one_direction() {
    let world = world(REQUESTS, REVEAL);
    says_token(&world, "revealed");
    let arguments = json!({"text": TOKEN});
    for (user, wanted) in [("alice", REDACTED), ("bob", TOKEN)] {
        let request =
            world
                .gateway
                .post(DEMO, user, mcp::call("revealed", "echo", arguments.clone()));
        let (response, arrived) = world.send_and_see(&request);
        assert_eq!(response.text(), said("revealed", wanted), "{user}");
        let body = String::from_utf8_lossy(&arrived[0].body).into_owned();
        assert!(!leaks(&body) && body.contains(REDACTED), "{user}: {body}");
    }
    let _record = world.gateway.audited("what was revealed", |record| {
        let text = record.to_string();
        text.contains("\"revealed\"") && text.contains("github-token")
    });
}

#[test]
fn another_class_is_not_revealed_along() {
    let world = world("", REVEAL);
    let sent = said("both-", &format!("{TOKEN} DB_PASSWORD=q7Zr2LmX0tVb9KdA"));
    world
        .upstream
        .when("both-", move |_, answer| answer.json(&sent));
    let request = world
        .gateway
        .post(DEMO, "bob", mcp::call("both-", "echo", json!({})));
    let text = world.send(&request).text();
    assert!(
        text.contains(TOKEN) && !text.contains("q7Zr2LmX0tVb9KdA"),
        "{text}"
    );
}

#[test]
fn a_blocked_class_goes_nowhere_in_either_direction() {
    let world = world("[classes]\n\"secret.github\" = \"block\"\n", "");
    says_token(&world, "blocked");
    for request in calls(&world, "blocked") {
        let message = world.send(&request).message();
        assert_eq!(message["id"], "blocked", "{message}");
        assert_eq!(message["result"]["isError"], true, "{message}");
        assert!(!leaks(&message.to_string()) && !mcp::text_of(&message).is_empty());
    }
    let request = world.post(mcp::call("outward", "echo", json!({"text": TOKEN})));
    let (response, arrived) = world.send_and_see(&request);
    assert!(arrived.is_empty(), "{}", response.text());
    assert!(!leaks(&response.text()) && response.message()["id"] == "outward");
}

#[test]
fn a_detected_class_passes_and_is_on_record() {
    let world = world("[classes]\n\"secret.github\" = \"detect\"\n", "");
    says_token(&world, "detected");
    for request in calls(&world, "detected") {
        assert_eq!(world.send(&request).text(), said("detected", TOKEN));
    }
    let record = world.gateway.audited("the finding", |record| {
        record.to_string().contains("github-token")
    });
    let text = record.to_string();
    assert!(text.contains("detected") && !text.contains(TOKEN), "{text}");
}

#[test]
fn rules_of_ones_own_and_allowed_values_count() {
    let rules = r#"
[allow]
values = ["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"]

[[rule]]
id = "acme-key"
class = "secret.acme"
prefixes = ["acme_"]
alphabet = "hex"
min = 16
max = 16
"#;
    let world = world(rules, "");
    let text = format!("{TOKEN} acme_0123456789abcdef");
    let sent = said("own-", &text);
    world
        .upstream
        .when("own-", move |_, answer| answer.json(&sent));
    for request in calls(&world, "own-") {
        let wanted = said("own-", &format!("{TOKEN} [redacted:acme-key]"));
        assert_eq!(world.send(&request).text(), wanted);
    }
}

#[test]
fn broken_rules_at_start_let_no_secret_pass() {
    let world = world("mode = \"reveal-all\"\n", "");
    says_token(&world, "broken");
    for request in calls(&world, "broken") {
        let text = world.send(&request).text();
        assert!(!leaks(&text), "{text}");
    }
}
