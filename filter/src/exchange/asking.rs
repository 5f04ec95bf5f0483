//! A request that waits for the policy server: first whose session it is, then the verdict, then
//! the redaction rules where the VM has not those that count.

use std::rc::Rc;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::mcp::Era;
use portcullis_protocol::names::{CallId, Name};
use portcullis_protocol::wire::{
    End, Outcome, REDACTION_PATH, RedactionQuery, Report, Standing, Step,
};

use super::account::Account;
use super::departure::Departing;
use super::door::{Entry, Verb};
use super::effect::{Ask, Effect};
use super::guard::Guard;
use super::questions::session_question;
use super::reading::{Call, Needs};
use super::refusal::{Asked, Refusal, code};
use super::verdict::{self, Granted, Permit, Ruling};
use super::{Context, Stage};
use crate::rules::InForce;

/// A request whose question is out.
#[derive(Debug)]
pub(super) struct Asking {
    call: Call,
    about: About,
    began_us: u64,
}

#[derive(Debug)]
enum About {
    Session {
        session: Digest,
        /// The sessions that had ended when it was asked.
        ended: Option<Digest>,
    },
    Verdict {
        call: CallId,
        digest: Digest,
    },
    /// The rules, with the verdict that has named them where one was needed.
    Rules(Option<(Permit, Box<Granted>)>),
}

/// Sends a call on its way: past its session, past its verdict, upstream.
pub(super) fn about(context: &Context, call: Call, now_us: u64) -> (Stage, Vec<Effect>) {
    match &call.entry.session {
        Some(session)
            if !context.vm.known.borrow().is_owned(
                &session.digest,
                &call.entry.caller,
                context.began_us,
            ) =>
        {
            let session = session.digest;
            ask_session(context, call, session)
        }
        _ => about_verdict(context, call, now_us),
    }
}

/// A GET stream or a DELETE: the session must be the caller's.
pub(super) fn about_session(context: &Context, entry: Entry, now_us: u64) -> (Stage, Vec<Effect>) {
    let method = match entry.verb {
        Verb::Delete => "DELETE",
        Verb::Get | Verb::Post => "GET",
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
        document: None,
    };
    let known = context.vm.known.borrow();
    let is_owned = known.is_owned(&session, &call.entry.caller, context.began_us);
    drop(known);
    match is_owned {
        true => about_verdict(context, call, now_us),
        false => ask_session(context, call, session),
    }
}

fn ask_session(context: &Context, call: Call, session: Digest) -> (Stage, Vec<Effect>) {
    let question = session_question(context.call, &call.asked, session, Step::Use);
    let Some(mut question) = question else {
        return (Stage::Closed, Refusal::unavailable(&call.asked).effects());
    };
    let ended = context.vm.epoch.borrow().ended();
    let about = About::Session { session, ended };
    waits(context, call, about, question.ask())
}

fn waits(context: &Context, call: Call, about: About, question: Effect) -> (Stage, Vec<Effect>) {
    let asking = Asking {
        call,
        about,
        began_us: context.began_us,
    };
    (Stage::Asking(Box::new(asking)), vec![question])
}

fn about_verdict(context: &Context, call: Call, now_us: u64) -> (Stage, Vec<Effect>) {
    if let Needs::Verdict(question) = &call.needs {
        let effect = question.ask_first();
        let about = About::Verdict {
            call: question.call,
            digest: question.digest,
        };
        return waits(context, call, about, effect);
    }
    let fresh = context.vm.rules.borrow().fresh(now_us);
    match fresh {
        Some(rules) => exempt(context, call, rules, now_us),
        None => ask_rules(context, call, None),
    }
}

fn ask_rules(
    context: &Context,
    call: Call,
    admitted: Option<(Permit, Box<Granted>)>,
) -> (Stage, Vec<Effect>) {
    let query = RedactionQuery { call: context.call };
    // Were there nothing to ask with, nothing would be the question, and its answer none.
    let ask = Effect::Ask(Ask {
        path: REDACTION_PATH,
        body: Rc::new(serde_json::to_vec(&query).unwrap_or_default()),
    });
    waits(context, call, About::Rules(admitted), ask)
}

/// A request that needs no verdict leaves under the rules in force, and nothing is revealed in it.
fn exempt(context: &Context, call: Call, rules: Rc<InForce>, now_us: u64) -> (Stage, Vec<Effect>) {
    let guard = Guard::new(rules, None, &call.asked.server, now_us);
    let departing = Departing {
        call,
        account: Account::unjudged(context),
        permit: verdict::exempt(),
    };
    departing.leave(context, guard, now_us)
}

