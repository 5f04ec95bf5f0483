//! What a host might be to somebody: addresses in other notations, names in other scripts.

use std::net::Ipv4Addr;

/// The host as names of hosts are compared: addresses as four numbers, other scripts as they are asked for.
pub(super) fn hosted(place: &str) -> String {
    let place = place.strip_suffix('.').unwrap_or(place);
    if let Some(address) = numbers(place) {
        return address.to_string();
    }
    match place.is_ascii() && !place.contains("xn--") {
        true => place.to_owned(),
        false => idna::domain_to_ascii(place).unwrap_or_else(|_| place.to_owned()),
    }
}

/// An IPv4 address as `inet_aton` reads it: up to four numbers, decimal, octal or hexadecimal, of which
/// the last fills what is left.
fn numbers(place: &str) -> Option<Ipv4Addr> {
    let read = |part: &str| match part.strip_prefix("0x") {
        Some("") => Some(0),
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None if part.len() > 1 && part.starts_with('0') => u32::from_str_radix(part, 8).ok(),
        None => part.parse::<u32>().ok(),
    };
    let parts: Vec<u32> = place.split('.').map(read).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 0xff) {
        return None;
    }
    let left = u32::try_from(4 - first.len()).ok()?;
    let fits = left == 4 || *last < 1 << (8 * left);
    let address = first.iter().enumerate().fold(*last, |sum, (at, part)| {
        sum | part << (24 - 8 * u32::try_from(at).unwrap_or_default())
    });
    fits.then(|| Ipv4Addr::from(address))
}
