//! What looks like a secret and is none: placeholders, references, documented examples, hashes,
//! identifiers. Whether a value stands where a secret would is not judged here.

mod template;
mod words;

use std::sync::LazyLock;

use template::{is_mask, is_template};
use words::{PLACEHOLDER_ENDS, PLACEHOLDER_STARTS, PLACEHOLDERS, REFERENCE_WORDS, REFERENCES};

/// Values that documentation shows, each written backwards.
const EXAMPLES: &str = include_str!("innocent/examples.txt");

/// Longest placeholder or reference that is recognised, in bytes.
const INNOCENT_BYTES_MAX: usize = 512;
/// Longest placeholder in words, in bytes.
const PLACEHOLDER_BYTES_MAX: usize = 80;

/// Whether a value is a placeholder (ours, or one that people write), a reference to a secret kept
/// elsewhere, or a well-known example.
pub(super) fn is_innocent(value: &str) -> bool {
    let value = value.trim();
    if value.is_empty() {
        return true;
    }
    if value.len() > INNOCENT_BYTES_MAX {
        return false;
    }
    is_template(value)
        || is_mask(value)
        || is_reference(value)
        || is_placeholder(value)
        || is_example(value)
}

fn is_reference(value: &str) -> bool {
    let bytes = value.as_bytes();
    let first = bytes.first().map(u8::to_ascii_lowercase);
    let starts = |start: &str| {
        start.as_bytes().first().copied() == first
            && bytes
                .get(..start.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
    };
    // Most values are one run of letters and digits, which few references begin with.
    if REFERENCE_WORDS.iter().any(|start| starts(start)) {
        return true;
    }
    if bytes.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    REFERENCES.iter().any(|start| starts(start))
        || bytes.contains(&b'/')
            && !bytes.contains(&b';')
            && contains_ignoring_case(value, "/secrets/")
        || bytes.contains(&b':') && contains_ignoring_case(value, ":secretsmanager:")
}

fn is_placeholder(value: &str) -> bool {
    if value.len() < 4 && !value.chars().any(char::is_alphanumeric) {
        return true;
    }
    let mut room = [0; PLACEHOLDER_BYTES_MAX];
    let Some(plain) = plain(value, &mut room) else {
        return false;
    };
    if PLACEHOLDERS
        .binary_search_by(|word| word.as_bytes().cmp(plain))
        .is_ok()
    {
        return true;
    }
    let first = plain.first();
    let has_few_digits = plain.iter().filter(|b| b.is_ascii_digit()).count() < 4;
    let starts =
        |start: &&str| start.as_bytes().first() == first && plain.starts_with(start.as_bytes());
    has_few_digits
        && (PLACEHOLDER_STARTS.iter().any(starts)
            || PLACEHOLDER_ENDS
                .iter()
                .any(|end| plain.ends_with(end.as_bytes())))
}

/// The letters and digits of a value of words, in lower case; `None` when other characters stand
/// in it than words are parted by.
fn plain<'r>(value: &str, room: &'r mut [u8; PLACEHOLDER_BYTES_MAX]) -> Option<&'r [u8]> {
    let mut length = 0_usize;
    if value.len() > room.len() {
        return None;
    }
    for b in value.bytes() {
        if b.is_ascii_alphanumeric() {
            *room.get_mut(length)? = b.to_ascii_lowercase();
            length = length.saturating_add(1);
        } else if !matches!(b, b'-' | b'_' | b' ' | b'.' | b'!' | b':') {
            return None;
        }
    }
    room.get(..length)
}

fn is_example(value: &str) -> bool {
    static WRITTEN: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let lines = EXAMPLES.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split('\t').next()).collect()
    });
    let is_written =
        |example: &&str| example.len() == value.len() && example.bytes().rev().eq(value.bytes());
    WRITTEN.iter().any(is_written)
        || value.ends_with("EXAMPLE")
        || value.ends_with("EXAMPLEKEY")
        || value.starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwI")
}

fn contains_ignoring_case(value: &str, part: &str) -> bool {
    value
        .as_bytes()
        .windows(part.len())
        .any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// Whether a value is an identifier or a digest: UUID, ULID, ObjectId, hexadecimal digests,
/// integrity strings, trace ids, dates, versions, numbers.
pub(super) fn is_identifier(value: &str) -> bool {
    let bytes = value.as_bytes();
    is_uuid(bytes)
        || is_hex_digest(bytes)
        || is_ulid(bytes)
        || is_numeric(bytes)
        || is_labelled_digest(value)
        || is_trace(bytes)
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn is_hex_digest(bytes: &[u8]) -> bool {
    matches!(bytes.len(), 7 | 8 | 16 | 24 | 32 | 40 | 56 | 64 | 96 | 128)
        && bytes.iter().all(u8::is_ascii_hexdigit)
}

fn is_ulid(bytes: &[u8]) -> bool {
    bytes.len() == 26
        && bytes.first().is_some_and(|b| matches!(b, b'0'..=b'7'))
        && bytes.iter().all(|b| {
            (b.is_ascii_uppercase() || b.is_ascii_digit())
                && !matches!(b, b'I' | b'L' | b'O' | b'U')
        })
}

/// Numbers, dates, times, versions.
fn is_numeric(bytes: &[u8]) -> bool {
    let is_part = |b: &u8| {
        b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':' | b'+' | b'T' | b'Z' | b'_' | b',')
    };
    let rest = bytes.strip_prefix(b"v").unwrap_or(bytes);
    rest.first().is_some_and(u8::is_ascii_digit) && rest.iter().all(is_part)
}

fn is_labelled_digest(value: &str) -> bool {
    [
        "sha1-", "sha1:", "sha256:", "sha256-", "sha384-", "sha512-", "sha512:", "md5:", "h1:",
        "SHA256:", "$2a$", "$2b$", "$2y$", "$argon2", "$apr1$", "$6$", "$5$", "{SHA}", "pbkdf2",
        "scrypt:",
    ]
    .iter()
    .any(|start| value.starts_with(start))
}

fn is_trace(bytes: &[u8]) -> bool {
    bytes.len() == 55
        && bytes.starts_with(b"00-")
        && bytes.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_as_their_searches_need_them() {
        assert!(PLACEHOLDERS.is_sorted());
        for start in REFERENCES {
            assert!(!start.bytes().all(|b| b.is_ascii_alphanumeric()), "{start}");
        }
    }

    #[test]
    fn a_template_or_mask_is_innocent_as_a_whole_alone() {
        for value in [
            "${DB_PASSWORD}",
            "${USER}:${PASSWORD}",
            "${DB_PASSWORD",
            "$(cat",
            "{{ password }}",
            "Bearer ${TOKEN}",
            "<%= secret %>",
            "[redacted:password]",
            "<your-token>",
            "$PASSWORD",
            "ghp_************",
            "sk-...9f3k",
            "••••••••",
            "xxxxxxxxxxab",
            "abc…",
        ] {
            assert!(is_innocent(value), "{value}");
        }
        for value in [
            "hunter2${x}9Zk",
            "Zr4mXw2L{{x}}",
            "q8Zr...4mXw2LpV7",
            "gran***ite42violet",
            "Gr4nite[redacted:x]42",
            "${x}hunter2",
            "<a>hunter2<b>",
        ] {
            assert!(!is_innocent(value), "{value}");
        }
    }
}
