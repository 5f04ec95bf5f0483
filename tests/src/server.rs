//! MCP servers that already exist: the fixture on rmcp, and npm's `server-everything`.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use crate::child::Child;
use crate::parts;

/// A running MCP server; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// The fixture, on a port of its own choice.
    #[must_use]
    pub fn fixture() -> Self {
        Self::fixture_with(&[])
    }

    /// The fixture with the tools that hand out secrets.
    #[must_use]
    pub fn fixture_with_secrets() -> Self {
        Self::fixture_with(&["--secrets"])
    }

    fn fixture_with(arguments: &[&str]) -> Self {
        let mut command = Command::new(parts::fixture());
        let folder = folder();
        let log = folder.join("log");
        let command = command.args(["--port", "0"]).args(arguments);
        let mut child = Child::start("the fixture", command, &log, Some(&folder));
        let url = child.ready(|| {
            let text = fs::read_to_string(&log).ok()?;
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("listening on "));
            line.filter(|_| text.ends_with('\n')).map(str::to_owned)
        });
        Self { child, url }
    }

    /// `@modelcontextprotocol/server-everything`, kept on this machine.
    #[must_use]
    pub fn everything() -> Self {
        let port = free_port();
        let program = parts::folder("tools/node_modules/.bin/mcp-server-everything");
        assert!(
            program.exists(),
            "server-everything is missing: run 'npm ci' in tests/tools"
        );
        let mut command = Command::new(parts::node());
        let folder = folder();
        let log = folder.join("log");
        command
            .arg("--import")
            .arg(parts::folder("clients/loopback.mjs"));
        command
            .arg(program)
            .arg("streamableHttp")
            .env("PORT", port.to_string());
        let mut child = Child::start("server-everything", &mut command, &log, Some(&folder));
        child.ready(|| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok());
        let url = format!("http://127.0.0.1:{port}/mcp");
        Self { child, url }
    }

    /// Its MCP endpoint.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The end of its log.
    #[must_use]
    pub fn tail(&self) -> String {
        self.child.tail()
    }
}

fn folder() -> PathBuf {
    let folder = tempfile::Builder::new()
        .prefix("portcullis-server-")
        .tempdir();
    folder.expect("a temporary folder").keep()
}

/// A port that was free a moment ago: this server takes no port 0.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}
