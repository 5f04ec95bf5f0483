//! What holds of every message, whatever is in it. `cargo xtask nightly` tries more of them.

use std::sync::LazyLock;

use portcullis_protocol::json;
use portcullis_protocol::redact::{Action, Rules, Text};
use portcullis_redact_corpus::{Case, Random, engine, negatives, positives, quoted, tokens};
use proptest::prelude::*;

use super::times;

/// How much longer one finding can make a message: a placeholder, inside encodings inside others.
const GROWTH_MAX: usize = 256;

fn cases(usual: u32) -> ProptestConfig {
    ProptestConfig {
        cases: u32::try_from(times("PORTCULLIS_PROPERTIES", usual as usize)).unwrap(),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// What must hold of a message that is JSON.
fn holds(message: &str, rules: &Rules) -> Result<(), TestCaseError> {
    let Ok(outcome) = engine::outcome(message, rules) else {
        return Ok(());
    };
    let found = outcome.facts.len() + usize::try_from(outcome.more).unwrap();
    match &outcome.text {
        Text::Blocked => {}
        Text::Same => {
            let redacted = outcome
                .facts
                .iter()
                .any(|fact| fact.action == Action::Redacted);
            prop_assert!(!redacted, "something is said to be redacted in {}", message);
        }
        Text::Changed { text, .. } => {
            prop_assert!(found > 0, "changed without a finding: {}", message);
            prop_assert!(
                json::check(text.as_bytes()).is_ok(),
                "no JSON: {}\nfrom {}",
                text,
                message
            );
            prop_assert!(
                text.len() <= message.len() + GROWTH_MAX * found,
                "{} became {} bytes: {}",
                message.len(),
                text.len(),
                message
            );
            only_strings_changed(message, text)?;
            let again = engine::outcome(text, rules).unwrap();
            prop_assert!(
                again.text == Text::Same,
                "not the same when redacted again: {}\nthen {:?}\nfrom {}",
                text,
                again,
                message
            );
        }
    }
    Ok(())
}

fn only_strings_changed(message: &str, text: &str) -> Result<(), TestCaseError> {
    // White space around a message is not part of it.
    let (before, after) = (tokens(message.trim()), tokens(text.trim()));
    prop_assert_eq!(before.len(), after.len(), "{} became {}", message, text);
    for (place, (before, after)) in before.iter().zip(&after).enumerate() {
        prop_assert!(
            place % 2 == 1 || before == after,
            "{} became {}",
            message,
            text
        );
    }
    Ok(())
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
        holds(&format!(r#"{{"id":1,"result":{{"content":[{{"type":"text","text":{text}}}]}}}}"#), &RULES)?;
        holds(&format!(r#"{{"params":{{"arguments":{{{text}:{text},"b":[{text},{text}]}}}}}}"#), &RULES)?;
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
                holds(message, &RULES)?;
            }
        }
    }

    #[test]
    fn any_text_at_all(text in ".*", key in ".*") {
        let (text, key) = (serde_json::to_string(&text).unwrap(), serde_json::to_string(&key).unwrap());
        holds(&format!("{{{key}:{text}}}"), &RULES)?;
    }
}
