//! Messages of both protocol eras, built as text.

use serde_json::{Value, json};

/// The newest version with sessions.
pub const SESSIONS: &str = "2025-11-25";
/// The first version without.
pub const MODERN: &str = "2026-07-28";

/// A request of the session era.
#[must_use]
pub fn request(id: &str, method: &str, params: Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

/// A `tools/call` of the session era.
#[must_use]
pub fn call(id: &str, tool: &str, arguments: Value) -> String {
    request(
        id,
        "tools/call",
        json!({"name": tool, "arguments": arguments}),
    )
}

/// A request of the stateless era.
#[must_use]
pub fn modern(id: &str, method: &str, mut params: Value) -> String {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {"sampling": {}, "elicitation": {}, "roots": {}},
    });
    request(id, method, params)
}

/// The handshake's first message.
#[must_use]
pub fn initialize(id: &str) -> String {
    let client = json!({"name": "test", "version": "1"});
    let capabilities = json!({"sampling": {}, "elicitation": {}, "roots": {}});
    let params =
        json!({"protocolVersion": SESSIONS, "capabilities": capabilities, "clientInfo": client});
    request(id, "initialize", params)
}

/// What a stateless request repeats in its `Mcp-Name` header.
#[must_use]
pub fn mirrored_name(method: &str, params: &Value) -> Option<String> {
    let key = match method {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        "tasks/get" | "tasks/update" | "tasks/cancel" => "taskId",
        _ => return None,
    };
    params[key].as_str().map(str::to_owned)
}

/// A successful answer.
#[must_use]
pub fn result(id: &Value, result: Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()
}

/// A tool result with one text.
#[must_use]
pub fn said(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}], "resultType": "complete"})
}

/// The text of a tool's result.
#[must_use]
pub fn text_of(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_default()
}
