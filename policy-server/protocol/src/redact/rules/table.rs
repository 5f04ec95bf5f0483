//! The table: formats first, then what is known by context, personal data, and rules that have
//! no detector: private members of a JSON Web Key, fields that a schema marks, and layers too deep
//! to look into. Own rules follow.

use std::borrow::Cow;

use super::{Rule, RuleId};
use crate::redact::Class;
use crate::redact::context::CONTEXTUAL;
use crate::redact::format::FORMATS;
use crate::redact::personal::PERSONAL;

/// Where the parts of the table begin.
pub(super) const CONTEXTUAL_AT: usize = FORMATS.len();
pub(super) const PERSONAL_AT: usize = CONTEXTUAL_AT + CONTEXTUAL.len();
const JWK_AT: usize = PERSONAL_AT + PERSONAL.len();
const MARKED_AT: usize = JWK_AT + 1;
const ENCODED_AT: usize = MARKED_AT + 1;
pub(super) const OWN_AT: usize = ENCODED_AT + 1;

#[allow(
    clippy::cast_possible_truncation,
    reason = "the table holds some hundred rules, and own ones are bounded"
)]
pub(super) const fn id_at(place: usize) -> RuleId {
    RuleId(place as u16)
}

/// A member of a JSON Web Key that is private.
pub(in crate::redact) const JWK: RuleId = id_at(JWK_AT);
/// A field that the tool's schema marks as secret.
pub(in crate::redact) const MARKED: RuleId = id_at(MARKED_AT);
/// Layers of encoding that are too many to look into.
pub(in crate::redact) const ENCODED: RuleId = id_at(ENCODED_AT);

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
        rule("jwk-private", "secret.private-key", Detector::Context),
        rule("marked-field", "secret.marked", Detector::Schema),
        rule("encoded", "secret.unknown", Detector::Layers),
    ];
    let all = formats.chain(contextual).chain(personal).chain(special);
    all.collect()
}
