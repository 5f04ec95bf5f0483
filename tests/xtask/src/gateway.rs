//! A gateway to try things on: the fixture server, and `portcullis up` in front of it, in a
//! temporary folder with its own copy of the policies.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::{Failure, envoy, wasm, workspace};

/// The name of the fixture behind the gateway.
pub(crate) const SERVER: &str = "demo";

/// The programs and files a gateway is made of.
pub(crate) struct Parts {
    pub(crate) portcullis: PathBuf,
    pub(crate) fixture: PathBuf,
    pub(crate) filter: PathBuf,
    pub(crate) envoy: PathBuf,
}

impl Parts {
    /// Builds or fetches all of them.
    pub(crate) fn ensure() -> Result<Self, Failure> {
        Ok(Self {
            envoy: envoy::ensure()?,
            filter: wasm::build()?,
            portcullis: workspace::binary("portcullis", "portcullis")?,
            fixture: workspace::binary("portcullis-fixture", "portcullis-fixture")?,
        })
    }
}

impl Parts {
    /// The same with the policy server as it is shipped: what takes long without optimisation is held
    /// against no time limit.
    pub(crate) fn optimised() -> Result<Self, Failure> {
        Ok(Self {
            portcullis: workspace::optimised("portcullis", "portcullis")?,
            ..Self::ensure()?
        })
    }

    /// `portcullis up` in a folder, still without an upstream.
    pub(crate) fn up(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.portcullis);
        command.args(["up", "--json", "--dir"]).arg(folder);
        command.arg("--filter").arg(&self.filter);
        command.arg("--envoy").arg(&self.envoy);
        command
    }
}

/// What `portcullis up --json` prints, and `endpoints.json` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) mcp: BTreeMap<String, String>,
    pub(crate) admin: String,
    pub(crate) tokens: BTreeMap<String, String>,
}

/// A running gateway; dropping it ends its processes.
pub(crate) struct Gateway {
    pub(crate) endpoints: Endpoints,
    /// The fixture's own URL, past the gateway.
    pub(crate) direct: String,
    folder: TempDir,
    up: Child,
    fixture: Child,
}

impl Gateway {
    /// Starts the fixture and the gateway; returns when both answer.
    pub(crate) fn start(parts: &Parts, policies: &Path) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("portcullis-").tempdir()?;
        copy(policies, &folder.path().join("policies"))?;
        let (mut fixture, line) = start(Command::new(&parts.fixture).args(["--port", "0"]))?;
        let direct = line.trim().trim_start_matches("listening on ").to_owned();
        let (up, endpoints) = up(parts, &folder, &direct).inspect_err(|_| end(&mut fixture))?;
        Ok(Self {
            endpoints: serde_json::from_str(&endpoints)?,
            direct,
            folder,
            up,
            fixture,
        })
    }

    pub(crate) fn url(&self) -> &str {
        self.endpoints.mcp.get(SERVER).map_or("", String::as_str)
    }

    /// The token of a user; empty for a user who has none.
    pub(crate) fn token(&self, user: &str) -> &str {
        self.endpoints.tokens.get(user).map_or("", String::as_str)
    }

    pub(crate) fn policies(&self) -> PathBuf {
        self.folder.path().join("policies")
    }

    /// The working folder of `portcullis up`.
    pub(crate) fn run_folder(&self) -> PathBuf {
        run_folder(&self.folder)
    }

    /// Stops everything in order.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        terminate(&self.up)?;
        let status = self.up.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("'portcullis up' ended with {status}").into())
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Asked first, so that it can stop its own children.
        if matches!(self.up.try_wait(), Ok(None)) && terminate(&self.up).is_ok() {
            let _ended = self.up.wait();
        }
        end(&mut self.fixture);
    }
}

fn run_folder(folder: &TempDir) -> PathBuf {
    folder.path().join("run")
}

fn up(parts: &Parts, folder: &TempDir, upstream: &str) -> Result<(Child, String), Failure> {
    let mut command = parts.up(&run_folder(folder));
    command
        .arg("--upstream")
        .arg(format!("{SERVER}={upstream}"))
        .arg("--policies")
        .arg(folder.path().join("policies"));
    start(&mut command)
}

/// Starts a program and waits for the first line it prints.
pub(crate) fn start(command: &mut Command) -> Result<(Child, String), Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    if let Some(out) = child.stdout.take() {
        BufReader::new(out).read_line(&mut line)?;
    }
    if line.is_empty() {
        let status = child.wait()?;
        return Err(format!("{name} ended with {status}").into());
    }
    Ok((child, line))
}

/// Asks a process to stop. It shares the terminal with us, so after Ctrl-C it knows already.
pub(crate) fn terminate(child: &Child) -> Result<(), Failure> {
    let id = i32::try_from(child.id())?;
    let pid = Pid::from_raw(id).ok_or("a process without a number")?;
    Ok(kill_process(pid, Signal::TERM)?)
}

fn end(child: &mut Child) {
    // It may have ended by itself.
    let _gone = child.kill();
    let _ended = child.wait();
}

/// Copies a folder with all that is in it: policies, and the tool lists and cases beside them.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
