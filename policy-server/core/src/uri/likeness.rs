//! What an opaque URI might be to somebody: the loosest reading, for policies that name things exactly.
//!
//! Two URIs that are alike need not be one thing; two that some program takes for one are alike.
//! Deliberately absent: permission. Likeness only ever denies.

use std::collections::{BTreeMap, BTreeSet};

use super::path::decoded;
use super::{Reading, read, split_scheme};

/// The URIs that policies name exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// By what they might be, as written.
    alike: BTreeMap<String, BTreeSet<String>>,
    /// The one forms of those that are written in another.
    misspelt: BTreeSet<String>,
}

impl Named {
    /// Adds a name.
    pub fn add(&mut self, name: &str) {
        for key in likeness(name) {
            self.alike.entry(key).or_default().insert(name.to_owned());
        }
        let form = read(name).uri.filter(|form| form != name);
        self.misspelt.extend(form);
    }

    /// Whether a URI could be what a policy names with another spelling.
    #[must_use]
    pub fn confuses(&self, written: &str, reading: &Reading) -> bool {
        if let Some(uri) = &reading.uri {
            return self.misspelt.contains(uri);
        }
        let other = |key: &String| {
            let names = self.alike.get(key);
            names.is_some_and(|names| names.iter().any(|name| name != written))
        };
        !self.alike.is_empty() && likeness(written).iter().any(other)
    }
}

/// What a URI might be: decoded, in lower case, without what some programs leave out, with dot segments
/// removed. Twice, because `..` leads out of the first part for some.
#[must_use]
pub fn likeness(uri: &str) -> BTreeSet<String> {
    let text = decoded(uri);
    // Where texts end in C.
    let text = text.split('\0').next().unwrap_or_default();
    let text: String = text.chars().filter_map(folded).collect();
    let text = text.to_lowercase();
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = split_scheme(text);
    let first = rest.trim_start_matches('/');
    let (place, path) = first.split_once('/').unwrap_or((first, ""));
    let in_authority = rest.starts_with("//") && !rest.starts_with("///");
    let place = place.rsplit('@').next().unwrap_or_default();
    let place = match place.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => place,
    };
    let place = match in_authority && scheme == "file" {
        true => "",
        false => place,
    };
    let below = resolved(path, Vec::new()).join("/");
    let whole = format!("{place}/{path}");
    BTreeSet::from([
        format!("{scheme}:{}", resolved(&whole, Vec::new()).join("/")),
        format!(
            "{scheme}:{}",
            resolved(place, below.split('/').collect()).join("/")
        ),
    ])
}

/// The segments of a path that lead somewhere, in front of others.
fn resolved<'a>(path: &'a str, behind: Vec<&'a str>) -> Vec<&'a str> {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        let segment = segment.split(';').next().unwrap_or_default();
        // A stream of a file, on Windows.
        let segment = segment.split("::").next().unwrap_or_default();
        if segment == ".." {
            segments.pop();
            continue;
        }
        let segment = segment.trim_end_matches('.');
        if !segment.is_empty() {
            segments.push(segment);
        }
    }
    segments.extend(behind.into_iter().filter(|segment| !segment.is_empty()));
    segments
}

/// A character as the most lenient program takes it; none for one that it does not see.
fn folded(c: char) -> Option<char> {
    let c = match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        0x2024 | 0x3002 => '.',
        0x2044 | 0x2215 | 0x29f8 => '/',
        _ => c,
    };
    match c {
        '\\' => Some('/'),
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
        let confuses = |uri: &str| named.confuses(uri, &read(uri));
        let could_be = r"file:/etc/passwd file://localhost/etc/passwd file:///etc/%70asswd file:///etc/%2570asswd
            file:///etc//passwd file:///etc/./passwd file:///etc/x/../passwd file:///etc/%2e/passwd file:///srv/%2e%2e/etc/passwd
            file:///etc/passwd# file:///etc/passwd?x file:///etc/passwd%00 file:///etc/passwd%00.txt file:///etc/passwd::$DATA file:///etc/passwd. file:///etc/passwd;x file:///etc/passwd/
            file:\\\etc\passwd file:///etc%2Fpasswd file:///etc%5cpasswd file:///ETC/passwd%20 file:///etc/ｐasswd
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
        ] {
            assert!(!confuses(uri), "{uri}");
        }
    }
}
