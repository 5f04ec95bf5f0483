//! Messages on their way to the agent, in their order: each is screened, those that need the policy
//! server wait for it with everything behind them, and the last thing that happens to each is that
//! its secrets are taken out.

mod asking;
mod carried;
mod instead;
mod telling;

use std::collections::VecDeque;
use std::ops::Range;

use portcullis_protocol::json::Document;
use portcullis_protocol::jsonrpc::{Fault, Id, Message};
use portcullis_protocol::limits::{SERVER_REQUESTS_MAX, TELLS_MAX};
use portcullis_protocol::names::Name;
use portcullis_protocol::sse::Event;
use portcullis_protocol::wire::{Fit, Loss, Report};

use super::Context;
use super::effect::Effect;
use super::guard::{Guard, Look, place};
use super::questions::{self, Question, filtered};
use super::reading::Call;
use super::refusal::{code, error_body};
use super::screen::{Expected, Fate, Form, Refused};
use super::verdict::{self, Ruling};
use carried::{Carried, deliver};
use instead::{blocked, nothing, unfit};
use telling::{declined, undelivered};

pub(super) use telling::{outcome as ended, tell};

pub(super) use carried::{Progress, Released, Text};
pub(super) use instead::withheld;

/// The way from the MCP server to the agent.
#[derive(Debug)]
pub(super) struct Relay {
    context: Context,
    expected: Expected,
    queue: VecDeque<Event>,
    waiting: Option<Waiting>,
    judged: u64,
    tells: usize,
    /// A secret stands where nothing can be taken out, or there are too many of them.
    is_tainted: bool,
}

/// A message that waits for the policy server.
#[derive(Debug)]
struct Waiting {
    carried: Carried,
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
    /// Whether structured content still fits its schema, now that its secrets are gone.
    Structured,
}

/// What a message needs next.
#[derive(Debug)]
enum Next {
    Release {
        is_error: bool,
    },
    Drop(Loss),
    Withhold(Loss),
    Unknown {
        id: Id,
    },
    Unclear {
        id: Id,
        method: Name,
        fault: Fault,
    },
    Filter {
        question: Question,
        span: Range<usize>,
    },
    Ask {
        questions: VecDeque<(Name, Question)>,
        refused: Refused,
    },
}

