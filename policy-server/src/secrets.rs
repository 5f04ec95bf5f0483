//! The keys of redaction: derived from one key file, and never printed.
//!
//! The filter gets what it needs over the data listener. Deliberately absent: reading the file,
//! which the configuration does.

use std::fmt;

use portcullis_core::redaction::Redacting;
use portcullis_protocol::digest::{Digest, Fields};
use portcullis_protocol::names::{CallId, Name};
use portcullis_protocol::redact::RedactionKey;
use portcullis_protocol::wire::{Keys, RedactionRules};

/// The tenant and the keys. They never print.
#[derive(Clone)]
pub struct Secrets {
    tenant: Name,
    marks: [u8; 32],
    handles: Option<[u8; 32]>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets of {}", self.tenant)
    }
}

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gave no random bytes: {0}")]
pub struct RandomError(getrandom::Error);

impl Secrets {
    /// The keys that come from the key of a deployment.
    #[must_use]
    pub fn of_key(key: &RedactionKey, tenant: Name) -> Self {
        Self {
            tenant,
            marks: key.mark_bytes(),
            handles: Some(key.handle_bytes()),
        }
    }

    /// A key of marks for this run alone, and none of handles.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn of_this_run(tenant: Name) -> Result<Self, RandomError> {
        let mut marks = [0; 32];
        getrandom::fill(&mut marks).map_err(RandomError)?;
        Ok(Self {
            tenant,
            marks,
            handles: None,
        })
    }

    /// Whether there is a key of handles.
    #[must_use]
    pub const fn has_handles(&self) -> bool {
        self.handles.is_some()
    }

    /// What names rules together with these keys: terms and [`RedactionRules`] carry it.
    #[must_use]
    pub fn digest(&self, rules: &Redacting) -> Digest {
        Fields::of("portcullis/redaction/v1")
            .field(rules.digest().as_bytes())
            .field(self.tenant.as_str().as_bytes())
            .field(&self.marks)
            .optional(self.handles.as_ref().map(<[u8; 32]>::as_slice))
            .finish()
    }

    /// The answer to a filter that asks for the rules in force.
    #[must_use]
    pub fn answer(&self, call: CallId, rules: &Redacting) -> RedactionRules {
        RedactionRules {
            call,
            digest: self.digest(rules),
            rules: rules.raw().clone(),
            tenant: self.tenant.clone(),
            keys: Keys::written(&self.marks, self.handles.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use portcullis_core::policies::{REDACTION_FILE, Sources};

    use super::*;

    fn rules(text: &str) -> Redacting {
        Redacting::of(&Sources::default().with(REDACTION_FILE, text.to_owned())).unwrap()
    }

    fn tenant(name: &str) -> Name {
        Name::parse(name).unwrap()
    }

    #[test]
    fn rules_tenant_and_keys_all_change_the_digest() {
        let base = Secrets::of_key(&RedactionKey::new([7; 32]), tenant("a"));
        let digest = base.digest(&rules(""));
        assert_eq!(
            digest,
            Secrets::of_key(&RedactionKey::new([7; 32]), tenant("a")).digest(&rules("# nothing"))
        );
        for other in [
            base.digest(&rules("mode = \"block\"")),
            Secrets::of_key(&RedactionKey::new([8; 32]), tenant("a")).digest(&rules("")),
            Secrets::of_key(&RedactionKey::new([7; 32]), tenant("b")).digest(&rules("")),
            Secrets::of_this_run(tenant("a"))
                .unwrap()
                .digest(&rules("")),
        ] {
            assert_ne!(other, digest);
        }
    }

    #[test]
    fn keys_differ_and_do_not_print() {
        let secrets = Secrets::of_key(&RedactionKey::new([7; 32]), tenant("a"));
        let answer = secrets.answer(CallId::from_bytes([1; 16]), &rules(""));
        assert_eq!(answer.digest, secrets.digest(&rules("")));
        let handles = answer.keys.handles.clone().unwrap();
        assert_eq!((answer.keys.marks.len(), handles.len()), (64, 64));
        assert_ne!(answer.keys.marks, handles);
        let printed = format!("{secrets:?} {answer:?}");
        assert!(!printed.contains(&handles) && !printed.contains(&answer.keys.marks));
        let run = Secrets::of_this_run(tenant("a")).unwrap();
        assert_ne!(run.marks, Secrets::of_this_run(tenant("a")).unwrap().marks);
        assert_eq!(run.answer(answer.call, &rules("")).keys.handles, None);
    }
}
