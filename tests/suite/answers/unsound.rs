//! Answers that some client takes differently than another, or that are no answer to this request.

use portcullis_tests::mcp;
use portcullis_tests::wire::Response;
use serde_json::json;

use super::{WORLD, answered, is_withheld, result};
use crate::world::{DEMO, take};

#[test]
fn a_sound_answer_comes_as_it_was_sent() {
    let world = take(&WORLD);
    let body = " {\r\n\"result\":{\"content\":[ ],\"x\":1.50,\"y\":\"\\u00e9\\/\"} , \"id\":\"sound\",\t\"jsonrpc\":\"2.0\"}\n";
    let response = answered(&world, "sound", move |_, answer| {
        answer.json_with(body, &[("x-own", "1"), ("set-cookie", "a=b")]);
    });
    assert_eq!((response.status, response.text().as_str()), (200, body));
    assert_eq!(response.header("x-own"), None, "it means nothing to MCP");
    assert_eq!(response.header("set-cookie"), None);
    assert_eq!(response.header("content-type"), Some("application/json"));
}

/// JSON bodies in the place of the answer to `unsound-N`; `ID` stands for that id.
const UNSOUND: &[(&str, &str)] = &[
    (
        "duplicate result",
        r#"{"jsonrpc":"2.0","id":"ID","result":{},"result":{"content":[]}}"#,
    ),
    (
        "duplicate key inside",
        r#"{"jsonrpc":"2.0","id":"ID","result":{"content":[],"content":[{"type":"text","text":"secret"}]}}"#,
    ),
    (
        "two ids",
        r#"{"jsonrpc":"2.0","id":"other","id":"ID","result":{"secret":1}}"#,
    ),
    (
        "wrong id",
        r#"{"jsonrpc":"2.0","id":"other","result":{"secret":1}}"#,
    ),
    (
        "id of another type",
        r#"{"jsonrpc":"2.0","id":1,"result":{"secret":1}}"#,
    ),
    ("no id", r#"{"jsonrpc":"2.0","result":{"secret":1}}"#),
    (
        "result and error",
        r#"{"jsonrpc":"2.0","id":"ID","result":{"secret":1},"error":{"code":1,"message":"x"}}"#,
    ),
    (
        "Result",
        r#"{"jsonrpc":"2.0","id":"ID","result":{},"Result":{"secret":1}}"#,
    ),
    (
        "batch",
        r#"[{"jsonrpc":"2.0","id":"ID","result":{"secret":1}}]"#,
    ),
    (
        "two answers",
        r#"{"jsonrpc":"2.0","id":"ID","result":{}}{"jsonrpc":"2.0","id":"ID","result":{"secret":1}}"#,
    ),
    (
        "a request",
        r#"{"jsonrpc":"2.0","id":"ID","method":"sampling/createMessage","params":{"secret":1}}"#,
    ),
    (
        "a notification",
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"secret":1}}"#,
    ),
    (
        "lone surrogate",
        r#"{"jsonrpc":"2.0","id":"ID","result":{"secret":"\ud800"}}"#,
    ),
    (
        "byte order mark",
        "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":\"ID\",\"result\":{\"secret\":1}}",
    ),
    ("a page", "<html>secret</html>"),
    (
        "cut short",
        r#"{"jsonrpc":"2.0","id":"ID","result":{"secret":"#,
    ),
];

