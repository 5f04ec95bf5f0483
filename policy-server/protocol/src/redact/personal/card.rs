//! Numbers of payment cards: known issuers, their lengths, and the check digit of Luhn.

use std::ops::Range;

use super::{runs, stands_free};

/// The first six digits from and to, and the lengths that issuers write with them.
const ISSUERS: &[(u32, u32, &[usize])] = &[
    (400_000, 499_999, &[13, 16, 19]),
    (510_000, 559_999, &[16]),
    (222_100, 272_099, &[16]),
    (340_000, 349_999, &[15]),
    (370_000, 379_999, &[15]),
    (601_100, 601_199, &[16, 17, 18, 19]),
    (644_000, 659_999, &[16, 17, 18, 19]),
    (352_800, 358_999, &[16, 17, 18, 19]),
    (300_000, 305_999, &[14, 15, 16, 17, 18, 19]),
    (309_500, 309_599, &[14, 15, 16, 17, 18, 19]),
    (360_000, 369_999, &[14, 15, 16, 17, 18, 19]),
    (380_000, 399_999, &[16, 17, 18, 19]),
    (620_000, 629_999, &[16, 17, 18, 19]),
    (500_000, 509_999, &[16, 17, 18, 19]),
    (560_000, 589_999, &[16, 17, 18, 19]),
    (670_000, 679_999, &[16, 17, 18, 19]),
    (220_000, 220_499, &[16, 17, 18, 19]),
];

/// Shortest card number.
const LENGTH_MIN: usize = 13;
/// Longest card number, written with separators.
const WRITTEN_BYTES_MAX: usize = 19 + 6;

pub(super) fn cards(text: &str, found: &mut dyn FnMut(Range<usize>)) {
    let is = |b: u8| b.is_ascii_digit() || b == b' ' || b == b'-';
    runs(text, is, |b| b.is_ascii_digit(), &mut |run| {
        let mut start = run.start;
        while let Some(range) = first(text, start..run.end) {
            start = range.end;
            if is_card(text.get(range.clone()).unwrap_or_default()) && stands_alone(text, &range) {
                found(range);
            }
        }
    });
}

/// The next number in a run: groups of digits joined by single separators of one kind, as many as
/// make a card; two cards or a card and a date may share a run.
fn first(text: &str, run: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes().get(run.clone())?;
    let skip = bytes.iter().position(u8::is_ascii_digit)?;
    let start = run.start + skip;
    let groups = groups(bytes.get(skip..)?);
    let best = groups
        .iter()
        .rev()
        .find(|end| is_card(text.get(start..start + **end).unwrap_or_default()));
    let first = groups.first().copied().unwrap_or(1);
    Some(start..start + best.copied().unwrap_or(first))
}

/// Where groups of digits end that are joined by one kind of separator, up to the longest card.
fn groups(bytes: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut separator = None;
    let mut at = 0;
    loop {
        let digits = bytes
            .iter()
            .skip(at)
            .take_while(|b| b.is_ascii_digit())
            .count();
        at += digits;
        if digits == 0 || at > WRITTEN_BYTES_MAX && !ends.is_empty() {
            return ends;
        }
        ends.push(at);
        match (bytes.get(at), separator) {
            (Some(byte), None) => separator = Some(*byte),
            (Some(byte), Some(kind)) if *byte == kind => {}
            _ => return ends,
        }
        at += 1;
    }
}

/// A fraction, a longer number or an identifier goes on with these.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
    let is_fraction = matches!(before, Some(b'.')) || {
        let digit = bytes.get(range.end + 1).is_some_and(u8::is_ascii_digit);
        bytes.get(range.end) == Some(&b'.') && digit
    };
    stands_free(text, range) && !is_fraction
}

fn is_card(written: &str) -> bool {
    if !(LENGTH_MIN..=WRITTEN_BYTES_MAX).contains(&written.len()) {
        return false;
    }
    let digits: Vec<u32> = written.chars().filter_map(|c| c.to_digit(10)).collect();
    let first = digits
        .iter()
        .take(6)
        .fold(0, |number, digit| number * 10 + digit);
    let is_issued = |(from, to, lengths): &(u32, u32, &[usize])| {
        (*from..=*to).contains(&first) && lengths.contains(&digits.len())
    };
    ISSUERS.iter().any(is_issued) && is_grouped(written) && luhn(&digits)
}

/// Cards are written without separators or in groups of four to six (and what is left).
fn is_grouped(written: &str) -> bool {
    let mut groups = written.split([' ', '-']).rev();
    let last = groups.next().map_or(0, str::len);
    let mut rest = groups.peekable();
    rest.peek().is_none()
        || (1..=6).contains(&last) && rest.all(|group| (4..=6).contains(&group.len()))
}

/// Whether the check digit of Luhn is right.
pub(super) fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) => double / 10 + double % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}
