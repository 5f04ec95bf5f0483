//! The public servers: how each is started, and put on HTTP where it speaks on standard input alone.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Places, sloppy};
use crate::Failure;
use crate::tool::Tool;

/// Longest that a server may take to listen.
const START_TIME: Duration = Duration::from_secs(90);

/// A server as `servers.json` describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    pub(super) name: String,
    about: String,
    /// A program that listens at `{port}`, which is also in the environment as `PORT`.
    #[serde(default)]
    http: Vec<String>,
    /// A program that speaks on standard input and output.
    #[serde(default)]
    stdio: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// Whether it is started anew under its clients.
    #[serde(default)]
    restart: bool,
    calls: Vec<Call>,
}

/// A call of a tool.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Call {
    tool: String,
    arguments: Map<String, Value>,
}

/// A server that listens; dropping it ends it.
pub(super) struct Running {
    server: Server,
    sloppy: usize,
    port: u16,
    child: Child,
    node: PathBuf,
    npm: PathBuf,
}

/// Reads the servers, with the names of places filled in.
pub(super) fn read(file: &Path, places: &Places) -> Result<Vec<Server>, Failure> {
    let mut text = fs::read_to_string(file)?;
    let shown = |path: &Path| path.display().to_string();
    let names = [
        ("node", shown(&places.node)),
        ("npm", shown(&places.npm)),
        ("go", shown(&places.go)),
        ("folder", shown(&places.folder)),
        ("repository", shown(&places.repository)),
    ];
    let python = places.python.iter();
    let python = python.map(|(line, folder)| (*line, shown(folder)));
    for (name, place) in names.into_iter().chain(python) {
        text = text.replace(&format!("{{{name}}}"), &place);
    }
    Ok(serde_json::from_str(&text)?)
}

/// A repository with two commits, the same each time.
pub(super) fn repository(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    let git = |arguments: &[&str]| {
        let who = [
            "-c",
            "user.name=peers",
            "-c",
            "user.email=peers@example.com",
        ];
        Tool::new("git")
            .args(&who)
            .args(arguments)
            .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
            .folder(folder)
            .run()
    };
    git(&["init", "--quiet", "--initial-branch", "main"])?;
    for text in ["one", "two"] {
        fs::write(folder.join("file.txt"), text)?;
        git(&["add", "file.txt"])?;
        git(&["commit", "--quiet", "--message", text])?;
    }
    Ok(())
}

impl Server {
    /// Starts it, and waits until it listens.
    pub(super) fn start(self, places: &Places) -> Result<Running, Failure> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let (node, npm) = (places.node.clone(), places.npm.clone());
        let child = spawn(&self, port, &node, &npm)?;
        let mut running = Running {
            server: self,
            sloppy: 0,
            port,
            child,
            node,
            npm,
        };
        running.listens()?;
        Ok(running)
    }
}

fn spawn(server: &Server, port: u16, node: &Path, npm: &Path) -> Result<Child, Failure> {
    let number = port.to_string();
    let mut command = match server.http.split_first() {
        Some((program, words)) => {
            let mut command = Command::new(program);
            command.args(words.iter().map(|word| word.replace("{port}", &number)));
            command
        }
        None => {
            let words = server.stdio.iter().map(|word| format!("'{word}'"));
            let line: Vec<String> = words.collect();
            let mut command = Command::new(node);
            command
                .arg(npm.join("supergateway/dist/index.js"))
                .args(["--outputTransport", "streamableHttp", "--stateful"])
                .args(["--logLevel", "none", "--port", &number])
                .args(["--stdio", &line.join(" ")]);
            command
        }
    };
    let quiet = command
        .env("PORT", number)
        .envs(&server.env)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet
        .spawn()
        .map_err(|error| format!("{} does not start: {error}", server.name).into())
}

impl Running {
    pub(super) fn name(&self) -> &str {
        &self.server.name
    }

    pub(super) fn about(&self) -> &str {
        &self.server.about
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }

    pub(super) const fn calls(&self) -> usize {
        self.server.calls.len()
    }

    /// How many of the calls are careless forms of others.
    pub(super) const fn sloppy(&self) -> usize {
        self.sloppy
    }

    /// The calls as the players read them.
    pub(super) fn calls_json(&self) -> String {
        json!(self.server.calls).to_string()
    }

    /// Adds the careless forms of the calls, by the schemas of the tools that a client was shown.
    pub(super) fn add_sloppy_calls(&mut self, seen: &Map<String, Value>) {
        let tools = seen.get("tools").and_then(Value::as_array);
        let tools = tools.map_or(&[][..], Vec::as_slice);
        let mut more: Vec<Call> = Vec::new();
        for call in &self.server.calls {
            let mut named = tools.iter().filter(|tool| tool["name"] == call.tool);
            let Some(schema) = named.next().and_then(|tool| tool.get("inputSchema")) else {
                continue;
            };
            for arguments in sloppy::forms(&call.arguments, schema) {
                let tool = call.tool.clone();
                let form = Call { tool, arguments };
                if !more.contains(&form) && !self.server.calls.contains(&form) {
                    more.push(form);
                }
            }
        }
        self.sloppy = more.len();
        self.server.calls.append(&mut more);
    }

    pub(super) const fn restarts(&self) -> bool {
        self.server.restart
    }

    /// Ends it and starts it anew at the same address: its sessions are gone.
    pub(super) fn start_anew(&mut self) -> Result<(), Failure> {
        self.end();
        self.child = spawn(&self.server, self.port, &self.node, &self.npm)?;
        self.listens()
    }

    fn listens(&mut self) -> Result<(), Failure> {
        let end = Instant::now() + START_TIME;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if let Some(status) = self.child.try_wait()? {
                return Err(
                    format!("the public server {} ended with {status}", self.name()).into(),
                );
            }
            if Instant::now() > end {
                return Err(format!("the public server {} does not listen", self.name()).into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
