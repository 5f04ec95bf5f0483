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
mod tests;
