//! What somebody would send who wants the redactor to be slow: starts without ends, layers in layers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::plain::clean;
use super::{Dice, filled, result, said};

/// How many layers are wrapped around a text.
const LAYERS: usize = 3;
/// Deepest nesting below a result: the reader takes 64 in all.
const DEPTH: usize = 56;

/// Prefixes of known formats, each with too few characters behind it.
pub(super) fn near_misses(bytes: usize) -> String {
    const HEADS: &[&str] = &[
        "AKIA",
        "ASIA",
        "ghp_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "sk_live_",
        "sk-ant-",
        "npm_",
        "AIza",
        "SG.",
        "hf_",
        "dop_v1_",
        "pypi-",
        "ya29.",
        "shpat_",
        "sk-proj-",
        "rk_live_",
    ];
    let mut dice = Dice::new();
    said(&filled(bytes, || {
        let length = dice.below(15);
        format!("{}{} ", dice.of(HEADS, "AKIA"), dice.token(length))
    }))
}

/// Key after key, each the value of the one before.
pub(super) fn assignments(bytes: usize) -> String {
    said(&filled(bytes, || "token=".to_owned()))
}

/// One run of token characters.
pub(super) fn long_token(bytes: usize) -> String {
    let mut dice = Dice::new();
    said(&filled(bytes, || dice.token(64)))
}

/// A word about secrets, over and over, and never a value.
pub(super) fn passwords(bytes: usize) -> String {
    said(&filled(bytes, || "password: ".to_owned()))
}

/// Arrays in arrays, as deep as may be.
pub(super) fn deep_arrays(bytes: usize) -> String {
    let one = format!("{}\"a\"{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let all = filled(bytes, || format!("{one},"));
    let all = all.trim_end_matches(',');
    result(&format!("{{\"structuredContent\":{{\"a\":[{all}]}}}}"))
}

/// JSON in a string, in JSON in a string, and again.
pub(super) fn nested_json(bytes: usize) -> String {
    // Each layer doubles the backslashes, so that the innermost text is a part of the whole.
    let mut text = clean(bytes * 7 / 8);
    for _ in 0..LAYERS {
        text = serde_json::json!({ "log": text }).to_string();
    }
    said(&text)
}

/// Text, encoded in base64 in pieces that are worth a look.
pub(super) fn base64_text(bytes: usize) -> String {
    let text = clean(3_000);
    said(&filled(bytes, || STANDARD.encode(&text) + "\n"))
}

/// Base64 of base64 of base64.
pub(super) fn base64_layers(bytes: usize) -> String {
    let mut text = clean(1_500);
    for _ in 0..LAYERS {
        text = STANDARD.encode(&text);
    }
    said(&filled(bytes, || format!("{text}\n")))
}

/// Beginnings of private keys that never end.
pub(super) fn pem_heads(bytes: usize) -> String {
    let head = format!("-----BEGIN {}PRIVATE KEY-----\n", "RSA ");
    said(&filled(bytes, || head.clone()))
}

/// Beginnings of URLs.
pub(super) fn url_heads(bytes: usize) -> String {
    said(&filled(bytes, || "://".to_owned()))
}

/// A text in which each character is an escape.
pub(super) fn only_escapes(bytes: usize) -> String {
    let text = filled(bytes, || "\\u0061".to_owned());
    result(&format!(
        "{{\"content\":[{{\"type\":\"text\",\"text\":\"{text}\"}}]}}"
    ))
}

/// One object with many members, whose keys nearly hold secrets.
pub(super) fn many_keys(bytes: usize) -> String {
    let mut number = 0;
    let members = filled(bytes, || {
        number += 1;
        format!("\"password_hint_{number}\":\"x\",")
    });
    let members = members.trim_end_matches(',');
    result(&format!("{{\"structuredContent\":{{{members}}}}}"))
}

/// Beginnings of handles.
pub(super) fn handle_heads(bytes: usize) -> String {
    said(&filled(bytes, || "pcs1_github-token_".to_owned()))
}

/// Beginnings of signed tokens, and dots.
pub(super) fn jwt_heads(bytes: usize) -> String {
    said(&filled(bytes, || format!("{}.", "eyJhbGciOiJI")))
}

/// Quotes, braces and colons: JSON that begins everywhere and is none.
pub(super) fn quotes(bytes: usize) -> String {
    said(&filled(bytes, || "{\"a\":[\"".to_owned()))
}

/// Sixteen values that are known by their names only, and then text that nearly repeats them: what is
/// found once by its neighbours is looked for everywhere.
pub(super) fn echoes(bytes: usize) -> String {
    let mut dice = Dice::new();
    let values: Vec<String> = (0..16).map(|_| dice.token(20)).collect();
    let names: String = values
        .iter()
        .map(|value| format!("password={value}\n"))
        .collect();
    let mut number = 0;
    let nearly = filled(bytes.saturating_sub(names.len()), || {
        number += 1;
        let value = values.get(number % values.len()).map_or("", String::as_str);
        value.get(..19).unwrap_or_default().to_owned() + " "
    });
    said(&(names + &nearly))
}

/// As many secrets as fit: from some size on more than are replaced.
pub(super) fn findings(bytes: usize) -> String {
    let mut dice = Dice::new();
    said(&filled(bytes, || format!("password={} ", dice.token(16))))
}
