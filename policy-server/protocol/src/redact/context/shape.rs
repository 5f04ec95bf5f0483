//! Shapes of values: sentences, places, expressions of code, names, and how mixed their characters are.
//! Which of them makes a value no secret is judged elsewhere.

use super::super::keys::rule_of_key;
use super::words::ABOUT;

/// Whether words about secrets make it a sentence, a label, a type or a name.
pub(super) fn is_about(value: &str) -> bool {
    let bare = |word: &str| {
        word.trim_matches(|c: char| !c.is_alphanumeric())
            .to_ascii_lowercase()
    };
    let is_sentence = value.contains([' ', '|', '\t']);
    if is_sentence {
        let words = value.split([' ', '|', ':', ',', '\t', '_']).map(bare);
        return words.filter(|word| ABOUT.contains(&word.as_str())).count() > 0
            || value.split(' ').count() > 10;
    }
    let is_worded = value.bytes().all(|b| {
        b.is_ascii_alphabetic()
            || matches!(b, b'_' | b'-' | b'.' | b'?' | b'!' | b':' | b'[' | b']')
    });
    if !is_worded {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    rule_of_key(value).is_some()
        || ABOUT.contains(&bare(value).as_str())
        || [
            "password",
            "passwd",
            "secret",
            "token",
            "credential",
            "apikey",
            "api_key",
            "api-key",
        ]
        .iter()
        .any(|word| lower.contains(word))
        || value.contains('.') && !value.contains('!')
}

const EXTENSIONS: &[&str] = &[
    ".json", ".yaml", ".yml", ".txt", ".pem", ".key", ".crt", ".env", ".html", ".js", ".ts", ".py",
    ".php", ".com", ".conf", ".xml", ".go", ".rs", ".md",
];

/// A path, an address, a selector, an e-mail address.
pub(super) fn is_location(value: &str) -> bool {
    let is_path =
        value.starts_with(['/', '~', '\\']) || value.starts_with("./") || value.starts_with("../");
    let is_wordy_path = value.bytes().all(|b| {
        b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'.' | b'~' | b':' | b'\\')
    }) && is_path
        && value.len() < 128
        && (value.matches('/').count() > 1 || !has_digit(value) || value.contains('.'));
    let is_drive = value.get(1..3) == Some(":\\");
    let has = |byte: u8| value.as_bytes().contains(&byte);
    let has_scheme = has(b'/') && value.contains("://");
    let has_extension = has(b'.')
        && (EXTENSIONS.iter().any(|end| value.ends_with(end)) && value.len() < 80
            || value.contains(".md#")
            || value.contains(".html"));
    let is_selector = has(b'[') && (value.contains("[name=") || value.contains("[@"))
        || value.starts_with("input[")
        || value.starts_with("By.");
    is_wordy_path || is_drive || has_scheme || is_selector || has_extension
}

/// A number as code writes it: `0xc0406618`.
pub(super) fn is_small_number(value: &str) -> bool {
    value.starts_with("0x")
        && value.len() <= 18
        && value.bytes().skip(2).all(|b| b.is_ascii_hexdigit())
}

pub(super) fn is_hash(value: &str) -> bool {
    value.starts_with('$') && value.matches('$').count() >= 3
        || [
            "{SHA",
            "{SSHA",
            "{MD5}",
            "pbkdf2",
            "scrypt:",
            "sha256$",
            "sha256:",
            "sha512-",
            "SCRAM-SHA",
            "md5:",
        ]
        .iter()
        .any(|start| value.starts_with(start))
}

/// Pieces of code and markup that quotes enclose by chance.
pub(super) fn is_markup(value: &str) -> bool {
    let first = value.as_bytes().first().copied().unwrap_or(b' ');
    let last = value.as_bytes().last().copied().unwrap_or(b' ');
    let has = |byte: u8| value.as_bytes().contains(&byte);
    first.is_ascii_whitespace()
        || last.is_ascii_whitespace()
        || has(b'/') && value.contains("</")
        || has(b'\\') && value.contains("\\n")
        || has(b'>') && value.contains("=>")
        || matches!(first, b',' | b')' | b';' | b'+' | b']' | b'}') && value.len() < 6
        || has(b' ') && is_joined(value)
        || has(b'{') && has(b'}') && !has_digit(value)
}

