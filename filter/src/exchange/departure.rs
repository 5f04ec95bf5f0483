//! The last look at a request: with its permit in hand its secrets are taken out, its handles become
//! secrets where they may, and it leaves. Policy has judged it as it came.

use portcullis_protocol::json::Document;
use portcullis_protocol::redact::Fact;

use super::account::Account;
use super::effect::Effect;
use super::guard::{Guard, Look};
use super::handles::{self, Misplaced};
use super::mirrors;
use super::reading::Call;
use super::refusal::{Refusal, code, error_body};
use super::relay::tell;
use super::reply::Answering;
use super::verdict::Permit;
use super::{Context, Stage};

/// A request that may travel on, and what was decided about it.
#[derive(Debug)]
pub(super) struct Departing {
    pub(super) call: Call,
    pub(super) account: Account,
    pub(super) permit: Permit,
}

/// What the request needs before it leaves: nothing, or a new body and the headers that follow it.
type Changes = Vec<Effect>;

/// Why it does not leave.
enum Stopped {
    Secret(Option<Box<Fact>>),
    StandIn(Box<Fact>),
    Handle,
}

impl From<Misplaced> for Stopped {
    fn from(_: Misplaced) -> Self {
        Self::Handle
    }
}

impl Departing {
    /// Sends the request on its way, or refuses it.
    pub(super) fn leave(
        mut self,
        context: &Context,
        mut guard: Guard,
        now_us: u64,
    ) -> (Stage, Vec<Effect>) {
        let document = self.call.document.take();
        let mut told = Vec::new();
        let changes = document.map_or(Ok(Changes::new()), |document| {
            looked_at(&self.call, &mut guard, document, &mut told)
        });
        let (stage, mut effects) = match changes {
            Ok(mut effects) => {
                effects.push(Effect::Forward(self.permit));
                let answering = Answering::new(context, self.call, self.account, guard);
                (Stage::Answering(Box::new(answering)), effects)
            }
            Err(stopped) => {
                told.extend(guard.close(&self.call.asked));
                let refusal = match stopped {
                    Stopped::Secret(fact) => Refusal::secret(&self.call.asked, fact.as_deref()),
                    Stopped::StandIn(fact) => Refusal::stand_in(&self.call.asked, &fact),
                    Stopped::Handle => Refusal::handle(&self.call.asked),
                };
                told.extend(self.unanswered());
                self.turned_away(refusal, now_us)
            }
        };
        effects.extend(told);
        (stage, effects)
    }

    /// A server whose question has no answer now learns it at once.
    fn unanswered(&self) -> Option<Effect> {
        let asked = &self.call.asked;
        let id = asked.id.as_ref().filter(|_| !self.call.awaits_answer())?;
        let text = "The answer holds a secret, and was not sent";
        let body = error_body(Some(id.text()), code::DENIED, text);
        Some(tell(&self.call, body))
    }

    /// Refuses a request although policy has let it through: that is how its call ends.
    pub(super) fn turned_away(mut self, refusal: Refusal, now_us: u64) -> (Stage, Vec<Effect>) {
        self.account.withheld(refusal.reply());
        let mut effects = refusal.effects();
        effects.extend(self.account.close(now_us));
        (Stage::Closed, effects)
    }
}

fn looked_at(
    call: &Call,
    guard: &mut Guard,
    document: Document,
    told: &mut Vec<Effect>,
) -> Result<Changes, Stopped> {
    let opened = handles::open(guard, &document)?;
    let (look, notes) = guard.look_towards_server(&call.asked, document.json());
    told.extend(notes);
    let redacted = match look {
        Look::Clean => None,
        Look::Changed { text, .. } => Some(document.around(&text)),
        Look::Blocked(fact) => return Err(Stopped::Secret(fact)),
        Look::StandsIn(fact) => return Err(Stopped::StandIn(fact)),
    };
    // What has become of the message is JSON still; were it not, it would not leave.
    let read = |text| Document::of(text).map_err(|_| Stopped::Secret(None));
    let redacted = redacted.map(read).transpose()?;
    let restored = opened.put_into(redacted.as_ref().unwrap_or(&document).json())?;
    let restored = restored.map(|text| document.around(&text));
    let restored = restored.map(read).transpose()?;
    let now = restored.or(redacted);
    let after = now.as_ref().unwrap_or(&document);
    let headers = mirrors::follow(&call.entry.mirrors, guard, document.json(), after.json())?;
    told.extend(guard.restored(&call.asked, opened.facts));
    let mut changes = Changes::new();
    if !headers.is_empty() {
        changes.push(Effect::SetRequest(headers));
    }
    changes.extend(now.map(|body| Effect::RequestBody(body.into_text().into_bytes())));
    Ok(changes)
}
