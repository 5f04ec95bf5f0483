//! One child process: how it is started, how it is asked to stop, and what its log last said.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::files::{self, FileError, Trust};

/// How much of a log an error message shows.
const TAIL_BYTES_MAX: u64 = 4096;
const TAIL_LINES_MAX: usize = 15;

/// Why a process is not there.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The system would not start it.
    #[error("cannot start {name} ({program}): {source}")]
    Start {
        /// What it is.
        name: &'static str,
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its log is not to be had.
    #[error(transparent)]
    Log(FileError),
    /// It ended before it was ready.
    #[error("{name} {ended}; the end of {log}:\n{tail}")]
    Ended {
        /// What it is.
        name: &'static str,
        /// How it ended.
        ended: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// It runs and does not answer.
    #[error("{name} did not answer within {seconds} s; the end of {log}:\n{tail}")]
    Silent {
        /// What it is.
        name: &'static str,
        /// How long was waited.
        seconds: u64,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
}

/// What to run, as often as it takes.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub(crate) name: &'static str,
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    pub(crate) log: PathBuf,
    /// How long it may take to stop when asked.
    pub(crate) patience: Duration,
}

impl Recipe {
    /// Starts the process, apart from the terminal's signals: Ctrl-C is for the supervisor, which
    /// stops Envoy before the policy server.
    pub(crate) fn start(&self) -> Result<Child, ProcessError> {
        let at = |source| ProcessError::Start {
            name: self.name,
            program: self.program.clone(),
            source,
        };
        let log = files::append(&self.log, Trust::OwnEntry).map_err(ProcessError::Log)?;
        let errors = log.try_clone().map_err(at)?;
        Command::new(&self.program)
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(at)
    }

    /// Asks the process to stop, and stops it when it does not listen.
    pub(crate) async fn stop(&self, child: &mut Child) {
        if child.id().is_some_and(terminate) && timeout(self.patience, child.wait()).await.is_ok() {
            return;
        }
        // Nothing is left to do when even this fails: the process is gone.
        let _gone = child.kill().await;
    }

    pub(crate) fn ended(&self, status: io::Result<ExitStatus>) -> ProcessError {
        ProcessError::Ended {
            name: self.name,
            ended: describe(status),
            log: self.log.clone(),
            tail: tail(&self.log),
        }
    }

    pub(crate) fn silent(&self, waited: Duration) -> ProcessError {
        ProcessError::Silent {
            name: self.name,
            seconds: waited.as_secs(),
            log: self.log.clone(),
            tail: tail(&self.log),
        }
    }
}

/// How a process ended, in words.
pub(crate) fn describe(status: io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => format!("ended with {status}"),
        Err(error) => format!("was lost: {error}"),
    }
}

/// Sends SIGTERM; says whether there was a process to send it to.
pub(crate) fn terminate(id: u32) -> bool {
    i32::try_from(id)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|pid| kill_process(pid, Signal::TERM).is_ok())
}

/// The last lines of a log; empty when there is none.
fn tail(path: &Path) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES_MAX)))?;
        file.read_to_end(&mut bytes)
    });
    if read.is_err() {
        return String::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES_MAX);
    lines.get(from..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(dir: &Path, script: &str) -> Recipe {
        Recipe {
            name: "shell",
            program: "/bin/sh".into(),
            args: vec!["-c".to_owned(), script.to_owned()],
            log: dir.join("log"),
            patience: Duration::from_millis(200),
        }
    }

    #[tokio::test]
    async fn a_process_that_ends_shows_its_last_words() {
        let temp = tempfile::tempdir().unwrap();
        let recipe = recipe(temp.path(), "echo first; echo broken >&2; exit 3");
        let status = recipe.start().unwrap().wait().await;
        let error = recipe.ended(status).to_string();
        assert!(
            error.contains("exit status: 3") && error.ends_with("broken"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_deaf_process_is_stopped_all_the_same() {
        let temp = tempfile::tempdir().unwrap();
        let recipe = recipe(temp.path(), "trap '' TERM; while :; do sleep 0.05; done");
        let mut child = recipe.start().unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        recipe.stop(&mut child).await;
        assert!(child.id().is_none());
    }
}
