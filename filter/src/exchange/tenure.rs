//! How long an exchange may go on showing what comes: as long as its token, its session, its verdict
//! and its rules stand. What may be out of date is asked for again before anything more is shown.
//!
//! While nothing has changed this compares a few digests and asks nothing.

use std::rc::Rc;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::CallId;
use portcullis_protocol::wire::{End, Loss, REDACTION_PATH, RedactionQuery, Standing, Step};

use super::Context;
use super::door::Verb;
use super::effect::{Ask, Effect};
use super::guard::Guard;
use super::questions::{renewal_call, session_question};
use super::reading::{Call, Needs};
use super::relay::ended;
use super::verdict::{self, Granted, Ruling};
use crate::epoch::Open;

/// How long a verdict that was good goes on while the policy server does not say whether it still is, in
/// microseconds: a restart of the policy server ends no stream.
const SILENCE_US: u64 = 10_000_000;

/// The statuses of a policy server that is away, or has no room: no answer, and what Envoy says for it.
const AWAY: [u16; 4] = [0, 502, 503, 504];

/// How long after silence it is asked again, in microseconds.
const RETRY_US: u64 = 1_000_000;

/// What an exchange stands on.
#[derive(Debug)]
pub(super) struct Tenure {
    _open: Open,
    /// When the token no longer counts; absent where it has no end.
    until_us: Option<u64>,
    renewals: u64,
    out: Option<Out>,
    /// When the verdict was last known to be good.
    good_us: u64,
    /// Until then nothing is asked again.
    retry_us: u64,
}

/// The question that is out.
#[derive(Debug)]
enum Out {
    Session {
        call: CallId,
        session: Digest,
        ended: Option<Digest>,
    },
    Verdict {
        call: CallId,
        digest: Digest,
    },
    /// The rules, with the verdict that has named them where there is one.
    Rules {
        call: CallId,
        granted: Option<Box<Granted>>,
    },
}

/// Whether the exchange may go on.
#[derive(Debug)]
pub(super) enum Stand {
    /// It may.
    Good,
    /// That is asked.
    Asks(Box<Effect>),
    /// It may not.
    Over(Lapse),
}

/// Why an exchange may not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lapse {
    /// Its token has expired.
    Token,
    /// Its session is over.
    Session,
    /// Policy does not allow it any more.
    Policy,
    /// Nobody says that it still may.
    Silence,
}

impl Lapse {
    /// What outcomes, reports and metrics call it.
    pub(super) const fn loss(self) -> Loss {
        match self {
            Self::Token => Loss::LapsedToken,
            Self::Session => Loss::LapsedSession,
            Self::Policy => Loss::LapsedPolicy,
            Self::Silence => Loss::LapsedSilence,
        }
    }
}

impl Tenure {
    pub(super) fn new(context: &Context, call: &Call) -> Self {
        let skew_s = u64::from(context.vm.config.identity.clock_skew_s);
        let until_s = call
            .entry
            .expires_s
            .map(|end_s| end_s.saturating_add(skew_s));
        Self {
            _open: context.vm.epoch.borrow().opened(),
            until_us: until_s.map(|until_s| until_s.saturating_mul(1_000_000)),
            renewals: 0,
            out: None,
            good_us: context.began_us,
            retry_us: 0,
        }
    }

    /// Whether a question is out.
    pub(super) const fn is_asking(&self) -> bool {
        self.out.is_some()
    }

    /// Whether more may be shown now; what is not sure is asked.
    pub(super) fn stand(&mut self, context: &Context, call: &Call, guard: &Guard) -> Stand {
        let now_us = guard.now_us();
        if self.until_us.is_some_and(|until_us| now_us >= until_us) {
            return Stand::Over(Lapse::Token);
        }
        if let Some(session) = Self::doubtful(context, call, now_us) {
            return self.ask_session(context, call, session);
        }
        match guard.epoch() {
            Some(epoch) if context.vm.epoch.borrow().holds(epoch, now_us) => {
                // Silence counts from what was heard last, not from what was shown by it.
                self.good_us = context.vm.epoch.borrow().heard_us();
                Stand::Good
            }
            Some(_) if now_us < self.retry_us => Stand::Good,
            Some(_) => self.ask_verdict(context, call),
            None if context.vm.rules.borrow().fresh(now_us).is_some() => Stand::Good,
            None => self.ask_rules(context, None),
        }
    }

    /// The policy server has answered, or not. `Good` when there may be more to ask.
    pub(super) fn answered(
        &mut self,
        context: &Context,
        call: &Call,
        guard: &mut Guard,
        (status, body): (u16, &[u8]),
    ) -> (Stand, Vec<Effect>) {
        match self.out.take() {
            None => (Stand::Good, Vec::new()),
            Some(Out::Session {
                call: id,
                session,
                ended,
            }) => {
                let standing = verdict::standing(id, session, status, body);
                let stand = Self::owns(context, call, (session, ended), standing, guard.now_us());
                (stand, Vec::new())
            }
            Some(Out::Verdict { call: id, digest }) => {
                match verdict::admit(id, digest, status, body) {
                    Ruling::None if AWAY.contains(&status) => {
                        (self.silence(guard.now_us()), Vec::new())
                    }
                    ruling => self.rule(context, id, ruling, guard),
                }
            }
            Some(Out::Rules { call: id, granted }) => {
                let given = verdict::rules(id, status, body);
                let now_us = guard.now_us();
                let rules =
                    given.and_then(|given| context.vm.rules.borrow_mut().take(&given, now_us));
                match (rules, granted) {
                    (Some(_), None) => {
                        guard.advance(context, now_us);
                        (Stand::Good, Vec::new())
                    }
                    (Some(rules), Some(granted)) if rules.digest == granted.terms.rules => {
                        renewed(guard.renew(rules, granted), id)
                    }
                    (_, None) => (Stand::Over(Lapse::Silence), Vec::new()),
                    (_, Some(_)) => lapsed(id),
                }
            }
        }
    }

