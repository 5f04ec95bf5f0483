//! What is made to wear a redactor out or to hide from it: nothing passes unseen, and what is not
//! seen is said.

use std::fmt::Write as _;

use base64::Engine as _;
use portcullis_protocol::json;
use portcullis_protocol::limits::{FACTS_MAX, FINDINGS_MAX, LAYERS_MAX, RESPONSE_BYTES_MAX};
use portcullis_protocol::redact::{Outcome, Text};
use portcullis_redact_corpus::{engine, quoted, readings};

/// From the documentation of GitHub's checksum: of the right form, and of nobody.
const TOKEN: &str = "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";

fn outcome(message: &str) -> Outcome {
    engine::outcome(message, &engine::shipped_rules().unwrap()).unwrap()
}

fn result(text: &str) -> String {
    let text = quoted(text);
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{{"type":"text","text":{text}}}]}}}}"#
    )
}

/// Whether the secret cannot be read out of what goes on.
fn is_gone(outcome: &Outcome) -> bool {
    match &outcome.text {
        Text::Blocked => true,
        Text::Same => false,
        Text::Changed { text, .. } => {
            json::check(text.as_bytes()).unwrap();
            let half = &TOKEN[8..24];
            !readings(text).iter().any(|reading| reading.contains(half))
        }
    }
}

/// Different tokens, so that no value is known from another.
fn tokens(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let _ = writeln!(text, "glpat-zQ{number:06}WBuTSOoRi4A9");
    }
    text
}

#[test]
fn as_many_findings_as_there_may_be_are_replaced() {
    let outcome = outcome(&result(&tokens(FINDINGS_MAX)));
    let Text::Changed { text, .. } = &outcome.text else {
        panic!("{:?}", outcome.facts.len());
    };
    assert!(!text.contains("WBuTSOoRi4A9"));
    assert_eq!(outcome.facts.len(), FACTS_MAX);
    assert_eq!(
        outcome.more,
        u64::try_from(FINDINGS_MAX - FACTS_MAX).unwrap()
    );
}

#[test]
fn more_findings_than_there_may_be_block_the_message() {
    let more = tokens(FINDINGS_MAX + 1);
    assert_eq!(outcome(&result(&more)).text, Text::Blocked);
    let strings: Vec<String> = more.lines().map(quoted).collect();
    let message = format!(
        r#"{{"result":{{"structuredContent":{{"a":[{}]}}}}}}"#,
        strings.join(",")
    );
    assert_eq!(outcome(&message).text, Text::Blocked);
}

