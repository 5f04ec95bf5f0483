//! A DSSE v1 envelope: bytes of a stated type, and signatures over both.
//!
//! Nothing is read out of a payload before a signature holds, unless the caller says that it wants
//! what is unverified. Deliberately absent: trust in `keyid`, which is a hint that anybody can write.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use ed25519_dalek::Signature;
use portcullis_protocol::digest::Digest;
use portcullis_protocol::json;
use serde::{Deserialize, Serialize};

use super::keys::{PublicKey, SecretKey};

/// Most signatures of an envelope.
pub const SIGNATURES_MAX: usize = 16;

/// Why an envelope is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The text is not strict JSON.
    #[error("this is no signed envelope: {0}")]
    Json(json::Fault),
    /// It is JSON, and no envelope.
    #[error("this is no signed envelope: {0}")]
    Form(String),
    /// A member is not base64.
    #[error("this is no signed envelope: `{0}` is not base64")]
    Base64(&'static str),
    /// The payload is of another type.
    #[error("the envelope holds {found:?}, not {wanted:?}")]
    Type {
        /// What it holds.
        found: String,
        /// What was wanted.
        wanted: &'static str,
    },
    /// Nobody signed it.
    #[error("the envelope has no signature")]
    Unsigned,
    /// Too many signed it.
    #[error("the envelope has more than {SIGNATURES_MAX} signatures")]
    TooMany,
    /// No signature is one of a trusted key.
    #[error("no signature is by a trusted key; the envelope names {}", named(.0))]
    Untrusted(Vec<String>),
}

/// The key ids that an envelope claims, quoted: they are anybody's text.
fn named(ids: &[String]) -> String {
    if ids.is_empty() {
        return "no key".to_owned();
    }
    let quoted: Vec<String> = ids
        .iter()
        .map(|id| format!("{:?}", shortened(id)))
        .collect();
    quoted.join(", ")
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

/// The envelope as written. DSSE has readers pass over members that they do not know.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    payload: String,
    payload_type: String,
    signatures: Vec<WrittenSignature>,
}

#[derive(Serialize, Deserialize)]
struct WrittenSignature {
    #[serde(default)]
    keyid: Option<String>,
    sig: String,
}

/// An envelope that is read, and not verified.
#[derive(Clone, Debug)]
pub struct Envelope {
    payload_type: &'static str,
    payload: Vec<u8>,
    signatures: Vec<Signature>,
    claimed: Vec<String>,
}

impl Envelope {
    /// Reads an envelope that holds a payload of this type.
    ///
    /// # Errors
    /// It is no such envelope.
    pub fn read(bytes: &[u8], payload_type: &'static str) -> Result<Self, EnvelopeError> {
        let checked = json::check(bytes).map_err(EnvelopeError::Json)?;
        let written: Written = serde_json::from_str(checked.text())
            .map_err(|error| EnvelopeError::Form(error.to_string()))?;
        if written.payload_type != payload_type {
            return Err(EnvelopeError::Type {
                found: shortened(&written.payload_type),
                wanted: payload_type,
            });
        }
        match written.signatures.len() {
            0 => return Err(EnvelopeError::Unsigned),
            1..=SIGNATURES_MAX => {}
            _ => return Err(EnvelopeError::TooMany),
        }
        let payload = decode(&written.payload).ok_or(EnvelopeError::Base64("payload"))?;
        let mut signatures = Vec::new();
        let mut claimed = Vec::new();
        for one in written.signatures {
            let bytes = decode(&one.sig).ok_or(EnvelopeError::Base64("sig"))?;
            // A signature of another length is of another algorithm: not one of ours.
            signatures.extend(Signature::from_slice(&bytes));
            claimed.extend(one.keyid);
        }
        Ok(Self {
            payload_type,
            payload,
            signatures,
            claimed,
        })
    }

    /// The payload, and the first of the trusted keys that signed it.
    ///
    /// # Errors
    /// None of them did.
    pub fn verified(self, trusted: &[PublicKey]) -> Result<(Vec<u8>, Digest), EnvelopeError> {
        let message = encoding(self.payload_type, &self.payload);
        let signed = |key: &&PublicKey| {
            let by = |signature| key.verifies(&message, signature);
            self.signatures.iter().any(by)
        };
        match trusted.iter().find(signed).map(PublicKey::id) {
            Some(key) => Ok((self.payload, key)),
            None => Err(EnvelopeError::Untrusted(self.claimed)),
        }
    }

    /// The payload, whoever wrote it.
    #[must_use]
    pub fn unverified(self) -> Vec<u8> {
        self.payload
    }

    /// The key ids that it claims to be signed by.
    #[must_use]
    pub fn claimed(&self) -> &[String] {
        &self.claimed
    }
}

/// Signs a payload with every key. One line of JSON; the same input gives the same bytes.
#[must_use]
pub fn seal(payload_type: &'static str, payload: &[u8], keys: &[SecretKey]) -> String {
    let message = encoding(payload_type, payload);
    let sign = |key: &SecretKey| WrittenSignature {
        keyid: Some(key.public().id().to_string()),
        sig: STANDARD.encode(key.sign(&message).to_bytes()),
    };
    let written = Written {
        payload: STANDARD.encode(payload),
        payload_type: payload_type.to_owned(),
        signatures: keys.iter().map(sign).collect(),
    };
    serde_json::to_string(&written).unwrap_or_default() + "\n"
}

/// What is signed: DSSE's pre-authentication encoding, which binds the type to the payload.
fn encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

/// DSSE allows both alphabets.
fn decode(text: &str) -> Option<Vec<u8>> {
    let standard = STANDARD.decode(text);
    standard.or_else(|_| URL_SAFE.decode(text)).ok()
}

#[cfg(test)]
mod tests;
