//! What looks like a secret and is none: placeholders, references, documented examples, hashes,
//! identifiers. Whether a value stands where a secret would is not judged here.

mod words;

use words::{PLACEHOLDER_ENDS, PLACEHOLDER_STARTS, PLACEHOLDERS, REFERENCES};

/// Values that documentation shows, each written backwards.
const EXAMPLES: &str = include_str!("innocent/examples.txt");

/// Longest placeholder or reference that is recognised, in bytes.
const INNOCENT_BYTES_MAX: usize = 512;

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

/// `<x>`, `${x}`, `{{ x }}`, `%x%`, `$NAME`, `[redacted:x]`, `:name`, `@name`, `#{x}`, `%s`, `?`.
fn is_template(value: &str) -> bool {
    let wrapped = |open: &str, close: &str| value.starts_with(open) && value.ends_with(close);
    let within = |part: &str| value.contains(part);
    if value.len() > 2
        && (wrapped("<", ">")
            || wrapped("[", "]")
            || wrapped("{", "}")
            || wrapped("%", "%")
            || wrapped("__", "__"))
    {
        return true;
    }
    if within("[redacted")
        || within("<redacted")
        || within("${")
        || within("{{")
        || within("$(")
        || within("#{")
        || within("<%")
    {
        return true;
    }
    let is_name = |name: &str| {
        name.bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-' | b'>'))
    };
    if let Some(name) = value.strip_prefix('$') {
        let is_upper = name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        let is_lower = name
            .bytes()
            .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'>' | b':'));
        return is_name(name) && (is_upper || is_lower || name.starts_with("env:"))
            || name.bytes().all(|b| b.is_ascii_digit());
    }
    if let Some(name) = value.strip_prefix([':', '@', '#', '&']) {
        return name
            .bytes()
            .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-'));
    }
    value.contains("%s") && value.len() < 8
        || matches!(
            value,
            "?" | "%s" | "%v" | "%q" | "%d" | "{}" | "\"\"" | "''" | "%(password)s"
        )
        || value.starts_with("%(")
}

/// `****`, `xxxx`, `....`, `••••`, `abcd****`.
fn is_mask(value: &str) -> bool {
    if value.contains("***")
        || value.contains("•••")
        || value.contains('…')
        || value.contains("...")
    {
        return true;
    }
    let is_cross = |c: char| matches!(c, 'x' | 'X' | '*' | '-' | '_' | '.' | '0' | '#' | '=' | '~');
    let crosses = value.chars().filter(|c| matches!(c, 'x' | 'X')).count();
    value.chars().all(is_cross)
        || crosses >= 6 && crosses.saturating_mul(10) >= value.chars().count().saturating_mul(6)
        || (value.len() >= 4 && value.chars().skip(1).all(|c| value.starts_with(c)))
        || contains_ignoring_case(value, "xxxxxx")
}

fn is_reference(value: &str) -> bool {
    let starts = |start: &str| {
        value
            .get(..start.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(start))
    };
    REFERENCES.iter().any(|start| starts(start))
        || contains_ignoring_case(value, "/secrets/")
        || contains_ignoring_case(value, ":secretsmanager:")
}

fn is_placeholder(value: &str) -> bool {
    if value.len() > 80 {
        return false;
    }
    let plain: String = value
        .chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let is_worded = value
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b' ' | b'.' | b'!' | b':'));
    let has_few_digits = plain.bytes().filter(u8::is_ascii_digit).count() < 4;
    plain.is_empty() && value.len() < 4
        || is_worded && PLACEHOLDERS.contains(&plain.as_str())
        || is_worded
            && has_few_digits
            && (PLACEHOLDER_STARTS
                .iter()
                .any(|start| plain.starts_with(start))
                || PLACEHOLDER_ENDS.iter().any(|end| plain.ends_with(end)))
}

fn is_example(value: &str) -> bool {
    let written = EXAMPLES.lines().filter(|line| !line.starts_with('#'));
    let mut examples = written.filter_map(|line| line.split('\t').next());
    examples.any(|example| example.len() == value.len() && example.bytes().rev().eq(value.bytes()))
        || (value.contains("EXAMPLE")
            && (value.ends_with("EXAMPLE") || value.ends_with("EXAMPLEKEY")))
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
