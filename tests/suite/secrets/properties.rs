//! What holds of every message, whatever is in it. `cargo xtask nightly` tries more of them.

use std::sync::LazyLock;

use portcullis_protocol::redact::Rules;
use portcullis_redact_corpus::{Case, Random, engine, holds, negatives, positives, quoted};
use proptest::prelude::*;

use super::times;

fn cases(usual: u32) -> ProptestConfig {
    ProptestConfig {
        cases: u32::try_from(times("PORTCULLIS_PROPERTIES", usual as usize)).unwrap(),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The same, as proptest wants it.
fn hold(message: &str) -> Result<(), TestCaseError> {
    holds(message, &RULES).map_err(TestCaseError::fail)
}

static RULES: LazyLock<Rules> = LazyLock::new(|| engine::shipped_rules().unwrap());

/// Messages to change bytes of.
static SOME: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let mut some = positives(15, 8);
    some.extend(negatives(15, 8));
    some
});

/// Words that detectors look for, and what may stand around them.
const WORDS: [&str; 34] = [
    "ghp_",
    "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17",
    "AKIA",
    "J7QK2MNB4XZT5WVA",
    "password",
    "token",
    "=",
    ":",
    " ",
    "\n",
    "\"",
    "'",
    "\\",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "https://",
    "user",
    "@",
    "?",
    "&",
    "Authorization",
    "Bearer",
    "eyJ",
    ".",
    "{\"a\":",
    "}",
    "[",
    "]",
    "[redacted:github-token]",
    "é",
    "\u{200b}",
    "%41",
    "Z2hwX3pRV0J1VFNPb1JpNEE5c3BIY1ZZNW5jbnNEa3hrSjBtTHExNw==",
    "Xk29!ajdWWq",
];

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn words_that_detectors_look_for(words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..24), nested: bool) {
        let text = quoted(&words.concat());
        let text = if nested { quoted(&format!(r#"{{"password":{text}}}"#)) } else { text };
        hold(&format!(r#"{{"id":1,"result":{{"content":[{{"type":"text","text":{text}}}]}}}}"#))?;
        hold(&format!(r#"{{"params":{{"arguments":{{{text}:{text},"b":[{text},{text}]}}}}}}"#))?;
    }

    #[test]
    fn messages_of_the_set_with_bytes_changed(seed: u64, changes in 0..4_usize) {
        let mut random = Random::new(seed);
        for _ in 0..4 {
            let mut bytes = SOME[random.below(SOME.len())].message.clone().into_bytes();
            for _ in 0..changes {
                let at = random.below(bytes.len());
                bytes[at] = random.one(b"\"\\{}[]:,aA0 =@/.u");
            }
            if let Ok(message) = std::str::from_utf8(&bytes) {
                hold(message)?;
            }
        }
    }

    #[test]
    fn any_text_at_all(text in ".*", key in ".*") {
        let (text, key) = (serde_json::to_string(&text).unwrap(), serde_json::to_string(&key).unwrap());
        hold(&format!("{{{key}:{text}}}"))?;
    }
}
