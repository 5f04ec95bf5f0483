//! What a rule costs: how often its prefix turns up by chance, and how often that makes a finding.
//!
//! The measure is base64 of random bytes, the most common noise in messages of tools. It is an upper
//! bound: a finding must also begin and end where a word does.

use portcullis_protocol::redact::{Alphabet, RawRule};
use serde::Serialize;

/// Bytes of noise that chances are counted over.
const NOISE_BYTES: f64 = 1e9;

/// How often something turns up by chance in one gigabyte of base64.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Chance {
    /// How often the prefix does, each time for one look.
    pub looks: f64,
    /// How often the prefix does, with as many characters of the alphabet behind it as are asked for.
    pub findings: f64,
}

/// The chance of a prefix of a rule. Zero when it holds a character that base64 does not.
#[must_use]
pub fn chance(rule: &RawRule, prefix: &str) -> Chance {
    // Of the two alphabets of base64, the one that the prefix is in; a text is in one of them.
    let standard = prefix.bytes().all(is_base64);
    let url = prefix.bytes().all(is_base64url);
    if !standard && !url {
        return Chance {
            looks: 0.0,
            findings: 0.0,
        };
    }
    let alphabet = rule.alphabet.unwrap_or(Alphabet::Token);
    let noise: fn(u8) -> bool = if url { is_base64url } else { is_base64 };
    let inside = (0..=u8::MAX).filter(|b| noise(*b) && alphabet.holds(*b));
    let share = f64::from(u32::try_from(inside.count()).unwrap_or(64)) / 64.0;
    let looks = NOISE_BYTES * 64_f64.powi(-length(prefix.len()));
    Chance {
        looks,
        findings: looks * share.powi(length(rule.min.unwrap_or_default())),
    }
}

fn length(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

const fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'+' || b == b'/'
}

const fn is_base64url(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-' || b == b'_'
}

/// The characters of an alphabet, for people.
#[must_use]
pub const fn allowed_characters(alphabet: Alphabet) -> &'static str {
    match alphabet {
        Alphabet::Digits => "0-9",
        Alphabet::Hex => "0-9a-f",
        Alphabet::UpperAlnum => "0-9A-Z",
        Alphabet::Alnum => "0-9A-Za-z",
        Alphabet::Word => "0-9A-Za-z_",
        Alphabet::Base64url => "0-9A-Za-z_-",
        Alphabet::Base64 => "0-9A-Za-z+/=",
        Alphabet::Token => "0-9A-Za-z+/=_-.~",
    }
}
