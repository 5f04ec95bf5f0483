//! A resource URI cut into what may be shown and what must not be.
//!
//! Read twice: for the log nothing is refused, and what might hold a secret is left out; for policies
//! in [`reading`], where what programs read differently has no value. Deliberately absent: resolving.

mod authority;
mod likeness;
mod path;
mod reading;
mod template;

pub use self::likeness::{Named, likeness};
pub use self::reading::{Host, Reading, read};
pub use self::template::read as read_template;

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

fn without_port(authority: &str) -> Option<&str> {
    match authority.rsplit_once(':') {
        Some((_, inside)) if inside.contains(']') => Some(authority),
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => Some(name),
        Some(_) => None,
        None => Some(authority),
    }
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
}
