//! The gateway as an operator starts it: `portcullis up` in a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use crate::child::{self, Child};
use crate::wire::{self, Connection, Request, Response};
use crate::{mcp, parts, wait};

/// How a gateway is to be started.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    arguments: Vec<String>,
    files: Vec<(String, String)>,
}

/// A running gateway; dropping it stops everything it started.
#[derive(Debug)]
pub struct Gateway {
    up: Child,
    folder: PathBuf,
    endpoints: Endpoints,
}

/// `endpoints.json`
#[derive(Clone, Debug, Deserialize)]
struct Endpoints {
    mcp: BTreeMap<String, String>,
    admin: String,
    tokens: BTreeMap<String, String>,
}

impl Setup {
    /// A gateway with one policy file.
    #[must_use]
    pub fn policies(text: &str) -> Self {
        Self::default().file("test.cedar", text)
    }

    /// Adds a file of the policies folder, such as `tools/demo.json`.
    #[must_use]
    pub fn file(mut self, name: &str, text: &str) -> Self {
        self.files.push((name.to_owned(), text.to_owned()));
        self
    }

    /// Puts the gateway in front of an MCP server.
    #[must_use]
    pub fn upstream(self, name: &str, url: &str) -> Self {
        self.argument("--upstream")
            .argument(&format!("{name}={url}"))
    }

    /// Adds an argument of `portcullis up`.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Starts it and waits until it answers.
    #[must_use]
    pub fn start(self) -> Gateway {
        let (program, filter, envoy) = (parts::portcullis(), parts::filter(), parts::envoy());
        let folder = tempfile::Builder::new().prefix("portcullis-").tempdir();
        let folder = folder.expect("a temporary folder").keep();
        fs::create_dir_all(folder.join("policies/tools")).expect("a policies folder");
        for (name, text) in &self.files {
            fs::write(folder.join("policies").join(name), text).expect("a policy file");
        }
        let mut command = Command::new(program);
        command.arg("up").args(&self.arguments).arg("--json");
        command.arg("--policies").arg(folder.join("policies"));
        command.arg("--dir").arg(folder.join("run"));
        command.arg("--filter").arg(filter);
        command.arg("--envoy").arg(envoy);
        let log = folder.join("up.log");
        let mut up = Child::start("'portcullis up'", &mut command, &log, Some(&folder));
        let endpoints = up.ready(|| {
            let text = fs::read(folder.join("run/endpoints.json")).ok()?;
            serde_json::from_slice(&text).ok()
        });
        Gateway {
            up,
            folder,
            endpoints,
        }
    }
}

impl Gateway {
    /// The URL of an MCP server behind the gateway.
    #[must_use]
    pub fn url(&self, server: &str) -> &str {
        &self.endpoints.mcp[server]
    }

    /// `127.0.0.1:PORT` of the gateway.
    #[must_use]
    pub fn authority(&self) -> &str {
        let url = self.endpoints.mcp.values().next().expect("a server");
        wire::authority(url)
    }

    /// The path of an MCP server.
    #[must_use]
    pub fn path(&self, server: &str) -> String {
        format!("/{server}/mcp")
    }

    /// A token of a user: `alice` is a developer, `bob` a viewer.
    #[must_use]
    pub fn token(&self, user: &str) -> &str {
        &self.endpoints.tokens[user]
    }

    /// The policies folder, which may be changed while the gateway runs.
    #[must_use]
    pub fn policies(&self) -> PathBuf {
        self.folder.join("policies")
    }

    /// The working folder of `portcullis up`.
    #[must_use]
    pub fn run_folder(&self) -> PathBuf {
        self.folder.join("run")
    }

