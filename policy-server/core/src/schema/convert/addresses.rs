//! IP addresses in Cedar's terms.

use std::net::Ipv6Addr;

use cedar_policy::RestrictedExpression as Cedar;

use super::{At, Converted};

pub(super) fn address(text: Option<String>, at: &At<'_>) -> Converted {
    let text = text.ok_or_else(|| at.fault("is not an IP address"))?;
    Ok(Cedar::new_ip(text))
}

/// Eight groups: Cedar does not read an IPv4 address inside one.
pub(super) fn v6(address: Ipv6Addr) -> String {
    let groups: Vec<String> = address
        .segments()
        .iter()
        .map(|group| format!("{group:x}"))
        .collect();
    groups.join(":")
}
