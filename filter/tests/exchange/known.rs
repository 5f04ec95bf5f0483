//! The redaction rules of the world's VM.

use std::cell::RefCell;
use std::rc::Rc;

use portcullis_filter::rules::KnownRules;
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::CallId;
use portcullis_protocol::wire::RedactionRules;
use serde_json::{Value, json};

use crate::world::BEGAN_US;

/// What terms call the rules of this world.
pub(crate) fn rules_digest() -> Digest {
    Digest::of(b"rules")
}

/// An answer with these rules, as the policy server gives it.
pub(crate) fn rules_answer(rules: &Value) -> Value {
    json!({
        "call": CallId::from_bytes([7; 16]), "digest": rules_digest(), "rules": rules,
        "tenant": "acme", "keys": {"marks": "0a".repeat(32), "handles": "0b".repeat(32)},
    })
}

/// A VM that was given these rules a moment ago.
pub(crate) fn knowing(rules: &Value) -> Rc<RefCell<KnownRules>> {
    let given: RedactionRules = serde_json::from_value(rules_answer(rules)).unwrap();
    let mut known = KnownRules::default();
    known.take(&given, BEGAN_US).expect("rules that compile");
    Rc::new(RefCell::new(known))
}
