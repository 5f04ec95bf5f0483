//! Whether the value beside a name is a secret, by the rule that the name calls for and the place
//! in which the value stands.

use std::ops::Range;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};

use super::super::innocent::{is_identifier, is_innocent};
use super::super::keys::rule_of_key;

/// Where a value stands, from the strongest sign of a secret to the weakest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Place {
    /// The string of a member.
    Member,
    /// In quotes, or between tags, in a text.
    Quoted,
    /// A line of a file of settings, or a field of a connection string.
    Line,
    /// Anywhere else in a text.
    Loose,
}

/// Words that texts about secrets hold and passphrases hardly.
const ABOUT: &[&str] = &[
    "a",
    "an",
    "and",
    "are",
    "as",
    "at",
    "be",
    "been",
    "by",
    "can",
    "cannot",
    "do",
    "does",
    "enter",
    "expired",
    "field",
    "for",
    "from",
    "has",
    "have",
    "if",
    "in",
    "incorrect",
    "invalid",
    "is",
    "it",
    "key",
    "match",
    "missing",
    "must",
    "new",
    "no",
    "not",
    "of",
    "old",
    "on",
    "option",
    "options",
    "flags",
    "strings",
    "arguments",
    "instead",
    "or",
    "password",
    "passwords",
    "passphrase",
    "please",
    "required",
    "reset",
    "secret",
    "should",
    "that",
    "the",
    "this",
    "to",
    "token",
    "tokens",
    "used",
    "using",
    "was",
    "when",
    "will",
    "with",
    "wrong",
    "you",
    "your",
    "your",
    "string",
    "nullable",
    "min",
    "max",
    "null",
    "api",
    "flag",
    "value",
    "file",
    "name",
    "argument",
    "parameter",
    "optional",
    "input",
    "prompt",
    "login",
    "user",
    "username",
    "confirm",
    "change",
    "forgot",
    "repeat",
    "passe",
    "de",
    "la",
    "el",
    "der",
    "die",
    "das",
    "credentials",
    "authentication",
    "auth",
    "based",
    "via",
];

/// The secret in a value, when it holds one.
pub(in super::super) fn within(rule: usize, value: &str, place: Place) -> Option<Range<usize>> {
    use super as rules;
    if value.len() < 3 || is_innocent(value) {
        return None;
    }
    let is_secret = match rule {
        rules::AUTHORIZATION => return in_authorization(value, place),
        rules::COOKIE => is_cookie(value),
        rules::CONNECTION => return super::url::in_connection(value),
        rules::PASSWORD => is_password(value, place),
        rules::TOKEN | rules::AUTH => is_token(rule, value, place),
        rules::CODE => is_code(value, place),
        rules::PHRASE => is_phrase(value),
        rules::CREDENTIAL if value.contains("/aws4_request") || is_expression(value) => false,
        _ => is_key(rule, value, place),
    };
    is_secret.then_some(0..value.len())
}

fn is_password(value: &str, place: Place) -> bool {
    if value.len() < 4
        || value.len() > 1024
        || is_about(value)
        || is_location(value)
        || is_hash(value)
        || is_markup(value)
    {
        return false;
    }
    let is_version = value.contains('.') && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if is_version || is_small_number(value) || value.starts_with("\\u") && value.len() < 12 {
        return false;
    }
    let has_space = value.bytes().any(|b| b.is_ascii_whitespace());
    match place {
        Place::Member | Place::Quoted => !(has_space && !value.is_ascii()),
        Place::Line => !has_space && !is_expression(value),
        Place::Loose => {
            !has_space
                && value.len() >= 6
                && is_mixed(value)
                && !is_expression(value)
                && !is_variable(value)
        }
    }
}

/// API keys, client secrets, access tokens, encryption keys.
fn is_key(rule: usize, value: &str, place: Place) -> bool {
    if rule == super::PRIVATE_KEY && value.starts_with("-----BEGIN") {
        return value.contains("PRIVATE");
    }
    let is_short = value.len() < 8 || place == Place::Loose && value.len() < 10;
    if is_short
        || !is_one_run(value)
        || is_about(value)
        || is_location(value)
        || is_hash(value)
        || is_markup(value)
    {
        return false;
    }
    if place != Place::Quoted && place != Place::Member && is_expression(value) {
        return false;
    }
    let is_number = value
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':'));
    if is_number && value.len() < 12 {
        return false;
    }
    if is_dashed_words(value)
        || is_small_number(value)
        || place == Place::Loose && rule_of_key(value).is_some()
    {
        return false;
    }
    let is_mixed = has_digit(value) && has_letter(value);
    let is_worded = value.bytes().all(|b| b.is_ascii_alphabetic());
    let is_long = value.len() >= 20 && distinct(value) >= 10 && !is_camel_words(value);
    match place {
        Place::Loose => {
            (is_mixed && !is_variable(value))
                || (is_long && distinct(value) >= 14 && switches(value) >= 6)
        }
        _ if matches!(
            rule,
            super::CLIENT_SECRET | super::ENCRYPTION_KEY | super::WEBHOOK_SECRET
        ) && is_worded =>
        {
            is_long || place != Place::Quoted || !is_camel_words(value)
        }
        _ => is_mixed || is_long || is_number || has_symbol(value) && switches(value) >= 4,
    }
}

