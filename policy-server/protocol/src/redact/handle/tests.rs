//! Handles under attack: each bit, each character, each binding, each length.

#![allow(
    clippy::string_slice,
    reason = "handles are ASCII, and ranges that do not fit should fail a test"
)]

use proptest::prelude::*;

use super::*;

const NOW_S: u64 = 1_700_000_000;
const SECRET: &str = "correct horse battery staple";

/// What a handle is sealed for, in a form that tests can vary.
#[derive(Clone)]
struct Place {
    key: HandleKey,
    tenant: Name,
    from: ServerName,
    until_s: u64,
}

impl Place {
    fn new() -> Self {
        Self {
            key: HandleKey::new([7; 32]),
            tenant: Name::from_static("acme"),
            from: ServerName::parse("vault").expect("a name"),
            until_s: NOW_S + 60,
        }
    }

    fn sealing(&self) -> Sealing<'_> {
        Sealing {
            key: &self.key,
            tenant: &self.tenant,
            from: &self.from,
            until_s: self.until_s,
        }
    }

    fn seal(&self, secret: &str) -> String {
        self.sealing().seal("github-pat", &class(), secret)
    }

    fn open(&self, handle: &str) -> Result<String, HandleError> {
        self.sealing().open(handle, &class(), NOW_S)
    }
}

fn class() -> Class {
    Class::parse("secret.github").expect("a class")
}

fn bytes_of(handle: &str) -> (String, Vec<u8>) {
    let (rule, encoded) = handle[PREFIX.len()..].split_once('_').expect("a handle");
    let bytes = URL_SAFE_NO_PAD.decode(encoded).expect("base64url");
    (rule.to_owned(), bytes)
}

fn handle_of(rule: &str, bytes: &[u8]) -> String {
    format!("{PREFIX}{rule}_{}", URL_SAFE_NO_PAD.encode(bytes))
}

#[test]
fn a_secret_comes_back_and_its_handle_is_always_the_same() {
    let place = Place::new();
    let handle = place.seal(SECRET);
    assert_eq!(place.open(&handle), Ok(SECRET.to_owned()));
    assert_eq!(place.seal(SECRET), handle);
    assert!(handle.starts_with("pcs1_github-pat_"), "{handle}");
    let token = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    assert!(handle.bytes().all(token), "{handle}");
    // No part of it is the nonce or the ciphertext of another secret.
    let (other, own) = (bytes_of(&place.seal("another")).1, bytes_of(&handle).1);
    assert_eq!(other[..8], own[..8]);
    assert_ne!(other[8..32], own[8..32]);
}

#[test]
fn handles_of_another_place_do_not_open() {
    let place = Place::new();
    let handle = place.seal(SECRET);
    let tenant = Place {
        tenant: Name::from_static("acm"),
        ..place.clone()
    };
    let server = Place {
        from: ServerName::parse("vault2").expect("a name"),
        ..place.clone()
    };
    let key = Place {
        key: HandleKey::new([8; 32]),
        ..place.clone()
    };
    for other in [tenant, server, key] {
        assert_eq!(other.open(&handle), Err(HandleError::Foreign));
        assert_ne!(other.seal(SECRET), handle);
    }
    let class = Class::parse("secret.gitlab").expect("a class");
    let opened = place.sealing().open(&handle, &class, NOW_S);
    assert_eq!(opened, Err(HandleError::Foreign));
    let rule = handle.replacen("github-pat", "gitlab-pat", 1);
    assert_eq!(place.open(&rule), Err(HandleError::Foreign));
}

#[test]
fn fields_of_a_binding_do_not_run_into_each_other() {
    let place = Place::new();
    let shifted = Place {
        tenant: Name::from_static("acmev"),
        from: ServerName::parse("ault").expect("a name"),
        ..place.clone()
    };
    let opened = shifted.open(&place.seal(SECRET));
    assert_eq!(opened, Err(HandleError::Foreign));
}

#[test]
fn a_handle_ends_by_its_own_time_and_only_a_genuine_one_says_so() {
    let place = Place::new();
    let handle = place.seal(SECRET);
    let later = Place {
        until_s: NOW_S + 9_999,
        ..place.clone()
    };
    let at = |now_s| later.sealing().open(&handle, &class(), now_s);
    assert_eq!(at(place.until_s - 1), Ok(SECRET.to_owned()));
    assert_eq!(at(place.until_s), Err(HandleError::Expired));
    assert_eq!(at(u64::MAX), Err(HandleError::Expired));
    let (rule, mut bytes) = bytes_of(&handle);
    bytes[..8].copy_from_slice(&(place.until_s + 1).to_be_bytes());
    let longer = later
        .sealing()
        .open(&handle_of(&rule, &bytes), &class(), place.until_s);
    assert_eq!(longer, Err(HandleError::Foreign));
    bytes[..8].copy_from_slice(&0_u64.to_be_bytes());
    let over = place.open(&handle_of(&rule, &bytes));
    assert_eq!(over, Err(HandleError::Foreign));
}

#[test]
fn every_flipped_bit_is_refused() {
    let place = Place::new();
    let (rule, bytes) = bytes_of(&place.seal(SECRET));
    for bit in 0..bytes.len() * 8 {
        let mut bent = bytes.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        let opened = place.open(&handle_of(&rule, &bent));
        assert_eq!(opened, Err(HandleError::Foreign), "bit {bit}");
    }
}

