//! A resource URI cut into what may be shown and what must not be.
//!
//! Read twice: for the log nothing is refused, and what might hold a secret is left out; for policies
//! what programs read differently is refused. Deliberately absent: decoding and resolving.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The parts of a URI that may be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// What stands before the first colon; empty when that is no scheme.
    pub scheme: &'a str,
    /// Host and port, when there is an authority.
    pub host: Option<&'a str>,
    /// The rest, up to the query or fragment.
    pub path: &'a str,
    /// Whether anything was left out.
    pub hidden: Hidden,
}

/// Whether a URI has parts that are not written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Everything is in the parts.
    Nothing,
    /// Userinfo, query or fragment are left out, or everything but the scheme.
    Something,
}

/// What sets secrets apart for some program, plain or encoded; after `%25` anything may follow.
const MARKS: [&str; 9] = ["@", "\\", ";", "%3f", "%23", "%40", "%3b", "%5c", "%25"];

/// Schemes that mean a host even where the slashes are missing, too many or leaning backwards.
const WEB: [&str; 5] = ["http", "https", "ws", "wss", "ftp"];

/// Cuts a URI into the parts that may be written down. Never fails; of a URI without an authority,
/// or with marks that could set a secret apart, nothing but the scheme is left.
#[must_use]
pub fn parts(uri: &str) -> Parts<'_> {
    let (scheme, rest) = split_scheme(uri);
    let nothing_but_scheme = Parts {
        scheme,
        host: None,
        path: "",
        hidden: Hidden::Something,
    };
    let (shown, query) = split_query(rest);
    let Some(after) = shown.strip_prefix("//").filter(|_| !scheme.is_empty()) else {
        return nothing_but_scheme;
    };
    let (userinfo, host, path) = split_authority(after);
    let low = path.to_ascii_lowercase();
    if !is_plain(host) || MARKS.iter().any(|mark| low.contains(mark)) {
        return nothing_but_scheme;
    }
    let hidden = match (userinfo, query) {
        (None, "") => Hidden::Nothing,
        _ => Hidden::Something,
    };
    let host = (!host.is_empty()).then_some(host);
    Parts {
        scheme,
        host,
        path,
        hidden,
    }
}

/// Scheme and host of a resource as policies compare them: in lower case, without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The scheme.
    pub scheme: String,
    /// The host, when there is one.
    pub host: Option<String>,
}

/// Programs disagree about what this URI names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ambiguous;

/// Where a resource is, for policies.
///
/// # Errors
/// It has no scheme, holds white space, control characters or a backslash, or its host could be read
/// as another one.
pub fn place(uri: &str) -> Result<Place, Ambiguous> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    let (scheme, rest) = split_scheme(uri);
    if scheme.is_empty() || uri.contains(odd) {
        return Err(Ambiguous);
    }
    let scheme = scheme.to_ascii_lowercase();
    let web = WEB.contains(&scheme.as_str());
    let (shown, _) = split_query(rest);
    let Some(after) = shown.strip_prefix("//") else {
        let opaque = Place { scheme, host: None };
        return (!web).then_some(opaque).ok_or(Ambiguous);
    };
    let (userinfo, authority, _) = split_authority(after);
    // RFC 9110, 4.2.4: userinfo in a web address is there to mislead. Elsewhere it may stand once.
    if userinfo.is_some_and(|userinfo| web || userinfo.contains('@')) {
        return Err(Ambiguous);
    }
    let host = if web {
        web_host(authority).map(Some)
    } else {
        other_host(authority)
    };
    host.map(|host| Place { scheme, host })
}

fn split_scheme(uri: &str) -> (&str, &str) {
    let split = uri.split_once(':').filter(|(scheme, _)| is_scheme(scheme));
    split.unwrap_or(("", uri))
}

fn split_query(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()))
}

/// Userinfo, host with port, and path of what follows the two slashes.
fn split_authority(after: &str) -> (Option<&str>, &str, &str) {
    let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
    match authority.rsplit_once('@') {
        Some((userinfo, host)) => (Some(userinfo), host, path),
        None => (None, authority, path),
    }
}

fn is_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// Whether host and port may be written down: no encoding, no odd character, a port of digits.
fn is_plain(authority: &str) -> bool {
    let name = without_port(authority).unwrap_or("?");
    let more: &[u8] = if name.starts_with('[') {
        b"[]:."
    } else {
        b"-._~{}"
    };
    name.bytes()
        .all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
}

/// The host of a web address. There is always one: `https:///x` means the host `x` to browsers.
fn web_host(authority: &str) -> Result<String, Ambiguous> {
    let name = without_port(authority)?.to_ascii_lowercase();
    if name.starts_with('[') {
        return six_host(&name);
    }
    // The root's dot is not written.
    let name = name.strip_suffix('.').unwrap_or(&name);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let sound = |label: &str| !label.is_empty() && label.bytes().all(plain);
    if !name.split('.').all(sound) {
        return Err(Ambiguous);
    }
    // `2130706433`, `0x7f.1` and `0177.0.0.1` are addresses to many programs.
    let last = name.rsplit('.').next().unwrap_or_default();
    let digits = last.bytes().all(|b| b.is_ascii_digit());
    if (digits || last.starts_with("0x")) && name.parse::<Ipv4Addr>().is_err() {
        return Err(Ambiguous);
    }
    Ok(name.to_owned())
}

