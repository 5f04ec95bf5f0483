//! The signing key of the quick start, and the tokens it makes.
//!
//! One Ed25519 key a working folder, generated once and kept as a JSON Web Key. This is not an
//! authorization server: nobody can ask it for a token over the network.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::folder::{self, FolderError};
use crate::credential::Credential;

/// Why there is no usable key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The folder refused, or the key is not ours.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The file is not the key this program wrote.
    #[error("{0} is not a signing key of 'portcullis up'; delete it to have a new one made")]
    Unreadable(std::path::PathBuf),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

/// A private JSON Web Key, as RFC 8037 writes it.
#[derive(Serialize, Deserialize)]
struct StoredKey {
    kty: String,
    crv: String,
    d: String,
    x: String,
}

/// The key that signs tokens.
pub(crate) struct TokenKey {
    key: SigningKey,
    id: String,
}

/// What a token says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Claims<'a> {
    pub(crate) iss: &'a str,
    pub(crate) aud: &'a [String],
    pub(crate) sub: &'a str,
    pub(crate) roles: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent: Option<&'a str>,
    pub(crate) iat: u64,
    pub(crate) exp: u64,
    pub(crate) jti: String,
}

impl TokenKey {
    /// Reads the key, or makes one when there is none yet.
    pub(crate) fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        if let Some(key) = Self::load(path)? {
            return Ok(key);
        }
        let key = SigningKey::from_bytes(&random()?);
        let stored = StoredKey {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            d: encode(&key.to_bytes()),
            x: encode(key.verifying_key().as_bytes()),
        };
        folder::write(path, &json!(stored).to_string())?;
        Ok(Self::new(key))
    }

    /// Reads the key that an earlier run made; nothing when there is none.
    pub(crate) fn load(path: &Path) -> Result<Option<Self>, KeyError> {
        let Some(text) = folder::read(path)? else {
            return Ok(None);
        };
        let secret = serde_json::from_str::<StoredKey>(&text)
            .ok()
            .and_then(|stored| URL_SAFE_NO_PAD.decode(stored.d).ok())
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or_else(|| KeyError::Unreadable(path.to_owned()))?;
        Ok(Some(Self::new(SigningKey::from_bytes(&secret))))
    }

    fn new(key: SigningKey) -> Self {
        let digest = Sha256::digest(key.verifying_key().as_bytes());
        let id = encode(digest.get(..12).unwrap_or_default());
        Self { key, id }
    }

    /// The public half, as Envoy's `jwt_authn` reads it.
    pub(crate) fn jwks(&self) -> Value {
        json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "kid": self.id, "x": encode(self.key.verifying_key().as_bytes()),
        }]})
    }

    /// A signed token.
    pub(crate) fn sign(&self, claims: &Claims<'_>) -> Credential {
        let head = json!({"alg": "EdDSA", "typ": "JWT", "kid": self.id}).to_string();
        let body = json!(claims).to_string();
        let signed = format!("{}.{}", encode(head.as_bytes()), encode(body.as_bytes()));
        let signature = self.key.sign(signed.as_bytes());
        Credential::new(format!("{signed}.{}", encode(&signature.to_bytes())))
    }
}

/// Makes the key of redaction, when there is none yet.
pub(crate) fn create_redaction_key(path: &Path) -> Result<(), KeyError> {
    if folder::read(path)?.is_some() {
        return Ok(());
    }
    let digits: String = random::<32>()?.iter().map(|b| format!("{b:02x}")).collect();
    Ok(folder::write(path, &digits)?)
}

/// A fresh token id.
pub(crate) fn token_id() -> Result<String, KeyError> {
    Ok(encode(&random::<16>()?))
}

fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
    Ok(bytes)
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_kept() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("key.json");
        let first = TokenKey::load_or_create(&path).unwrap();
        let again = TokenKey::load_or_create(&path).unwrap();
        assert_eq!(first.jwks(), again.jwks());
        folder::write(&path, "{}").unwrap();
        assert!(matches!(
            TokenKey::load(&path),
            Err(KeyError::Unreadable(_))
        ));
    }

    #[test]
    fn a_planted_key_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let temp = tempfile::tempdir().unwrap();
        let planted = temp.path().join("planted.json");
        let key = TokenKey::load_or_create(&planted).unwrap().jwks();
        let path = temp.path().join("key.json");
        let refused = |wanted: &str| {
            let why = TokenKey::load_or_create(&path).err().unwrap().to_string();
            assert!(why.contains(wanted), "{why}");
            let why = create_redaction_key(&path).unwrap_err().to_string();
            assert!(why.contains(wanted), "{why}");
        };
        std::os::unix::fs::symlink(&planted, &path).unwrap();
        refused("symbolic link");
        std::fs::remove_file(&path).unwrap();
        std::fs::hard_link(&planted, &path).unwrap();
        refused("2 names");
        std::fs::remove_file(&planted).unwrap();
        assert_eq!(TokenKey::load_or_create(&path).unwrap().jwks(), key);
        for (mode, wanted) in [(0o644, "read by others"), (0o622, "written by others")] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            refused(wanted);
        }
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/nowhere/key", &path).unwrap();
        refused("symbolic link");
    }
}
