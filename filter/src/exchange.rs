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
mod mirrors;
mod questions;
mod reading;
mod refusal;
mod relay;
mod reply;
mod screen;
mod verdict;

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use portcullis_protocol::names::CallId;

use crate::config::Config;
use crate::rules::KnownRules;
use crate::sessions::KnownSessions;

pub use door::{Claims, RequestHead};
pub use effect::{Ask, Effect, Gate, LocalReply, ReplyHead, Tell};
pub use reply::ResponseHead;
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
    /// The stream is gone, finished or not.
    Gone,
}

/// How the adapter must hand over the answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyMode {
    /// Not yet: hold it.
    Later,
    /// All of it at once.
    Whole,
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
}

/// What every stage may need.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) config: Rc<Config>,
    pub(crate) known: Rc<RefCell<KnownSessions>>,
    pub(crate) rules: Rc<RefCell<KnownRules>>,
    pub(crate) call: CallId,
    pub(crate) began_us: u64,
}

impl Context {
    /// A text of ours that quotes somebody, without secrets.
    pub(crate) fn cleaned<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let rules = self.rules.borrow();
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
    pub const fn new(
        config: Rc<Config>,
        known: Rc<RefCell<KnownSessions>>,
        rules: Rc<RefCell<KnownRules>>,
        call: CallId,
        began_us: u64,
    ) -> Self {
        let context = Context {
            config,
            known,
            rules,
            call,
            began_us,
        };
        Self {
            context,
            stage: Stage::Fresh,
        }
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

    fn next(&self, stage: Stage, input: Input<'_>, now_us: u64) -> (Stage, Vec<Effect>) {
        match (stage, input) {
            (Stage::Fresh, Input::RequestHead(head)) => self.enter(&head, now_us),
            (Stage::Reading(entry), Input::RequestBody(size)) => self.grow(entry, size),
            (Stage::Reading(entry), Input::RequestEnd(body)) => self.read(&entry, body, now_us),
            (Stage::Asking(asking), Input::Answered { status, body }) => {
                asking.answered(&self.context, status, body, now_us)
            }
            (Stage::Asking(asking), Input::Gone) => (Stage::Closed, asking.abandoned(now_us)),
            (Stage::Answering(answering), Input::Gone) => (Stage::Closed, answering.gone(now_us)),
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

    fn enter(&self, head: &RequestHead<'_>, now_us: u64) -> (Stage, Vec<Effect>) {
        match door::judge(&self.context, head) {
            Ok(Door::Bystander(permit)) => (Stage::Bystander, vec![Effect::Forward(permit)]),
            Ok(Door::Body(entry, strip)) => (Stage::Reading(Box::new(entry)), vec![strip]),
            Ok(Door::Session(entry, strip)) => {
                let (stage, mut effects) = asking::about_session(&self.context, entry, now_us);
                effects.insert(0, strip);
                (stage, effects)
            }
            Err(refusal) => Self::refuse(refusal),
        }
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
