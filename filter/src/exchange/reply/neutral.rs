//! Something neutral in the place of what the server sent, or of what did not come; and what the
//! operator learns of it.

use portcullis_protocol::jsonrpc::Id;
use portcullis_protocol::sse::Event;
use portcullis_protocol::wire::{End, Loss, Report};

use super::swap::replacement;
use super::{Answering, Phase, Replying, withheld};
use crate::exchange::door::Verb;
use crate::exchange::effect::{Effect, Gate, LocalReply};
use crate::exchange::loss::{code_of, said};
use crate::exchange::refusal::{error_body, refusal_body};

impl Answering {
    /// What the server sent is not passed on: something neutral takes the place of its body.
    pub(super) fn neutral(mut self, loss: Loss) -> (Replying, Vec<Effect>) {
        let (status, content_type, body) = self.neutral_body(loss);
        let mut effects = replacement(Some(status), content_type, body);
        effects.push(Effect::Answer(Gate::Open));
        (Replying::Goes(Box::new(self)), effects)
    }

    /// The same where there is no body whose place could be taken.
    pub(super) fn instead(mut self, loss: Loss) -> (Replying, Vec<Effect>) {
        let (status, content_type, body) = self.neutral_body(loss);
        let headers = vec![("content-type", content_type.to_owned())];
        let reply = LocalReply {
            status,
            headers,
            body,
        };
        let effects = vec![Effect::Answer(Gate::Hold), Effect::Reply(reply)];
        (Replying::Goes(Box::new(self)), effects)
    }

    /// The server has taken a message that nobody awaits an answer to, and its body may never end.
    pub(super) fn accepted(mut self) -> (Replying, Vec<Effect>) {
        if self.call.entry.verb == Verb::Post {
            self.account.status = 202;
        }
        self.close();
        let reply = LocalReply {
            status: self.account.status,
            headers: Vec::new(),
            body: Vec::new(),
        };
        let effects = vec![Effect::Answer(Gate::Hold), Effect::Reply(reply)];
        (Replying::Goes(Box::new(self)), effects)
    }

    /// A request still gets an answer with its id; an HTTP error stays one.
    fn neutral_body(&mut self, loss: Loss) -> (u16, &'static str, Vec<u8>) {
        self.account.end = End::Withheld;
        self.account.is_error = true;
        self.account.lost(loss);
        self.phase = Phase::Passing;
        let asked = &self.call.asked;
        let awaited = self.call.awaits_answer();
        let text = said(loss, self.account.status);
        let status = match (loss, self.account.status) {
            // The agent never sent the token that the challenge is about.
            (Loss::Challenge, _) if awaited => 200,
            (Loss::Challenge, _) => 502,
            (Loss::NoVerdict, _) => 503,
            (_, failed) if failed >= 400 => failed,
            _ if awaited => 200,
            (Loss::NoRoom, _) => 503,
            (
                Loss::LapsedToken | Loss::LapsedSession | Loss::LapsedPolicy | Loss::LapsedSilence,
                _,
            ) => 403,
            _ => 502,
        };
        // A plain 404 is how a client learns that its session is over.
        let id = asked.id.as_ref().map(Id::text);
        let (content_type, body) = match status {
            _ if !awaited => ("text/plain", text.into_owned().into_bytes()),
            404 => ("text/plain", text.into_owned().into_bytes()),
            // Behind an HTTP error clients read an error, and no result.
            400.. => ("application/json", error_body(id, code_of(loss), &text)),
            _ => (
                "application/json",
                refusal_body(asked, code_of(loss), &text),
            ),
        };
        self.account.status = status;
        self.account.released(&body);
        (status, content_type, body)
    }

    /// A stream whose agent has its last word: it is over with it, or is cut off when it goes on.
    pub(super) fn end(mut self, last: bool) -> (Replying, Vec<Effect>) {
        self.phase = Phase::Passing;
        let effect = match last {
            true => Effect::Answer(Gate::Open),
            false => Effect::Reset,
        };
        (Replying::Goes(Box::new(self)), vec![effect])
    }

    /// What the operator learns of an answer that did not reach the agent whole: a line in the log,
    /// and a record where no outcome will tell it.
    pub(super) fn told(&self) -> Vec<Effect> {
        let Some(loss) = self.account.loss() else {
            return Vec::new();
        };
        let asked = &self.call.asked;
        let (status, word) = (self.account.server_status, loss.as_str());
        let detail = self
            .detail
            .as_deref()
            .map(|text| self.context.cleaned(text));
        let what = match self.account.end {
            End::Complete => "a message beside the answer",
            _ => "an answer",
        };
        let line = format!(
            "{}: {what} to `{}` did not reach the agent ({word}; HTTP status {status}{}{}; call {}): {}",
            asked.server,
            asked.method,
            if detail.is_some() { "; " } else { "" },
            detail.as_deref().unwrap_or_default(),
            asked.call,
            said(loss, status),
        );
        let mut effects = vec![Effect::Note(line)];
        if !self.account.is_judged() {
            let report = asked.report(word, self.account.status);
            effects.push(Effect::Report(Report::Refusal(report)));
        }
        effects
    }
}

/// What cannot be read on ends here, behind what was sound. Who waits for an answer is told first.
pub(super) fn cut_off(
    replying: Replying,
    mut effects: Vec<Effect>,
    loss: Loss,
) -> (Replying, Vec<Effect>) {
    let Replying::Goes(mut answering) = replying else {
        return (Replying::Over, effects);
    };
    effects.extend(answering.dropped());
    answering.account.end = End::Withheld;
    answering.account.lost(loss);
    answering.held_bytes = 0;
    let waits = matches!(&answering.phase, Phase::Stream { relay, .. } if relay.waits());
    if waits {
        let mut out = Vec::new();
        let last_word = withheld(&answering.call, Event::default(), loss);
        last_word.event.write(&mut out);
        answering.account.is_error = true;
        answering.account.released(&out);
        answering.phase = Phase::Ending;
        effects.extend([Effect::Body(out), Effect::Answer(Gate::Open)]);
    } else {
        answering.phase = Phase::Passing;
        effects.push(Effect::Reset);
    }
    (Replying::Goes(answering), effects)
}
