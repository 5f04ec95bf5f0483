//! Whole messages: what is replaced, what stays, byte for byte.

use super::*;
use crate::json::check;
use crate::names::ServerName;
use crate::redact::{
    Class, HandleKey, Known, Literal, MarkKey, RawRules, Requests, Rules, Sealing,
};

fn token() -> String {
    ["gh", "p_"].concat() + "Zk3v9Qp2Lm8XtR7wYb4NcD6fGh1JsK5aE0uV"
}

fn with(raw: &RawRules, reveal: &[Class], text: &str) -> Outcome {
    let rules = Rules::compile(raw).unwrap();
    let marks = MarkKey::new([7; 32]);
    let plan = Plan {
        rules: &rules,
        requests: Requests::Redact,
        reveal,
        marked: &["/pin".to_owned()],
        literals: Known::none(),
        marks: &marks,
        sealing: None,
    };
    redact(check(text.as_bytes()).unwrap(), &plan)
}

/// What becomes of a message when `hunter2-x7` is a password by its value.
fn knowing(reveal: &[Class], text: &str) -> Outcome {
    let rules = Rules::built_in();
    let mut literals = Known::default();
    literals.add(Literal {
        value: "hunter2-x7".to_owned(),
        rule: rules.named("password").unwrap(),
    });
    let plan = Plan {
        rules: &rules,
        requests: Requests::Redact,
        reveal,
        marked: &[],
        literals: &literals,
        marks: &MarkKey::new([7; 32]),
        sealing: None,
    };
    redact(check(text.as_bytes()).unwrap(), &plan)
}

fn now(text: &str) -> String {
    match with(&RawRules::default(), &[], text).text {
        Text::Same => text.to_owned(),
        Text::Changed { text, .. } => {
            check(text.as_bytes()).unwrap();
            text
        }
        Text::Blocked => "blocked".to_owned(),
    }
}

#[test]
fn a_secret_is_replaced_where_it_stands() {
    let secret = token();
    let escaped = secret.replace('_', "\\u005f");
    for (message, mark) in [
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"a X b"}]}}"#,
            &secret,
        ),
        (
            r#"{"jsonrpc":"2.0", "id" : 1,"result":{"content":[{"type":"text","text":"é\n X\n"}]}}"#,
            &escaped,
        ),
        (
            r#"{"error":{"code":1,"message":"m","data":{"deep":[1,["X"]]}}}"#,
            &secret,
        ),
        (
            r#"{"result":{"content":[{"text":"{\"a\": [\"X\"]}"}]}}"#,
            &secret,
        ),
        (r#"{"result":{"text":"say \"X\""}}"#, &secret),
    ] {
        let expected = message.replace('X', "[redacted:github-token]");
        let message = message.replace('X', mark);
        assert_eq!(now(&message), expected);
        assert_eq!(now(&expected), expected);
    }
}

