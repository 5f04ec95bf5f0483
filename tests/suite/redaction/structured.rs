//! Structured results: with the placeholder they fit the tool's schema, or they are no result.

use std::sync::{LazyLock, Mutex, PoisonError};

use portcullis_tests::gateway::{Gateway, Setup};
use portcullis_tests::mcp;
use portcullis_tests::server::Server;
use serde_json::{Value, json};

use super::{POLICIES, REDACTED, REQUESTS, TOKEN, ask, leaks};

struct Vault {
    gateway: Gateway,
    _server: Server,
}

static VAULT: LazyLock<Mutex<Vault>> = LazyLock::new(|| {
    let server = Server::fixture_with_secrets();
    let setup = Setup::policies(POLICIES).upstream("vault", server.url());
    let setup = setup.file("redaction.toml", REQUESTS);
    let gateway = setup.start();
    // The gateway knows a tool's schema once the tool was listed.
    let list = gateway.modern("vault", "alice", "list", "tools/list", json!({}));
    assert!(gateway.send(&list).text().contains("secret_badge"));
    Mutex::new(Vault {
        gateway,
        _server: server,
    })
});

fn asked(tool: &str) -> Value {
    let vault = VAULT.lock().unwrap_or_else(PoisonError::into_inner);
    ask(&vault.gateway, "vault", "alice", tool)
}

#[test]
fn text_and_structure_carry_the_same_placeholder() {
    let answer = asked("secret_record");
    let wanted = json!({"owner": "alice", "token": REDACTED});
    assert_eq!(answer["result"]["structuredContent"], wanted, "{answer}");
    let text: Value = serde_json::from_str(mcp::text_of(&answer)).expect("still JSON");
    assert_eq!(text, wanted);
    assert_ne!(answer["result"]["isError"], true);
}

#[test]
fn a_result_that_its_schema_would_refuse_becomes_a_readable_error() {
    let answer = asked("secret_badge");
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert_eq!(answer["result"]["structuredContent"], Value::Null);
    assert_eq!(answer["result"]["resultType"], "complete");
    assert!(!mcp::text_of(&answer).is_empty() && !leaks(&answer.to_string()));
}

#[test]
fn errors_and_texts_of_a_real_server_are_redacted() {
    for tool in ["secret_text", "secret_error", "secret_failure"] {
        let answer = asked(tool).to_string();
        assert!(
            !leaks(&answer) && answer.contains("[redacted:"),
            "{tool}: {answer}"
        );
    }
}

#[test]
fn progress_and_result_of_a_real_server_are_redacted() {
    let vault = VAULT.lock().unwrap_or_else(PoisonError::into_inner);
    let params = json!({"name": "secret_log", "arguments": {}, "_meta": {}});
    let token = "\"_meta\":{\"progressToken\":\"t\",\"io.modelcontextprotocol/logLevel\":\"info\",";
    let body = mcp::modern("log", "tools/call", params.clone()).replace("\"_meta\":{", token);
    let request = vault
        .gateway
        .modern("vault", "alice", "log", "tools/call", params);
    let text = vault.gateway.send(&request.body(body)).text();
    for part in [
        "notifications/progress",
        "done with [redacted:github-token]",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!leaks(&text), "{text}");
}

/// The server compares `Mcp-Param-Note` with the body, and refuses a call in which they differ.
#[test]
fn a_server_that_compares_headers_accepts_the_redacted_call() {
    let vault = VAULT.lock().unwrap_or_else(PoisonError::into_inner);
    let params = json!({"name": "take_note", "arguments": {"note": format!("use {TOKEN}")}});
    let request = vault
        .gateway
        .modern("vault", "alice", "note", "tools/call", params)
        .header("mcp-param-note", &format!("use {TOKEN}"));
    let answer = vault.gateway.send(&request).message();
    let seen: Value = serde_json::from_str(mcp::text_of(&answer)).unwrap_or_default();
    let wanted = json!(format!("use {REDACTED}"));
    assert_eq!(seen["note"], wanted, "{answer}");
    assert_eq!(seen["headers"]["mcp-param-note"], wanted, "{answer}");
}
