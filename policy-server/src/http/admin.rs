//! The admin listener: liveness, readiness, metrics and status. It changes nothing.

mod tools;

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use portcullis_core::audit::time::rfc3339_us;
use portcullis_core::policies::bundle::Stamp;
use portcullis_protocol::digest::Digest;
use serde::Serialize;

use super::problem::{metrics, not_found, problem, shown, wrong_method};
use super::{Reply, Routes};
use crate::candidate::Candidate;
use crate::clock;
use crate::journal::Journal;
use crate::library::{Library, Origin, State};
use crate::metrics::Metrics;

/// Routes of the operators.
#[derive(Debug)]
pub struct Admin {
    library: Arc<Library>,
    candidate: Option<Arc<Candidate>>,
    journal: Journal,
    metrics: Arc<Metrics>,
}

/// One thing that readiness depends on.
#[derive(Serialize)]
struct Check {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    policies: Check,
    storage: Check,
    /// What the log lacks. Nothing mends it, so the server stays ready.
    evidence: Check,
}

#[derive(Serialize)]
struct Status {
    version: &'static str,
    policies: Policies,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<Draft>,
    storage: Check,
    evidence: Check,
    tools: tools::Tools,
}

/// The draft that is asked beside the policies in force.
#[derive(Serialize)]
struct Draft {
    digest: Option<Digest>,
    loaded_at: Option<String>,
    error: Option<String>,
}

impl Draft {
    fn of(candidate: &Candidate) -> Self {
        let state = candidate.state();
        Self {
            digest: state.policies.as_ref().map(|policies| policies.digest()),
            loaded_at: state.loaded_us.map(rfc3339_us),
            error: state.error.clone(),
        }
    }
}

#[derive(Serialize)]
struct Policies {
    digest: Option<Digest>,
    files: Option<usize>,
    loaded_at: Option<String>,
    folder: Option<String>,
    bundle: Option<Bundle>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Bundle {
    file: String,
    #[serde(flatten)]
    stamp: Option<Stamp>,
    stale_at: Option<String>,
    stale: bool,
}

impl Admin {
    /// Routes to what there is to see.
    #[must_use]
    pub const fn new(
        library: Arc<Library>,
        candidate: Option<Arc<Candidate>>,
        journal: Journal,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            library,
            candidate,
            journal,
            metrics,
        }
    }

    async fn ready(&self) -> Reply {
        let state = self.library.state();
        let now_us = clock::now_us();
        let policies = Check {
            ok: self.library.in_force(now_us).is_ok(),
            detail: state.trouble(now_us),
        };
        let storage = self.storage().await;
        let ready = policies.ok && storage.ok;
        let status = if ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        shown(
            status,
            &Ready {
                ready,
                policies,
                storage,
                evidence: self.evidence(),
            },
        )
    }

    fn evidence(&self) -> Check {
        let detail = self.metrics.evidence().trouble();
        Check {
            ok: detail.is_none(),
            detail,
        }
    }

    async fn storage(&self) -> Check {
        let error = self.journal.check().await.err();
        Check {
            ok: error.is_none(),
            detail: error,
        }
    }

    async fn status(&self) -> Reply {
        let state = self.library.state();
        let now_us = clock::now_us();
        let path = self.library.origin().path().display().to_string();
        let (folder, bundle) = match self.library.origin() {
            Origin::Folder(_) => (Some(path), None),
            Origin::Bundle(_) => (None, Some(bundle(path, &state, now_us))),
        };
        let policies = Policies {
            digest: state.policies.as_ref().map(|policies| policies.digest()),
            files: state.policies.as_ref().map(|policies| policies.files()),
            loaded_at: state.loaded_us.map(rfc3339_us),
            folder,
            bundle,
            error: state.trouble(now_us),
        };
        let version = env!("CARGO_PKG_VERSION");
        let registry = self.library.registry();
        let set = state.policies.clone();
        let looking =
            tokio::task::spawn_blocking(move || tools::Tools::look(set.as_deref(), &registry));
        let Ok(tools) = looking.await else {
            return problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the tools cannot be read",
            );
        };
        shown(
            StatusCode::OK,
            &Status {
                version,
                policies,
                candidate: self.candidate.as_deref().map(Draft::of),
                storage: self.storage().await,
                evidence: self.evidence(),
                tools,
            },
        )
    }

    fn metrics(&self) -> Reply {
        match self.metrics.text() {
            Ok(text) => metrics(text),
            Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }
}

fn bundle(file: String, state: &State, now_us: i64) -> Bundle {
    let policies = state.policies.as_ref();
    Bundle {
        file,
        stamp: policies.and_then(|policies| policies.stamp().cloned()),
        stale_at: state.stale_at_us.map(rfc3339_us),
        stale: state.is_stale(now_us),
    }
}

impl Routes for Admin {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Reply {
        if request.method() != Method::GET {
            return wrong_method();
        }
        match request.uri().path() {
            "/livez" => shown(
                StatusCode::OK,
                &Check {
                    ok: true,
                    detail: None,
                },
            ),
            "/readyz" => self.ready().await,
            "/metrics" => self.metrics(),
            "/v1/status" => self.status().await,
            _ => not_found(),
        }
    }
}
