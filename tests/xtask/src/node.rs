//! The pinned Node programs of `tests/tools`: installing them once, finding a Node that is new
//! enough, and running one of them for a bounded time.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// The oldest Node the conformance suite and the inspector run on.
const OLDEST: (u32, u32) = (22, 19);
const INSTALL_TIME: Duration = Duration::from_secs(600);
/// A copy of the lock file that the installed packages came from.
const STAMP: &str = "node_modules/.installed-lock.json";

/// Why the Node programs cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("npm is missing: install Node.js with npm (on Debian the packages nodejs and npm)")]
    NoNpm,
    #[error(
        "Node {}.{} or newer is missing: put one on PATH (the pinned one is for Linux on x64 and arm64)",
        OLDEST.0, OLDEST.1
    )]
    NoNode,
    #[error("npm ci failed in {}:\n{said}", tools.display())]
    Install { tools: PathBuf, said: String },
    #[error("{what} did not end within {} seconds", limit.as_secs())]
    TooSlow { what: String, limit: Duration },
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
}

/// Installed programs and a Node to run them with.
#[derive(Debug)]
pub(crate) struct Node {
    binary: PathBuf,
    tools: PathBuf,
}

/// What a program that ended left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Node {
    /// Installs the programs unless they are there, and finds Node: the one on PATH when it is new
    /// enough, else the pinned one.
    pub(crate) fn ready() -> Result<Self, Error> {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools");
        let tools = fs::canonicalize(&tools).map_err(io_error(tools.display()))?;
        install(&tools)?;
        let pinned = tools.join("node_modules/.bin/node");
        let binary = crate::tool::on_path("node")
            .into_iter()
            .chain([pinned])
            .find(|node| version(node).is_some_and(|version| version >= OLDEST))
            .ok_or(Error::NoNode)?;
        Ok(Self { binary, tools })
    }

    /// Installs the pinned packages of another folder below `tests`, without running what they bring
    /// for that.
    pub(crate) fn packages(folder: &Path) -> Result<PathBuf, Error> {
        install(folder)?;
        Ok(folder.join("node_modules"))
    }

    /// The Node itself.
    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    /// Runs a script below `tests/tools`, for example one in `node_modules/.bin`.
    pub(crate) fn script(&self, path: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .arg(self.tools.join(path))
            .env_remove("NODE_OPTIONS");
        command
    }

    /// Makes a program send this bearer token with whatever it sends to the origin of `url`.
    pub(crate) fn give_token(&self, command: &mut Command, url: &str, token: &str) {
        // In the environment and not as an option, so that it reaches programs the program starts.
        let preload = self.tools.join("with-token.mjs").display().to_string();
        let quoted = preload.replace('\\', "\\\\").replace('"', "\\\"");
        command
            .env("NODE_OPTIONS", format!("--import=\"{quoted}\""))
            .env("PORTCULLIS_URL", url)
            .env("PORTCULLIS_TOKEN", token);
    }
}

/// Runs a command to its end, or kills it when its time is up.
pub(crate) fn finish(command: &mut Command, limit: Duration) -> Result<Finished, Error> {
    let what = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(io_error(&what))?;
    let stdout = child.stdout.take().map(drain);
    let stderr = child.stderr.take().map(drain);
    let status = wait(&mut child, &what, limit)?;
    let text = |pipe: Option<JoinHandle<String>>| pipe.and_then(|pipe| pipe.join().ok());
    Ok(Finished {
        status,
        stdout: text(stdout).unwrap_or_default(),
        stderr: text(stderr).unwrap_or_default(),
    })
}

fn wait(child: &mut Child, what: &str, limit: Duration) -> Result<ExitStatus, Error> {
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().map_err(io_error(what))? {
            return Ok(status);
        }
        if Instant::now() >= end {
            // It may have ended this instant; either way it is gone afterwards.
            let _ = child.kill();
            let _ = child.wait();
            return Err(Error::TooSlow {
                what: what.to_owned(),
                limit,
            });
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Reads a pipe beside the wait, so that a full one does not stop the program.
fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before a broken read is still worth showing.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn install(tools: &Path) -> Result<(), Error> {
    let lock_file = tools.join("package-lock.json");
    // Two runs that start together must not install over each other.
    let held = File::open(&lock_file).map_err(io_error(lock_file.display()))?;
    held.lock().map_err(io_error(lock_file.display()))?;
    let wanted = fs::read(&lock_file).map_err(io_error(lock_file.display()))?;
    let stamp = tools.join(STAMP);
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run_npm(tools)?;
    fs::write(&stamp, wanted).map_err(io_error(stamp.display()))
}

fn run_npm(tools: &Path) -> Result<(), Error> {
    let mut npm = Command::new("npm");
    npm.arg("ci").current_dir(tools);
    let done = finish(&mut npm, INSTALL_TIME).map_err(|error| match error {
        Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => Error::NoNpm,
        other => other,
    })?;
    if done.status.success() {
        return Ok(());
    }
    Err(Error::Install {
        tools: tools.to_owned(),
        said: done.stderr,
    })
}

fn version(node: &Path) -> Option<(u32, u32)> {
    let said = finish(Command::new(node).arg("--version"), Duration::from_secs(10)).ok()?;
    parse_version(&said.stdout)
}

fn parse_version(said: &str) -> Option<(u32, u32)> {
    let mut parts = said.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn io_error(what: impl ToString) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io {
        what: what.to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version() {
        assert_eq!(parse_version("v22.23.3\n"), Some((22, 23)));
        assert_eq!(parse_version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(parse_version("22"), None);
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let ended = finish(Command::new("sleep").arg("60"), Duration::from_millis(50));
        assert!(matches!(ended, Err(Error::TooSlow { .. })));
    }

    #[test]
    fn output_larger_than_a_pipe_arrives() {
        let mut command = Command::new("head");
        let done = finish(command.args(["-c", "300000", "/dev/zero"]), INSTALL_TIME).unwrap();
        assert_eq!(done.stdout.len(), 300_000);
    }
}