#[test]
fn unsound_json_is_withheld_and_the_wait_ends() {
    let world = take(&WORLD);
    let mut faults = Vec::new();
    for (number, (what, body)) in UNSOUND.iter().enumerate() {
        let word = format!("unsound-{number}-");
        let body = body.replace("ID", &word);
        let response = answered(&world, &word, move |_, answer| answer.json(&body));
        if response.status != 200
            || !is_withheld(&response.json(), &word)
            || response.text().contains("secret")
        {
            faults.push(format!("{what}: {} {}", response.status, response.text()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn is_neutral(response: &Response) -> bool {
    let hidden = ["location", "content-encoding", "x-secret"].map(|name| response.header(name));
    !response.text().contains("secret") && hidden[..2] == [None, None]
}

#[test]
fn what_is_no_mcp_answer_is_not_passed_on() {
    let world = take(&WORLD);
    let gzip: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0";
    type Case = (
        &'static str,
        u16,
        &'static str,
        &'static [(&'static str, &'static str)],
        &'static [u8],
        u16,
    );
    let cases: [Case; 9] = [
        ("page", 200, "text/html", &[], b"<html>secret", 200),
        (
            "gzip",
            200,
            "application/json",
            &[("content-encoding", "gzip")],
            gzip,
            200,
        ),
        (
            "utf-16",
            200,
            "application/json; charset=utf-16",
            &[],
            b"{\0s\0e\0c\0",
            200,
        ),
        (
            "json-suffix",
            200,
            "application/problem+json",
            &[],
            b"{\"secret\":1}",
            200,
        ),
        (
            "redirect",
            302,
            "application/json",
            &[("location", "http://evil.example/secret")],
            b"secret",
            200,
        ),
        (
            "kept-redirect",
            307,
            "text/plain",
            &[("location", "http://evil.example/secret")],
            b"secret",
            200,
        ),
        (
            "failure",
            500,
            "text/plain",
            &[],
            b"stack trace: secret",
            500,
        ),
        ("forbidden", 403, "text/html", &[], b"secret", 403),
        ("missing", 404, "text/plain", &[], b"secret", 404),
    ];
    for (word, status, content_type, headers, body, shown) in cases {
        let word = format!("foreign-{word}");
        let response = answered(&world, &word, move |_, answer| {
            answer.whole(status, content_type, headers, body)
        });
        assert_eq!(response.status, shown, "{word}: {}", response.text());
        assert!(is_neutral(&response), "{word}: {response:?}");
        if shown != 404 {
            assert_eq!(response.json()["id"], word, "{word}: {}", response.text());
        }
    }
}

#[test]
fn a_redirect_without_a_body_is_an_error_with_the_id() {
    let world = take(&WORLD);
    for status in [301, 302, 307, 308] {
        let word = format!("empty-{status}");
        let response = answered(&world, &word, move |_, answer| {
            answer.whole(
                status,
                "text/plain",
                &[("location", "http://evil.example/secret")],
                b"",
            );
        });
        assert!(is_neutral(&response), "{response:?}");
        assert!(is_withheld(&response.json(), &word), "{response:?}");
    }
}

/// Answers in pieces, with trailers behind them; `ID` stands for the request's id.
#[test]
fn answers_in_chunks_are_read_whole() {
    let world = take(&WORLD);
    let sound =
        r#"{"jsonrpc":"2.0","id":"ID","result":{"content":[{"type":"text","text":"fine"}]}}"#;
    let unsound = r#"{"jsonrpc":"2.0","id":"ID","result":{"a":1,"a":"secret"}}"#;
    for (number, (body, end)) in [
        (sound, ""),
        (sound, "x-late: 1\r\n"),
        (unsound, ""),
        (unsound, "x-late: 1\r\n"),
    ]
    .into_iter()
    .enumerate()
    {
        let word = format!("pieces-{number}-");
        let body = body.replace("ID", &word);
        let expected = body.clone();
        let response = answered(&world, &word, move |_, answer| {
            answer.raw(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
            body.as_bytes()
                .chunks(9)
                .for_each(|chunk| answer.chunk(chunk));
            answer.raw(format!("0\r\n{end}\r\n").as_bytes());
        });
        if number < 2 {
            assert_eq!(response.text(), expected, "{response:?}");
        } else {
            assert!(is_withheld(&response.json(), &word), "{response:?}");
        }
    }
}

#[test]
fn an_answer_with_nothing_in_it_ends_the_wait() {
    let world = take(&WORLD);
    for (number, (status, content_type)) in [
        (200, "application/json"),
        (200, "text/event-stream"),
        (200, "text/html"),
        (202, "application/json"),
    ]
    .into_iter()
    .enumerate()
    {
        let word = format!("nothing-{number}-");
        let response = answered(&world, &word, move |_, answer| {
            answer.whole(status, content_type, &[], b"")
        });
        let ended = response.status >= 400 || is_withheld(&response.message(), &word);
        assert!(ended, "{status} {content_type}: {response:?}");
    }
}

/// Servers accept notifications, answers and the end of a session with an empty body in many
/// forms; a client gives up on its session when this is an error.
#[test]
fn what_needs_no_answer_is_accepted_in_every_form() {
    let world = take(&WORLD);
    let forms: [&[u8]; 6] = [
        b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 202 Accepted\r\ncontent-type: text/plain\r\ncontent-length: 8\r\n\r\nAccepted",
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ];
    for (number, form) in forms.into_iter().enumerate() {
        let word = format!("accepted-{number}-");
        world
            .upstream
            .when(&word, move |_, answer| answer.raw(form));
        let opened = world.send(&world.post(mcp::initialize("0")));
        let session = opened.header("mcp-session-id").expect("a session");
        let notice = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": word}});
        let answer = mcp::result(&json!(55), json!({"text": word}));
        let end = world
            .gateway
            .stream(DEMO, "alice")
            .method("DELETE")
            .header("x-word", &word);
        let form = String::from_utf8_lossy(form);
        for request in [world.post(notice.to_string()), world.post(answer), end] {
            let response = world.send(&request.header("mcp-session-id", session));
            assert!(
                matches!(response.status, 200 | 202 | 204),
                "{form}: {response:?}"
            );
            assert_eq!(response.text(), "", "{form}");
        }
    }
}

#[test]
fn errors_of_the_server_keep_their_form() {
    let world = take(&WORLD);
    let error = r#"{"jsonrpc":"2.0","id":"own-error","error":{"code":-32602,"message":"Unknown tool","data":{"a":1}}}"#;
    for status in [200, 400, 404, 500] {
        let response = answered(&world, "own-error", move |_, answer| {
            answer.whole(status, "application/json", &[], error.as_bytes());
        });
        assert_eq!((response.status, response.text().as_str()), (status, error));
    }
}

#[test]
fn an_upstream_that_is_not_there_is_an_error_with_the_id() {
    let world = take(&WORLD);
    let response = answered(&world, "hangs-up", |_, answer| answer.close());
    assert!(response.status >= 500, "{response:?}");
    assert!(
        !response.text().contains("127.0.0.1"),
        "no address is told: {}",
        response.text()
    );
    let response = answered(&world, "half-said", |_, answer| {
        answer.raw(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"jsonrpc\":\"2.0\",\"secret\"");
        answer.close();
    });
    assert!(!response.text().contains("secret"), "{response:?}");
}

#[test]
fn nobody_asks_the_server_for_a_coded_answer() {
    let world = take(&WORLD);
    for wanted in ["gzip, br", "identity;q=0, *"] {
        let request = super::call(&world, "alice", "coded").header("accept-encoding", wanted);
        let (_, arrived) = world.send_and_see(&request);
        // Whoever says nothing takes any coding (RFC 9110, 12.5.3).
        assert_eq!(arrived[0].header("accept-encoding"), Some("identity"));
    }
}

#[test]
fn large_answers_come_whole() {
    let world = take(&WORLD);
    let text = "x".repeat(8 * 1024 * 1024);
    let body = result("large", &text);
    let expected = body.clone();
    let response = answered(&world, "large", move |_, answer| answer.json(&body));
    assert!(
        response.text() == expected,
        "{} of {} bytes",
        response.body.len(),
        expected.len()
    );
    let too_large = result("too-large", &"x".repeat(17 * 1024 * 1024));
    let response = answered(&world, "too-large", move |_, answer| {
        answer.json(&too_large)
    });
    assert!(
        is_withheld(&response.json(), "too-large"),
        "{} {:.200}",
        response.status,
        response.text()
    );
    assert_eq!(
        response.json()["result"]["content"][0]["type"],
        json!("text")
    );
}
