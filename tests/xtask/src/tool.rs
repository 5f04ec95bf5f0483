//! Another program, run to its end. A failure names the command line, so that it can be repeated.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::Failure;

/// A command line, ready to run.
pub(crate) struct Tool(Command);

impl Tool {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        Self(Command::new(program))
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.0.args(args);
        self
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.0.arg(arg);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, names: &[&str]) -> Self {
        for name in names {
            self.0.env_remove(name);
        }
        self
    }

    pub(crate) fn folder(mut self, path: impl AsRef<Path>) -> Self {
        self.0.current_dir(path);
        self
    }

    /// Runs it; what it prints goes to standard error, because standard output is for results.
    pub(crate) fn run(mut self) -> Result<(), Failure> {
        let line = self.line();
        let status = self.0.stdout(io::stderr()).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("'{line}' ended with {status}").into()),
            Err(error) => Err(format!("cannot run '{line}': {error}").into()),
        }
    }

    /// Runs it and returns what it printed on standard output.
    pub(crate) fn read(mut self) -> Result<String, Failure> {
        let line = self.line();
        let output = self.0.stderr(Stdio::piped()).output();
        let Output {
            status,
            stdout,
            stderr,
        } = output.map_err(|error| format!("cannot run '{line}': {error}"))?;
        if status.success() {
            Ok(String::from_utf8_lossy(&stdout).into_owned())
        } else {
            let words = String::from_utf8_lossy(&stderr).into_owned();
            let said = String::from_utf8_lossy(&stdout).into_owned();
            Err(format!("'{line}' ended with {status}: {said}{words}").into())
        }
    }

    fn line(&self) -> String {
        let words = std::iter::once(self.0.get_program()).chain(self.0.get_args());
        let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
        words.join(" ")
    }
}

/// Whether the program can be found on PATH.
pub(crate) fn on_path(program: &str) -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command() {
        let error = Tool::new("/bin/sh")
            .args(&["-c", "echo no >&2; exit 3"])
            .read();
        let text = error.unwrap_err().to_string();
        assert!(text.contains("/bin/sh -c") && text.contains("no"), "{text}");
    }
}
