//! Errors stand where they are in the file, and advice is given for what can hardly be meant.

use super::*;
use crate::policies::Severity;

const FILE: &str = "redaction.toml";

/// Line, column and message of each problem.
fn wrong(text: &str) -> Vec<(usize, usize, String)> {
    let problems = read(FILE, text).err().unwrap_or_default();
    let told = problems.into_iter().map(|problem| {
        assert_eq!(problem.severity, Severity::Error);
        let place = problem.place.unwrap_or(Place::point(0, 0));
        let help = problem.help.map(|help| format!(" ({help})"));
        (
            place.line,
            place.column,
            problem.message + &help.unwrap_or_default(),
        )
    });
    told.collect()
}

#[test]
fn an_empty_file_is_the_built_in_rules() {
    assert_eq!(read(FILE, "").unwrap().raw(), &RawRules::default());
    assert_eq!(
        read(FILE, "# nothing\n").unwrap().raw(),
        &RawRules::default()
    );
}

#[test]
fn what_is_no_rules_file_has_a_place_and_a_hint() {
    for (text, line, column, wanted) in [
        (
            "mode = \"redact\"\nclases = {}\n",
            2,
            1,
            "did you mean `classes`?",
        ),
        ("mode = \"tokenise\"\n", 1, 8, "did you mean `tokenize`?"),
        (
            "[[rule]]\nid = \"a\"\nclass = \"secret.a\"\nprefix = [\"abc\"]\n",
            4,
            1,
            "did you mean `prefixes`?",
        ),
        ("[[rule]]\nid = \"a\"\n", 1, 1, "missing field `class`"),
        (
            "[[rule]]\nid = \"a\"\nclass = \"acme\"\n",
            3,
            9,
            "at least two words",
        ),
        (
            "[classes]\nsecret.github = \"block\"\n",
            2,
            1,
            "write a class in quotes",
        ),
        ("mode = \n", 1, 8, "portcullis redact schema"),
    ] {
        let found = wrong(text);
        assert!(
            matches!(&found[..], [(l, c, message)] if (*l, *c) == (line, column) && message.contains(wanted)),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn what_is_unsound_has_the_place_of_its_field() {
    let text = r#"mode = "redact"
[classes]
"secret.acne" = "block"

[[rule]]
id = "acme"
class = "secret.acme"
prefixes = ["acme_", "ab"]
alphabet = "alnum"
min = 2

[[rule]]
id = "acme"
class = "secret.acme"
keys = ["acme-key"]

[allow]
keys = ["page", "PAGE"]

[handles]
lifetime_s = 5

[[use]]
server = "deploy"
tool = "push"
path = "token"
class = "secret.acme"
from = "vault"
"#;
    let places: Vec<(usize, usize)> = wrong(text).iter().map(|one| (one.0, one.1)).collect();
    assert_eq!(
        places,
        [
            (3, 17),
            (8, 22),
            (10, 7),
            (13, 6),
            (18, 17),
            (21, 14),
            (26, 8)
        ]
    );
}

#[test]
fn an_example_that_fails_has_its_own_place() {
    let text = r#"[[rule]]
id = "acme"
class = "secret.acme"
keys = ["acme-key"]
examples = ["{\"acme-key\": \"pa55-word-of-acme\"}", "nothing here"]
counterexamples = ["nothing here", "{\"ACME_KEY\": \"pa55-word-of-acme\"}"]
"#;
    let found = wrong(text);
    let message =
        |field: &str, what: &str| format!("rule `acme`: `{field}[1]`: the rule finds {what} in it");
    assert_eq!(found[0], (5, 54, message("examples", "nothing")));
    assert_eq!(found[1], (6, 36, message("counterexamples", "something")));
    assert_eq!(found.len(), 2);
}

fn advised(text: &str) -> Vec<(Severity, usize, String)> {
    let rules = read(FILE, text).unwrap();
    let advice = advice(FILE, text, rules.raw()).into_iter();
    let told = advice.map(|one| {
        let line = one.place.map_or(0, |place| place.line);
        (one.severity, line, one.message)
    });
    told.collect()
}

#[test]
fn what_can_hardly_be_meant_is_said() {
    let text = r#"mode = "detect"

[[rule]]
id = "short"
class = "secret.acme"
prefixes = ["acm"]
alphabet = "alnum"
min = 20

[[rule]]
id = "long"
class = "pii.acme"
prefixes = ["acme_live_", "acm"]
alphabet = "hex"
min = 32

[[use]]
server = "deploy"
tool = "push"
path = "/token"
class = "secret.acme"
from = "vault"
"#;
    let wanted = [
        (Severity::Warning, 1, "go through"),
        (Severity::Advice, 4, "no `examples`"),
        (
            Severity::Warning,
            6,
            "chance makes up to 2022 findings of \"acm\" in a gigabyte",
        ),
        (Severity::Advice, 11, "no `examples`"),
        (
            Severity::Advice,
            13,
            "the rule `short` looks for \"acm\" too",
        ),
        (Severity::Advice, 13, "can begin an ordinary word"),
        (
            Severity::Warning,
            21,
            "no handle of secret.acme is ever made",
        ),
    ];
    let found = advised(text);
    for (severity, line, message) in wanted {
        let there = |one: &(Severity, usize, String)| {
            (one.0, one.1) == (severity, line) && one.2.contains(message)
        };
        assert!(found.iter().any(there), "{line} {message}: {found:#?}");
    }
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
}

#[test]
fn chances_follow_prefix_and_alphabet() {
    let rule = |alphabet: &str, min: usize| -> portcullis_protocol::redact::RawRule {
        let text = format!(
            "id = \"a\"\nclass = \"secret.a\"\nprefixes = [\"abc\"]\nalphabet = \"{alphabet}\"\nmin = {min}\n"
        );
        toml::from_str(&text).unwrap()
    };
    let all = chance(&rule("token", 20), "abc");
    assert!((all.looks - 3814.697).abs() < 0.001, "{all:?}");
    assert!(
        (all.findings - all.looks).abs() < 1e-9,
        "every character is allowed"
    );
    let hex = chance(&rule("hex", 32), "abc");
    assert!(hex.findings < 1e-15 && hex.looks == all.looks, "{hex:?}");
    assert!(
        chance(&rule("token", 20), "abc_").looks > 0.0,
        "base64url has it"
    );
    assert!(
        chance(&rule("token", 20), "abc+").looks > 0.0,
        "base64 has it"
    );
    for never in ["a.bc", "abc$", "a+b_"] {
        assert_eq!(chance(&rule("token", 20), never).looks, 0.0, "{never}");
    }
}
