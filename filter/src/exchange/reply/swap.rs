//! Another body in the place of the server's, and what its head says of it.

use super::head::SESSION;
use crate::exchange::effect::{Effect, ReplyHead};

/// The same answer with another text: its head stays, but for the length.
pub(super) fn swapped(body: Vec<u8>) -> Vec<Effect> {
    let head = ReplyHead {
        set: vec![("content-length", body.len().to_string())],
        ..ReplyHead::default()
    };
    vec![Effect::ReplyHead(head), Effect::Body(body)]
}

pub(super) fn replacement(status: Option<u16>, content_type: &str, body: Vec<u8>) -> Vec<Effect> {
    let head = ReplyHead {
        status,
        set: vec![
            ("content-type", content_type.to_owned()),
            ("content-length", body.len().to_string()),
        ],
        remove: ["content-encoding", "location", SESSION]
            .map(str::to_owned)
            .to_vec(),
    };
    vec![Effect::ReplyHead(head), Effect::Body(body)]
}