/// Values under names that often hold no secret: they must look random.
fn is_token(rule: usize, value: &str, place: Place) -> bool {
    let is_hex_secret = rule == super::TOKEN
        && place != Place::Loose
        && matches!(value.len(), 32 | 40 | 64)
        && value.bytes().all(|b| b.is_ascii_hexdigit())
        && has_letter(value);
    let is_opaque = value.len() >= 12
        && is_one_run(value)
        && has_letter(value)
        && distinct(value) >= 7
        && (has_digit(value) || value.len() >= 20 && switches(value) >= 6);
    is_hex_secret
        || is_opaque
            && !is_identifier(value)
            && !value.starts_with("0x")
            && !is_about(value)
            && !is_location(value)
            && !is_markup(value)
            && !is_dashed_words(value)
            && !is_expression(value)
            && !is_variable(value)
            && (rule == super::TOKEN || !has_symbol(value) || value.len() >= 20)
}

fn is_code(value: &str, place: Place) -> bool {
    let least = if place == Place::Member { 3 } else { 4 };
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    (digits >= least
        && digits <= 10
        && value
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'-' || b == b' '))
        || (place != Place::Loose
            && value.len() >= 6
            && value.len() <= 64
            && digits >= 3
            && is_one_run(value)
            && has_letter(value)
            && !is_location(value)
            && !is_identifier(value))
}

/// A seed phrase: twelve words or more.
fn is_phrase(value: &str) -> bool {
    let words = value.split_ascii_whitespace().count();
    (12..=24).contains(&words)
        && value.bytes().all(|b| b.is_ascii_lowercase() || b == b' ')
        && value
            .split_ascii_whitespace()
            .all(|word| (3..=8).contains(&word.len()))
        && value
            .split_ascii_whitespace()
            .filter(|word| ABOUT.contains(word))
            .count()
            < 3
}

/// `scheme credential`: the credential alone.
fn in_authorization(value: &str, place: Place) -> Option<Range<usize>> {
    let (start, credential) = match value.split_once(' ') {
        Some((scheme, rest)) => {
            let credential = rest.trim_start();
            (
                value.len().saturating_sub(credential.len()),
                (scheme, credential),
            )
        }
        None if place == Place::Member || value.len() >= 16 => (0, ("", value)),
        None => return None,
    };
    let (scheme, credential) = credential;
    if is_innocent(credential) || credential.starts_with("AWS4-") || credential.contains("%s") {
        return None;
    }
    let is_parameters = credential.contains("=\"") || credential.contains(", ");
    let is_secret = if is_parameters {
        credential.contains("ignature=") || credential.contains("response=")
    } else if scheme.eq_ignore_ascii_case("basic") {
        is_basic(credential)
    } else {
        let is_named = [
            "bearer",
            "token",
            "apikey",
            "api-key",
            "bot",
            "key",
            "splunk",
            "digest",
            "negotiate",
        ]
        .iter()
        .any(|name| scheme.eq_ignore_ascii_case(name));
        let least = if is_named && place == Place::Member {
            6
        } else {
            10
        };
        credential.len() >= least
            && (is_named || scheme.is_empty() || place == Place::Member)
            && is_one_run(credential)
            && (has_digit(credential) && has_letter(credential) || switches(credential) >= 6)
            && !is_location(credential)
            && (place == Place::Member || !is_expression(credential))
            && !is_dashed_words(credential)
    };
    is_secret.then_some(start..value.len())
}

/// Whether this is `user:password` in base64.
pub(super) fn is_basic(value: &str) -> bool {
    let decoded = BASE64_STANDARD
        .decode(value)
        .or_else(|_| BASE64_STANDARD_NO_PAD.decode(value));
    value.len() >= 6
        && !is_innocent(value)
        && decoded.is_ok_and(|bytes| {
            let mut parts = bytes.splitn(2, |b| *b == b':');
            let _user = parts.next();
            bytes.iter().all(|b| (0x20..0x7f).contains(b))
                && parts.next().is_some_and(|pass| !pass.is_empty())
        })
}

