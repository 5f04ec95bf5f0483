//! The clients: each plays one server in a process of its own, and says what it saw.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value};

use super::servers::Running;
use crate::Failure;
use crate::node::Node;

/// All clients.
pub(super) const CLIENTS: [&str; 4] = ["python-sdk", "fastmcp", "typescript", "mcp-remote"];

/// What a player says when its server is to be started anew.
const RESTART: &str = "restart";

/// The programs that play.
pub(super) struct Players {
    peers: PathBuf,
    node: PathBuf,
    python: PathBuf,
}

impl Players {
    pub(super) fn new(peers: &Path, node: &Node, python: PathBuf) -> Self {
        Self {
            peers: peers.to_owned(),
            node: node.binary().to_owned(),
            python,
        }
    }

    /// What a client sees of a server at an address.
    pub(super) fn play(
        &self,
        client: &str,
        url: &str,
        token: &str,
        server: &mut Running,
    ) -> Result<Map<String, Value>, Failure> {
        let mut command = match client {
            "typescript" => self.program(&self.node, "play.mjs"),
            _ => self.program(&self.python, "play.py"),
        };
        command.args([client, url, token, &server.calls_json()]);
        if server.restarts() {
            command.arg(RESTART);
        }
        let mut child = command
            .env("PORTCULLIS_NODE", &self.node)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take();
        let said = std::thread::spawn(move || {
            let mut text = String::new();
            // What came before a broken read is still worth showing.
            let _ = stderr.map(|mut stderr| stderr.read_to_string(&mut text));
            text
        });
        let mut told = None;
        let lines = child.stdout.take().map(BufReader::new);
        for line in lines.into_iter().flat_map(BufReader::lines) {
            let line = line?;
            if line == RESTART {
                server.start_anew()?;
                if let Some(stdin) = &mut child.stdin {
                    stdin.write_all(b"go\n")?;
                }
            } else {
                told = serde_json::from_str(&line).ok();
            }
        }
        let status = child.wait()?;
        let said = said.join().unwrap_or_default();
        told.ok_or_else(|| {
            let last = said.lines().rev().find(|line| !line.trim().is_empty());
            format!("{client} ended with {status}: {}", last.unwrap_or_default()).into()
        })
    }

    fn program(&self, runtime: &Path, script: &str) -> Command {
        let mut command = Command::new(runtime);
        command.arg(self.peers.join(script));
        command
    }
}
