//! Pictures, sounds and bytes: skipped by where they stand, so that they arrive as they were, with the
//! token that is in each of them.

use portcullis_tests::gateway::Setup;
use portcullis_tests::mcp;
use portcullis_tests::server::Server;
use portcullis_tests::wire::{self, Request};
use serde_json::{Value, json};

use super::{POLICIES, leaks};

/// The same request to the server itself.
fn direct(url: &str, method: &str, params: &Value) -> Value {
    let authority = wire::authority(url);
    let mut request = Request::new("POST", "/mcp")
        .header("host", authority)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", mcp::MODERN)
        .header("mcp-method", method)
        .body(mcp::modern("media", method, params.clone()));
    if let Some(name) = mcp::mirrored_name(method, params) {
        request = request.header("mcp-name", &name);
    }
    wire::send(authority, &request).message()
}

#[test]
fn media_and_blobs_arrive_as_they_were_and_texts_do_not() {
    let server = Server::fixture_with_secrets();
    let setup = Setup::policies(POLICIES).upstream("vault", server.url());
    let gateway = setup.start();
    let questions = [
        (
            "tools/call",
            json!({"name": "secret_media", "arguments": {}}),
        ),
        ("resources/read", json!({"uri": "test://secret-blob"})),
        (
            "tools/call",
            json!({"name": "test_image_content", "arguments": {}}),
        ),
    ];
    for (method, params) in questions {
        let wanted = direct(server.url(), method, &params);
        let request = gateway.modern("vault", "alice", "media", method, params.clone());
        let got = gateway.send(&request).message();
        assert!(got["result"].is_object(), "{params}: {got}");
        assert_eq!(got["result"], wanted["result"], "{params}");
    }
    let params = json!({"uri": "test://secret-text"});
    let request = gateway.modern("vault", "alice", "text", "resources/read", params);
    let text = gateway.send(&request).text();
    assert!(!leaks(&text) && text.contains("[redacted:"), "{text}");
    for reason in ["\"media\"", "\"blob\""] {
        let _told = gateway.audited("what was not looked at", |record| {
            record.to_string().contains(reason)
        });
    }
}
