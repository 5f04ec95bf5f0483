//! Any bytes as a message: what holds of every message must hold of it.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use portcullis_protocol::redact::Rules;
use portcullis_redact_corpus::{engine, holds};

static RULES: LazyLock<Rules> = LazyLock::new(|| match engine::shipped_rules() {
    Ok(rules) => rules,
    Err(error) => panic!("{error}"),
});

fuzz_target!(|message: &str| {
    if let Err(broken) = holds(message, &RULES) {
        panic!("{broken}");
    }
});
