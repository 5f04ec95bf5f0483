//! What guards the secrets of one exchange: the rules, what policy reveals, and the secrets that
//! were handed to the MCP server in it.

use std::rc::Rc;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::json::Json;
use portcullis_protocol::names::{Name, ServerName};
use portcullis_protocol::redact::{
    Action, Fact, Known, Literal, Outcome, Plan, Requests, Sealing, Text, placeholder_in, redact,
};
use portcullis_protocol::sse::Event;
use portcullis_protocol::wire::{Direction, Redaction, Use};

use super::Context;
use super::effect::Effect;
use super::ledger::Ledger;
use super::refusal::Asked;
use super::verdict::Granted;
use crate::rules::InForce;

/// The guard of one exchange.
#[derive(Debug)]
pub(super) struct Guard {
    rules: Rc<InForce>,
    /// What policy reveals; absent where no verdict stands behind the exchange.
    granted: Option<Box<Granted>>,
    from: ServerName,
    /// Secrets that handles of the request became: no answer may hold them.
    restored: Known,
    to_server: Ledger,
    to_client: Ledger,
    now_us: u64,
}

impl Guard {
    pub(super) fn new(
        rules: Rc<InForce>,
        granted: Option<Box<Granted>>,
        from: &ServerName,
        now_us: u64,
    ) -> Self {
        Self {
            rules,
            granted,
            from: from.clone(),
            restored: Known::default(),
            to_server: Ledger::new(Direction::ToServer),
            to_client: Ledger::new(Direction::ToClient),
            now_us,
        }
    }

    /// How many bytes it holds beside the rules, or somewhat more.
    pub(super) fn held_bytes(&self) -> usize {
        self.restored.held_bytes() + self.to_server.held_bytes() + self.to_client.held_bytes()
    }

    /// Time goes on. Where no verdict binds the exchange to its rules it follows those in force: a
    /// stream may live for hours.
    pub(super) fn advance(&mut self, context: &Context, now_us: u64) {
        self.now_us = now_us;
        if self.granted.is_none()
            && let Some(latest) = context.vm.rules.borrow().latest()
        {
            self.rules = Rc::clone(latest);
        }
    }

    pub(super) const fn now_us(&self) -> u64 {
        self.now_us
    }

    /// What the verdict was given under, where one stands behind the exchange.
    pub(super) fn epoch(&self) -> Option<Digest> {
        self.granted.as_deref().map(|granted| granted.epoch)
    }

    fn terms(&self) -> Option<&Redaction> {
        self.granted.as_deref().map(|granted| &granted.terms)
    }

    /// From here on other rules and terms count; what was let go before is bound to the old ones no
    /// more. `None` when the new rules do not know the one by which a handle became a secret: what
    /// must not come back could not be named then.
    pub(super) fn renew(&mut self, rules: Rc<InForce>, granted: Box<Granted>) -> Option<()> {
        self.restored.follow(&self.rules.rules, &rules.rules)?;
        self.rules = rules;
        self.granted = Some(granted);
        Some(())
    }

    /// Looks at a message on its way to the MCP server, and says what is to be told.
    pub(super) fn look_towards_server(
        &mut self,
        asked: &Asked,
        message: Json<'_>,
    ) -> (Look, Vec<Effect>) {
        let terms = self.terms();
        let plan = Plan {
            rules: &self.rules.rules,
            requests: self.rules.rules.raw().requests,
            reveal: terms.map_or(&[], |terms| &terms.reveal.to_server),
            marked: terms.map_or(&[], |terms| &terms.marked.to_server),
            literals: Known::none(),
            marks: &self.rules.marks,
            sealing: None,
        };
        let stands_in = match plan.requests {
            Requests::Refuse => placeholder_in(message, &plan),
            Requests::Redact => None,
        };
        if let Some(fact) = stands_in {
            let told = self
                .to_server
                .note(asked, vec![fact.clone()], 0, Vec::new());
            return (Look::StandsIn(Box::new(fact)), told);
        }
        read(redact(message, &plan), &mut self.to_server, asked)
    }

    /// Looks at a message on its way to the agent, and says what is to be told.
    pub(super) fn look_towards_client(
        &mut self,
        asked: &Asked,
        message: Json<'_>,
    ) -> (Look, Vec<Effect>) {
        let InForce {
            handles, tenant, ..
        } = &*self.rules;
        let sealing = handles.as_ref().map(|key| Sealing {
            key,
            tenant,
            from: &self.from,
            until_s: self.rules.handles_until_s(self.now_us / 1_000_000),
        });
        let terms = self.terms();
        let plan = Plan {
            rules: &self.rules.rules,
            requests: Requests::Redact,
            reveal: terms.map_or(&[], |terms| &terms.reveal.to_client),
            marked: terms.map_or(&[], |terms| &terms.marked.to_client),
            literals: &self.restored,
            marks: &self.rules.marks,
            sealing: sealing.as_ref(),
        };
        read(redact(message, &plan), &mut self.to_client, asked)
    }

