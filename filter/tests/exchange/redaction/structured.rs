//! Structured content: what is left of it must still be what its tool may give.

use portcullis_filter::exchange::Gate;
use portcullis_protocol::wire::End;
use serde_json::{Value, json};

use super::answers::{end, whole};
use super::{PLACEHOLDER, SECRET, holds_nothing, rules};
use crate::world::World;

fn structured(token: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "result": {
        "content": [{"type": "text", "text": token}], "structuredContent": {"token": token}}})
    .to_string()
}

#[test]
fn structured_content_goes_when_it_still_fits() {
    let mut world = whole("redact", json!({}), &structured(SECRET));
    assert_eq!((world.answer, world.text()), (Gate::Hold, ""));
    assert_eq!(world.asks.last().unwrap().path, "/v1/structured");
    let question = world.question();
    assert_eq!(
        (&question["tool"], &question["server"]),
        (&json!("echo"), &json!("demo"))
    );
    assert_eq!(question["content"], json!({"token": PLACEHOLDER}));
    let fits = json!({"call": question["call"], "digest": question["digest"], "fit": "fits"});
    world.answered(200, &fits.to_string());
    assert_eq!(
        (world.answer, world.text()),
        (Gate::Open, structured(PLACEHOLDER).as_str())
    );
    assert_eq!(end(&world.gone()), (End::Complete, false));
}

#[test]
fn structured_content_that_fits_no_more_is_a_clean_error() {
    let question = whole("redact", json!({}), &structured(SECRET)).question();
    let answer = |call: &Value, digest: &Value, fit: &str| {
        json!({"call": call, "digest": digest, "fit": fit}).to_string()
    };
    let (call, digest) = (&question["call"], &question["digest"]);
    for (status, body) in [
        (200, answer(call, digest, "unfit")),
        (200, answer(call, digest, "perhaps")),
        (
            200,
            answer(&json!("ffffffffffffffffffffffffffffffff"), digest, "fits"),
        ),
        (
            200,
            answer(
                call,
                &json!(portcullis_protocol::digest::Digest::of(b"")),
                "fits",
            ),
        ),
        (503, answer(call, digest, "fits")),
        (0, String::new()),
    ] {
        let mut world = whole("redact", json!({}), &structured(SECRET));
        world.answered(status, &body);
        let reply: Value = serde_json::from_str(world.text()).unwrap();
        assert_eq!(
            reply["result"],
            json!({"isError": true, "content": [{"type": "text", "text":
                "The result was withheld: with its secrets removed it no longer fits the tool's output schema."}]}),
            "{body}"
        );
        assert_eq!(
            (end(&world.gone()), &reply["id"]),
            ((End::Withheld, true), &json!(1))
        );
    }
}

#[test]
fn structured_content_of_an_unknown_tool_does_not_fit() {
    let body =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tasks/result", "params": {"taskId": "t"}});
    let task = World::ruled(&rules("redact"))
        .header("mcp-session-id", "s1")
        .send(&body.to_string());
    let task = task
        .standing("own")
        .allow()
        .head(200, "application/json", &[]);
    let asked = task.asks.len();
    let task = task.chunk(&structured(SECRET), true);
    let stream = World::ruled(&rules("redact"))
        .bare("GET")
        .header("mcp-session-id", "s1")
        .send("");
    let stream = stream.standing("own").head(200, "text/event-stream", &[]);
    let replayed = structured(SECRET).replace("\"id\":1", "\"id\":77");
    let stream = stream.chunk(&format!("data: {replayed}\n\n"), false);
    for (world, id, asks) in [(task, 1, asked), (stream, 77, 1)] {
        let reply: Value =
            serde_json::from_str(world.text().trim().trim_start_matches("data: ")).unwrap();
        assert_eq!(
            (&reply["id"], &reply["result"]["isError"]),
            (&json!(id), &json!(true))
        );
        assert_eq!(world.asks.len(), asks, "nobody can be asked");
        holds_nothing(&world.gone());
    }
}
