//! A small world around one exchange: a configuration, a caller, and a policy server that says
//! what the test wants.

use std::cell::RefCell;
use std::rc::Rc;

use portcullis_filter::config::Config;
use portcullis_filter::exchange::{
    Ask, Claims, Effect, Exchange, Gate, Input, LocalReply, Origin, ReplyHead, RequestHead,
    ResponseHead, Tell,
};
use portcullis_filter::rules::KnownRules;
use portcullis_filter::sessions::KnownSessions;
use portcullis_filter::vm::Vm;
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::CallId;
use portcullis_protocol::wire::Report;
use serde_json::{Value, json};

use crate::known::{knowing, rules_digest};

pub(crate) const CONFIG: &str = r#"{
    "policy_server": {"cluster": "portcullis", "timeout_ms": 2000},
    "servers": [{"name": "demo", "path": "/demo/mcp", "cluster": "mcp-demo",
                 "upstream_path": "/mcp", "upstream_authority": "up:1", "query": ["team"], "pass_methods": ["x/ours"]}],
    "hosts": ["gate:1"], "origins": ["http://gate:1"],
    "identity": {"provider_metadata": "jwt_payload", "roles_claim": "roles", "agent_claim": "agent",
                 "trusted_agent_peers": ["10.0.0.1"]},
    "resource_metadata": "http://gate:1/.well-known/oauth-protected-resource"
}"#;

