//! The answer of the MCP server: what it may be, and how it comes back.
//!
//! A JSON answer is held whole, a stream goes event by event, and what is neither is not passed on:
//! only its status is.

mod going_on;
mod head;
mod neutral;
mod swap;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::limits::RESPONSE_BYTES_MAX;
use portcullis_protocol::sse::{Event, Fault, Reader};
use portcullis_protocol::wire::{End, Loss, Standing, Step};

use super::account::Account;
use super::effect::{Effect, Gate, ReplyHead};
use super::guard::Guard;
use super::questions::{session_question, sub_call};
use super::reading::Call;
use super::relay::{Escort, Progress, Relay, Released, Text, withheld};
use super::screen::Form;
use super::tenure::Tenure;
use super::{Context, verdict};
use going_on::Arrived;
use head::{Body, Unclear, detail, ended_session, form_of, new_session, strip, text_of};
use neutral::cut_off;
use swap::{replacement, swapped};

pub use head::{Origin, ResponseHead};

/// A request that travels on, and its answer.
#[derive(Debug)]
pub(super) struct Answering {
    context: Context,
    call: Call,
    account: Account,
    guard: Guard,
    phase: Phase,
    tenure: Tenure,
    /// What of the head tells the operator more about a loss.
    detail: Option<String>,
    /// What waits until it is clear that the exchange may go on.
    arrived: Option<Arrived>,
    /// Bytes that may go but wait with the host for a message behind them.
    held_bytes: usize,
}

/// Whether the answer goes on.
#[derive(Debug)]
pub(super) enum Replying {
    /// It does.
    Goes(Box<Answering>),
    /// It was cut off.
    Over,
}

#[derive(Debug)]
enum Phase {
    /// The head has not come.
    Waiting,
    /// The head is held until the policy server knows that the session begins, or that it is over.
    Session {
        session: Digest,
        step: Step,
        form: Body,
        last: bool,
    },
    /// A JSON answer is collected or judged.
    Whole(Relay),
    /// A stream goes event by event; `ended` while the last events wait for a verdict.
    Stream {
        relay: Relay,
        reader: Reader,
        ended: bool,
    },
    /// The body is neither: a neutral one takes its place.
    Neutral(Loss),
    /// Nobody awaits the body, so there will be none.
    Dropped,
    /// The agent has its last word; a stream that goes on is cut off.
    Ending,
    /// There is no body, or nothing more to do with it.
    Passing,
}

impl Answering {
    pub(super) fn new(context: &Context, call: Call, account: Account, guard: Guard) -> Self {
        Self {
            context: context.clone(),
            tenure: Tenure::new(context, &call),
            detail: None,
            arrived: None,
            call,
            account,
            guard,
            phase: Phase::Waiting,
            held_bytes: 0,
        }
    }

    /// Time goes on.
    pub(super) fn advance(&mut self, now_us: u64) {
        self.guard.advance(&self.context, now_us);
    }

    /// The head of the answer has come.
    pub(super) fn head(mut self, head: &ResponseHead<'_>) -> (Replying, Vec<Effect>) {
        let status = text_of(head, ":status").and_then(|text| text.parse().ok());
        let status = status.unwrap_or(502);
        self.account.status = status;
        if head.from == Origin::Server {
            self.account.server_status = status;
        }
        let strip = strip(&self.call, head, &self.guard);
        let form = form_of(&self.call, head, status);
        if let Body::Neutral(loss) = form {
            self.detail = detail(head, loss);
        }
        let (replying, mut effects) = match (
            ended_session(&self.call, head),
            new_session(&self.call, head),
        ) {
            (Some(session), _) => {
                self.context.vm.known.borrow_mut().forget(&session);
                self.settle(session, Step::Close, form, head.last)
            }
            (None, Ok(Some(session))) => self.settle(session, Step::Open, form, head.last),
            (None, Ok(None)) => self.begin(form, head.last),
            (None, Err(Unclear)) => self.begin(Body::Neutral(Loss::Session), head.last),
        };
        effects.insert(0, strip);
        (replying, effects)
    }

