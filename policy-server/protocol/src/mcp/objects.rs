//! The objects of MCP whose members the gateway or a policy judges, with all names that are read
//! there (MCP 2025-11-25 and 2026-07-28, schema).
//!
//! A name that is read anywhere belongs here: only then are its look-alikes refused. Deliberately
//! absent: what nobody judges, such as `_meta` beyond the protocol version, arguments, structured
//! content and the blocks of content in results.

use super::VERSION_KEY;
use crate::members::{Object, Under};
use crate::wire::ListKind;

use Under::{Each, Free};

/// Parameters of a message of the agent.
pub(super) fn sent(method: &str) -> &'static Object {
    match method.split('/').next() {
        Some("tools" | "prompts" | "resources" | "subscriptions" | "completion" | "tasks") => {
            &PARAMS
        }
        _ => &VERSIONED,
    }
}

/// What decides what a message of the agent acts on.
static PARAMS: Object = Object(&[
    ("name", Free),
    ("uri", Free),
    ("arguments", Free),
    ("_meta", Under::Object(&META)),
    ("ref", Under::Object(&REFERENCE)),
    ("argument", Under::Object(&ARGUMENT)),
    ("context", Under::Object(&CONTEXT)),
    ("taskId", Free),
    ("notifications", Under::Object(&WANTED)),
    ("task", Under::Object(&TTL)),
    ("inputResponses", Free),
    ("requestState", Free),
]);

/// Parameters of which only the protocol version is read.
static VERSIONED: Object = Object(&[("_meta", Under::Object(&META))]);

static META: Object = Object(&[(VERSION_KEY, Free)]);
static REFERENCE: Object = Object(&[("type", Free), ("name", Free), ("uri", Free)]);
static ARGUMENT: Object = Object(&[("name", Free), ("value", Free)]);
static CONTEXT: Object = Object(&[("arguments", Free)]);
static TTL: Object = Object(&[("ttl", Free)]);
static WANTED: Object = Object(&[
    ("toolsListChanged", Free),
    ("promptsListChanged", Free),
    ("resourcesListChanged", Free),
    ("resourceSubscriptions", Free),
]);

/// A result.
pub(super) static RESULT: Object = Object(&[
    ("resultType", Free),
    ("isError", Free),
    ("structuredContent", Free),
    ("inputRequests", Each(&REQUEST)),
    ("task", Under::Object(&TASK)),
    ("elicitations", Free),
    ("tools", Free),
    ("prompts", Free),
    ("resources", Free),
    ("resourceTemplates", Free),
    ("ttlMs", Free),
    ("cacheScope", Free),
]);

/// What else may hold requests of the server: a task, and what a notification says of one.
pub(super) static TASK: Object = Object(&[
    ("resultType", Free),
    ("inputRequests", Each(&REQUEST)),
    ("task", Free),
    ("elicitations", Free),
    ("tools", Free),
    ("prompts", Free),
    ("resources", Free),
    ("resourceTemplates", Free),
]);

/// Parameters of a notification of the server.
pub(super) static TOLD: Object = Object(&[
    ("inputRequests", Each(&REQUEST)),
    ("task", Under::Object(&TASK)),
]);

static REQUEST: Object = Object(&[("method", Free), ("params", Free)]);

/// An error.
pub(super) static ERROR: Object = Object(&[
    ("code", Free),
    ("message", Free),
    ("data", Under::Object(&DATA)),
]);

static DATA: Object = Object(&[
    ("inputRequests", Each(&REQUEST)),
    ("task", Under::Object(&TASK)),
    ("elicitations", Free),
]);

/// What a server wants to be told, and where it sends people for it.
static ELICITATION: Object = Object(&[
    ("mode", Free),
    ("message", Free),
    ("url", Free),
    ("elicitationId", Free),
    ("requestedSchema", Under::Object(&FORM)),
    ("task", Under::Object(&TTL)),
]);

static FORM: Object = Object(&[
    ("type", Free),
    ("properties", Each(&FIELD)),
    ("required", Free),
]);

static FIELD: Object = Object(&[
    ("type", Free),
    ("title", Free),
    ("description", Free),
    ("format", Free),
    ("enum", Free),
    ("enumNames", Free),
    ("oneOf", Under::Object(&OPTION)),
    ("anyOf", Under::Object(&OPTION)),
    ("items", Under::Object(&ITEM)),
    ("default", Free),
]);

static ITEM: Object = Object(&[
    ("type", Free),
    ("enum", Free),
    ("oneOf", Under::Object(&OPTION)),
    ("anyOf", Under::Object(&OPTION)),
]);

static OPTION: Object = Object(&[("const", Free), ("title", Free)]);

/// What a server wants sampled.
static SAMPLING: Object = Object(&[
    ("messages", Under::Object(&MESSAGE)),
    ("modelPreferences", Under::Object(&PREFERENCES)),
    ("systemPrompt", Free),
    ("includeContext", Free),
    ("temperature", Free),
    ("maxTokens", Free),
    ("stopSequences", Free),
    ("metadata", Free),
    ("tools", Under::Object(&TOOL)),
    ("toolChoice", Under::Object(&CHOICE)),
    ("task", Under::Object(&TTL)),
]);

static MESSAGE: Object = Object(&[("role", Free), ("content", Under::Object(&BLOCK))]);
static CHOICE: Object = Object(&[("mode", Free)]);
static HINT: Object = Object(&[("name", Free)]);
static PREFERENCES: Object = Object(&[
    ("hints", Under::Object(&HINT)),
    ("costPriority", Free),
    ("speedPriority", Free),
    ("intelligencePriority", Free),
]);

/// A block of content that goes to a model.
static BLOCK: Object = Object(&[
    ("type", Free),
    ("text", Free),
    ("data", Free),
    ("mimeType", Free),
    ("id", Free),
    ("name", Free),
    ("input", Free),
    ("toolUseId", Free),
    ("content", Free),
    ("structuredContent", Free),
    ("isError", Free),
]);

/// What the server says of a task of the agent.
static TASKS: Object = Object(&[("taskId", Free)]);

/// Parameters of a request of the server.
pub(super) fn asked(method: &str) -> &'static Object {
    match method {
        "elicitation/create" => &ELICITATION,
        "sampling/createMessage" => &SAMPLING,
        "tasks/get" | "tasks/result" | "tasks/cancel" => &TASKS,
        _ => &VERSIONED,
    }
}

static TOOL: Object = Object(&[
    ("name", Free),
    ("inputSchema", Free),
    ("outputSchema", Free),
    ("annotations", Under::Object(&HINTS)),
]);

static HINTS: Object = Object(&[
    ("readOnlyHint", Free),
    ("destructiveHint", Free),
    ("idempotentHint", Free),
    ("openWorldHint", Free),
]);

static PROMPT: Object = Object(&[("name", Free)]);
static RESOURCE: Object = Object(&[("uri", Free)]);
static TEMPLATE: Object = Object(&[("uriTemplate", Free)]);

/// An item of a list, as the policy server reads it.
#[must_use]
pub const fn list_item(kind: ListKind) -> &'static Object {
    match kind {
        ListKind::Tools => &TOOL,
        ListKind::Prompts => &PROMPT,
        ListKind::Resources => &RESOURCE,
        ListKind::Templates => &TEMPLATE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Json, check};
    use crate::jsonrpc::Fault;
    use crate::mcp::{
        Era, classify_from_client, classify_from_server, elicitations, input_requests,
        told_requests,
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
}
