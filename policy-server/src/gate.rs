//! One question from end to end: gather facts, decide, record; only then is there an answer.

mod lists;
mod pace;
mod pages;
mod redaction;
mod turns;
mod weighing;

use std::sync::{Arc, Mutex, PoisonError};

use portcullis_core::audit::{
    Decision, GapRecord, Keep, OutcomeRecord, PoliciesRecord, Record, RedactionsRecord,
    RefusalRecord, SessionRecord,
};
use portcullis_core::engine::Fault;
use portcullis_core::lists::ListError;
use portcullis_core::policies::Policies;
use portcullis_core::views::Views;
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::ServerName;
use portcullis_protocol::wire::{
    Answer, End, EpochAnswer, EpochQuery, Gap, Loss, Query, Report, Reports, ReportsAccepted,
    SessionAnswer, SessionQuery, Standing, Step, Verdict,
};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

use self::pace::Pace;
use self::pages::Pages;
use self::turns::Turns;
use self::weighing::{Question, Said};
use crate::candidate::Candidate;
use crate::clock;
use crate::journal::{AppendError, Await, Close, Effect, Entry, Journal, Recorded};
use crate::library::Library;
use crate::metrics::{Found, Metrics};
use crate::secrets::Secrets;
use crate::sessions::Sessions;
use crate::store::{Restored, SessionRow};

/// Names the absence of a policy set in answers.
const NO_POLICIES: Digest = Digest::from_bytes([0; 32]);

/// Why there is no answer. The filter then refuses.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The record cannot be committed.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The page is no list that can be filtered.
    #[error(transparent)]
    List(#[from] ListError),
    /// There are no rules in force.
    #[error("there are no rules of redaction: {0}")]
    NoRules(Fault),
    /// Other work of the same server is in the way.
    #[error("too many lists and results of the server `{0}` wait to be looked at")]
    Busy(ServerName),
    /// A server changes its tools at every list.
    #[error(
        "the server `{0}` changes its tools too often, or too many of them: its new ones wait for \
         up to a minute"
    )]
    Hasty(ServerName),
}

/// Everything that answers questions.
#[derive(Debug)]
pub struct Gate {
    library: Arc<Library>,
    journal: Journal,
    metrics: Arc<Metrics>,
    /// Held while policies are fitted to tools or read anew, until they are in force.
    law: AsyncMutex<()>,
    /// Arguments that take long to check: half of the processors at most, so that other decisions
    /// never wait for them.
    checks: Turns,
    /// Lists and results take long too, and are as many at most.
    lists: Turns,
    /// News of tools, one after another, so that lists without news never wait for them.
    news: Turns,
    pace: Pace,
    pages: Pages,
    /// What callers were last shown of tools.
    views: Mutex<Views>,
    sessions: Sessions,
    /// Held while a session is opened or closed, so that two callers cannot open one.
    opening: AsyncMutex<()>,
    /// What records keep of arguments.
    arguments: Keep,
    /// A draft that is asked beside the policies in force.
    candidate: Option<Arc<Candidate>>,
    /// The keys of redaction.
    secrets: Secrets,
}

