//! The rules of redaction in a policy set: `redaction.toml`, read, compiled and named.
//!
//! No file is an empty one: everything is redacted. Deliberately absent: keys, which a policy set
//! never holds, and the engine that redacts, which is the protocol's.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use portcullis_protocol::digest::Digest;
use portcullis_protocol::redact::{Class, Mode, RawRules, Rules};

use super::read;
use crate::policies::{Code, Problem, REDACTION_FILE, Sources};

/// The built-in rules alone, made once.
static BUILT_IN: LazyLock<Arc<Redacting>> = LazyLock::new(Arc::default);

/// The rules of one policy set.
#[derive(Debug)]
pub struct Redacting {
    rules: Rules,
    classes: Vec<Class>,
    digest: Digest,
}

/// The built-in rules alone, for what happens before policies are in force.
impl Default for Redacting {
    fn default() -> Self {
        Self::named(Rules::built_in(), Digest::of(b""))
    }
}

impl Redacting {
    /// The built-in rules alone, shared: for texts of ours that quote somebody.
    #[must_use]
    pub fn built_in() -> &'static Arc<Self> {
        &BUILT_IN
    }

    /// Reads and compiles the rules of a set.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn of(sources: &Sources) -> Result<Self, Vec<Problem>> {
        let text = sources.text(REDACTION_FILE).unwrap_or_default();
        let rules = read(REDACTION_FILE, text)?;
        let json = serde_json::to_vec(rules.raw());
        let json = json.map_err(|error| vec![problem(&error.to_string())])?;
        Ok(Self::named(rules, Digest::of(&json)))
    }

    fn named(rules: Rules, digest: Digest) -> Self {
        Self {
            classes: classes(&rules),
            rules,
            digest,
        }
    }

    /// The rules, compiled.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The rules as they were written.
    #[must_use]
    pub const fn raw(&self) -> &RawRules {
        self.rules.raw()
    }

    /// SHA-256 of the rules as JSON. Without the keys it names no answer to a filter.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// All classes that rules find or name, sorted.
    #[must_use]
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The classes and those above them, for lints; None while no rule finds anything.
    pub(crate) fn known(&self) -> Option<BTreeSet<String>> {
        if self.rules.classes().is_empty() {
            return None;
        }
        let mut known = BTreeSet::new();
        for class in &self.classes {
            let mut next = Some(class.as_str());
            while let Some(name) = next {
                known.insert(name.to_owned());
                next = name.rsplit_once('.').map(|(above, _)| above);
            }
        }
        Some(known)
    }

    /// What cannot be kept where there is no key of handles.
    #[must_use]
    pub fn without_handles(&self) -> Vec<Problem> {
        let raw = self.raw();
        let tokenizes =
            raw.mode == Mode::Tokenize || raw.classes.values().any(|mode| *mode == Mode::Tokenize);
        let help = "name a file with a key as `redaction.key_file` in the server's configuration";
        let wanting = [
            (
                tokenizes,
                "`tokenize` makes handles, and there is no key for them",
            ),
            (
                !raw.uses.is_empty(),
                "`[[use]]` restores handles, and there is no key for them",
            ),
        ];
        let wanting = wanting.into_iter().filter(|(wanted, _)| *wanted);
        wanting.map(|(_, why)| problem(why).help(help)).collect()
    }
}

fn classes(rules: &Rules) -> Vec<Class> {
    let raw = rules.raw();
    let mut classes = rules.classes();
    classes.extend(raw.classes.keys().cloned());
    classes.extend(raw.rules.iter().map(|rule| rule.class.clone()));
    classes.extend(raw.uses.iter().map(|one| one.class.clone()));
    classes.sort();
    classes.dedup();
    classes
}

fn problem(message: &str) -> Problem {
    Problem::new(Code::Redaction, REDACTION_FILE, message)
}

#[cfg(test)]
mod tests;