impl Asking {
    /// The policy server has answered, or not.
    pub(super) fn answered(
        self: Box<Self>,
        context: &Context,
        status: u16,
        body: &[u8],
        now_us: u64,
    ) -> (Stage, Vec<Effect>) {
        let Self { call, about, .. } = *self;
        match about {
            About::Session { session, ended } => {
                let standing = verdict::standing(context.call, session, status, body);
                if standing == Some(Standing::Own) {
                    let mut known = context.vm.known.borrow_mut();
                    known.confirm(session, &call.entry.caller, context.began_us, ended);
                }
                stand(context, call, standing, now_us)
            }
            About::Verdict { call: id, digest } => {
                let ruling = verdict::admit(id, digest, status, body);
                rule(context, call, ruling, now_us)
            }
            About::Rules(admitted) => {
                let given = verdict::rules(context.call, status, body);
                let rules =
                    given.and_then(|given| context.vm.rules.borrow_mut().take(&given, now_us));
                go_by(context, call, admitted, rules, now_us)
            }
        }
    }

    /// How many bytes it holds, or somewhat more.
    pub(super) fn held_bytes(&self) -> usize {
        self.call.held_bytes()
    }

    /// The agent went away before its request could leave; if the call was allowed, this ends it.
    pub(super) fn abandoned(&self, now_us: u64) -> Vec<Effect> {
        let call = match self.about {
            About::Verdict { call, .. } => call,
            About::Rules(Some(_)) => self.call.asked.call,
            About::Rules(None) | About::Session { .. } => return Vec::new(),
        };
        let outcome = Outcome {
            call,
            status: 0,
            end: End::Disconnected,
            is_error: false,
            output_digest: Digest::of(b""),
            output_bytes: 0,
            duration_us: now_us.saturating_sub(self.began_us),
            server_status: 0,
            loss: None,
            dropped: 0,
        };
        vec![Effect::Report(Report::Outcome(outcome))]
    }
}

fn stand(
    context: &Context,
    call: Call,
    standing: Option<Standing>,
    now_us: u64,
) -> (Stage, Vec<Effect>) {
    match standing {
        Some(Standing::Own) => about_verdict(context, call, now_us),
        Some(Standing::Unknown) => (
            Stage::Closed,
            Refusal::foreign_session(&call.asked).effects(),
        ),
        None => (Stage::Closed, Refusal::unavailable(&call.asked).effects()),
    }
}

fn rule(context: &Context, call: Call, ruling: Ruling, now_us: u64) -> (Stage, Vec<Effect>) {
    let refusal = match ruling {
        Ruling::Admitted(permit, granted) => {
            context.vm.epoch.borrow_mut().heard(granted.epoch, now_us);
            let named = granted.terms.rules;
            let known = context.vm.rules.borrow_mut().named(named, now_us);
            return match known {
                Some(rules) => go_by(context, call, Some((permit, granted)), Some(rules), now_us),
                None => ask_rules(context, call, Some((permit, granted))),
            };
        }
        Ruling::Denied(denial) => Refusal::denied(context, &call.asked, &denial),
        Ruling::Pending(pending) => Refusal::pending(context, &call.asked, &pending.message),
        Ruling::None => Refusal::unavailable(&call.asked),
    };
    (Stage::Closed, refusal.effects())
}

/// Goes on under these rules, if they are those that the verdict has named.
fn go_by(
    context: &Context,
    call: Call,
    admitted: Option<(Permit, Box<Granted>)>,
    rules: Option<Rc<InForce>>,
    now_us: u64,
) -> (Stage, Vec<Effect>) {
    let Some((permit, granted)) = admitted else {
        return match rules {
            Some(rules) => exempt(context, call, rules, now_us),
            None => (Stage::Closed, Refusal::unavailable(&call.asked).effects()),
        };
    };
    let departing = Departing {
        account: Account::judged(context),
        call,
        permit,
    };
    match rules.filter(|rules| rules.digest == granted.terms.rules) {
        Some(rules) => {
            let server = departing.call.asked.server.clone();
            let guard = Guard::new(rules, Some(granted), &server, now_us);
            departing.leave(context, guard, now_us)
        }
        None => {
            let refusal = Refusal::unavailable(&departing.call.asked);
            departing.turned_away(refusal, now_us)
        }
    }
}
