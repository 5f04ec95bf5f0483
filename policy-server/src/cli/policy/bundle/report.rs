//! What is said about a bundle, to people and to programs.

use std::collections::BTreeMap;

use portcullis_core::audit::time::rfc3339_s;
use portcullis_core::policies::bundle::Bundle;
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::Name;
use serde::Serialize;

/// A bundle, and what is known about who signed it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    ok: bool,
    digest: Digest,
    name: Option<Name>,
    version: Option<Name>,
    created: String,
    /// Names, and lengths in bytes.
    files: BTreeMap<String, usize>,
    #[serde(flatten)]
    signed: Signed,
}

/// Who signed a bundle.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Signed {
    /// These keys did, just now.
    Now { keys: Vec<Digest> },
    /// This trusted key did, so long ago.
    Trusted { key: Digest, age_seconds: i64 },
    /// Somebody, who claims to be the owner of these keys.
    Unverified {
        verified: bool,
        claimed_keys: Vec<String>,
    },
}

impl Report {
    pub(super) fn new(bundle: &Bundle, signed: Signed) -> Self {
        let files = bundle.sources().iter();
        Self {
            ok: true,
            digest: bundle.sources().digest(),
            name: bundle.name.clone(),
            version: bundle.version.clone(),
            created: rfc3339_s(bundle.created_s),
            files: files.map(|(n, text)| (n.to_owned(), text.len())).collect(),
            signed,
        }
    }

    /// One JSON object.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// For people: a line, or all there is when nobody vouches for it.
    pub(super) fn words(&self) -> String {
        let called = [&self.name, &self.version].map(|word| word.as_ref().map(Name::as_str));
        let called: Vec<&str> = called.into_iter().flatten().collect();
        let called = match called.is_empty() {
            true => "a bundle without a name".to_owned(),
            false => called.join(" "),
        };
        let line = format!("{called}, {}, made at {}", self.digest, self.created);
        match &self.signed {
            Signed::Now { keys } => {
                let keys: Vec<String> = keys.iter().map(Digest::to_string).collect();
                format!("ok: {line}, signed by {}", keys.join(" and "))
            }
            Signed::Trusted { key, age_seconds } => {
                format!("ok: {line}, {age_seconds} seconds old, signed by {key}")
            }
            Signed::Unverified { claimed_keys, .. } => {
                let claimed = claimed_keys.iter();
                let claimed = claimed.map(|key| format!("claims to be signed by {key:?}"));
                let files = self.files.iter();
                let files = files.map(|(name, bytes)| format!("{bytes:>10} bytes  {name}"));
                let first = ["unverified: anybody may have written this".to_owned(), line];
                let lines: Vec<String> = first.into_iter().chain(claimed).chain(files).collect();
                lines.join("\n")
            }
        }
    }
}
