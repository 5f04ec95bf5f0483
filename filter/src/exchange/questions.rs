//! Questions to the policy server, and which answers fit them.

use std::rc::Rc;

use portcullis_protocol::digest::{Digest, Fields};
use portcullis_protocol::json::Json;
use portcullis_protocol::mcp::Judged;
use portcullis_protocol::names::{CallId, Name};
use portcullis_protocol::wire::{
    DECIDE_PATH, Direction, LISTS_PATH, ListAnswer, ListKind, ListQuery, Query, SESSIONS_PATH,
    STRUCTURED_PATH, SessionQuery, Step, StructuredQuery, Target,
};
use serde_json::value::RawValue;

use super::effect::{Ask, Effect};
use super::reading::Call;
use super::refusal::Asked;

/// A question that is ready to go, and what its answer must repeat.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) call: CallId,
    pub(super) digest: Digest,
    path: &'static str,
    body: Rc<Vec<u8>>,
}

impl Question {
    pub(super) fn new(call: CallId, digest: Digest, path: &'static str, body: Vec<u8>) -> Self {
        Self {
            call,
            digest,
            path,
            body: Rc::new(body),
        }
    }

    /// How many bytes of it are kept.
    pub(super) fn held_bytes(&self) -> usize {
        self.body.len()
    }

    /// The effect that asks, where the same may be asked again later.
    pub(super) fn ask_first(&self) -> Effect {
        Effect::Ask(Ask {
            path: self.path,
            body: Rc::clone(&self.body),
        })
    }

    /// The same question about a verdict, in another call.
    pub(super) fn renewed(&self, call: CallId) -> Option<Self> {
        let query: Query = serde_json::from_slice(&self.body).ok()?;
        let body = serde_json::to_vec(&Query { call, ..query }).ok()?;
        Some(Self::new(call, self.digest, self.path, body))
    }

    /// The effect that asks; a question is asked once.
    pub(super) fn ask(&mut self) -> Effect {
        Effect::Ask(Ask {
            path: self.path,
            body: std::mem::take(&mut self.body),
        })
    }
}

/// Asks for a verdict on a message. `None` when the message cannot be written down, which a
/// checked one always can.
pub(super) fn decide(
    asked: &Asked,
    direction: Direction,
    judged: &Judged<'_>,
    protocol_version: Option<Name>,
    session: Option<Digest>,
    message: &[u8],
) -> Option<Question> {
    let raw = |text: &str| RawValue::from_string(text.to_owned());
    let mut query = Query {
        call: asked.call,
        digest: Digest::from_bytes([0; 32]),
        server: asked.server.clone(),
        caller: asked.caller.clone(),
        direction,
        method: asked.method.clone(),
        targets: judged.targets.clone(),
        arguments: judged.arguments.map(Json::text).map(raw).transpose().ok()?,
        protocol_version,
        session,
        rpc_id: asked
            .id
            .as_ref()
            .map(|id| raw(id.text()))
            .transpose()
            .ok()?,
        message_bytes: message.len() as u64,
        message_digest: Digest::of(message),
    };
    query.digest = query.computed_digest();
    let body = serde_json::to_vec(&query).ok()?;
    Some(Question::new(query.call, query.digest, DECIDE_PATH, body))
}

/// Asks whose session it is.
pub(super) fn session_question(
    call: CallId,
    asked: &Asked,
    session: Digest,
    step: Step,
) -> Option<Question> {
    let query = SessionQuery {
        call,
        server: asked.server.clone(),
        caller: asked.caller.clone(),
        session,
        step,
    };
    let body = serde_json::to_vec(&query).ok()?;
    Some(Question::new(call, session, SESSIONS_PATH, body))
}

/// Asks which part of a list the caller may see.
pub(super) fn list(call: &Call, kind: ListKind, result: &str) -> Option<Question> {
    let digest = Digest::of(result.as_bytes());
    let query = ListQuery {
        call: call.asked.call,
        digest,
        server: call.asked.server.clone(),
        caller: call.asked.caller.clone(),
        kind,
        protocol_version: call.version.clone(),
        result: RawValue::from_string(result.to_owned()).ok()?,
    };
    let body = serde_json::to_vec(&query).ok()?;
    Some(Question::new(query.call, digest, LISTS_PATH, body))
}

/// The list that the caller may see, when the answer is one to this question.
pub(super) fn filtered(question: &Question, status: u16, body: &[u8]) -> Option<String> {
    let answer: ListAnswer = serde_json::from_slice(body)
        .ok()
        .filter(|_| status == 200)?;
    let ours = answer.call == question.call && answer.digest == question.digest;
    ours.then(|| answer.result.get().to_owned())
}

/// Asks whether a redacted result still fits its tool's output schema. `None` where the tool is not
/// known: on a replayed stream, and for the results of tasks.
pub(super) fn structured(call: &Call, message: Json<'_>) -> Option<Question> {
    let Some(Target::Tool(tool)) = &call.asked.target else {
        return None;
    };
    let content = message.member("result")?.member("structuredContent")?;
    let digest = Digest::of(content.text().as_bytes());
    let query = StructuredQuery {
        call: call.asked.call,
        digest,
        server: call.asked.server.clone(),
        tool: tool.clone(),
        content: RawValue::from_string(content.text().to_owned()).ok()?,
    };
    let body = serde_json::to_vec(&query).ok()?;
    Some(Question::new(query.call, digest, STRUCTURED_PATH, body))
}

/// The identity of the `number`th message that is judged within an exchange.
pub(super) fn sub_call(call: CallId, number: u64) -> CallId {
    within("portcullis/sub-call/v1", call, number)
}

/// The identity of the `number`th question whether an exchange may go on.
pub(super) fn renewal_call(call: CallId, number: u64) -> CallId {
    within("portcullis/renewal/v1", call, number)
}

fn within(domain: &'static str, call: CallId, number: u64) -> CallId {
    let digest = Fields::of(domain)
        .field(call.to_string().as_bytes())
        .field(&number.to_be_bytes())
        .finish();
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(digest.as_bytes())
        .for_each(|(to, from)| *to = *from);
    CallId::from_bytes(bytes)
}
