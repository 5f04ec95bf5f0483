//! MCP messages with one place left open, and what is around it.
//!
//! The open place is written `¤`, and the same once more, as JSON in a text, `§`.

use crate::fill::fill;
use crate::random::Random;
use crate::text::quoted;

/// What fits into the open place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Opening {
    /// A string.
    #[default]
    Text,
    /// An object.
    Object,
    /// The key of a member.
    Key,
    /// A string that is a URI.
    Uri,
}

/// A message with an open place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shell {
    pub(crate) name: &'static str,
    pub(crate) opening: Opening,
    template: &'static str,
}

/// Stands before a string token that holds what is looked for, until the message is complete.
pub(crate) const FLAG: char = '\0';

impl Shell {
    /// Any of those whose opening fits.
    pub(crate) fn any(random: &mut Random, fits: impl Fn(Opening) -> bool) -> Self {
        let fitting = SHELLS.iter().filter(|shell| fits(shell.opening));
        let fitting: Vec<Self> = fitting.copied().collect();
        random.one(&fitting)
    }

    /// The message with `value`, a piece of JSON with flags in it; also the places of the flagged
    /// string tokens in what [`tokens`] hands out.
    pub(crate) fn close(&self, random: &mut Random, value: &str) -> (String, Vec<usize>) {
        let copy = quoted(&value.replace(FLAG, ""));
        let filled = fill(random, self.template).text;
        let flagged = filled
            .replace('§', &format!("{FLAG}{copy}"))
            .replace('¤', value);
        unflag(&flagged)
    }
}

/// Takes the flags out and tells where they stood.
pub(crate) fn unflag(flagged: &str) -> (String, Vec<usize>) {
    let pieces = tokens(flagged);
    let slots = pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| piece.ends_with(FLAG));
    let slots = slots.map(|(index, _)| index + 1).collect();
    (flagged.replace(FLAG, ""), slots)
}

/// Cuts a JSON text into what is between strings (even places) and its string tokens with their
/// quotes (odd places).
#[must_use]
pub fn tokens(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut begin, mut inside, mut escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match (inside, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (true, b'"') => {
                pieces.extend(text.get(begin..=at));
                (begin, inside) = (at + 1, false);
            }
            (false, b'"') => {
                pieces.extend(text.get(begin..at));
                (begin, inside) = (at, true);
            }
            _ => {}
        }
    }
    pieces.extend(text.get(begin..));
    pieces
}

const fn shell(name: &'static str, opening: Opening, template: &'static str) -> Shell {
    Shell {
        name,
        opening,
        template,
    }
}

use Opening::{Key, Object, Text, Uri};

/// All messages with an open place.
const SHELLS: &[Shell] = &[
    shell(
        "tool result",
        Text,
        r#"{"jsonrpc":"2.0","id":‹D1›‹d2›,"result":{"content":[{"type":"text","text":¤}],"isError":false}}"#,
    ),
    shell(
        "tool result, second block",
        Text,
        r#"{"result":{"content":[{"type":"text","text":"1 file found"},{"type":"text","text":¤,"annotations":{"audience":["assistant"]}}]},"jsonrpc":"2.0","id":"‹uuid›"}"#,
    ),
    shell(
        "failed tool",
        Text,
        r#"{"jsonrpc":"2.0","id":4,"result":{"content":[{"type":"text","text":¤}],"isError":true}}"#,
    ),
    shell(
        "error message",
        Text,
        r#"{"jsonrpc":"2.0","id":‹D1›,"error":{"code":-32603,"message":¤}}"#,
    ),
    shell(
        "error data",
        Text,
        r#"{"jsonrpc":"2.0","id":‹D1›,"error":{"code":-32000,"message":"upstream failed","data":{"detail":¤,"retryable":false}}}"#,
    ),
    shell(
        "log notification",
        Text,
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"warning","logger":"db","data":¤}}"#,
    ),
    shell(
        "progress",
        Text,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"‹h8›","progress":‹D1›,"total":10,"message":¤}}"#,
    ),
    shell(
        "resource text",
        Text,
        r#"{ "jsonrpc": "2.0", "id": 7, "result": { "contents": [ { "uri": "file:///srv/app/notes.txt", "mimeType": "text/plain", "text": ¤ } ] } }"#,
    ),
    shell(
        "embedded resource",
        Text,
        r#"{"jsonrpc":"2.0","id":8,"result":{"content":[{"type":"resource","resource":{"uri":"file:///srv/app/config","mimeType":"text/x-config","text":¤}}]}}"#,
    ),
    shell(
        "prompt message",
        Text,
        r#"{"jsonrpc":"2.0","id":9,"result":{"description":"Review","messages":[{"role":"user","content":{"type":"text","text":¤}}]}}"#,
    ),
    shell(
        "sampling request",
        Text,
        r#"{"jsonrpc":"2.0","id":10,"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":{"type":"text","text":¤}}],"maxTokens":200}}"#,
    ),
    shell(
        "resource link",
        Uri,
        r#"{"jsonrpc":"2.0","id":11,"result":{"content":[{"type":"resource_link","uri":¤,"name":"shop"}]}}"#,
    ),
    shell(
        "tool arguments",
        Object,
        r#"{"jsonrpc":"2.0","id":12,"method":"tools/call","params":{"name":"run","arguments":¤}}"#,
    ),
    shell(
        "prompt arguments",
        Object,
        r#"{"jsonrpc":"2.0","id":13,"method":"prompts/get","params":{"name":"review","arguments":¤}}"#,
    ),
    shell(
        "structured content",
        Object,
        r#"{"jsonrpc":"2.0","id":14,"result":{"content":[],"structuredContent":¤}}"#,
    ),
    shell(
        "structured list",
        Object,
        r#"{"jsonrpc":"2.0","id":15,"result":{"content":[],"structuredContent":{"items":[{"id":1},¤],"total":2}}}"#,
    ),
    shell(
        "structured content and text",
        Object,
        r#"{"jsonrpc":"2.0","id":20,"result":{"content":[{"type":"text","text":§}],"structuredContent":¤}}"#,
    ),
    shell(
        "error data, object",
        Object,
        r#"{"jsonrpc":"2.0","id":16,"error":{"code":-32000,"message":"refused","data":¤}}"#,
    ),
    shell(
        "log data",
        Object,
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"debug","data":¤}}"#,
    ),
    shell(
        "elicitation answer",
        Object,
        r#"{"jsonrpc":"2.0","id":17,"result":{"action":"accept","content":¤}}"#,
    ),
    shell(
        "_meta",
        Object,
        r#"{"jsonrpc":"2.0","id":18,"result":{"content":[],"_meta":{"acme.io/debug":¤}}}"#,
    ),
    shell(
        "key",
        Key,
        r#"{"jsonrpc":"2.0","id":19,"result":{"content":[],"structuredContent":{"owners":{¤:"alice"}}}}"#,
    ),
];
