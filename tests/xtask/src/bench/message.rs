//! The one exchange that is measured: a `tools/call` of the stateless era of about 600 bytes, and
//! an answer of about 1.5 kB.

use serde_json::json;

/// The name of the server behind the gateway, which is also its path.
pub(super) const SERVER: &str = "bench";
const TOOL: &str = "search_issues";
const VERSION: &str = "2026-07-28";
/// How often the sentence stands in the answer.
const SENTENCES: usize = 17;

/// The request's body.
pub(super) fn call() -> Vec<u8> {
    let text = json!({
        "jsonrpc": "2.0",
        "id": 7,
        "method": "tools/call",
        "params": {
            "name": TOOL,
            "arguments": {
                "repository": "example/warehouse",
                "query": "state:open label:regression sort:updated the importer drops the last row of a file without a final newline",
                "page": 1,
                "per_page": 25,
                "fields": ["number", "title", "author", "labels", "updated_at"],
            },
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": VERSION,
                "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1.0.0"},
                "io.modelcontextprotocol/clientCapabilities": {},
                "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            },
        },
    });
    text.to_string().into_bytes()
}

/// The answer's body.
pub(super) fn reply() -> Vec<u8> {
    let sentence =
        "The importer drops the last row when the file has no final newline (open, #418). ";
    let text = json!({
        "jsonrpc": "2.0",
        "id": 7,
        "result": {
            "resultType": "complete",
            "content": [{"type": "text", "text": sentence.repeat(SENTENCES)}],
            "isError": false,
        },
    });
    text.to_string().into_bytes()
}

/// A whole request for the gateway at `authority`.
pub(super) fn request(authority: &str, token: &str) -> Vec<u8> {
    let body = call();
    let mut request = format!(
        "POST /{SERVER}/mcp HTTP/1.1\r\n\
         host: {authority}\r\n\
         authorization: Bearer {token}\r\n\
         content-type: application/json\r\n\
         accept: application/json, text/event-stream\r\n\
         user-agent: portcullis-bench\r\n\
         mcp-protocol-version: {VERSION}\r\n\
         mcp-method: tools/call\r\n\
         mcp-name: {TOOL}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend(body);
    request
}

/// A whole answer with this body.
pub(super) fn answer(body: &[u8]) -> Vec<u8> {
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_have_the_sizes_that_are_told() {
        let (call, reply) = (call().len(), reply().len());
        assert!((550..=650).contains(&call), "{call}");
        assert!((1_450..=1_550).contains(&reply), "{reply}");
    }
}