impl Gate {
    /// A gate over what a former run left.
    #[must_use]
    pub fn new(
        library: Arc<Library>,
        journal: Journal,
        metrics: Arc<Metrics>,
        restored: Restored,
        secrets: Secrets,
    ) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let half = (processors / 2).max(1);
        Self {
            library,
            journal,
            metrics,
            law: AsyncMutex::default(),
            pace: Pace::default(),
            pages: Pages::default(),
            views: Mutex::default(),
            checks: Turns::new(half, weighing::WAIT_MAX),
            lists: Turns::new(half, lists::WAIT_MAX),
            news: Turns::new(1, lists::NEWS_WAIT_MAX),
            sessions: Sessions::restored(restored.sessions, restored.closed, clock::now_us()),
            opening: AsyncMutex::default(),
            arguments: Keep::default(),
            candidate: None,
            secrets,
        }
    }

    /// The same gate, which also asks a draft.
    #[must_use]
    pub fn beside(mut self, candidate: Option<Arc<Candidate>>) -> Self {
        self.candidate = candidate;
        self
    }

    /// The same gate, whose records keep this much of arguments.
    #[must_use]
    pub const fn keeping(mut self, arguments: Keep) -> Self {
        self.arguments = arguments;
        self
    }

    /// Keeps policies and tools as they are until the guard is dropped.
    pub async fn changing(&self) -> MutexGuard<'_, ()> {
        self.law.lock().await
    }

    /// Judges one message.
    ///
    /// # Errors
    /// The decision cannot be recorded.
    pub async fn decide(&self, query: Query) -> Result<Recorded<Answer>, GateError> {
        let start = clock::start();
        let time_us = clock::now_us();
        // The epoch first: were policies to change here, the verdict would count as an old one.
        let epoch = self.library.epoch(time_us);
        let policies = self.library.in_force(time_us);
        let query = Arc::new(query);
        let question = self.question(query.clone(), policies.clone(), time_us);
        let Said {
            mut judgement,
            basis,
            candidate: said,
        } = self.weigh(question).await;
        if let (Verdict::Allow(terms), Ok(policies)) = (&mut judgement.verdict, &policies) {
            terms.redaction.rules = self.secrets.digest(policies.redaction());
        }
        if matches!(judgement.faults[..], [Fault::Costly(_), ..]) {
            self.metrics.costly("refused");
        }
        let digest = policies.ok().map(|policies| policies.digest());
        let awaited = if judgement.allows() {
            Await::Outcome
        } else {
            Await::Nothing
        };
        let differing = said.as_ref().map(|said| (judgement.outcome, said.outcome));
        let decision = Decision::new(&query, basis, &judgement);
        let decision = decision.beside(said.map(|said| said.entry));
        let record = Record::Decision(Box::new(decision));
        let entry = Entry {
            time_us,
            record,
            change: Effect::Decide(query.call, awaited),
        };
        let outcome = outcome_of(&judgement.verdict);
        let answer = Answer {
            call: query.call,
            digest: query.digest,
            policies: digest.unwrap_or(NO_POLICIES),
            epoch,
            verdict: judgement.verdict,
        };
        let recorded = self.journal.append(answer, vec![entry]).await?;
        let seconds = clock::seconds_since(start);
        let method = match &judgement.faults[..] {
            // Anybody can make methods up; they do not become labels.
            [Fault::UnknownMethod, ..] => "unknown",
            _ => query.method.as_str(),
        };
        self.metrics
            .decision(outcome, query.server.as_str(), method, seconds);
        if let Some((enforced, candidate)) = differing {
            self.metrics.candidate(enforced, candidate);
        }
        Ok(recorded)
    }

    /// Says what answers are given under now. It is not recorded: it says nothing of a call.
    #[must_use]
    pub fn epoch(&self, _query: EpochQuery) -> EpochAnswer {
        let now_us = clock::now_us();
        let epoch = self.library.epoch(now_us);
        let policies = self.library.in_force(now_us).ok();
        let rules = policies.map(|policies| self.secrets.digest(policies.redaction()));
        EpochAnswer {
            epoch,
            sessions: self.sessions.ends(),
            rules,
        }
    }

    fn question(
        &self,
        query: Arc<Query>,
        policies: Result<Arc<Policies>, Fault>,
        time_us: i64,
    ) -> Question {
        let standing = query.session.map(|session| {
            self.sessions
                .standing(session, &query.server, &query.caller, time_us)
        });
        let views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        let view = views.of(&query.server, query.caller.owner());
        drop(views);
        Question {
            query,
            policies,
            standing,
            view,
            keep: self.arguments,
            candidate: self.candidate.clone(),
            time_us,
        }
    }

    /// Says whose session it is; opening and closing are recorded.
    ///
    /// # Errors
    /// The step cannot be recorded.
    pub async fn session(&self, query: SessionQuery) -> Result<SessionAnswer, GateError> {
        let standing = match query.step {
            Step::Use => self.standing(&query),
            Step::Open => self.open(&query).await?,
            Step::Close => self.close(&query).await?,
        };
        Ok(SessionAnswer {
            call: query.call,
            session: query.session,
            standing,
        })
    }

    fn standing(&self, query: &SessionQuery) -> Standing {
        self.sessions
            .standing(query.session, &query.server, &query.caller, clock::now_us())
    }

    async fn open(&self, query: &SessionQuery) -> Result<Standing, GateError> {
        let _guard = self.opening.lock().await;
        let owner = query.caller.owner();
        if self.sessions.is_taken(query.session, &query.server, owner) {
            let standing = self.standing(query);
            return self.note(query, standing, Effect::Nothing).await;
        }
        let row = SessionRow {
            session: query.session,
            owner,
            server: query.server.clone(),
            opened_us: clock::now_us(),
        };
        let ended = self.sessions.to_end(owner, row.opened_us);
        let change = Effect::Open(row.clone(), self.ends_of(&ended));
        let standing = self.note(query, Standing::Own, change).await?;
        self.sessions.open(row, &ended);
        Ok(standing)
    }

    async fn close(&self, query: &SessionQuery) -> Result<Standing, GateError> {
        let _guard = self.opening.lock().await;
        match self.standing(query) {
            Standing::Unknown => self.note(query, Standing::Unknown, Effect::Nothing).await,
            Standing::Own => {
                let closed = Effect::Close(self.ends_of(&[query.session]));
                let standing = self.note(query, Standing::Own, closed).await?;
                self.sessions.close(query.session);
                Ok(standing)
            }
        }
    }

    fn ends_of(&self, sessions: &[Digest]) -> Close {
        Close {
            sessions: sessions.to_vec(),
            forgotten: self.sessions.to_forget(sessions.len()),
        }
    }

    async fn note(
        &self,
        query: &SessionQuery,
        standing: Standing,
        change: Effect,
    ) -> Result<Standing, GateError> {
        let record = Record::Session(Box::new(SessionRecord::new(query, standing)));
        let entry = Entry {
            time_us: clock::now_us(),
            record,
            change,
        };
        Ok(self.journal.append(standing, vec![entry]).await?.released())
    }

    /// Records what the filter tells.
    ///
    /// # Errors
    /// The reports cannot be recorded; sending them again is harmless.
    pub async fn report(&self, reports: Reports) -> Result<Recorded<ReportsAccepted>, GateError> {
        let accepted = ReportsAccepted {
            accepted: reports.reports.len() as u64,
        };
        let ends: Vec<Counted> = reports.reports.iter().map(Counted::of).collect();
        let time_us = clock::now_us();
        let gap = missing(time_us, reports.gap);
        let made = reports.reports.into_iter();
        let made = made.map(|report| entry(time_us, report));
        let entries = made.chain(gap).collect();
        let value = |repeats: Vec<usize>| {
            // Sent again, a report is accepted again but not counted again.
            let fresh = (0..)
                .zip(ends)
                .filter(|(place, _)| !repeats.contains(place));
            fresh.for_each(|(_, counted)| counted.count(&self.metrics));
            self.metrics.evidence().missing(reports.gap);
            accepted
        };
        Ok(self.journal.append_once(entries, value).await?)
    }

    /// Records that another policy set comes into force, and puts it in force.
    ///
    /// # Errors
    /// The change cannot be recorded; the set in force stays.
    pub async fn adopt(&self, policies: Arc<Policies>) -> Result<(), AppendError> {
        let stamp = policies.stamp();
        let record = Record::Policies(PoliciesRecord {
            policies: policies.digest(),
            files: policies.files(),
            bundle: stamp.cloned(),
        });
        let entry = Entry {
            time_us: clock::now_us(),
            record,
            change: stamp.map_or(Effect::Nothing, |stamp| Effect::Bundle(stamp.created_s)),
        };
        let recorded = self.journal.append(policies, vec![entry]).await?;
        let policies = recorded.released();
        self.journal.clean_by(policies.redaction().clone());
        self.library.adopt(policies);
        Ok(())
    }
}

