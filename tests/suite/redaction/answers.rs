//! Whole answers: a placeholder takes the secret's place, and every other byte stays as it was.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{REDACTED, TOKEN, WORLD, calls, leaks, result, said};
use crate::world::take;

/// What a server says, with `ID` for the request's id and `TOKEN` for the token.
const ANSWERS: &[(&str, &str)] = &[
    (
        "text, with odd spaces around",
        r#" {"jsonrpc" : "2.0","id":"ID" ,"result":{ "content" :[ {"text":"your TOKEN.","type":"text"} ], "resultType":"complete" } } "#,
    ),
    (
        "text behind an escape",
        r#"{"jsonrpc":"2.0","id":"ID","result":{"content":[{"type":"text","text":"caf\u00e9 \/\nTOKEN\n\tTOKEN"}],"resultType":"complete"}}"#,
    ),
    (
        "error, in words and data",
        r#"{"jsonrpc":"2.0","id":"ID","error":{"code":-32000,"message":"TOKEN was refused","data":{"tried":[["TOKEN",1]]}}}"#,
    ),
    (
        "tool error",
        r#"{"jsonrpc":"2.0","id":"ID","result":{"isError":true,"content":[{"type":"text","text":"push: TOKEN"}],"resultType":"complete"}}"#,
    ),
    (
        "member that nobody knows",
        r#"{"jsonrpc":"2.0","id":"ID","result":{"content":[],"resultType":"complete","x-later":{"a":[{"b":"TOKEN"}]}}}"#,
    ),
    (
        "key",
        r#"{"jsonrpc":"2.0","id":"ID","result":{"content":[],"resultType":"complete","_meta":{"example.com/seen":{"TOKEN":3}}}}"#,
    ),
    (
        "JSON in JSON in a text",
        r#"{"jsonrpc":"2.0","id":"ID","result":{"content":[{"type":"text","text":"{\"a\":\"{\\\"b\\\":\\\"TOKEN\\\"}\"}"}],"resultType":"complete"}}"#,
    ),
    (
        "resource inside a result",
        r#"{"jsonrpc":"2.0","id":"ID","result":{"content":[{"type":"resource","resource":{"uri":"file:///a","mimeType":"text/plain","text":"TOKEN"}}],"resultType":"complete"}}"#,
    ),
    (
        "link",
        r#"{"jsonrpc":"2.0","id":"ID","result":{"content":[{"type":"resource_link","name":"a","uri":"https://git.example.com/x?access=TOKEN"}],"resultType":"complete"}}"#,
    ),
];

#[test]
fn a_placeholder_takes_the_secrets_place_and_all_else_stays() {
    let world = take(&WORLD);
    for (number, (what, text)) in ANSWERS.iter().enumerate() {
        let word = format!("answer-{number}-");
        let sent = text.replace("ID", &word);
        let wanted = sent.replace("TOKEN", REDACTED);
        let sent = sent.replace("TOKEN", TOKEN);
        world
            .upstream
            .when(&word, move |_, answer| answer.json(&sent));
        for request in calls(&world, &word) {
            let response = world.send(&request);
            assert_eq!(response.status, 200, "{what}");
            assert_eq!(response.text(), wanted, "{what}");
        }
    }
}

#[test]
fn what_holds_no_secret_stays_as_it_was() {
    let world = take(&WORLD);
    let texts = [
        r"commit 4b9b23521e6fd42373ebbcb20ebe03bf445494f9 of 550e8400-e29b-41d4-a716-446655440000",
        r"integrity sha512-YXNkZmFzZGZhc2RmYXNkZmFzZGZhc2RmYXNkZmFzZGZhc2Rm",
        r"set GITHUB_TOKEN to ${GITHUB_TOKEN}, as ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx shows",
        r"password: changeme, token=<YOUR_TOKEN>, \u0041\ud83d\ude00 \/ \\",
        REDACTED,
    ];
    for (number, text) in texts.iter().enumerate() {
        let word = format!("innocent-{number}-");
        let sent = said(&word, text);
        let answer = sent.clone();
        world
            .upstream
            .when(&word, move |_, reply| reply.json(&answer));
        for request in calls(&world, &word) {
            assert_eq!(world.send(&request).text(), sent, "{text}");
        }
    }
}

