//! Unusual bodies that mean the same to every reader: they travel untouched.

use serde_json::json;

use super::{CALL, arrive};

/// Whole bodies.
const BODIES: &[(&str, &str)] = &[
    ("plain", CALL),
    (
        "white space everywhere",
        "\r\n\t {\t\"jsonrpc\" :\n\"2.0\" , \"id\":\r1,\"method\":\t\"tools/call\",\"params\" : { \"name\":\"echo\" ,\n\"arguments\":{ } } }\n\n",
    ),
    (
        "escaped key",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"n\u0061me":"echo"}}"#,
    ),
    (
        "escaped method",
        r#"{"jsonrpc":"2.0","id":1,"\u006dethod":"tools\/call","params":{"name":"\u0065cho"}}"#,
    ),
    (
        "another order",
        r#"{"params":{"arguments":{},"name":"echo"},"method":"tools/call","id":1,"jsonrpc":"2.0"}"#,
    ),
    (
        "members nobody knows",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","x":[],"params":{"name":"echo","y":{"Name":"z"}}}"#,
    ),
    (
        "negative id",
        r#"{"jsonrpc":"2.0","id":-7,"method":"tools/call","params":{"name":"echo"}}"#,
    ),
    (
        "large id",
        r#"{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"name":"echo"}}"#,
    ),
    (
        "escaped id",
        r#"{"jsonrpc":"2.0","id":"\u0031\"\\","method":"tools/call","params":{"name":"echo"}}"#,
    ),
    (
        "notification",
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
    ),
    (
        "ping without params",
        r#"{ "jsonrpc" : "2.0" , "id" : "p" , "method" : "ping" }"#,
    ),
];

/// Values in the place of the argument `"hi"`.
const VALUES: &[(&str, &str)] = &[
    ("surrogate pair", r#""\ud83d\ude00""#),
    ("raw emoji and combining marks", "\"😀 e\u{301} \u{202e}\""),
    ("all short escapes", r#""\"\\\/\b\f\n\r\t""#),
    ("escaped zero", r#""a\u0000b""#),
    ("deleted and line separators", "\"\u{7f}\u{2028}\u{2029}\""),
    (
        "integers beyond every type",
        "123456789012345678901234567890",
    ),
    (
        "numbers as written",
        "[-0, 0.10, 1E5, 1e-7, 1.0e+2, 9007199254740993]",
    ),
    ("empty keys and values", r#"{"":{"":[]}}"#),
    ("case twins in arguments", r#"{"a":1,"A":2}"#),
    (
        "JSON in a string",
        r#""{\"method\":\"tools/call\",\"params\":{\"name\":\"delete_file\"}}""#,
    ),
    ("line breaks between tokens", "[1,\r\n2,\r3,\n\t4]"),
];

#[test]
fn unusual_bodies_arrive_byte_for_byte() {
    arrive(|world| {
        let bodies = BODIES
            .iter()
            .map(|(what, body)| ((*what).to_owned(), world.post(*body)));
        let values = VALUES.iter().map(|(what, value)| {
            (
                (*what).to_owned(),
                world.post(CALL.replace("\"hi\"", value)),
            )
        });
        bodies.chain(values).collect()
    });
}

#[test]
fn the_same_bodies_arrive_however_they_are_cut() {
    arrive(|world| {
        let sizes =
            [1, 7, 64].map(|size| (format!("chunks of {size}"), world.post(CALL).chunked(size)));
        let trailers = world
            .post(CALL)
            .trailers("x-late: 1\r\nmcp-name: delete_file\r\nauthorization: Bearer x\r\n");
        let waits = world.post(CALL).header("expect", "100-continue");
        let more = [
            ("trailers".to_owned(), trailers),
            ("expectation".to_owned(), waits),
        ];
        sizes.into_iter().chain(more).collect()
    });
}

#[test]
fn harmless_differences_of_the_head_are_accepted() {
    arrive(|world| {
        let types = [
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json; boundary=x",
            "application/json ;",
        ];
        let types = types.map(|value| {
            (
                value.to_owned(),
                world.post(CALL).set("content-type", value),
            )
        });
        let names = world
            .post(CALL)
            .without("content-type")
            .header("CONTENT-TYPE", "application/json");
        let identity = world.post(CALL).header("content-encoding", "identity");
        let port = world
            .gateway
            .authority()
            .rsplit(':')
            .next()
            .unwrap()
            .to_owned();
        let host = world.post(CALL).set("host", &format!("LocalHost:{port}"));
        let origin = world
            .post(CALL)
            .header("origin", &format!("http://127.0.0.1:{port}"));
        let folded = world.post(CALL).header("x-a", "1\r\n x-agent-name: 2");
        let more = [
            ("folded header", folded),
            ("upper-case name", names),
            ("identity", identity),
            ("host", host),
            ("own origin", origin),
        ];
        let more = more.map(|(what, request)| (what.to_owned(), request));
        types.into_iter().chain(more).collect()
    });
}

#[test]
fn stateless_requests_arrive_with_their_mirrors() {
    arrive(|world| {
        let arguments = json!({"name": "echo", "arguments": {"text": "hi"}});
        let good = || {
            world
                .gateway
                .modern("demo", "alice", "m", "tools/call", arguments.clone())
        };
        let coded = good().set("mcp-name", "=?base64?ZWNobw==?=");
        let unknown = good()
            .header("mcp-param-region", "eu")
            .header("mcp-param-text", "=?base64?aGk=?=");
        let more = [
            ("plain", good()),
            ("coded name", coded),
            ("unknown mirrors", unknown),
        ];
        more.map(|(what, request)| (what.to_owned(), request))
            .into()
    });
}

#[test]
fn the_largest_message_arrives() {
    const LARGEST: usize = 4 * 1024 * 1024;
    let text = "x".repeat(LARGEST - CALL.len() + 2);
    let body = CALL.replace("hi", &text);
    assert_eq!(body.len(), LARGEST);
    arrive(|world| {
        let whole = ("with its length".to_owned(), world.post(body.as_str()));
        let chunked = (
            "in chunks".to_owned(),
            world.post(body.as_str()).chunked(100_000),
        );
        vec![whole, chunked]
    });
}
