//! A request that waits for the policy server: first whose session it is, then the verdict.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::mcp::Era;
use portcullis_protocol::names::{CallId, Name};
use portcullis_protocol::wire::{
    End, Outcome, Report, SESSIONS_PATH, SessionQuery, Standing, Step,
};

use super::account::Account;
use super::door::{Entry, Verb};
use super::effect::Effect;
use super::questions::Question;
use super::reading::{Call, Needs};
use super::refusal::{Asked, Refusal, code};
use super::reply::Answering;
use super::verdict::{self, Ruling};
use super::{Context, Stage};

/// A request whose question is out.
#[derive(Debug)]
pub(super) struct Asking {
    call: Call,
    about: About,
    began_us: u64,
}

#[derive(Debug)]
enum About {
    Session { session: Digest, step: Step },
    Verdict { call: CallId, digest: Digest },
}

/// Sends a call on its way: past its session, past its verdict, upstream.
pub(super) fn about(context: &Context, call: Call) -> (Stage, Vec<Effect>) {
    match &call.entry.session {
        Some(session)
            if !context.known.borrow().is_owned(
                &session.digest,
                &call.entry.caller,
                context.began_us,
            ) =>
        {
            let session = session.digest;
            ask_session(context, call, session, Step::Use)
        }
        _ => about_verdict(context, call),
    }
}

/// A GET stream or a DELETE: the session must be the caller's.
pub(super) fn about_session(context: &Context, entry: Entry) -> (Stage, Vec<Effect>) {
    let (method, step) = match entry.verb {
        Verb::Delete => ("DELETE", Step::Close),
        Verb::Get | Verb::Post => ("GET", Step::Use),
    };
    let Some(session) = entry.session.as_ref().map(|session| session.digest) else {
        let text = "a stream and its end belong to a session: the header Mcp-Session-Id is missing";
        let refusal = Refusal::early(context, "session", 405, code::REQUEST, text)
            .header("allow", "POST".to_owned())
            .from(&entry.server.name, Some(&entry.caller));
        return (Stage::Closed, refusal.effects());
    };
    let asked = Asked {
        call: context.call,
        server: entry.server.name.clone(),
        caller: entry.caller.clone(),
        method: Name::from_static(method),
        id: None,
        era: Era::Sessions,
        target: None,
    };
    let call = Call {
        entry,
        asked,
        version: None,
        needs: Needs::Nothing,
    };
    if step == Step::Close {
        context.known.borrow_mut().forget(&session);
    } else if context
        .known
        .borrow()
        .is_owned(&session, &call.entry.caller, context.began_us)
    {
        return about_verdict(context, call);
    }
    ask_session(context, call, session, step)
}

fn ask_session(context: &Context, call: Call, session: Digest, step: Step) -> (Stage, Vec<Effect>) {
    let Some(mut question) = session_question(context.call, &call.asked, session, step) else {
        return (Stage::Closed, Refusal::unavailable(&call.asked).effects());
    };
    let about = About::Session { session, step };
    (
        Stage::Asking(Box::new(Asking {
            call,
            about,
            began_us: context.began_us,
        })),
        vec![question.ask()],
    )
}

/// Asks whose session it is.
pub(super) fn session_question(
    call: CallId,
    asked: &Asked,
    session: Digest,
    step: Step,
) -> Option<Question> {
    let query = SessionQuery {
        call,
        server: asked.server.clone(),
        caller: asked.caller.clone(),
        session,
        step,
    };
    let body = serde_json::to_vec(&query).ok()?;
    Some(Question::new(call, session, SESSIONS_PATH, body))
}

fn about_verdict(context: &Context, mut call: Call) -> (Stage, Vec<Effect>) {
    if let Needs::Verdict(question) = &mut call.needs {
        let effect = question.ask();
        let about = About::Verdict {
            call: question.call,
            digest: question.digest,
        };
        return (
            Stage::Asking(Box::new(Asking {
                call,
                about,
                began_us: context.began_us,
            })),
            vec![effect],
        );
    }
    let forward = Effect::Forward(verdict::exempt());
    let account = Account::unjudged(context);
    (
        Stage::Answering(Box::new(Answering::new(context, call, account))),
        vec![forward],
    )
}

impl Asking {
    /// The policy server has answered, or not.
    pub(super) fn answered(
        self: Box<Self>,
        context: &Context,
        status: u16,
        body: &[u8],
    ) -> (Stage, Vec<Effect>) {
        let Self { call, about, .. } = *self;
        match about {
            About::Session { session, step } => {
                let standing = verdict::standing(context.call, session, status, body);
                stand(context, call, session, step, standing)
            }
            About::Verdict { call: id, digest } => {
                rule(context, call, verdict::admit(id, digest, status, body))
            }
        }
    }

    /// The agent went away before there was a verdict; if the call was allowed, this ends it.
    pub(super) fn abandoned(&self, now_us: u64) -> Vec<Effect> {
        let About::Verdict { call, .. } = self.about else {
            return Vec::new();
        };
        let outcome = Outcome {
            call,
            status: 0,
            end: End::Disconnected,
            is_error: false,
            output_digest: Digest::of(b""),
            output_bytes: 0,
            duration_us: now_us.saturating_sub(self.began_us),
        };
        vec![Effect::Report(Report::Outcome(outcome))]
    }
}

fn stand(
    context: &Context,
    call: Call,
    session: Digest,
    step: Step,
    standing: Option<Standing>,
) -> (Stage, Vec<Effect>) {
    match standing {
        Some(Standing::Own) => {
            if step == Step::Use {
                context
                    .known
                    .borrow_mut()
                    .confirm(session, &call.entry.caller, context.began_us);
            }
            about_verdict(context, call)
        }
        Some(Standing::Unknown) => (
            Stage::Closed,
            Refusal::foreign_session(&call.asked).effects(),
        ),
        None => (Stage::Closed, Refusal::unavailable(&call.asked).effects()),
    }
}

fn rule(context: &Context, call: Call, ruling: Ruling) -> (Stage, Vec<Effect>) {
    let refusal = match ruling {
        Ruling::Admitted(permit) => {
            let account = Account::judged(context);
            let answering = Answering::new(context, call, account);
            return (
                Stage::Answering(Box::new(answering)),
                vec![Effect::Forward(permit)],
            );
        }
        Ruling::Denied(denial) => Refusal::denied(&call.asked, &denial),
        Ruling::Pending(pending) => Refusal::pending(&call.asked, &pending.message),
        Ruling::None => Refusal::unavailable(&call.asked),
    };
    (Stage::Closed, refusal.effects())
}