    /// Has the policy server know that a session begins or ends.
    fn settle(
        mut self,
        session: Digest,
        step: Step,
        form: Body,
        last: bool,
    ) -> (Replying, Vec<Effect>) {
        let id = sub_call(self.context.call, 0);
        let Some(mut question) = session_question(id, &self.call.asked, session, step) else {
            return self.begin(Body::Neutral(Loss::NoVerdict), last);
        };
        self.phase = Phase::Session {
            session,
            step,
            form,
            last,
        };
        (
            Replying::Goes(Box::new(self)),
            vec![Effect::Answer(Gate::Hold), question.ask()],
        )
    }

    fn begin(mut self, form: Body, last: bool) -> (Replying, Vec<Effect>) {
        let (phase, effects) = match form {
            Body::Neutral(loss) if last => return self.instead(loss),
            Body::Endless => return self.accepted(),
            Body::Dropped => (Phase::Dropped, vec![Effect::Answer(Gate::Hold)]),
            Body::Empty => {
                self.account.end = End::Complete;
                (Phase::Passing, vec![Effect::Answer(Gate::Open)])
            }
            Body::Whole => {
                let form = match self.account.status {
                    ..400 => Form::Whole,
                    _ => Form::Failed,
                };
                let relay = Relay::new(&self.context, &self.call, form);
                (Phase::Whole(relay), vec![Effect::Answer(Gate::Hold)])
            }
            Body::Stream => {
                let relay = Relay::new(&self.context, &self.call, Form::Stream);
                let head = ReplyHead {
                    remove: vec!["content-length".to_owned()],
                    ..ReplyHead::default()
                };
                let phase = Phase::Stream {
                    relay,
                    reader: Reader::default(),
                    ended: false,
                };
                (
                    phase,
                    vec![Effect::ReplyHead(head), Effect::Answer(Gate::Open)],
                )
            }
            Body::Neutral(loss) => (Phase::Neutral(loss), vec![Effect::Answer(Gate::Hold)]),
        };
        self.phase = phase;
        (Replying::Goes(Box::new(self)), effects)
    }

    /// So many bytes of a whole answer are there.
    pub(super) fn grown(mut self, size: usize) -> (Replying, Vec<Effect>) {
        if size > RESPONSE_BYTES_MAX && matches!(self.phase, Phase::Whole(_)) {
            self.phase = Phase::Neutral(Loss::TooLong);
        }
        (Replying::Goes(Box::new(self)), Vec::new())
    }

    /// Reads a chunk of a stream, or all of a whole answer, in an exchange that may go on.
    fn take(mut self, bytes: &[u8], last: bool) -> (Replying, Vec<Effect>) {
        let escort = Escort {
            call: &self.call,
            guard: &mut self.guard,
        };
        match &mut self.phase {
            Phase::Whole(relay) => {
                let text = match std::str::from_utf8(bytes) {
                    Ok("") => return self.neutral(Loss::Empty),
                    Ok(_) if bytes.len() > RESPONSE_BYTES_MAX => {
                        return self.neutral(Loss::TooLong);
                    }
                    Ok(text) => text,
                    Err(_) => return self.neutral(Loss::NotJson),
                };
                let event = Event {
                    data: Some(text.to_owned()),
                    ..Event::default()
                };
                let progress = relay.take(escort, [event]);
                self.whole(progress)
            }
            Phase::Stream {
                relay,
                reader,
                ended,
            } => {
                let mut events = Vec::new();
                *ended = last;
                let read = reader.read(bytes, &mut events);
                let progress = relay.take(escort, events);
                let (replying, effects) = self.stream(progress);
                match read {
                    Ok(()) => (replying, effects),
                    Err(Fault::TooLong) => cut_off(replying, effects, Loss::TooLong),
                    Err(Fault::Encoding) => cut_off(replying, effects, Loss::NotJson),
                }
            }
            Phase::Neutral(loss) if last => {
                let loss = *loss;
                self.neutral(loss)
            }
            Phase::Ending => self.end(last),
            Phase::Dropped if last => {
                self.close();
                let mut effects = replacement(None, "text/plain", Vec::new());
                effects.push(Effect::Answer(Gate::Open));
                (Replying::Goes(Box::new(self)), effects)
            }
            _ => (Replying::Goes(Box::new(self)), Vec::new()),
        }
    }

