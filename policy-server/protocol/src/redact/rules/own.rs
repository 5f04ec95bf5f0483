//! Own rules by prefix: as the rules file has them, ready to check.

use std::ops::Range;

use super::RuleId;
use crate::redact::{Alphabet, RawRule};

/// One prefix of an own rule.
#[derive(Debug)]
pub(super) struct OwnFormat {
    pub(super) rule: RuleId,
    prefix_bytes: usize,
    alphabet: Alphabet,
    min: usize,
    max: usize,
}

/// Longest secret of an own rule without `max`, in bytes.
const LENGTH_MAX: usize = 4096;

impl OwnFormat {
    pub(super) fn new(rule: RuleId, prefix: &str, raw: &RawRule) -> Self {
        Self {
            rule,
            prefix_bytes: prefix.len(),
            alphabet: raw.alphabet.unwrap_or(Alphabet::Token),
            min: raw.min.unwrap_or(1),
            max: raw.max.unwrap_or(LENGTH_MAX),
        }
    }

    /// The secret whose prefix stands at `at`.
    pub(super) fn check(&self, text: &str, at: usize) -> Option<Range<usize>> {
        let bytes = text.as_bytes();
        let glued = at.checked_sub(1).and_then(|before| bytes.get(before));
        if glued.is_some_and(u8::is_ascii_alphanumeric) {
            return None;
        }
        let begin = at + self.prefix_bytes;
        let rest = bytes.get(begin..)?;
        let run = rest.iter().take(self.max.saturating_add(1));
        let length = run.take_while(|byte| self.alphabet.holds(**byte)).count();
        (self.min..=self.max)
            .contains(&length)
            .then(|| at..begin + length)
    }
}

impl Alphabet {
    /// Whether a byte belongs to it.
    #[must_use]
    pub const fn holds(self, byte: u8) -> bool {
        match self {
            Self::Digits => byte.is_ascii_digit(),
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::UpperAlnum => matches!(byte, b'0'..=b'9' | b'A'..=b'Z'),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::Base64url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
            Self::Token => {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-' | b'.' | b'~')
            }
        }
    }
}

/// A key's name for comparing: without case, `-`, `_` and `.`.
pub(super) fn normal(key: &str) -> String {
    let kept = key.chars().filter(|c| !matches!(c, '-' | '_' | '.'));
    kept.flat_map(char::to_lowercase).collect()
}
