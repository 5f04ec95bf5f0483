//! One thing wrong at a time, and each bound from both sides.

use super::*;
use crate::redact::{Class, RawAllow, RawHandles, Rules};

const SOUND: &str = r#"{"classes":{"secret.acme":"tokenize"},
  "rule":[{"id":"acme-token","class":"secret.acme","prefixes":["acme_"],"alphabet":"alnum","min":20,"max":40,
           "keys":["acme-key"]}],
  "allow":{"values":["acme_00000000000000000000"],"keys":["page_token"]},
  "handles":{"lifetime_s":60},
  "use":[{"server":"deploy","tool":"push","path":"/auth/token","class":"secret.acme","from":"vault"}]}"#;

fn sound() -> RawRules {
    serde_json::from_str(SOUND).unwrap()
}

/// What is wrong when one thing of sound rules is changed.
fn changed(change: impl FnOnce(&mut RawRules)) -> Vec<String> {
    let mut raw = sound();
    change(&mut raw);
    let errors = faults(&raw, &[]);
    assert_eq!(
        Rules::compile(&raw).is_err(),
        !errors.is_empty(),
        "{errors:?}"
    );
    errors.iter().map(ToString::to_string).collect()
}

/// What is wrong when one thing of the one rule is changed.
fn rule(change: impl FnOnce(&mut RawRule)) -> Vec<String> {
    changed(|raw| change(&mut raw.rules[0]))
}

fn one(errors: &[String], wanted: &str) {
    assert!(
        matches!(errors, [error] if error.contains(wanted)),
        "{wanted}: {errors:?}"
    );
}

#[test]
fn sound_rules_and_none_at_all_pass() {
    assert_eq!(faults(&sound(), &[]), []);
    assert_eq!(faults(&RawRules::default(), &[]), []);
    assert!(Rules::compile(&sound()).is_ok());
}

#[test]
fn names_are_names_and_tell_rules_apart() {
    for id in ["", "Acme", "1acme", "-a", "acme_token", "acmé", "a b"] {
        one(&rule(|rule| rule.id = id.to_owned()), "`id`: a name is");
    }
    one(&rule(|rule| rule.id = "a".repeat(41)), "at most 40 bytes");
    assert!(rule(|rule| rule.id = "a".repeat(40)).is_empty());
    let twice = changed(|raw| raw.rules.push(raw.rules[0].clone()));
    one(
        &twice,
        "rule `acme-token`: `id`: another rule has this name",
    );
    let built_in = [BuiltIn {
        id: "acme-token",
        class: Class::parse("secret.acme").unwrap(),
        by: crate::redact::Detector::Format,
        prefixes: &["acme_"],
    }];
    let errors = faults(&sound(), &built_in);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].message.contains("a built-in rule has this name"));
}

#[test]
fn a_rule_looks_for_something_that_can_be_looked_for() {
    let empty = rule(|rule| {
        (rule.prefixes, rule.keys) = (Vec::new(), Vec::new());
        (rule.alphabet, rule.min, rule.max) = (None, None, None);
    });
    one(&empty, "looks for nothing");
    for (prefix, wanted) in [
        ("ab", "shorter than 3 bytes"),
        ("", "shorter than 3 bytes"),
        ("a b_", "visible ASCII"),
        ("äcme", "visible ASCII"),
        ("acme\n", "visible ASCII"),
    ] {
        one(
            &rule(|rule| rule.prefixes = vec![prefix.to_owned()]),
            wanted,
        );
    }
    one(
        &rule(|rule| rule.prefixes = vec!["a".repeat(65)]),
        "64 bytes",
    );
    assert!(rule(|rule| rule.prefixes = vec!["a".repeat(64), "abc".to_owned()]).is_empty());
    one(
        &rule(|rule| rule.prefixes.push("acme_".to_owned())),
        "twice",
    );
    let many = rule(|rule| rule.prefixes = (0..101).map(|n| format!("acme{n}_")).collect());
    one(&many, "`prefixes`: at most 100");
}

