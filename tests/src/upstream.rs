//! An MCP server that writes down every byte that reaches it, and answers what the test wants.
//!
//! Without a script it behaves: handshake with a session, a list of three tools, a result for
//! every call with the request's id. A script takes over for the requests that mention a word.

mod answer;
mod received;

pub use answer::Answer;
pub use received::Received;

use std::io::BufReader;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Value, json};

use crate::mcp;

type Script = Arc<dyn Fn(&Received, &mut Answer) + Send + Sync>;

/// A recording MCP server; it serves until the test program ends.
#[derive(Clone)]
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    scripts: Mutex<Vec<(String, Script)>>,
    sessions: AtomicUsize,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstream")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Upstream {
    /// Listens on a free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Shared>::default();
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address, shared }
    }

    /// Its MCP endpoint.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// What it expects in `Host`.
    #[must_use]
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// What has reached it so far, in order of arrival.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// What has reached it and mentions the word.
    #[must_use]
    pub fn received_with(&self, word: &str) -> Vec<Received> {
        let received = lock(&self.shared.received);
        received
            .iter()
            .filter(|one| one.mentions(word))
            .cloned()
            .collect()
    }

    /// Answers requests that mention the word, in body or headers, in this way. A later script
    /// comes before an earlier one.
    pub fn when(
        &self,
        word: &str,
        script: impl Fn(&Received, &mut Answer) + Send + Sync + 'static,
    ) {
        lock(&self.shared.scripts).insert(0, (word.to_owned(), Arc::new(script)));
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        // Events must not wait for each other.
        let _best_effort = stream.set_nodelay(true);
        let Ok(writer) = stream.try_clone() else {
            return;
        };
        let mut reader = BufReader::new(stream);
        let mut answer = Answer::new(writer);
        while let Some(request) = Received::read(&mut reader) {
            lock(&self.received).push(request.clone());
            match self.script(&request) {
                Some(script) => script(&request, &mut answer),
                None => self.behave(&request, &mut answer),
            }
            if answer.is_closed() {
                return;
            }
        }
    }

    fn script(&self, request: &Received) -> Option<Script> {
        let scripts = lock(&self.scripts);
        let found = scripts.iter().find(|(word, _)| request.mentions(word));
        found.map(|(_, script)| Arc::clone(script))
    }

    fn behave(&self, request: &Received, answer: &mut Answer) {
        let message = request.json();
        match (request.method.as_str(), message["method"].as_str()) {
            ("POST", Some("initialize")) => self.open_session(&message["id"], answer),
            ("POST", Some("tools/list")) => answer.json(&mcp::result(&message["id"], tools())),
            ("POST", Some(_)) if !message["id"].is_null() => {
                answer.json(&mcp::result(&message["id"], mcp::said("ok")));
            }
            ("POST", _) => answer.status(202, "Accepted"),
            ("DELETE", _) => answer.status(200, "OK"),
            ("GET", _) => answer.events(&[]),
            _ => answer.status(405, "Method Not Allowed"),
        }
    }

    fn open_session(&self, id: &Value, answer: &mut Answer) {
        let number = self.sessions.fetch_add(1, Ordering::Relaxed);
        let session = format!("session-{number}-{}", std::process::id());
        let info = json!({"name": "recorder", "version": "1"});
        let result = json!({"protocolVersion": mcp::SESSIONS, "capabilities": {"tools": {}}, "serverInfo": info});
        answer.json_with(&mcp::result(id, result), &[("mcp-session-id", &session)]);
    }
}

fn tools() -> Value {
    let tool = |name: &str, hints: Value| json!({"name": name, "inputSchema": {"type": "object"}, "annotations": hints});
    let tools = [
        tool("echo", json!({"readOnlyHint": true})),
        tool("write_note", json!({"destructiveHint": false})),
        tool("delete_file", json!({"destructiveHint": true})),
        tool("format_disk", json!({"destructiveHint": true})),
    ];
    json!({"tools": tools, "resultType": "complete", "ttlMs": 1000, "cacheScope": "public"})
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A script that panicked has failed its test already.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
