//! Tests of `objects`: the objects of MCP whose members the gateway or a policy judges, with all names that are read.

use super::*;
use crate::json::{Json, check};
use crate::jsonrpc::Fault;
use crate::mcp::{
    Era, classify_from_client, classify_from_server, elicitations, input_requests, told_requests,
};
use crate::members::{Twin, tests::twins};

/// Every judged object below this one with its members: what stands around it, and their names.
fn below(object: &'static Object, around: &str, found: &mut Vec<(String, &'static str)>) {
    for (name, under) in object.0 {
        found.push((around.to_owned(), name));
        let inner = |inside: &str| around.replace('@', &format!(r#""{name}":{inside}"#));
        match under {
            Free => {}
            Under::Object(object) => {
                below(object, &inner("{@}"), found);
                below(object, &inner("[{},{@}]"), found);
            }
            Each(object) => below(object, &inner(r#"{"any":{@}}"#), found),
        }
    }
}

/// Every look-alike of every member is refused, and the member itself is not taken for one.
fn is_strict(object: &'static Object, read: impl Fn(Json<'_>) -> Option<Fault>) -> usize {
    let mut found = Vec::new();
    below(object, "{@}", &mut found);
    let text = |around: &str, members: &str| around.replace('@', members);
    let read = |text: &str| read(check(text.as_bytes()).unwrap());
    let mut tried = 0;
    for (around, name) in &found {
        let sound = text(around, &format!(r#""{name}":null"#));
        assert!(!matches!(read(&sound), Some(Fault::Twin(_))), "{sound}");
        for twin in twins(name) {
            let key = serde_json::to_string(&twin).unwrap();
            for members in [
                format!("{key}:null"),
                format!(r#""{name}":null,{key}:null"#),
            ] {
                let text = text(around, &members);
                assert_eq!(read(&text), Some(Fault::Twin(Twin(name))), "{text}");
                tried += 1;
            }
        }
    }
    tried
}

#[test]
fn no_judged_object_holds_a_look_alike() {
    let mut tried = 0;
    for era in [Era::Sessions, Era::Stateless] {
        for method in ["tools/call", "prompts/get", "resources/read", "tasks/get"] {
            let client = |json: Json<'_>| classify_from_client(era, method, Some(json)).err();
            tried += is_strict(&PARAMS, client);
        }
        for method in ["tools/list", "completion/complete", "subscriptions/listen"] {
            let client = |json: Json<'_>| classify_from_client(era, method, Some(json)).err();
            tried += is_strict(&PARAMS, client);
        }
        let client = |json: Json<'_>| classify_from_client(era, "initialize", Some(json)).err();
        tried += is_strict(&VERSIONED, client);
    }
    for method in ["elicitation/create", "sampling/createMessage", "tasks/get"] {
        let server = |json: Json<'_>| classify_from_server(method, Some(json)).err();
        tried += is_strict(asked(method), server);
    }
    tried += is_strict(&RESULT, |json| input_requests(json).err());
    tried += is_strict(&TOLD, |json| told_requests(json).err());
    tried += is_strict(&ERROR, |json| elicitations(json).err());
    for kind in [
        ListKind::Tools,
        ListKind::Prompts,
        ListKind::Resources,
        ListKind::Templates,
    ] {
        let item = |json: Json<'_>| list_item(kind).check(json).err().map(Fault::Twin);
        tried += is_strict(list_item(kind), item);
    }
    assert!(tried > 2_000, "{tried}");
}

#[test]
fn what_nobody_judges_travels_as_it_came() {
    for (method, params) in [
        (
            "tools/call",
            r#"{"name":"a","arguments":{"NAME":1,"name":2,"task_id":3}}"#,
        ),
        ("tools/call", r#"{"name":"a","_meta":{"name":1,"NAME":2}}"#),
        (
            "initialize",
            r#"{"ClientInfo":{},"clientInfo":{"NAME":"x"}}"#,
        ),
        ("notifications/progress", r#"{"Name":"x","task_id":1}"#),
        ("vendor/thing", r#"{"task_id":1,"URI":"x","Arguments":{}}"#),
    ] {
        let json = check(params.as_bytes()).unwrap();
        let read = classify_from_client(Era::Sessions, method, Some(json));
        assert!(read.is_ok(), "{method} {params}: {read:?}");
    }
    for result in [
        r#"{"structuredContent":{"isError":1,"IsError":2,"URL":3},"content":[{"Type":"x","type":"text"}]}"#,
        r#"{"_meta":{"tools":1,"Tools":2},"Meta":{},"next_cursor":"x"}"#,
    ] {
        assert!(input_requests(check(result.as_bytes()).unwrap()).is_ok());
    }
    let error = r#"{"code":1,"message":"m","data":{"Code":1,"message":2,"MESSAGE":3}}"#;
    assert!(elicitations(check(error.as_bytes()).unwrap()).is_ok());
    let fields = r#"{"requestedSchema":{"properties":{"Name":{},"name":{}}}}"#;
    let json = check(fields.as_bytes()).unwrap();
    assert!(classify_from_server("elicitation/create", Some(json)).is_ok());
}
