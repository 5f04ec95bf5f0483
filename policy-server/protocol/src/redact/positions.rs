//! Positions in an MCP message: which of its parts are never altered, whatever stands there.
//!
//! Ids, cursors, method and tool names, opaque state, media and blobs are told by where they stand
//! (MCP 2025-11-25 and 2026-07-28, schema), never by how they look.

use super::Reason;
use crate::json::Json;

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The message itself.
    Message,
    /// `params`.
    Params,
    /// `result`.
    Result,
    /// `_meta`.
    Meta,
    /// One content block, a list of them, or what a sampling message holds.
    Content,
    /// A content block whose `data` is media.
    Media,
    /// The contents of a resource, or one of them.
    Resource,
    /// A message that holds content: `messages`, and one of them.
    Messages,
    /// `inputRequests`, and one of them.
    Requests,
    /// `arguments` of a call: what schemas may mark.
    Arguments,
    /// `structuredContent` of a result.
    Structured,
    /// Anything else.
    Plain,
    /// Never looked at: an id or a name.
    Skipped,
    /// Never looked at, and told so.
    Unscanned(Reason),
}

impl Place {
    /// Where the member `key` of a value at this place stands.
    pub(super) fn member(self, key: &str) -> Self {
        match (self, key) {
            (Self::Message, "jsonrpc" | "id" | "method") => Self::Skipped,
            (Self::Message, "params") => Self::Params,
            (Self::Message, "result") => Self::Result,
            (Self::Params | Self::Result, "requestState") => Self::Unscanned(Reason::State),
            (Self::Params | Self::Result, "_meta") => Self::Meta,
            (Self::Params | Self::Result, "task") => Self::Result,
            (Self::Params | Self::Result, "content") => Self::Content,
            (Self::Params | Self::Result, "contents") => Self::Resource,
            (Self::Params | Self::Result, "messages") => Self::Messages,
            (Self::Params | Self::Result, "inputRequests" | "inputResponses") => Self::Requests,
            (Self::Params, "arguments") => Self::Arguments,
            (Self::Params, "name" | "cursor" | "requestId" | "progressToken" | "taskId") => {
                Self::Skipped
            }
            (Self::Result, "structuredContent") => Self::Structured,
            (Self::Result, "nextCursor" | "taskId" | "resultType") => Self::Skipped,
            (
                Self::Meta,
                "progressToken"
                | "traceparent"
                | "tracestate"
                | "io.modelcontextprotocol/subscriptionId"
                | "io.modelcontextprotocol/protocolVersion",
            ) => Self::Skipped,
            (Self::Meta, "io.modelcontextprotocol/related-task") => Self::Result,
            (Self::Requests, "params") => Self::Params,
            (Self::Requests, "result") => Self::Result,
            (Self::Requests, "method") => Self::Skipped,
            (Self::Requests, "content") => Self::Content,
            (Self::Requests, _) => Self::Requests,
            (Self::Messages, "content") => Self::Content,
            (Self::Content | Self::Media, "type" | "mimeType") => Self::Skipped,
            (Self::Content, "resource") => Self::Resource,
            (Self::Content, "content") => Self::Content,
            (Self::Content, "structuredContent") => Self::Plain,
            (Self::Content, "toolUseId" | "id") => Self::Skipped,
            (Self::Media, "data") => Self::Unscanned(Reason::Media),
            (Self::Media | Self::Content | Self::Resource, "_meta") => Self::Meta,
            (Self::Resource, "blob") => Self::Unscanned(Reason::Blob),
            (Self::Resource, "mimeType") => Self::Skipped,
            (Self::Arguments, _) => Self::Arguments,
            (Self::Structured, _) => Self::Structured,
            _ => Self::Plain,
        }
    }

    /// Where an object at this place stands, now that it can be seen: a content block may be media.
    pub(super) fn seen(self, object: Json<'_>) -> Self {
        if self != Self::Content {
            return self;
        }
        let kind = object.member("type").and_then(Json::string);
        match kind.as_deref() {
            Some("image" | "audio") => Self::Media,
            _ => self,
        }
    }

    /// Where an object or a list at this place stands: ids, names, media and blobs are none.
    pub(super) const fn container(self) -> Self {
        match self {
            Self::Skipped | Self::Unscanned(_) => Self::Plain,
            place => place,
        }
    }

    /// Where an element of a list at this place stands.
    pub(super) const fn element(self) -> Self {
        match self {
            Self::Message => Self::Plain,
            place => place,
        }
    }
}
