//! Envelopes that were changed, cut, or signed by others.

use serde_json::{Value, json};

use super::*;

const TYPE: &str = "application/vnd.portcullis.test";

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32]).unwrap()
}

fn open(text: &str, trusted: &[u8]) -> Result<(Vec<u8>, Digest), EnvelopeError> {
    let public = |seed: &u8| key(*seed).public().clone();
    let keys: Vec<PublicKey> = trusted.iter().map(public).collect();
    Envelope::read(text.as_bytes(), TYPE)?.verified(&keys)
}

fn untrusted(text: &str, trusted: &[u8]) -> bool {
    matches!(open(text, trusted), Err(EnvelopeError::Untrusted(_)))
}

fn envelope() -> Value {
    serde_json::from_str(&seal(TYPE, b"the payload", &[key(1)])).unwrap()
}

/// An envelope with something changed after it was signed.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut value = envelope();
    change(&mut value);
    value.to_string()
}

fn bytes(value: &Value) -> Vec<u8> {
    decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn the_encoding_is_that_of_the_specification() {
    let encoded = encoding("http://example.com/HelloWorld", b"hello world");
    let wanted = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";
    assert_eq!(encoded, wanted.as_bytes());
}

#[test]
fn one_trusted_signature_is_enough() {
    let sealed = seal(TYPE, b"the payload", &[key(1), key(2)]);
    for (trusted, by) in [(&[1][..], 1), (&[2], 2), (&[3, 2], 2), (&[2, 1], 2)] {
        let (payload, signer) = open(&sealed, trusted).unwrap();
        assert_eq!(payload, b"the payload");
        assert_eq!(signer, key(by).public().id());
    }
    assert_eq!(sealed, seal(TYPE, b"the payload", &[key(1), key(2)]));
}

#[test]
fn without_a_trusted_signature_nothing_opens() {
    let sealed = seal(TYPE, b"the payload", &[key(1)]);
    let claimed = vec![key(1).public().id().to_string()];
    for trusted in [&[2][..], &[]] {
        let error = open(&sealed, trusted).unwrap_err();
        assert_eq!(error, EnvelopeError::Untrusted(claimed.clone()));
    }
    let other: Value = serde_json::from_str(&seal(TYPE, b"another", &[key(1)])).unwrap();
    let moved = changed(|value| value["payload"] = other["payload"].clone());
    assert!(untrusted(&moved, &[1]));
}

#[test]
fn the_name_of_a_key_is_a_hint() {
    let renamed = changed(|value| value["signatures"][0]["keyid"] = json!("mallory"));
    assert!(open(&renamed, &[1]).is_ok());
    let trusted_name = key(2).public().id().to_string();
    let claims = changed(|value| value["signatures"][0]["keyid"] = json!(trusted_name));
    assert!(untrusted(&claims, &[2]));
    let sig = envelope()["signatures"][0]["sig"].clone();
    let nameless = changed(|value| value["signatures"][0] = json!({"sig": sig}));
    assert!(open(&nameless, &[1]).is_ok());
    let error = open(&nameless, &[2]).unwrap_err();
    assert!(error.to_string().ends_with("no key"), "{error}");
}

#[test]
fn every_changed_bit_is_noticed() {
    let (payload, signature) = (
        bytes(&envelope()["payload"]),
        bytes(&envelope()["signatures"][0]["sig"]),
    );
    let flipped = |bytes: &[u8], bit: usize| {
        let mut other = bytes.to_vec();
        other[bit / 8] ^= 1 << (bit % 8);
        json!(STANDARD.encode(other))
    };
    for bit in 0..payload.len() * 8 {
        let text = changed(|value| value["payload"] = flipped(&payload, bit));
        assert!(untrusted(&text, &[1]), "payload, bit {bit}");
    }
    for bit in 0..signature.len() * 8 {
        let text = changed(|value| value["signatures"][0]["sig"] = flipped(&signature, bit));
        assert!(untrusted(&text, &[1]), "signature, bit {bit}");
    }
}

#[test]
fn the_type_is_signed_too() {
    let sealed = seal("application/vnd.portcullis.other", b"p", &[key(1)]);
    let error = open(&sealed, &[1]).unwrap_err();
    assert!(matches!(error, EnvelopeError::Type { .. }), "{error}");
    let renamed = sealed.replace("vnd.portcullis.other", "vnd.portcullis.test");
    assert!(untrusted(&renamed, &[1]));
}

#[test]
fn what_is_no_envelope_is_refused() {
    let sealed = seal(TYPE, b"the payload", &[key(1)]);
    for length in 0..sealed.trim_end().len() {
        let cut = sealed.get(..length).unwrap();
        assert!(open(cut, &[1]).is_err(), "{length} bytes");
    }
    let twice = sealed.replacen('{', "{\"payload\":\"\",", 1);
    assert!(matches!(open(&twice, &[1]), Err(EnvelopeError::Json(_))));
    let unsigned = changed(|value| value["signatures"] = json!([]));
    assert_eq!(open(&unsigned, &[1]), Err(EnvelopeError::Unsigned));
    let one = envelope()["signatures"][0].clone();
    let many = changed(|value| value["signatures"] = json!(vec![one; SIGNATURES_MAX + 1]));
    assert_eq!(open(&many, &[1]), Err(EnvelopeError::TooMany));
    let spaced = changed(|value| value["payload"] = json!("dGhl IHBheWxvYWQ="));
    assert_eq!(open(&spaced, &[1]), Err(EnvelopeError::Base64("payload")));
    let short = changed(|value| value["signatures"][0]["sig"] = json!("AAAA"));
    assert!(untrusted(&short, &[1]));
    let missing = changed(|value| value["payload"] = json!(null));
    assert!(matches!(open(&missing, &[1]), Err(EnvelopeError::Form(_))));
}

#[test]
fn what_dsse_leaves_open_is_taken() {
    let sig = bytes(&envelope()["signatures"][0]["sig"]);
    let url_safe = changed(|value| value["signatures"][0]["sig"] = json!(URL_SAFE.encode(sig)));
    assert!(open(&url_safe, &[1]).is_ok());
    let more = changed(|value| value["timestamp"] = json!("unknown members are passed over"));
    assert!(open(&more, &[1]).is_ok());
}
