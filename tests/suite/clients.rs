//! The clients people use, unmodified, through the gateway: against the fixture and against npm's
//! `server-everything`. Each plays the story of `tests/clients`, in which a denied tool must say so
//! in words that its model can read, and a secret must arrive as a placeholder in a sound result.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use portcullis_tests::child::Child;
use portcullis_tests::gateway::{Gateway, Setup};
use portcullis_tests::parts;
use portcullis_tests::server::Server;
use serde_json::Value;

const DENIED: &str = "Not while the clients are watched.";
/// What stands where the token was.
const REDACTED: &str = "[redacted:github-token]";
/// Looks at the call, so that no list can know of it, and the tools are shown.
const POLICIES: &str = r#"
@id("all") permit (principal, action in [Mcp::Action::"read", Mcp::Action::"write", Mcp::Action::"ask"], resource);
@id("watched") @reason("Not while the clients are watched.")
forbid (principal, action in Mcp::Action::"tools/call", resource)
when { [Mcp::Tool::"fixture/delete_file", Mcp::Tool::"everything/get-env"].contains(resource) &&
       context.args_digest like "sha256:*" };
"#;
/// A story ends by itself after 60 s; the first Go story is compiled before.
const LIMIT: Duration = Duration::from_secs(300);

struct World {
    gateway: Gateway,
    _servers: [Server; 2],
}

/// One story at a time: they measure how fast a cancelled call ends.
static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| {
    let servers = [Server::fixture_with_secrets(), Server::everything()];
    let gateway = Setup::policies(POLICIES)
        .upstream("fixture", servers[0].url())
        .upstream("everything", servers[1].url())
        .start();
    Mutex::new(World {
        gateway,
        _servers: servers,
    })
});

/// A program with its first arguments, in a folder below `tests`.
struct Client<'a> {
    program: PathBuf,
    arguments: &'a [&'a str],
    folder: &'a str,
}

impl<'a> Client<'a> {
    fn new(program: PathBuf, arguments: &'a [&'a str], folder: &'a str) -> Self {
        Self {
            program,
            arguments,
            folder,
        }
    }

    /// Plays the story against both servers in each era.
    fn plays(&self, eras: &[&str]) {
        let world = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
        let mut faults = Vec::new();
        for profile in ["fixture", "everything"] {
            for era in eras {
                if let Err(fault) = self.story(&world.gateway, profile, era) {
                    faults.push(format!("{profile} {era}: {fault}"));
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    fn story(&self, gateway: &Gateway, profile: &str, era: &str) -> Result<(), String> {
        let log = tempfile::NamedTempFile::new().expect("a log file");
        let mut command = Command::new(&self.program);
        command
            .args(self.arguments)
            .current_dir(parts::folder(self.folder));
        command.args([
            "--url",
            gateway.url(profile),
            "--token",
            gateway.token("alice"),
        ]);
        command.args(["--era", era, "--profile", profile]);
        command.env("STORY_DENIED_TEXT", DENIED);
        if profile == "fixture" {
            command.env("STORY_REDACTED", REDACTED);
        }
        let status = Child::start("a client", &mut command, log.path(), None).finish(LIMIT);
        let said = std::fs::read_to_string(log.path()).unwrap_or_default();
        let story = said
            .lines()
            .rev()
            .find_map(|line| serde_json::from_str(line).ok());
        if status.success() && was_denied(&story.unwrap_or_default()) {
            Ok(())
        } else {
            Err(format!("{status}\n{said}"))
        }
    }
}

fn was_denied(story: &Value) -> bool {
    let mut steps = story["steps"].as_array().into_iter().flatten();
    let denied = steps.find(|step| step["step"] == "denied");
    denied.is_some_and(|step| step["ok"] == true)
}

#[test]
fn typescript_sdk_1() {
    Client::new(parts::node(), &["story.mjs"], "clients/ts-sdk-1").plays(&["legacy"]);
}

#[test]
fn typescript_client_2() {
    Client::new(parts::node(), &["story.mjs"], "clients/ts-client-2").plays(&["legacy", "auto"]);
}

#[test]
fn python_mcp() {
    Client::new(parts::python(), &["story.py"], "clients/python-mcp").plays(&["auto", "legacy"]);
}

#[test]
fn python_fastmcp() {
    Client::new(parts::python(), &["story.py"], "clients/fastmcp").plays(&["auto", "legacy"]);
}

#[test]
fn rust_rmcp() {
    Client::new(parts::rmcp_client(), &[], "clients").plays(&["legacy", "auto"]);
}

#[test]
fn inspector() {
    Client::new(parts::node(), &["story.mjs"], "clients/inspector").plays(&["legacy", "auto"]);
}

#[test]
fn go_sdk() {
    if std::env::var_os("PORTCULLIS_WITHOUT_GO").is_some_and(|value| value == "1") {
        return;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let go = std::env::split_paths(&path)
        .map(|folder| folder.join("go"))
        .find(|path| path.is_file());
    let go = go.expect("Go is missing: install Go 1.25 or later, or set PORTCULLIS_WITHOUT_GO=1 to say that it is not wanted");
    Client::new(go, &["run", "."], "clients/go").plays(&["auto", "legacy"]);
}
