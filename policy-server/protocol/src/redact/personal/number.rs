//! Numbers of people and of their telephones.

use std::ops::Range;

use super::{runs, stands_free};

/// Fewest and most digits of an international number (E.164).
const INTERNATIONAL: std::ops::RangeInclusive<usize> = 8..=15;
/// Longest international number, written with separators.
const WRITTEN_BYTES_MAX: usize = 24;
/// Numbers that were printed on so many cards that they are nobody's.
const NOBODYS: [&str; 2] = ["078-05-1120", "219-09-9999"];

/// Three, two and four digits with `-` between, in the ranges that are given out.
pub(super) fn social_security(text: &str, found: &mut dyn FnMut(Range<usize>)) {
    let is = |b: u8| b.is_ascii_digit() || b == b'-';
    runs(text, is, |b| b.is_ascii_digit(), &mut |range| {
        let number = text.get(range.clone()).unwrap_or_default();
        if is_social_security(number) && stands_free(text, &range) {
            found(range);
        }
    });
}

fn is_social_security(number: &str) -> bool {
    let mut groups = number.split('-');
    let parts = (groups.next(), groups.next(), groups.next(), groups.next());
    let (Some(area), Some(group), Some(serial), None) = parts else {
        return false;
    };
    (area.len(), group.len(), serial.len()) == (3, 2, 4)
        && !["000", "666"].contains(&area)
        && !area.starts_with('9')
        && group != "00"
        && serial != "0000"
        && !NOBODYS.contains(&number)
}

/// International numbers with `+`, and those of North America in the forms that nothing else has.
pub(super) fn phones(text: &str, found: &mut dyn FnMut(Range<usize>)) {
    let is = |b: u8| b.is_ascii_digit() || b"+ -.()".contains(&b);
    runs(
        text,
        is,
        |b| b.is_ascii_digit() || b == b'+' || b == b'(',
        &mut |run| {
            let mut start = run.start;
            while let Some(begin) = next_start(text, start..run.end) {
                let end = begin + written(text, begin..run.end);
                let number = begin..end;
                if is_phone(text.get(number.clone()).unwrap_or_default()) && is_apart(text, &number)
                {
                    found(number);
                }
                start = end.max(begin + 1);
            }
        },
    );
}

/// Where the next number may begin.
fn next_start(text: &str, run: Range<usize>) -> Option<usize> {
    let begins = |b: &u8| b.is_ascii_digit() || *b == b'+' || *b == b'(';
    let skip = text.as_bytes().get(run.clone())?.iter().position(begins)?;
    Some(run.start + skip)
}

/// How long what begins here is: groups of digits, one separator or bracket between them.
fn written(text: &str, run: Range<usize>) -> usize {
    let bytes = text.as_bytes().get(run).unwrap_or_default();
    let mut end = 0;
    let mut gap = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if byte.is_ascii_digit() {
            (end, gap) = (at + 1, 0);
        } else if *byte == b'+' && at > 0 || gap == 2 {
            break;
        } else {
            gap += usize::from(*byte != b'+');
        }
    }
    end
}

fn is_phone(number: &str) -> bool {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    match number.strip_prefix('+') {
        Some(rest) => {
            number.len() <= WRITTEN_BYTES_MAX
                && INTERNATIONAL.contains(&digits)
                && rest.starts_with(|c: char| ('1'..='9').contains(&c))
        }
        None => is_north_american(number.as_bytes()),
    }
}

/// `(N00) N00-0000`, `N00-N00-0000` or `N00.N00.0000`, where N is 2 to 9 and 0 any digit.
fn is_north_american(number: &[u8]) -> bool {
    let fits = |form: &[u8]| {
        let is = |(byte, form): (&u8, &u8)| match form {
            b'N' => (b'2'..=b'9').contains(byte),
            b'0' => byte.is_ascii_digit(),
            _ => byte == form,
        };
        number.len() == form.len() && number.iter().zip(form).all(is)
    };
    let forms: [&[u8]; 4] = [
        b"(N00) N00-0000",
        b"(N00)N00-0000",
        b"N00-N00-0000",
        b"N00.N00.0000",
    ];
    forms.iter().any(|form| fits(form))
}

/// Whether neither a word nor another number is glued to it.
fn is_apart(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
    let is_joined = |byte: Option<&u8>| matches!(byte, Some(b'-' | b'.' | b'+' | b'/'));
    let after = bytes.get(range.end);
    let goes_on = is_joined(after) && bytes.get(range.end + 1).is_some_and(u8::is_ascii_digit);
    stands_free(text, range) && !is_joined(before) && !goes_on
}
