//! The rmcp client playing the story that `../telling.mjs` describes.
//!
//! It opens with the legacy handshake unless told otherwise, as `serve` does.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use rmcp::ClientHandler;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, ClientConfig, ClientRequest,
    GetPromptRequestParams, JsonObject, ProgressNotificationParam, ProtocolVersion,
    ReadResourceRequestParams, ResourceContents,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt, NotificationContext, PeerRequestOptions, RoleClient,
    RunningService,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);
const STEPS: [&str; 8] = [
    "list", "call", "progress", "denied", "resource", "prompt", "secrets", "cancel",
];

#[derive(Parser)]
struct Given {
    #[arg(long)]
    url: String,
    #[arg(long)]
    token: Option<String>,
    #[arg(long, value_enum, default_value = "legacy")]
    era: Era,
    #[arg(long, value_enum, default_value = "fixture")]
    profile: Profile,
}

#[derive(Clone, Copy, ValueEnum)]
enum Era {
    Legacy,
    Modern,
    Auto,
}

#[derive(Clone, Copy, ValueEnum)]
enum Profile {
    Fixture,
    Everything,
}

/// A tool and its arguments.
type Call = (&'static str, Value);

impl Profile {
    fn echo(self) -> (Call, &'static str) {
        match self {
            Self::Fixture => (("echo", json!({"text": "hello"})), "hello"),
            Self::Everything => (("echo", json!({"message": "hello"})), "Echo: hello"),
        }
    }

    fn slow(self, steps: u32, delay_ms: u32) -> Call {
        match self {
            Self::Fixture => ("slow_count", json!({"steps": steps, "delay_ms": delay_ms})),
            Self::Everything => {
                let seconds = f64::from(steps * delay_ms) / 1000.0;
                (
                    "trigger-long-running-operation",
                    json!({"duration": seconds, "steps": steps}),
                )
            }
        }
    }

    fn denied(self) -> Call {
        match self {
            Self::Fixture => ("delete_file", json!({"path": "/etc/passwd"})),
            Self::Everything => ("get-env", json!({})),
        }
    }

    /// The resource to read; `None` is the first one listed.
    fn uri(self) -> Option<&'static str> {
        match self {
            Self::Fixture => Some("test://static-text"),
            Self::Everything => None,
        }
    }

    fn prompt(self) -> &'static str {
        match self {
            Self::Fixture => "test_simple_prompt",
            Self::Everything => "simple-prompt",
        }
    }
}

/// What a tool that hands out a secret came to.
struct Shown {
    is_error: Option<bool>,
    text: String,
}

impl Shown {
    fn hides(&self, is_error: bool) -> bool {
        self.is_error == Some(is_error) && !self.text.contains("ghp_")
    }
}

