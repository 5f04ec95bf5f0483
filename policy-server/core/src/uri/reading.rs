//! What policies may read of a URI: its one form, its scheme, its host; each only where every program
//! that takes the URI finds the same.
//!
//! A URI that has no such form is *opaque*: it can be named exactly, and nothing else of it is known.
//! Deliberately absent: a judgement. Whether somebody wants to read what is not known, policy says.

use super::{authority, path, split_query, split_scheme};

/// What is known of a URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The URI in its one form.
    pub uri: Option<String>,
    /// The scheme, in lower case.
    pub scheme: Option<String>,
    /// The host.
    pub host: Host,
    /// Why something is not known.
    pub why: Option<&'static str>,
}

/// What is known of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// There is this one: in lower case, without a port.
    Of(String),
    /// There is none.
    Nobody,
    /// Programs disagree.
    Unclear,
}

impl Host {
    /// The host, if there surely is one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Of(name) => Some(name),
            Self::Nobody | Self::Unclear => None,
        }
    }
}

impl Reading {
    /// The name by which policies know the URI that was written as `written`.
    #[must_use]
    pub fn name<'a>(&'a self, written: &'a str) -> &'a str {
        self.uri.as_deref().unwrap_or(written)
    }

    /// Nothing is known.
    const fn nothing(why: &'static str) -> Self {
        Self {
            uri: None,
            scheme: None,
            host: Host::Unclear,
            why: Some(why),
        }
    }
}

const NO_SCHEME: &str = "it does not begin with a scheme";
const DRIVE: &str = "its scheme could be a drive";
const WRAPPED: &str = "some programs leave its scheme out";
const NESTED: &str = "it holds the address of something else";
const NO_AUTHORITY: &str = "after its scheme there are not two slashes";
const UNCLEAR_HOST: &str = "its host could be read as another one";
const FRAGMENT: &str = "it has a fragment, which programs leave out";
const FILE_QUERY: &str = "a file's address has a query";

/// Reads a URI.
#[must_use]
pub fn read(uri: &str) -> Reading {
    let (scheme, rest) = split_scheme(uri);
    match scheme.len() {
        0 => return Reading::nothing(NO_SCHEME),
        1 => return Reading::nothing(DRIVE),
        _ => {}
    }
    let scheme = scheme.to_ascii_lowercase();
    if scheme == "url" {
        return Reading::nothing(WRAPPED);
    }
    let Some(after) = rest.strip_prefix("//") else {
        let decoded = path::decoded(rest);
        return match decoded.contains(":/") || decoded.contains(":\\") {
            true => Reading::nothing(NESTED),
            false => opaque(scheme, NO_AUTHORITY),
        };
    };
    let (shown, more) = split_query(after);
    let (place, path) = shown.split_at(shown.find('/').unwrap_or(shown.len()));
    // To some, the authority goes on behind a question mark or a number sign.
    let goes_on = path.is_empty() && more.contains(['@', '\\']);
    let authority = authority::read(&scheme, place).filter(|_| !goes_on);
    let Some(authority) = authority else {
        return opaque(scheme, UNCLEAR_HOST);
    };
    let form = authority.form.and_then(|form| {
        let path = path::path(&scheme, path, authority::is_web(&scheme))?;
        Ok(format!("{scheme}://{form}{path}{}", tail(&scheme, more)?))
    });
    Reading {
        why: form.as_ref().err().copied(),
        uri: form.ok(),
        scheme: Some(scheme),
        host: authority.host.map_or(Host::Nobody, Host::Of),
    }
}

fn opaque(scheme: String, why: &'static str) -> Reading {
    Reading {
        scheme: Some(scheme),
        ..Reading::nothing(why)
    }
}