    /// Whether more was found in the answer than may be in one.
    pub(super) const fn is_worn(&self) -> bool {
        self.to_client.is_full()
    }

    /// Where a handle may become a secret in this request.
    pub(super) fn uses(&self) -> &[Use] {
        self.terms().map_or(&[], |terms| &terms.uses)
    }

    /// The secret of a handle that was sealed for this use. It is kept, so that no answer brings it
    /// back; `None` when there is none, or when the rules do not know the one that found it.
    pub(super) fn open(&mut self, handle: &str, goes: &Use) -> Option<(String, Fact)> {
        let InForce {
            handles, tenant, ..
        } = &*self.rules;
        let now_s = self.now_us / 1_000_000;
        let sealing = Sealing {
            key: handles.as_ref()?,
            tenant,
            from: &goes.from,
            until_s: now_s,
        };
        let secret = sealing.open(handle, &goes.class, now_s).ok()?;
        let rule = self.rules.rules.named(handle.split('_').nth(1)?)?;
        let fact = Fact {
            rule: Name::parse(&self.rules.rules.rule(rule).id).ok()?,
            class: goes.class.clone(),
            pointer: String::new(),
            bytes: secret.len() as u64,
            mark: self.rules.marks.mark(&secret),
            action: Action::Restored,
        };
        self.restored.add(Literal {
            value: secret.clone(),
            rule,
        });
        Some((secret, fact))
    }

    /// Notes handles that became secrets.
    pub(super) fn restored(&mut self, asked: &Asked, facts: Vec<Fact>) -> Vec<Effect> {
        self.to_server.note(asked, facts, 0, Vec::new())
    }

    /// A short text without its secrets, for headers; `None` when it has none.
    pub(super) fn cleaned(&self, text: &str) -> Option<String> {
        let clean = self.rules.rules.clean(text);
        (clean != text).then(|| clean.into_owned())
    }

    /// Whether a text that must stay as it is may go to the agent.
    pub(super) fn may_show(&self, text: &str) -> bool {
        self.cleaned(text).is_none() && !self.knows(text)
    }

    /// Whether a text holds a secret that a handle of the request became.
    pub(super) fn knows(&self, text: &str) -> bool {
        self.restored.is_in(&self.rules.rules, text)
    }

    /// Whether the lines of an event beside its data may go to the agent. An `id` is what a client
    /// resumes from, so it is never changed.
    pub(super) fn may_show_lines(&self, event: &Event) -> bool {
        let lines = [&event.id, &event.event, &event.retry];
        lines.into_iter().flatten().all(|line| self.may_show(line))
    }

    /// Tells what was found and not told yet.
    pub(super) fn close(&mut self, asked: &Asked) -> Vec<Effect> {
        let rest = [self.to_server.close(asked), self.to_client.close(asked)];
        rest.into_iter().flatten().collect()
    }
}

/// What a look at a message came to.
#[derive(Debug)]
pub(super) enum Look {
    /// It goes as it is.
    Clean,
    /// It goes with findings replaced.
    Changed { text: String, structured: bool },
    /// It goes nowhere, because of what was found there; without it, there was too much.
    Blocked(Option<Box<Fact>>),
    /// It goes nowhere, because this placeholder would be taken for a value.
    StandsIn(Box<Fact>),
}

fn read(outcome: Outcome, ledger: &mut Ledger, asked: &Asked) -> (Look, Vec<Effect>) {
    let look = match outcome.text {
        Text::Same => Look::Clean,
        Text::Changed { text, structured } => Look::Changed { text, structured },
        Text::Blocked => Look::Blocked(blocking(&outcome.facts)),
    };
    let told = ledger.note(asked, outcome.facts, outcome.more, outcome.unscanned);
    (look, told)
}

fn blocking(facts: &[Fact]) -> Option<Box<Fact>> {
    let blocking = facts.iter().find(|fact| fact.action == Action::Blocked);
    blocking.cloned().map(Box::new)
}

/// Where a message holds what blocks it, in words.
pub(super) fn place(fact: Option<&Fact>) -> String {
    fact.map_or_else(String::new, |fact| {
        if fact.pointer.is_empty() {
            return format!(" ({}, split over several strings)", fact.rule);
        }
        format!(" ({} at {})", fact.rule, fact.pointer)
    })
}
