//! The authority of a URI: which host it means, and its one form.
//!
//! Deliberately absent: resolving names, and converting them from other scripts.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::path::{self, Text};
use super::{split_authority, without_port};

/// Schemes that mean a host even where the slashes are missing, too many or leaning backwards, with
/// the port that need not be written.
const WEB: [(&str, &str); 5] = [
    ("http", "80"),
    ("https", "443"),
    ("ws", "80"),
    ("wss", "443"),
    ("ftp", "21"),
];

pub(super) fn is_web(scheme: &str) -> bool {
    WEB.iter().any(|(web, _)| *web == scheme)
}

/// An authority whose host is sure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authority {
    /// The host in lower case, without a port and without the root's dot.
    pub(super) host: Option<String>,
    /// The authority in its one form, or why it has none.
    pub(super) form: Result<String, &'static str>,
}

/// Reads what stands between the two slashes and the path. None when programs find different hosts.
pub(super) fn read(scheme: &str, authority: &str) -> Option<Authority> {
    let web = is_web(scheme);
    let (userinfo, place, _) = split_authority(authority);
    // RFC 9110, 4.2.4: userinfo in a web address is there to mislead. Elsewhere it may stand once.
    if userinfo.is_some_and(|userinfo| web || userinfo.contains(['@', '%', '\\'])) {
        return None;
    }
    let name = without_port(place)?;
    let host = if web {
        Some(web_host(name)?)
    } else {
        other_host(name)?
    };
    if scheme == "file" && host.as_deref().is_some_and(is_local) {
        return None;
    }
    let port = place.get(name.len()..).unwrap_or_default();
    let form = if host.is_none() && !port.is_empty() {
        Err("it has a port and no host")
    } else if userinfo.is_some() {
        Err("it names a user")
    } else if scheme == "file" && host.is_some() {
        Err("programs differ about a host in a file's address")
    } else {
        form(scheme, name, host.as_deref().unwrap_or_default(), port)
    };
    Some(Authority { host, form })
}

/// The hosts of files that to some programs are none: this machine, and a drive.
fn is_local(host: &str) -> bool {
    host.len() == 1 || host == "localhost" || host.parse::<Ipv4Addr>().is_ok() || host == "[::1]"
}

fn form(scheme: &str, name: &str, host: &str, port: &str) -> Result<String, &'static str> {
    let web = is_web(scheme);
    if !web && name.ends_with('.') {
        return Err("its host ends in a dot");
    }
    // Many servers take the first part for a folder of theirs.
    if !web && !host.starts_with('[') {
        path::segment(host, Text::Host)?;
    }
    let host = path::upper_escapes(host);
    let digits = port.strip_prefix(':');
    let usual = WEB
        .iter()
        .any(|known| Some(*known) == digits.map(|digits| (scheme, digits)));
    match digits {
        None => Ok(host),
        Some("") if web => Ok(host),
        Some(_) if usual => Ok(host),
        Some("") => Err("its port is empty"),
        Some(digits) if digits.starts_with('0') => Err("its port begins with a zero"),
        Some(digits) if digits.parse::<u16>().is_err() => Err("its port is none"),
        Some(_) => Ok(format!("{host}{port}")),
    }
}

/// The host of a web address. There is always one: `https:///x` means the host `x` to browsers.
fn web_host(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    if name.starts_with('[') {
        return six_host(&name);
    }
    // The root's dot is not written.
    let name = name.strip_suffix('.').unwrap_or(&name);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let sound = |label: &str| !label.is_empty() && label.bytes().all(plain);
    if !name.split('.').all(sound) {
        return None;
    }
    // `2130706433`, `0x7f.1` and `0177.0.0.1` are addresses to many programs.
    let last = name.rsplit('.').next().unwrap_or_default();
    let digits = last.bytes().all(|b| b.is_ascii_digit());
    let number = digits || last.starts_with("0x");
    let address = name.parse::<Ipv4Addr>().is_ok();
    (!number || address).then(|| name.to_owned())
}

/// The host of any other address: names of things may stand there, so less is refused.
#[allow(
    clippy::option_option,
    reason = "that there is no host is known as well"
)]
fn other_host(name: &str) -> Option<Option<String>> {
    let name = name.to_ascii_lowercase();
    if name.starts_with('[') {
        return six_host(&name).map(Some);
    }
    // Database drivers take several hosts with a comma between them.
    let odd = |c: char| {
        !c.is_ascii_graphic()
            || matches!(
                c,
                ',' | ':' | ';' | '[' | ']' | '\\' | '|' | '<' | '>' | '"' | '^' | '`'
            )
    };
    let is_doubled = name.ends_with("..") && name.contains(|c| c != '.');
    if name.contains(odd) || is_doubled || !encodes_only_what_it_must(&name) {
        return None;
    }
    let name = name.strip_suffix('.').unwrap_or(&name);
    Some((!name.is_empty()).then(|| name.to_owned()))
}

/// An IPv6 address in brackets, in its one short form.
fn six_host(name: &str) -> Option<String> {
    let inner = name.strip_prefix('[')?.strip_suffix(']')?;
    let address: Ipv6Addr = inner.parse().ok()?;
    Some(format!("[{address}]"))
}

/// RFC 3986, 6.2.2.2: `%69nternal` is `internal`, so letters are not encoded.
fn encodes_only_what_it_must(name: &str) -> bool {
    name.split('%').skip(1).all(|after| {
        let code = after
            .get(..2)
            .filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        // Decoded first, the second list would end the host.
        byte.is_some_and(|b| {
            !b.is_ascii_alphanumeric() && !b"-._~".contains(&b) && !b"/?#@:\\%\0".contains(&b)
        })
    })
}