/// The host of any other address: names of things may stand there, so less is refused.
fn other_host(authority: &str) -> Result<Option<String>, Ambiguous> {
    let name = without_port(authority)?.to_ascii_lowercase();
    if name.starts_with('[') {
        return six_host(&name).map(Some);
    }
    // Database drivers take several hosts with a comma between them.
    if name.contains([',', ':', '[', ']']) || !encodes_only_what_it_must(&name) {
        return Err(Ambiguous);
    }
    let name = name.strip_suffix('.').unwrap_or(&name);
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

/// An IPv6 address in brackets, in its one short form.
fn six_host(name: &str) -> Result<String, Ambiguous> {
    let inner = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address: Option<Ipv6Addr> = inner.and_then(|inner| inner.parse().ok());
    address
        .map(|address| format!("[{address}]"))
        .ok_or(Ambiguous)
}

fn without_port(authority: &str) -> Result<&str, Ambiguous> {
    match authority.rsplit_once(':') {
        Some((_, inside)) if inside.contains(']') => Ok(authority),
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => Ok(name),
        Some(_) => Err(Ambiguous),
        None => Ok(authority),
    }
}

/// RFC 3986, 6.2.2.2: `%69nternal` is `internal`, so letters are not encoded.
fn encodes_only_what_it_must(name: &str) -> bool {
    name.split('%').skip(1).all(|after| {
        let code = after
            .get(..2)
            .filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        byte.is_some_and(|b| !b.is_ascii_alphanumeric() && !b"-._~".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(uri: &str) -> String {
        let parts = parts(uri);
        let host = parts.host.unwrap_or("-");
        let whole = parts.hidden == Hidden::Nothing;
        format!("{} {host} {} {whole}", parts.scheme, parts.path)
    }

    #[test]
    fn secrets_are_in_no_part() {
        let uri = "https://bob:hunter2@example.com:8443/a/b?token=s3cret#frag";
        assert_eq!(shown(uri), "https example.com:8443 /a/b false");
        assert_eq!(shown("https://h/a#s3cret"), "https h /a false");
    }

    #[test]
    fn plain_uris_are_written_whole() {
        assert_eq!(shown("file:///srv/%20a"), "file - /srv/%20a true");
        assert_eq!(shown("https://[::1]:80/a"), "https [::1]:80 /a true");
        assert_eq!(shown("greeting://{name}"), "greeting {name}  true");
    }

    #[test]
    fn what_might_hold_a_secret_is_scheme_and_digest() {
        for uri in [
            " https://bob:hunter2@h/",
            "no scheme",
            "1a:b",
            "//bob:pw@h/",
            "",
        ] {
            assert_eq!(shown(uri), " -  false", "{uri}");
        }
        let web = r"https:/bob:hunter3@h/ https:\bob:hunter4@h/ https://h\@bob:hunter4/
            https://bob:hunter4%40h/ https://bob:hunter4 https://bob:7:80 https:///bob:hunter4@h/ https:bob@h
            https://h/a%3Ftoken=s https://h/a%3ftoken=s https://h/a%253Ftoken=s https://h/a%23s
            https://h/a;token=s https://h/a%3Btoken=s https://h/a\token=s https://h/a%5Cs";
        for uri in web.split_whitespace() {
            assert_eq!(shown(uri), "https -  false", "{uri}");
        }
        for uri in ["mysql:bob:hunter5@db", "data:,s3cret", "urn:x:y", "file:/a"] {
            let scheme = uri.split(':').next().unwrap();
            assert_eq!(shown(uri), format!("{scheme} -  false"), "{uri}");
        }
    }

    #[test]
    fn one_place_has_one_spelling() {
        let places = "FILE:///etc/passwd file - | file:/etc/passwd file -
            | HTTPS://INTERNAL.example/x https internal.example
            | https://internal.example:443 https internal.example
            | https://internal.example:/ https internal.example
            | https://internal.example.?q https internal.example
            | http://127.0.0.1/ http 127.0.0.1 | ws://[0:0:0:0:0:0:0:1]:8080/ ws [::1]
            | postgres://bob@Db:5432/x postgres db | greeting://J%20D greeting j%20d
            | greeting://{name}/x greeting {name} | test://static/{id} test static
            | urn:x:y urn - | data:,x data -";
        for line in places.split('|') {
            let (uri, wanted) = line.trim().split_once(' ').unwrap();
            let place = place(uri).unwrap();
            let host = place.host.as_deref().unwrap_or("-");
            assert_eq!(format!("{} {host}", place.scheme), wanted, "{uri}");
        }
    }

    #[test]
    fn what_programs_read_differently_is_refused() {
        let spaced =
            "| file:///etc/passwd|file:///a b|file:///a\u{a0}b|fi\tle:///a|f:///\u{0}|f:\u{85}";
        let whole = r"/etc/passwd no-scheme :x file:\server\share https://internal.example\@good.com/
            https:internal.example/x https:/internal.example/x WSS:h https:///internal.example/x
            https:// https://:443/ https://good.com@internal.example/ https://@internal.example/
            postgres://a@b@internal.example/ https://%69nternal.example/ postgres://%69nternal/
            postgres://100%/ postgres://good.com,internal.example/ https://ⓘnternal.example/
            https://internal..example/ https://internal.example:443:1/ https://h:x/ http://[::1/
            http://2130706433/ http://0x7f.1/ http://0177.0.0.1/ http://[fe80::1%25eth0]/";
        for uri in spaced.split('|').chain(whole.split_whitespace()) {
            assert_eq!(place(uri), Err(Ambiguous), "{uri:?}");
        }
    }
}
