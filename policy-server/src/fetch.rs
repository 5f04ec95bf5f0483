//! The tools of one MCP server, asked for over HTTP as an agent would, in both protocol eras.
//!
//! Each definition keeps the bytes that the server sent, so that its digest is the one that traffic
//! shows; that is why no MCP library is asked. All pages are read, and everything is bounded.
//! Deliberately absent: TLS, which is Envoy's work, and every other method.

mod events;
mod headers;
mod post;

use std::time::Duration;

use hyper::StatusCode;
use portcullis_core::lists::sound_tools;
use portcullis_core::registry::{TOOLS_MAX, ToolEntry};
use portcullis_protocol::names::Name;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

pub(crate) use self::headers::{Header, HeaderError, Headers};
use self::post::{Answer, Posting};
use crate::credential::Credential;
use crate::up::upstream::Upstream;

/// Longest time for all pages together.
const TIME_MAX: Duration = Duration::from_secs(30);

/// Most bytes of all answers together.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// Most pages.
const PAGES_MAX: usize = 1_000;

/// The first version without sessions.
const MODERN: &str = "2026-07-28";

/// The newest version with sessions.
const SESSIONS: &str = "2025-11-25";

/// Which era of the protocol is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Era {
    /// Requests that stand alone (2026-07-28) and, where the server does not know them, sessions
    #[default]
    Auto,
    /// Requests that stand alone (2026-07-28)
    Modern,
    /// A session (2025-11-25 and before)
    Legacy,
}

/// Why there are no tools.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The address begins with `https`.
    #[error(
        "https is not spoken here: put the server behind the gateway and fetch from there, or read \
         what was seen in traffic with `--database`"
    )]
    Tls,
    /// There is no connection, or it broke.
    #[error("cannot reach {authority}: {why}")]
    Connection {
        /// The host and port.
        authority: String,
        /// What failed.
        why: String,
    },
    /// The server wants to know who asks.
    #[error("the server answers {0}: pass a token with `--header-file`")]
    Login(StatusCode),
    /// The server answers with something else than success.
    #[error("the server answers {0}{1}")]
    Status(StatusCode, String),
    /// The answer is an error of the protocol.
    #[error("the server refuses `{0}`: {1}")]
    Refused(&'static str, String),
    /// The answer cannot be read.
    #[error("the answer to `{0}` {1}")]
    Unsound(&'static str, &'static str),
    /// There is too much of it.
    #[error("the server lists more than {TOOLS_MAX} tools, {PAGES_MAX} pages or {BYTES_MAX} bytes")]
    TooMuch,
    /// It takes too long.
    #[error("the server has not listed its tools within {} seconds", TIME_MAX.as_secs())]
    TooSlow,
}

/// What a server lists.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The tools in the server's order.
    pub(crate) tools: Vec<(Name, ToolEntry)>,
    /// How many items have no plain name, or one that is there twice. No agent sees them.
    pub(crate) unsound: usize,
}

/// Asks a server for all of its tools.
///
/// # Errors
/// It cannot be reached, or does not list them.
pub(crate) async fn fetch(
    upstream: &Upstream,
    headers: Headers,
    era: Era,
) -> Result<Fetched, FetchError> {
    let mut talk = Talk {
        posting: Posting::new(upstream, headers, BYTES_MAX)?,
        id: 0,
        version: MODERN,
        session: None,
    };
    let listing = async {
        let modern = match era {
            Era::Legacy => None,
            Era::Auto | Era::Modern => Some(talk.list().await),
        };
        match modern {
            Some(Err(error)) if era == Era::Auto && error.may_be_of_another_era() => {}
            Some(done) => return done,
            None => {}
        }
        talk.open().await?;
        let listed = talk.list().await;
        talk.close().await;
        listed
    };
    let items = tokio::time::timeout(TIME_MAX, listing).await;
    let items = items.map_err(|_| FetchError::TooSlow)??;
    let raw: Vec<&RawValue> = items.iter().map(|item| &**item).collect();
    let tools = sound_tools(&raw);
    let unsound = raw.len() - tools.len();
    Ok(Fetched { tools, unsound })
}

impl FetchError {
    /// Whether a server that only knows sessions answers like this.
    const fn may_be_of_another_era(&self) -> bool {
        match self {
            Self::Refused(..) | Self::Unsound(..) => true,
            Self::Status(status, _) => status.as_u16() / 100 == 4,
            Self::Tls | Self::Connection { .. } | Self::Login(_) => false,
            Self::TooMuch | Self::TooSlow => false,
        }
    }
}

