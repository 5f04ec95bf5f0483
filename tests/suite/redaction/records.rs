//! What is on record about a redaction, and that the secret itself is nowhere: not in the audit log,
//! not in a log, not in any file that the gateway writes.

use std::fs;
use std::path::Path;

use portcullis_tests::gateway::Setup;
use portcullis_tests::mcp;
use serde_json::json;

use super::{POLICIES, REQUESTS, TOKEN, calls, said};
use crate::world::World;

/// The files below a folder that hold the token.
fn holders(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            holders(&path, found);
            continue;
        }
        // Sockets and files that have gone cannot be read.
        let bytes = fs::read(&path).unwrap_or_default();
        let holds = bytes
            .windows(TOKEN.len())
            .any(|part| part == TOKEN.as_bytes());
        found.extend(holds.then(|| path.display().to_string()));
    }
}

#[test]
fn a_redaction_is_on_record_and_the_secret_nowhere() {
    let world = World::with(Setup::policies(POLICIES).file("redaction.toml", REQUESTS));
    let sent = said("recorded", &format!("a {TOKEN}"));
    world
        .upstream
        .when("\"recorded\"", move |_, answer| answer.json(&sent));
    for request in calls(&world, "recorded") {
        assert!(world.send(&request).text().contains("[redacted:"));
    }
    let arguments = json!({"text": format!("b {TOKEN}")});
    let _answer = world.send(&world.post(mcp::call("outward", "echo", arguments)));
    // What cannot be read is told of without being quoted.
    let broken = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{TOKEN}\",");
    assert_eq!(world.send(&world.post(broken)).status, 400);
    let unknown = mcp::request("u", TOKEN, json!({}));
    let _refused = world.send(&world.post(unknown));
    for pointer in ["/result/content/0/text", "/params/arguments/text"] {
        let record = world.gateway.audited(pointer, |record| {
            let text = record.to_string();
            text.contains(pointer) && text.contains("github-token")
        });
        let text = record.to_string();
        let length = format!("\"bytes\":{}", TOKEN.len());
        for part in ["secret.github", "redacted", &length] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    let mut found = Vec::new();
    holders(&world.gateway.run_folder(), &mut found);
    assert!(found.is_empty(), "the token is in {found:?}");
    assert!(
        !world.gateway.logs().contains(TOKEN),
        "the token is in a log"
    );
    let metrics = world.gateway.admin("/metrics").text();
    assert!(!metrics.contains(TOKEN));
}
