//! International bank account numbers: ISO 13616, with the length of each country and the remainder
//! modulo 97.

use std::ops::Range;

use super::stands_free;

/// The countries, and how long their numbers are.
const COUNTRIES: &[(usize, &str)] = &[
    (15, "NO"),
    (16, "BE"),
    (18, "DK FI FK FO GL NL SD"),
    (19, "MK SI"),
    (20, "AT BA EE KZ LT LU MN XK"),
    (21, "CH HR LI LV"),
    (22, "BG BH CR DE GB GE IE ME RS VA"),
    (23, "AE GI IL IQ OM SO TL"),
    (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
    (25, "LY PT ST"),
    (26, "IS TR"),
    (27, "BI DJ FR GR IT MC MR SM"),
    (28, "AL AZ BY CY DO GT HU LB NI PL SV"),
    (29, "BR EG PS QA UA"),
    (30, "JO KW MU YE"),
    (31, "MT SC"),
    (32, "LC"),
    (33, "RU"),
];

pub(super) fn ibans(text: &str, found: &mut dyn FnMut(Range<usize>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(four) = bytes.get(at..at + 4) {
        let is_head = matches!(*four, [a, b, c, d] if a.is_ascii_uppercase()
            && b.is_ascii_uppercase()
            && c.is_ascii_digit()
            && d.is_ascii_digit());
        match is_head.then(|| iban(text, at)).flatten() {
            Some(end) => {
                found(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
}

/// Where the number ends that begins at `at`. Between groups of four there may be spaces.
fn iban(text: &str, at: usize) -> Option<usize> {
    let country = text.get(at..at + 2)?;
    let (length, _) = COUNTRIES
        .iter()
        .find(|(_, all)| all.split(' ').any(|code| code == country))?;
    let mut end = at;
    let mut written = Vec::with_capacity(*length);
    for byte in text.as_bytes().get(at..)? {
        let is_gap = *byte == b' ' && written.len() % 4 == 0;
        if written.len() == *length || !is_gap && !byte.is_ascii_alphanumeric() {
            break;
        }
        end += 1;
        if !is_gap {
            written.push(*byte);
        }
    }
    let is_iban = written.len() == *length && remainder(&written) == Some(1);
    (is_iban && stands_free(text, &(at..end))).then_some(end)
}

/// The number modulo 97, its first four characters moved to the end and letters written as numbers.
fn remainder(written: &[u8]) -> Option<u32> {
    let (head, rest) = written.split_at_checked(4)?;
    rest.iter().chain(head).try_fold(0, |rest, byte| {
        let value = char::from(*byte).to_digit(36)?;
        let shift = if value > 9 { 100 } else { 10 };
        Some((rest * shift + value) % 97)
    })
}