#[test]
fn every_other_character_is_refused() {
    let place = Place::new();
    let handle = place.seal("a short one");
    for at in 0..handle.len() {
        for other in (0_u8..128).filter(|other| *other != handle.as_bytes()[at]) {
            let mut bent = handle.clone().into_bytes();
            bent[at] = other;
            let bent = String::from_utf8(bent).expect("ASCII");
            assert_eq!(place.open(&bent), Err(HandleError::Foreign), "{bent:?}");
        }
    }
}

#[test]
fn every_cut_and_every_addition_is_refused() {
    let place = Place::new();
    let handle = place.seal(SECRET);
    for end in 0..handle.len() {
        let opened = place.open(&handle[..end]);
        assert_eq!(opened, Err(HandleError::Foreign), "{end}");
    }
    for more in ["A", "=", "==", "AA", "AAAA", " ", "\n", "_"] {
        let behind = place.open(&format!("{handle}{more}"));
        assert_eq!(behind, Err(HandleError::Foreign), "{more:?}");
        let before = place.open(&format!("{more}{handle}"));
        assert_eq!(before, Err(HandleError::Foreign), "{more:?}");
    }
}

#[test]
fn a_nonce_that_is_not_made_from_the_secret_is_refused() {
    // Whoever had the key could seal with any nonce; that is no handle of ours.
    let place = Place::new();
    let sealing = place.sealing();
    let binding = sealing.binding("github-pat", &class(), place.until_s);
    let nonce = XNonce::from([0; NONCE_BYTES]);
    let payload = Payload {
        msg: SECRET.as_bytes(),
        aad: binding.as_bytes(),
    };
    let sealed = sealing.cipher().encrypt(&nonce, payload).expect("sealed");
    let bytes = [&place.until_s.to_be_bytes()[..], &nonce[..], &sealed[..]].concat();
    let opened = place.open(&handle_of("github-pat", &bytes));
    assert_eq!(opened, Err(HandleError::Foreign));
}

#[test]
fn the_longest_secret_comes_back_and_a_longer_one_stays_sealed() {
    let place = Place::new();
    let longest = "x".repeat(SECRET_BYTES_MAX);
    assert_eq!(place.open(&place.seal(&longest)), Ok(longest.clone()));
    let opened = place.open(&place.seal(&format!("{longest}x")));
    assert_eq!(opened, Err(HandleError::Foreign));
}

#[test]
fn the_key_does_not_print() {
    let place = Place::new();
    let shown = format!("{:?} {:#?}", place.key, place.sealing());
    assert!(!shown.contains('7') || !shown.contains("7, 7"), "{shown}");
    assert!(shown.contains("HandleKey"), "{shown}");
}

#[test]
fn handles_are_found_wherever_they_stand() {
    let handle = Place::new().seal(SECRET);
    let found = |text: &str| -> Vec<String> {
        let ranges = find_handles(text).into_iter();
        ranges.map(|range| text[range].to_owned()).collect()
    };
    assert_eq!(found(&handle), [handle.as_str()]);
    let url = format!("https://x/?a={handle}&b={handle}#é");
    assert_eq!(found(&url), [handle.as_str(), handle.as_str()]);
    // Glued, broken and doubled ones are found too: they are to be refused.
    assert_eq!(found("xpcs1_"), ["pcs1_"]);
    assert_eq!(found("pcs1_pcs1_a b"), ["pcs1_pcs1_a"]);
    assert_eq!(found("pcs1_é pcs1_a.b"), ["pcs1_", "pcs1_a"]);
    assert_eq!(found("pcs1- pcs2_ PCS1_ pcs"), Vec::<String>::new());
    assert_eq!(find_handles(&"pcs1_".repeat(100_000)).len(), 1);
}

proptest! {
    #[test]
    fn any_secret_comes_back(secret in ".{8,200}", until_s in NOW_S + 1..) {
        let place = Place { until_s, ..Place::new() };
        let handle = place.seal(&secret);
        prop_assert_eq!(find_handles(&handle), vec![0..handle.len()]);
        prop_assert_eq!(place.open(&handle), Ok(secret));
    }

    #[test]
    fn nothing_else_opens(text in "(pcs1_)?[a-z-]{0,8}_?[A-Za-z0-9_-]{0,120}|.{0,60}") {
        prop_assert_eq!(Place::new().open(&text), Err(HandleError::Foreign));
    }

    #[test]
    fn what_is_found_begins_with_the_prefix_and_ends_with_its_run(text in "(pcs1_|[a-f_é .-]){0,12}") {
        let mut before = 0;
        for range in find_handles(&text) {
            prop_assert!(range.start >= before && text[range.clone()].starts_with(PREFIX));
            let next = text[range.end..].bytes().next();
            prop_assert!(!next.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
            prop_assert!(!text[before..range.start].contains(PREFIX));
            before = range.end;
        }
        prop_assert!(!text[before..].contains(PREFIX));
    }
}

#[test]
fn what_is_too_short_to_be_kept_out_of_answers_does_not_open() {
    let place = Place::new();
    assert_eq!(
        place.open(&place.seal("1234567")),
        Err(HandleError::Foreign)
    );
    assert_eq!(
        place.open(&place.seal("12345678")),
        Ok("12345678".to_owned())
    );
}