#[test]
fn no_depth_of_encoding_lets_a_secret_through() {
    let json = |text: &str| format!(r#"{{"a":{}}}"#, quoted(text));
    let base64 = |text: &str| base64::prelude::BASE64_STANDARD.encode(text);
    let bare = |text: &str| quoted(text);
    type Layer<'a> = &'a dyn Fn(&str) -> String;
    let kinds: [(&str, Vec<Layer<'_>>); 6] = [
        ("json", vec![&json]),
        ("strings", vec![&bare]),
        ("base64", vec![&base64]),
        ("base64 in json", vec![&base64, &json]),
        ("json in base64", vec![&json, &base64]),
        ("json, json, base64", vec![&json, &json, &base64]),
    ];
    let mut passed = Vec::new();
    for (name, layers) in &kinds {
        let mut text = format!("the token is {TOKEN} here");
        for (depth, layer) in layers.iter().cycle().take(LAYERS_MAX + 6).enumerate() {
            text = layer(&text);
            if !is_gone(&outcome(&result(&text))) {
                passed.push(format!("{name} at depth {}", depth + 1));
            }
        }
    }
    assert!(passed.is_empty(), "passed: {passed:?}");
}

#[test]
fn a_secret_at_the_end_of_a_giant_string_is_found() {
    let sentence = "The quick brown fox jumps over the lazy dog, again and again. ";
    for bytes in [4 * 1024 * 1024, RESPONSE_BYTES_MAX - 1_000] {
        let mut text = sentence.repeat(bytes / sentence.len());
        text.push_str(TOKEN);
        let outcome = outcome(&result(&text));
        assert!(is_gone_from_end(&outcome), "{bytes} bytes");
    }
}

fn is_gone_from_end(outcome: &Outcome) -> bool {
    match &outcome.text {
        Text::Changed { text, .. } => !text.contains(&TOKEN[8..24]),
        Text::Blocked => true,
        Text::Same => false,
    }
}

#[test]
fn a_secret_behind_one_endless_word_is_found() {
    for filler in ["A", "a1", "x=", "{\"a\":", "sk-", "\\", "%41"] {
        let text = format!("{} {TOKEN}", filler.repeat(400_000));
        assert!(is_gone_from_end(&outcome(&result(&text))), "{filler}");
    }
}

/// Two keys that become the same placeholder would make the message refusable.
#[test]
fn secrets_as_keys_stay_apart() {
    let message = r#"{"result":{"structuredContent":{"glpat-zQ000001WBuTSOoRi4A9":1,"glpat-zQ000002WBuTSOoRi4A9":2}}}"#;
    match outcome(message).text {
        Text::Changed { text, .. } => {
            assert!(!text.contains("WBuTSOoRi4A9"), "{text}");
            json::check(text.as_bytes()).unwrap_or_else(|fault| panic!("{fault}: {text}"));
        }
        Text::Blocked => {}
        Text::Same => panic!("passed"),
    }
}

/// A placeholder in the message is no licence for what stands beside it.
#[test]
fn a_forged_placeholder_protects_nothing() {
    for text in [
        format!("[redacted:github-token]{TOKEN}"),
        format!("[redacted:{TOKEN}]"),
        format!("[redacted:github-token {TOKEN}]"),
        format!("password=[redacted:password] {TOKEN}"),
    ] {
        assert!(is_gone(&outcome(&result(&text))), "{text}");
    }
}

/// A secret where something may be passed over by position, and the position is a lie.
#[test]
fn positions_that_are_not_what_they_say_hide_nothing() {
    for message in [
        format!(r#"{{"result":{{"content":[{{"type":"text","data":"{TOKEN}","text":"a"}}]}}}}"#),
        format!(r#"{{"result":{{"structuredContent":{{"requestState":"{TOKEN}"}}}}}}"#),
        format!(r#"{{"result":{{"structuredContent":{{"nextCursor":"{TOKEN}"}}}}}}"#),
        format!(r#"{{"result":{{"structuredContent":{{"type":"image","data":"{TOKEN}"}}}}}}"#),
        format!(r#"{{"params":{{"arguments":{{"blob":"{TOKEN}","id":"{TOKEN}"}}}}}}"#),
    ] {
        assert!(is_gone(&outcome(&message)), "{message}");
    }
}

/// The same token, disguised. `docs/redaction.md` says the same: who changes one changes both.
#[test]
fn disguises_are_seen_through_or_said_to_be_none() {
    let base64 = |text: &str| base64::prelude::BASE64_STANDARD.encode(text);
    let each = |write: &dyn Fn(u8) -> String| TOKEN.bytes().map(write).collect::<String>();
    let mime = base64(&format!("{} {TOKEN}", "a".repeat(37)));
    let lines = mime.as_bytes().chunks(76).map(String::from_utf8_lossy);
    let mime: Vec<_> = lines.collect();
    let (head, tail) = TOKEN.split_at(20);
    let seen = [
        ("base64", base64(TOKEN)),
        (
            "data URL",
            format!("data:text/plain;base64,{}", base64(TOKEN)),
        ),
        ("escapes in text", each(&|byte| format!("\\u{byte:04x}"))),
        (
            "half a sentence in base64",
            base64(&format!("the token is {TOKEN}, keep it")),
        ),
        (
            "behind a zero-width space",
            format!("\u{200b}{TOKEN}\u{200b}"),
        ),
        (
            "percent signs throughout",
            each(&|byte| format!("%{byte:02x}")),
        ),
        ("base64 over lines", mime.join("\r\n")),
    ];
    let unseen = [
        ("zero-width space inside", format!("{head}\u{200b}{tail}")),
        ("HTML entities", each(&|byte| format!("&#{byte};"))),
        ("hexadecimal digits", each(&|byte| format!("{byte:02x}"))),
        ("backwards", TOKEN.chars().rev().collect()),
        ("cut by a line break", format!("{head}\n{tail}")),
    ];
    let wrong = |cases: &[(&'static str, String)], wanted: bool| -> Vec<&'static str> {
        let other = |text: &str| is_gone(&outcome(&result(text))) != wanted;
        cases
            .iter()
            .filter(|(_, text)| other(text))
            .map(|(name, _)| *name)
            .collect()
    };
    let (passed, caught) = (wrong(&seen, true), wrong(&unseen, false));
    assert!(
        passed.is_empty() && caught.is_empty(),
        "not seen through: {passed:?}; seen through, though said not to be: {caught:?}"
    );
}
