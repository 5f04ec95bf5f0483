//! Portcullis with everything on: `portcullis up` writes the configurations, keys and tokens, and
//! the policy server it describes is then run on its own, pinned.

use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::graft::graft;
use super::machine::Core;
use super::message::SERVER;
use super::process::Process;
use crate::gateway::Endpoints;
use crate::{Failure, workspace};

const READY_WITHIN: Duration = Duration::from_secs(30);
/// Who calls, and in which role.
const USER: &str = "alice";
/// As much policy as the other policy server of the comparison has.
const POLICIES: &str = r#"
@id("developers-use-tools")
permit (principal in Mcp::Role::"developer", action == Mcp::Action::"tools/call", resource);

@id("nobody-deletes")
forbid (principal, action == Mcp::Action::"tools/call", resource)
when { resource.name like "delete_*" };
"#;

/// The programs.
pub(super) struct Programs {
    pub(super) portcullis: PathBuf,
    pub(super) filter: PathBuf,
    pub(super) envoy: PathBuf,
}

/// A policy server that runs, and how Envoy reaches it.
pub(super) struct Portcullis {
    pub(super) server: Process,
    pub(super) listener: Value,
    pub(super) cluster: Value,
    /// The gateway's address as its clients name it.
    pub(super) authority: String,
    pub(super) port: u16,
    pub(super) token: String,
}

/// The server, built as it is shipped.
pub(super) fn build() -> Result<PathBuf, Failure> {
    workspace::optimised("portcullis", "portcullis")
}

/// Starts one with this `--audit-sync`.
pub(super) fn start(
    programs: &Programs,
    sync: &str,
    upstream: u16,
    folder: &Path,
) -> Result<Portcullis, Failure> {
    let name = format!("portcullis-{sync}");
    let run = folder.join(sync);
    let endpoints = write(programs, sync, upstream, folder, &run)?;
    let (listener, cluster) = graft(&fs::read_to_string(run.join("envoy.json"))?, &name)?;
    let args = [
        "serve".into(),
        "--config".into(),
        run.join("portcullis.toml").into(),
    ];
    let mut server = Process::start(&name, Core::Rest, &programs.portcullis, &args, folder)?;
    wait_until_ready(&mut server, &endpoints.admin)?;
    let url = endpoints
        .mcp
        .get(SERVER)
        .ok_or("'portcullis up' names no URL")?;
    let authority = url
        .trim_start_matches("http://")
        .split('/')
        .next()
        .unwrap_or_default();
    let port = authority.rsplit(':').next().unwrap_or_default().parse()?;
    let token = endpoints
        .tokens
        .get(USER)
        .ok_or("'portcullis up' gives no token")?;
    Ok(Portcullis {
        server,
        listener,
        cluster,
        authority: authority.to_owned(),
        port,
        token: token.clone(),
    })
}

/// Lets `portcullis up` write its folder, and ends it.
fn write(
    programs: &Programs,
    sync: &str,
    upstream: u16,
    folder: &Path,
    run: &Path,
) -> Result<Endpoints, Failure> {
    let policies = folder.join("policies");
    fs::create_dir_all(&policies)?;
    fs::write(policies.join("bench.cedar"), POLICIES)?;
    let pairs: [(&str, OsString); 7] = [
        (
            "--upstream",
            format!("{SERVER}=http://127.0.0.1:{upstream}/mcp").into(),
        ),
        ("--policies", policies.into()),
        ("--dir", run.into()),
        ("--filter", (&programs.filter).into()),
        ("--envoy", (&programs.envoy).into()),
        ("--audit-sync", sync.into()),
        ("--workers", "1".into()),
    ];
    let mut args: Vec<OsString> = vec!["up".into(), "--json".into()];
    args.extend(
        pairs
            .into_iter()
            .flat_map(|(flag, value)| [flag.into(), value]),
    );
    let mut up = Process::start(
        &format!("up-{sync}"),
        Core::Any,
        &programs.portcullis,
        &args,
        folder,
    )?;
    let line = up.first_line()?;
    up.stop()?;
    Ok(serde_json::from_str(&line)?)
}

fn wait_until_ready(server: &mut Process, admin: &str) -> Result<(), Failure> {
    let start = Instant::now();
    while start.elapsed() < READY_WITHIN {
        server.check()?;
        if is_ready(admin.trim_start_matches("http://")).unwrap_or(false) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err("the policy server is not ready".into())
}

fn is_ready(admin: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(admin)?;
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {admin}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200 "))
}
