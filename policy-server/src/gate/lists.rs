//! Lists on their way back: what is new in them becomes known to policies before anybody sees it.
//!
//! Deliberately absent: what may be shown, which is the core's.

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::audit::{ListRecord, Record};
use portcullis_core::catalogue::{Known, Quarantine};
use portcullis_core::engine::Fault;
use portcullis_core::lists::{ListError, Listing};
use portcullis_core::policies::Policies;
use portcullis_core::registry::{Change, Registry};
use portcullis_protocol::names::ServerName;
use portcullis_protocol::wire::{ListAnswer, ListQuery, Target};
use tokio::sync::OwnedSemaphorePermit;

use super::{Gate, GateError};
use crate::clock;
use crate::journal::{Effect, Entry, Recorded};

/// Longest wait for other lists; then the list is refused.
const LISTS_TIMEOUT: Duration = Duration::from_secs(2);

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
    /// Does a list's work beside the threads that answer, when it is its turn. The turn lasts until
    /// what comes with the result is dropped, even when nobody waits any more.
    ///
    /// # Errors
    /// The turn did not come in time.
    pub async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(T, OwnedSemaphorePermit), GateError> {
        let turn = self.lists.clone().acquire_owned();
        let turn = tokio::time::timeout(LISTS_TIMEOUT, turn).await;
        let Ok(Ok(turn)) = turn else {
            return Err(GateError::Busy);
        };
        let done = tokio::task::spawn_blocking(move || (work(), turn)).await;
        done.map_err(|_| GateError::Busy)
    }

    /// Filters one page of a list. A page with tools that are new is answered once policies are
    /// fitted to them.
    ///
    /// # Errors
    /// The page is no list, or the record cannot be committed.
    pub async fn list(&self, query: ListQuery) -> Result<Recorded<ListAnswer>, GateError> {
        let time_us = clock::now_us();
        let query = Arc::new(query);
        let (policies, registry) = self.known(time_us)?;
        let page = query.clone();
        let look = move || {
            let listing = Listing::read(&page)?;
            match registry.changes(&page.server, &listing.tools())[..] {
                [] => filter(&policies, &page, &listing, &[], time_us).map(Some),
                _ => Ok(None),
            }
        };
        // The turn also covers the commit, so that the writer gets such lists one after another.
        let (looked, turn) = self.aside(look).await?;
        if let Some(filtered) = looked? {
            return self.release(filtered, time_us).await;
        }
        drop(turn);
        if !self.pace.takes(&query.server, time_us) {
            let hasty = GateError::Hasty(query.server.clone());
            tracing::warn!("{hasty}");
            return Err(hasty);
        }
        let _changing = self.changing().await;
        let (policies, registry) = self.known(time_us)?;
        let (learnt, _turn) = self
            .aside(move || learn(&policies, &registry, &query, time_us))
            .await?;
        self.release(learnt?, time_us).await
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

fn learn(
    policies: &Arc<Policies>,
    registry: &Registry,
    query: &ListQuery,
    time_us: i64,
) -> Result<Filtered, ListError> {
    let listing = Listing::read(query)?;
    let mut changes = registry.changes(&query.server, &listing.tools());
    let names = changes.iter().map(|change| &change.tool);
    let policies = match policies.catalogue().pins(&query.server, names) {
        true => policies.clone(),
        false => {
            let fitted = policies.learn(registry, &query.server, &mut changes);
            Arc::new(fitted.ok_or(ListError::Fault(Fault::UnfitPolicies))?)
        }
    };
    let mut filtered = filter(&policies, query, &listing, &changes, time_us)?;
    let mut registry = registry.clone();
    registry.apply(&query.server, &changes);
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
    let record = ListRecord::new(query, policies.digest(), &page, changes);
    let answer = ListAnswer {
        call: query.call,
        digest: query.digest,
        result: page.result,
    };
    Ok(Filtered {
        answer,
        record,
        learnt: None,
    })
}

/// Tells the operator which tools are in quarantine now, and why.
fn tell(learnt: &Learnt, server: &ServerName) {
    for change in &learnt.changes {
        let target = Target::Tool(change.tool.clone());
        let known = learnt.policies.catalogue().known(server, &target);
        if let Known::Quarantined(why) = known {
            let help = match why {
                Quarantine::Mapping(_) => "its calls are denied until its server mends it",
                Quarantine::Patterns => "its calls are denied until the folder has its list",
                Quarantine::Unfit => "its calls are denied until the policies that name it fit",
            };
            tracing::warn!(%server, tool = %change.tool, %why, help, "a tool is in quarantine");
        }
    }
}