/// A conversation with one server.
struct Talk {
    posting: Posting,
    id: u64,
    version: &'static str,
    session: Option<Credential>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Page {
    tools: Vec<Box<RawValue>>,
    #[serde(rename = "nextCursor")]
    next: Option<String>,
}

impl Talk {
    /// All items of all pages.
    async fn list(&mut self) -> Result<Vec<Box<RawValue>>, FetchError> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let params = match &cursor {
                Some(cursor) => json!({ "cursor": cursor }),
                None => json!({}),
            };
            let result = self.ask("tools/list", params).await?;
            let unsound = |_| FetchError::Unsound("tools/list", "has no array `tools`");
            let page: Page = serde_json::from_str(&result).map_err(unsound)?;
            all.extend(page.tools);
            if all.len() > TOOLS_MAX {
                return Err(FetchError::TooMuch);
            }
            match page.next {
                None => return Ok(all),
                next if next == cursor => {
                    return Err(FetchError::Unsound(
                        "tools/list",
                        "leads to the same page again",
                    ));
                }
                next => cursor = next,
            }
        }
        Err(FetchError::TooMuch)
    }

    /// The handshake of a session.
    async fn open(&mut self) -> Result<(), FetchError> {
        self.version = SESSIONS;
        let params = json!({
            "protocolVersion": SESSIONS,
            "capabilities": {},
            "clientInfo": { "name": "portcullis", "version": env!("CARGO_PKG_VERSION") },
        });
        self.ask("initialize", params).await?;
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let answer = self.post("notifications/initialized", &ready, None).await?;
        successful(&answer)
    }

    /// Ends the session. A server that does not let us will forget it in its own time.
    async fn close(&mut self) {
        if let Some(session) = &self.session {
            let _ = self.posting.delete(session, self.version).await;
        }
    }

    /// Puts one request: its result as text.
    async fn ask(&mut self, method: &'static str, mut params: Value) -> Result<String, FetchError> {
        self.id += 1;
        if self.version == MODERN
            && let Some(params) = params.as_object_mut()
        {
            params.insert("_meta".to_owned(), meta());
        }
        let body = json!({ "jsonrpc": "2.0", "id": self.id, "method": method, "params": params });
        let answer = self.post(method, &body, Some(self.id)).await?;
        login(&answer)?;
        let message = answer
            .message
            .as_deref()
            .map(serde_json::from_str::<Message<'_>>);
        match message {
            Some(Ok(Message {
                error: Some(refusal),
                ..
            })) => {
                let why = format!("{} ({})", shown(&refusal.message), refusal.code);
                Err(FetchError::Refused(method, why))
            }
            Some(Ok(Message {
                result: Some(result),
                ..
            })) => {
                successful(&answer)?;
                if method == "initialize" {
                    self.session.clone_from(&answer.session);
                }
                Ok(result.get().to_owned())
            }
            _ => {
                successful(&answer)?;
                Err(FetchError::Unsound(method, "is no message of JSON-RPC"))
            }
        }
    }

    async fn post(
        &mut self,
        method: &'static str,
        body: &Value,
        id: Option<u64>,
    ) -> Result<Answer, FetchError> {
        let modern = self.version == MODERN;
        let mut extra = Vec::new();
        if method != "initialize" {
            extra.push(("mcp-protocol-version", self.version));
        }
        if modern {
            extra.push(("mcp-method", method));
        }
        if let Some(session) = &self.session {
            extra.push(("mcp-session-id", session.expose()));
        }
        self.posting.post(method, body, &extra, id).await
    }
}

/// What a request that stands alone says of its sender.
fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo":
            { "name": "portcullis", "version": env!("CARGO_PKG_VERSION") },
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// Refuses an answer that asks for a login, whatever its body says.
const fn login(answer: &Answer) -> Result<(), FetchError> {
    match answer.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(FetchError::Login(answer.status)),
        _ => Ok(()),
    }
}

/// Refuses an answer whose status is no success.
fn successful(answer: &Answer) -> Result<(), FetchError> {
    match answer.status {
        status if status.is_success() => Ok(()),
        status => {
            let said = shown(answer.message.as_deref().unwrap_or_default());
            let said = if said.is_empty() {
                said
            } else {
                format!(": {said}")
            };
            Err(FetchError::Status(status, said))
        }
    }
}

/// What somebody else said, short and in one line.
fn shown(text: &str) -> String {
    let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    visible.take(200).collect()
}