/// What a report counts as.
enum Counted {
    Outcome(End, Option<Loss>),
    Refusal(String),
    Redactions(Found),
}

impl Counted {
    fn of(report: &Report) -> Self {
        match report {
            Report::Refusal(refusal) => Self::Refusal(refusal.reason.as_str().to_owned()),
            Report::Outcome(outcome) => Self::Outcome(outcome.end, outcome.loss),
            Report::Redactions(found) => Self::Redactions(Found::of(found)),
        }
    }

    fn count(self, metrics: &Metrics) {
        match self {
            Self::Outcome(end, loss) => metrics.outcome(end, loss),
            Self::Refusal(reason) => metrics.refusal(&reason),
            Self::Redactions(found) => metrics.redactions(&found),
        }
    }
}

/// The record of what a filter lost, and a line in the log.
fn missing(time_us: i64, gap: Gap) -> Option<Entry> {
    let Gap { lost, turned_away } = gap;
    if lost > 0 {
        tracing::error!(lost, "a filter lost reports; its own log says why");
    }
    let record = Record::Gap(GapRecord { lost, turned_away });
    (!gap.is_none()).then_some(Entry {
        time_us,
        record,
        change: Effect::Nothing,
    })
}

fn entry(time_us: i64, report: Report) -> Entry {
    match report {
        Report::Outcome(outcome) => {
            let change = Effect::End(outcome.call);
            Entry {
                time_us,
                record: Record::Outcome(OutcomeRecord::from(outcome)),
                change,
            }
        }
        Report::Refusal(refusal) => {
            let change = Effect::Refuse(refusal.call);
            let record = Record::Refusal(Box::new(RefusalRecord::from(refusal)));
            Entry {
                time_us,
                record,
                change,
            }
        }
        Report::Redactions(found) => {
            let change = Effect::Redact(found.call);
            let record = Record::Redactions(Box::new(RedactionsRecord::from(found)));
            Entry {
                time_us,
                record,
                change,
            }
        }
    }
}

const fn outcome_of(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Allow(_) => "allow",
        Verdict::Approve(_) => "approve",
        Verdict::Deny(_) => "deny",
    }
}

#[cfg(test)]
mod tests;
