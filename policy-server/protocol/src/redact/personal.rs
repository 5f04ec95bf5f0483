//! Personal data by its look, where rules ask for its class: addresses, cards, accounts, numbers of
//! people, telephones and machines.
//!
//! Deliberately absent: names, birthdays and streets, which have no look.

mod card;
mod iban;
mod machine;
mod number;
#[cfg(test)]
mod tests;

use std::ops::Range;

/// A kind of personal data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Personal {
    /// The rule's name, which placeholders show.
    pub(super) id: &'static str,
    /// The class.
    pub(super) class: &'static str,
    find: fn(&str, &mut dyn FnMut(Range<usize>)),
}

/// All kinds; an index into this list names one.
pub(super) const PERSONAL: &[Personal] = &[
    kind("email", "pii.email", machine::emails),
    kind("card-number", "pii.card", card::cards),
    kind("iban", "pii.iban", iban::ibans),
    kind(
        "us-social-security-number",
        "pii.ssn",
        number::social_security,
    ),
    kind("phone-number", "pii.phone", number::phones),
    kind("ip-address", "pii.ip", machine::addresses),
];

const fn kind(
    id: &'static str,
    class: &'static str,
    find: fn(&str, &mut dyn FnMut(Range<usize>)),
) -> Personal {
    Personal { id, class, find }
}

/// Calls `found` with each place in `text` where data of one kind stands, in order; one pass.
pub(super) fn find(which: usize, text: &str, found: &mut dyn FnMut(Range<usize>)) {
    if let Some(kind) = PERSONAL.get(which) {
        (kind.find)(text, found);
    }
}

/// Each longest run of bytes of which `is` holds, without the bytes at its ends of which `is_edge`
/// does not.
fn runs(
    text: &str,
    is: fn(u8) -> bool,
    is_edge: fn(u8) -> bool,
    found: &mut dyn FnMut(Range<usize>),
) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(skip) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|b| is_edge(*b)))
    {
        let start = at + skip;
        let run = bytes.iter().skip(start).take_while(|b| is(**b)).count();
        let inner = bytes.get(start..start + run).unwrap_or_default();
        let length = inner
            .iter()
            .rposition(|b| is_edge(*b))
            .map_or(1, |last| last + 1);
        found(start..start + length);
        at = start + run.max(1);
    }
}

/// Whether no word goes on before or behind.
fn stands_free(text: &str, range: &Range<usize>) -> bool {
    let before = text
        .get(..range.start)
        .and_then(|head| head.chars().next_back());
    let after = text.get(range.end..).and_then(|tail| tail.chars().next());
    let goes_on = |c: char| c.is_alphanumeric() || c == '_';
    !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
}
