//! Rules as a policy set carries them.

use super::*;
use crate::policies::Policies;
use crate::registry::Registry;

fn sources(text: &str) -> Sources {
    Sources::default().with(REDACTION_FILE, text.to_owned())
}

#[test]
fn no_file_is_an_empty_one() {
    let none = Redacting::of(&Sources::default()).unwrap();
    assert_eq!(none.raw(), &RawRules::default());
    assert_eq!(none.raw().mode, Mode::Redact);
    assert_eq!(
        none.digest(),
        Redacting::of(&sources("# c")).unwrap().digest()
    );
    let other = Redacting::of(&sources("mode = \"block\"")).unwrap();
    assert_ne!(other.digest(), none.digest());
}

#[test]
fn what_is_no_file_of_rules_keeps_the_set_from_loading_and_has_a_place() {
    for (text, line) in [
        ("mode = \"ignore\"", 1),
        ("\nextra = 1", 2),
        ("[classes]\n\"github\" = \"redact\"", 2),
        ("[[use]]\nserver = \"a\"\ntool = \"t\"\n", 1),
    ] {
        let error = Policies::load(sources(text), &Registry::default()).unwrap_err();
        let [problem] = &error.problems[..] else {
            panic!("{error}")
        };
        assert_eq!(
            (problem.code, problem.file.as_str()),
            (Code::Redaction, REDACTION_FILE)
        );
        assert_eq!(problem.place.map(|place| place.line), Some(line), "{text}");
    }
}

#[test]
fn handles_are_wanted_by_modes_and_uses() {
    let wanting = |text: &str| {
        Redacting::of(&sources(text))
            .unwrap()
            .without_handles()
            .len()
    };
    assert_eq!(wanting("mode = \"block\""), 0);
    assert_eq!(wanting("mode = \"tokenize\""), 1);
    assert_eq!(wanting("[classes]\n\"secret.github\" = \"tokenize\""), 1);
    let uses =
        "[[use]]\nserver=\"a\"\ntool=\"t\"\npath=\"/k\"\nclass=\"secret.github\"\nfrom=\"b\"\n";
    assert_eq!(wanting(uses), 1);
}

#[test]
fn the_set_is_another_with_other_rules() {
    let load = |text: &str| Policies::load(sources(text), &Registry::default()).unwrap();
    assert_ne!(load("").digest(), load("mode = \"block\"").digest());
}
