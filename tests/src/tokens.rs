//! Tokens that nobody should accept, made with the gateway's own key or without it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use crate::gateway::Gateway;

/// Makes tokens like the gateway's, to be changed by tests.
#[derive(Debug)]
pub struct Forge {
    key: SigningKey,
    head: Value,
    claims: Value,
}

impl Forge {
    /// Takes a gateway's key, and a token of a user as the model.
    #[must_use]
    pub fn of(gateway: &Gateway, user: &str) -> Self {
        let secret = decode(
            gateway.json_file("signing-key.json")["d"]
                .as_str()
                .expect("a key"),
        );
        let (head, claims, _) = parts(gateway.token(user));
        Self {
            key: SigningKey::from_bytes(&secret.try_into().expect("32 bytes")),
            head: serde_json::from_slice(&decode(head)).expect("a token head"),
            claims: serde_json::from_slice(&decode(claims)).expect("claims"),
        }
    }

    /// A well-signed token with these claims changed; `null` takes a claim out.
    #[must_use]
    pub fn with(&self, changes: Value) -> String {
        sign(&self.key, &self.head, &self.changed(changes))
    }

    /// The same claims, signed by somebody else under the gateway's key id.
    #[must_use]
    pub fn by_another_key(&self) -> String {
        sign(&SigningKey::from_bytes(&[7; 32]), &self.head, &self.claims)
    }

    /// The same claims, unsigned.
    #[must_use]
    pub fn unsigned(&self, algorithm: &str) -> String {
        let head = json!({"alg": algorithm, "typ": "JWT"});
        format!("{}.{}.", encode(&head), encode(&self.claims))
    }

    /// A good signature under other claims.
    #[must_use]
    pub fn tampered(&self, changes: Value) -> String {
        let good = self.with(json!({}));
        let (head, _, signature) = parts(&good);
        format!("{head}.{}.{signature}", encode(&self.changed(changes)))
    }

    fn changed(&self, changes: Value) -> Value {
        let mut claims = self.claims.as_object().expect("claims").clone();
        claims.extend(changes.as_object().expect("changes").clone());
        claims.retain(|_, value| !value.is_null());
        Value::Object(claims)
    }
}

fn sign(key: &SigningKey, head: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", encode(head), encode(claims));
    let signature = key.sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn parts(token: &str) -> (&str, &str, &str) {
    let mut parts = token.split('.');
    let mut next = || parts.next().expect("three parts");
    (next(), next(), next())
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}
