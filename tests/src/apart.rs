//! The gateway taken over from `portcullis up`: the same files, but Envoy and the policy server are
//! processes of the test's own, to be killed, frozen and started again.

mod files;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::child::Child;
use crate::upstream::Upstream;
use crate::wire::{self, Request, Response};
use crate::{mcp, parts, wait};

pub use self::files::configure_policies;

/// The name of the upstream behind the gateway.
const DEMO: &str = "demo";
/// What the policy server says when it takes questions.
const READY: &str = "ready for questions";

/// Envoy, a policy server or none, and a recording upstream.
#[derive(Debug)]
pub struct Apart {
    server: Option<Child>,
    envoy: Child,
    /// What reaches it was let through.
    pub upstream: Upstream,
    endpoints: Value,
    folder: TempDir,
}

/// How the policy server is started.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// As an operator would.
    Plain,
    /// By a shell command, with the program and its arguments as `"$@"`.
    By(&'a str),
    /// Not at all.
    Not,
}

impl Apart {
    /// Takes over a gateway with this policy text.
    #[must_use]
    pub fn start(policies: &str) -> Self {
        Self::with(policies, Start::Plain, |_| {})
    }

    /// Takes over a gateway; `prepare` may change the files in its folder before anything starts.
    #[must_use]
    pub fn with(policies: &str, start: Start<'_>, prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("portcullis-")
            .tempdir()
            .expect("a folder");
        let upstream = Upstream::start();
        fs::create_dir(folder.path().join("policies")).expect("a policies folder");
        fs::write(folder.path().join("policies/test.cedar"), policies).expect("a policy file");
        let endpoints = files::write_by_up(folder.path(), &upstream.url());
        let run = folder.path().join("run");
        prepare(&run);
        let mut command = Command::new(parts::envoy());
        command
            .arg("-c")
            .arg(run.join("envoy.json"))
            .args(["--concurrency", "1"]);
        let log = folder.path().join("envoy.log");
        let envoy = Child::start("Envoy", command.arg("--disable-hot-restart"), &log, None);
        let mut apart = Self {
            server: None,
            envoy,
            upstream,
            endpoints,
            folder,
        };
        let authority = wire::authority(apart.url()).to_owned();
        apart
            .envoy
            .ready(|| std::net::TcpStream::connect(&authority).ok());
        apart.start_server(start);
        apart
    }

    /// Starts the policy server and waits until it takes questions.
    pub fn start_server(&mut self, start: Start<'_>) {
        let log = self.folder.path().join("server.log");
        let starts = || {
            fs::read_to_string(&log)
                .unwrap_or_default()
                .matches(READY)
                .count()
        };
        let before = starts();
        let mut command = match start {
            Start::Not => return,
            Start::Plain => Command::new(parts::portcullis()),
            Start::By(shell) => {
                let mut command = Command::new("sh");
                command.args(["-c", shell, "sh"]).arg(parts::portcullis());
                command
            }
        };
        command
            .arg("serve")
            .arg("--config")
            .arg(self.run().join("portcullis.toml"));
        let mut child = Child::start("the policy server", &mut command, &log, None);
        // A listener alone might still be another server's.
        child.ready(|| (starts() > before).then_some(()));
        self.server = Some(child);
    }

    /// Sends the policy server a signal.
    pub fn signal(&self, name: &str) {
        let id = self
            .server
            .as_ref()
            .expect("a policy server runs")
            .id()
            .to_string();
        let sent = Command::new("kill")
            .args(["-s", name, &id])
            .status()
            .expect("kill runs");
        assert!(sent.success(), "the policy server is gone already");
    }

    /// Kills the policy server, which gets no time to do anything.
    pub fn kill_server(&mut self) {
        self.signal("KILL");
        self.server = None;
    }

    /// The policy server's process.
    #[must_use]
    pub fn server_id(&self) -> u32 {
        self.server.as_ref().expect("a policy server runs").id()
    }

    /// The working folder.
    #[must_use]
    pub fn run(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// The data listener's socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.run().join("policy.sock")
    }

    /// The audit database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.run().join("portcullis.db")
    }

    /// Replaces the policy file.
    pub fn write_policies(&self, text: &str) {
        let beside = self.folder.path().join("policy.new");
        fs::write(&beside, text).expect("a policy text");
        fs::rename(beside, self.folder.path().join("policies/test.cedar")).expect("a policy file");
    }

    /// The gateway's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        self.endpoints["mcp"][DEMO].as_str().expect("a URL")
    }

    /// Asks the admin listener.
    #[must_use]
    pub fn admin(&self, path: &str) -> Response {
        let authority = wire::authority(self.endpoints["admin"].as_str().expect("a URL"));
        wire::send(
            authority,
            &Request::new("GET", path).header("host", authority),
        )
    }

    /// A `tools/call` of alice's with this word in its arguments.
    #[must_use]
    pub fn request(&self, tool: &str, word: &str) -> Request {
        self.post(mcp::call(word, tool, json!({"text": word})))
    }

    /// A POST of alice's with a sound head.
    #[must_use]
    pub fn post(&self, body: String) -> Request {
        let authority = wire::authority(self.url());
        let token = self.endpoints["tokens"]["alice"].as_str().expect("a token");
        Request::new("POST", "/demo/mcp")
            .header("host", authority)
            .header("authorization", &format!("Bearer {token}"))
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(body)
    }

    /// Sends such a call.
    #[must_use]
    pub fn call(&self, tool: &str, word: &str) -> Response {
        self.send(&self.request(tool, word))
    }

    /// Sends a request on a connection of its own and reads the whole answer.
    #[must_use]
    pub fn send(&self, request: &Request) -> Response {
        wire::send(wire::authority(self.url()), request)
    }

    /// A call that must be refused readably, and of which nothing may reach the upstream.
    pub fn refused(&self, word: &str) -> String {
        let response = self.call("echo", word);
        let answer = response.message();
        assert_eq!(response.status, 200, "{}", response.text());
        assert_eq!(answer["result"]["isError"], true, "{}", response.text());
        assert_eq!(
            self.upstream.received_with(word).len(),
            0,
            "a refused call reached the server"
        );
        mcp::text_of(&answer).to_owned()
    }

    /// Waits until calls are let through again.
    pub fn heals(&self, word: &str) {
        let mut number = 0;
        wait::until("the gateway heals", || {
            number += 1;
            let word = format!("{word}-{number}");
            let answer = self.call("echo", &word).message();
            let through =
                answer["result"]["content"].is_array() && answer["result"]["isError"] != true;
            through.then(|| assert_eq!(self.upstream.received_with(&word).len(), 1))
        });
    }

    /// All records of the audit log.
    #[must_use]
    pub fn audit(&self) -> Vec<Value> {
        let text = self.portcullis(&["audit", "tail", "--json", "-n", "10000000"]);
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a record"))
            .collect()
    }

    /// Runs a command of `portcullis` on the audit database; it must succeed.
    #[must_use]
    pub fn portcullis(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(parts::portcullis());
        let output = command
            .args(arguments)
            .arg("--database")
            .arg(self.database())
            .output();
        let output = output.expect("portcullis runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    }

    /// What the policy server has logged.
    #[must_use]
    pub fn server_log(&self) -> String {
        fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// The ends of the logs, for the message of a failed test.
    #[must_use]
    pub fn logs(&self) -> String {
        let server = self.server.as_ref().map(Child::tail).unwrap_or_default();
        format!(
            "── policy server\n{server}\n── Envoy\n{}",
            self.envoy.tail()
        )
    }
}
