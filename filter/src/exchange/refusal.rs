//! How to say no, so that the agent can read it and nothing odd happens to its client.
//!
//! The shapes are those that every official SDK hands on (docs/protocol.md, refusals): a refused
//! `tools/call` is a tool error in a result, other requests get a JSON-RPC error, a notification is
//! swallowed, and what cannot be read at all is an HTTP error.

mod body;

use portcullis_protocol::jsonrpc::Id;
use portcullis_protocol::mcp::Era;
use portcullis_protocol::names::{CallId, Caller, Name, ServerName};
use portcullis_protocol::redact::{Class, Fact};
use portcullis_protocol::wire::{self, Denial, Report, Shape, Target};

use super::Context;
use super::effect::{Effect, LocalReply};
use super::guard::place;
use super::reading::ANSWER;
use body::hidden;

pub(super) use body::{code, error_body, refusal_body};

/// A refusal: what the agent sees, and what the record says.
#[derive(Debug)]
pub(super) struct Refusal {
    reply: LocalReply,
    /// Absent when the policy server has the denial on record already.
    report: Option<Box<wire::Refusal>>,
}

/// What is known of the refused message, for the answer's shape.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) call: CallId,
    pub(super) server: ServerName,
    pub(super) caller: Caller,
    pub(super) method: Name,
    /// Absent for a notification.
    pub(super) id: Option<Id>,
    pub(super) era: Era,
    pub(super) target: Option<Target>,
}

impl Refusal {
    /// A refusal before the message could be read: an HTTP error with a JSON-RPC error in it.
    pub(super) fn early(
        context: &Context,
        reason: &'static str,
        status: u16,
        code: i32,
        text: &str,
    ) -> Self {
        Self::unread(context, reason, status, error_body(None, code, text))
    }

    /// The same for a message whose id could be read.
    pub(super) fn with_id(
        context: &Context,
        reason: &'static str,
        status: u16,
        code: i32,
        text: &str,
        id: Option<&str>,
    ) -> Self {
        Self::unread(context, reason, status, error_body(id, code, text))
    }

    fn unread(context: &Context, reason: &'static str, status: u16, body: Vec<u8>) -> Self {
        let report = wire::Refusal {
            call: context.call,
            server: None,
            caller: None,
            method: None,
            reason: Name::from_static(reason),
            status,
        };
        Self {
            reply: json_reply(status, body),
            report: Some(Box::new(report)),
        }
    }

    /// An input came out of turn.
    pub(super) fn out_of_order(context: &Context) -> Self {
        Self::early(
            context,
            "out-of-order",
            500,
            code::INTERNAL,
            "the exchange is out of order",
        )
    }

    /// There is no room for the message, or for reports about it.
    pub(super) fn no_room(context: &Context) -> Self {
        let text = "Temporarily unavailable: too much of yours is under way. Nothing was sent; try again in a moment.";
        Self::early(context, "no-room", 503, code::INTERNAL, text)
            .header("retry-after", "1".to_owned())
    }

    /// Adds a header to the answer.
    pub(super) fn header(mut self, name: &'static str, value: String) -> Self {
        self.reply.headers.push((name, value));
        self
    }

    /// Adds who asked whom to the record.
    pub(super) fn from(mut self, server: &ServerName, caller: Option<&Caller>) -> Self {
        if let Some(report) = &mut self.report {
            report.server = Some(server.clone());
            report.caller = caller.cloned();
        }
        self
    }

    /// Adds the method to the record.
    pub(super) fn of_method(mut self, method: &Name) -> Self {
        if let Some(report) = &mut self.report {
            report.method = Some(method.clone());
        }
        self
    }

    /// Policy denies; its record is already on disk.
    pub(super) fn denied(context: &Context, asked: &Asked, denial: &Denial) -> Self {
        let body = match denial.shape {
            Shape::Hidden => hidden(context, asked),
            Shape::Refused => None,
        };
        let text = context.cleaned(&denial.message);
        let body = body.unwrap_or_else(|| refusal_body(asked, code::DENIED, &text));
        Self {
            reply: answer(asked, body),
            report: None,
        }
    }

    /// A human must answer first; the record of the question is already on disk.
    pub(super) fn pending(context: &Context, asked: &Asked, message: &str) -> Self {
        let body = refusal_body(asked, code::DENIED, &context.cleaned(message));
        Self {
            reply: answer(asked, body),
            report: None,
        }
    }

