//! Ed25519 keys in PEM, as OpenSSL writes them: PKCS#8 for the secret half, SPKI for the public one.
//!
//! Deliberately absent: making keys, which needs randomness, and other algorithms.

use std::fmt;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
    KeypairBytes,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use portcullis_protocol::digest::Digest;

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is no public key.
    #[error("this is no Ed25519 public key in PEM (`-----BEGIN PUBLIC KEY-----`)")]
    Public,
    /// It is a public key that cannot be trusted.
    #[error("this public key is one of those that verify anything; make a new key")]
    Weak,
    /// It is no secret key.
    #[error("this is no Ed25519 private key in PEM (`-----BEGIN PRIVATE KEY-----`)")]
    Secret,
}

/// A key that signatures are verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    id: Digest,
}

impl PublicKey {
    /// Reads `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Errors
    /// It is no Ed25519 key, or a weak one.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_public_key_pem(pem).map_err(|_| KeyError::Public)?;
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        Self::new(key).ok_or(KeyError::Public)
    }

    fn new(key: VerifyingKey) -> Option<Self> {
        let spki = key.to_public_key_der().ok()?;
        let id = Digest::of(spki.as_bytes());
        Some(Self { key, id })
    }

    /// The key's name: SHA-256 of its SubjectPublicKeyInfo in DER.
    #[must_use]
    pub const fn id(&self) -> Digest {
        self.id
    }

    /// Whether the owner of the secret half signed exactly these bytes.
    pub(super) fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        self.key.verify_strict(message, signature).is_ok()
    }
}

/// A key that signs.
#[derive(Clone)]
pub struct SecretKey {
    key: SigningKey,
    public: PublicKey,
}

impl SecretKey {
    /// Reads `-----BEGIN PRIVATE KEY-----`, not encrypted.
    ///
    /// # Errors
    /// It is no Ed25519 key.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = SigningKey::from_pkcs8_pem(pem).map_err(|_| KeyError::Secret)?;
        Self::of(key)
    }

    /// A key from 32 bytes, which must be random and secret.
    ///
    /// # Errors
    /// Never for 32 bytes; the encoder's interface has it.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        Self::of(SigningKey::from_bytes(seed))
    }

    fn of(key: SigningKey) -> Result<Self, KeyError> {
        let public = PublicKey::new(key.verifying_key()).ok_or(KeyError::Secret)?;
        Ok(Self { key, public })
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Both halves in PEM: the secret one, then the public one. The secret one is PKCS#8 of the first
    /// version, which every tool reads.
    ///
    /// # Errors
    /// Never for a key that exists; the encoder's interface has it.
    pub fn to_pem(&self) -> Result<(String, String), KeyError> {
        let bytes = KeypairBytes {
            secret_key: self.key.to_bytes(),
            public_key: None,
        };
        let secret = bytes.to_pkcs8_pem(LineEnding::LF);
        let secret = secret.map_err(|_| KeyError::Secret)?.as_str().to_owned();
        let public = self.key.verifying_key().to_public_key_pem(LineEnding::LF);
        Ok((secret, public.map_err(|_| KeyError::Public)?))
    }

    /// Signs bytes. Ed25519 is deterministic: the same bytes give the same signature.
    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        self.key.sign(message)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey of {}", self.public.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_what_they_write() {
        let key = SecretKey::from_seed(&[7; 32]).unwrap();
        let (secret, public) = key.to_pem().unwrap();
        assert!(secret.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let again = SecretKey::from_pem(&secret).unwrap();
        assert_eq!(again.public(), key.public());
        assert_eq!(&PublicKey::from_pem(&public).unwrap(), key.public());
        assert_eq!(SecretKey::from_pem(&public).err(), Some(KeyError::Secret));
        assert_eq!(PublicKey::from_pem(&secret), Err(KeyError::Public));
        let shown = format!("{key:?}");
        assert_eq!(shown, format!("SecretKey of {}", key.public().id()));
    }

    /// Written by `openssl genpkey -algorithm ed25519`, and its name by `openssl pkey -pubout
    /// -outform DER | sha256sum`.
    #[test]
    fn keys_of_openssl_are_read() {
        let key = SecretKey::from_pem(
            "-----BEGIN PRIVATE KEY-----\n\
             MC4CAQAwBQYDK2VwBCIEIB/cxgzP0aBw1tqZ7gV9Ai7FvAiSzSraY99cIn721WrW\n\
             -----END PRIVATE KEY-----\n",
        )
        .unwrap();
        let id = "sha256:92a6778438718d27a9377f23e70818a001edfa7cff1722e829848b5339c85b46";
        assert_eq!(key.public().id().to_string(), id);
    }

    #[test]
    fn a_key_that_verifies_anything_is_refused() {
        // The neutral element of the curve, whose order is one.
        let pem = "-----BEGIN PUBLIC KEY-----\n\
                   MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
                   -----END PUBLIC KEY-----\n";
        assert_eq!(PublicKey::from_pem(pem), Err(KeyError::Weak));
    }
}
