//! Handles: the agent holds a secret that it never sees, and only the tool that policy names gets it.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use portcullis_tests::gateway::{Gateway, Setup};
use portcullis_tests::mcp;
use portcullis_tests::server::Server;
use portcullis_tests::upstream::Upstream;
use serde_json::{Value, json};

use super::{POLICIES, TOKEN, ask, ask_with, leaks};

/// Tokens become handles, and two tools of the server that they come from may have them back.
const RULES: &str = r#"
[classes]
"secret.github" = "tokenize"

[[use]]
server = "vault"
tool = "use_token"
path = "/token"
class = "secret.github"
from = "vault"

[[use]]
server = "vault"
tool = "use_token_aloud"
path = "/token"
class = "secret.github"
from = "vault"
"#;
/// Developers may use them.
const RESTORE: &str = r#"
@id("developers-use-tokens")
permit (principal in Mcp::Role::"developer", action == Mcp::Action::"restore", resource == Mcp::DataClass::"secret.github");
"#;

struct Vault {
    gateway: Gateway,
    _server: Server,
    other: Upstream,
}

static VAULT: LazyLock<Mutex<Vault>> = LazyLock::new(|| {
    let server = Server::fixture_with_secrets();
    let other = Upstream::start();
    let gateway = Setup::policies(&format!("{POLICIES}{RESTORE}"))
        .file("redaction.toml", RULES)
        .upstream("vault", server.url())
        .upstream("other", &other.url())
        .start();
    let list = gateway.modern("vault", "alice", "list", "tools/list", json!({}));
    assert!(gateway.send(&list).text().contains("use_token"));
    Mutex::new(Vault {
        gateway,
        _server: server,
        other,
    })
});

fn vault() -> MutexGuard<'static, Vault> {
    VAULT.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Vault {
    /// The handle that alice gets where the token would be.
    fn handle(&self) -> String {
        let answer = ask(&self.gateway, "vault", "alice", "secret_record");
        let handle = answer["result"]["structuredContent"]["token"].as_str();
        let handle = handle.unwrap_or_else(|| panic!("no handle: {answer}"));
        assert!(
            handle.starts_with("pcs1_") && !leaks(&answer.to_string()),
            "{answer}"
        );
        handle.to_owned()
    }

    fn gives(&self, user: &str, tool: &str, argument: &str, value: &str) -> Value {
        ask_with(&self.gateway, "vault", user, tool, json!({argument: value}))
    }

    /// How often a tool of the vault was called.
    fn count(&self, tool: &str) -> u64 {
        let stats = ask(&self.gateway, "vault", "alice", "fixture_stats");
        stats["result"]["structuredContent"]["calls"][tool]
            .as_u64()
            .unwrap_or(0)
    }
}

fn is_refused(answer: &Value) -> bool {
    answer["result"]["isError"] == true || answer["error"].is_object()
}

#[test]
fn the_allowed_tool_gets_the_secret_and_the_agent_never() {
    let vault = vault();
    let handle = vault.handle();
    let answer = vault.gives("alice", "use_token", "token", &handle);
    assert_eq!(mcp::text_of(&answer), "right", "{answer}");
    // The secret itself is no way around: it is redacted on its way out.
    let answer = vault.gives("alice", "use_token", "token", TOKEN);
    assert_ne!(mcp::text_of(&answer), "right", "{answer}");
}

#[test]
fn an_echo_of_the_restored_secret_does_not_come_back() {
    let vault = vault();
    let handle = vault.handle();
    let answer = vault
        .gives("alice", "use_token_aloud", "token", &handle)
        .to_string();
    assert!(answer.contains("got ") && !leaks(&answer), "{answer}");
}

#[test]
fn one_secret_has_one_handle_for_a_while() {
    let vault = vault();
    assert_eq!(vault.handle(), vault.handle());
}

#[test]
fn another_tool_or_argument_is_refused_and_not_called() {
    let vault = vault();
    let handle = vault.handle();
    let before = (vault.count("take_note"), vault.count("use_token"));
    for (tool, argument) in [("take_note", "note"), ("use_token", "other")] {
        for value in [handle.clone(), format!("say {handle} aloud")] {
            let answer = vault.gives("alice", tool, argument, &value);
            assert!(
                is_refused(&answer) && !leaks(&answer.to_string()),
                "{tool}: {answer}"
            );
        }
    }
    assert_eq!((vault.count("take_note"), vault.count("use_token")), before);
}

#[test]
fn another_server_is_refused_and_gets_nothing() {
    let vault = vault();
    let handle = vault.handle();
    let before = vault.other.received().len();
    let params = json!({"name": "echo", "arguments": {"token": handle}});
    let bodies = [
        vault
            .gateway
            .modern("other", "alice", "away", "tools/call", params.clone()),
        vault
            .gateway
            .post("other", "alice", mcp::request("away", "tools/call", params)),
    ];
    for request in bodies {
        let answer = vault.gateway.send(&request).message();
        assert!(is_refused(&answer) && answer["id"] == "away", "{answer}");
    }
    assert_eq!(vault.other.received().len(), before);
}

#[test]
fn an_altered_or_invented_handle_is_refused() {
    let vault = vault();
    let handle = vault.handle();
    let before = vault.count("use_token");
    let flipped = |at: usize| {
        let mut bytes = handle.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let middle = handle.rfind('_').unwrap() + 1;
    for altered in [
        flipped(middle),
        flipped(middle + (handle.len() - middle) / 2),
        flipped(handle.len() - 2),
        handle[..handle.len() - 4].to_owned(),
        format!("{handle}AAAA"),
        handle.replacen("github-token", "password", 1),
        "pcs1_github-token_AAAA".to_owned(),
    ] {
        if altered == handle {
            continue;
        }
        let answer = vault.gives("alice", "use_token", "token", &altered);
        assert!(is_refused(&answer), "{altered}: {answer}");
        assert!(!leaks(&answer.to_string()));
    }
    assert_eq!(vault.count("use_token"), before);
}

#[test]
fn who_may_not_restore_is_refused() {
    let vault = vault();
    let handle = vault.handle();
    let before = vault.count("use_token");
    let answer = vault.gives("bob", "use_token", "token", &handle);
    assert!(is_refused(&answer), "{answer}");
    assert_eq!(vault.count("use_token"), before);
}

#[test]
fn a_restored_secret_is_on_record_without_its_value() {
    let vault = vault();
    let handle = vault.handle();
    let _right = vault.gives("alice", "use_token", "token", &handle);
    let record = vault.gateway.audited("the restoration", |record| {
        record.to_string().contains("\"restored\"")
    });
    let text = record.to_string();
    assert!(
        text.contains("/params/arguments/token") && !leaks(&text),
        "{text}"
    );
}
