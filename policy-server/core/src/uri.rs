//! A resource URI cut into what may be shown and what must not be.
//!
//! Userinfo and query often carry secrets; nothing here normalises, decodes or resolves.

/// The parts of a URI that may be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// What stands before the first colon; empty when that is no scheme.
    pub scheme: &'a str,
    /// Host and port, when there is an authority.
    pub host: Option<&'a str>,
    /// The rest, up to the query or fragment.
    pub path: &'a str,
    /// Whether userinfo, a query or a fragment was left out.
    pub hidden: Hidden,
}

/// Whether a URI has parts that are not written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Everything is in the parts.
    Nothing,
    /// Userinfo, query or fragment are left out.
    Something,
}

/// Cuts a URI into its parts. Never fails: what is no URI is all path.
#[must_use]
pub fn parts(uri: &str) -> Parts<'_> {
    let (scheme, rest) = match uri.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
        _ => ("", uri),
    };
    let (shown, query) = match rest.find(['?', '#']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (authority, path) = match shown.strip_prefix("//") {
        Some(after) => after.split_at(after.find('/').unwrap_or(after.len())),
        None => ("", shown),
    };
    let (userinfo, host) = match authority.rsplit_once('@') {
        Some((userinfo, host)) => (userinfo, host),
        None => ("", authority),
    };
    let nothing = query.is_empty() && userinfo.is_empty();
    Parts {
        scheme,
        host: (!host.is_empty()).then_some(host),
        path,
        hidden: if nothing {
            Hidden::Nothing
        } else {
            Hidden::Something
        },
    }
}

fn is_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_in_no_part() {
        let uri = "https://bob:hunter2@example.com:8443/a/b?token=s3cret#frag";
        let parts = parts(uri);
        assert_eq!(parts.scheme, "https");
        assert_eq!(parts.host, Some("example.com:8443"));
        assert_eq!(parts.path, "/a/b");
        assert_eq!(parts.hidden, Hidden::Something);
    }

    #[test]
    fn odd_uris_are_all_path() {
        for (uri, scheme, host, path) in [
            ("file:///srv/a", "file", None, "/srv/a"),
            ("urn:x:y", "urn", None, "x:y"),
            ("no scheme", "", None, "no scheme"),
            ("1a:b", "", None, "1a:b"),
            ("test://h", "test", Some("h"), ""),
            ("", "", None, ""),
        ] {
            let parts = parts(uri);
            assert_eq!(
                (parts.scheme, parts.host, parts.path),
                (scheme, host, path),
                "{uri}"
            );
        }
    }
}
