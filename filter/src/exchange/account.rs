//! What will be told of an exchange afterwards: how much was released, and how it ended.

use portcullis_protocol::digest::Running;
use portcullis_protocol::names::CallId;
use portcullis_protocol::wire::{End, Loss, Outcome, Report};

use super::Context;
use super::effect::{Effect, LocalReply};

/// The account of one exchange.
#[derive(Debug)]
pub(super) struct Account {
    /// Absent when no decision stands behind the exchange: then nothing is told.
    call: Option<CallId>,
    began_us: u64,
    output: Running,
    output_bytes: u64,
    pub(super) status: u16,
    pub(super) is_error: bool,
    pub(super) end: End,
    /// What the MCP server sent; 0 when nothing came.
    pub(super) server_status: u16,
    /// Why the answer, or the first message that went nowhere, is lost.
    loss: Option<Loss>,
    /// The same of the first that could have been the answer.
    lost_answer: Option<Loss>,
    /// Whether an event with an id went to the agent, by which it can resume the stream.
    pub(super) is_resumable: bool,
    dropped: u64,
}

impl Account {
    /// The account of a call with a decision.
    pub(super) fn judged(context: &Context) -> Self {
        Self {
            call: Some(context.call),
            began_us: context.began_us,
            output: Running::default(),
            output_bytes: 0,
            status: 0,
            is_error: false,
            end: End::Disconnected,
            server_status: 0,
            loss: None,
            lost_answer: None,
            is_resumable: false,
            dropped: 0,
        }
    }

    /// The account of an exchange that nobody asks about later.
    pub(super) fn unjudged(context: &Context) -> Self {
        Self {
            call: None,
            ..Self::judged(context)
        }
    }

    /// These bytes go to the agent.
    pub(super) fn released(&mut self, bytes: &[u8]) {
        self.output.update(bytes);
        self.output_bytes = self.output_bytes.saturating_add(bytes.len() as u64);
    }

    /// Something of the answer does not go to the agent. The first reason stays.
    pub(super) fn lost(&mut self, why: Loss) {
        self.loss = self.loss.or(Some(why));
    }

    /// A message goes nowhere, without anything in its place.
    pub(super) fn dropped(&mut self, why: Loss) {
        self.dropped += 1;
        self.lost(why);
        let could_be = why.could_be_an_answer().then_some(why);
        self.lost_answer = self.lost_answer.or(could_be);
    }

    /// Why an answer that has not come will not come any more, if something is lost. A stream that can
    /// be resumed may still bring one, unless what is lost could have been it.
    pub(super) const fn last_word(&self) -> Option<Loss> {
        match self.is_resumable {
            true => self.lost_answer,
            false => self.loss,
        }
    }

    /// Why something of the answer is lost, if something is.
    pub(super) const fn loss(&self) -> Option<Loss> {
        self.loss
    }

    /// Whether a decision stands behind the exchange, so that its outcome will be told.
    pub(super) const fn is_judged(&self) -> bool {
        self.call.is_some()
    }

    /// Nothing went to the MCP server although it might have: the agent gets this reply instead.
    pub(super) fn withheld(&mut self, reply: &LocalReply) {
        self.status = reply.status;
        self.is_error = true;
        self.end = End::Withheld;
        self.released(&reply.body);
    }

    /// The report at the end.
    pub(super) fn close(&self, now_us: u64) -> Vec<Effect> {
        let outcome = self.call.map(|call| Outcome {
            call,
            status: self.status,
            end: self.end,
            is_error: self.is_error,
            output_digest: self.output.finish(),
            output_bytes: self.output_bytes,
            duration_us: now_us.saturating_sub(self.began_us),
            server_status: self.server_status,
            loss: self.loss,
            dropped: self.dropped,
        });
        outcome
            .map(|outcome| Effect::Report(Report::Outcome(outcome)))
            .into_iter()
            .collect()
    }
}
