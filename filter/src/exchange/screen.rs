//! One message from the MCP server: may it go to the agent as it is?

use portcullis_protocol::json::{self, Document, Json};
use portcullis_protocol::jsonrpc::{Fault, Id, Message};
use portcullis_protocol::mcp::{self, Class, Era, Judged};
use portcullis_protocol::names::Name;
use portcullis_protocol::wire::ListKind;

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
    /// An event stream.
    Stream,
}

/// What is to become of a message.
#[derive(Debug)]
pub(super) enum Fate<'a> {
    /// It goes to the agent.
    Release { is_error: bool },
    /// It goes nowhere.
    Drop,
    /// It is the awaited answer, but unsound: a neutral error takes its place.
    Withhold,
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
        }
    }

    /// Judges one message.
    pub(super) fn screen<'a>(&mut self, document: &'a Document) -> Fate<'a> {
        let Ok(message) = Message::read(document.json()) else {
            return self.unsound(document.text().as_bytes());
        };
        match message {
            Message::Response { id, result } => self.response(&id, result),
            Message::Error { id, error } => self.error(id.as_ref(), error),
            Message::Request { id, method, params } => self.request(id, method, params),
            Message::Notification { method, params } => self.notification(&method, params),
        }
    }

    fn notification<'a>(&mut self, method: &Name, params: Option<Json<'a>>) -> Fate<'a> {
        if self.form == Form::Whole {
            return self.withhold();
        }
        let passes = mcp::classify_from_server(method.as_str(), params) == Ok(Class::Pass);
        let requests = params.map_or(Ok(Vec::new()), mcp::told_requests);
        match requests.ok().and_then(judged) {
            Some(requests) if passes => asked(requests, Refused::Drop, false),
            _ => Fate::Drop,
        }
    }

    /// The agent's wait must end even when the answer is unsound.
    pub(super) fn unsound(&mut self, text: &[u8]) -> Fate<'static> {
        let id = json::recover_member(text, "id");
        let id = id
            .and_then(|id| json::check(id.as_bytes()).ok())
            .and_then(Id::read);
        let awaited = match (&self.id, id) {
            (Some(_), None) => self.form == Form::Whole,
            (Some(expected), Some(id)) => self.form == Form::Whole || expected.is(&id),
            (None, _) => self.form == Form::Whole,
        };
        if awaited { self.withhold() } else { Fate::Drop }
    }

    fn withhold(&mut self) -> Fate<'static> {
        if self.answered == Answered::Yes {
            return Fate::Drop;
        }
        self.answered = Answered::Yes;
        Fate::Withhold
    }

    /// One answer, with the request's own id; more and others go nowhere.
    fn takes(&mut self, id: &Id) -> bool {
        let awaited = match &self.id {
            Some(expected) => self.answered == Answered::Not && expected.is(id),
            None => self.any_answer == AnyAnswer::Accepted,
        };
        if awaited && self.id.is_some() {
            self.answered = Answered::Yes;
        }
        awaited
    }

    fn response<'a>(&mut self, id: &Id, result: Json<'a>) -> Fate<'a> {
        if !self.takes(id) {
            return if self.form == Form::Whole {
                self.withhold()
            } else {
                Fate::Drop
            };
        }
        let Some(requests) = mcp::input_requests(result).ok().and_then(judged) else {
            return Fate::Withhold;
        };
        match (self.list_in(result), requests.is_empty()) {
            (Ok(None), _) => {
                let is_error = result
                    .member("isError")
                    .is_some_and(|flag| flag.text() == "true");
                asked(requests, Refused::Replace, is_error)
            }
            (Ok(Some(kind)), true) => Fate::Filter { kind, result },
            (Ok(Some(_)), false) | (Err(_), _) => Fate::Withhold,
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
            Some(id) => self.takes(id),
            // The server could not read the id; as a whole answer it can only mean this request.
            None => self.form == Form::Whole,
        };
        match (takes, self.form, &self.id) {
            (true, _, _) | (false, Form::Whole, None) => {
                match mcp::elicitations(error).ok().and_then(judged) {
                    Some(requests) => asked(requests, Refused::Replace, true),
                    None => Fate::Withhold,
                }
            }
            (false, Form::Whole, Some(_)) => self.withhold(),
            (false, Form::Stream, _) => Fate::Drop,
        }
    }

    fn request<'a>(&mut self, id: Id, method: Name, params: Option<Json<'a>>) -> Fate<'a> {
        if self.form == Form::Whole {
            return self.withhold();
        }
        if self.era == Era::Stateless {
            // Stateless streams carry no requests (MCP 2026-07-28, transports).
            return Fate::Drop;
        }
        match mcp::classify_from_server(method.as_str(), params) {
            Ok(Class::Pass) => Fate::Release { is_error: false },
            Ok(Class::Judge(what)) => Fate::Ask {
                requests: vec![(method, what)],
                refused: Refused::Answer(id),
            },
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
