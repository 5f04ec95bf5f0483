//! Messages on their way to the agent, in their order: each is screened, and those that need the
//! policy server wait for it with everything behind them.

use std::collections::VecDeque;
use std::ops::Range;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::jsonrpc::Id;
use portcullis_protocol::limits::{SERVER_REQUESTS_MAX, TELLS_MAX};
use portcullis_protocol::mcp::Judged;
use portcullis_protocol::names::Name;
use portcullis_protocol::sse::Event;
use portcullis_protocol::wire::{
    Direction, End, LISTS_PATH, ListAnswer, ListKind, ListQuery, Outcome, Report,
};
use serde_json::value::RawValue;

use super::Context;
use super::effect::{Effect, Tell};
use super::questions::{Question, decide, sub_call};
use super::reading::Call;
use super::refusal::{Asked, code, error_body, refusal_body};
use super::screen::{Expected, Fate, Form, Refused};
use super::verdict::{self, Ruling};

/// The way from the MCP server to the agent.
#[derive(Debug)]
pub(super) struct Relay {
    context: Context,
    expected: Expected,
    queue: VecDeque<Event>,
    waiting: Option<Waiting>,
    judged: u64,
    tells: usize,
}

/// A message that waits for the policy server.
#[derive(Debug)]
struct Waiting {
    event: Event,
    question: Question,
    about: About,
}

#[derive(Debug)]
enum About {
    /// Verdicts on server requests: the one that is out, and those still to come.
    Requests {
        method: Name,
        rest: VecDeque<(Name, Question)>,
        refused: Refused,
    },
    /// A list, and where in the event's data it stands.
    List { span: Range<usize> },
}

/// What became of the messages so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Messages that go to the agent, in order.
    pub(super) released: Vec<Released>,
    /// Questions, answers to the MCP server, reports.
    pub(super) effects: Vec<Effect>,
}

/// A message that goes to the agent.
#[derive(Debug)]
pub(super) struct Released {
    pub(super) event: Event,
    pub(super) text: Text,
    pub(super) is_error: bool,
}

/// Whether a message goes as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// Byte for byte.
    Original,
    /// With a part replaced by policy.
    Changed,
    /// Withheld; something neutral stands in its place.
    Withheld,
}

impl Relay {
    pub(super) fn new(context: &Context, call: &Call, form: Form) -> Self {
        Self {
            context: context.clone(),
            expected: Expected::of(call, form),
            queue: VecDeque::new(),
            waiting: None,
            judged: 0,
            tells: 0,
        }
    }

    /// Whether a message waits for the policy server.
    pub(super) const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Whether the server has asked for more than an answer may.
    pub(super) const fn is_excessive(&self) -> bool {
        self.judged > SERVER_REQUESTS_MAX || self.tells > TELLS_MAX
    }

    /// Takes messages and goes on.
    pub(super) fn take(
        &mut self,
        call: &Call,
        events: impl IntoIterator<Item = Event>,
    ) -> Progress {
        self.queue.extend(events);
        let mut progress = Progress::default();
        self.advance(call, &mut progress);
        progress
    }

    /// The policy server has answered the question that is out.
    pub(super) fn answered(&mut self, call: &Call, status: u16, body: &[u8]) -> Progress {
        let mut progress = Progress::default();
        if let Some(waiting) = self.waiting.take() {
            match waiting.about {
                About::List { span } => {
                    let list = filtered(&waiting.question, status, body);
                    progress
                        .released
                        .push(with_list(call, waiting.event, span, list));
                }
                About::Requests { .. } => self.ruled(call, waiting, status, body, &mut progress),
            }
        }
        self.advance(call, &mut progress);
        progress
    }

    fn advance(&mut self, call: &Call, progress: &mut Progress) {
        while self.waiting.is_none()
            && let Some(event) = self.queue.pop_front()
        {
            self.one(call, event, progress);
        }
    }

    fn one(&mut self, call: &Call, event: Event, progress: &mut Progress) {
        let Some(data) = event.data.clone().filter(|data| !data.is_empty()) else {
            // A priming event, a retry line or a comment: it says nothing.
            return progress.released.push(Released::original(event, false));
        };
        if !event.is_message() {
            return;
        }
        match self.expected.screen(&data) {
            Fate::Release { is_error } => {
                progress.released.push(Released::original(event, is_error))
            }
            Fate::Drop => {}
            Fate::Withhold => progress.released.push(withheld(call, event)),
            Fate::Unknown { id } => {
                let body = error_body(Some(id.text()), code::METHOD, "Method not found");
                self.tell(call, body, progress);
            }
            Fate::Filter { kind, result } => {
                let span = result.span_in(data.as_bytes());
                let question = list_question(call, kind, result.text());
                match (span, question) {
                    (Some(span), Some(question)) => {
                        self.wait(event, question, About::List { span }, progress);
                    }
                    _ => progress.released.push(withheld(call, event)),
                }
            }
            Fate::Ask { requests, refused } => {
                let questions = self.questions(call, requests, &refused, &data);
                match questions {
                    Some(questions) => self.ask_next(event, questions, refused, progress),
                    None => progress.released.push(withheld(call, event)),
                }
            }
        }
    }