    /// The policy server has answered a question about a message, in an exchange that may go on.
    fn learn(mut self, status: u16, body: &[u8]) -> (Replying, Vec<Effect>) {
        let escort = Escort {
            call: &self.call,
            guard: &mut self.guard,
        };
        match &mut self.phase {
            Phase::Session {
                session,
                step,
                form,
                last,
            } => {
                let (session, step, form, last) = (*session, *step, *form, *last);
                let id = sub_call(self.context.call, 0);
                match (step, verdict::standing(id, session, status, body)) {
                    // It is over, or was before.
                    (Step::Close, Some(_)) => self.begin(form, last),
                    (_, Some(Standing::Own)) => {
                        // Nobody can have ended what nobody but the server knows yet.
                        let vm = &self.context.vm;
                        let ended = vm.epoch.borrow().ended();
                        let (caller, now_us) = (&self.call.entry.caller, self.context.began_us);
                        let mut known = vm.known.borrow_mut();
                        known.confirm(session, caller, now_us, ended);
                        drop(known);
                        self.begin(form, last)
                    }
                    (_, Some(Standing::Unknown)) => self.begin(Body::Neutral(Loss::Session), last),
                    (_, None) => self.begin(Body::Neutral(Loss::NoVerdict), last),
                }
            }
            Phase::Whole(relay) => {
                let progress = relay.answered(escort, status, body);
                self.whole(progress)
            }
            Phase::Stream { relay, .. } => {
                let progress = relay.answered(escort, status, body);
                self.stream(progress)
            }
            _ => (Replying::Goes(Box::new(self)), Vec::new()),
        }
    }

    /// The trailers of the answer, which go with what is left of it.
    pub(super) fn trailers(self, trailers: &[(String, Vec<u8>)]) -> (Replying, Vec<Effect>) {
        let shown = |text: &str| self.guard.may_show(text);
        let odd = |(name, value): &&(String, Vec<u8>)| {
            !shown(name) || !shown(&String::from_utf8_lossy(value))
        };
        let names = trailers.iter().filter(odd).map(|(name, _)| name.clone());
        let names: Vec<String> = names.collect();
        let effects = if names.is_empty() {
            Vec::new()
        } else {
            vec![Effect::StripTrailers(names)]
        };
        (Replying::Goes(Box::new(self)), effects)
    }

    /// There is no room for what the server sends next.
    pub(super) fn no_room(mut self) -> (Replying, Vec<Effect>) {
        match self.phase {
            // What is still to come of it is not kept, and at its end the agent reads why.
            Phase::Whole(_) => {
                let mut effects = self.dropped();
                self.phase = Phase::Neutral(Loss::NoRoom);
                effects.push(Effect::Answer(Gate::Hold));
                (Replying::Goes(Box::new(self)), effects)
            }
            Phase::Stream { .. } => {
                cut_off(Replying::Goes(Box::new(self)), Vec::new(), Loss::NoRoom)
            }
            _ => (Replying::Goes(Box::new(self)), Vec::new()),
        }
    }

    /// How many bytes it holds, or somewhat more.
    pub(super) fn held_bytes(&self) -> usize {
        let phase = match &self.phase {
            Phase::Whole(relay) => relay.held_bytes(),
            Phase::Stream { relay, reader, .. } => relay.held_bytes() + reader.held_bytes(),
            _ => 0,
        };
        let arrived = self.arrived.as_ref().map_or(0, Arrived::held_bytes);
        phase + arrived + self.held_bytes + self.call.held_bytes() + self.guard.held_bytes()
    }

    /// Requests of the server that wait go nowhere any more: that is how their calls end.
    fn dropped(&mut self) -> Vec<Effect> {
        match &mut self.phase {
            Phase::Whole(relay) | Phase::Stream { relay, .. } => relay.dropped(),
            _ => Vec::new(),
        }
    }