#[test]
fn keys_stay_unlike_each_other() {
    let (one, two) = (token(), token().replace("Zk3v", "99Zz"));
    let message = format!(r#"{{"result":{{"{one}":1,"{two}":2}}}}"#);
    let expected = r#"{"result":{"[redacted:github-token]":1,"[redacted:github-token-2]":2}}"#;
    assert_eq!(now(&message), expected);
    assert_eq!(now(expected), expected);
}

#[test]
fn positions_are_left_alone() {
    let secret = token();
    for message in [
        r#"{"jsonrpc":"2.0","id":"X","result":{"nextCursor":"X"}}"#,
        r#"{"params":{"name":"X","cursor":"X","_meta":{"progressToken":"X"}}}"#,
        r#"{"result":{"content":[{"data":"X","type":"image","mimeType":"image/png"}]}}"#,
        r#"{"result":{"content":[{"type":"resource","resource":{"uri":"a:b","blob":"X"}}]}}"#,
        r#"{"result":{"contents":[{"uri":"a:b","blob":"X"}],"requestState":"X"}}"#,
    ] {
        let message = message.replace('X', &secret);
        assert_eq!(now(&message), message);
    }
    let message = r#"{"result":{"structuredContent":{"type":"image","data":"X"}}}"#;
    assert_ne!(now(&message.replace('X', &secret)), message);
}

#[test]
fn what_policy_reveals_goes_through() {
    let github = Class::parse("secret.github").unwrap();
    let message = format!(r#"{{"result":{{"text":"{}"}}}}"#, token());
    let outcome = with(&RawRules::default(), &[github], &message);
    assert_eq!(outcome.text, Text::Same);
    let actions: Vec<Action> = outcome.facts.iter().map(|fact| fact.action).collect();
    assert_eq!(actions, [Action::Revealed]);
}

#[test]
fn marked_fields_and_numbers_are_replaced() {
    let message = r#"{"result":{"structuredContent":{"pin":1234,"n":1234,"deep":{"pin":"x y"}}}}"#;
    let expected = message.replacen("1234", "\"[redacted:marked-field]\"", 1);
    assert_eq!(now(message), expected);
}

#[test]
fn facts_say_where_and_never_what() {
    let message = format!(r#"{{"result":{{"a/b":["x",{{"{0}":"{0}"}}]}}}}"#, token());
    let outcome = with(&RawRules::default(), &[], &message);
    let pointers: Vec<&str> = outcome
        .facts
        .iter()
        .map(|fact| fact.pointer.as_str())
        .collect();
    assert_eq!(
        pointers,
        [
            "/result/a~1b/1/[redacted:github-token]",
            "/result/a~1b/1/[redacted:github-token]"
        ]
    );
    assert_eq!(outcome.facts[0].mark, outcome.facts[1].mark);
    assert_eq!(outcome.facts[0].bytes, 40);
    let written = serde_json::to_string(&outcome.facts).unwrap();
    assert!(!written.contains(&token()));
}

#[test]
fn too_many_findings_block() {
    let list = vec![format!("\"{}\"", token()); FINDINGS_MAX + 2].join(",");
    let message = format!(r#"{{"result":[{list}]}}"#);
    let outcome = with(&RawRules::default(), &[], &message);
    assert_eq!(outcome.text, Text::Blocked);
    assert_eq!(outcome.facts.len(), FACTS_MAX);
}

#[test]
fn private_members_of_a_key_are_replaced() {
    let part = "Zk3v9Qp2Lm8XtR7wYb4NcD6fGh1JsK5aE0uV_-x";
    let hidden = "[redacted:jwk-private]";
    for (before, after) in [
        (
            format!(r#"{{"a":{{"d":"{part}","kty":"EC","x":"{part}1","kid":"a1"}}}}"#),
            format!(r#"{{"a":{{"d":"{hidden}","kty":"EC","x":"[x]1","kid":"a1"}}}}"#),
        ),
        (
            format!(r#"{{"keys":[{{"kty":"oct","k":"{part}","alg":"HS256"}}]}}"#),
            format!(r#"{{"keys":[{{"kty":"oct","k":"{hidden}","alg":"HS256"}}]}}"#),
        ),
        (
            format!(
                r#"{{"result":{{"content":[{{"text":"{{\"kty\":\"OKP\",\"d\":\"{part}\"}}"}}]}}}}"#
            ),
            format!(
                r#"{{"result":{{"content":[{{"text":"{{\"kty\":\"OKP\",\"d\":\"{hidden}\"}}"}}]}}}}"#
            ),
        ),
    ] {
        // A copy of a private member is hidden wherever it stands.
        assert_eq!(now(&before), after.replace("[x]", hidden));
    }
    for same in [
        format!(r#"{{"d":"{part}","k":"{part}"}}"#),
        format!(r#"{{"kty":"RSA","n":"{part}","e":"AQAB","kid":"{part}"}}"#),
        r#"{"kty":"RSA","d":"a word or two","p":7,"q":{"k":"v"}}"#.to_owned(),
    ] {
        assert_eq!(now(&same), same);
    }
    let rsa = format!(
        r#"{{"kty":"RSA","p":"{part}p","q":"{part}q","dp":"{part}r","dq":"{part}s","qi":"{part}t"}}"#
    );
    let outcome = with(&RawRules::default(), &[], &rsa);
    let pointers: Vec<_> = outcome
        .facts
        .iter()
        .map(|fact| fact.pointer.as_str())
        .collect();
    assert_eq!(pointers, ["/p", "/q", "/dp", "/dq", "/qi"]);
}

#[test]
fn a_finding_beside_a_pair_does_not_hide_the_pairs_value() {
    let message = r#"{"result":[{"name":"X-Api-Key","value":"hq7Tz-Rk29vLw","note":"T"}]}"#;
    let text = now(&message.replace('T', &token()));
    assert!(!text.contains("hq7Tz"), "{text}");
    assert_eq!(now(&text), text);
}

#[test]
fn a_marked_field_is_not_revealed_with_another_class() {
    let reveal = ["secret.code", "secret.github"].map(|class| Class::parse(class).unwrap());
    for value in ["482133".to_owned(), token()] {
        let text = format!(r#"{{"result":{{"structuredContent":{{"pin":"{value}"}}}}}}"#);
        let Text::Changed { text, .. } = with(&RawRules::default(), &reveal, &text).text else {
            panic!("{value}");
        };
        assert!(
            text.contains(r#""pin":"[redacted:marked-field]""#),
            "{text}"
        );
    }
}

#[test]
fn percent_signs_below_the_last_layer_are_masked() {
    let secret = token().replace('_', "%252525255F");
    let text = now(&format!(r#"{{"result":"see {secret}"}}"#));
    assert_eq!(
        text,
        r#"{"result":"see [redacted:encoded]"}"#.replace("see ", "")
    );
}

#[test]
fn many_findings_in_one_text_are_never_passed_on() {
    let item = r#"{"password":"hq7Tz-Rk29v"},"#;
    let line = format!("[{}1]", item.repeat(10_100));
    assert_eq!(Rules::built_in().clean(&line), "[redacted:encoded]");
}

#[test]
fn values_that_were_found_stay_out_of_short_keys_and_pointers() {
    let message = r#"{"result":{"password":"ab12cd34ef","m":{"ab12cd34ef":{"pin":48213377}}}}"#;
    let outcome = with(&RawRules::default(), &[], message);
    assert!(
        !format!("{outcome:?}").contains("ab12cd34ef"),
        "{outcome:?}"
    );
}

#[test]
fn pointers_take_little_however_long_a_key_is() {
    let key = "k".repeat(100_000);
    let numbers = vec!["48213377"; 5_000].join(",");
    let outcome = with(
        &RawRules::default(),
        &[],
        &format!(r#"{{"result":{{"{key}":{{"pin":[{numbers}]}}}}}}"#),
    );
    assert_eq!(outcome.facts.len(), FACTS_MAX);
    assert!(
        outcome
            .facts
            .iter()
            .all(|fact| fact.pointer.capacity() < 1_024)
    );
}

#[test]
fn a_value_known_before_is_no_key_whatever_is_revealed() {
    let reveal = [Class::parse("secret.password").unwrap()];
    for key in ["hunter2-x7", "it is hunter2-x7 indeed"] {
        let message = format!(r#"{{"result":{{"{key}":{{"x":"hunter2-x7"}}}}}}"#);
        let outcome = knowing(&reveal, &message);
        assert!(!format!("{outcome:?}").contains("hunter2"), "{outcome:?}");
    }
}

#[test]
fn places_that_are_never_altered_hold_strings_only() {
    let secret = token();
    for message in [
        r#"{"result":{"nextCursor":{"a":"X"}}}"#,
        r#"{"result":{"content":[{"type":"image","data":{"a":["X"]}}]}}"#,
        r#"{"params":{"name":["X"]}}"#,
    ] {
        let text = now(&message.replace('X', &secret));
        assert!(!text.contains(&secret), "{text}");
    }
    let task = r#"{"result":{"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"X"}}}}"#;
    let task = task.replace('X', &secret);
    assert_eq!(now(&task), task);
}

#[test]
fn a_known_value_in_a_place_that_is_never_altered_blocks() {
    for message in [
        r#"{"result":{"nextCursor":"a hunter2-x7"}}"#,
        r#"{"result":{"content":[{"type":"hunter2-x7","text":""}]}}"#,
        r#"{"result":{"content":[{"type":"image","data":"hunter2-x7"}]}}"#,
    ] {
        let outcome = knowing(&[], message);
        assert_eq!(outcome.text, Text::Blocked, "{message}");
    }
}

#[test]
fn copies_of_marked_fields_and_numbers_are_replaced() {
    let message = r#"{"result":{"content":[{"type":"text","text":"correct horse battery, 48213377, 148213377"}],"structuredContent":{"pin":"correct horse battery","password":48213377}}}"#;
    let text = now(message);
    assert!(
        !text.contains("correct") && !text.contains(" 48213377"),
        "{text}"
    );
    assert!(text.contains("148213377"), "{text}");
}

#[test]
fn a_handle_holds_one_class_only() {
    let raw = RawRules {
        classes: [("secret.password", Mode::Tokenize)]
            .map(|(class, mode)| (Class::parse(class).unwrap(), mode))
            .into(),
        ..RawRules::default()
    };
    let rules = Rules::compile(&raw).unwrap();
    let key = HandleKey::new([3; 32]);
    let (tenant, from) = (Name::from_static("t"), ServerName::parse("s").unwrap());
    let sealing = Sealing {
        key: &key,
        tenant: &tenant,
        from: &from,
        until_s: 9,
    };
    let plan = Plan {
        rules: &rules,
        requests: Requests::Redact,
        reveal: &[],
        marked: &[],
        literals: Known::none(),
        marks: &MarkKey::new([7; 32]),
        sealing: Some(&sealing),
    };
    let becomes = |value: &str| {
        let message = format!(r#"{{"result":{{"password":"{value}"}}}}"#);
        match redact(check(message.as_bytes()).unwrap(), &plan).text {
            Text::Changed { text, .. } => text,
            other => panic!("{other:?}"),
        }
    };
    assert!(becomes("hq7Tz-Rk29vLw").contains("pcs1_password_"));
    let mixed = becomes(&format!("hq7Tz-Rk29vLw {}", token()));
    assert_eq!(mixed, r#"{"result":{"password":"[redacted:password]"}}"#);
}

#[test]
fn a_key_that_has_changed_says_what_its_value_is_at_once() {
    for message in [
        r#"{"result":{"text":"{\"password:changed_a7\":\"2026-06-14T0[:25:44Z\"}"}}"#,
        r#"{"result":{"password:changed_a7":"2026-06-14T0[:25:44Z"}}"#,
    ] {
        let once = now(message);
        assert_eq!(now(&once), once);
    }
}

#[test]
fn flags_that_stand_densely_are_paid_for() {
    let script = "mkdir -p a\n".repeat(400) + &"cp -p a b && sshd -p 22\n".repeat(1_000);
    let rules = Rules::built_in();
    assert!(rules.clean(&script) == script, "a script stays");
    let dense = "mysql -p ".repeat(9_000);
    let clean = rules.clean(&dense);
    assert!(
        clean.ends_with("[redacted:encoded]") && clean.len() < dense.len() / 2,
        "{}",
        clean.len()
    );
}
