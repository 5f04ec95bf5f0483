//! Where a message ends: lengths that disagree, chunks that lie, bodies without end.

use portcullis_tests::mcp;
use portcullis_tests::wire::{Connection, Request};
use serde_json::{Value, json};

use super::{CALL, Refusal, Row, WORLD, refused};
use crate::world::take;

/// By Envoy's parser, which closes the connection behind its answer.
const ENVOY: Refusal = Refusal::Envoy(&[400, 501, 0]);
const TOO_LONG: usize = 4 * 1024 * 1024 + 1;

fn row(what: &str, request: Request, refusal: Refusal) -> Row {
    let what = what.to_owned();
    Row {
        what,
        request,
        refusal,
    }
}

#[test]
fn contradicting_frames_are_refused() {
    let length = CALL.len().to_string();
    let chunk = format!("{:x}\r\n{CALL}\r\n0\r\n\r\n", CALL.len());
    refused(|world| {
        let framed = |headers: &[(&str, &str)], body: &str| {
            let request = world.post(body).as_written();
            headers.iter().fold(request, |request, (name, value)| {
                request.header(name, value)
            })
        };
        vec![
            row(
                "length and chunks",
                framed(
                    &[
                        ("content-length", &length),
                        ("transfer-encoding", "chunked"),
                    ],
                    &chunk,
                ),
                ENVOY,
            ),
            row(
                "chunks and length",
                framed(
                    &[("transfer-encoding", "chunked"), ("content-length", "5")],
                    &chunk,
                ),
                ENVOY,
            ),
            row(
                "two lengths",
                framed(
                    &[("content-length", &length), ("content-length", "5")],
                    CALL,
                ),
                ENVOY,
            ),
            row(
                "a list of lengths",
                framed(&[("content-length", &format!("{length}, 5"))], CALL),
                ENVOY,
            ),
            row(
                "negative length",
                framed(&[("content-length", "-1")], CALL),
                ENVOY,
            ),
            row(
                "length with a sign",
                framed(&[("content-length", &format!("+{length}"))], CALL),
                ENVOY,
            ),
            row(
                "length in hexadecimal",
                framed(&[("content-length", "0x10")], CALL),
                ENVOY,
            ),
            row(
                "another coding",
                framed(&[("transfer-encoding", "gzip, chunked")], &chunk),
                ENVOY,
            ),
            row(
                "a coding that looks like chunked",
                framed(&[("transfer-encoding", "xchunked")], &chunk),
                ENVOY,
            ),
            row(
                "identity coding",
                framed(&[("transfer-encoding", "identity")], CALL),
                ENVOY,
            ),
            row(
                "a chunk size that is none",
                framed(
                    &[("transfer-encoding", "chunked")],
                    &format!("zz\r\n{CALL}\r\n0\r\n\r\n"),
                ),
                ENVOY,
            ),
            row(
                "a chunk longer than it says",
                framed(
                    &[("transfer-encoding", "chunked")],
                    &format!("5\r\n{CALL}\r\n0\r\n\r\n"),
                ),
                ENVOY,
            ),
            row(
                "a header without a name",
                framed(&[("", "x"), ("content-length", &length)], CALL),
                ENVOY,
            ),
            row(
                "a name with a space",
                framed(&[("content-length ", &length)], CALL),
                ENVOY,
            ),
            row(
                "a zero byte in a header",
                framed(&[("x-a", "1\0"), ("content-length", &length)], CALL),
                ENVOY,
            ),
        ]
    });
}

#[test]
fn messages_over_the_bound_are_refused() {
    let long = CALL.replace("hi", &"x".repeat(TOO_LONG - CALL.len() + 2));
    assert_eq!(long.len(), TOO_LONG);
    refused(|world| {
        let too_long = || Refusal::Ours(413, -32600, Value::Null);
        let said = world
            .post("")
            .as_written()
            .header("content-length", &TOO_LONG.to_string());
        let huge = world
            .post("")
            .as_written()
            .header("content-length", "99999999999");
        vec![
            row("announced only", said, too_long()),
            row("announced beyond all", huge, too_long()),
            row("with its length", world.post(long.as_str()), too_long()),
            row(
                "in chunks",
                world.post(long.as_str()).chunked(65_536),
                too_long(),
            ),
        ]
    });
}

/// A body that ends early hands the rest of the bytes to a second request, which stands alone.
#[test]
fn pipelined_requests_are_judged_one_by_one() {
    let world = take(&WORLD);
    let denied = world.post(mcp::call("second", "delete_file", json!({})));
    let nobody = world
        .post(mcp::call("third", "echo", json!({})))
        .without("authorization");
    let mut connection = Connection::open(world.gateway.authority());
    let before = world.upstream.received().len();
    connection.write(&[world.post(CALL).bytes(), denied.bytes(), nobody.bytes()].concat());
    let answers = [true; 3].map(|has_body| connection.response(has_body));
    assert_eq!(answers[0].json()["id"], 1);
    assert_eq!(answers[1].json()["id"], "second");
    assert!(
        answers[1].text().contains("Files are not deleted"),
        "{}",
        answers[1].text()
    );
    assert_eq!(answers[2].status, 401);
    let arrived = world.upstream.received().split_off(before);
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].body, CALL.as_bytes());
}
