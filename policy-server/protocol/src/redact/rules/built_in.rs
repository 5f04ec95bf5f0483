//! The built-in rules as a list, in the order of the table: what there is to find.

use std::borrow::Cow;

use super::Rule;
use crate::redact::Class;
use crate::redact::context::CONTEXTUAL;
use crate::redact::format::FORMATS;
use crate::redact::personal::PERSONAL;

/// A built-in rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its name, which placeholders show.
    pub id: &'static str,
    /// The class of what it finds.
    pub class: Class,
    /// How it finds it.
    pub by: Detector,
    /// What its secrets begin with; none when it is not by their look.
    pub prefixes: &'static [&'static str],
}

/// How a rule finds secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detector {
    /// By their look: prefix, alphabet, length, checksum.
    Format,
    /// By what stands beside them: keys, headers, URLs.
    Context,
    /// Personal data by its look, where the rules name its class.
    Personal,
    /// Fields that a tool's schema marks as secret.
    Schema,
    /// Text in more layers of encoding than are looked into.
    Layers,
}

impl Detector {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Context => "context",
            Self::Personal => "personal",
            Self::Schema => "schema",
            Self::Layers => "layers",
        }
    }
}

impl From<BuiltIn> for Rule {
    fn from(rule: BuiltIn) -> Self {
        Self {
            id: Cow::Borrowed(rule.id),
            class: rule.class,
        }
    }
}

/// All built-in rules.
#[must_use]
pub fn built_in() -> Vec<BuiltIn> {
    let rule = |id, class, by| BuiltIn {
        id,
        class: Class::built_in(class),
        by,
        prefixes: &[],
    };
    let formats = FORMATS.iter().map(|format| BuiltIn {
        prefixes: format.prefixes,
        ..rule(format.id, format.class, Detector::Format)
    });
    let contextual = CONTEXTUAL
        .iter()
        .map(|known| rule(known.id, known.class, Detector::Context));
    let personal = PERSONAL
        .iter()
        .map(|kind| rule(kind.id, kind.class, Detector::Personal));
    let special = [
        rule("marked-field", "secret.marked", Detector::Schema),
        rule("encoded", "secret.unknown", Detector::Layers),
    ];
    let all = formats.chain(contextual).chain(personal).chain(special);
    all.collect()
}
