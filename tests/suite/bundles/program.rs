//! `portcullis policy bundle`: exit codes, the same bytes twice, and a second program that reads them.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use portcullis_tests::parts;

use super::{Desk, run};

const TIME: [&str; 2] = ["--created", "2026-11-21T10:53:01Z"];
const SIGN: [&str; 5] = ["policies", "--output", "a.bundle", "--key", "ours.pem"];

fn build(desk: &Desk, more: &[&str]) -> super::Said {
    desk.bundle("build", &[&SIGN[..], more].concat())
}

#[test]
fn the_same_folder_and_time_give_the_same_bytes() {
    let desk = Desk::new();
    let said = build(
        &desk,
        &[&TIME[..], &["--name", "payments", "--json"]].concat(),
    );
    assert_eq!(said.code, Some(0), "{}", said.err);
    let first = std::fs::read(desk.path("a.bundle")).unwrap();
    assert_eq!(
        build(&desk, &[&TIME[..], &["--name", "payments"]].concat()).code,
        Some(0)
    );
    assert_eq!(std::fs::read(desk.path("a.bundle")).unwrap(), first);
    let built = said.json();
    assert_eq!(built["created"], "2026-11-21T10:53:01Z");
    assert_eq!(built["name"], "payments");
    assert_eq!(built["files"]["a.cedar"], super::PERMIT.len());
    let mut check = Command::new(parts::portcullis());
    let checked = run(
        check.args(["policy", "check", "policies", "--json"]),
        desk.folder.path(),
    );
    assert_eq!(
        built["digest"],
        checked.json()["digest"],
        "the digest that decisions name"
    );
}

#[test]
fn only_the_right_key_verifies() {
    let desk = Desk::new();
    desk.build("a.bundle", "ours.pem", 100);
    let verify = |keys: &[&str]| {
        let keys = keys.iter().flat_map(|key| ["--public-key", key]);
        let arguments: Vec<&str> = ["a.bundle", "--json"].into_iter().chain(keys).collect();
        desk.bundle("verify", &arguments)
    };
    let good = verify(&["theirs.pub.pem", "ours.pub.pem"]);
    assert_eq!(good.code, Some(0), "{}", good.out);
    assert!(good.json()["age_seconds"].as_i64().unwrap() >= 100);
    let foreign = verify(&["theirs.pub.pem"]);
    assert_eq!(foreign.code, Some(1));
    assert_eq!(foreign.json()["ok"], false);
    assert!(foreign.out.contains("no signature is by a trusted key"));
    assert_eq!(verify(&[]).code, Some(2), "a key is not optional");
    assert_eq!(
        verify(&["ours.pem"]).code,
        Some(1),
        "that is the private half"
    );
    let shown = desk.bundle("show", &["a.bundle"]);
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    assert!(shown.out.starts_with("unverified"), "{}", shown.out);
    assert!(shown.out.contains("a.cedar"), "{}", shown.out);
    let text = desk.bundle("show", &["a.bundle", "--file", "a.cedar"]);
    assert_eq!(text.out, super::PERMIT);
    assert_eq!(desk.bundle("show", &["ours.pem"]).code, Some(1));
}

#[test]
fn broken_policies_are_not_signed() {
    let desk = Desk::new();
    desk.write("permit (principal, action, resource) when { resource.nonsense };");
    let said = build(&desk, &[]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("a.cedar:1:"), "{}", said.err);
    assert!(!desk.path("a.bundle").exists());
    desk.write(super::PERMIT);
    assert_eq!(build(&desk, &["--created", "yesterday"]).code, Some(2));
    let nobody = desk.bundle("build", &SIGN[..3]);
    assert_eq!(nobody.code, Some(2), "a bundle is signed");
    let public = desk.bundle(
        "build",
        &["policies", "--output", "a.bundle", "--key", "ours.pub.pem"],
    );
    assert_eq!(public.code, Some(1));
}

#[test]
fn keys_are_private_and_never_written_over() {
    let desk = Desk::new();
    let mode = std::fs::metadata(desk.path("ours.pem"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = std::fs::read(desk.path("ours.pem")).unwrap();
    assert_eq!(
        desk.bundle("keygen", &["--output", "ours.pem"]).code,
        Some(1)
    );
    assert_eq!(std::fs::read(desk.path("ours.pem")).unwrap(), before);
    std::fs::write(desk.path("new.pub.pem"), "somebody's").unwrap();
    assert_eq!(
        desk.bundle("keygen", &["--output", "new.pem"]).code,
        Some(1)
    );
    assert!(!desk.path("new.pem").exists(), "half a pair is none");
    let public = std::fs::read_to_string(desk.path("new.pub.pem")).unwrap();
    assert_eq!(public, "somebody's");
}

#[test]
fn a_second_program_verifies_a_bundle() {
    let desk = Desk::new();
    desk.build("a.bundle", "ours.pem", 0);
    let verify = |key: &str| {
        let mut python = Command::new(parts::python());
        python.arg(parts::folder("clients/verify_bundle.py"));
        run(python.args(["a.bundle", key]), desk.folder.path())
    };
    let good = verify("ours.pub.pem");
    assert_eq!(good.code, Some(0), "{}", good.err);
    let ours = desk.bundle(
        "verify",
        &["a.bundle", "--public-key", "ours.pub.pem", "--json"],
    );
    let said = good.json();
    for member in ["digest", "created", "name", "version"] {
        assert_eq!(said[member], ours.json()[member], "{member}");
    }
    assert_eq!(said["key"], ours.json()["key"]);
    assert_eq!(verify("theirs.pub.pem").code, Some(1));
}