    /// The audit database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.run_folder().join("portcullis.db")
    }

    /// The log of `policy-server`, `envoy` or `access`.
    #[must_use]
    pub fn log(&self, process: &str) -> PathBuf {
        self.run_folder().join(format!("log/{process}.log"))
    }

    /// The ends of all logs, for the message of a failed test.
    #[must_use]
    pub fn logs(&self) -> String {
        let logs = ["policy-server", "envoy", "access"]
            .map(|process| format!("── {process}\n{}\n", child::tail(&self.log(process))));
        format!("── up\n{}\n{}", self.up.tail(), logs.concat())
    }

    /// The process of `portcullis up`.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.up.id()
    }

    /// Asks the admin listener.
    #[must_use]
    pub fn admin(&self, path: &str) -> Response {
        let authority = wire::authority(&self.endpoints.admin);
        wire::send(
            authority,
            &Request::new("GET", path).header("host", authority),
        )
    }

    /// A POST with a sound head: a token, a host, and what MCP wants.
    #[must_use]
    pub fn post(&self, server: &str, user: &str, body: impl Into<Vec<u8>>) -> Request {
        self.stream(server, user)
            .method("POST")
            .header("content-type", "application/json")
            .body(body)
    }

    /// A GET with a sound head.
    #[must_use]
    pub fn stream(&self, server: &str, user: &str) -> Request {
        Request::new("GET", &self.path(server))
            .header("host", self.authority())
            .header("authorization", &format!("Bearer {}", self.token(user)))
            .header("accept", "application/json, text/event-stream")
    }

    /// A request of the stateless era, head and body.
    #[must_use]
    pub fn modern(
        &self,
        server: &str,
        user: &str,
        id: &str,
        method: &str,
        params: Value,
    ) -> Request {
        let name = mcp::mirrored_name(method, &params);
        let mut request = self
            .post(server, user, mcp::modern(id, method, params))
            .header("mcp-protocol-version", mcp::MODERN)
            .header("mcp-method", method);
        if let Some(name) = name {
            request = request.header("mcp-name", &name);
        }
        request
    }

    /// Sends a request on a connection of its own and reads the whole answer.
    #[must_use]
    pub fn send(&self, request: &Request) -> Response {
        wire::send(self.authority(), request)
    }

    /// Sends a request on a connection of its own and leaves the answer to be read.
    #[must_use]
    pub fn open(&self, request: &Request) -> Connection {
        let mut connection = Connection::open(self.authority());
        connection.write(&request.bytes());
        connection
    }

    /// All records of the audit log.
    #[must_use]
    pub fn audit(&self) -> Vec<Value> {
        let (status, text) = self.portcullis(&["audit", "tail", "--json", "-n", "1000000"]);
        assert_eq!(status, Some(0), "{text}");
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().expect("records are JSON")
    }

    /// Waits until the audit log has a record like this.
    #[must_use]
    pub fn audited(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        wait::until(what, || self.audit().into_iter().find(&wanted))
    }

    /// Runs a command of `portcullis` on this gateway's configuration: its exit code and output.
    #[must_use]
    pub fn portcullis(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = Command::new(parts::portcullis())
            .args(arguments)
            .arg("--config")
            .arg(self.run_folder().join("portcullis.toml"))
            .output()
            .expect("portcullis runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (
            output.status.code(),
            text + &String::from_utf8_lossy(&output.stderr),
        )
    }

    /// Writes a file of the policies folder, whole or not at all, as an editor does.
    pub fn write_policy(&self, name: &str, text: &str) {
        let beside = self.folder.join("policy.new");
        fs::write(&beside, text).expect("a policy text");
        fs::rename(&beside, self.policies().join(name)).expect("a policy file");
    }

    /// Takes a file out of the policies folder.
    pub fn remove_policy(&self, name: &str) {
        fs::remove_file(self.policies().join(name)).expect("the policy file was there");
    }

    /// A file of the working folder, as JSON.
    #[must_use]
    pub fn json_file(&self, name: &str) -> Value {
        json_file(&self.run_folder().join(name))
    }
}

fn json_file(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("the file is JSON")
}
