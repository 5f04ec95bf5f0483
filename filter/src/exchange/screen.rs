//! One message from the MCP server: may it go to the agent as it is?

use portcullis_protocol::json::{self, Document, Json};
use portcullis_protocol::jsonrpc::{Fault, Id, Message};
use portcullis_protocol::mcp::{self, Class, Era, Judged};
use portcullis_protocol::names::Name;
use portcullis_protocol::wire::{ListKind, Loss};

use super::door::Verb;
use super::reading::{Call, Needs};

/// What the agent expects on this answer.
#[derive(Debug)]
pub(super) struct Expected {
    id: Option<Id>,
    list: Option<ListKind>,
    era: Era,
    /// A GET stream replays answers to earlier requests, which are not known here.
    any_answer: AnyAnswer,
    form: Form,
    answered: Answered,
    /// Methods that the gateway does not know and lets through, either way.
    passed: Vec<Name>,
}

/// Whether answers to unknown requests may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnyAnswer {
    Accepted,
    Dropped,
}

/// Whether the one answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answered {
    Not,
    Yes,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One JSON message.
    Whole,
    /// One JSON message behind an HTTP error.
    Failed,
    /// An event stream.
    Stream,
}

/// What is to become of a message.
#[derive(Debug)]
pub(super) enum Fate<'a> {
    /// It goes to the agent.
    Release { is_error: bool },
    /// It goes nowhere.
    Drop(Loss),
    /// It ends the agent's wait, but may not go: a neutral error takes its place.
    Withhold(Loss),
    /// It needs these verdicts first.
    Ask {
        requests: Vec<(Name, Judged<'a>)>,
        refused: Refused,
    },
    /// A request with a method that we do not know: it is answered so.
    Unknown { id: Id },
    /// A request whose parameters do not say clearly what it asks: it is answered so.
    Unclear { id: Id, method: Name, fault: Fault },
    /// Its result is a list to filter.
    Filter { kind: ListKind, result: Json<'a> },
}

/// What becomes of a message whose requests are refused.
#[derive(Clone, Debug)]
pub(super) enum Refused {
    /// The request is answered in the agent's place, and goes nowhere.
    Answer(Id),
    /// The awaited answer is replaced by a refusal.
    Replace,
    /// The notification goes nowhere.
    Drop,
}

impl Expected {
    /// What the answer to this call may hold.
    pub(super) fn of(call: &Call, form: Form) -> Self {
        let list = match call.needs {
            Needs::Filter(kind) => Some(kind),
            Needs::Nothing | Needs::Verdict(_) => None,
        };
        let is_get = call.entry.verb == Verb::Get;
        Self {
            id: call.asked.id.clone().filter(|_| call.awaits_answer()),
            list,
            era: call.asked.era,
            any_answer: if is_get {
                AnyAnswer::Accepted
            } else {
                AnyAnswer::Dropped
            },
            form,
            answered: Answered::Not,
            passed: call.entry.server.pass_methods.clone(),
        }
    }

    /// Whether the agent still waits for its answer.
    pub(super) fn waits(&self) -> bool {
        self.id.is_some() && self.answered == Answered::Not
    }

    /// The agent has its answer, from whomever.
    pub(super) const fn close(&mut self) {
        self.answered = Answered::Yes;
    }

    /// Judges one message.
    pub(super) fn screen<'a>(&mut self, document: &'a Document) -> Fate<'a> {
        let Ok(message) = Message::read(document.json()) else {
            return self.unsound(document.text().as_bytes(), Loss::NotMcp);
        };
        match message {
            Message::Response { id, result } => self.response(&id, result),
            Message::Error { id, error } => self.error(id.as_ref(), error),
            Message::Request { id, method, params } => self.request(id, method, params),
            Message::Notification { method, params } => self.notification(&method, params),
        }
    }

    fn notification<'a>(&mut self, method: &Name, params: Option<Json<'a>>) -> Fate<'a> {
        if self.form != Form::Stream {
            return self.withhold(Loss::NoAnswer);
        }
        let passes = match mcp::classify_from_server(method.as_str(), params) {
            Ok(Class::Pass) => true,
            Ok(Class::Unknown) => self.passed.contains(method),
            _ => false,
        };
        if !passes {
            return Fate::Drop(Loss::NotPassed);
        }
        let requests = params.map_or(Ok(Vec::new()), mcp::told_requests);
        match requests.ok().and_then(judged) {
            Some(requests) => asked(requests, Refused::Drop, false),
            None => Fate::Drop(Loss::NotMcp),
        }
    }

    /// The agent's wait must end even when the answer is unsound. Where nothing tells whose answer it
    /// is, a stream may still bring a sound one.
    pub(super) fn unsound(&mut self, text: &[u8], why: Loss) -> Fate<'static> {
        let id = json::recover_member(text, "id");
        let id = id
            .and_then(|id| json::check(id.as_bytes()).ok())
            .and_then(Id::read);
        let awaited = match (&self.id, id) {
            (Some(_), None) => self.form != Form::Stream,
            (Some(expected), Some(id)) => self.form != Form::Stream || id.answers(expected),
            (None, _) => self.form != Form::Stream,
        };
        if awaited {
            self.withhold(why)
        } else {
            Fate::Drop(why)
        }
    }

    fn withhold(&mut self, why: Loss) -> Fate<'static> {
        // Behind an HTTP error the status says what there is to say.
        let why = match self.form {
            Form::Failed => Loss::Status,
            Form::Whole | Form::Stream => why,
        };
        if self.answered == Answered::Yes {
            return Fate::Drop(why);
        }
        self.answered = Answered::Yes;
        Fate::Withhold(why)
    }

    /// An answer that nobody awaits here. On a stream the right one may still come.
    fn astray(&mut self, why: Loss) -> Fate<'static> {
        match self.form {
            Form::Whole | Form::Failed => self.withhold(why),
            Form::Stream => Fate::Drop(why),
        }
    }

    /// One answer, with the request's own id; more and others go nowhere.
    fn takes(&mut self, id: &Id) -> bool {
        let awaited = match &self.id {
            Some(expected) => self.answered == Answered::Not && id.answers(expected),
            None => self.any_answer == AnyAnswer::Accepted,
        };
        if awaited && self.id.is_some() {
            self.answered = Answered::Yes;
        }
        awaited
    }

    fn response<'a>(&mut self, id: &Id, result: Json<'a>) -> Fate<'a> {
        if !self.takes(id) {
            return self.astray(Loss::OtherId);
        }
        let Some(requests) = mcp::input_requests(result).ok().and_then(judged) else {
            return Fate::Withhold(Loss::NotMcp);
        };
        match (self.list_in(result), requests.is_empty()) {
            (Ok(None), _) => {
                let is_error = result
                    .member("isError")
                    .is_some_and(|flag| flag.text() == "true");
                asked(requests, Refused::Replace, is_error)
            }
            (Ok(Some(kind)), true) => Fate::Filter { kind, result },
            (Ok(Some(_)), false) | (Err(_), _) => Fate::Withhold(Loss::List),
        }
    }

    /// The list in a result: the one that was asked for, or on a replayed stream whichever is there.
    fn list_in(&self, result: Json<'_>) -> Result<Option<ListKind>, Fault> {
        match (self.any_answer, self.list) {
            (AnyAnswer::Accepted, _) => mcp::list_in_result(result),
            (AnyAnswer::Dropped, None) => Ok(None),
            (AnyAnswer::Dropped, Some(kind)) => match mcp::list_in_result(result)? {
                Some(found) if found == kind => Ok(Some(kind)),
                _ => Err(Fault::Shape),
            },
        }
    }

    fn error<'a>(&mut self, id: Option<&Id>, error: Json<'a>) -> Fate<'a> {
        let takes = match id {
            // Behind an HTTP error it can only mean this request, whatever it names: SDKs write
            // `server-error` where a session is over.
            _ if self.form == Form::Failed => true,
            Some(id) => self.takes(id),
            // The server could not read the id; as a whole answer it can only mean this request.
            None => self.form == Form::Whole,
        };
        match (takes, self.form, &self.id) {
            (true, _, _) | (false, Form::Whole, None) => {
                match mcp::elicitations(error).ok().and_then(judged) {
                    Some(requests) => asked(requests, Refused::Replace, true),
                    None => Fate::Withhold(Loss::NotMcp),
                }
            }
            (false, _, _) => self.astray(match id {
                Some(_) => Loss::OtherId,
                None => Loss::NoId,
            }),
        }
    }

    fn request<'a>(&mut self, id: Id, method: Name, params: Option<Json<'a>>) -> Fate<'a> {
        if self.form != Form::Stream {
            return self.withhold(Loss::NoAnswer);
        }
        if self.era == Era::Stateless {
            // Stateless streams carry no requests (MCP 2026-07-28, transports).
            return Fate::Drop(Loss::NotPassed);
        }
        match mcp::classify_from_server(method.as_str(), params) {
            Ok(Class::Pass) => Fate::Release { is_error: false },
            Ok(Class::Judge(what)) => Fate::Ask {
                requests: vec![(method, what)],
                refused: Refused::Answer(id),
            },
            Ok(Class::Unknown) if self.passed.contains(&method) => {
                Fate::Release { is_error: false }
            }
            Err(fault) => Fate::Unclear { id, method, fault },
            Ok(_) => Fate::Unknown { id },
        }
    }
}

/// What each request needs a verdict on; `None` when one of them is none that a server may make.
fn judged(requests: Vec<mcp::InputRequest<'_>>) -> Option<Vec<(Name, Judged<'_>)>> {
    requests.into_iter().map(one_judged).collect()
}

fn one_judged(request: mcp::InputRequest<'_>) -> Option<(Name, Judged<'_>)> {
    match mcp::classify_from_server(request.method.as_str(), request.params) {
        Ok(Class::Judge(what)) => Some((request.method, what)),
        _ => None,
    }
}

fn asked(requests: Vec<(Name, Judged<'_>)>, refused: Refused, is_error: bool) -> Fate<'_> {
    if requests.is_empty() {
        Fate::Release { is_error }
    } else {
        Fate::Ask { requests, refused }
    }
}
