//! One MCP exchange: what happened goes in, what to do comes out.
//!
//! An exchange begins with the head of a request and ends when the stream is gone. Each room below
//! is a stretch of the way; [`Exchange::step`] hands over from one to the next. A step that does
//! not fit the stage refuses: there is no input that opens a door by arriving out of turn.
//!
//! Deliberately absent: Envoy, waiting, time of its own (`now_us` comes with every step).

mod account;
mod asking;
mod departure;
mod door;
mod effect;
mod guard;
mod handles;
mod ledger;
mod loss;
mod mirrors;
mod questions;
mod reading;
mod refusal;
mod relay;
mod reply;
mod screen;
mod tenure;
mod verdict;

use std::borrow::Cow;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::CallId;

use crate::vm::Vm;

pub use door::{Claims, RequestHead};
pub use effect::{Ask, Effect, Gate, LocalReply, ReplyHead, Tell};
pub use reply::{Origin, ResponseHead};
pub use verdict::Permit;

use asking::Asking;
use door::{Door, Entry};
use refusal::Refusal;
use reply::{Answering, Replying};

/// What happened.
#[derive(Debug)]
pub enum Input<'a> {
    /// The head of the request.
    RequestHead(RequestHead<'a>),
    /// So many bytes of the request body are there, and more will come.
    RequestBody(usize),
    /// The whole request body.
    RequestEnd(Vec<u8>),
    /// The policy server's answer to the question that is out; status 0 when there was none.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: &'a [u8],
    },
    /// The head of the MCP server's answer.
    ResponseHead(ResponseHead<'a>),
    /// So many bytes of an answer that is read as a whole are there, and more will come.
    ResponseBody(usize),
    /// Bytes of the answer: the next chunk of a stream, or all of an answer read as a whole.
    ResponseChunk {
        /// The bytes.
        bytes: &'a [u8],
        /// Whether the answer ends here.
        last: bool,
    },
    /// The trailers of the MCP server's answer.
    ResponseTrailers(&'a [(String, Vec<u8>)]),
    /// There is no room for what the exchange would hold next: it must end.
    NoRoom,
    /// The stream is gone, finished or not.
    Gone,
}

/// What an exchange takes beside what it holds, in bytes.
const EXCHANGE_BYTES: usize = 4 * 1024;

/// How the adapter must hand over the answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyMode {
    /// Not yet: hold it.
    Later,
    /// All of it at once.
    Whole,
    /// Nothing of it, but its end.
    Discarded,
    /// Chunk by chunk.
    Chunks,
    /// Not at all: it is none of ours, or our own.
    Untouched,
}

/// One exchange.
#[derive(Debug)]
pub struct Exchange {
    context: Context,
    stage: Stage,
    /// The digest of issuer and subject, once the caller is known.
    caller: Option<Digest>,
}

/// What every stage may need.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) vm: Vm,
    pub(crate) call: CallId,
    pub(crate) began_us: u64,
}

impl Context {
    /// A text of ours that quotes somebody, without secrets.
    pub(crate) fn cleaned<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let rules = self.vm.rules.borrow();
        rules
            .latest()
            .map_or(Cow::Borrowed(text), |latest| latest.rules.clean(text))
    }
}

#[derive(Debug)]
enum Stage {
    /// Nothing has come yet.
    Fresh,
    /// A request outside MCP that is open to everybody.
    Bystander,
    /// The body of a request is on its way.
    Reading(Box<Entry>),
    /// A question about the request is out; the request is held.
    Asking(Box<Asking>),
    /// The request travels on, or its answer comes back.
    Answering(Box<Answering>),
    /// Refused or over.
    Closed,
}

impl Exchange {
    /// A new exchange with its random identity.
    #[must_use]
    pub const fn new(vm: Vm, call: CallId, began_us: u64) -> Self {
        Self {
            context: Context { vm, call, began_us },
            stage: Stage::Fresh,
            caller: None,
        }
    }

    /// Whose exchange it is, once that is known: the digest of issuer and subject.
    #[must_use]
    pub const fn caller(&self) -> Option<Digest> {
        self.caller
    }