/// Whether a cookie header's value holds something like a session.
fn is_cookie(value: &str) -> bool {
    value.contains('=')
        && value
            .split(';')
            .filter_map(|pair| pair.split_once('='))
            .any(|(name, value)| {
                let name = name.trim();
                let value = value.trim().trim_matches('"');
                let is_named = ["sess", "sid", "auth", "token", "jwt", "login", "remember"]
                    .iter()
                    .any(|part| name.to_ascii_lowercase().contains(part));
                !is_innocent(value)
                    && !name.eq_ignore_ascii_case("expires")
                    && is_one_run(value)
                    && !is_location(value)
                    && (is_named && value.len() >= 6 && (has_digit(value) || value.len() >= 16)
                        || value.len() >= 20
                            && has_digit(value)
                            && has_letter(value)
                            && !is_dashed_words(value))
            })
}

/// Whether words about secrets make it a sentence, a label, a type or a name.
fn is_about(value: &str) -> bool {
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

/// A path, an address, a selector, an e-mail address.
fn is_location(value: &str) -> bool {
    let is_path =
        value.starts_with(['/', '~', '\\']) || value.starts_with("./") || value.starts_with("../");
    let is_wordy_path = value.bytes().all(|b| {
        b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'.' | b'~' | b':' | b'\\')
    }) && is_path
        && value.len() < 128
        && (value.matches('/').count() > 1 || !has_digit(value) || value.contains('.'));
    let is_drive = value.get(1..3) == Some(":\\");
    let has_scheme = value.contains("://");
    let has_extension = [
        ".json", ".yaml", ".yml", ".txt", ".pem", ".key", ".crt", ".env", ".html", ".js", ".ts",
        ".py", ".php", ".com", ".conf", ".xml", ".go", ".rs", ".md",
    ]
    .iter()
    .any(|end| value.ends_with(end));
    let is_selector = value.contains("[name=")
        || value.contains("[@")
        || value.starts_with("input[")
        || value.starts_with("By.");
    is_wordy_path
        || is_drive
        || value.contains(".md#")
        || value.contains(".html")
        || has_scheme
        || is_selector
        || (has_extension && value.len() < 80)
}

/// A number as code writes it: `0xc0406618`.
fn is_small_number(value: &str) -> bool {
    value.starts_with("0x")
        && value.len() <= 18
        && value.bytes().skip(2).all(|b| b.is_ascii_hexdigit())
}

fn is_hash(value: &str) -> bool {
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
fn is_markup(value: &str) -> bool {
    let first = value.as_bytes().first().copied().unwrap_or(b' ');
    let last = value.as_bytes().last().copied().unwrap_or(b' ');
    first.is_ascii_whitespace()
        || last.is_ascii_whitespace()
        || value.contains("</")
        || value.contains("\\n")
        || value.contains("=>")
        || matches!(first, b',' | b')' | b';' | b'+' | b']' | b'}') && value.len() < 6
        || value.starts_with("+ ")
        || value.starts_with(", ")
        || value.starts_with(") ")
        || value.starts_with("; ")
        || value.ends_with(" +")
        || value.ends_with("=") && value.contains(' ')
        || value.contains('{') && value.contains('}') && value.bytes().all(|b| !b.is_ascii_digit())
}

/// A call, a path of names, an index: code, not a value.
fn is_expression(value: &str) -> bool {
    let is_name = |name: &str| {
        name.bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'?' | b'!'))
    };
    if value.starts_with(['(', '[', '{', '&', '*', '|', '<', '>', '\\', '=', '+'])
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
fn is_variable(value: &str) -> bool {
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
fn is_dashed_words(value: &str) -> bool {
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

fn is_capitalised(word: &str) -> bool {
    word.bytes().skip(1).all(|b| b.is_ascii_lowercase())
}

/// Whether letters switch case as `camelCase` and `PascalCase` do, or not at all.
fn is_camel_words(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphabetic())
        && switches(value).saturating_mul(3) <= value.len().saturating_add(2)
        && value.len() < 48
}

/// How often the kind of character changes between one and the next.
fn switches(value: &str) -> usize {
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

fn distinct(value: &str) -> usize {
    let mut seen = [false; 256];
    value.bytes().take(256).for_each(|b| {
        if let Some(slot) = seen.get_mut(usize::from(b)) {
            *slot = true;
        }
    });
    seen.iter().filter(|slot| **slot).count()
}

/// Characters of keys and tokens alone.
fn is_one_run(value: &str) -> bool {
    value
        .bytes()
        .all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"' | b'\'' | b'`' | b'\\'))
}

fn has_digit(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_digit())
}

fn has_letter(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_alphabetic())
}

fn has_symbol(value: &str) -> bool {
    value.bytes().any(|b| {
        matches!(
            b,
            b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'?' | b'(' | b')' | b'|'
        )
    })
}

fn is_mixed(value: &str) -> bool {
    has_letter(value)
        && (has_digit(value) || has_symbol(value.trim_end_matches(['!', '?', '*', ')'])))
}
