//! The answer of the MCP server: what it may be, and how it comes back.
//!
//! A JSON answer is held whole, a stream goes event by event, and what is neither is not passed on:
//! only its status is.

mod going_on;
mod head;
mod swap;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::limits::RESPONSE_BYTES_MAX;
use portcullis_protocol::sse::{Event, Reader};
use portcullis_protocol::wire::{End, Standing, Step};

use super::account::Account;
use super::effect::{Effect, Gate, LocalReply, ReplyHead};
use super::guard::Guard;
use super::questions::{session_question, sub_call};
use super::reading::Call;
use super::refusal::{code, refusal_body};
use super::relay::{Escort, Progress, Relay, Released, Text};
use super::screen::Form;
use super::tenure::{Lapse, Tenure};
use super::{Context, verdict};
use going_on::Arrived;
use head::{Body, Unclear, form_of, new_session, strip, text_of};

use swap::{replacement, swapped};

pub use head::ResponseHead;

/// A request that travels on, and its answer.
#[derive(Debug)]
pub(super) struct Answering {
    context: Context,
    call: Call,
    account: Account,
    guard: Guard,
    phase: Phase,
    tenure: Tenure,
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
    /// The head is held until the policy server knows the new session.
    Opening {
        session: Digest,
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
    Neutral(Why),
    /// Nobody awaits the body, so there will be none.
    Dropped,
    /// There is no body, or nothing more to do with it.
    Passing,
}

/// Why a neutral body takes the place of the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// The server's status; 502 when what it sent is no sound answer.
    Status(u16),
    /// There is no room for it.
    NoRoom,
    /// It may not be shown any more.
    Lapsed(Lapse),
}

