//! The wire contract: each golden file is read by the types and written again, byte for byte.

use std::fmt::Debug;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::wire::{
    Answer, EpochAnswer, EpochQuery, ListAnswer, ListQuery, Query, RedactionQuery, RedactionRules,
    Reports, ReportsAccepted, SessionAnswer, SessionQuery, StructuredAnswer, StructuredQuery,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

fn golden(name: &str) -> String {
    let path = format!("{}/golden/wire/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Reads and writes; and refuses the same message with a field more.
fn holds<T: Serialize + DeserializeOwned + Debug>(name: &str) -> T {
    let text = golden(name);
    let message: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let written = serde_json::to_value(&message).unwrap();
    assert_eq!(
        written,
        serde_json::from_str::<Value>(&text).unwrap(),
        "{name}"
    );
    let mut more: Value = serde_json::from_str(&text).unwrap();
    more.as_object_mut()
        .unwrap()
        .insert("more".to_owned(), Value::Bool(true));
    let refused = serde_json::from_value::<T>(more);
    assert!(refused.is_err(), "{name} takes unknown fields: {refused:?}");
    message
}

#[test]
fn golden_messages_hold() {
    let query: Query = holds("decide-query");
    assert!(
        query.is_sound(),
        "the digest is {}",
        query.computed_digest()
    );
    for answer in ["decide-allow", "decide-approve", "decide-deny"] {
        assert_eq!(holds::<Answer>(answer).digest, query.digest, "{answer}");
    }
    holds::<SessionQuery>("session-query");
    holds::<SessionAnswer>("session-answer");
    holds::<ListQuery>("list-query");
    holds::<ListAnswer>("list-answer");
    holds::<EpochQuery>("epoch-query");
    holds::<EpochAnswer>("epoch-answer");
    holds::<RedactionQuery>("redaction-query");
    holds::<RedactionRules>("redaction-rules");
    let result: StructuredQuery = holds("structured-query");
    let digest = Digest::of(result.content.get().as_bytes());
    assert_eq!(result.digest, digest);
    let answer: StructuredAnswer = holds("structured-answer");
    assert_eq!((answer.call, answer.digest), (result.call, digest));
    holds::<Reports>("outcomes");
    holds::<ReportsAccepted>("outcomes-accepted");
}

#[test]
fn a_changed_query_has_another_digest() {
    let text = golden("decide-query");
    for (from, to) in [
        ("\"alice\"", "\"mallory\""),
        ("\"echo\"", "\"rm\""),
        ("\"hello\"", "\"hullo\""),
        ("\"developer\"", "\"admin\""),
        ("\"demo\"", "\"other\""),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let query: Query = serde_json::from_str(&changed).unwrap();
        assert!(!query.is_sound(), "{from} to {to}");
    }
}