/// Whether it begins or ends as what stands between two strings of code.
fn is_joined(value: &str) -> bool {
    ["+ ", ", ", ") ", "; "]
        .iter()
        .any(|start| value.starts_with(start))
        || value.ends_with(" +")
        || value.ends_with('=')
}

/// A call, a path of names, an index: code, not a value.
pub(super) fn is_expression(value: &str) -> bool {
    let is_name = |name: &str| {
        name.bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'?' | b'!'))
    };
    // A long value that begins with a plus may be a key in base64.
    if value.starts_with(['(', '[', '{', '&', '*', '|', '<', '>', '\\', '='])
        || value.starts_with('+') && value.len() < 20
        || value.contains("::")
        || value.contains("->")
        || value.contains("=>")
    {
        return true;
    }
    if let Some(at) = value.find(['(', '[', '{']) {
        let head = value.get(..at).unwrap_or_default();
        return head
            .split(['.', '!'])
            .all(|part| part.is_empty() || is_name(part));
    }
    let mut parts = value.trim_start_matches(['!', '$', '@', '-']).split('.');
    value.contains('.') && parts.all(|part| is_name(part) && is_variable(part))
}

/// A name of a variable: words, with at most one short number among them.
pub(super) fn is_variable(value: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'$';
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let next = value.bytes().skip(1);
    let numbers = value
        .bytes()
        .zip(next)
        .filter(|(one, two)| !one.is_ascii_digit() && two.is_ascii_digit())
        .count();
    let is_start = value.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    is_start
        && value.bytes().all(is_part)
        && digits <= 5
        && numbers <= 1
        && value.len() < 40
        && switches(value).saturating_mul(5) <= value.len().saturating_mul(2).saturating_add(4)
}

/// Words joined by dashes, underscores, dots or slashes, at most a few digits: a name, not a key.
pub(super) fn is_dashed_words(value: &str) -> bool {
    let is_part = |part: &str| {
        let head = part.trim_end_matches(|c: char| c.is_ascii_digit());
        part.len() <= 14
            && (part.bytes().all(|b| b.is_ascii_digit()) && part.len() <= 4
                || part.len().saturating_sub(head.len()) <= 2
                    && (head.bytes().all(|b| b.is_ascii_lowercase())
                        || head.bytes().all(|b| b.is_ascii_uppercase())
                        || is_capitalised(head)))
    };
    value.contains(['-', '_', '.', '/', ':']) && value.split(['-', '_', '.', '/', ':']).all(is_part)
}

pub(super) fn is_capitalised(word: &str) -> bool {
    word.bytes().skip(1).all(|b| b.is_ascii_lowercase())
}

/// Whether letters switch case as `camelCase` and `PascalCase` do, or not at all.
pub(super) fn is_camel_words(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphabetic())
        && switches(value).saturating_mul(3) <= value.len().saturating_add(2)
        && value.len() < 48
}

/// How often the kind of character changes between one and the next.
pub(super) fn switches(value: &str) -> usize {
    let kind = |b: u8| match b {
        b'a'..=b'z' => 0_u8,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let next = value.bytes().skip(1);
    value
        .bytes()
        .zip(next)
        .filter(|(one, two)| kind(*one) != kind(*two))
        .count()
}

pub(super) fn distinct(value: &str) -> usize {
    let mut seen = [false; 256];
    value.bytes().take(256).for_each(|b| {
        if let Some(slot) = seen.get_mut(usize::from(b)) {
            *slot = true;
        }
    });
    seen.iter().filter(|slot| **slot).count()
}

/// Characters of keys and tokens alone.
pub(super) fn is_one_run(value: &str) -> bool {
    value
        .bytes()
        .all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"' | b'\'' | b'`' | b'\\'))
}

pub(super) fn has_digit(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_digit())
}

pub(super) fn has_letter(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_alphabetic())
}

pub(super) fn has_symbol(value: &str) -> bool {
    value.bytes().any(|b| {
        matches!(
            b,
            b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'?' | b'(' | b')' | b'|'
        )
    })
}

pub(super) fn is_mixed(value: &str) -> bool {
    has_letter(value)
        && (has_digit(value) || has_symbol(value.trim_end_matches(['!', '?', '*', ')'])))
}
