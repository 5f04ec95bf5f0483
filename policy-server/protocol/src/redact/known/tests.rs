//! Known secrets in every form and every place.

mod forms;

use super::*;
use crate::json::{self, Json, Kind};
use crate::redact::{Class, MarkKey, Outcome, Plan, Requests, Text, redact};
use forms::{FORMS, NESTED, SPLIT, WHOLE, of};
use proptest::prelude::*;

/// Places of a message: `@` is a string, `#` what stands between its quotes.
const PLACES: [&str; 26] = [
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":@}]}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"you sent #, did you?"}]}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"[redacted:#]"}]}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"pcs1_password_#"}]}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"image","data":@,"mimeType":"image/png"}]}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"image","data":"","mimeType":@}]}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":@,"text":""}]}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"resource_link","uri":"https://x.example/#","name":"n"}]}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"resource","resource":{"uri":"a:b","blob":@}}]}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"contents":[{"uri":@,"text":"x"}]}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"contents":[{"uri":"a:b","blob":@}]}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"a":[1,{@:true}]}}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"a":[1,@,null]}}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{@:1,"a":2}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"_meta":{"progressToken":@}}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"_meta":{@:{}}}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"nextCursor":@}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"requestState":@}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":@}}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"inputRequests":{@:{"method":"ping"}}}}"#,
    r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":@}}"#,
    r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","data":[[@]]}}"#,
    r#"{"jsonrpc":"2.0","id":@,"result":{}}"#,
    r#"{"jsonrpc":"2.0","id":1,"method":@,"params":{}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":@,"message":"m"}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{},@:1}"#,
];

