//! The body of a request: read strictly, checked against its headers, understood.

use portcullis_protocol::headers::mirrored;
use portcullis_protocol::json::{self, Document, Json, Wrong};
use portcullis_protocol::jsonrpc::{self, Id, Message};
use portcullis_protocol::mcp::{self, Class, Era, Judged};
use portcullis_protocol::names::Name;
use portcullis_protocol::wire::{Direction, ListKind};

use super::Context;
use super::door::Entry;
use super::questions::{Question, decide};
use super::refusal::{Asked, Refusal, code};

/// What stands for the method of an agent's answer, which has none.
pub(super) const ANSWER: &str = "response";

/// A request that is understood.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) entry: Entry,
    pub(super) asked: Asked,
    pub(super) version: Option<Name>,
    pub(super) needs: Needs,
    /// The message, until it leaves; a stream and its end have none.
    pub(super) document: Option<Document>,
}

impl Call {
    /// How many bytes it holds, or somewhat more: the caller is there twice.
    pub(super) fn held_bytes(&self) -> usize {
        let message = self.document.as_ref();
        let message = message.map_or(0, |document| document.text().len());
        let question = match &self.needs {
            Needs::Verdict(question) => question.held_bytes(),
            Needs::Nothing | Needs::Filter(_) => 0,
        };
        message + question + self.entry.held_bytes() + self.asked.caller.bytes()
    }

    /// Whether the agent awaits an answer with its id. An answer of its own has an id and awaits
    /// none.
    pub(super) fn awaits_answer(&self) -> bool {
        self.asked.id.is_some() && self.asked.method.as_str() != ANSWER
    }
}

/// What a request needs before, and on the way back.
#[derive(Debug)]
pub(super) enum Needs {
    /// Nothing.
    Nothing,
    /// Its result filtered.
    Filter(ListKind),
    /// A verdict.
    Verdict(Box<Question>),
}

/// Reads a request body.
pub(super) fn read(context: &Context, entry: &Entry, body: Vec<u8>) -> Result<Call, Refusal> {
    let reading = |body| Reading {
        context,
        entry,
        body,
    };
    entry.fits(context, body.len())?;
    let document = match Document::read(body) {
        Ok(document) => document,
        Err((fault, body)) => return Err(reading(&body).not_json(fault)),
    };
    let reading = reading(document.text().as_bytes());
    let message = Message::read(document.json()).map_err(|fault| reading.no_message(fault))?;
    let call = reading.understand(message)?;
    Ok(Call {
        document: Some(document),
        ..call
    })
}

struct Reading<'a> {
    context: &'a Context,
    entry: &'a Entry,
    body: &'a [u8],
}

