//! Bodies that some reader takes differently than another, or that are no message.

use serde_json::{Value, json};

use super::{CALL, Refusal, Row, refused};

const PARSE: i32 = -32700;
const REQUEST: i32 = -32600;
const PARAMS: i32 = -32602;

/// JSON that is written with care, and its refusal; the id is 1 in all of them.
const WITH_ID: &[(&str, i32, &str)] = &[
    (
        "duplicate method",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"echo"}}"#,
    ),
    (
        "duplicate params",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"},"params":{"name":"delete_file"}}"#,
    ),
    (
        "duplicate name",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","name":"delete_file"}}"#,
    ),
    (
        "duplicate name, the same twice",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","name":"echo"}}"#,
    ),
    (
        "duplicate name, one escaped",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","n\u0061me":"delete_file"}}"#,
    ),
    (
        "duplicate arguments",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{},"arguments":{"text":"x"}}}"#,
    ),
    (
        "duplicate key in arguments",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"a","text":"b"}}}"#,
    ),
    (
        "duplicate key deep in arguments",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":[{"b":{"c":1,"c":2}}]}}}"#,
    ),
    (
        "duplicate jsonrpc",
        REQUEST,
        r#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"ping"}"#,
    ),
    (
        "Method",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#,
    ),
    (
        "METHOD alone",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"METHOD":"tools/call","params":{"name":"echo"}}"#,
    ),
    (
        "ID beside id",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"ID":2,"method":"ping"}"#,
    ),
    (
        "Params",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"},"Params":{"name":"delete_file"}}"#,
    ),
    (
        "params with a long s",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"},"paramſ":{"name":"delete_file"}}"#,
    ),
    (
        "params with an escaped long s",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"},"param\u017f":{"name":"delete_file"}}"#,
    ),
    (
        "Name",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","Name":"delete_file"}}"#,
    ),
    (
        "NAME alone",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"NAME":"delete_file"}}"#,
    ),
    (
        "argumentſ",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","argumentſ":{}}}"#,
    ),
    (
        "_META",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","_META":{}}}"#,
    ),
    (
        "Uri",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a:b","Uri":"a:c"}}"#,
    ),
    (
        "taskId with a Kelvin sign",
        REQUEST,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tasks/get\",\"params\":{\"taskId\":\"a\",\"tas\u{212a}Id\":\"b\"}}",
    ),
    (
        "Type inside ref",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"a","Type":"ref/resource"},"argument":{}}}"#,
    ),
    (
        "lone surrogate in a value",
        PARSE,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"\ud800"}}}"#,
    ),
    (
        "lone surrogate in a key",
        PARSE,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"\udc00":1}}}"#,
    ),
    (
        "surrogates in the wrong order",
        PARSE,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\udc00\ud800"}}"#,
    ),
    (
        "NaN",
        PARSE,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"x":NaN}}}"#,
    ),
    (
        "Infinity",
        PARSE,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"x":-Infinity}}}"#,
    ),
    (
        "1e400",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"x":1e400}}}"#,
    ),
    (
        "trailing data",
        PARSE,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"delete_file"}}"#,
    ),
    (
        "trailing word",
        PARSE,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"} x"#,
    ),
    (
        "comment",
        PARSE,
        r#"{"jsonrpc":"2.0","id":1,/* "method":"tools/call", */"method":"ping"}"#,
    ),
    (
        "trailing comma",
        PARSE,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping",}"#,
    ),
    (
        "single quotes",
        PARSE,
        r#"{"jsonrpc":"2.0","id":1,"method":'ping'}"#,
    ),
    (
        "leading zero",
        PARSE,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"x":01}}}"#,
    ),
    (
        "raw control character",
        PARSE,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{\"x\":\"a\u{1}\"}}}",
    ),
    (
        "no name",
        PARAMS,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{}}}"#,
    ),
    (
        "name is a number",
        PARAMS,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}"#,
    ),
    (
        "name with a zero-width space",
        PARAMS,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo\u200b"}}"#,
    ),
    (
        "name that runs backwards",
        PARAMS,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\u202eohce"}}"#,
    ),
    (
        "name with a zero byte",
        PARAMS,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo\u0000"}}"#,
    ),
    (
        "params is a list",
        PARAMS,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["echo"]}"#,
    ),
    (
        "no params",
        PARAMS,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#,
    ),
    (
        "request and response",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"},"result":{}}"#,
    ),
    (
        "response without a session",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
    ),
    (
        "jsonrpc 1.0",
        REQUEST,
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
    ),
    (
        "jsonrpc is a number",
        REQUEST,
        r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#,
    ),
    ("no jsonrpc", REQUEST, r#"{"id":1,"method":"ping"}"#),
    (
        "method with a zero byte",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping\u0000"}"#,
    ),
    (
        "method is a list",
        REQUEST,
        r#"{"jsonrpc":"2.0","id":1,"method":["ping"]}"#,
    ),
];

