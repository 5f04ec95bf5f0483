//! One question put to policies, where it costs next to nothing, or aside when it is its turn.
//!
//! What a check of arguments costs is chosen by a server and a caller together, so that what is not
//! cheap waits for the turn of both, and other decisions go on meanwhile. Deliberately absent: a way
//! to allow what has not been judged in time; it is denied.

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::audit::{Basis, Keep};
use portcullis_core::decision::{Judgement, decide, steps};
use portcullis_core::engine::Fault;
use portcullis_core::facts::Facts;
use portcullis_core::policies::Policies;
use portcullis_core::schema::STEPS_FEW;
use portcullis_core::views::View;
use portcullis_protocol::wire::{Query, Standing};

use super::Gate;
use super::turns::Whose;
use crate::candidate::{self, Candidate};

/// Longest wait for a turn: the filter waits two seconds for the whole answer.
pub(super) const WAIT_MAX: Duration = Duration::from_millis(800);

/// Longest that a judgement is waited for, its turn included.
const JUDGED_MAX: Duration = Duration::from_millis(1_200);

/// A question, with all that its answer depends on.
pub(super) struct Question {
    pub(super) query: Arc<Query>,
    pub(super) policies: Result<Arc<Policies>, Fault>,
    pub(super) standing: Option<Standing>,
    /// What the caller was last shown of the server's tools.
    pub(super) view: Option<Arc<View>>,
    pub(super) keep: Keep,
    pub(super) candidate: Option<Arc<Candidate>>,
    pub(super) time_us: i64,
}

/// What is said to a question.
pub(super) struct Said {
    pub(super) judgement: Judgement,
    pub(super) basis: Basis,
    pub(super) candidate: Option<candidate::Said>,
}

impl Question {
    /// Most steps that the answer could take.
    fn steps(&self) -> u64 {
        let facts = |policies: &Policies| steps(policies, &self.facts(policies));
        let enforced = self.policies.as_deref().map_or(0, facts);
        let draft = self.candidate.as_ref();
        let view = self.view.as_deref();
        let draft = draft.map_or(0, |draft| draft.steps(&self.query, view, self.time_us));
        enforced.saturating_add(draft)
    }

    fn facts<'a>(&'a self, policies: &'a Policies) -> Facts<'a> {
        let now_ms = self.time_us / 1_000;
        Facts::of_query(
            &self.query,
            policies.catalogue(),
            self.view.as_deref(),
            now_ms,
        )
    }

    fn answer(&self) -> Said {
        let judgement = self.judge();
        let candidate = self.candidate.as_ref();
        let candidate = candidate.and_then(|draft| {
            draft.judge(&self.query, self.view.as_deref(), &judgement, self.time_us)
        });
        self.said(judgement, candidate)
    }

    fn judge(&self) -> Judgement {
        match (&self.policies, self.standing) {
            (Err(fault), _) => Judgement::failed(fault.clone()),
            (_, Some(Standing::Unknown)) => Judgement::failed(Fault::UnknownSession),
            (Ok(policies), _) => decide(policies, &self.facts(policies)),
        }
    }

    fn said(&self, judgement: Judgement, candidate: Option<candidate::Said>) -> Said {
        let policies = self.policies.as_deref().ok();
        Said {
            judgement,
            basis: Basis::of(&self.query, policies, self.view.as_deref(), self.keep),
            candidate,
        }
    }
}

impl Gate {
    /// Answers a question now, or when it is its turn.
    pub(super) async fn weigh(&self, question: Question) -> Said {
        if question.steps() <= STEPS_FEW {
            return question.answer();
        }
        let whose = Whose {
            server: question.query.server.clone(),
            caller: Some(question.query.caller.owner()),
        };
        let question = Arc::new(question);
        let asked = question.clone();
        let judged = self.checks.aside(whose, move || asked.answer());
        if let Ok(Ok((said, _))) = tokio::time::timeout(JUDGED_MAX, judged).await {
            self.metrics.costly("judged");
            return said;
        }
        self.metrics.costly("late");
        let server = &question.query.server;
        let caller = &question.query.caller.subject;
        tracing::warn!(%server, %caller, "a call whose arguments take long to check was denied: too many wait");
        question.said(Judgement::late(), None)
    }
}