    /// The agent is gone. Were the verdict that is out an `allow`, this ends it.
    pub(super) fn gone(&self) -> Vec<Effect> {
        match &self.out {
            Some(Out::Verdict { call, .. }) => vec![ended(*call, End::Disconnected, "")],
            Some(Out::Rules {
                call,
                granted: Some(_),
            }) => vec![ended(*call, End::Disconnected, "")],
            _ => Vec::new(),
        }
    }

    /// The session of the exchange, where it may have ended. What closes a session needs it no more.
    fn doubtful(context: &Context, call: &Call, now_us: u64) -> Option<Digest> {
        let session = call.entry.session.as_ref()?.digest;
        let (vm, caller) = (&context.vm, &call.entry.caller);
        let known = vm.known.borrow();
        let stands = call.entry.verb == Verb::Delete
            || known.is_owned(&session, caller, now_us)
            || vm
                .epoch
                .borrow()
                .is_without_ends(known.ended_before(&session, caller), now_us);
        (!stands).then_some(session)
    }

    fn ask_session(&mut self, context: &Context, call: &Call, session: Digest) -> Stand {
        let id = self.next(context);
        let Some(mut question) = session_question(id, &call.asked, session, Step::Use) else {
            return Stand::Over(Lapse::Silence);
        };
        let ended = context.vm.epoch.borrow().ended();
        self.out = Some(Out::Session {
            call: id,
            session,
            ended,
        });
        Stand::Asks(Box::new(question.ask()))
    }

    fn ask_verdict(&mut self, context: &Context, call: &Call) -> Stand {
        let id = self.next(context);
        let asked = match &call.needs {
            Needs::Verdict(question) => question.renewed(id),
            Needs::Nothing | Needs::Filter(_) => None,
        };
        let Some(mut question) = asked else {
            return Stand::Over(Lapse::Silence);
        };
        self.out = Some(Out::Verdict {
            call: id,
            digest: question.digest,
        });
        Stand::Asks(Box::new(question.ask()))
    }

    fn ask_rules(&mut self, context: &Context, granted: Option<(CallId, Box<Granted>)>) -> Stand {
        let (call, granted) = match granted {
            Some((call, granted)) => (call, Some(granted)),
            None => (self.next(context), None),
        };
        let body = serde_json::to_vec(&RedactionQuery { call }).unwrap_or_default();
        self.out = Some(Out::Rules { call, granted });
        let path = REDACTION_PATH;
        let body = Rc::new(body);
        Stand::Asks(Box::new(Effect::Ask(Ask { path, body })))
    }

    fn owns(
        context: &Context,
        call: &Call,
        (session, ended): (Digest, Option<Digest>),
        standing: Option<Standing>,
        now_us: u64,
    ) -> Stand {
        match standing {
            Some(Standing::Own) => {
                let mut known = context.vm.known.borrow_mut();
                known.confirm(session, &call.entry.caller, now_us, ended);
                Stand::Good
            }
            Some(Standing::Unknown) => Stand::Over(Lapse::Session),
            None => Stand::Over(Lapse::Silence),
        }
    }

    fn rule(
        &mut self,
        context: &Context,
        id: CallId,
        ruling: Ruling,
        guard: &mut Guard,
    ) -> (Stand, Vec<Effect>) {
        let now_us = guard.now_us();
        let granted = match ruling {
            Ruling::Admitted(_, granted) => granted,
            Ruling::Denied(_) | Ruling::Pending(_) => {
                return (Stand::Over(Lapse::Policy), Vec::new());
            }
            Ruling::None => return (Stand::Over(Lapse::Silence), Vec::new()),
        };
        self.good_us = now_us;
        context.vm.epoch.borrow_mut().heard(granted.epoch, now_us);
        let named = granted.terms.rules;
        let rules = context.vm.rules.borrow_mut().named(named, now_us);
        match rules {
            Some(rules) => renewed(guard.renew(rules, granted), id),
            None => (self.ask_rules(context, Some((id, granted))), Vec::new()),
        }
    }

    /// Nobody says whether the verdict is still good. What was good a moment ago goes on for a moment.
    const fn silence(&mut self, now_us: u64) -> Stand {
        if now_us.saturating_sub(self.good_us) >= SILENCE_US {
            return Stand::Over(Lapse::Silence);
        }
        self.retry_us = now_us.saturating_add(RETRY_US);
        Stand::Good
    }

    fn next(&mut self, context: &Context) -> CallId {
        self.renewals += 1;
        renewal_call(context.call, self.renewals)
    }
}

/// A renewed verdict has done what it can: what is shown from now on is the outcome of the exchange.
fn renewed(taken: Option<()>, id: CallId) -> (Stand, Vec<Effect>) {
    match taken {
        Some(()) => (Stand::Good, vec![ended(id, End::Complete, "")]),
        None => lapsed(id),
    }
}

fn lapsed(id: CallId) -> (Stand, Vec<Effect>) {
    (
        Stand::Over(Lapse::Silence),
        vec![ended(id, End::Withheld, "")],
    )
}