/// What became of the request and the answer so far.
pub(crate) struct World {
    pub(crate) exchange: Exchange,
    pub(crate) asks: Vec<Ask>,
    pub(crate) forwarded: usize,
    pub(crate) replies: Vec<LocalReply>,
    pub(crate) heads: Vec<ReplyHead>,
    pub(crate) body: Vec<u8>,
    pub(crate) answer: Gate,
    pub(crate) tells: Vec<Tell>,
    pub(crate) reports: Vec<Report>,
    /// Lines of Envoy's log.
    pub(crate) notes: Vec<String>,
    pub(crate) resets: usize,
    pub(crate) stripped: Vec<String>,
    /// What became of the held request's headers and body.
    pub(crate) set: Vec<(String, String)>,
    pub(crate) sent: Option<String>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) claims: Option<Claims>,
    pub(crate) peer: &'static str,
    pub(crate) last: bool,
    pub(crate) now_us: u64,
    /// What the policy server says that its verdicts are given under.
    pub(crate) epoch: Digest,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::sharing(Rc::default())
    }

    pub(crate) fn sharing(known: Rc<RefCell<KnownSessions>>) -> Self {
        Self::within(known, knowing(&json!({})))
    }

    /// In a VM that knows these redaction rules.
    pub(crate) fn ruled(rules: &Value) -> Self {
        Self::within(Rc::default(), knowing(rules))
    }

    pub(crate) fn within(
        known: Rc<RefCell<KnownSessions>>,
        rules: Rc<RefCell<KnownRules>>,
    ) -> Self {
        let vm = Vm::new(Config::parse(CONFIG.as_bytes()).unwrap());
        Self::in_vm(Vm { known, rules, ..vm })
    }

    pub(crate) fn in_vm(vm: Vm) -> Self {
        let exchange = Exchange::new(vm, CallId::from_bytes([7; 16]), BEGAN_US);
        let headers = [
            (":method", "POST"),
            (":path", "/demo/mcp"),
            (":authority", "gate:1"),
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
        ];
        Self {
            exchange,
            asks: vec![],
            forwarded: 0,
            replies: vec![],
            heads: vec![],
            body: vec![],
            answer: Gate::Hold,
            tells: vec![],
            reports: vec![],
            notes: vec![],
            resets: 0,
            stripped: vec![],
            set: vec![],
            sent: None,
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.into()))
                .to_vec(),
            claims: Some(Claims {
                issuer: "https://issuer".to_owned(),
                subject: "alice".to_owned(),
                roles: Some(vec!["developer".to_owned()]),
                agent: None,
                expires_s: None,
            }),
            peer: "10.0.0.9:4711",
            last: false,
            now_us: BEGAN_US + 1_000,
            epoch: Digest::of(b"epoch"),
        }
    }

    /// Sets a header, in the place of any of its name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(key, _)| key != name);
        self.add(name, value)
    }

    /// Adds a header beside those of its name.
    pub(crate) fn add(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A head without a body.
    pub(crate) fn bare(mut self, method: &str) -> Self {
        self.last = true;
        self.header(":method", method)
    }

    pub(crate) fn modern(self, method: &str, name: Option<&str>) -> Self {
        let world = self
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method);
        match name {
            Some(name) => world.header("mcp-name", name),
            None => world,
        }
    }

    pub(crate) fn step(&mut self, input: Input<'_>) {
        for effect in self.exchange.step(input, self.now_us) {
            match effect {
                Effect::Ask(ask) => self.asks.push(ask),
                Effect::StripRequest(names) | Effect::StripTrailers(names) => {
                    self.stripped.extend(names);
                }
                Effect::SetRequest(set) => {
                    // The same for every request.
                    let plain = |(name, _): &(String, String)| name != "accept-encoding";
                    self.set.extend(set.into_iter().filter(plain));
                }
                Effect::RequestBody(body) => self.sent = String::from_utf8(body).ok(),
                Effect::Forward(_) => self.forwarded += 1,
                Effect::Reply(reply) => self.replies.push(reply),
                Effect::ReplyHead(head) => self.heads.push(head),
                Effect::Body(bytes) => self.body.extend(bytes),
                Effect::Answer(gate) => self.answer = gate,
                Effect::Reset => self.resets += 1,
                Effect::Tell(tell) => self.tells.push(tell),
                Effect::Report(report) => self.reports.push(report),
                Effect::Note(line) => self.notes.push(line),
            }
        }
    }

    /// Sends the head and a whole body.
    pub(crate) fn send(mut self, body: &str) -> Self {
        self.open();
        if self.exchange.is_reading() {
            self.step(Input::RequestEnd(body.into()));
        }
        self
    }

    pub(crate) fn open(&mut self) {
        let (headers, claims) = (self.headers.clone(), self.claims.clone());
        let (peer, last) = (self.peer, self.last);
        self.step(Input::RequestHead(RequestHead {
            headers: &headers,
            claims: claims.as_ref(),
            peer,
            last,
        }));
    }

    pub(crate) fn question(&self) -> Value {
        serde_json::from_slice(&self.asks.last().expect("a question is out").body).unwrap()
    }

    /// The policy server answers the last question with this verdict.
    pub(crate) fn verdict(mut self, verdict: Value) -> Self {
        let question = self.question();
        let answer = json!({
            "call": question["call"], "digest": question["digest"],
            "policies": question["digest"], "epoch": self.epoch, "verdict": verdict,
        });
        self.answered(200, &answer.to_string());
        self
    }

    /// Allows on these terms, under the rules that the world knows.
    pub(crate) fn terms(self, terms: Value) -> Self {
        let mut terms = terms;
        terms["rules"] = json!(rules_digest());
        self.verdict(json!({"outcome": "allow", "redaction": terms}))
    }

    pub(crate) fn allow(self) -> Self {
        self.terms(json!({}))
    }

    pub(crate) fn deny(self, shape: &str) -> Self {
        self.verdict(json!({"outcome": "deny", "shape": shape, "message": "Denied by policy."}))
    }

    pub(crate) fn standing(mut self, standing: &str) -> Self {
        let question = self.question();
        let answer =
            json!({"call": question["call"], "session": question["session"], "standing": standing});
        self.answered(200, &answer.to_string());
        self
    }

    pub(crate) fn answered(&mut self, status: u16, body: &str) {
        self.step(Input::Answered {
            status,
            body: body.as_bytes(),
        });
    }

    /// The MCP server answers with this head.
    pub(crate) fn head(mut self, status: u16, content_type: &str, extra: &[(&str, &str)]) -> Self {
        let mut headers = vec![(":status".to_owned(), status.to_string().into_bytes())];
        headers.push(("content-type".to_owned(), content_type.into()));
        headers.extend(
            extra
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).into())),
        );
        self.step(Input::ResponseHead(ResponseHead {
            headers: &headers,
            last: false,
            from: Origin::Server,
        }));
        self
    }

    pub(crate) fn chunk(mut self, bytes: &str, last: bool) -> Self {
        self.step(Input::ResponseChunk {
            bytes: bytes.as_bytes(),
            last,
        });
        self
    }

    /// The stream is cut off: at once, or when it goes on behind the agent's last word.
    pub(crate) fn cut_off(self) -> Self {
        let world = match self.resets {
            0 => self.chunk(": more\n", false),
            _ => self,
        };
        assert_eq!(world.resets, 1, "{}", world.text());
        world
    }

    /// The events that the agent got, without comments; the data of an answer of ours is its reason.
    pub(crate) fn said(&self) -> String {
        let lines = self.text().split_inclusive('\n');
        let said: String = lines.filter(|line| *line != ":\n").collect();
        let events = said.split_inclusive("\n\n").map(|event| {
            let ours = ["answer was ", "answered with"]
                .iter()
                .any(|word| event.contains(word));
            if ours { "OURS" } else { event }
        });
        events.collect()
    }

    pub(crate) fn gone(mut self) -> Self {
        self.step(Input::Gone);
        self
    }

    /// What the agent got of a stream or a replaced answer.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The reply in the policy server's or our own words.
    pub(crate) fn reply(&self) -> (u16, Value) {
        assert_eq!(self.forwarded, 0, "a refused request went on");
        let reply = self.replies.last().expect("a reply");
        (
            reply.status,
            serde_json::from_slice(&reply.body).unwrap_or(Value::Null),
        )
    }
}

/// When every exchange begins, in microseconds since 1970.
pub(crate) const BEGAN_US: u64 = 1_800_000_000_000_000;

/// A `tools/call` of the session era.
pub(crate) fn call(tool: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
           "params": {"name": tool, "arguments": {"text": "hi"}}})
    .to_string()
}

/// A request of the stateless era.
pub(crate) fn modern_call(method: &str, params: Value) -> String {
    let mut params = params;
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": "m-1", "method": method, "params": params}).to_string()
}

/// A sound answer to [`call`].
pub(crate) const RESULT: &str =
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"hi"}]}}"#;

/// A call that was let through.
pub(crate) fn allowed() -> World {
    World::new().send(&call("echo")).allow()
}
