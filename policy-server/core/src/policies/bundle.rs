//! A policy bundle: a whole policy set in one signed file. `docs/policy-bundles.md` has the format.
//!
//! [`Verified`] is the proof that a trusted key signed what is inside, and the only way from a file to
//! policies with a [`Stamp`]. Deliberately absent: how old a bundle may be, which whoever puts it in
//! force knows, and a clock.

use std::collections::BTreeMap;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::json;
use portcullis_protocol::names::Name;
use serde::{Deserialize, Serialize, Serializer};

use super::envelope::{self, Envelope, EnvelopeError};
use super::keys::{PublicKey, SecretKey};
use super::{BYTES_MAX, FILES_MAX, Sources, is_source};
use crate::audit::time::{parse_rfc3339_s, rfc3339_s};

/// The type of the payload.
pub const PAYLOAD_TYPE: &str = "application/vnd.portcullis.policy-bundle.v1+json";

/// Longest bundle file in bytes: the longest set, in base64, with room for escapes.
pub const BUNDLE_BYTES_MAX: usize = 2 * BYTES_MAX;

/// Why a bundle is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The envelope is refused.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// It is too long.
    #[error(
        "a bundle has at most {BUNDLE_BYTES_MAX} bytes, and {FILES_MAX} files of {BYTES_MAX} bytes"
    )]
    TooMuch,
    /// The payload is not strict JSON.
    #[error("the payload is no policy bundle: {0}")]
    Json(json::Fault),
    /// The payload is JSON, and no bundle.
    #[error("the payload is no policy bundle: {0}")]
    Form(String),
    /// The time is none.
    #[error("`created` is no time; it is written like 2026-11-21T10:53:01Z")]
    Created,
    /// A file has no place in a bundle.
    #[error("{0:?} is not the name of a file of a policy set")]
    File(String),
    /// The digest is that of other files, or of another schema.
    #[error(
        "the bundle calls itself {said}, but its files and the schema of this version are {found}; \
         build it with this version of `portcullis`"
    )]
    Digest {
        /// What it says.
        said: Digest,
        /// What it is.
        found: Digest,
    },
}

/// The bundle that a policy set is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stamp {
    /// What it is called.
    pub name: Option<Name>,
    /// Which version it is.
    pub version: Option<Name>,
    /// When it was made, in seconds since 1970; written as RFC 3339.
    #[serde(rename = "created", serialize_with = "as_rfc3339")]
    pub created_s: i64,
    /// The trusted key that signed it.
    pub key: Digest,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn as_rfc3339<S: Serializer>(unix_s: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339_s(*unix_s))
}

/// What is inside a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// What it is called.
    pub name: Option<Name>,
    /// Which version it is.
    pub version: Option<Name>,
    /// When it was made, in seconds since 1970.
    pub created_s: i64,
    sources: Sources,
}

/// The payload. Its members are in the order of their names, as RFC 8785 wants them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    created: String,
    digest: Digest,
    files: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<Name>,
}

impl Bundle {
    /// A bundle of a policy set, made at `created_s`.
    ///
    /// # Errors
    /// It is too much, or a file has no place in it.
    pub fn new(
        sources: Sources,
        created_s: i64,
        name: Option<Name>,
        version: Option<Name>,
    ) -> Result<Self, BundleError> {
        let bytes: usize = sources.iter().map(|(_, text)| text.len()).sum();
        if sources.iter().count() > FILES_MAX || bytes > BYTES_MAX {
            return Err(BundleError::TooMuch);
        }
        // Such names are shown to people before anybody has verified them.
        let fits = |name: &str| is_source(name) && Name::parse(name).is_ok();
        if let Some((stray, _)) = sources.iter().find(|(name, _)| !fits(name)) {
            return Err(BundleError::File(stray.to_owned()));
        }
        Ok(Self {
            name,
            version,
            created_s,
            sources,
        })
    }

    /// The files.
    #[must_use]
    pub const fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The file: an envelope with a signature of each key. The same bundle and keys give the same
    /// bytes.
    ///
    /// # Errors
    /// It is too long.
    pub fn seal(&self, keys: &[SecretKey]) -> Result<String, BundleError> {
        let files = self.sources.iter();
        let payload = Payload {
            created: rfc3339_s(self.created_s),
            digest: self.sources.digest(),
            files: files.map(|(n, t)| (n.to_owned(), t.to_owned())).collect(),
            name: self.name.clone(),
            version: self.version.clone(),
        };
        let payload = serde_json::to_vec(&payload);
        let payload = payload.map_err(|error| BundleError::Form(error.to_string()))?;
        let sealed = envelope::seal(PAYLOAD_TYPE, &payload, keys);
        if sealed.len() > BUNDLE_BYTES_MAX {
            return Err(BundleError::TooMuch);
        }
        Ok(sealed)
    }

    /// Opens a file that one of the trusted keys signed.
    ///
    /// # Errors
    /// Nobody trusted signed it, or what they signed is no bundle of this version's.
    pub fn verify(file: &[u8], trusted: &[PublicKey]) -> Result<Verified, BundleError> {
        let (payload, key) = envelope_of(file)?.verified(trusted)?;
        let bundle = Self::read(&payload)?;
        Ok(Verified { bundle, key })
    }

    /// What a file says, whoever wrote it, and the ids of the keys that it claims to be signed by.
    ///
    /// # Errors
    /// It is no bundle of this version's.
    pub fn unverified(file: &[u8]) -> Result<(Self, Vec<String>), BundleError> {
        let envelope = envelope_of(file)?;
        let claimed = envelope.claimed().to_vec();
        Ok((Self::read(&envelope.unverified())?, claimed))
    }

    fn read(payload: &[u8]) -> Result<Self, BundleError> {
        let checked = json::check(payload).map_err(BundleError::Json)?;
        let payload: Payload = serde_json::from_str(checked.text())
            .map_err(|error| BundleError::Form(error.to_string()))?;
        let created_s = parse_rfc3339_s(&payload.created).ok_or(BundleError::Created)?;
        let sources = Sources::new(payload.files);
        let (said, found) = (payload.digest, sources.digest());
        let bundle = Self::new(sources, created_s, payload.name, payload.version)?;
        if said != found {
            return Err(BundleError::Digest { said, found });
        }
        Ok(bundle)
    }
}

fn envelope_of(file: &[u8]) -> Result<Envelope, BundleError> {
    if file.len() > BUNDLE_BYTES_MAX {
        return Err(BundleError::TooMuch);
    }
    Ok(Envelope::read(file, PAYLOAD_TYPE)?)
}

/// A bundle that a trusted key signed. Made by [`Bundle::verify`] alone.
#[derive(Clone, Debug)]
pub struct Verified {
    bundle: Bundle,
    key: Digest,
}

impl Verified {
    /// What is inside.
    #[must_use]
    pub const fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The trusted key that signed it.
    #[must_use]
    pub const fn key(&self) -> Digest {
        self.key
    }

    /// The policy set, with its stamp.
    #[must_use]
    pub fn into_sources(self) -> Sources {
        let stamp = Stamp {
            name: self.bundle.name,
            version: self.bundle.version,
            created_s: self.bundle.created_s,
            key: self.key,
        };
        Sources {
            stamp: Some(stamp),
            ..self.bundle.sources
        }
    }
}

#[cfg(test)]
mod tests;
