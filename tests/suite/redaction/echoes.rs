//! Echoes: a server that shows what a handle became in every form but its own, through a real Envoy.

use std::sync::{LazyLock, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use portcullis_tests::gateway::{Gateway, Setup};
use portcullis_tests::upstream::Upstream;
use serde_json::json;

use super::POLICIES;

/// A number that nobody would take for a secret but by a rule of its own.
const RULES: &str = r#"
[classes]
"secret.acme" = "tokenize"

[[rule]]
id = "acme-number"
class = "secret.acme"
prefixes = ["90210"]
alphabet = "digits"
min = 11
max = 11
examples = ["no 9021055538174612"]
counterexamples = ["no 90210"]

[[use]]
server = "mirror"
tool = "echo"
path = "/token"
class = "secret.acme"
from = "mirror"
"#;
const SECRET: &str = "9021055538174612";
/// Whoever may call may have it back.
const RESTORE: &str = r#"
@id("developers-use-numbers")
permit (principal in Mcp::Role::"developer", action == Mcp::Action::"restore", resource == Mcp::DataClass::"secret.acme");
"#;

static WORLD: LazyLock<Mutex<(Gateway, Upstream)>> = LazyLock::new(|| {
    let mirror = Upstream::start();
    let gateway = Setup::policies(&format!("{POLICIES}{RESTORE}"))
        .file("redaction.toml", RULES)
        .upstream("mirror", &mirror.url())
        .start();
    Mutex::new((gateway, mirror))
});

/// What the agent gets when the mirror shows this, and the id that it asked with.
fn shown(word: &str, result: &str) -> String {
    let world = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    let (gateway, mirror) = &*world;
    let says =
        |id: &str, result: &str| format!(r#"{{"jsonrpc":"2.0","id":"{id}","result":{result}}}"#);
    let told =
        format!(r#"{{"content":[{{"type":"text","text":"{SECRET}"}}],"resultType":"complete"}}"#);
    let told = says("tell-number", &told);
    mirror.when("tell-number", move |_, answer| answer.json(&told));
    let params = json!({"name": "echo", "arguments": {}});
    let request = gateway.modern("mirror", "alice", "tell-number", "tools/call", params);
    let answer = gateway.send(&request).message();
    let handle = answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(handle.starts_with("pcs1_acme-number_"), "{answer}");
    let echo = says(word, result);
    mirror.when(word, move |_, answer| answer.json(&echo));
    let params = json!({"name": "echo", "arguments": {"token": handle}});
    let request = gateway.modern("mirror", "alice", word, "tools/call", params);
    let answer = gateway.send(&request);
    assert!(
        !mirror.received_with(SECRET).is_empty(),
        "it became the secret"
    );
    assert_eq!(answer.message()["id"], word);
    answer.text()
}

fn content(text: &str) -> String {
    format!(r#"{{"content":[{{"type":"text","text":"{text}"}}],"resultType":"complete"}}"#)
}

#[test]
fn no_form_of_an_echo_comes_back() {
    let short = STANDARD_NO_PAD.encode(SECRET);
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    for (word, result, form) in [
        (
            "as-number",
            format!(r#"{{"content":[],"_meta":{{"n":{SECRET}}},"resultType":"complete"}}"#),
            SECRET,
        ),
        (
            "as-placeholder",
            content(&format!("[redacted:{SECRET}]")),
            SECRET,
        ),
        (
            "as-blob",
            format!(
                r#"{{"content":[{{"type":"resource","resource":{{"uri":"a:b","blob":"{short}"}}}}],"resultType":"complete"}}"#
            ),
            &short,
        ),
        (
            "as-image",
            format!(
                r#"{{"content":[{{"type":"image","data":"{short}","mimeType":"image/png"}}],"resultType":"complete"}}"#
            ),
            &short,
        ),
        ("as-base64", content(&short), &short),
        ("as-hex", content(&hex), &hex),
        (
            "as-key",
            format!(r#"{{"content":[],"_meta":{{"{SECRET}":1}},"resultType":"complete"}}"#),
            SECRET,
        ),
    ] {
        let text = shown(word, &result);
        assert!(
            !text.contains(form) && text.contains("acme-number"),
            "{word}: {text}"
        );
    }
    let kept = shown("nothing-at-all", &content("9021055538174613 is another"));
    assert!(kept.contains("pcs1_") || kept.contains("another"), "{kept}");
}
