//! Everything that runs while it is measured: one Envoy, one MCP server, and the policy servers.

use std::fs;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::case::{Absent, Case, Ready};
use super::load::{Caller, Target};
use super::machine::Core;
use super::peer::Role;
use super::portcullis::{self, Programs};
use super::process::Process;
use super::{envoy_config, message, noop, opa};
use crate::{Failure, envoy, wasm, workspace};

/// Envoy compiles the filters before it listens.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// The processes. Dropping it ends them.
pub(super) struct World {
    pub(super) ready: Vec<Ready>,
    pub(super) absent: Vec<Absent>,
    pub(super) versions: Vec<String>,
    pub(super) envoy: u32,
    pub(super) upstream: u32,
    pub(super) folder: TempDir,
    _processes: Vec<Process>,
}

/// A world under construction.
struct Builder {
    programs: Programs,
    folder: TempDir,
    upstream: u16,
    listeners: Vec<Value>,
    clusters: Vec<Value>,
    ready: Vec<Ready>,
    absent: Vec<Absent>,
    versions: Vec<String>,
    processes: Vec<Process>,
}

/// Builds and starts what these cases need.
pub(super) fn start(cases: &[Case]) -> Result<World, Failure> {
    let programs = Programs {
        envoy: envoy::ensure()?,
        filter: wasm::build()?,
        portcullis: portcullis::build()?,
    };
    // On the disk that everything is built on: a temporary folder may be memory.
    let folder = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(workspace::target())?;
    let (process, upstream) = peer(Role::Upstream, &folder)?;
    let pid = process.pid();
    let mut builder = Builder {
        programs,
        folder,
        upstream,
        listeners: Vec::new(),
        clusters: vec![envoy_config::upstream(upstream)],
        ready: Vec::new(),
        absent: Vec::new(),
        versions: Vec::new(),
        processes: vec![process],
    };
    for case in cases {
        builder.add(*case)?;
    }
    builder.finish(pid)
}

impl Builder {
    fn add(&mut self, case: Case) -> Result<(), Failure> {
        match case {
            Case::Bare => self.plain(case, Vec::new(), None),
            Case::Noop => {
                let module = noop::build()?;
                self.plain(case, vec![envoy_config::noop(&module)], None)
            }
            Case::ExtAuthz => {
                let (process, port) = peer(Role::Verdict, &self.folder)?;
                self.clusters.push(envoy_config::http1("verdict", port));
                self.plain(
                    case,
                    vec![envoy_config::ext_authz_http("verdict")],
                    Some(process),
                )
            }
            Case::Opa => self.opa(case),
            Case::Portcullis => self.portcullis(case, "disk"),
            Case::PortcullisOs => self.portcullis(case, "os"),
        }
    }

    /// A listener of the bench's own.
    fn plain(
        &mut self,
        case: Case,
        filters: Vec<Value>,
        policy: Option<Process>,
    ) -> Result<(), Failure> {
        let port = free_port()?;
        self.listeners
            .push(envoy_config::listener(case.name(), port, filters));
        let authority = format!("127.0.0.1:{port}");
        // As long as a real one: all cases carry the same bytes.
        let token = "x".repeat(400);
        self.register(case, port, message::request(&authority, &token), policy);
        Ok(())
    }

    fn opa(&mut self, case: Case) -> Result<(), Failure> {
        let program = match opa::build() {
            Ok(program) => program,
            Err(error) => {
                let why = error.to_string();
                self.absent.push(Absent { case, why });
                return Ok(());
            }
        };
        let port = free_port()?;
        let process = opa::start(&program, port, self.folder.path())?;
        self.versions.push(opa::version()?);
        self.clusters.push(envoy_config::http2("opa", port));
        self.plain(
            case,
            vec![envoy_config::ext_authz_grpc("opa")],
            Some(process),
        )
    }

    fn portcullis(&mut self, case: Case, sync: &str) -> Result<(), Failure> {
        let started = portcullis::start(&self.programs, sync, self.upstream, self.folder.path())?;
        self.listeners.push(started.listener);
        self.clusters.push(started.cluster);
        let request = message::request(&started.authority, &started.token);
        self.register(case, started.port, request, Some(started.server));
        Ok(())
    }

    fn register(&mut self, case: Case, port: u16, request: Vec<u8>, policy: Option<Process>) {
        self.ready.push(Ready {
            case,
            target: Target { port, request },
            policy: policy.as_ref().map(Process::pid),
        });
        self.processes.extend(policy);
    }

    fn finish(mut self, upstream: u32) -> Result<World, Failure> {
        let path = self.folder.path().join("envoy.json");
        let config = envoy_config::whole(&self.listeners, &self.clusters);
        fs::write(&path, config.to_string())?;
        let mut args = vec!["--config-path".into(), path.into()];
        let flags = [
            "--concurrency",
            "1",
            "--disable-hot-restart",
            "--log-level",
            "warning",
        ];
        args.extend(flags.map(Into::into));
        let mut envoy = Process::start(
            "envoy",
            Core::Gateway,
            &self.programs.envoy,
            &args,
            self.folder.path(),
        )?;
        for ready in &self.ready {
            wait_for_answer(&mut envoy, ready)?;
        }
        let pid = envoy.pid();
        self.processes.insert(0, envoy);
        Ok(World {
            ready: self.ready,
            absent: self.absent,
            versions: self.versions,
            envoy: pid,
            upstream,
            folder: self.folder,
            _processes: self.processes,
        })
    }
}

/// Waits for the listener, then wants a right answer at once.
fn wait_for_answer(envoy: &mut Process, ready: &Ready) -> Result<(), Failure> {
    let start = Instant::now();
    loop {
        envoy.check()?;
        match Caller::connect(&ready.target) {
            Ok(mut caller) => {
                let called = caller.call();
                return called
                    .map(drop)
                    .map_err(|error| format!("{}: {error}", ready.case.name()).into());
            }
            Err(error) if start.elapsed() > READY_WITHIN => return Err(error),
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

fn peer(role: Role, folder: &TempDir) -> Result<(Process, u16), Failure> {
    // A copy: this program may be built anew while it runs.
    let own = folder.path().join(role.word());
    fs::copy("/proc/self/exe", &own)?;
    let args = ["bench", "peer", role.word()].map(Into::into);
    let mut process = Process::start(role.word(), Core::Rest, &own, &args, folder.path())?;
    let port = process.first_line()?.trim().parse()?;
    Ok((process, port))
}

fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
