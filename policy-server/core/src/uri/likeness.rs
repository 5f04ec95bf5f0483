//! What an opaque URI might be to somebody: the loosest reading, for policies that name things exactly.
//!
//! Two URIs that are alike need not be one thing; two that some program takes for one are alike.
//! Deliberately absent: permission. Likeness only ever denies.

mod host;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization as _;

use self::host::hosted;
use super::path::{DECODED_TIMES_MAX, decoded, once};
use super::{Reading, read, split_scheme};

/// Longest opaque URI of which it is found out what it could be, in bytes; a longer one could be anything.
const READ_BYTES_MAX: usize = 2_048;

/// The URIs that policies name exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// By what they might be, as written.
    alike: BTreeMap<String, BTreeSet<String>>,
    /// The one forms of those that are written in another.
    misspelt: BTreeSet<String>,
    /// Their one forms, by what is left without a path or a query that says nothing.
    bare: BTreeMap<String, BTreeSet<String>>,
}

impl Named {
    /// Adds a name.
    pub fn add(&mut self, name: &str) {
        for key in likeness(name) {
            self.alike.entry(key).or_default().insert(name.to_owned());
        }
        let Some(form) = read(name).uri else { return };
        let names = self.bare.entry(bare(&form).to_owned()).or_default();
        names.insert(form.clone());
        if form != name {
            self.misspelt.insert(form);
        }
    }

    /// Whether a URI could be what a policy names with another spelling.
    #[must_use]
    pub fn confuses(&self, written: &str, reading: &Reading) -> bool {
        if let Some(uri) = &reading.uri {
            let other = |name: &String| name != uri;
            let bare = self.bare.get(bare(uri));
            return self.misspelt.contains(uri)
                || bare.is_some_and(|names| names.iter().any(other));
        }
        // What is longer than anybody writes is not read in every way.
        if written.len() > READ_BYTES_MAX {
            return !self.alike.is_empty();
        }
        let other = |key: &String| {
            let names = self.alike.get(key);
            names.is_some_and(|names| names.iter().any(|name| name != written))
        };
        !self.alike.is_empty() && likeness(written).iter().any(other)
    }
}

/// A URI in its one form without a query that is empty, and without a path that is no more than a slash:
/// to many servers of addresses of their own they say nothing.
fn bare(form: &str) -> &str {
    let form = form.strip_suffix('?').unwrap_or(form);
    let path = form.strip_suffix('/').unwrap_or(form);
    match path.split_once("://") {
        Some((_, place)) if !place.contains('/') => path,
        _ => form,
    }
}

/// What a URI might be: decoded, in lower case, without what some programs leave out, with dot segments
/// removed. Programs do this in different orders, so each order is a reading: how much is decoded before
/// the text is cut where a path ends, whether a backslash leads on, and whether dots lead back before
/// or after that.
#[must_use]
pub fn likeness(uri: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut text = Cow::Borrowed(unwrapped(uri));
    for _ in 0..=DECODED_TIMES_MAX {
        for end in [&['\0', '?', '#'][..], &['\0'], &['?', '#'], &['#'], &[]] {
            let shown = text.split(|c| end.contains(&c)).next().unwrap_or_default();
            // What is cut off before it is decoded stays off; dots lead back before, after, or alone.
            let dotted = shown.replace("%2e", ".").replace("%2E", ".");
            for rest in [decoded(shown).as_ref(), shown, &dotted] {
                keys.extend(placed(rest, '/'));
                keys.extend(placed(rest, '_'));
            }
        }
        match once(&text) {
            Some(next) => text = Cow::Owned(next),
            None => break,
        }
    }
    keys
}

/// What Python's `urllib` takes from around an address.
fn unwrapped(uri: &str) -> &str {
    let uri = uri.trim();
    let uri = uri.strip_prefix('<').unwrap_or(uri);
    let uri = uri.strip_suffix('>').unwrap_or(uri);
    match uri.get(..4) {
        Some(start) if start.eq_ignore_ascii_case("url:") => uri.get(4..).unwrap_or_default(),
        _ => uri,
    }
}

/// How a program reads segments of a path.
#[derive(Clone, Copy, Debug)]
struct Manner {
    /// What follows a semicolon is no part of a segment.
    cuts: bool,
    /// Dots at the end of a segment are not seen, as on Windows.
    trims: bool,
    /// `..` leads back over an empty segment, as in browsers.
    keeps_empty: bool,
}

/// The manners that make a difference for a text.
fn manners(text: &str) -> Vec<Manner> {
    let either = |differs: bool, usual: bool| match differs {
        true => vec![usual, !usual],
        false => vec![usual],
    };
    let dotted = |segment: &str| segment.len() > 1 && segment.ends_with('.') && segment != "..";
    let is_dotted = text.split(['/', ';', ':']).any(dotted);
    let mut manners = Vec::new();
    for cuts in either(text.contains(';') || text.contains("::"), true) {
        for trims in either(is_dotted, true) {
            for keeps_empty in either(text.contains("//..") || text.contains("/;"), false) {
                manners.push(Manner {
                    cuts,
                    trims,
                    keeps_empty,
                });
            }
        }
    }
    manners
}

/// Where a text might lead to, in each manner.
fn placed(text: &str, backslash: char) -> Vec<String> {
    let text: String = text.nfkc().filter_map(|c| folded(c, backslash)).collect();
    let text = text.to_lowercase();
    let all = manners(&text).into_iter();
    all.flat_map(|manner| led(&text, backslash, manner))
        .collect()
}

