//! The rules against tables of texts, some with a secret and some without.

mod bounds;

use std::ops::Range;

use super::super::anchors::{Anchor, Anchors, Case};
use super::super::keys::{rule_of_key, secret_in};
use super::{Beside, CONTEXTUAL, Finding, Pace, WORDS, beside};

/// All secrets in a text, as the engine would find them.
pub(super) fn secrets(text: &str) -> Vec<&str> {
    thread_local! {
        static ANCHORS: Anchors = Anchors::new(
            &WORDS
                .iter()
                .map(|text| Anchor {
                    text,
                    case: Case::Ignored,
                })
                .collect::<Vec<_>>(),
        );
    }
    let mut found = Vec::new();
    let mut pace = Pace::new(text);
    let mut keep = |span: Range<usize>, what| {
        if let Finding::Secret(rule) = what {
            assert!(rule < CONTEXTUAL.len());
        }
        found.push(text.get(span).unwrap());
    };
    ANCHORS.with(|anchors| {
        anchors.scan(text.as_bytes(), |at, word| {
            pace.word(at, word, &mut keep);
            None
        });
    });
    pace.close(&mut keep);
    found
}

/// Texts, each with the secret that it holds: two lines a case, the secret second.
const WITH: &str = include_str!("tests/with.txt");
/// Texts without one, a line each.
const WITHOUT: &str = include_str!("tests/without.txt");

fn unescaped(line: &str) -> String {
    line.replace("\\n", "\n")
}

#[test]
fn secrets_beside_names_are_found() {
    let mut missed = Vec::new();
    let lines: Vec<&str> = WITH.lines().collect();
    for case in lines.chunks(2) {
        let text = unescaped(case[0]);
        if secrets(&text) != [case[1]] {
            missed.push(format!(
                "{text}\n   wanted {}, found {:?}",
                case[1],
                secrets(&text)
            ));
        }
    }
    assert!(
        missed.is_empty(),
        "{} of {} missed:\n{}",
        missed.len(),
        lines.len() / 2,
        missed.join("\n")
    );
}

#[test]
fn texts_without_secrets_are_left_alone() {
    let wrong: Vec<String> = WITHOUT
        .lines()
        .map(unescaped)
        .filter(|text| !secrets(text).is_empty())
        .map(|text| format!("{text}\n   found {:?}", secrets(&text)))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn keys_that_hold_secrets_are_told_from_keys_about_them() {
    for key in [
        "password",
        "DB_PASSWORD",
        "dbPassword",
        "spring.datasource.password",
        "x-api-key",
        "X-Api-Key",
        "apiKey",
        "api_key",
        "clientSecret",
        "accessToken",
        "Authorization",
        "proxy-authorization",
        "Set-Cookie",
        "token",
        "GITHUB_TOKEN",
        "PASSWORD_2",
        "secretAccessKey",
        "aws_secret_access_key",
        "AccountKey",
        "connectionString",
        "SENTRY_DSN",
        "db_pass",
        "smtpPass",
        "cvv",
        "otp",
        "seedPhrase",
        "recovery_codes",
        "webhook_secret",
        "privateKey",
        "credentials",
        "auth",
        "encryption-key",
        "userpwd",
    ] {
        assert!(rule_of_key(key).is_some(), "{key}");
    }
    for key in [
        "password_hash",
        "token_type",
        "max_tokens",
        "next_token",
        "nextPageToken",
        "progressToken",
        "secretName",
        "api_key_id",
        "tokenizer",
        "keyboard",
        "monkey",
        "compass",
        "bypass",
        "author",
        "authority",
        "public_key",
        "primaryKey",
        "sort_key",
        "key",
        "passed",
        "pass_rate",
        "secretary",
        "token_count",
        "password_reset_url",
        "tokenExpiry",
        "has_password",
        "passwordRequired",
        "id",
        "name",
        "type",
        "prompt_tokens",
        "csrf_token",
        "spin",
        "shopping",
        "pattern",
        "oauth2_scopes",
        "passport_no",
        "repeat",
    ] {
        assert!(rule_of_key(key).is_none(), "{key}");
    }
}

#[test]
fn members_hold_secrets_unless_the_value_says_otherwise() {
    let of = |key: &str, value: &'static str| {
        rule_of_key(key)
            .and_then(|rule| secret_in(rule, value))
            .map(|range| value.get(range).unwrap())
    };
    for (key, value, secret) in [
        ("password", "hunter2", "hunter2"),
        (
            "password",
            "correct horse battery staple",
            "correct horse battery staple",
        ),
        ("Authorization", "Bearer ab12cd34ef", "ab12cd34ef"),
        (
            "authorization",
            "Basic YWxpY2U6czNjcjN0",
            "YWxpY2U6czNjcjN0",
        ),
        (
            "api_key",
            "5f0c3b1e-8a4d-4c1b-9c37-2f6f5e1b7a90",
            "5f0c3b1e-8a4d-4c1b-9c37-2f6f5e1b7a90",
        ),
        (
            "client_secret",
            "9f86d081884c7d659a2feaa0c55ad015",
            "9f86d081884c7d659a2feaa0c55ad015",
        ),
        ("token", "q8ZrT4mXw2LpV7", "q8ZrT4mXw2LpV7"),
        ("pin", "4821", "4821"),
        (
            "connectionString",
            "Server=db;User=sa;Password=Gr4nite;",
            "Gr4nite",
        ),
        ("Cookie", "sid=8f3kd92jfk3", "sid=8f3kd92jfk3"),
    ] {
        assert_eq!(of(key, value), Some(secret), "{key}: {value}");
    }
    for (key, value) in [
        ("password", "string"),
        ("password", "Password is required"),
        ("password", "********"),
        ("password", "${DB_PASSWORD}"),
        ("token", "The API token used for calls"),
        ("api_key", "your-api-key-here"),
        ("secret", "db-credentials"),
        ("token", "550e8400-e29b-41d4-a716-446655440000"),
        ("auth", "oauth2"),
        ("password", "[redacted:password]"),
        ("authorization", "Bearer token"),
        ("secret", "arn:aws:secretsmanager:eu-west-1:1:secret:x"),
        ("token", "next"),
        ("api_key", "X-Api-Key"),
        ("password", "true"),
        ("password", ""),
        ("credentials", "include"),
        ("password", "password"),
    ] {
        assert_eq!(of(key, value), None, "{key}: {value}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]
    #[test]
    fn any_text_is_judged_without_a_panic(text in "(password|token|secret|api_key|://|bearer |cookie|authorization|[=: \"'\\\\<>{}é\u{1F600}a-zA-Z0-9@;&,.\n-]){0,40}") {
        for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
            for word in 0..WORDS.len() {
                if let Beside::Secret(range, rule) = beside(&text, at, word) {
                    proptest::prop_assert!(text.get(range.clone()).is_some_and(|secret| !secret.is_empty()));
                    proptest::prop_assert!(rule < CONTEXTUAL.len());
                }
            }
        }
        for rule in 0..CONTEXTUAL.len() {
            if let Some(range) = secret_in(rule, &text) {
                proptest::prop_assert!(text.get(range).is_some());
            }
        }
        let _rule = rule_of_key(&text);
    }
}
