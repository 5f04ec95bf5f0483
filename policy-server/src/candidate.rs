//! A draft beside the policies in force: it is asked the same questions; its answers are recorded
//! and counted, and never given.
//!
//! Deliberately absent: any way for a draft to change, hold up or fail an answer. A draft that does
//! not load says nothing.

use std::path::PathBuf;
use std::sync::Arc;

use portcullis_core::audit::CandidateEntry;
use portcullis_core::decision::{self, Judgement, decide};
use portcullis_core::engine::Fault;
use portcullis_core::facts::Facts;
use portcullis_core::policies::Sources;
use portcullis_core::registry::{Change, Registry};
use portcullis_core::views::View;
use portcullis_protocol::names::ServerName;
use portcullis_protocol::wire::Query;

use crate::library::{Handles, Library, News, Origin, State};

/// The draft.
#[derive(Debug)]
pub struct Candidate(Library);

impl Candidate {
    /// A draft in a folder, for the tools that are known.
    #[must_use]
    pub fn new(folder: PathBuf, registry: Registry) -> Self {
        // A draft makes no handles, so it needs no key.
        Self(Library::new(Origin::Folder(folder), registry).with(Handles::Possible))
    }

    /// The state now.
    #[must_use]
    pub fn state(&self) -> Arc<State> {
        self.0.state()
    }

    /// Looks at the folder, and takes over what is new.
    pub fn look(&self, seen: &mut Option<Result<Sources, String>>) {
        match self.0.look(seen) {
            News::None => {}
            News::Policies(policies) => {
                let digest = policies.digest();
                self.0.adopt(policies);
                tracing::info!(%digest, "a candidate is asked beside the policies in force");
            }
            News::Broken(error) => {
                tracing::error!(%error, "the candidate is refused");
                self.0.keep(error.to_string());
            }
        }
    }

    /// Fits the draft to tools that are new. What it does not fit is in quarantine for it alone.
    pub fn learn(&self, server: &ServerName, changes: &[Change]) {
        let Some(policies) = self.0.state().policies.clone() else {
            return;
        };
        let mut registry = Registry::clone(&self.0.registry());
        registry.apply(server, changes);
        if let Some(learnt) = policies.learn(&registry) {
            self.0.learn(Arc::new(learnt), registry);
        }
    }

    /// Most steps that the draft could take for a message.
    #[must_use]
    pub fn steps(&self, query: &Query, view: Option<&View>, now_us: i64) -> u64 {
        let policies = self.0.in_force(now_us);
        policies.map_or(0, |policies| {
            let facts = Facts::of_query(query, policies.catalogue(), view, now_us / 1_000);
            decision::steps(&policies, &facts)
        })
    }

    /// What the draft says about a message whose session stands.
    #[must_use]
    pub fn judge(
        &self,
        query: &Query,
        view: Option<&View>,
        enforced: &Judgement,
        now_us: i64,
    ) -> Option<Said> {
        if enforced.faults.contains(&Fault::UnknownSession) {
            return None;
        }
        let policies = self.0.in_force(now_us).ok()?;
        let facts = Facts::of_query(query, policies.catalogue(), view, now_us / 1_000);
        let judgement = decide(&policies, &facts);
        Some(Said {
            outcome: judgement.beside(enforced),
            entry: CandidateEntry::new(policies.digest(), &judgement, enforced),
        })
    }
}

/// What a draft said.
#[derive(Debug)]
pub struct Said {
    /// In one word.
    pub outcome: &'static str,
    /// For the record.
    pub entry: CandidateEntry,
}