/// Where a text leads to. Twice, because `..` leads out of the first part for some.
fn led(text: &str, backslash: char, manner: Manner) -> [String; 2] {
    let (scheme, rest) = split_scheme(text);
    // A path without a scheme is a file's.
    let scheme = if scheme.is_empty() { "file" } else { scheme };
    let first = rest.trim_start_matches('/');
    let (place, path) = first.split_once('/').unwrap_or((first, ""));
    let in_authority = rest.starts_with("//") && !rest.starts_with("///");
    let place = place.rsplit('@').next().unwrap_or_default();
    // What is behind the first colon is a port, or is read as one.
    let place = match place.split_once(':') {
        Some((name, _)) if in_authority && !place.starts_with('[') => name,
        _ => place,
    };
    let place = match in_authority {
        true => hosted(place),
        false => place.to_owned(),
    };
    let place = place.as_str();
    let place = match in_authority && scheme == "file" {
        true => "",
        false => place,
    };
    let below = resolved(path, manner, Vec::new()).join("/");
    let whole = format!("{place}/{path}");
    let key = |segments: Vec<&str>| {
        let place = segments.join("/");
        let place = decoded(&place);
        let place = place.chars().filter_map(|c| folded(c, backslash));
        format!("{scheme}:{}", place.collect::<String>().to_lowercase())
    };
    [
        key(resolved(&whole, manner, Vec::new())),
        key(resolved(place, manner, below.split('/').collect())),
    ]
}

/// The segments of a path that lead somewhere, in front of others.
fn resolved<'a>(path: &'a str, manner: Manner, behind: Vec<&'a str>) -> Vec<&'a str> {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        let shown = match manner.cuts {
            // A stream of a file, on Windows, is behind two colons.
            true => segment
                .split(';')
                .next()
                .and_then(|rest| rest.split("::").next()),
            false => Some(segment),
        };
        let shown = shown.unwrap_or_default();
        if shown == ".." {
            segments.pop();
            continue;
        }
        let shown = match manner.trims {
            true => shown.trim_end_matches('.'),
            false if shown == "." => "",
            false => shown,
        };
        if !shown.is_empty() || manner.keeps_empty {
            segments.push(shown);
        }
    }
    // Only on the way back do empty ones count.
    segments.retain(|segment| !segment.is_empty());
    segments
        .iter_mut()
        .for_each(|segment| *segment = segment.trim_end_matches('.'));
    segments.extend(behind.into_iter().filter(|segment| !segment.is_empty()));
    segments
}

/// A character as the most lenient program takes it, and a backslash as this; none for one that it does
/// not see.
fn folded(c: char, backslash: char) -> Option<char> {
    let c = match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        0x2024 | 0x3002 => '.',
        0x2044 | 0x2215 | 0x29f8 => '/',
        _ => c,
    };
    match c {
        '\\' => Some(backslash),
        '|' => Some(':'),
        c if c.is_ascii_graphic() || c.is_alphanumeric() => Some(c),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opaque_uri_is_like_what_it_could_be() {
        let mut named = Named::default();
        named.add("file:///etc/passwd");
        named.add("note:my notes");
        named.add("https://Example.com");
        named.add("memo://secret");
        named.add("http://169.254.169.254/latest");
        named.add("https://xn--bcher-kva.example/x");
        let confuses = |uri: &str| named.confuses(uri, &read(uri));
        let could_be = r"file:/etc/passwd file://localhost/etc/passwd file:///etc/%70asswd file:///etc/%2570asswd
            file:///etc//passwd file:///etc/./passwd file:///etc/x/../passwd file:///etc/%2e/passwd file:///srv/%2e%2e/etc/passwd
            file:///etc/passwd# file:///etc/passwd?x file:///etc/passwd%00 file:///etc/passwd%00.txt file:///etc/passwd::$DATA file:///etc/passwd. file:///etc/passwd;x file:///etc/passwd/
            file:\\\etc\passwd file:///etc%2Fpasswd file:///etc%5cpasswd file:///ETC/passwd%20 file:///etc/ｐasswd
            file:///etc/x%3Fy/../passwd file:///etc/x%23y/../passwd file:///etc/x%00y/../passwd file:///etc/..%23/../passwd
            file:///etc/a%2Fb/../passwd file:///etc/a%5Cb/../passwd file:///etc/a%252Fb/../../passwd file://a%5Cb/etc/passwd
            /etc/passwd ///etc/passwd URL:file:///etc/passwd <file:///etc/passwd> <URL:file:///etc/passwd>
            memo://secret/ memo://secret/?
            file:///etc/.../../passwd file:///etc/x../../passwd file:///etc/passwd/.../.. file:///etc/;/../passwd file:///etc/..;/../etc/passwd
            file:///etc/x//../../passwd file:///etc//../passwd file:///etc/𝐩asswd file:///etc/ⓟasswd file://:80/etc/passwd
            https://ⓔxample.com https://example。com https://example｡com memo://secret::/ memo://u@secret:x/
            http://2852039166/latest http://0xa9fea9fe/latest http://169.254.43518/latest http://0251.0376.0251.0376/latest
            https://bücher.example/x https://b%C3%BCcher.example/x
            note:my%20notes note:My%2520notes NOTE:mynotes https://example.com/ https://Example.com";
        for uri in could_be.split_whitespace() {
            assert!(confuses(uri), "{uri}");
        }
        for uri in [
            "file:///etc/passwd",
            "note:my notes",
            "file:///etc/passwords",
            "note:your notes",
            "file:///srv/%2e%2e/etc/hosts",
            "https://example.com/a",
            "memo://secret",
            "memo://secret/a",
            "memo://secrets/",
            "/etc/hosts",
        ] {
            assert!(!confuses(uri), "{uri}");
        }
    }
}
