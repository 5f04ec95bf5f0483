//! Secrets in addresses and connection strings: `scheme://user:password@host`, `Password=...;`.

use std::ops::Range;

use super::super::innocent::{is_identifier, is_innocent};

/// Longest authority that is looked at, in bytes.
const AUTHORITY_BYTES_MAX: usize = 1024;

/// The secret before the `@` of the address whose `://` stands at `at`.
pub(super) fn in_address(text: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let start = at.checked_add(3)?;
    let rest = text.as_bytes().get(start..)?;
    let is_end = |b: &u8| {
        b.is_ascii_whitespace()
            || matches!(
                b,
                b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b'|'
            )
    };
    let length = rest
        .iter()
        .take(AUTHORITY_BYTES_MAX)
        .position(is_end)
        .unwrap_or(rest.len().min(AUTHORITY_BYTES_MAX));
    let authority = rest.get(..length)?;
    let sign = authority.iter().rposition(|b| *b == b'@')?;
    let colon = authority.get(..sign)?.iter().position(|b| *b == b':');
    let from = start.checked_add(colon.map_or(0, |colon| colon.saturating_add(1)))?;
    let range = from..start.checked_add(sign)?;
    let secret = text.get(range.clone())?;
    let is_secret = if colon.is_some() {
        secret.len() >= 3
            && !is_innocent(secret)
            && !secret.contains(['{', '}', '(', ',', '[', ']'])
    } else {
        secret.len() >= 16
            && secret.bytes().any(|b| b.is_ascii_digit())
            && secret.bytes().any(|b| b.is_ascii_alphabetic())
            && !is_innocent(secret)
            && !is_identifier(secret)
            && !secret.contains(['.', '{', '@'])
    };
    is_secret.then_some((range, super::URL_PASSWORD))
}

/// The secret in the value of a connection string or address.
pub(super) fn in_connection(value: &str) -> Option<Range<usize>> {
    if let Some(at) = value.find("://")
        && let Some((range, _)) = in_address(value, at)
    {
        return Some(range);
    }
    let mut from = 0_usize;
    for field in value.split_inclusive(';') {
        let bare = field.trim_end_matches(';');
        if let Some((name, secret)) = bare.split_once('=')
            && super::super::keys::rule_of_key(name.trim()).is_some()
            && !is_innocent(secret)
            && secret.len() >= 3
        {
            let start = from.checked_add(name.len())?.checked_add(1)?;
            return Some(start..start.checked_add(secret.len())?);
        }
        from = from.checked_add(field.len())?;
    }
    None
}

/// The password of `user:password` at `at`, as commands take it after `-u`.
pub(super) fn in_pair(text: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let before = super::back(text, at, 64);
    let is_http = ["curl", "http", "wget"]
        .iter()
        .any(|name| before.contains(name));
    let rest = text.get(at..)?.trim_start_matches(['"', '\'', ' ']);
    let start = text.len().checked_sub(rest.len())?;
    let is_end = |b: u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'\\');
    let length = rest
        .bytes()
        .take(256)
        .position(is_end)
        .unwrap_or(rest.len().min(256));
    let (user, secret) = rest.get(..length)?.split_once(':')?;
    let is_ids =
        secret.bytes().all(|b| b.is_ascii_digit()) && user.bytes().all(|b| b.is_ascii_digit());
    let from = start.checked_add(user.len())?.checked_add(1)?;
    (is_http && !is_ids && !secret.starts_with("//") && secret.len() >= 3 && !is_innocent(secret))
        .then_some((from..from.saturating_add(secret.len()), super::PASSWORD))
}