    /// No verdict could be had.
    pub(super) fn unavailable(asked: &Asked) -> Self {
        let text = "Temporarily unavailable: the request could not be checked and was not sent. Try again later.";
        let body = refusal_body(asked, code::INTERNAL, text);
        Self {
            reply: answer(asked, body),
            report: Some(Box::new(asked.report("no-verdict", 200))),
        }
    }

    /// The message holds a secret that may not travel on; `fact` says which, and where.
    pub(super) fn secret(asked: &Asked, fact: Option<&Fact>) -> Self {
        let place = place(fact);
        let hint = fact.map_or_else(String::new, |fact| hint(&fact.class));
        let text = format!(
            "Nothing was sent: the message holds a secret{place}. Leave it out, or use a handle.{hint}"
        );
        Self::unsent(asked, "secret", &text)
    }

    /// The message holds a placeholder, which the server would take for a value.
    pub(super) fn stand_in(asked: &Asked, fact: &Fact) -> Self {
        let (place, hint) = (place(Some(fact)), hint(&fact.class));
        let text = format!(
            "Nothing was sent: the message holds a placeholder{place}. It stands for a secret that you were not shown, and the server would take it for the value itself. Leave that value as it is, or use a handle.{hint}"
        );
        Self::unsent(asked, "placeholder", &text)
    }

    /// The message holds a handle that does not become a secret where it stands.
    pub(super) fn handle(asked: &Asked) -> Self {
        let text = "The message holds a handle that cannot be used there: it is expired or altered, or policy does not let it be used in this place. Nothing was sent.";
        Self::unsent(asked, "handle", text)
    }

    fn unsent(asked: &Asked, reason: &'static str, text: &str) -> Self {
        Self {
            reply: unsent(asked, text),
            report: Some(Box::new(asked.report(reason, 200))),
        }
    }

    /// What the agent gets.
    pub(super) const fn reply(&self) -> &LocalReply {
        &self.reply
    }

    /// The gateway does not know the method; it looks like a server that does not.
    pub(super) fn unknown_method(asked: &Asked) -> Self {
        let status = match asked.era {
            Era::Stateless => 404,
            Era::Sessions => 200,
        };
        let id = asked.id.as_ref().map(Id::text);
        let body = error_body(id, code::METHOD, "Method not found");
        let reply = if asked.id.is_some() {
            json_reply(status, body)
        } else {
            swallowed()
        };
        Self {
            report: Some(Box::new(asked.report("unknown-method", reply.status))),
            reply,
        }
    }

    /// The session is not the caller's, or nobody's: the answer is the same.
    pub(super) fn foreign_session(asked: &Asked) -> Self {
        let body = error_body(
            asked.id.as_ref().map(Id::text),
            code::REQUEST,
            "Session not found",
        );
        Self {
            reply: json_reply(404, body),
            report: Some(Box::new(asked.report("session", 404))),
        }
    }

    /// What the adapter has to do.
    pub(super) fn effects(self) -> Vec<Effect> {
        let mut effects = vec![Effect::Reply(self.reply)];
        // Strangers are refused without a record: they could fill the disk.
        let known = self.report.filter(|report| report.caller.is_some());
        effects.extend(known.map(|report| Effect::Report(Report::Refusal(*report))));
        effects
    }
}

impl Asked {
    pub(super) fn report(&self, reason: &'static str, status: u16) -> wire::Refusal {
        wire::Refusal {
            call: self.call,
            server: Some(self.server.clone()),
            caller: Some(self.caller.clone()),
            method: Some(self.method.clone()),
            reason: Name::from_static(reason),
            status,
        }
    }
}

fn answer(asked: &Asked, body: Vec<u8>) -> LocalReply {
    if asked.id.is_some() {
        json_reply(200, body)
    } else {
        swallowed()
    }
}

/// An answer that cannot be accepted is an HTTP error, with a JSON-RPC error that has no id (MCP
/// 2025-11-25, transports).
fn unsent(asked: &Asked, text: &str) -> LocalReply {
    if asked.method.as_str() == ANSWER {
        return json_reply(400, error_body(None, code::DENIED, text));
    }
    answer(asked, refusal_body(asked, code::DENIED, text))
}

/// Which policy would let a secret through.
fn hint(class: &Class) -> String {
    format!(
        " Whoever runs this gateway can permit the action `reveal` on Mcp::DataClass::\"{class}\" in the direction to_server."
    )
}

/// A notification is accepted and goes nowhere.
const fn swallowed() -> LocalReply {
    LocalReply {
        status: 202,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

fn json_reply(status: u16, body: Vec<u8>) -> LocalReply {
    LocalReply {
        status,
        headers: vec![("content-type", "application/json".to_owned())],
        body,
    }
}
