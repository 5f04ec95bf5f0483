//! What filters need to redact: the rules in force and the keys that go with them; and whether a
//! redacted result still fits its tool's schema.
//!
//! Nothing of a call is decided here, and nothing is recorded: terms come with the verdict. Deliberately
//! absent: keys on disk other than the operator's; without one, marks hold for one run only, and
//! there are no handles.

use portcullis_core::catalogue::{Catalogue, Known};
use portcullis_core::policies::{Policies, digest_of};
use portcullis_protocol::digest::{Digest, Fields};
use portcullis_protocol::names::{CallId, Name};
use portcullis_protocol::redact::{Mode, RawRules, RedactionKey, Rules};
use portcullis_protocol::wire::{
    Fit, Keys, RedactionRules, StructuredAnswer, StructuredQuery, Target,
};

/// Whether handles can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handles {
    /// A key is configured.
    Possible,
    /// None is, so that rules that need handles are refused.
    Impossible,
}

/// Keys and tenant, as configured.
#[derive(Debug)]
pub struct Redaction {
    tenant: Name,
    key: RedactionKey,
    handles: Handles,
    /// What names keys and tenant.
    fingerprint: Digest,
    /// The rules while no policies are loaded: the built-in ones.
    nothing_loaded: Rules,
}

impl Redaction {
    /// What goes with a configured key; without one, with a key of this run.
    ///
    /// # Errors
    /// The system gave no random bytes.
    pub fn new(tenant: Name, key: Option<RedactionKey>) -> Result<Self, getrandom::Error> {
        let handles = match key {
            Some(_) => Handles::Possible,
            None => Handles::Impossible,
        };
        let key = match key {
            Some(key) => key,
            None => {
                let mut bytes = [0; 32];
                getrandom::fill(&mut bytes)?;
                RedactionKey::new(bytes)
            }
        };
        let fingerprint = Fields::of("portcullis/redaction-keys/v1")
            .field(tenant.as_str().as_bytes())
            .field(&key.mark_bytes())
            .field(match handles {
                Handles::Possible => b"handles",
                Handles::Impossible => b"none",
            })
            .finish();
        Ok(Self {
            tenant,
            key,
            handles,
            fingerprint,
            nothing_loaded: Rules::built_in(),
        })
    }

    /// Whether handles can be made.
    #[must_use]
    pub const fn handles(&self) -> Handles {
        self.handles
    }

    /// What terms made with a policy set call its rules and these keys.
    #[must_use]
    pub fn digest(&self, policies: &Policies) -> Digest {
        self.named(policies.rules_digest())
    }

    fn named(&self, rules: Digest) -> Digest {
        Fields::of("portcullis/redaction/v1")
            .field(rules.as_bytes())
            .field(self.fingerprint.as_bytes())
            .finish()
    }

    /// The rules in force, for a filter. Without policies, those that reveal nothing.
    #[must_use]
    pub fn rules(&self, call: CallId, policies: Option<&Policies>) -> RedactionRules {
        let rules = policies.map_or(&self.nothing_loaded, |policies| policies.rules());
        let named = policies.map_or_else(|| digest_of(rules), Policies::rules_digest);
        RedactionRules {
            call,
            digest: self.named(named),
            rules: rules.raw().clone(),
            tenant: self.tenant.clone(),
            keys: Keys {
                marks: hex(&self.key.mark_bytes()),
                handles: match self.handles {
                    Handles::Possible => Some(hex(&self.key.handle_bytes())),
                    Handles::Impossible => None,
                },
            },
        }
    }
}

/// Whether rules make handles or use them.
#[must_use]
pub fn needs_handles(rules: &RawRules) -> bool {
    let modes = rules.classes.values().chain([&rules.mode]);
    modes.into_iter().any(|mode| *mode == Mode::Tokenize) || !rules.uses.is_empty()
}

/// Whether redacted content fits the schema that its tool has declared. A tool that was never
/// listed has declared none to anybody: lists pass here.
#[must_use]
pub fn structured(query: &StructuredQuery, catalogue: Option<&Catalogue>) -> StructuredAnswer {
    let content = query.content.get();
    let is_ours = Digest::of(content.as_bytes()) == query.digest;
    let target = Target::Tool(query.tool.clone());
    let known = catalogue.map(|catalogue| catalogue.known(&query.server, &target));
    let fits = match (known, serde_json::from_str(content)) {
        (Some(Known::Unlisted(_)), Ok(serde_json::Value::Null | _)) => true,
        (Some(Known::Tool(tool)), Ok(value)) => tool.output.fits(&tool.json, &value),
        _ => false,
    };
    StructuredAnswer {
        call: query.call,
        digest: query.digest,
        fit: if is_ours && fits {
            Fit::Fits
        } else {
            Fit::Unfit
        },
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
