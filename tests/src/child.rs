//! A child process that ends with the test program, however that ends.
//!
//! Worlds live in statics, which are never dropped, and tests get killed. So each child has a guard:
//! a shell that reads from a pipe whose other end this program holds. When the pipe closes, the
//! guard asks the child to stop, and removes its folder when it is gone.

use std::fs::{File, OpenOptions};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::wait;

const TAIL_LINES: usize = 40;
const GUARD: &str = r#"read -r _
kill "$1" 2>/dev/null
looks=0
while kill -0 "$1" 2>/dev/null && [ "$looks" -lt 250 ]; do looks=$((looks + 1)); sleep 0.1; done
kill -9 "$1" 2>/dev/null
[ -z "$2" ] || rm -rf "$2"
"#;

/// A running child.
#[derive(Debug)]
pub struct Child {
    name: &'static str,
    process: process::Child,
    guard: process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts a program in a process group of its own, with standard error (and output, unless
    /// that is piped to a file by the caller) in `log`. `folder` is removed after its end.
    #[must_use]
    pub fn start(
        name: &'static str,
        command: &mut Command,
        log: &Path,
        folder: Option<&Path>,
    ) -> Self {
        let file = append(log);
        let process = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a log file"))
            .stderr(file)
            .process_group(0)
            .spawn();
        let process = process.unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(process.id().to_string())
            .arg(folder.unwrap_or(Path::new("")))
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("a shell");
        Self {
            name,
            process,
            guard,
            log: log.to_owned(),
        }
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits for a condition while the child runs; its end is a failure that shows its last words.
    pub fn ready<T>(&mut self, mut look: impl FnMut() -> Option<T>) -> T {
        let found = wait::within(wait::PATIENCE * 3, || {
            let found = look();
            let ended = self.process.try_wait().ok().flatten();
            (found.is_some() || ended.is_some()).then_some((found, ended))
        });
        match found {
            Some((Some(found), _)) => found,
            Some((None, ended)) => panic!("{} ended with {ended:?}:\n{}", self.name, self.tail()),
            None => panic!("{} did not become ready:\n{}", self.name, self.tail()),
        }
    }

    /// Waits for its end, and stops it when that does not come in time.
    #[must_use]
    pub fn finish(mut self, limit: Duration) -> ExitStatus {
        let status = wait::within(limit, || self.process.try_wait().ok().flatten());
        status.unwrap_or_else(|| {
            panic!(
                "{} did not end within {limit:?}:\n{}",
                self.name,
                self.tail()
            )
        })
    }

    /// The end of its log.
    #[must_use]
    pub fn tail(&self) -> String {
        tail(&self.log)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // The guard waits for the child, and the child is gone only when it was waited for here.
        let _ended = self.process.wait();
        let _over = self.guard.wait();
    }
}

fn append(path: &Path) -> File {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()))
}

/// The last lines of a log; empty when there is none.
#[must_use]
pub fn tail(path: &Path) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