#[test]
fn what_stands_behind_a_prefix_is_bounded() {
    one(&rule(|rule| rule.alphabet = None), "`alphabet`");
    one(&rule(|rule| rule.min = None), "say with `min`");
    one(&rule(|rule| rule.min = Some(3)), "`min`: at least 4");
    one(
        &rule(|rule| rule.min = Some(41)),
        "`min`: 41 is more than `max`",
    );
    one(&rule(|rule| rule.max = Some(4097)), "`max`: at most 4096");
    one(
        &rule(|rule| (rule.min, rule.max) = (Some(4097), None)),
        "`min`: at most 4096",
    );
    assert!(rule(|rule| (rule.min, rule.max) = (Some(4), Some(4096))).is_empty());
    assert!(rule(|rule| (rule.min, rule.max) = (Some(40), Some(40))).is_empty());
    let stray = rule(|rule| rule.prefixes.clear());
    assert_eq!(stray.len(), 3, "alphabet, min and max: {stray:?}");
}

#[test]
fn keys_are_told_apart_as_they_are_compared() {
    for key in ["", "-", "._x", "a"] {
        one(
            &rule(|rule| rule.keys = vec![key.to_owned()]),
            "no name of a key",
        );
    }
    one(&rule(|rule| rule.keys.push("ACME_KEY".to_owned())), "twice");
    one(
        &changed(|raw| raw.allow.keys.push("acme.key".to_owned())),
        "rule `acme-token`: `keys`: `allow.keys` says",
    );
    one(
        &changed(|raw| raw.allow.keys.push("pageToken".to_owned())),
        "`allow.keys`: \"pageToken\" stands there twice",
    );
}

#[test]
fn a_class_that_no_rule_has_is_refused() {
    let odd = Class::parse("secret.acne").unwrap();
    let classes = changed(|raw| {
        raw.classes.insert(odd.clone(), crate::redact::Mode::Detect);
    });
    one(&classes, "`classes.secret.acne`: no rule has this class");
    one(
        &changed(|raw| raw.uses[0].class = odd),
        "`use[0].class`: no rule has the class secret.acne",
    );
}

#[test]
fn lists_and_lives_are_bounded() {
    let rules = |count: usize| {
        changed(|raw| {
            let template = raw.rules[0].clone();
            raw.rules.extend((1..count).map(|n| RawRule {
                id: format!("acme-{n}"),
                ..template.clone()
            }));
        })
    };
    assert!(rules(OWN_RULES_MAX).is_empty());
    one(&rules(OWN_RULES_MAX + 1), "`rule`: at most 200");
    let values = |count: usize| {
        changed(|raw| {
            raw.allow = RawAllow {
                values: (0..count).map(|n| format!("value-{n}")).collect(),
                keys: Vec::new(),
            };
        })
    };
    assert!(values(ALLOWED_MAX).is_empty());
    one(&values(ALLOWED_MAX + 1), "`allow.values`: at most 1000");
    one(
        &changed(|raw| raw.allow.values.push(String::new())),
        "empty",
    );
    one(
        &changed(|raw| raw.allow.values.push("x".repeat(4097))),
        "4096",
    );
    for (lifetime_s, good) in [
        (59, false),
        (60, true),
        (2_592_000, true),
        (2_592_001, false),
    ] {
        let errors = changed(|raw| {
            raw.handles = RawHandles {
                lifetime_s: Some(lifetime_s),
            };
        });
        assert_eq!(errors.is_empty(), good, "{lifetime_s}: {errors:?}");
    }
    one(
        &rule(|rule| rule.counterexamples.push(String::new())),
        "empty",
    );
    one(
        &rule(|rule| rule.counterexamples.push("x".repeat(4097))),
        "4096",
    );
}

#[test]
fn a_use_names_one_argument() {
    for path in ["", "token", "/a~", "/a~2b", "/~"] {
        one(
            &changed(|raw| raw.uses[0].path = path.to_owned()),
            "`use[0].path`: write a JSON pointer",
        );
    }
    one(
        &changed(|raw| raw.uses[0].path = format!("/{}", "a".repeat(512))),
        "at most 512 bytes",
    );
    for path in ["/", "/a/0/b", "/a~0b~1c", "/~01"] {
        assert!(changed(|raw| raw.uses[0].path = path.to_owned()).is_empty());
    }
    one(
        &changed(|raw| raw.uses.push(raw.uses[0].clone())),
        "`use[1]`: it stands there twice",
    );
}