    /// The stream is gone.
    pub(super) fn gone(mut self, now_us: u64) -> Vec<Effect> {
        let mut effects = self.guard.close(&self.call.asked);
        effects.extend(self.dropped());
        effects.extend(self.tenure.gone());
        effects.extend(self.account.close(now_us));
        effects.extend(self.told());
        effects
    }

    /// A whole answer has been judged, or waits.
    fn whole(mut self, progress: Progress) -> (Replying, Vec<Effect>) {
        let mut effects = progress.effects;
        if matches!(&self.phase, Phase::Whole(relay) if relay.is_waiting()) {
            effects.push(Effect::Answer(Gate::Hold));
            return (Replying::Goes(Box::new(self)), effects);
        }
        let mut released = progress.released.into_iter();
        let Some(released) = released.find(|released| released.event.data.is_some()) else {
            return self.neutral(Loss::NotMcp);
        };
        if let (Text::Withheld(why), 400..) = (released.text, self.account.status) {
            let (replying, more) = self.neutral(why);
            effects.extend(more);
            return (replying, effects);
        }
        self.count(&released);
        self.phase = Phase::Passing;
        let data = released.event.data.unwrap_or_default().into_bytes();
        self.account.released(&data);
        match released.text {
            Text::Original => {}
            Text::Changed => effects.extend(swapped(data)),
            Text::Withheld(_) => {
                effects.extend(replacement(Some(200), "application/json", data));
            }
        }
        effects.push(Effect::Answer(Gate::Open));
        (Replying::Goes(Box::new(self)), effects)
    }

    /// Events of a stream go, or wait.
    fn stream(mut self, progress: Progress) -> (Replying, Vec<Effect>) {
        let mut effects = progress.effects;
        let (waiting, over, must_end, waits) = match &self.phase {
            Phase::Stream { relay, ended, .. } => {
                let waiting = relay.is_waiting();
                (waiting, *ended && !waiting, relay.must_end(), relay.waits())
            }
            _ => (false, true, None, false),
        };
        for why in progress.dropped {
            self.account.dropped(why);
        }
        let mut out = self.written(progress.released);
        if let (true, true, Some(why)) = (over, waits, self.account.last_word().or(must_end)) {
            let last_word = withheld(&self.call, Event::default(), why);
            out.extend(self.written(vec![last_word]));
        }
        self.held_bytes = match waiting {
            true => self.held_bytes.saturating_add(out.len()),
            false => 0,
        };
        let gate = if waiting { Gate::Hold } else { Gate::Open };
        effects.extend([Effect::Body(out), Effect::Answer(gate)]);
        let too_long = (self.held_bytes > RESPONSE_BYTES_MAX).then_some(Loss::TooLong);
        let why = must_end.or(too_long);
        if over {
            why.iter().for_each(|why| self.account.lost(*why));
            self.close();
        }
        let replying = Replying::Goes(Box::new(self));
        match why.filter(|_| !over) {
            Some(why) => cut_off(replying, effects, why),
            None => (replying, effects),
        }
    }

    fn written(&mut self, released: Vec<Released>) -> Vec<u8> {
        let mut out = Vec::new();
        for released in released {
            self.count(&released);
            self.account.is_resumable |= released.event.id.is_some();
            released.event.write(&mut out);
        }
        self.account.released(&out);
        out
    }

    fn close(&mut self) {
        if self.account.end == End::Disconnected {
            self.account.end = End::Complete;
        }
        self.phase = Phase::Passing;
    }

    fn count(&mut self, released: &Released) {
        self.account.is_error |= released.is_error;
        if let Text::Withheld(why) = released.text {
            self.account.lost(why);
        }
        self.account.end = match (released.text, self.account.end) {
            (Text::Withheld(_), _) | (_, End::Withheld) => End::Withheld,
            (_, end) => match self.phase {
                Phase::Whole(_) => End::Complete,
                _ => end,
            },
        };
    }
}