/// Counts the progress it is told of.
#[derive(Clone, Default)]
struct Listener(Arc<AtomicUsize>);

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        ClientConfig::default()
    }

    async fn on_progress(&self, _: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What a step reports: whether it passed, and what was seen.
type Seen = Result<(bool, Value), Failure>;

struct Player {
    service: RunningService<RoleClient, Listener>,
    progress: Listener,
    profile: Profile,
}

impl Player {
    async fn act(&self, step: &str) -> Seen {
        match step {
            "list" => self.list().await,
            "call" => self.echo().await,
            "progress" => self.progress().await,
            "denied" => Ok(self.denied().await),
            "resource" => self.resource().await,
            "prompt" => self.prompt().await,
            "secrets" => Ok(self.secrets().await),
            "cancel" => self.cancel().await,
            other => Err(format!("no step {other}").into()),
        }
    }

    async fn list(&self) -> Seen {
        let listed = self.service.list_tools(None).await?;
        let names: Vec<_> = listed.tools.iter().map(|tool| &tool.name).collect();
        Ok((!names.is_empty(), json!(names)))
    }

    async fn echo(&self) -> Seen {
        let (call, answer) = self.profile.echo();
        let result = self.service.call_tool(params(call)).await?;
        let text = text(&result);
        Ok((
            result.is_error != Some(true) && text == answer,
            json!(brief(&text)),
        ))
    }

    async fn progress(&self) -> Seen {
        self.progress.0.store(0, Ordering::Relaxed);
        let result = self
            .service
            .call_tool(params(self.profile.slow(3, 50)))
            .await?;
        // Each notification is handled in a task of its own, so the last may trail the result.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let seen = self.progress.0.load(Ordering::Relaxed);
        Ok((result.is_error != Some(true) && seen >= 1, json!(seen)))
    }

    async fn denied(&self) -> (bool, Value) {
        let wanted = std::env::var("STORY_DENIED_TEXT").unwrap_or_default();
        // Only an isError result is readable for the model behind the client; an error is not.
        match self.service.call_tool(params(self.profile.denied())).await {
            Ok(result) => {
                let (text, is_error) = (text(&result), result.is_error == Some(true));
                let readable = is_error && text.contains(&wanted);
                let detail = json!({"surface": "result", "isError": is_error, "text": if is_error { text } else { brief(&text) }});
                (wanted.is_empty() || readable, detail)
            }
            Err(error) => (
                wanted.is_empty(),
                json!({"surface": "error", "text": error.to_string()}),
            ),
        }
    }

    async fn resource(&self) -> Seen {
        let listed = self.service.list_resources(None).await?;
        let wanted = self.profile.uri();
        let found = listed
            .resources
            .iter()
            .find(|resource| wanted.is_none_or(|uri| uri == resource.uri));
        let uri = found.ok_or("not listed")?.uri.clone();
        let read = self
            .service
            .read_resource(ReadResourceRequestParams::new(uri.clone()))
            .await?;
        let full = read.contents.iter().any(|part| match part {
            ResourceContents::TextResourceContents { text, .. } => !text.is_empty(),
            ResourceContents::BlobResourceContents { blob, .. } => !blob.is_empty(),
            _ => false,
        });
        Ok((full, json!(uri)))
    }

    async fn prompt(&self) -> Seen {
        let prompt = self
            .service
            .get_prompt(GetPromptRequestParams::new(self.profile.prompt()))
            .await?;
        Ok((!prompt.messages.is_empty(), json!(prompt.messages.len())))
    }

    async fn secrets(&self) -> (bool, Value) {
        let wanted = std::env::var("STORY_REDACTED").unwrap_or_default();
        let (text, record, badge) = match self.profile {
            Profile::Fixture => (
                self.shown("secret_text").await,
                self.shown("secret_record").await,
                self.shown("secret_badge").await,
            ),
            Profile::Everything => return (wanted.is_empty(), Value::Null),
        };
        let masked = |shown: &Shown| shown.hides(false) && shown.text.contains(&wanted);
        // A placeholder does not fit the badge's schema: the whole result must have become an error.
        let passed = masked(&text) && masked(&record) && badge.hides(true);
        let told = |shown: Shown| json!({"isError": shown.is_error, "text": shown.text});
        let detail = json!({"secret_text": told(text), "secret_record": told(record), "secret_badge": told(badge)});
        (wanted.is_empty() || passed, detail)
    }

    async fn shown(&self, tool: &'static str) -> Shown {
        match self.service.call_tool(params((tool, json!({})))).await {
            Ok(result) => Shown {
                is_error: Some(result.is_error == Some(true)),
                text: text(&result),
            },
            Err(error) => Shown {
                is_error: None,
                text: error.to_string(),
            },
        }
    }

    async fn cancel(&self) -> Seen {
        let request = CallToolRequest::new(params(self.profile.slow(200, 50)));
        let options = PeerRequestOptions::no_options();
        let mut call = self
            .service
            .send_request_with_option(ClientRequest::CallToolRequest(request), options)
            .await?;
        if let Ok(early) = tokio::time::timeout(Duration::from_millis(300), &mut call.rx).await {
            return Err(format!("over before the cancel: {early:?}").into());
        }
        let start = Instant::now();
        call.cancel(Some("story".to_owned())).await?;
        let took = start.elapsed();
        let (after, _) = self.echo().await?;
        let detail = json!({"ended": "RequestHandle::cancel", "ms": took.as_millis()});
        Ok((after && took < Duration::from_secs(2), detail))
    }
}

fn params((tool, args): Call) -> CallToolRequestParams {
    let args: JsonObject = args.as_object().cloned().unwrap_or_default();
    CallToolRequestParams::new(tool).with_arguments(args)
}

fn text(result: &CallToolResult) -> String {
    result
        .content
        .iter()
        .filter_map(|part| part.as_text())
        .map(|part| part.text.as_str())
        .collect()
}

/// Names an answer without repeating it: `get-env` answers with a whole environment.
fn brief(text: &str) -> String {
    let long = text.chars().count();
    if long > 200 {
        format!("{long} characters")
    } else {
        text.to_owned()
    }
}

async fn open(given: &Given) -> Result<Player, Failure> {
    let mut config = StreamableHttpClientTransportConfig::with_uri(given.url.as_str());
    if let Some(token) = &given.token {
        config = config.auth_header(token.as_str());
    }
    let transport =
        StreamableHttpClientTransport::from_config(config.custom_headers(HashMap::new()));
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    let lifecycle = match given.era {
        Era::Legacy => ClientLifecycleMode::Initialize,
        Era::Modern => ClientLifecycleMode::Discover { preferred_versions },
        Era::Auto => ClientLifecycleMode::Auto {
            preferred_versions,
            legacy_version: None,
        },
    };
    let progress = Listener::default();
    let service = progress
        .clone()
        .serve_with_lifecycle(transport, lifecycle)
        .await?;
    Ok(Player {
        service,
        progress,
        profile: given.profile,
    })
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let given = Given::parse();
    let asked = given
        .era
        .to_possible_value()
        .map(|era| era.get_name().to_owned());
    let mut report = json!({"client": "rmcp", "asked": asked});
    let mut steps = Vec::new();
    let mut now = "connect";

    let story = tokio::time::timeout(LIMIT, async {
        let player = open(&given)
            .await
            .map_err(|error| format!("connect: {}", chain(error.as_ref())))?;
        if let (Some(peer), Some(report)) = (player.service.peer_info(), report.as_object_mut()) {
            let version = &peer.protocol_version;
            let era = if version.has_initialize() {
                "legacy"
            } else {
                "modern"
            };
            report.insert("era".to_owned(), json!(era));
            report.insert("protocol".to_owned(), json!(version));
            report.insert(
                "server".to_owned(),
                json!(peer.server_info.as_ref().map(|info| &info.name)),
            );
        }
        for step in STEPS {
            now = step;
            steps.push(match player.act(step).await {
                Ok((ok, detail)) => json!({"step": step, "ok": ok, "detail": detail}),
                Err(error) => json!({"step": step, "ok": false, "why": chain(error.as_ref())}),
            });
        }
        now = "close";
        player
            .service
            .cancel()
            .await
            .map_err(|error| format!("close: {error}"))?;
        Ok::<(), String>(())
    })
    .await;

    let error = match story {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error),
        Err(_) => Some(format!("{now} hung: no answer within {LIMIT:?}")),
    };
    for step in STEPS.iter().skip(steps.len()) {
        let why = if *step == now { "hung" } else { "not reached" };
        steps.push(json!({"step": step, "ok": false, "why": why}));
    }
    let passed = error.is_none()
        && steps
            .iter()
            .all(|step| step.get("ok") == Some(&json!(true)));
    if let Some(report) = report.as_object_mut() {
        error.map(|error| report.insert("error".to_owned(), json!(error)));
        report.insert("steps".to_owned(), json!(steps));
    }
    println!("{report}");
    // A transport that does not end would keep the runtime from ending.
    std::process::exit(i32::from(!passed))
}

/// The error with its causes: rmcp keeps the HTTP status among them.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.contains(&next_text) {
            text = format!("{text}: {next_text}");
        }
        cause = next.source();
    }
    text
}
