//! Public servers from the registries behind the gateway, played by four clients: what they list and what
//! their calls come to is the same as without it.
//!
//! Deliberately absent: what the servers do. Two runs of a call say the same where the server does.

mod difference;
mod players;
mod servers;
mod sloppy;

use std::path::{Path, PathBuf};
use std::process::Child;

use serde::Serialize;
use serde_json::{Map, Value};

use self::difference::difference;
use self::players::{CLIENTS, Players};
use self::servers::Running;
use crate::gateway::{Endpoints, Parts, start, terminate};
use crate::node::Node;
use crate::{Failure, python, workspace};

/// Everything is allowed, and no policy reads an argument.
const POLICIES: &str = "@id(\"all\") permit (principal, action, resource);\n";

/// What one client saw of one server, both ways.
#[derive(Debug, Serialize)]
struct Row {
    server: String,
    about: String,
    client: &'static str,
    tools_direct: usize,
    tools_gateway: usize,
    calls: usize,
    /// How many of the calls are careless forms of others.
    sloppy: usize,
    calls_equal: usize,
    differences: Vec<String>,
    /// Why the client cannot read the list of tools, with or without the gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<Value>,
}

/// Where programs and files are.
pub(super) struct Places {
    node: PathBuf,
    npm: PathBuf,
    python: [(&'static str, PathBuf); 2],
    go: PathBuf,
    folder: PathBuf,
    repository: PathBuf,
}

/// Plays all servers, or those of these names.
pub(super) fn run(only: &[String], json: bool) -> Result<(), Failure> {
    let peers = workspace::root().join("tests/peers");
    let folder = tempfile::Builder::new()
        .prefix("portcullis-peers-")
        .tempdir()?;
    let node = Node::ready()?;
    let places = places(&peers, &node, folder.path())?;
    let parts = Parts::optimised()?;
    let players = Players::new(&peers, &node, python::clients()?);
    let mut servers = servers::read(&peers.join("servers.json"), &places)?;
    if let Some(unknown) = only
        .iter()
        .find(|name| servers.iter().all(|one| one.name != **name))
    {
        return Err(format!("there is no public server `{unknown}` in servers.json").into());
    }
    servers.retain(|server| only.is_empty() || only.contains(&server.name));
    let mut running = Vec::new();
    for server in servers {
        eprintln!("xtask: starting {}", server.name);
        running.push(server.start(&places)?);
    }
    let gateway = Gateway::start(&parts, folder.path(), &running)?;
    let mut different = 0;
    for server in &mut running {
        let seen = players.play(CLIENTS[0], &server.url(), "", server);
        server.add_sloppy_calls(&seen.unwrap_or_default());
        for client in CLIENTS {
            let row = row(&players, server, client, &gateway)?;
            different += usize::from(!row.differences.is_empty());
            print(&row, json)?;
        }
    }
    drop(gateway);
    match different {
        0 => Ok(()),
        some => Err(
            format!("{some} servers and clients are not as they are without the gateway").into(),
        ),
    }
}

fn places(peers: &Path, node: &Node, folder: &Path) -> Result<Places, Failure> {
    let go = workspace::target().join("tools/peers-go");
    crate::tool::Tool::new("go")
        .args(&["build", "-o"])
        .arg(go.join("everything"))
        .arg("github.com/mark3labs/mcp-go/examples/everything")
        .folder(peers.join("go"))
        .run()?;
    let repository = folder.join("repository");
    servers::repository(&repository)?;
    let files = folder.join("files");
    std::fs::create_dir_all(&files)?;
    Ok(Places {
        node: node.binary().to_owned(),
        npm: Node::packages(peers)?,
        python: [
            ("sdk-1", python::peers("sdk-1")?),
            ("fastmcp-3", python::peers("fastmcp-3")?),
        ],
        go,
        folder: std::fs::canonicalize(files)?,
        repository,
    })
}

/// The gateway in front of all servers; dropping it ends it.
struct Gateway {
    endpoints: Endpoints,
    up: Child,
}

impl Gateway {
    fn start(parts: &Parts, folder: &Path, servers: &[Running]) -> Result<Self, Failure> {
        let policies = folder.join("policies");
        std::fs::create_dir_all(&policies)?;
        std::fs::write(policies.join("all.cedar"), POLICIES)?;
        let mut command = parts.up(&folder.join("run"));
        for server in servers {
            command.arg("--upstream");
            command.arg(format!("{}={}", server.name(), server.url()));
        }
        let (up, line) = start(command.arg("--policies").arg(&policies))?;
        Ok(Self {
            endpoints: serde_json::from_str(&line)?,
            up,
        })
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if terminate(&self.up).is_ok() {
            let _ended = self.up.wait();
        }
    }
}

fn row(
    players: &Players,
    server: &mut Running,
    client: &'static str,
    gateway: &Gateway,
) -> Result<Row, Failure> {
    let direct_url = server.url();
    let direct = players.play(client, &direct_url, "", server);
    let through = gateway.endpoints.mcp.get(server.name());
    let through = through.ok_or("the gateway does not name the server")?;
    let token = gateway.endpoints.tokens.get("alice");
    let token = token.ok_or("the gateway has no token of alice")?;
    let gateway = players.play(client, through, token, server);
    let mut row = Row {
        server: server.name().to_owned(),
        about: server.about().to_owned(),
        client,
        tools_direct: 0,
        tools_gateway: 0,
        calls: server.calls(),
        sloppy: server.sloppy(),
        calls_equal: 0,
        differences: Vec::new(),
        unread: None,
    };
    match (direct, gateway) {
        (Ok(direct), Ok(gateway)) => compare(&mut row, &direct, &gateway),
        (Err(one), Err(other)) if one.to_string() == other.to_string() => row
            .differences
            .push(format!("the client fails both ways: {one}")),
        (direct, gateway) => {
            let direct = direct.err().map(|error| format!("direct: {error}"));
            let gateway = gateway
                .err()
                .map(|error| format!("through the gateway: {error}"));
            row.differences.extend(direct.into_iter().chain(gateway));
        }
    }
    Ok(row)
}

/// Lays what a client saw through the gateway beside what it saw without.
fn compare(row: &mut Row, direct: &Map<String, Value>, gateway: &Map<String, Value>) {
    let of =
        |told: &Map<String, Value>, member: &str| told.get(member).cloned().unwrap_or_default();
    let count = |told| of(told, "tools").as_array().map_or(0, Vec::len);
    (row.tools_direct, row.tools_gateway) = (count(direct), count(gateway));
    row.unread = direct
        .get("tools")
        .and_then(|tools| tools.get("message"))
        .cloned();
    for member in ["tools", "resources", "prompts", "pages", "lost"] {
        let (one, other) = (of(direct, member), of(gateway, member));
        if one != other {
            row.differences
                .push(format!("{member}: {}", difference(&one, &other)));
        }
    }
    let (one, other) = (of(direct, "calls"), of(gateway, "calls"));
    let pairs = one
        .as_array()
        .into_iter()
        .flatten()
        .zip(other.as_array().into_iter().flatten());
    for (number, (one, other)) in pairs.enumerate() {
        if one == other {
            row.calls_equal += 1;
        } else {
            row.differences
                .push(format!("call {number}: {}", difference(one, other)));
        }
    }
}

#[allow(clippy::print_stdout, reason = "results go to standard output")]
fn print(row: &Row, json: bool) -> Result<(), Failure> {
    if json {
        println!("{}", serde_json::to_string(row)?);
        return Ok(());
    }
    let mark = if row.differences.is_empty() {
        '✓'
    } else {
        '✗'
    };
    let (calls, equal, sloppy) = (row.calls, row.calls_equal, row.sloppy);
    println!(
        "{mark} {:<20} {:<11} tools {:>4} {:>4}   calls {equal}/{calls}, {sloppy} sloppy   {}",
        row.server, row.client, row.tools_direct, row.tools_gateway, row.about
    );
    row.differences.iter().for_each(|one| println!("    {one}"));
    if let Some(why) = &row.unread {
        println!("    its list is not read by this client, either way: {why}");
    }
    Ok(())
}
