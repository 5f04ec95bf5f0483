//! The bodies of refusals: the shapes that clients hand on.

use portcullis_protocol::jsonrpc::Id;
use portcullis_protocol::mcp::Era;
use portcullis_protocol::wire::Target;
use serde_json::json;

use super::Asked;
use crate::exchange::Context;

/// JSON-RPC error codes that we answer with.
pub(in crate::exchange) mod code {
    /// The text is not JSON.
    pub(in crate::exchange) const PARSE: i32 = -32700;
    /// The message is no acceptable request.
    pub(in crate::exchange) const REQUEST: i32 = -32600;
    /// Unknown method.
    pub(in crate::exchange) const METHOD: i32 = -32601;
    /// Unusable parameters.
    pub(in crate::exchange) const PARAMS: i32 = -32602;
    /// The gateway itself cannot answer now.
    pub(in crate::exchange) const INTERNAL: i32 = -32603;
    /// Header and body differ (MCP 2026-07-28, HeaderMismatch).
    pub(in crate::exchange) const HEADER: i32 = -32020;
    /// Resource not found (MCP up to 2025-11-25).
    pub(in crate::exchange) const RESOURCE: i32 = -32002;
    /// Refused by policy; outside the reserved ranges.
    pub(in crate::exchange) const DENIED: i32 = 1403;
}

/// The body that refuses a request, by method: a tool error for `tools/call`, else a JSON-RPC error.
pub(in crate::exchange) fn refusal_body(asked: &Asked, code: i32, text: &str) -> Vec<u8> {
    let id = asked.id.as_ref().map(Id::text);
    if asked.method.as_str() != "tools/call" {
        return error_body(id, code, text);
    }
    let mut result = json!({"content": [{"type": "text", "text": text}], "isError": true});
    if asked.era == Era::Stateless
        && let Some(result) = result.as_object_mut()
    {
        result.insert("resultType".to_owned(), json!("complete"));
    }
    let id = id.unwrap_or("null");
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#).into_bytes()
}

/// A JSON-RPC error; `id` is the id as written.
pub(in crate::exchange) fn error_body(id: Option<&str>, code: i32, text: &str) -> Vec<u8> {
    let id = id.unwrap_or("null");
    let text = json!(text);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{text}}}}}"#)
        .into_bytes()
}

/// The answer of a server that has no such thing. The name is quoted from the message.
pub(super) fn hidden(context: &Context, asked: &Asked) -> Option<Vec<u8>> {
    let (code, text) = match (asked.target.as_ref()?, asked.era) {
        (Target::Tool(name), _) => (code::PARAMS, format!("Unknown tool: {name}")),
        (Target::Prompt(name), _) => (code::PARAMS, format!("Unknown prompt: {name}")),
        (Target::Resource(_) | Target::Template(_), Era::Stateless) => {
            (code::PARAMS, "Resource not found".into())
        }
        (Target::Resource(_) | Target::Template(_), Era::Sessions) => {
            (code::RESOURCE, "Resource not found".into())
        }
        (Target::Task(_), _) => (code::PARAMS, "Task not found".into()),
        (Target::Server, _) => return None,
    };
    let id = asked.id.as_ref().map(Id::text);
    Some(error_body(id, code, &context.cleaned(&text)))
}
