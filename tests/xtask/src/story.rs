//! The story of `demo --once`, told by the rmcp client: what is allowed runs, what is denied does
//! not reach the server and says why, what nobody could be allowed to call is not there, a changed
//! policy holds from the next call on, and the audit trail can be verified.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::{RoleClient, RunningService, ServiceExt as _};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};

use crate::Failure;
use crate::gateway::Gateway;
use crate::tool::Tool;

/// A changed file is noticed within this time, or the step fails.
const RELOAD_WITHIN: Duration = Duration::from_secs(10);
const STEP_WITHIN: Duration = Duration::from_secs(30);

/// The filter reports outcomes in batches, after the calls they belong to.
const OUTCOMES_WITHIN: Duration = Duration::from_secs(2);

/// A policy on an argument of `echo`.
const NO_HELLO: &str = r#"@id("story-no-hello")
@reason("Nobody says hello while the story is being told.")
forbid (principal, action == Mcp::Action::"demo/echo", resource)
when { context.input.text == "hello" };
"#;

type Client = RunningService<RoleClient, ()>;
/// What a step saw; an error is a step that went wrong.
type Seen = Result<String, Failure>;

/// Plays the story. An error means that a step was not as it should be.
pub(crate) fn play(gateway: &Gateway, portcullis: &Path, json: bool) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut teller = Teller { json, failed: 0 };
    runtime.block_on(with_client(gateway, &mut teller))?;
    std::thread::sleep(OUTCOMES_WITHIN);
    teller.tell("the audit trail is verified", audit(gateway, portcullis))?;
    match teller.failed {
        0 => Ok(()),
        failed => Err(format!("{failed} steps of the story were not as they should be").into()),
    }
}

async fn with_client(gateway: &Gateway, teller: &mut Teller) -> Result<(), Failure> {
    let stranger = connect(gateway.url(), None).await;
    teller.tell("without a token nobody gets in", refused(stranger))?;
    let alice = match connect(gateway.url(), Some(gateway.token("alice"))).await {
        Ok(alice) => alice,
        Err(error) => return teller.tell("alice connects", Err(error)),
    };
    teller.tell("alice lists the tools", listed(&alice).await)?;
    teller.tell("alice calls echo", echo(&alice).await)?;
    teller.tell("alice may not delete /etc/passwd", denied(&alice).await)?;
    teller.tell("the server never saw delete_file", unseen(&alice).await)?;
    teller.tell("alice may delete /tmp/notes", deleted(&alice).await)?;
    teller.tell(
        "a secret that alice sends goes nowhere",
        unsent(&alice).await,
    )?;
    let bob = connect(gateway.url(), Some(gateway.token("bob"))).await?;
    teller.tell("bob has no tool delete_file", hidden(&bob).await)?;
    bob.cancel().await?;
    let file = gateway.policies().join("story.cedar");
    let written = fs::write(&file, NO_HELLO);
    teller.tell(
        "a new policy denies echo of hello",
        written_then(written, &alice, Turn::Denied).await,
    )?;
    let removed = fs::remove_file(&file);
    teller.tell(
        "without it echo runs again",
        written_then(removed, &alice, Turn::Allowed).await,
    )?;
    alice.cancel().await?;
    Ok(())
}

/// Prints steps and counts those that went wrong.
struct Teller {
    json: bool,
    failed: u32,
}

impl Teller {
    fn tell(&mut self, step: &str, seen: Seen) -> Result<(), Failure> {
        let (ok, text) = match seen {
            Ok(text) => (true, text),
            Err(error) => (false, error.to_string()),
        };
        self.failed += u32::from(!ok);
        let mut out = io::stdout();
        if self.json {
            writeln!(out, "{}", json!({"step": step, "ok": ok, "seen": text}))?;
        } else {
            writeln!(out, "{} {step}\n    {text}", if ok { '✓' } else { '✗' })?;
        }
        Ok(())
    }
}

async fn connect(url: &str, token: Option<&str>) -> Result<Client, Failure> {
    let mut config = StreamableHttpClientTransportConfig::with_uri(url);
    if let Some(token) = token {
        config = config.auth_header(token);
    }
    let transport = StreamableHttpClientTransport::from_config(config);
    Ok(tokio::time::timeout(STEP_WITHIN, ().serve(transport)).await??)
}

fn refused(connected: Result<Client, Failure>) -> Seen {
    match connected {
        Ok(_) => Err("a client without a token was served".into()),
        Err(error) => Ok(chain(error.as_ref())),
    }
}