    /// One question for each request; none at all when one cannot be put.
    fn questions(
        &mut self,
        call: &Call,
        requests: Vec<(Name, Judged<'_>)>,
        refused: &Refused,
        data: &str,
    ) -> Option<VecDeque<(Name, Question)>> {
        let id = match refused {
            Refused::Answer(id) => Some(id),
            Refused::Replace | Refused::Drop => None,
        };
        let session = call.entry.session.as_ref().map(|session| session.digest);
        let mut questions = VecDeque::new();
        for (method, what) in requests {
            self.judged += 1;
            let asked = self.asked(call, &method, id.cloned());
            let version = call.version.clone();
            let to_client = Direction::ToClient;
            let question = decide(&asked, to_client, &what, version, session, data.as_bytes());
            questions.push_back((method, question?));
        }
        Some(questions)
    }

    /// Says something to the server in the agent's place, up to a bound.
    fn tell(&mut self, call: &Call, body: Vec<u8>, progress: &mut Progress) {
        self.tells += 1;
        if self.tells <= TELLS_MAX {
            progress.effects.push(tell(call, body));
        }
    }

    fn asked(&self, call: &Call, method: &Name, id: Option<Id>) -> Asked {
        let call_id = sub_call(self.context.call, self.judged);
        Asked {
            call: call_id,
            method: method.clone(),
            id,
            ..call.asked.clone()
        }
    }

    fn ask_next(
        &mut self,
        event: Event,
        mut questions: VecDeque<(Name, Question)>,
        refused: Refused,
        progress: &mut Progress,
    ) {
        match questions.pop_front() {
            Some((method, question)) => {
                let about = About::Requests {
                    method,
                    rest: questions,
                    refused,
                };
                self.wait(event, question, about, progress);
            }
            None => progress.released.push(Released::original(event, false)),
        }
    }

    fn wait(
        &mut self,
        event: Event,
        mut question: Question,
        about: About,
        progress: &mut Progress,
    ) {
        progress.effects.push(question.ask());
        self.waiting = Some(Waiting {
            event,
            question,
            about,
        });
    }

    /// A verdict on a server's request: all must be allowed before the message goes.
    fn ruled(
        &mut self,
        call: &Call,
        waiting: Waiting,
        status: u16,
        body: &[u8],
        progress: &mut Progress,
    ) {
        let Waiting {
            event,
            question,
            about:
                About::Requests {
                    method,
                    rest,
                    refused,
                },
        } = waiting
        else {
            return;
        };
        if let Ruling::Admitted(_) = verdict::admit(question.call, question.digest, status, body) {
            progress.effects.push(delivered(&question, &event));
            return self.ask_next(event, rest, refused, progress);
        }
        match refused {
            Refused::Answer(id) => self.tell(call, declined(&method, &id), progress),
            Refused::Replace => progress.released.push(refused_inside(call, event)),
            Refused::Drop => {}
        }
    }
}

impl Released {
    const fn original(event: Event, is_error: bool) -> Self {
        Self {
            event,
            text: Text::Original,
            is_error,
        }
    }
}

fn replaced(event: Event, body: Vec<u8>, text: Text) -> Released {
    let data = String::from_utf8(body).unwrap_or_default();
    Released {
        event: Event {
            data: Some(data),
            ..event
        },
        text,
        is_error: true,
    }
}

fn withheld(call: &Call, event: Event) -> Released {
    let text = "The server's answer was withheld: it is not a sound MCP message.";
    replaced(
        event,
        refusal_body(&call.asked, code::INTERNAL, text),
        Text::Withheld,
    )
}

fn refused_inside(call: &Call, event: Event) -> Released {
    let text = "The server asked for something that policy does not allow.";
    replaced(
        event,
        refusal_body(&call.asked, code::DENIED, text),
        Text::Withheld,
    )
}

fn with_list(call: &Call, mut event: Event, span: Range<usize>, list: Option<String>) -> Released {
    if let (Some(data), Some(list)) = (&mut event.data, list)
        && data.get(span.clone()).is_some()
    {
        data.replace_range(span, &list);
        return Released {
            event,
            text: Text::Changed,
            is_error: false,
        };
    }
    let text = "Temporarily unavailable: the list could not be checked.";
    replaced(
        event,
        refusal_body(&call.asked, code::INTERNAL, text),
        Text::Withheld,
    )
}

fn list_question(call: &Call, kind: ListKind, result: &str) -> Option<Question> {
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
fn filtered(question: &Question, status: u16, body: &[u8]) -> Option<String> {
    let answer: ListAnswer = serde_json::from_slice(body)
        .ok()
        .filter(|_| status == 200)?;
    let ours = answer.call == question.call && answer.digest == question.digest;
    ours.then(|| answer.result.get().to_owned())
}

/// An allowed server request went to the agent: that is its outcome.
fn delivered(question: &Question, event: &Event) -> Effect {
    let data = event.data.as_deref().unwrap_or_default();
    Effect::Report(Report::Outcome(Outcome {
        call: question.call,
        status: 200,
        end: End::Complete,
        is_error: false,
        output_digest: Digest::of(data.as_bytes()),
        output_bytes: data.len() as u64,
        duration_us: 0,
    }))
}

/// The answer that a person who declines would give.
fn declined(method: &Name, id: &Id) -> Vec<u8> {
    if method.as_str() == "elicitation/create" {
        let id = id.text();
        return format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"action":"decline"}}}}"#)
            .into_bytes();
    }
    error_body(Some(id.text()), code::DENIED, "Denied by policy")
}

fn tell(call: &Call, body: Vec<u8>) -> Effect {
    let server = &call.entry.server;
    let mut headers = vec![
        (":method", "POST".to_owned()),
        (":path", server.upstream_path.clone()),
        (":authority", server.upstream_authority.clone()),
        ("content-type", "application/json".to_owned()),
        ("accept", "application/json, text/event-stream".to_owned()),
    ];
    headers.extend(
        call.entry
            .session
            .as_ref()
            .map(|session| ("mcp-session-id", session.id.clone())),
    );
    headers.extend(
        call.entry
            .version
            .as_ref()
            .map(|version| ("mcp-protocol-version", version.clone())),
    );
    Effect::Tell(Tell {
        cluster: server.cluster.clone(),
        headers,
        body,
    })
}
