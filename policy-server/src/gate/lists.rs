//! Lists on their way back: what is new in them becomes known to policies before anybody sees it.
//!
//! Deliberately absent: what may be shown, which is the core's.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use portcullis_core::audit::{ListRecord, Record};
use portcullis_core::catalogue::{Known, Quarantine};
use portcullis_core::engine::Fault;
use portcullis_core::lists::{ListError, Listing, Page};
use portcullis_core::policies::Policies;
use portcullis_core::registry::{Change, Registry};
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Name, ServerName};
use portcullis_protocol::wire::{ListAnswer, ListQuery, Target};
use tokio::sync::oneshot;

use super::pages::{self, Kept};
use super::turns::{NoTurn, Whose};
use super::{Gate, GateError};
use crate::clock;
use crate::journal::{Effect, Entry, Recorded};

/// Longest wait for other lists; then the list is refused.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(4);

/// Longest wait for what a page teaches; then the page is answered by what is known. The filter waits
/// longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Longest wait for the news of other servers. Nobody is held up by it: what a server has said is
/// learnt after its list was answered.
pub(super) const NEWS_WAIT_MAX: Duration = Duration::from_secs(30);

/// A page that can be answered once its record is on disk.
struct Filtered {
    answer: ListAnswer,
    record: ListRecord,
    learnt: Option<Learnt>,
}

/// What a page taught.
struct Learnt {
    policies: Arc<Policies>,
    registry: Registry,
    changes: Vec<Change>,
}

impl Gate {
    /// Does what lists and results of a server take beside the threads that answer, when it is the
    /// server's turn.
    ///
    /// # Errors
    /// The turn did not come in time.
    pub async fn aside<T: Send + 'static>(
        &self,
        server: &ServerName,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, GateError> {
        let whose = Whose {
            server: server.clone(),
            caller: None,
        };
        let done = self.lists.aside(whose, work).await;
        done.map(|(done, _)| done)
            .map_err(|NoTurn| self.busy(server))
    }

    fn busy(&self, server: &ServerName) -> GateError {
        self.metrics.costly("late");
        GateError::Busy(server.clone())
    }

    /// Filters one page of a list. A page with tools that are new is answered once policies are
    /// fitted to them. Where that takes long it goes on, and they are judged as tools that nobody has
    /// listed.
    ///
    /// # Errors
    /// The page is no list, or the record cannot be committed.
    pub async fn list(
        self: &Arc<Self>,
        query: ListQuery,
    ) -> Result<Recorded<ListAnswer>, GateError> {
        let time_us = clock::now_us();
        let query = Arc::new(query);
        // What it is before is older than what the page is filtered by, never newer.
        let key = pages::key(&query, self.library.epoch(time_us));
        if let Some(kept) = key.and_then(|key| self.pages.get(key)) {
            self.note_view(&query, &kept.shows);
            let again = filtered(&kept.policies, &query, &kept.page, &[]);
            return self.release(again, time_us).await;
        }
        let (policies, registry) = self.known(time_us)?;
        let (gate, asked) = (Arc::clone(self), query.clone());
        let look = move || {
            let listing = Listing::read(&asked)?;
            let shows = listing.shows();
            gate.note_view(&asked, &shows);
            if !listing.changes(&registry, &policies).is_empty() {
                return Ok(None);
            }
            let page = listing.filter(&policies, time_us / 1_000)?;
            let answer = filtered(&policies, &asked, &page, &[]);
            if let Some(key) = key {
                let kept = Kept {
                    page,
                    shows,
                    policies,
                };
                gate.pages.put(key, kept);
            }
            Ok::<_, ListError>(Some(answer))
        };
        // The turn also covers the commit, so that the writer gets such lists one after another.
        let looked = self.lists.aside(Whose::of(&query), look).await;
        let (looked, turn) = looked.map_err(|NoTurn| self.busy(&query.server))?;
        if let Some(filtered) = looked? {
            return self.release(filtered, time_us).await;
        }
        drop(turn);
        let (answers, answer) = oneshot::channel();
        let (gate, page) = (Arc::clone(self), query.clone());
        tokio::spawn(async move {
            let answered = gate.news(page, &answers, time_us).await;
            let _nobody_waits = answers.send(answered);
        });
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(Err(GateError::Busy(_) | GateError::Hasty(_)))) | Ok(Err(_)) | Err(_) => {
                self.meanwhile(query, time_us).await
            }
            Ok(Ok(answered)) => answered,
        }
    }

    /// A page with news, at its server's turn.
    async fn news(
        &self,
        query: Arc<ListQuery>,
        asker: &oneshot::Sender<Result<Recorded<ListAnswer>, GateError>>,
        time_us: i64,
    ) -> Result<Recorded<ListAnswer>, GateError> {
        let server = query.server.clone();
        let turn = self.news.turn(Whose::of(&query)).await;
        let _turn = turn.map_err(|NoTurn| self.busy(&server))?;
        let _changing = self.changing().await;
        let owner = query.caller.owner();
        if !self.pace.takes(&server, owner, time_us) {
            self.metrics.costly("hasty");
            let hasty = GateError::Hasty(server);
            tracing::warn!("{hasty}");
            return Err(hasty);
        }
        let (policies, registry) = self.known(time_us)?;
        let start = clock::start();
        let learnt = move || learn(&policies, &registry, &query, time_us);
        let learnt = tokio::task::spawn_blocking(learnt).await;
        self.pace
            .spent(&server, owner, time_us, clock::seconds_since(start));
        let mut learnt = learnt.map_err(|_| GateError::Busy(server))??;
        if asker.is_closed() {
            learnt.record = learnt.record.unanswered();
        }
        self.release(learnt, time_us).await
    }

    /// A page by what is known, because what is new in it is not known yet.
    async fn meanwhile(
        &self,
        query: Arc<ListQuery>,
        time_us: i64,
    ) -> Result<Recorded<ListAnswer>, GateError> {
        let (policies, _) = self.known(time_us)?;
        let page = query.clone();
        let look = move || {
            let listing = Listing::read(&page)?.without_changed(&policies);
            filter(&policies, &page, &listing, &[], time_us)
        };
        let looked = self.lists.aside(Whose::of(&query), look).await;
        let (looked, _turn) = looked.map_err(|NoTurn| self.busy(&query.server))?;
        self.release(looked?, time_us).await
    }

    /// Takes note of what the server shows the caller, before the caller can call anything by it.
    fn note_view(&self, query: &ListQuery, shows: &[(Name, Digest)]) {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        views.show(&query.server, query.caller.owner(), shows);
    }

    fn known(&self, time_us: i64) -> Result<(Arc<Policies>, Arc<Registry>), ListError> {
        // The tools first: policies that do not know them yet would make old news of new tools.
        let registry = self.library.registry();
        let policies = self.library.in_force(time_us).map_err(ListError::Fault)?;
        Ok((policies, registry))
    }

    async fn release(
        &self,
        filtered: Filtered,
        time_us: i64,
    ) -> Result<Recorded<ListAnswer>, GateError> {
        let server = filtered.record.server().clone();
        let change = match &filtered.learnt {
            None => Effect::Nothing,
            Some(learnt) => Effect::Tools(server.clone(), learnt.changes.clone()),
        };
        let entry = Entry {
            time_us,
            record: Record::List(Box::new(filtered.record)),
            change,
        };
        let recorded = self.journal.append(filtered.answer, vec![entry]).await?;
        if let Some(learnt) = filtered.learnt {
            tell(&learnt, &server);
            self.library.learn(learnt.policies, learnt.registry);
            if let Some(candidate) = self.candidate.clone() {
                let learn = move || candidate.learn(&server, &learnt.changes);
                if let Err(error) = tokio::task::spawn_blocking(learn).await {
                    tracing::error!(%error, "the candidate does not learn of new tools");
                }
            }
        }
        Ok(recorded)
    }
}