    /// How many bytes it holds, or somewhat more.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let held = match &self.stage {
            Stage::Fresh | Stage::Bystander | Stage::Closed => 0,
            Stage::Reading(entry) => entry.held_bytes(),
            Stage::Asking(asking) => asking.held_bytes(),
            Stage::Answering(answering) => answering.held_bytes(),
        };
        held + EXCHANGE_BYTES
    }

    /// How the adapter must hand over the answer's body now.
    #[must_use]
    pub fn body_mode(&self) -> BodyMode {
        match &self.stage {
            Stage::Answering(answering) => answering.body_mode(),
            Stage::Fresh | Stage::Bystander | Stage::Closed => BodyMode::Untouched,
            Stage::Reading(_) | Stage::Asking(_) => BodyMode::Later,
        }
    }

    /// Whether the body of the request is awaited.
    #[must_use]
    pub const fn is_reading(&self) -> bool {
        matches!(self.stage, Stage::Reading(_))
    }

    /// Takes one step.
    #[must_use]
    pub fn step(&mut self, input: Input<'_>, now_us: u64) -> Vec<Effect> {
        // Even a trap in the middle leaves the door shut.
        let stage = std::mem::replace(&mut self.stage, Stage::Closed);
        let (stage, effects) = self.next(stage, input, now_us);
        self.stage = stage;
        effects
    }

    fn next(&mut self, stage: Stage, input: Input<'_>, now_us: u64) -> (Stage, Vec<Effect>) {
        match (stage, input) {
            (Stage::Fresh, Input::RequestHead(head)) => self.enter(&head, now_us),
            (Stage::Reading(entry), Input::RequestBody(size)) => self.grow(entry, size),
            (Stage::Reading(entry), Input::RequestEnd(body)) => self.read(&entry, body, now_us),
            (Stage::Asking(asking), Input::Answered { status, body }) => {
                asking.answered(&self.context, status, body, now_us)
            }
            (Stage::Asking(asking), Input::Gone) => (Stage::Closed, asking.abandoned(now_us)),
            (Stage::Answering(answering), Input::Gone) => (Stage::Closed, answering.gone(now_us)),
            (Stage::Reading(entry), Input::NoRoom) => Self::refuse(self.no_room(&entry)),
            (Stage::Answering(answering), input) => Self::answering(*answering, input, now_us),
            (Stage::Bystander, _) => (Stage::Bystander, vec![Effect::Answer(Gate::Open)]),
            (Stage::Closed, Input::Answered { .. }) | (_, Input::Gone) => {
                (Stage::Closed, Vec::new())
            }
            (
                _,
                Input::ResponseHead(_)
                | Input::ResponseBody(_)
                | Input::ResponseChunk { .. }
                | Input::ResponseTrailers(_),
            ) => {
                // Nothing went to the MCP server: this is our own reply, or one of Envoy's.
                (Stage::Closed, vec![Effect::Answer(Gate::Open)])
            }
            (_, _) => Self::refuse(Refusal::out_of_order(&self.context)),
        }
    }

    fn enter(&mut self, head: &RequestHead<'_>, now_us: u64) -> (Stage, Vec<Effect>) {
        let door = door::judge(&self.context, head);
        if let Ok(Door::Body(entry, _) | Door::Session(entry, _)) = &door {
            self.caller = Some(entry.caller.owner());
            if self.context.vm.waiting.borrow().is_pressed(self.caller) {
                return Self::refuse(self.no_room(entry));
            }
        }
        match door {
            Ok(Door::Bystander(permit)) => (Stage::Bystander, vec![Effect::Forward(permit)]),
            Ok(Door::Body(entry, strip)) => (Stage::Reading(Box::new(entry)), strip),
            Ok(Door::Session(entry, mut effects)) => {
                let (stage, more) = asking::about_session(&self.context, entry, now_us);
                effects.extend(more);
                (stage, effects)
            }
            Err(refusal) => Self::refuse(refusal),
        }
    }

    /// There is no room for the message. Where there is none for a report of it either, it is counted.
    fn no_room(&self, entry: &Entry) -> Refusal {
        let refusal = Refusal::no_room(&self.context);
        let waiting = &self.context.vm.waiting;
        if waiting.borrow().is_pressed(self.caller) {
            waiting.borrow_mut().turn_away();
            return refusal;
        }
        refusal.from(&entry.server.name, Some(&entry.caller))
    }

    fn grow(&self, entry: Box<Entry>, size: usize) -> (Stage, Vec<Effect>) {
        match entry.fits(&self.context, size) {
            Ok(()) => (Stage::Reading(entry), Vec::new()),
            Err(refusal) => Self::refuse(refusal),
        }
    }

    fn read(&self, entry: &Entry, body: Vec<u8>, now_us: u64) -> (Stage, Vec<Effect>) {
        match reading::read(&self.context, entry, body) {
            Ok(call) => asking::about(&self.context, call, now_us),
            Err(refusal) => Self::refuse(refusal),
        }
    }

    fn answering(mut answering: Answering, input: Input<'_>, now_us: u64) -> (Stage, Vec<Effect>) {
        answering.advance(now_us);
        let (replying, effects) = match input {
            Input::ResponseHead(head) => answering.head(&head),
            Input::ResponseBody(size) => answering.grown(size),
            Input::ResponseChunk { bytes, last } => answering.chunk(bytes, last),
            Input::Answered { status, body } => answering.answered(status, body),
            Input::ResponseTrailers(trailers) => answering.trailers(trailers),
            Input::NoRoom => answering.no_room(),
            _ => (Replying::Goes(Box::new(answering)), Vec::new()),
        };
        match replying {
            Replying::Goes(answering) => (Stage::Answering(answering), effects),
            Replying::Over => (Stage::Closed, effects),
        }
    }

    fn refuse(refusal: Refusal) -> (Stage, Vec<Effect>) {
        (Stage::Closed, refusal.effects())
    }
}