fn knowing(secret: &str, reveal: &[Class], text: &str) -> Outcome {
    let rules = Rules::built_in();
    let mut literals = Known::default();
    literals.add(Literal {
        value: secret.to_owned(),
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
    redact(json::check(text.as_bytes()).unwrap(), &plan)
}

/// The message that an agent would get; none when it goes nowhere.
fn shown(secret: &str, text: &str) -> Option<String> {
    match knowing(secret, &[], text).text {
        Text::Same => Some(text.to_owned()),
        Text::Changed { text, .. } => Some(text),
        Text::Blocked => None,
    }
}

/// A message with a form of the secret in a place.
fn message(place: &str, form: &str) -> String {
    let quoted = serde_json::to_string(form).unwrap();
    let inner = quoted.get(1..quoted.len() - 1).unwrap();
    match place.split_once('@') {
        Some((before, behind)) => [before, &quoted, behind].concat(),
        None => place.replacen('#', inner, 1),
    }
}

/// All strings, keys and numbers of a message.
fn leaves(json: Json<'_>, found: &mut Vec<String>) {
    match json.kind() {
        Kind::Object => json.members().into_iter().for_each(|(key, value)| {
            found.push(key.into_owned());
            leaves(value, found);
        }),
        Kind::Array => json
            .elements()
            .into_iter()
            .for_each(|one| leaves(one, found)),
        Kind::String => found.extend(json.string().map(std::borrow::Cow::into_owned)),
        _ => found.push(json.text().to_owned()),
    }
}

/// Whether what was written can still be read in the message: the form itself in any of its strings.
fn reads(text: &str, form: &str) -> bool {
    let mut found = Vec::new();
    leaves(json::check(text.as_bytes()).unwrap(), &mut found);
    found.iter().any(|leaf| leaf.contains(form))
}

fn is_gone(secret: &str, form: &str, place: &str) {
    let message = message(place, form);
    let Some(text) = shown(secret, &message) else {
        return;
    };
    assert!(
        !reads(&text, form) && !reads(&text, secret),
        "{secret} as {form}: {text}"
    );
    assert_eq!(
        shown(secret, &text).as_deref(),
        Some(text.as_str()),
        "twice is once"
    );
}

const SECRETS: [&str; 9] = [
    "48151623",
    "4111111111111111",
    "correcthorse",
    "Zk3v9Qp2Lm8XtR7wYb4N",
    "q/W+e=r_T-y9",
    "p\"a'ss\\w\u{e4}rd-7\u{1f600}",
    "p@$$-#!?*()~.,;k",
    "two words\nand 3 lines\n",
    "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}1",
];

#[test]
fn a_known_secret_goes_from_every_place_in_every_form() {
    for (_, form) in FORMS {
        for place in PLACES {
            is_gone(SECRETS[3], &form(SECRETS[3].as_bytes()), place);
        }
        for secret in SECRETS {
            is_gone(secret, &form(secret.as_bytes()), PLACES[1]);
        }
    }
}

#[test]
fn a_known_number_goes_however_it_is_written() {
    let place =
        r#"{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"count":@},"content":[]}}"#;
    for written in [
        "48151600",
        "-48151600",
        "4.81516e7",
        "4.81516E+7",
        "48151600.0",
        "481516e2",
        "0.0000000048151600e16",
        "148151600",
        "48151600123",
        "4815160000e-2",
    ] {
        let text = shown("48151600", &place.replace('@', written)).unwrap();
        assert!(
            text.contains(r#""count":"[redacted:password]""#),
            "{written}: {text}"
        );
    }
    let rounded = place.replace('@', "12345678901234567000");
    let text = shown("12345678901234567890", &rounded).unwrap();
    assert!(text.contains("[redacted:password]"), "{text}");
    for kept in ["48151601", "48151.6", "481516", "true", "null"] {
        let message = place.replace('@', kept);
        assert_eq!(shown("48151600", &message), Some(message));
    }
    let id = r#"{"jsonrpc":"2.0","id":48151600,"result":{}}"#;
    assert_eq!(shown("48151600", id), None, "an id cannot be changed");
    let inner = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"count\":48151600,\"a\":\"b\"}"}]}}"#;
    let text = shown("48151600", inner).unwrap();
    assert!(text.contains(r#"{\"count\":null,\"a\":\"b\"}"#), "{text}");
}

#[test]
fn what_is_split_over_strings_goes_nowhere() {
    let secret = "correcthorse9";
    for message in [
        r#"{"id":1,"result":{"content":[{"type":"text","text":"correct"},{"type":"text","text":"horse9"}]}}"#,
        r#"{"id":1,"result":{"structuredContent":{"parts":["cor","rec","tho","rse","9"]}}}"#,
        r#"{"id":1,"result":{"structuredContent":{"correct":1,"horse9":2}}}"#,
        r#"{"id":1,"result":{"structuredContent":{"0":99,"1":111,"2":114,"3":114,"4":101,"5":99,"6":116,"7":104,"8":111,"9":114,"10":115,"11":101,"12":57}}}"#,
        r#"{"id":1,"result":{"structuredContent":{"a":"cor","b":"rect","c":{"n":1},"d":"horse","e":"9"}}}"#,
        r#"{"id":1,"result":{"structuredContent":{"type":"Buffer","data":[99,111,114,114,101,99,116,104,111,114,115,101,57]}}}"#,
    ] {
        assert_eq!(shown(secret, message), None, "{message}");
        let outcome = knowing(secret, &[], message);
        let fact = outcome.facts.last().unwrap();
        assert_eq!(fact.action, crate::redact::Action::Blocked);
    }
}

#[test]
fn what_stands_around_a_known_secret_stays() {
    let place = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":@}]}}"#;
    for (written, left) in [
        (
            "before Correct-Horse\u{200b}9 behind",
            "before [redacted:password] behind",
        ),
        (
            "a correct\u{1b}[31mhorse\u{1b}[0m9 b",
            "a [redacted:password] b",
        ),
        ("x 9esrohtcerroc y", "x [redacted:password] y"),
        ("[redacted:correcthorse9]", "[redacted:[redacted:password]]"),
        (
            "[redacted:password] correcthorse9",
            "[redacted:password] [redacted:password]",
        ),
        (
            "(correct horse 9) \u{e4} CORRECTHORSE9!",
            "([redacted:password]) \u{e4} [redacted:password]!",
        ),
    ] {
        let text = shown("correcthorse9", &message(place, written)).unwrap();
        assert_eq!(text, message(place, left), "{written}");
    }
}

#[test]
fn innocent_texts_stay_as_they_are() {
    let place = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":@}]}}"#;
    let numbers: String = (0..2_000).map(|n| format!("{n}, ")).collect();
    let words = include_str!("../../redact.rs");
    let blob: Vec<u8> = (0..9_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let page = r#"<p class="a" title='x > y'>100%25 of &pound;3 &amp; more = 2 + 1</p>
        <!-- a \note\ --><script>var a = "\x41\u0042" + 'c\n', b = {"k": [1, 2, 3]};</script>
        <a href="https://x.example/?q=a%20b&amp;c=%C3%A4">\101 =3D</a>"#;
    for secret in SECRETS {
        for text in [
            numbers.as_str(),
            &page.repeat(200),
            words,
            &of("base64", &blob),
            &of("hex", &blob),
            "[redacted:password]",
        ] {
            let message = message(place, text);
            assert_eq!(
                knowing(secret, &[], &message).text,
                Text::Same,
                "{secret}: {text}"
            );
        }
    }
    // The word in a placeholder of ours says nothing, whatever the secret is.
    let message = message(place, "[redacted:password]");
    assert_eq!(shown("password", &message), Some(message));
}

#[test]
fn neither_policy_nor_place_lets_a_known_secret_through() {
    let class = Class::parse("secret.password").unwrap();
    let place = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":@}]}}"#;
    for form in [
        "correcthorse9",
        "Y29ycmVjdGhvcnNlOQ",
        "[redacted:correcthorse9]",
    ] {
        let outcome = knowing(
            "correcthorse9",
            std::slice::from_ref(&class),
            &message(place, form),
        );
        assert!(
            matches!(&outcome.text, Text::Changed { text, .. } if !text.contains(form)),
            "{form}"
        );
    }
}

#[test]
fn a_pointer_tells_no_secret_in_another_form() {
    let key = of("hex", b"correcthorse9");
    let message = format!(r#"{{"id":1,"result":{{"{key}":{{"a":"correcthorse9"}}}}}}"#);
    let outcome = knowing("correcthorse9", &[], &message);
    assert!(
        !format!("{:?}", outcome.facts).contains(&key),
        "{:?}",
        outcome.facts
    );
}

#[test]
fn many_layers_are_taken_off() {
    let place = PLACES[0];
    let mut form = SECRETS[3].to_owned();
    for name in [
        "hex",
        "base64",
        "percent",
        "json",
        "base64",
        "html decimal",
        "base64",
    ] {
        form = of(name, form.as_bytes());
        is_gone(SECRETS[3], &form, place);
    }
    for _ in 0..5 {
        form = of("base64", form.as_bytes());
        is_gone(SECRETS[3], &form, place);
    }
}

#[test]
fn layers_without_end_cost_little() {
    let mut text = "x".repeat(60_000);
    for _ in 0..6 {
        text = of("base64", text.as_bytes());
    }
    let place = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":@}]}}"#;
    let escapes = "%25".repeat(300_000) + "41" + &"\\".repeat(300_000) + &"&amp;".repeat(200_000);
    for text in [text, escapes, "&#".repeat(500_000), "\\u{".repeat(300_000)] {
        knowing("correcthorse9", &[], &message(place, &text));
    }
}

prop_compose! {
    fn secret()(text in "[0-9]{8,20}|[a-zA-Z]{8,24}|[A-Za-z0-9+/_=-]{8,40}|[ -~]{8,30}|[ -~\u{a1}-\u{17f}\u{4e00}-\u{4e20}]{8,20}|[a-f0-9]{16,40}") -> String {
        text
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_form_of_a_form_of_a_known_secret_passes(
        secret in secret(),
        first in 0..NESTED,
        second in 0..=NESTED,
        place in 0..PLACES.len(),
        around in "[a-zA-Z .,:/-]{0,12}",
    ) {
        let letters = secret.chars().filter(|c| c.is_alphanumeric()).count();
        let plain = secret.chars().filter(|c| !c.is_whitespace() && !matches!(c, '+' | '=')).count();
        prop_assume!(letters >= 8 || plain >= 8);
        let once = FORMS[first].1(secret.as_bytes());
        let form = match FORMS[..NESTED].get(second) {
            Some((_, second)) => second(once.as_bytes()),
            None => once,
        };
        let dressed = format!("{around}{form}");
        let last = FORMS[..NESTED].get(second).map_or("", |form| form.0);
        // Base64 in another case is none, and what is encoded is not looked for backwards.
        prop_assume!(first == 0 || !["upper", "backwards"].contains(&last));
        // What stands before, decoded along, may end in a digit of the first code.
        let glued = around.ends_with(|c: char| c.is_ascii_alphanumeric() || "/-".contains(c));
        prop_assume!(FORMS[first].0 != "decimal" || !glued);
        // A code for a terminal, a tag, or an end of a line of mail, that is split is none.
        prop_assume!(!WHOLE.contains(&FORMS[first].0) || !SPLIT.contains(&last));
        let names = (FORMS[first].0, FORMS[..NESTED].get(second).map(|form| form.0));
        let message = message(PLACES[place], &dressed);
        if let Some(text) = shown(&secret, &message) {
            prop_assert!(!reads(&text, &form), "{secret:?} {names:?}: {text}");
            prop_assert_eq!(shown(&secret, &text), Some(text));
        }
    }
}