/// Whose messages these are, and what guards them.
#[derive(Debug)]
pub(super) struct Escort<'a> {
    pub(super) call: &'a Call,
    pub(super) guard: &'a mut Guard,
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
            is_tainted: false,
        }
    }

    /// How many bytes it holds, or somewhat more.
    pub(super) fn held_bytes(&self) -> usize {
        let queue: usize = self.queue.iter().map(Event::held_bytes).sum();
        let waiting = self.waiting.as_ref().map_or(0, |waiting| {
            let rest = match &waiting.about {
                About::Requests { rest, .. } => {
                    rest.iter().map(|(_, next)| next.held_bytes()).sum()
                }
                About::List { .. } | About::Structured => 0,
            };
            waiting.carried.document.text().len() + rest
        });
        queue + waiting
    }

    /// Whether a message waits for the policy server.
    pub(super) const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// What waits goes nowhere. Requests of the server that were allowed, or are just now, end with it.
    pub(super) fn dropped(&mut self) -> Vec<Effect> {
        let Some(waiting) = self.waiting.take() else {
            return Vec::new();
        };
        let mut calls = waiting.carried.admitted;
        if let About::Requests { .. } = waiting.about {
            calls.push(waiting.question.call);
        }
        undelivered(&calls)
    }

    /// Why the answer must end here: the server has asked for more than an answer may, or has put
    /// a secret where none can be taken out.
    pub(super) const fn must_end(&self) -> Option<Loss> {
        if self.is_tainted {
            Some(Loss::Secret)
        } else if self.judged > SERVER_REQUESTS_MAX || self.tells > TELLS_MAX {
            Some(Loss::TooMuch)
        } else {
            None
        }
    }

    /// Whether the agent still waits for its answer.
    pub(super) fn waits(&self) -> bool {
        self.expected.waits()
    }

    /// Takes messages and goes on.
    pub(super) fn take(
        &mut self,
        mut escort: Escort<'_>,
        events: impl IntoIterator<Item = Event>,
    ) -> Progress {
        self.queue.extend(events);
        let mut progress = Progress::default();
        self.advance(&mut escort, &mut progress);
        progress
    }

    /// The policy server has answered the question that is out.
    pub(super) fn answered(
        &mut self,
        mut escort: Escort<'_>,
        status: u16,
        body: &[u8],
    ) -> Progress {
        let mut progress = Progress::default();
        if let Some(waiting) = self.waiting.take() {
            self.resume(&mut escort, waiting, (status, body), &mut progress);
        }
        self.advance(&mut escort, &mut progress);
        progress
    }

    fn resume(
        &mut self,
        escort: &mut Escort<'_>,
        waiting: Waiting,
        (status, body): (u16, &[u8]),
        progress: &mut Progress,
    ) {
        let Waiting {
            carried,
            question,
            about,
        } = waiting;
        match about {
            About::List { span } => {
                let list = filtered(&question, status, body);
                match carried.with(span, list) {
                    Ok(carried) => self.release(escort, carried, progress),
                    Err(event) => {
                        let withheld = withheld(escort.call, event, Loss::NoVerdict);
                        progress.released.push(withheld);
                    }
                }
            }
            About::Structured => match verdict::fit(question.call, question.digest, status, body) {
                Fit::Fits => deliver(carried, progress),
                Fit::Unfit => progress.released.push(unfit(escort.call, carried)),
            },
            About::Requests {
                method,
                rest,
                refused,
            } => {
                let ruling = verdict::admit(question.call, question.digest, status, body);
                if let Ruling::Admitted(..) = ruling {
                    let mut carried = carried;
                    carried.admitted.push(question.call);
                    return self.ask_next(escort, carried, rest, refused, progress);
                }
                self.refused(escort.call, carried, &method, refused, progress);
            }
        }
    }

    fn refused(
        &mut self,
        call: &Call,
        carried: Carried,
        method: &Name,
        refused: Refused,
        progress: &mut Progress,
    ) {
        progress.effects.extend(undelivered(&carried.admitted));
        match refused {
            Refused::Answer(id) => {
                self.tell(call, declined(method, &id), progress);
                nothing(Loss::Refused, carried.event, progress);
            }
            Refused::Replace => {
                let withheld = withheld(call, carried.event, Loss::Refused);
                progress.released.push(withheld);
            }
            Refused::Drop => nothing(Loss::Refused, carried.event, progress),
        }
    }

    fn advance(&mut self, escort: &mut Escort<'_>, progress: &mut Progress) {
        while self.waiting.is_none()
            && !self.is_tainted
            && let Some(event) = self.queue.pop_front()
        {
            self.one(escort, event, progress);
        }
    }

    fn one(&mut self, escort: &mut Escort<'_>, mut event: Event, progress: &mut Progress) {
        let data = event.data.take();
        let says = data.as_ref().is_some_and(|data| !data.is_empty());
        if says && !event.is_message() {
            return match escort.guard.may_show_lines(&event) {
                true => nothing(Loss::EventName, event, progress),
                false => nothing(Loss::EventName, Event::comment(), progress),
            };
        }
        if !escort.guard.may_show_lines(&event) {
            self.is_tainted = true;
            progress.dropped.push(Loss::Secret);
            let report = escort.call.asked.report("secret", 200);
            return progress
                .effects
                .push(Effect::Report(Report::Refusal(report)));
        }
        let data = match data {
            Some(data) if says => data,
            data => {
                // A priming event, a retry line or a comment: it says nothing.
                event.data = data;
                return progress.released.push(Released::original(event));
            }
        };
        match Document::of(data) {
            Ok(document) => {
                let next = self.next(escort.call, &document);
                let carried = Carried::new(event, document);
                self.go(escort, carried, next, progress);
            }
            Err((_, data)) => match self.expected.unsound(data.as_bytes(), Loss::NotJson) {
                Fate::Withhold(why) => {
                    progress.released.push(withheld(escort.call, event, why));
                }
                _ => nothing(Loss::NotJson, event, progress),
            },
        }
    }

    fn next(&mut self, call: &Call, document: &Document) -> Next {
        match self.expected.screen(document) {
            Fate::Release { is_error } => Next::Release { is_error },
            Fate::Drop(why) => Next::Drop(why),
            Fate::Withhold(why) => Next::Withhold(why),
            Fate::Unknown { id } => Next::Unknown { id },
            Fate::Unclear { id, method, fault } => Next::Unclear { id, method, fault },
            Fate::Filter { kind, result } => {
                let span = result.span_in(document.text().as_bytes());
                let question = questions::list(call, kind, result.text());
                match question.zip(span) {
                    Some((question, span)) => Next::Filter { question, span },
                    None => Next::Withhold(Loss::List),
                }
            }
            Fate::Ask { requests, refused } => {
                match self.questions(call, requests, &refused, document.text()) {
                    Some(questions) => Next::Ask { questions, refused },
                    None => Next::Withhold(Loss::NotMcp),
                }
            }
        }
    }

    fn go(
        &mut self,
        escort: &mut Escort<'_>,
        mut carried: Carried,
        next: Next,
        progress: &mut Progress,
    ) {
        match next {
            Next::Release { is_error } => {
                carried.is_error = is_error;
                self.release(escort, carried, progress);
            }
            Next::Drop(why) => nothing(why, carried.event, progress),
            Next::Withhold(why) => {
                progress
                    .released
                    .push(withheld(escort.call, carried.event, why));
            }
            Next::Unknown { id } => {
                let body = error_body(Some(id.text()), code::METHOD, "Method not found");
                self.tell(escort.call, body, progress);
                nothing(Loss::NotPassed, carried.event, progress);
            }
            Next::Unclear { id, method, fault } => {
                self.unclear(escort.call, &id, &method, fault, progress);
                nothing(Loss::NotMcp, carried.event, progress);
            }
            Next::Filter { question, span } => {
                self.wait(carried, question, About::List { span }, progress);
            }
            Next::Ask { questions, refused } => {
                self.ask_next(escort, carried, questions, refused, progress);
            }
        }
    }

    /// A request of the server that means one thing to policy and another to some agent.
    fn unclear(
        &mut self,
        call: &Call,
        id: &Id,
        method: &Name,
        fault: Fault,
        progress: &mut Progress,
    ) {
        self.judged += 1;
        let body = error_body(Some(id.text()), code::PARAMS, &fault.to_string());
        self.tell(call, body, progress);
        let asked = self.asked(call, method, Some(id.clone()));
        let report = Report::Refusal(asked.report("params", 200));
        progress.effects.push(Effect::Report(report));
    }

    /// The last look: what goes to the agent has passed it.
    fn release(&mut self, escort: &mut Escort<'_>, mut carried: Carried, progress: &mut Progress) {
        let call = escort.call;
        let (look, told) = escort
            .guard
            .look_towards_client(&call.asked, carried.document.json());
        progress.effects.extend(told);
        if escort.guard.is_worn() {
            return self.worn(call, carried, progress);
        }
        let (text, structured) = match look {
            Look::Clean => return deliver(carried, progress),
            Look::Blocked(fact) => {
                let place = place(fact.as_deref());
                return self.blocked(call, carried, &place, progress);
            }
            Look::StandsIn(fact) => {
                return self.blocked(call, carried, &place(Some(&fact)), progress);
            }
            Look::Changed { text, structured } => (text, structured),
        };
        let Ok(document) = Document::of(carried.document.around(&text)) else {
            progress.effects.extend(undelivered(&carried.admitted));
            let withheld = withheld(call, carried.event, Loss::NotJson);
            return progress.released.push(withheld);
        };
        carried.document = document;
        carried.text = Text::Changed;
        if !structured {
            return deliver(carried, progress);
        }
        match questions::structured(call, carried.document.json()) {
            Some(question) => self.wait(carried, question, About::Structured, progress),
            None => progress.released.push(unfit(call, carried)),
        }
    }

    /// A message that may not go at all. Who waits for it is told.
    fn blocked(&mut self, call: &Call, carried: Carried, place: &str, progress: &mut Progress) {
        progress.effects.extend(undelivered(&carried.admitted));
        match Message::read(carried.document.json()) {
            Ok(Message::Request { id, method, .. }) => {
                self.tell(call, declined(&method, &id), progress);
                nothing(Loss::Refused, carried.event, progress);
            }
            Ok(Message::Response { .. } | Message::Error { .. }) => {
                progress.released.push(blocked(call, carried, place));
            }
            Ok(Message::Notification { .. }) | Err(_) => {
                nothing(Loss::Secret, carried.event, progress);
            }
        }
    }

    /// More was found than may be in one answer, which ends here. Who waits for it is told.
    fn worn(&mut self, call: &Call, carried: Carried, progress: &mut Progress) {
        self.is_tainted = true;
        self.expected.close();
        progress.effects.extend(undelivered(&carried.admitted));
        let report = Report::Refusal(call.asked.report("secrets", 200));
        progress.effects.push(Effect::Report(report));
        match call.asked.id {
            Some(_) => {
                let withheld = withheld(call, carried.event, Loss::Secrets);
                progress.released.push(withheld);
            }
            None => progress.dropped.push(Loss::Secrets),
        }
    }

    /// Says something to the server in the agent's place, up to a bound.
    fn tell(&mut self, call: &Call, body: Vec<u8>, progress: &mut Progress) {
        self.tells += 1;
        if self.tells <= TELLS_MAX {
            progress.effects.push(tell(call, body));
        }
    }
}
