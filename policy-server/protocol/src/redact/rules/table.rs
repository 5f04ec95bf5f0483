//! The table: formats first, then what is known by context, personal data, and two rules that have
//! no detector: fields that a schema marks, and layers too deep to look into. Own rules follow.

use std::borrow::Cow;

use super::{Rule, RuleId};
use crate::redact::Class;
use crate::redact::context::CONTEXTUAL;
use crate::redact::format::FORMATS;
use crate::redact::personal::PERSONAL;

/// Where the parts of the table begin.
pub(super) const CONTEXTUAL_AT: usize = FORMATS.len();
pub(super) const PERSONAL_AT: usize = CONTEXTUAL_AT + CONTEXTUAL.len();
const MARKED_AT: usize = PERSONAL_AT + PERSONAL.len();
const ENCODED_AT: usize = MARKED_AT + 1;
pub(super) const OWN_AT: usize = ENCODED_AT + 1;

#[allow(
    clippy::cast_possible_truncation,
    reason = "the table holds some hundred rules, and own ones are bounded"
)]
pub(super) const fn id_at(place: usize) -> RuleId {
    RuleId(place as u16)
}

/// A field that the tool's schema marks as secret.
pub(in crate::redact) const MARKED: RuleId = id_at(MARKED_AT);
/// Layers of encoding that are too many to look into.
pub(in crate::redact) const ENCODED: RuleId = id_at(ENCODED_AT);

pub(super) fn built_in() -> Vec<Rule> {
    let rule = |id: &'static str, class: &'static str| Rule {
        id: Cow::Borrowed(id),
        class: Class::built_in(class),
    };
    let formats = FORMATS.iter().map(|format| (format.id, format.class));
    let contextual = CONTEXTUAL.iter().map(|known| (known.id, known.class));
    let personal = PERSONAL
        .iter()
        .map(|personal| (personal.id, personal.class));
    let special = [
        ("marked-field", "secret.marked"),
        ("encoded", "secret.unknown"),
    ];
    let all = formats.chain(contextual).chain(personal).chain(special);
    all.map(|(id, class)| rule(id, class)).collect()
}
