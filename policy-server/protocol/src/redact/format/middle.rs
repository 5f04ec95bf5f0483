//! Formats that need a few lines of code: those known by what stands in their middle, private keys
//! and JSON Web Tokens.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::alphabet::{ALNUM, DIGIT, HEX, NAME, STD64, URL64, WORD};
use super::part::{run, run_back};
use super::{Alphabet, Format, edge, jwt, key, own};

pub(super) const TABLE: &[Format] = &[
    own(
        ("private-key", "secret.private-key"),
        &["-----BEGIN ", "---- BEGIN SSH2 "],
        key::armoured,
    ),
    own(
        ("putty-key", "secret.private-key"),
        &["PuTTY-User-Key-File-"],
        key::putty,
    ),
    own(("jwt", "secret.jwt"), &["eyJ"], jwt::token),
    own(
        ("telegram-bot-token", "secret.telegram"),
        &[":AA"],
        telegram,
    ),
    own(
        ("terraform-token", "secret.terraform"),
        &[".atlasv1."],
        terraform,
    ),
    own(("mailchimp-key", "secret.mailchimp"), MAILCHIMP, mailchimp),
    own(("discord-bot-token", "secret.discord"), DISCORD, discord),
    own(("maxmind-key", "secret.maxmind"), &["_mmk"], maxmind),
    own(
        ("twitter-bearer-token", "secret.twitter"),
        &[ZEROS],
        twitter,
    ),
];

/// What the tokens of applications on Twitter begin with: zeros in base64.
const ZEROS: &str = "AAAAAAAAAAAAAAAAAAAAA";
const MAILCHIMP: &[&str] = &[
    "-us1", "-us2", "-us3", "-us4", "-us5", "-us6", "-us7", "-us8", "-us9",
];
/// Every beginning, in base64, of a decimal number without leading zeros.
const DISCORD: &[&str] = &[
    "MTA", "MTE", "MTI", "MTM", "MTQ", "MTU", "MTY", "MTc", "MTg", "MTk", "MjA", "MjE", "MjI",
    "MjM", "MjQ", "MjU", "MjY", "Mjc", "Mjg", "Mjk", "MzA", "MzE", "MzI", "MzM", "MzQ", "MzU",
    "MzY", "Mzc", "Mzg", "Mzk", "NDA", "NDE", "NDI", "NDM", "NDQ", "NDU", "NDY", "NDc", "NDg",
    "NDk", "NTA", "NTE", "NTI", "NTM", "NTQ", "NTU", "NTY", "NTc", "NTg", "NTk", "NjA", "NjE",
    "NjI", "NjM", "NjQ", "NjU", "NjY", "Njc", "Njg", "Njk", "NzA", "NzE", "NzI", "NzM", "NzQ",
    "NzU", "NzY", "Nzc", "Nzg", "Nzk", "ODA", "ODE", "ODI", "ODM", "ODQ", "ODU", "ODY", "ODc",
    "ODg", "ODk", "OTA", "OTE", "OTI", "OTM", "OTQ", "OTU", "OTY", "OTc", "OTg", "OTk",
];

/// The number of a bot, a colon, and 35 characters that begin with `AA`.
fn telegram(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let digits = run_back(bytes.get(..at)?, DIGIT, 12);
    let behind = at + 1;
    let length = run(bytes.get(behind..)?, URL64, 36);
    ((8..=11).contains(&digits) && length == 35).then(|| at - digits..behind + length)
}

/// 14 characters, `.atlasv1.`, and 60 to 70 more.
fn terraform(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = head(bytes, at, ALNUM, 14)?;
    let behind = at + ".atlasv1.".len();
    let length = run(bytes.get(behind..)?, URL64, 71);
    (60..=70).contains(&length).then(|| start..behind + length)
}

/// 32 hexadecimal digits, and the number of a data centre.
fn mailchimp(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let number = at + "-us".len();
    let length = run(bytes.get(number..)?, WORD, 3);
    let number = number..number + length;
    let is_number = bytes.get(number.clone())?.iter().all(u8::is_ascii_digit);
    let start = head(bytes, at, HEX, 32)?;
    (is_number && length <= 2).then_some(start..number.end)
}

/// The number of a bot in base64, six characters, and 27 or more, joined by dots.
fn discord(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if edge::before(bytes, at).is_some_and(|byte| NAME.has(byte)) {
        return None;
    }
    let mut ends = [at; 3];
    let mut from = at;
    for (end, (min, max)) in ends.iter_mut().zip([(23, 28), (6, 7), (27, 40)]) {
        let length = run(bytes.get(from..)?, URL64, max + 1);
        if !(min..=max).contains(&length) {
            return None;
        }
        *end = from + length;
        from = *end + 1;
    }
    let [first, second, third] = ends;
    let are_dots = [first, second]
        .iter()
        .all(|dot| bytes.get(*dot) == Some(&b'.'));
    let number = URL_SAFE_NO_PAD.decode(bytes.get(at..first)?).ok()?;
    (are_dots && number.iter().all(u8::is_ascii_digit)).then_some(at..third)
}

/// Six characters, 29 more, and `_mmk`.
fn maxmind(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let end = at + "_mmk".len();
    let ends = bytes.get(end).is_none_or(|byte| !WORD.has(*byte));
    let second = at.checked_sub(30)?;
    let is_parted = bytes.get(second) == Some(&b'_');
    let is_whole = run_back(bytes.get(..at)?, ALNUM, 29) == 29;
    (ends && is_parted && is_whole).then_some(head(bytes, second, ALNUM, 6)?..end)
}

/// Zeros, the rest of a padded piece of base64 whose signs are escaped as in URLs, and 50 more.
fn twitter(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let goes_on = |byte| STD64.and(b'_').has(byte) && !(byte == b'/' && edge::is_in_url(bytes, at));
    if edge::before(bytes, at).is_some_and(goes_on) {
        return None;
    }
    let zeros = run(bytes.get(at..)?, Alphabet::only(b'A'), 25);
    let behind = at + zeros;
    let head = run(bytes.get(behind..)?, STD64.and(b'%'), 80);
    let piece = bytes.get(behind..behind + head)?;
    let (padding, tail) = match memchr::memmem::rfind(piece, b"%3D") {
        Some(padding) => (padding, behind + padding + "%3D".len()),
        None if bytes.get(behind + head) == Some(&b'=') => (head, behind + head + 1),
        None => return None,
    };
    let length = run(bytes.get(tail..)?, ALNUM, 61);
    (zeros <= 24 && padding >= 16 && (40..=60).contains(&length)).then_some(at..tail + length)
}

/// Where a head of exactly so many characters begins that ends at `at`.
pub(super) fn head(bytes: &[u8], at: usize, alphabet: Alphabet, length: usize) -> Option<usize> {
    let head = run_back(bytes.get(..at)?, alphabet, length);
    let start = at - head;
    let is_edge = |byte| match byte {
        b'/' => !alphabet.has(byte) || edge::is_in_url(bytes, start),
        _ => !alphabet.has(byte) && !WORD.has(byte),
    };
    (head == length && edge::before(bytes, start).is_none_or(is_edge)).then_some(start)
}