impl Reading<'_> {
    /// A refusal that names the id whenever there is one: a client that waits for an answer with
    /// its id would wait for ever.
    fn refuse(&self, reason: &'static str, code: i32, text: &str) -> Refusal {
        let id = json::recover_member(self.body, "id");
        let id = id
            .and_then(|id| json::check(id.as_bytes()).ok())
            .and_then(Id::read);
        let id = id.as_ref().map(Id::text);
        Refusal::with_id(self.context, reason, 400, code, text, id)
            .from(&self.entry.server.name, Some(&self.entry.caller))
    }

    fn not_json(&self, fault: json::Fault) -> Refusal {
        let code = match fault.what {
            Wrong::DuplicateKey | Wrong::Number | Wrong::Depth => code::REQUEST,
            Wrong::Encoding | Wrong::ByteOrderMark | Wrong::Syntax | Wrong::LoneSurrogate => {
                code::PARSE
            }
        };
        self.refuse("json", code, &fault.to_string())
    }

    fn no_message(&self, fault: jsonrpc::Fault) -> Refusal {
        let (reason, code) = match fault {
            jsonrpc::Fault::Batch => ("batch", code::REQUEST),
            jsonrpc::Fault::Params
            | jsonrpc::Fault::Name(_)
            | jsonrpc::Fault::Uri(_)
            | jsonrpc::Fault::Reference
            | jsonrpc::Fault::Subscriptions => ("params", code::PARAMS),
            _ => ("message", code::REQUEST),
        };
        self.refuse(reason, code, &fault.to_string())
    }

    fn understand(&self, message: Message<'_>) -> Result<Call, Refusal> {
        match message {
            Message::Request { id, method, params } => self.call(Some(id), method, params),
            Message::Notification { method, params } => self.call(None, method, params),
            Message::Response { id, .. } => self.answer(Some(id)),
            Message::Error { id, .. } => self.answer(id),
        }
    }

    /// The agent answers a request of the MCP server: a matter of the session alone.
    fn answer(&self, id: Option<Id>) -> Result<Call, Refusal> {
        if self.entry.session.is_none() {
            return Err(self.refuse("message", code::REQUEST, "an answer belongs into a session"));
        }
        let asked = self.asked(id, Name::from_static(ANSWER), Era::Sessions);
        Ok(Call {
            entry: self.entry.clone(),
            asked,
            version: self.header_version(),
            needs: Needs::Nothing,
            document: None,
        })
    }

    fn call(
        &self,
        id: Option<Id>,
        method: Name,
        params: Option<Json<'_>>,
    ) -> Result<Call, Refusal> {
        let in_meta = mcp::version_in_meta(params);
        let era = if in_meta.is_some() {
            Era::Stateless
        } else {
            Era::Sessions
        };
        self.headers_agree(id.is_some(), &method, params, in_meta.as_ref())?;
        let class = mcp::classify_from_client(era, method.as_str(), params);
        let class = class.map_err(|fault| self.no_message(fault).of_method(&method))?;
        let mut asked = self.asked(id, method, era);
        let version = in_meta.or_else(|| self.header_version());
        let needs = match class {
            Class::Pass => Needs::Nothing,
            Class::List(kind) => Needs::Filter(kind),
            Class::Judge(judged) => {
                asked.target = judged.targets.first().cloned();
                Needs::Verdict(Box::new(self.question(&asked, &judged, version.clone())?))
            }
            Class::Unknown if self.entry.server.pass_methods.contains(&asked.method) => {
                Needs::Nothing
            }
            Class::Unknown => return Err(Refusal::unknown_method(&asked)),
        };
        Ok(Call {
            entry: self.entry.clone(),
            asked,
            version,
            needs,
            document: None,
        })
    }

    fn asked(&self, id: Option<Id>, method: Name, era: Era) -> Asked {
        Asked {
            call: self.context.call,
            server: self.entry.server.name.clone(),
            caller: self.entry.caller.clone(),
            method,
            id,
            era,
            target: None,
        }
    }

    fn header_version(&self) -> Option<Name> {
        self.entry
            .version
            .as_deref()
            .and_then(|version| Name::parse(version).ok())
    }

    fn question(
        &self,
        asked: &Asked,
        judged: &Judged<'_>,
        version: Option<Name>,
    ) -> Result<Question, Refusal> {
        let session = self.entry.session.as_ref().map(|session| session.digest);
        decide(
            asked,
            Direction::ToServer,
            judged,
            version,
            session,
            self.body,
        )
        .ok_or_else(|| self.refuse("message", code::REQUEST, "the message cannot be judged"))
    }

    /// What the headers say must be what the body says (MCP 2026-07-28, HeaderMismatch). Mirrored
    /// headers are required of modern requests, and may contradict the body in no era.
    fn headers_agree(
        &self,
        is_request: bool,
        method: &Name,
        params: Option<Json<'_>>,
        in_meta: Option<&Name>,
    ) -> Result<(), Refusal> {
        let mismatch = |text: &str| {
            self.refuse("header-mismatch", code::HEADER, text)
                .of_method(method)
        };
        let header_version = self.entry.version.as_deref();
        match in_meta {
            Some(version) if header_version != Some(version.as_str()) => {
                return Err(mismatch(
                    "MCP-Protocol-Version must equal the version in params._meta",
                ));
            }
            None if is_request && method.as_str() != "initialize" && self.head_is_modern() => {
                let text = "params._meta must name the protocol version";
                return Err(self.refuse("params", code::PARAMS, text).of_method(method));
            }
            _ => {}
        }
        let named = mcp::named_in_header(method.as_str())
            .and_then(|key| params?.member(key)?.string())
            .map(std::borrow::Cow::into_owned);
        let mirrors = [
            (
                "Mcp-Method",
                &self.entry.mcp_method,
                Some(method.as_str().to_owned()),
            ),
            ("Mcp-Name", &self.entry.mcp_name, named),
        ];
        for (name, header, body) in mirrors {
            let required = in_meta.is_some() && is_request && body.is_some();
            let agrees = match header.as_deref() {
                Some(value) => body.is_some() && mirrored(value) == body,
                None => !required,
            };
            if !agrees {
                return Err(mismatch(&format!("{name} must equal what the body says")));
            }
        }
        let mut values = self.entry.mirrors.iter().map(|(_, value)| value);
        if values.any(|value| mirrored(value).is_none()) {
            return Err(mismatch("a header Mcp-Param-* has a broken encoding"));
        }
        Ok(())
    }

    fn head_is_modern(&self) -> bool {
        let version = self.entry.version.as_deref();
        version.is_some_and(|version| Era::of_version(version) == Era::Stateless)
    }
}
