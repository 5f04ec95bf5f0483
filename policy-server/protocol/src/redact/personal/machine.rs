//! Addresses of mailboxes and of machines.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::{runs, stands_free};

/// Longest part before the `@`, in bytes (RFC 5321).
const LOCAL_BYTES_MAX: usize = 64;
/// Longest domain, in bytes.
const DOMAIN_BYTES_MAX: usize = 253;
/// Longest address of a machine, in bytes.
const ADDRESS_BYTES_MAX: usize = 45;
/// Ends of file names, which also stand behind an `@`: `icon@2x.png`.
const FILES: [&str; 7] = ["png", "jpg", "jpeg", "gif", "svg", "webp", "ico"];

pub(super) fn emails(text: &str, found: &mut dyn FnMut(Range<usize>)) {
    let mut from = 0;
    for at in memchr::memchr_iter(b'@', text.as_bytes()) {
        if let Some(range) = email(text, at).filter(|range| range.start >= from) {
            from = range.end;
            found(range);
        }
    }
}

fn email(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let is_local = |b: &&u8| b.is_ascii_alphanumeric() || b"._%+-'!#$&*/=?^{|}~".contains(*b);
    let local = bytes.get(..at)?.iter().rev().take(LOCAL_BYTES_MAX + 1);
    let local = local.take_while(is_local).count();
    let is_domain = |b: &&u8| b.is_ascii_alphanumeric() || b".-".contains(*b);
    let domain = bytes.get(at + 1..)?.iter().take(DOMAIN_BYTES_MAX + 1);
    let domain = domain.take_while(is_domain).count();
    let trim = |c: char| !c.is_ascii_alphanumeric();
    let name = text.get(at - local..at)?.trim_start_matches(trim);
    let name = name
        .rsplit(['/', '=', '?', '&', '\'', '|', '{', '}'])
        .next()?;
    let domain = text.get(at + 1..at + 1 + domain)?.trim_end_matches(trim);
    let is_email = (1..=LOCAL_BYTES_MAX).contains(&name.len()) && name != "git" && is_host(domain);
    is_email.then(|| at - name.len()..at + 1 + domain.len())
}

/// Two or more labels, the last of letters.
fn is_host(domain: &str) -> bool {
    let Some((head, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    head.split('.').all(is_label)
        && (2..=24).contains(&top.len())
        && top.bytes().all(|b| b.is_ascii_alphabetic())
        && !FILES.contains(&top.to_ascii_lowercase().as_str())
}

/// Addresses of IPv4 and IPv6 that are somebody's.
pub(super) fn addresses(text: &str, found: &mut dyn FnMut(Range<usize>)) {
    let is = |b: u8| b.is_ascii_hexdigit() || b == b':' || b == b'.';
    runs(
        text,
        is,
        |b| b.is_ascii_hexdigit() || b == b':',
        &mut |range| {
            let range = without_port(text, range);
            let written = text.get(range.clone()).unwrap_or_default();
            if written.len() <= ADDRESS_BYTES_MAX
                && is_address(written)
                && stands_free(text, &range)
            {
                found(range);
            }
        },
    );
}

/// `192.0.2.1:443` is an address and a port.
fn without_port(text: &str, range: Range<usize>) -> Range<usize> {
    let written = text.get(range.clone()).unwrap_or_default();
    match written.split_once(':') {
        Some((head, port)) if head.contains('.') && !port.contains(':') => {
            range.start..range.start + head.len()
        }
        _ => range,
    }
}

fn is_address(written: &str) -> bool {
    if let Ok(address) = written.parse::<Ipv4Addr>() {
        return !(address.is_loopback() || address.is_unspecified() || address.is_broadcast());
    }
    // Paths of code look like short ones: `abc::def`.
    let colons = written.bytes().filter(|b| *b == b':').count();
    let has_digit = written.bytes().any(|b| b.is_ascii_digit());
    let address = written.parse::<Ipv6Addr>();
    colons >= 3 && has_digit && address.is_ok_and(|address| !address.is_loopback())
}