#[test]
fn encodings_hide_nothing() {
    let world = take(&WORLD);
    let escaped: String = TOKEN
        .chars()
        .map(|c| format!("\\u{:04x}", c as u32))
        .collect();
    let half = format!(
        "{}\\u{:04X}{}",
        &TOKEN[..5],
        TOKEN.as_bytes()[5],
        &TOKEN[6..]
    );
    let encoded = STANDARD.encode(format!("a letter to you: the token is {TOKEN}, good bye"));
    let percent: String = TOKEN.bytes().map(|b| format!("%{b:02X}")).collect();
    let texts = [
        ("escapes", escaped),
        ("one escape", half),
        ("base64", encoded.clone()),
        ("base64 in a sentence", format!("see {encoded} for it")),
        (
            "percent",
            format!("https://git.example.com/?access_token={percent}"),
        ),
        (
            "userinfo",
            format!("https://deploy:{TOKEN}@git.example.com/repo.git"),
        ),
        (
            "header",
            format!("> Authorization: Bearer {TOKEN}\\r\\n> Accept: */*"),
        ),
        (
            "environment",
            format!("HOME=/root\\nGITHUB_TOKEN={TOKEN}\\nLANG=C"),
        ),
    ];
    for (number, (what, text)) in texts.iter().enumerate() {
        let word = format!("encoded-{number}-");
        let (sent, secret) = (said(&word, text), text.clone());
        world
            .upstream
            .when(&word, move |_, answer| answer.json(&sent));
        for request in calls(&world, &word) {
            let response = world.send(&request);
            let got = response.message();
            let text = got["result"]["content"][0]["text"].as_str();
            let text = text.unwrap_or_else(|| panic!("{what}: {got}"));
            assert!(!response.text().contains(&secret), "{what}: {got}");
            assert!(
                !leaks(text) && !text.contains(&encoded[48..64]),
                "{what}: {text}"
            );
            assert!(!text.contains(&percent), "{what}: {text}");
            let words = text
                .split(' ')
                .filter_map(|word| STANDARD.decode(word).ok());
            let decoded: String = words
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .collect();
            assert!(!leaks(&decoded), "{what}: {decoded}");
            assert!(
                format!("{text}{decoded}").contains("[redacted:"),
                "{what}: {text} {decoded}"
            );
        }
    }
}

#[test]
fn a_private_key_goes_with_all_its_lines() {
    let world = take(&WORLD);
    let line = "MIIEowIBAAKCAQEAx5vJ8kQm2Yw0rT7uLzN4pB9sHcVfGd3aEoXiKj6tRqUyWlMb";
    let mark = |word: &str| format!("-----{word} RSA PRIVATE {}-----", "KEY");
    let key = [&mark("BEGIN"), line, line, "Zm9v", &mark("END")].join("\\n");
    let sent = said("pem-", &format!("before\\n{key}\\nafter"));
    world
        .upstream
        .when("pem-", move |_, answer| answer.json(&sent));
    for request in calls(&world, "pem-") {
        let text = world.send(&request).text();
        assert!(!text.contains(line) && !text.contains("Zm9v"), "{text}");
        let kept = ["before\\n", "[redacted:", "after"];
        assert!(kept.iter().all(|part| text.contains(part)), "{text}");
    }
}

#[test]
fn a_list_is_redacted_as_well() {
    let world = take(&WORLD);
    let about = format!("Uses the token {TOKEN}");
    let tool = serde_json::json!({"name": "echo", "description": about, "inputSchema": {"type": "object"}});
    let list = serde_json::json!({"tools": [tool], "resultType": "complete", "ttlMs": 1, "cacheScope": "private"});
    let sent = result("listed", &list.to_string());
    world
        .upstream
        .when("\"listed\"", move |_, answer| answer.json(&sent));
    let body = portcullis_tests::mcp::request("listed", "tools/list", serde_json::json!({}));
    let text = world.send(&world.post(body)).text();
    assert!(!leaks(&text) && text.contains("\"echo\""), "{text}");
}
