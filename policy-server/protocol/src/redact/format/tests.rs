//! Every format finds what it describes, and nothing that only resembles it.
//!
//! Samples are made from the formats' own descriptions, so that none stands in this repository.

mod innocent;
mod samples;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;

use super::super::anchors::{Anchor, Anchors, Case};
use super::{Before, Body, FORMATS, Format, Look, Span, look};
use samples::{Random, body, samples};

thread_local! {
    static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
}

/// Counts bytes that were looked at.
pub(super) fn count(bytes: usize) {
    LOOKED_AT.set(LOOKED_AT.get() + bytes);
}

/// What a scan with all formats finds: names and ranges, and how many bytes the checks looked at.
fn find(text: &str) -> (Vec<(&'static str, Range<usize>)>, usize) {
    thread_local! {
        static ALL: (Vec<&'static Format>, Anchors) = {
            let pairs = || FORMATS.iter().flat_map(|f| f.prefixes.iter().map(move |p| (f, *p)));
            let anchor = |(_, text): (&Format, &'static str)| Anchor { text, case: Case::Exact };
            let anchors: Vec<_> = pairs().map(anchor).collect();
            (pairs().map(|(format, _)| format).collect(), Anchors::new(&anchors))
        };
    }
    LOOKED_AT.set(0);
    let mut found = Vec::new();
    ALL.with(|(formats, anchors)| {
        anchors.scan(text.as_bytes(), |at, index| {
            let range = formats[index].check(text, at)?;
            found.push((formats[index].id, range.clone()));
            Some(range.end)
        });
    });
    (found, LOOKED_AT.get())
}

#[test]
fn the_table_is_sound() {
    let mut ids = BTreeSet::new();
    for format in FORMATS {
        let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(format.id.bytes().all(is_word), "{}", format.id);
        assert!(format.id.len() <= 40, "{}", format.id);
        assert!(ids.insert(format.id), "{} twice", format.id);
        assert!(
            super::super::Class::parse(format.class).is_some(),
            "{}",
            format.class
        );
        assert!(format.class.starts_with("secret."), "{}", format.class);
        assert!(
            format.prefixes.iter().all(|p| p.len() >= 3),
            "{}",
            format.id
        );
    }
    assert!(ids.len() >= 200, "{} formats", ids.len());
}

#[test]
fn samples_are_found_wherever_they_stand() {
    let around = [
        ("", ""),
        ("the key is ", " and so on"),
        ("KEY=", "\nNEXT=1"),
        ("{\"key\": \"", "\"}"),
        ("(", ")"),
        ("a\\n", "\\nb"),
        ("x%3D", "&y=1"),
        ("é", "é"),
        ("POST https://api.example:8443/hook/", " 1"),
    ];
    for (format, prefix, body) in samples(&mut Random::new(1)) {
        for (before, after) in around {
            let text = format!("{before}{prefix}{body}{after}");
            let start = match format.span {
                Span::Whole => before.len(),
                Span::Behind => before.len() + prefix.len(),
            };
            let end = before.len() + prefix.len() + body.len();
            let found = format.check(&text, before.len());
            assert_eq!(found, Some(start..end), "{} in {text:?}", format.id);
            let (all, _) = find(&text);
            let is_covered =
                |(_, range): &(_, Range<usize>)| range.start <= start && end <= range.end;
            assert!(
                all.iter().any(is_covered),
                "{}: {all:?} in {text:?}",
                format.id
            );
        }
    }
}

#[test]
fn what_is_glued_to_a_word_is_none() {
    for (format, prefix, body) in samples(&mut Random::new(2)) {
        for glue in ["x", "_", "9"] {
            let text = format!("{glue}{prefix}{body}");
            let found = format.check(&text, 1);
            assert_eq!(
                found.is_some(),
                format.before == Before::Anything,
                "{} in {text:?}",
                format.id
            );
        }
    }
}

#[test]
fn what_is_too_short_or_too_long_is_none() {
    let mut random = Random::new(3);
    for format in FORMATS {
        let Body::Run(super::Part::Run(alphabet, min, max)) = format.body else {
            continue;
        };
        for (length, fits) in [(min, true), (max, true), (min - 1, false), (max + 1, false)] {
            let body = body(&mut random, format.look, &|random| {
                random.text(alphabet, length)
            });
            let text = format!("{}{body} ", format.prefixes[0]);
            assert_eq!(
                format.check(&text, 0).is_some(),
                fits,
                "{} {text:?}",
                format.id
            );
        }
        let foreign = body(&mut random, format.look, &|random| {
            random.text(alphabet, min - 1)
        }) + " ";
        let text = format!("{}{foreign}", format.prefixes[0]);
        assert_eq!(format.check(&text, 0), None, "{} {text:?}", format.id);
    }
}

#[test]
fn a_checksum_accepts_what_is_glued() {
    let mut random = Random::new(4);
    let body = random.text(super::alphabet::ALNUM, 30);
    let digits = String::from_utf8(look::seal(body.as_bytes()).to_vec()).unwrap();
    let token = ["gh", "p_", &body, &digits].concat();
    let (found, _) = find(&format!("tail{token}tail"));
    assert_eq!(found, [("github-token", 4..44)]);
    let wrong = ["gh", "p_", &body, "000000"].concat();
    assert_eq!(find(&format!("tail{wrong}tail")).0, []);
    assert_eq!(find(&format!("a {wrong} b")).0, [("github-token", 2..42)]);
}

#[test]
fn the_checksum_is_that_of_github() {
    // The token that GitHub's own announcement of checksums made known, without its prefix.
    let known = ["zQWBuTSOoRi4A9spHcVY5", "ncnsDkxkJ", "0mLq17"].concat();
    assert!(look::is_sealed(known.as_bytes()));
}

#[test]
fn words_that_look_random_are_told_from_words() {
    for (secret, fits) in [
        ("Ab3", true),
        ("hub_download", false),
        ("aaaaaaaaaaaaaaaa1", false),
        ("qwertyuiop12", true),
        ("SecretNameOfThis", true),
    ] {
        assert_eq!(Look::Mixed.fits(secret.as_bytes()), fits, "{secret}");
    }
}

/// A text of nearly-secrets costs a bounded number of looks for each of its bytes.
#[test]
fn near_misses_cost_little() {
    let mut heads: Vec<String> = FORMATS
        .iter()
        .flat_map(|format| format.prefixes)
        .map(|prefix| (*prefix).to_owned())
        .collect();
    heads.extend(
        [
            "a",
            "0",
            "=",
            "eyJhbGciOiJIUzI1NiJ9.",
            "-----BEGIN PRIVATE KEY-----\n",
        ]
        .map(String::from),
    );
    let url = "fm2_/".repeat(30) + &"Ab0/".repeat(1_100) + "~";
    heads.push(format!("https://a/{url} "));
    heads.push("https://a/fm2_/fm2_/".to_owned());
    heads.push("A".repeat(21));
    heads.push(["-----BEGIN PRIVATE", " KEY-----", "-----END "].concat());
    for head in heads {
        for glue in ["", " ", "-", ".", "/", "a", "0-", "\\n"] {
            let text = format!("{head}{glue}").repeat(6_000 / (head.len() + glue.len()));
            let (_, looked_at) = find(&text);
            assert!(
                looked_at <= 64 * text.len(),
                "{looked_at} looks at {} bytes of {head:?}{glue:?}",
                text.len()
            );
        }
    }
}
