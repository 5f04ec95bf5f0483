//! Secrets in addresses and connection strings: `scheme://user:password@host`, `Password=...;`.

use std::ops::Range;

use super::super::innocent::{is_identifier, is_innocent};
use super::Beside;

/// The secret before the `@` of the address whose `://` stands at `at`.
pub(super) fn in_address(text: &str, at: usize) -> Option<Beside> {
    let start = at.checked_add(3)?;
    let rest = text.as_bytes().get(start..)?;
    let is_end = |b: &u8| {
        b.is_ascii_whitespace()
            || matches!(
                b,
                b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b'|'
            )
    };
    // No two addresses share these bytes: the slashes of the next one end this one.
    let length = rest.iter().position(is_end).unwrap_or(rest.len());
    let authority = rest.get(..length)?;
    let sign = memchr::memrchr(b'@', authority)?;
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
    is_secret.then_some(Beside::Secret(range, super::URL_PASSWORD))
}

/// The secret in the value of a connection string or address.
pub(super) fn in_connection(value: &str) -> Option<Range<usize>> {
    if let Some(at) = value.find("://")
        && let Some(Beside::Secret(range, _)) = in_address(value, at)
    {
        return Some(range);
    }
    if let Some(range) = before_host(value) {
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

/// `user:password@tcp(host:port)/name`, as the drivers of Go take it.
fn before_host(value: &str) -> Option<Range<usize>> {
    let (user, rest) = value.split_once(':')?;
    let (head, host) = rest.rsplit_once('@')?;
    let is_sound = !user.contains([' ', '/', '=', ';'])
        && host.contains(['(', '/', ':'])
        && head.len() >= 3
        && !head.contains([' ', '/'])
        && !is_innocent(head);
    let start = user.len().checked_add(1)?;
    is_sound.then(|| start..start.saturating_add(head.len()))
}