/// The query in its one form. What programs leave out, or take for a part of a file's name, has none.
fn tail(scheme: &str, more: &str) -> Result<String, &'static str> {
    if more.contains('#') {
        return Err(FRAGMENT);
    }
    match scheme == "file" && !more.is_empty() {
        true => Err(FILE_QUERY),
        false => path::query(more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `uri scheme host`, with `-` for none and `?` for what is not known.
    fn known(uri: &str) -> String {
        let reading = read(uri);
        let host = match &reading.host {
            Host::Of(name) => name,
            Host::Nobody => "-",
            Host::Unclear => "?",
        };
        let uri = reading.uri.as_deref().unwrap_or("?");
        assert_eq!(reading.why.is_some(), reading.uri.is_none(), "{uri}");
        format!("{uri} {} {host}", reading.scheme.as_deref().unwrap_or("?"))
    }

    #[test]
    fn one_place_has_one_spelling() {
        let places = "FILE:///etc/passwd = file:///etc/passwd file -
            | HTTPS://INTERNAL.example/x = https://internal.example/x https internal.example
            | https://internal.example:443 = https://internal.example/ https internal.example
            | https://internal.example:/ = https://internal.example/ https internal.example
            | https://internal.example.?q = https://internal.example/?q https internal.example
            | http://127.0.0.1/ = http://127.0.0.1/ http 127.0.0.1
            | ws://[0:0:0:0:0:0:0:1]:8080/ = ws://[::1]:8080/ ws [::1]
            | greeting://J%20d = greeting://j%20d greeting j%20d
            | file:///srv/r\u{e9}sum\u{e9}.md = file:///srv/r%C3%A9sum%C3%A9.md file -
            | file:///srv/r%c3%a9sum%c3%a9.md = file:///srv/r%C3%A9sum%C3%A9.md file -
            | file:///app/[slug]/page.tsx = file:///app/%5Bslug%5D/page.tsx file -
            | https://h.example/.env? = https://h.example/.env https h.example
            | UI://Widget/App.html = ui://widget/App.html ui widget";
        for line in places.split('|') {
            let (uri, wanted) = line.trim().split_once(" = ").unwrap();
            assert_eq!(known(uri), wanted, "{uri}");
            let again = wanted.split(' ').next().unwrap();
            assert_eq!(known(again), wanted, "{again}");
        }
    }

    #[test]
    fn a_query_has_one_spelling() {
        for (spelt, form) in [
            (
                "https://h.example/?path=%2Fetc%2Fx",
                "https://h.example/?path=/etc/x",
            ),
            (
                "https://h.example/?t=10%3A30%2C5",
                "https://h.example/?t=10:30,5",
            ),
            (
                "note://n/a?q=%21%24%27%28%29%2a%3f%40",
                "note://n/a?q=!$'()*?@",
            ),
            ("note://n?q=a%20b%26c%2Bd", "note://n?q=a%20b%26c%2Bd"),
        ] {
            assert_eq!(read(spelt).uri.as_deref(), Some(form), "{spelt}");
            assert_eq!(read(form).uri.as_deref(), Some(form), "{form}");
        }
        for opaque in ["?q=a+b", "?q=a%3Db", "?a;b", "?q=%61", "?q=%252F"] {
            assert_eq!(
                read(&format!("https://h.example/{opaque}")).uri,
                None,
                "{opaque}"
            );
        }
        for opaque in [
            "URL:file:///x",
            "url:file:%2Fetc%2Fpasswd",
            "xx:file%3A%2F%2Fx",
        ] {
            assert_eq!(read(opaque).scheme, None, "{opaque}");
        }
        for host in [
            "internal%2F.good.com",
            "internal%3F.good",
            "a%40b",
            "u%40x@internal",
            "a%00b",
        ] {
            let uri = format!("xx://{host}/a");
            assert_eq!(read(&uri).host, Host::Unclear, "{uri}");
        }
    }

    #[test]
    fn usual_uris_are_read_as_they_are() {
        let usual = "file:///srv/a.txt file:///srv/handbook/..hidden file:///srv/a%20b.md file:/// memo://insights
            greeting://world test://static/resource/1 postgres://db:5432/users/schema ui://app/view.html
            https://example.com/a/b?x=1&y=a/b https://example.com/docs/ search://items?q=a%20b
            note://2024/10:30/a,b config://app github://acme/web/contents/src/main.rs docs://a/b@2.0/c+d
            resource://x/~user/(1)/a=b!*'$& s3://bucket/key/%E2%80%AFx file:///srv/%E6%97%A5%E6%9C%AC.txt
            demo://resource/dynamic/text/1 xx:// schema://tables vscode://file";
        for uri in usual
            .split_whitespace()
            .filter(|uri| !uri.contains("%80%AF"))
        {
            assert_eq!(read(uri).uri.as_deref(), Some(uri), "{:?}", read(uri));
        }
    }

    #[test]
    fn what_programs_read_differently_is_opaque() {
        let placed = r"file:///srv/%2e%2e/etc/passwd file:///srv/../etc file:///srv/%2E./a file:///srv/.%2e/a file:///srv/./a
            file:///srv//etc file:////etc file:///srv/a%2Fb file:///srv/a%2fb file:///srv/a%5Cb file:///srv/a\b file:///srv/a%00
            file:///srv/%61 file:///srv/%7Ea file:///srv/%252e%252e/a file:///srv/a%25 file:///srv/a%zz file:///srv/a%
            file:///srv/a;b file:///srv/..;/a file:///srv/a%3Bb file:///C:/x file:///c%3A/x file:///c|/x file:///c%7C/x
            file:///srv/a. file:///srv/a%20 file:///srv/... file:///srv/a/. file:///srv/key.pem/ file:///srv/key.pem?x file:///srv/key.pem#x
            file:///srv/key.pem%3Fx file:///srv/key.pem%23x file:///srv/a::$DATA file:///srv/%C0%AE%C0%AE/a file:///srv/%E0%80%AF
            file:///srv/%ff file:///srv/．．/a file:///srv/%EF%BC%8E%EF%BC%8E/a file:///srv/e%CC%81 file:///srv/a%E2%80%8Bb
            file:///srv/{path} file:///srv/a^b file:///srv/a|b file:///srv/a`b file:///srv/a%2Bb https://h/a/../b https://h/a//b
            https://h/%2e%2e/ https://h:0443/ https://h:99999/ https://h/a;b https://h/a#b note://h/a/ note://h/a?x=../b
            postgres://bob@db/x note://.../x note://a./x note://h: note://h:080/x xx://h/a%0Ab xx://h/%1f xx://h/\u{fb01}x
            file://server/share/a xx://h/%2561 xx://h/%c3 xx://h/%c3%28";
        for uri in placed.split_whitespace() {
            let reading = read(uri);
            assert_eq!(reading.uri, None, "{uri}");
            assert!(
                reading.scheme.is_some() && reading.host != Host::Unclear,
                "{uri}"
            );
        }
        for uri in ["file:///srv/my file.md", "file:///a\u{a0}b", "xx://h/a b"] {
            assert!(
                read(uri).uri.is_none() && read(uri).scheme.is_some(),
                "{uri}"
            );
        }
    }

    #[test]
    fn what_programs_compose_or_cut_is_opaque() {
        let composed =
            "file://:80/etc/passwd memo://:80/x file:///srv/\u{627}\u{653} file:///srv/%D8%A7%D9%93
            file:///srv/e\u{301} file:///srv/\u{2c7c} memo://host../x";
        for uri in composed.split_whitespace() {
            assert_eq!(read(uri).uri, None, "{uri}");
        }
        for uri in "file:///srv/\u{622} file:///srv/\u{e9} file:///srv/\u{939}\u{93f}".split(' ') {
            assert!(read(uri).uri.is_some(), "{uri}");
        }
    }

    #[test]
    fn where_it_leads_may_not_be_known() {
        let spaced = "| file:///etc/passwd|fi\tle:///a";
        let nothing = r"/etc/passwd no-scheme :x c:/x C:\x 1a:b //h/x jar:file:/x!/y url:file:///etc/passwd
            view-source:https://h/ blob:https://h/1";
        for uri in spaced.split('|').chain(nothing.split_whitespace()) {
            assert_eq!(known(uri), "? ? ?", "{uri:?}");
        }
        let hosts = r"file:\server\share https://internal.example\@good.com/ https:internal.example/x
            https:/internal.example/x WSS:h https:///internal.example/x https:// https://:443/
            https://good.com#@internal.example/ https://good.com?@internal.example/ https://good.com@internal.example/ https://@internal.example/ postgres://a@b@internal.example/
            https://%69nternal.example/ postgres://%69nternal/ postgres://100%/ postgres://good.com,internal.example/
            https://ⓘnternal.example/ https://internal..example/ https://internal.example:443:1/ https://h:x/
            http://[::1/ http://2130706433/ http://0x7f.1/ http://0177.0.0.1/ http://[fe80::1%25eth0]/
            file://localhost/etc/passwd file://127.0.0.1/etc file://c:/x file:/etc/passwd file:etc urn:isbn:1 note:a:b
            data:,x mailto:a@b note://a|b/x note://a;b/x note://caf\u{e9}/x";
        for uri in hosts.split_whitespace() {
            let reading = read(uri);
            assert!(reading.scheme.is_some(), "{uri}");
            assert_eq!((reading.uri, reading.host), (None, Host::Unclear), "{uri}");
        }
        assert_eq!(read("note://my notes/a").host, Host::Unclear);
    }
}