async fn listed(client: &Client) -> Seen {
    let tools = client.list_tools(None).await?.tools;
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    if names.contains(&"echo") {
        let first: Vec<&str> = names.iter().take(6).copied().collect();
        Ok(format!("{} tools: {}, …", names.len(), first.join(", ")))
    } else {
        Err(format!("echo is not among {}", names.join(", ")).into())
    }
}

async fn call(
    client: &Client,
    tool: &'static str,
    arguments: Value,
) -> Result<CallToolResult, Failure> {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let params = CallToolRequestParams::new(tool).with_arguments(arguments);
    Ok(tokio::time::timeout(STEP_WITHIN, client.call_tool(params)).await??)
}

async fn echo(client: &Client) -> Seen {
    let result = call(client, "echo", json!({"text": "hello"})).await?;
    match (result.is_error, text(&result)) {
        (None | Some(false), said) if said == "hello" => Ok(said),
        (_, said) => Err(said.into()),
    }
}

/// The server echoes what it got, so that its answer shows what arrived.
async fn unsent(client: &Client) -> Seen {
    // In parts, so that nobody takes this file for a leak.
    let token = ["ghp", "_", "4mR8sT2vXq9LzB7nKc5WdY1fHj3PgA6eU0Zo"].concat();
    let text_sent = format!("deploy with {token}");
    let result = call(client, "echo", json!({"text": text_sent})).await?;
    let said = text(&result).replace(&token, "the secret itself");
    match result.is_error {
        Some(true) if said.starts_with("Nothing was sent") => Ok(said),
        _ => Err(said.into()),
    }
}

async fn denied(client: &Client) -> Seen {
    let result = call(client, "delete_file", json!({"path": "/etc/passwd"})).await?;
    match (result.is_error, text(&result)) {
        (Some(true), said) if !said.is_empty() => Ok(said),
        (_, said) => Err(format!("not denied in readable words: '{said}'").into()),
    }
}

async fn deleted(client: &Client) -> Seen {
    let result = call(client, "delete_file", json!({"path": "/tmp/notes"})).await?;
    match (result.is_error, text(&result)) {
        (None | Some(false), said) => Ok(said),
        (_, said) => Err(said.into()),
    }
}

/// Not listed, and not to be called: whether it exists is not told.
async fn hidden(client: &Client) -> Seen {
    let tools = client.list_tools(None).await?.tools;
    if tools.iter().any(|tool| tool.name == "delete_file") {
        return Err("it is listed".into());
    }
    match call(client, "delete_file", json!({"path": "/tmp/notes"})).await {
        Ok(result) => Err(format!("it answers: '{}'", text(&result)).into()),
        Err(error) => {
            let said = chain(error.as_ref());
            if said.contains("Unknown tool: delete_file") {
                Ok(said)
            } else {
                Err(said.into())
            }
        }
    }
}

/// The server's own count is the witness.
async fn unseen(client: &Client) -> Seen {
    let result = call(client, "fixture_stats", json!({})).await?;
    let counts = result.structured_content.unwrap_or_default();
    let count = |tool| {
        counts
            .pointer(&format!("/calls/{tool}"))
            .and_then(Value::as_u64)
    };
    match (count("echo"), count("delete_file")) {
        (Some(echoes), None) => Ok(format!("it counted {echoes} echo and no delete_file")),
        _ => Err(format!("the server counted {counts}").into()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Allowed,
    Denied,
}

/// After the policies changed: calls until the answer turns, within the time that is allowed.
async fn written_then(written: io::Result<()>, client: &Client, wanted: Turn) -> Seen {
    written?;
    let begin = Instant::now();
    loop {
        let result = call(client, "echo", json!({"text": "hello"})).await?;
        let turn = if result.is_error == Some(true) {
            Turn::Denied
        } else {
            Turn::Allowed
        };
        if turn == wanted {
            let after = begin.elapsed().as_millis();
            return Ok(format!("after {after} ms: {}", text(&result)));
        }
        if begin.elapsed() > RELOAD_WITHIN {
            return Err(format!("unchanged after {RELOAD_WITHIN:?}: {}", text(&result)).into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn audit(gateway: &Gateway, portcullis: &Path) -> Seen {
    let config = gateway.run_folder().join("portcullis.toml");
    let said = Tool::new(portcullis)
        .args(&["audit", "verify", "--config"])
        .arg(config)
        .read()?;
    Ok(said.trim().to_owned())
}

fn text(result: &CallToolResult) -> String {
    let parts = result.content.iter().filter_map(|part| part.as_text());
    parts.map(|part| part.text.as_str()).collect()
}

/// The error with its causes: rmcp keeps the HTTP status among them.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let more = next.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = next.source();
    }
    words
}
