//! Whole messages of MCP in which nothing is secret.

use base64::Engine as _;

use super::{Class, Form};
use crate::fill::fill;
use crate::random::Random;

const fn message(name: &'static str, templates: &'static [&'static str]) -> Class {
    Class {
        name,
        form: Form::Message(templates),
    }
}

const fn made(name: &'static str, make: fn(&mut Random) -> String) -> Class {
    Class {
        name,
        form: Form::Made(make),
    }
}

pub(super) const CLASSES: &[Class] = &[
    message(
        "tool schemas",
        &[
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"login","description":"Signs in with user name and password; returns an access token.","inputSchema":{"type":"object","properties":{"username":{"type":"string"},"password":{"type":"string","description":"The password of the user","minLength":8},"api_key":{"type":"string","default":""}},"required":["username","password"]}}],"nextCursor":"eyJ‹w30›"}}"#,
            r#"{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"rotate_secret","title":"Rotate secret","description":"Rotates the secret. Needs a bearer token: Authorization: Bearer <token>","inputSchema":{"type":"object","properties":{"secret":{"type":"string","enum":["database","cache","queue"]},"token":{"type":"string","const":"current"}}},"annotations":{"destructiveHint":true}}]}}"#,
            r##"{"jsonrpc":"2.0","id":3,"result":{"tools":[{"name":"set_password","inputSchema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"password":{"type":"string","format":"password","pattern":"^[A-Za-z0-9!@#$%^&*]{12,}$","title":"Password"},"confirm":{"$ref":"#/properties/password"}}},"outputSchema":{"type":"object","properties":{"token":{"type":"string"}}}}]}}"##,
        ],
    ),
    message(
        "request state",
        &[
            r#"{"jsonrpc":"2.0","id":5,"result":{"resultType":"input_required","inputRequests":{"q":{"method":"elicitation/create","params":{"message":"Which branch?","requestedSchema":{"type":"object","properties":{"branch":{"type":"string"}}}}}},"requestState":"eyJ‹w80›.‹u43›"}}"#,
            r#"{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"deploy","arguments":{},"requestState":"‹b120›==","inputResponses":{}}}"#,
        ],
    ),
    message(
        "lists and cursors",
        &[
            r#"{"jsonrpc":"2.0","id":‹D1›,"method":"tools/list","params":{"cursor":"eyJ‹w60›"}}"#,
            r#"{"jsonrpc":"2.0","id":"‹uuid›","result":{"resources":[{"uri":"file:///srv/app/secrets/README.md","name":"How secrets are kept"},{"uri":"vault://prod/db/password","name":"password"}],"nextCursor":"‹b64›"}}"#,
            r#"{"jsonrpc":"2.0","id":3,"result":{"prompts":[{"name":"reset_password","arguments":[{"name":"token","description":"The reset token","required":true}]}]}}"#,
        ],
    ),
    message(
        "handshake",
        &[
            r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{},"sampling":{}},"clientInfo":{"name":"acme","version":"1.4.‹d1›"}}}"#,
            r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"vault","version":"0.9.‹d1›"},"instructions":"Never print passwords or tokens. The password of a user is not known to this server."}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"‹uuid›","progress":‹D1›,"total":9,"message":"checking password hashes"}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"‹uuid›","reason":"token expired"}}"#,
        ],
    ),
    message(
        "elicitation",
        &[
            r#"{"jsonrpc":"2.0","id":9,"method":"elicitation/create","params":{"message":"Enter the password of the staging database","requestedSchema":{"type":"object","properties":{"password":{"type":"string","title":"Password","description":"At least 12 characters"}},"required":["password"]}}}"#,
            r#"{"jsonrpc":"2.0","id":9,"method":"elicitation/create","params":{"mode":"url","elicitationId":"‹uuid›","url":"https://id.acme.io/connect?elicitation=‹uuid›","message":"Sign in to continue"}}"#,
        ],
    ),
    message(
        "numbers and flags",
        &[
            r#"{"jsonrpc":"2.0","id":7,"result":{"content":[],"structuredContent":{"password":null,"token":‹D1›‹d5›,"has_secret":true,"api_key":[],"auth":{"enabled":false},"credentials":{}}}}"#,
            r#"{"jsonrpc":"2.0","id":8,"result":{"content":[],"structuredContent":{"usage":{"inputTokens":‹D1›‹d3›,"outputTokens":‹D1›‹d2›},"maxTokens":4096,"stopReason":"end_turn","token_limit":200000}}}"#,
        ],
    ),
    made("image", image),
    made("audio", audio),
    made("blob", blob),
];

/// Random bytes behind the right beginning, long enough that any short pattern turns up.
fn bytes(random: &mut Random, magic: &[u8]) -> String {
    let length = 2_000 + random.below(6_000);
    let mut bytes = magic.to_vec();
    bytes.extend(random.bytes(length));
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

fn image(random: &mut Random) -> String {
    let (magic, kind): (&[u8], &str) = match random.below(3) {
        0 => (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        1 => (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        _ => (b"RIFF\x24\x10\0\0WEBPVP8 ", "image/webp"),
    };
    let data = bytes(random, magic);
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{{"type":"text","text":"a chart"}},{{"type":"image","data":"{data}","mimeType":"{kind}"}}]}}}}"#
    )
}

fn audio(random: &mut Random) -> String {
    let data = bytes(random, b"RIFF\x24\x10\0\0WAVEfmt ");
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{{"type":"audio","data":"{data}","mimeType":"audio/wav"}}]}}}}"#
    )
}

fn blob(random: &mut Random) -> String {
    let data = bytes(random, b"PK\x03\x04\x14\0\0\0\x08\0");
    let uri = fill(random, "file:///srv/app/‹h12›.zip").text;
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"contents":[{{"uri":"{uri}","mimeType":"application/zip","blob":"{data}"}}]}}}}"#
    )
}