impl Whose {
    /// A list is its caller's: a server may show each another one.
    fn of(query: &ListQuery) -> Self {
        Self {
            server: query.server.clone(),
            caller: Some(query.caller.owner()),
        }
    }
}

fn learn(
    policies: &Arc<Policies>,
    registry: &Registry,
    query: &ListQuery,
    time_us: i64,
) -> Result<Filtered, ListError> {
    let listing = Listing::read(query)?;
    let changes = listing.changes(registry, policies);
    let mut registry = registry.clone();
    registry.apply(&query.server, &changes);
    let names = changes.iter().map(|change| &change.tool);
    let policies = match policies.catalogue().pins(&query.server, names) {
        true => policies.clone(),
        false => {
            let fitted = policies.learn(&registry);
            Arc::new(fitted.ok_or(ListError::Fault(Fault::UnfitPolicies))?)
        }
    };
    let mut filtered = filter(&policies, query, &listing, &changes, time_us)?;
    filtered.learnt = Some(Learnt {
        policies,
        registry,
        changes,
    });
    Ok(filtered)
}

fn filter(
    policies: &Policies,
    query: &ListQuery,
    listing: &Listing<'_>,
    changes: &[Change],
    time_us: i64,
) -> Result<Filtered, ListError> {
    let page = listing.filter(policies, time_us / 1_000)?;
    Ok(filtered(policies, query, &page, changes))
}

/// The answer and the record of a page that was filtered.
fn filtered(policies: &Policies, query: &ListQuery, page: &Page, changes: &[Change]) -> Filtered {
    Filtered {
        answer: ListAnswer {
            call: query.call,
            digest: query.digest,
            result: page.result.clone(),
        },
        record: ListRecord::new(query, policies, page, changes),
        learnt: None,
    }
}

/// Most arguments of one tool that the log names.
const TOLD_MAX: usize = 8;

/// Tells the operator which tools are in quarantine now, which arguments cannot be checked, and why.
fn tell(learnt: &Learnt, server: &ServerName) {
    for change in &learnt.changes {
        let target = Target::Tool(change.tool.clone());
        let catalogue = learnt.policies.catalogue();
        let known = catalogue.known_as(server, &target, change.after.judged);
        if let Known::Quarantined(why) = known {
            let help = match why {
                Quarantine::Mapping(_) => "its calls are denied until its server mends it",
                Quarantine::Unfit { .. } | Quarantine::Untried => {
                    "calls of whoever was shown it so are denied until the policies fit it: change the \
                     policy, or pin its list (`portcullis policy schema --server NAME`)"
                }
                Quarantine::NoRoom | Quarantine::Unknown => {
                    "calls of whoever was shown it so are denied until it is known: pin its list \
                     (`portcullis policy schema --server NAME`)"
                }
            };
            tracing::warn!(%server, tool = %change.tool, %why, help, "a tool is in quarantine");
        }
        if let Known::Tool(known) = known {
            for (argument, why) in known.mapped.unchecked().into_iter().take(TOLD_MAX) {
                let help = "calls are denied where policies read it: a pin of its list with another \
                            schema helps (`portcullis policy schema --server NAME`)";
                tracing::warn!(%server, tool = %change.tool, argument, %why, help, "an argument cannot be checked");
            }
        }
    }
}
