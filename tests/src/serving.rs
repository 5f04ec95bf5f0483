//! A policy server by itself, with both listeners on TCP: what a filter on it has to prove, and how
//! it is asked.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::child::Child;
use crate::parts;
use crate::wire::{self, Request, Response};

/// What filters send.
pub const SECRET: &str = "the-secret-that-filter-and-server-share";

/// A running policy server; dropping it stops it.
#[derive(Debug)]
pub struct Serving {
    _child: Child,
    data: String,
    admin: String,
    log: PathBuf,
}

impl Serving {
    /// Starts one in a folder, with a log of this name there and these sections besides those of
    /// the listeners.
    #[must_use]
    pub fn start(folder: &Path, log: &str, sections: &str) -> Self {
        write_private(&folder.join("secret"), SECRET);
        // Both choose their port, and two listeners may not be the same.
        let listeners = "data = { listen = \"127.0.0.1:0\", secret_file = \"secret\" }\n\
                         admin = { listen = \"127.0.0.2:0\", hosts = [\"ops.example\"] }\n";
        let config = folder.join("portcullis.toml");
        fs::write(&config, format!("{listeners}{sections}")).expect("a configuration");
        let log = folder.join(log);
        let mut command = Command::new(parts::portcullis());
        command.args(["serve", "--json", "--config"]).arg(&config);
        let mut child = Child::start("the policy server", &mut command, &log, None);
        let (data, admin) = child.ready(|| {
            let text = fs::read_to_string(&log).ok()?;
            let mut lines = text.lines();
            let line = lines.find(|line| line.contains("ready for questions"))?;
            let line: Value = serde_json::from_str(line).ok()?;
            let field = |name: &str| line[name].as_str().map(str::to_owned);
            field("data").zip(field("admin"))
        });
        Self {
            _child: child,
            data,
            admin,
            log,
        }
    }

    /// The data listener's address.
    #[must_use]
    pub fn data(&self) -> &str {
        &self.data
    }

    /// The admin listener's address.
    #[must_use]
    pub fn admin_address(&self) -> &str {
        &self.admin
    }

    /// Asks what a filter asks.
    #[must_use]
    pub fn ask(&self, path: &str, body: impl Into<Vec<u8>>) -> Response {
        wire::send(&self.data, &question(path, body))
    }

    /// Looks as an operator does.
    #[must_use]
    pub fn admin(&self, path: &str) -> Response {
        let request = Request::new("GET", path).header("host", &self.admin);
        wire::send(&self.admin, &request)
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// A question as the filter sends it.
#[must_use]
pub fn question(path: &str, body: impl Into<Vec<u8>>) -> Request {
    Request::new("POST", path)
        .header("host", "portcullis")
        .header("content-type", "application/json")
        .header("authorization", &format!("Bearer {SECRET}"))
        .body(body)
}

/// Writes a file that only its owner reads.
///
/// # Panics
/// It cannot be written.
pub fn write_private(path: &Path, text: &str) {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path).expect("a file");
    file.write_all(text.as_bytes()).expect("a text");
}
