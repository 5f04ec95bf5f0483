//! Bundles that were signed, and are right or wrong inside.

use serde_json::{Value, json};

use super::*;
use crate::policies::Policies;
use crate::registry::Registry;

const CREATED: i64 = 1_795_258_381;

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32]).unwrap()
}

fn sources() -> Sources {
    let files = [
        (
            "a.cedar",
            "permit (principal, action, resource); //\t\u{1}é\n",
        ),
        ("bundle.toml", "name = \"payments\"\n"),
        ("tags.toml", ""),
        ("tools/github.json", "{\"tools\":[]}"),
    ];
    let owned = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    Sources::new(files.map(owned).into())
}

fn bundle() -> Bundle {
    let name = Some(Name::from_static("payments"));
    Bundle::new(sources(), CREATED, name, None).unwrap()
}

fn payload() -> Vec<u8> {
    let file = bundle().seal(&[key(1)]).unwrap();
    envelope_of(file.as_bytes()).unwrap().unverified()
}

/// A payload that is changed before it is signed.
fn signed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(&payload()).unwrap();
    change(&mut value);
    envelope::seal(PAYLOAD_TYPE, value.to_string().as_bytes(), &[key(1)]).into_bytes()
}

fn refused(file: &[u8]) -> BundleError {
    Bundle::verify(file, &[key(1).public().clone()]).unwrap_err()
}

#[test]
fn a_bundle_reads_back_what_it_holds() {
    let file = bundle().seal(&[key(1)]).unwrap();
    assert_eq!(file, bundle().seal(&[key(1)]).unwrap(), "the same bytes");
    let trusted = [key(1).public().clone()];
    let verified = Bundle::verify(file.as_bytes(), &trusted).unwrap();
    assert_eq!(verified.bundle(), &bundle());
    assert_eq!(verified.key(), key(1).public().id());
    let stamped = verified.into_sources();
    assert_eq!(stamped.digest(), sources().digest());
    assert_ne!(stamped, sources(), "the stamp is part of it");
    let policies = Policies::load(stamped.clone(), &Registry::default()).unwrap();
    let stamp = policies.stamp().unwrap();
    assert_eq!(stamp.created_s, CREATED);
    assert_eq!(stamp.key, key(1).public().id());
    assert_eq!(stamp.name.as_ref().unwrap().as_str(), "payments");
    assert!(
        Policies::load(sources(), &Registry::default())
            .unwrap()
            .stamp()
            .is_none()
    );
}

#[test]
fn the_payload_is_canonical() {
    let digest = sources().digest();
    let files = r#"{"a.cedar":"permit (principal, action, resource); //\t\u0001é\n","bundle.toml":"name = \"payments\"\n","tags.toml":"","tools/github.json":"{\"tools\":[]}"}"#;
    let wanted = format!(
        r#"{{"created":"2026-11-21T10:53:01Z","digest":"{digest}","files":{files},"name":"payments"}}"#
    );
    assert_eq!(String::from_utf8(payload()).unwrap(), wanted);
}

#[test]
fn what_is_signed_must_be_a_bundle() {
    let error = refused(&signed(|value| value["created"] = json!("today")));
    assert_eq!(error, BundleError::Created);
    for (member, value) in [
        ("more", json!(1)),
        ("name", json!("a\u{202e}b")),
        ("files", json!({"a.cedar": 1})),
        ("digest", json!("sha1:00")),
    ] {
        let error = refused(&signed(|payload| payload[member] = value));
        assert!(matches!(error, BundleError::Form(_)), "{member}: {error}");
    }
    let error = refused(&signed(|value| value["files"]["a.cedar"] = json!("")));
    assert!(matches!(error, BundleError::Digest { .. }), "{error}");
    let twice = br#"{"created":"2026-11-21T10:53:01Z","files":{"a.cedar":"","a.cedar":""}}"#;
    let error = refused(envelope::seal(PAYLOAD_TYPE, twice, &[key(1)]).as_bytes());
    assert!(matches!(error, BundleError::Json(_)), "{error}");
}

#[test]
fn only_files_of_a_policy_set_are_in_it() {
    for stray in [
        "../a.cedar",
        "/a.cedar",
        "cases/a.cedar",
        "tools/a/b.json",
        "tools/a.cedar",
        "tools/.a.json",
        ".a.cedar",
        "README.md",
        "a\u{7}.cedar",
    ] {
        let file = signed(|value| value["files"][stray] = json!(""));
        assert_eq!(refused(&file), BundleError::File(stray.to_owned()));
    }
    let file = signed(|value| {
        (0..=FILES_MAX).for_each(|n| value["files"][format!("{n}.cedar")] = json!(""));
    });
    assert_eq!(refused(&file), BundleError::TooMuch);
    let long = vec![b' '; BUNDLE_BYTES_MAX + 1];
    assert_eq!(refused(&long), BundleError::TooMuch);
}

#[test]
fn what_nobody_trusted_signed_is_shown_only_when_asked_for() {
    let file = bundle().seal(&[key(2)]).unwrap();
    let error = refused(file.as_bytes());
    assert!(matches!(error, BundleError::Envelope(_)), "{error}");
    let (shown, claimed) = Bundle::unverified(file.as_bytes()).unwrap();
    assert_eq!(shown, bundle());
    assert_eq!(claimed, [key(2).public().id().to_string()]);
}