impl Answering {
    pub(super) fn new(context: &Context, call: Call, account: Account, guard: Guard) -> Self {
        Self {
            context: context.clone(),
            tenure: Tenure::new(context, &call),
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
        let strip = strip(head, &self.guard);
        let form = form_of(&self.call, head, status);
        let (replying, mut effects) = match new_session(&self.call, head) {
            Ok(Some(session)) => self.open(session, form, head.last),
            Ok(None) => self.begin(form, head.last),
            Err(Unclear) => self.begin(Body::Neutral { status: 502 }, head.last),
        };
        effects.insert(0, strip);
        (replying, effects)
    }

    fn open(mut self, session: Digest, form: Body, last: bool) -> (Replying, Vec<Effect>) {
        let id = sub_call(self.context.call, 0);
        let Some(mut question) = session_question(id, &self.call.asked, session, Step::Open) else {
            return self.begin(Body::Neutral { status: 503 }, last);
        };
        self.phase = Phase::Opening {
            session,
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
            Body::Neutral { status } if last => return self.instead(status),
            Body::Dropped => (Phase::Dropped, vec![Effect::Answer(Gate::Hold)]),
            Body::Empty => {
                self.account.end = End::Complete;
                (Phase::Passing, vec![Effect::Answer(Gate::Open)])
            }
            Body::Whole => {
                let relay = Relay::new(&self.context, &self.call, Form::Whole);
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
            Body::Neutral { status } => {
                let phase = Phase::Neutral(Why::Status(status));
                (phase, vec![Effect::Answer(Gate::Hold)])
            }
        };
        self.phase = phase;
        (Replying::Goes(Box::new(self)), effects)
    }

    /// So many bytes of a whole answer are there.
    pub(super) fn grown(mut self, size: usize) -> (Replying, Vec<Effect>) {
        if size > RESPONSE_BYTES_MAX && matches!(self.phase, Phase::Whole(_)) {
            self.phase = Phase::Neutral(Why::Status(502));
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
                let Ok(text) = std::str::from_utf8(bytes) else {
                    return self.unreadable();
                };
                if text.is_empty() || bytes.len() > RESPONSE_BYTES_MAX {
                    return self.unreadable();
                }
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
                    Err(_) => cut_off(replying, effects),
                }
            }
            Phase::Neutral(_) if last => self.neutral(),
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
            Phase::Opening {
                session,
                form,
                last,
            } => {
                let (session, form, last) = (*session, *form, *last);
                let id = sub_call(self.context.call, 0);
                match verdict::standing(id, session, status, body) {
                    Some(Standing::Own) => {
                        // Nobody can have ended what nobody but the server knows yet.
                        let vm = &self.context.vm;
                        let ended = vm.epoch.borrow().ended();
                        let (caller, now_us) = (&self.call.entry.caller, self.context.began_us);
                        let mut known = vm.known.borrow_mut();
                        known.confirm(session, caller, now_us, ended);
                        drop(known);
                        self.begin(form, last)
                    }
                    _ => self.begin(Body::Neutral { status: 503 }, last),
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
            Phase::Whole(_) => {
                let dropped = self.dropped();
                self.phase = Phase::Neutral(Why::NoRoom);
                let (replying, mut effects) = self.neutral();
                effects.extend(dropped);
                (replying, effects)
            }
            Phase::Stream { .. } => cut_off(Replying::Goes(Box::new(self)), Vec::new()),
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
        effects
    }

    /// A whole answer has been judged, or waits.
    fn whole(mut self, progress: Progress) -> (Replying, Vec<Effect>) {
        let mut effects = progress.effects;
        if matches!(&self.phase, Phase::Whole(relay) if relay.is_waiting()) {
            effects.push(Effect::Answer(Gate::Hold));
            return (Replying::Goes(Box::new(self)), effects);
        }
        let Some(released) = progress.released.into_iter().next() else {
            return self.unreadable();
        };
        self.count(&released);
        self.phase = Phase::Passing;
        let data = released.event.data.unwrap_or_default().into_bytes();
        self.account.released(&data);
        match released.text {
            Text::Original => {}
            Text::Changed => effects.extend(swapped(data)),
            Text::Withheld => effects.extend(replacement(Some(200), "application/json", data)),
        }
        effects.push(Effect::Answer(Gate::Open));
        (Replying::Goes(Box::new(self)), effects)
    }

    /// Events of a stream go, or wait.
    fn stream(mut self, progress: Progress) -> (Replying, Vec<Effect>) {
        let mut effects = progress.effects;
        let mut out = Vec::new();
        for released in progress.released {
            self.count(&released);
            released.event.write(&mut out);
        }
        self.account.released(&out);
        let (waiting, ended, excessive) = match &self.phase {
            Phase::Stream { relay, ended, .. } => (relay.is_waiting(), *ended, relay.must_end()),
            _ => (false, true, false),
        };
        self.held_bytes = if waiting {
            self.held_bytes.saturating_add(out.len())
        } else {
            0
        };
        let excessive = excessive || self.held_bytes > RESPONSE_BYTES_MAX;
        effects.push(Effect::Body(out));
        effects.push(Effect::Answer(if waiting {
            Gate::Hold
        } else {
            Gate::Open
        }));
        if ended && !waiting {
            self.close();
        }
        let replying = Replying::Goes(Box::new(self));
        if excessive {
            return cut_off(replying, effects);
        }
        (replying, effects)
    }

    fn close(&mut self) {
        if self.account.end == End::Disconnected {
            self.account.end = End::Complete;
        }
        self.phase = Phase::Passing;
    }

    fn count(&mut self, released: &Released) {
        self.account.is_error |= released.is_error;
        self.account.end = match (released.text, self.account.end) {
            (Text::Withheld, _) | (_, End::Withheld) => End::Withheld,
            (_, end) => match self.phase {
                Phase::Whole(_) => End::Complete,
                _ => end,
            },
        };
    }

    fn unreadable(mut self) -> (Replying, Vec<Effect>) {
        self.phase = Phase::Neutral(Why::Status(502));
        self.neutral()
    }

    /// What the server sent is not passed on: something neutral takes the place of its body.
    fn neutral(mut self) -> (Replying, Vec<Effect>) {
        let why = match self.phase {
            Phase::Neutral(why) => why,
            _ => Why::Status(502),
        };
        let (status, content_type, body) = self.neutral_body(why);
        let mut effects = replacement(Some(status), content_type, body);
        effects.push(Effect::Answer(Gate::Open));
        (Replying::Goes(Box::new(self)), effects)
    }

    /// The same where there is no body whose place could be taken.
    fn instead(mut self, status: u16) -> (Replying, Vec<Effect>) {
        let (status, content_type, body) = self.neutral_body(Why::Status(status));
        let headers = vec![("content-type", content_type.to_owned())];
        let reply = LocalReply {
            status,
            headers,
            body,
        };
        let effects = vec![Effect::Answer(Gate::Hold), Effect::Reply(reply)];
        (Replying::Goes(Box::new(self)), effects)
    }

    /// A request still gets an answer with its id.
    fn neutral_body(&mut self, why: Why) -> (u16, &'static str, Vec<u8>) {
        self.account.end = End::Withheld;
        self.account.is_error = true;
        self.phase = Phase::Passing;
        let asked = &self.call.asked;
        let status = match why {
            Why::Status(status) => status,
            Why::NoRoom => 503,
            Why::Lapsed(_) => 403,
        };
        let (status, content_type, body) = if asked.id.is_some() && why == Why::NoRoom {
            let text = "The server's answer was withheld: it is long, and too much of yours is under way. Try again with less at a time.";
            let body = refusal_body(asked, code::INTERNAL, text);
            (200, "application/json", body)
        } else if let (Some(_), Why::Lapsed(lapse)) = (&asked.id, why) {
            let body = refusal_body(asked, code::DENIED, lapse.text());
            (200, "application/json", body)
        } else if asked.id.is_some() && status == 502 {
            let text = "The server's answer was withheld: it is not a sound MCP message.";
            let body = refusal_body(asked, code::INTERNAL, text);
            (200, "application/json", body)
        } else if asked.id.is_some() && status != 404 {
            let text = format!("The server answered with HTTP status {status}.");
            let body = refusal_body(asked, code::INTERNAL, &text);
            (status, "application/json", body)
        } else {
            // A plain 404 is how a client learns that its session is over.
            let text = b"The server's answer was withheld.".to_vec();
            (status, "text/plain", text)
        };
        self.account.status = status;
        self.account.released(&body);
        (status, content_type, body)
    }
}

/// What cannot be read on ends here, behind what was sound.
fn cut_off(replying: Replying, mut effects: Vec<Effect>) -> (Replying, Vec<Effect>) {
    let Replying::Goes(mut answering) = replying else {
        return (Replying::Over, effects);
    };
    effects.extend(answering.dropped());
    answering.account.end = End::Withheld;
    answering.phase = Phase::Passing;
    effects.push(Effect::Reset);
    (Replying::Goes(answering), effects)
}