/// Bodies in which no single id can be read.
const WITHOUT_ID: &[(&str, i32, &[u8])] = &[
    ("empty", PARSE, b""),
    ("white space", PARSE, b" \r\n"),
    ("null", REQUEST, b"null"),
    ("text", REQUEST, b"\"ping\""),
    ("batch of one", REQUEST, br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#),
    ("batch that hides a call", REQUEST, br#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"delete_file"}}]"#),
    ("empty batch", REQUEST, b"[]"),
    ("byte order mark", PARSE, b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"),
    ("UTF-16 by its look", PARSE, b"{\0\"\0j\0s\0o\0n\0r\0p\0c\0\"\0:\0\"\x002\0.\x000\0\"\0}\0"),
    ("two ids", REQUEST, br#"{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{"name":"echo"}}"#),
    ("id null", REQUEST, br#"{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"echo"}}"#),
    ("id fraction", REQUEST, br#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#),
    ("id exponent", REQUEST, br#"{"jsonrpc":"2.0","id":1e0,"method":"ping"}"#),
    ("id true", REQUEST, br#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#),
    ("id object", REQUEST, br#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#),
    ("form", PARSE, b"method=tools/call&name=echo"),
];

fn row(what: &str, request: portcullis_tests::wire::Request, code: i32, id: Value) -> Row {
    Row {
        what: what.to_owned(),
        request,
        refusal: Refusal::Ours(400, code, id),
    }
}

#[test]
fn ambiguous_and_broken_messages_are_refused_with_their_id() {
    refused(|world| {
        let rows = WITH_ID.iter();
        rows.map(|(what, code, body)| row(what, world.post(*body), *code, json!(1)))
            .collect()
    });
}

#[test]
fn messages_without_a_readable_id_are_refused() {
    refused(|world| {
        let rows = WITHOUT_ID.iter();
        rows.map(|(what, code, body)| row(what, world.post(*body), *code, Value::Null))
            .collect()
    });
}

/// What is not text has no id, wherever one seems to stand.
#[test]
fn bytes_that_are_no_utf8_are_refused() {
    let bytes: [(&str, &[u8]); 5] = [
        ("stray continuation", b"\x80"),
        ("cut sequence", b"\xe2\x82"),
        ("overlong slash", b"\xc0\xaf"),
        ("encoded surrogate", b"\xed\xa0\x80"),
        ("beyond Unicode", b"\xf4\x90\x80\x80"),
    ];
    refused(|world| {
        let (before, after) = CALL.split_once("hi").unwrap();
        let body = |bytes: &[u8]| [before.as_bytes(), bytes, after.as_bytes()].concat();
        let rows = bytes.iter();
        rows.map(|(what, bytes)| row(what, world.post(body(bytes)), PARSE, Value::Null))
            .collect()
    });
}

#[test]
fn deep_and_long_messages_are_refused() {
    let deep = |open: &str, close: &str, depth: usize| {
        CALL.replace(
            "\"hi\"",
            &format!("{}1{}", open.repeat(depth), close.repeat(depth)),
        )
    };
    let id = format!("\"{}\"", "i".repeat(600));
    refused(|world| {
        vec![
            row(
                "5000 lists",
                world.post(deep("[", "]", 5000)),
                REQUEST,
                json!(1),
            ),
            row(
                "5000 objects",
                world.post(deep("{\"a\":", "}", 5000)),
                REQUEST,
                json!(1),
            ),
            row(
                "65 lists",
                world.post(deep("[", "]", 65)),
                REQUEST,
                json!(1),
            ),
            row(
                "5000 lists that never end",
                world.post("[".repeat(5000)),
                REQUEST,
                Value::Null,
            ),
            row(
                "long id",
                world.post(CALL.replace(":1,", &format!(":{id},"))),
                REQUEST,
                Value::Null,
            ),
            row(
                "long name",
                world.post(CALL.replace("echo", &"e".repeat(300))),
                PARAMS,
                json!(1),
            ),
        ]
    });
}

#[test]
fn unknown_methods_look_like_those_of_a_server_that_has_none() {
    refused(|world| {
        let unknown = |method: &str| CALL.replace("tools/call", method);
        let refusal = |status| Refusal::Ours(status, -32601, json!(1));
        let mut rows: Vec<Row> = [
            "Tools/call",
            "tools/call ",
            "tools//call",
            "tools/delete",
            "interceptor/invoke",
        ]
        .iter()
        .map(|method| Row {
            what: (*method).to_owned(),
            request: world.post(unknown(method)),
            refusal: refusal(200),
        })
        .collect();
        let modern = world.gateway.modern(
            "demo",
            "alice",
            "m",
            "resources/subscribe",
            json!({"uri": "a:b"}),
        );
        rows.push(Row {
            what: "a method that the stateless era removed".to_owned(),
            request: modern,
            refusal: Refusal::Ours(404, -32601, json!("m")),
        });
        rows
    });
}
