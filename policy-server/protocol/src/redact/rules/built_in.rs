//! The built-in rules as a list: what there is to find, for people and for checks of own rules.

use crate::redact::Class;
use crate::redact::context::CONTEXTUAL;
use crate::redact::format::FORMATS;

/// A built-in rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its name, which placeholders show.
    pub id: &'static str,
    /// The class of what it finds.
    pub class: Class,
    /// How it finds it.
    pub by: Detector,
    /// What its secrets begin with; none when it looks at what stands beside them.
    pub prefixes: &'static [&'static str],
}

/// How a rule finds secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detector {
    /// By their look: prefix, alphabet, length, checksum.
    Format,
    /// By what stands beside them: keys, headers, URLs.
    Context,
}

impl Detector {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Context => "context",
        }
    }
}

/// All built-in rules, those by look first.
#[must_use]
pub fn built_in() -> Vec<BuiltIn> {
    let formats = FORMATS.iter().map(|rule| BuiltIn {
        id: rule.id,
        class: Class::built_in(rule.class),
        by: Detector::Format,
        prefixes: rule.prefixes,
    });
    let contextual = CONTEXTUAL.iter().map(|rule| BuiltIn {
        id: rule.id,
        class: Class::built_in(rule.class),
        by: Detector::Context,
        prefixes: &[],
    });
    formats.chain(contextual).collect()
}
