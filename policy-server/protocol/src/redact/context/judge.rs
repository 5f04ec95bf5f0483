//! Whether the value beside a name is a secret, by the rule that the name calls for and the place
//! in which the value stands.

use std::ops::Range;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};

use super::super::innocent::{is_identifier, is_innocent};
use super::super::keys::rule_of_key;
use super::shape::{
    distinct, has_digit, has_letter, has_symbol, is_about, is_camel_words, is_dashed_words,
    is_expression, is_hash, is_location, is_markup, is_mixed, is_one_run, is_small_number,
    is_variable, switches,
};
use super::words::ABOUT;

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

/// The secret in a value, when it holds one.
pub(in super::super) fn within(rule: usize, value: &str, place: Place) -> Option<Range<usize>> {
    use super as rules;
    // The parts of a cookie, of a header and of a connection string are judged one by one.
    let has_parts = matches!(
        rule,
        rules::COOKIE | rules::CONNECTION | rules::AUTHORIZATION
    );
    if value.len() < 3 || !has_parts && is_innocent(value) {
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
        || value.len() > 1024 && !is_one_run(value)
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
        Place::Member | Place::Quoted => !has_space || value.is_ascii(),
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
    } else if scheme.eq_ignore_ascii_case("basic") && is_basic(credential) {
        true
    } else {
        let is_named = [
            "bearer",
            "basic",
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
