//! The two processes, kept running: each is started again when it ends, ever more slowly.
//!
//! Safety does not depend on this file. While the policy server is away the filter refuses every
//! call, and while Envoy is away nobody can make one.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use tokio::process::Child;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::folder::Folder;
use super::plan::{METADATA_PATH, Plan};
use super::process::{self, ProcessError, Recipe};
use super::ready::{self, Probe};
use super::{UpError, leftovers, server, summary};

const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A process that lived this long had started well.
const HEALTHY_AFTER: Duration = Duration::from_secs(20);

/// The gateway, up.
pub(crate) struct Gateway {
    folder: Folder,
    server: Kept,
    envoy: Kept,
    stop: Stop,
}

/// One process, and how it is doing.
struct Kept {
    recipe: Recipe,
    child: Child,
    since: Instant,
    pause: Duration,
    /// When to start it again, once it has ended.
    again: Option<Instant>,
}

/// The two signals that mean "stop".
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

/// Starts both processes and waits until both answer.
pub(crate) async fn start(
    plan: &Plan,
    envoy: PathBuf,
    workers: Option<u16>,
) -> Result<Gateway, UpError> {
    let stop = Stop::listen()?;
    let server = Kept::start(server_recipe(plan)?, server::probe(plan)).await?;
    server::warn_when_not_ready(plan).await;
    let probe = Probe {
        port: plan.port,
        path: METADATA_PATH,
    };
    let envoy = Kept::start(envoy_recipe(plan, envoy, workers), probe).await?;
    let gateway = Gateway {
        folder: plan.folder.clone(),
        server,
        envoy,
        stop,
    };
    gateway.remember();
    Ok(gateway)
}

impl Gateway {
    /// Keeps both processes running until a signal arrives, then stops them in order.
    pub(crate) async fn keep(&mut self) -> Result<(), UpError> {
        loop {
            tokio::select! {
                () = self.stop.wait() => break,
                () = self.server.ended_and_again() => {}
                () = self.envoy.ended_and_again() => {}
            }
            self.remember();
        }
        summary::note("stopping");
        // Envoy first: no call may be under way when the policy server goes.
        self.envoy.stop().await;
        self.server.stop().await;
        leftovers::forget(&self.folder);
        Ok(())
    }

    fn remember(&self) {
        leftovers::remember(
            &self.folder,
            [self.server.child.id(), self.envoy.child.id()],
        );
    }
}

impl Kept {
    async fn start(recipe: Recipe, probe: Probe) -> Result<Self, ProcessError> {
        let mut child = recipe.start()?;
        ready::wait(&recipe, &mut child, probe).await?;
        Ok(Self {
            recipe,
            child,
            since: Instant::now(),
            pause: PAUSE_MIN,
            again: None,
        })
    }

    /// Returns when the process has ended and a new one runs. It may be cancelled and asked again
    /// at any point: when to start next is kept, not counted anew.
    async fn ended_and_again(&mut self) {
        let at = match self.again {
            Some(at) => at,
            None => {
                let status = self.child.wait().await;
                self.plan_again(&process::describe(status))
            }
        };
        sleep_until(at).await;
        self.again = None;
        self.since = Instant::now();
        match self.recipe.start() {
            Ok(child) => self.child = child,
            Err(error) => summary::note(&error.to_string()),
        }
    }

    fn plan_again(&mut self, ended: &str) -> Instant {
        if self.since.elapsed() > HEALTHY_AFTER {
            self.pause = PAUSE_MIN;
        }
        let (name, seconds) = (self.recipe.name, self.pause.as_secs_f32());
        summary::note(&format!(
            "{name} {ended}; starting it again in {seconds:.1} s"
        ));
        let at = Instant::now() + self.pause;
        self.pause = self.pause.saturating_mul(2).min(PAUSE_MAX);
        self.again = Some(at);
        at
    }

    async fn stop(&mut self) {
        self.recipe.stop(&mut self.child).await;
    }
}

impl Stop {
    fn listen() -> Result<Self, UpError> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(UpError::Signals)?,
            terminate: signal(SignalKind::terminate()).map_err(UpError::Signals)?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn server_recipe(plan: &Plan) -> Result<Recipe, UpError> {
    let name = "the policy server";
    let program = env::current_exe().map_err(|source| ProcessError::Start {
        name,
        program: PathBuf::from("portcullis"),
        source,
    })?;
    Ok(Recipe {
        name,
        program,
        args: server::command(plan),
        log: plan.folder.log("policy-server"),
        patience: Duration::from_secs(15),
    })
}

fn envoy_recipe(plan: &Plan, program: PathBuf, workers: Option<u16>) -> Recipe {
    let config = plan.folder.envoy_config().display().to_string();
    let mut args = vec!["-c".to_owned(), config];
    args.extend(["--disable-hot-restart", "--log-level", "warning"].map(str::to_owned));
    if let Some(workers) = workers {
        args.extend(["--concurrency".to_owned(), workers.to_string()]);
    }
    Recipe {
        name: "Envoy",
        program,
        args,
        log: plan.folder.log("envoy"),
        patience: Duration::from_secs(5),
    }
}
