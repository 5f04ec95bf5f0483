//! What is asked of the host, in calls that cannot panic: the second and last file that names
//! proxy-wasm.

use std::cell::RefCell;
use std::time::{Duration, UNIX_EPOCH};

use portcullis_protocol::characters::shown;
use portcullis_protocol::secret::{SECRET_HEADER, SharedSecret};
use portcullis_protocol::wire::{AUTHORITY, LISTS_PATH};
use proxy_wasm::hostcalls;
use proxy_wasm::types::{BufferType, LogLevel, MapType};

use crate::claims;
use crate::config::Config;
use crate::exchange::{Claims, LocalReply, Origin, ReplyHead, Tell};
use crate::notices::Notices;

thread_local! {
    /// What the log takes: a VM has one thread.
    static NOTICES: RefCell<Notices> = RefCell::default();
}

const LENGTH: &str = "content-length";

pub(super) fn send(reply: &LocalReply) {
    let (status, headers) = (u32::from(reply.status), borrowed(&reply.headers));
    let body = Some(reply.body.as_slice());
    note(hostcalls::send_http_response(status, headers, body));
}

pub(super) fn borrowed<'a>(headers: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

/// Sends a message to the MCP server; its answer is of no interest.
pub(super) fn tell_server(tell: &Tell, timeout: Duration) {
    let headers = borrowed(&tell.headers);
    let body = Some(tell.body.as_slice());
    let sent = hostcalls::dispatch_http_call(&tell.cluster, headers, body, vec![], timeout);
    note(sent.map(|_| ()));
}

/// Sends a question or a batch, with the secret where there is one; the token, or nothing.
pub(super) fn dispatch(config: &Config, path: &str, body: &[u8], timeout: Duration) -> Option<u32> {
    let bearer = config.policy_secret.as_ref().map(SharedSecret::bearer);
    let mut headers = vec![
        (":method", "POST"),
        (":path", path),
        (":authority", AUTHORITY),
        ("content-type", "application/json"),
    ];
    headers.extend(bearer.as_deref().map(|bearer| (SECRET_HEADER, bearer)));
    let cluster = config.policy_cluster.as_str();
    let timeout = timeout * patience(path);
    let sent = hostcalls::dispatch_http_call(cluster, headers, Some(body), vec![], timeout);
    if let Err(status) = &sent {
        let text = format!("the policy server cannot be asked: {status:?}");
        log(LogLevel::Error, &text);
    }
    sent.ok()
}

/// The status of the answer to a question; 0 when there is none.
pub(super) fn answer_status() -> u16 {
    let status = hostcalls::get_map_value_bytes(MapType::HttpCallResponseHeaders, ":status");
    let text = status
        .ok()
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let status = text.and_then(|text| text.parse().ok()).unwrap_or(0);
    if let Some(why) = turned_away(status) {
        log(LogLevel::Error, why);
    }
    status
}

/// Why the policy server does not listen to this filter, when that is a matter of configuration.
const fn turned_away(status: u16) -> Option<&'static str> {
    match status {
        401 => Some(
            "the policy server refuses this filter's secret: `policy_server.secret` must be a line \
             of its `data.secret_file`",
        ),
        403 => Some("the policy server refuses this filter's `Host`: see the policy server's log"),
        _ => None,
    }
}

pub(super) fn set_reply_head(head: &ReplyHead) {
    let map = MapType::HttpResponseHeaders;
    strip(map, &head.remove);
    for (name, value) in &head.set {
        note(hostcalls::set_map_value(map, name, Some(value)));
    }
    if let Some(status) = head.status {
        note(hostcalls::set_map_value(
            map,
            ":status",
            Some(&status.to_string()),
        ));
    }
}

pub(super) fn read_claims(config: &Config) -> Option<Claims> {
    let metadata = property(vec!["metadata"])?;
    claims::read(&config.identity, &metadata)
}

/// The peer's address, where it matters.
pub(super) fn peer(config: &Config) -> Option<String> {
    let matters = !config.identity.trusted_agent_peers.is_empty();
    let address = matters.then(|| property(vec!["source", "address"]));
    String::from_utf8(address??).ok()
}

pub(super) fn property(path: Vec<&str>) -> Option<Vec<u8>> {
    hostcalls::get_property(path).ok().flatten()
}

/// Only where the host has a body: elsewhere the SDK panics.
pub(super) fn set_body(bytes: &[u8]) {
    let body = BufferType::HttpResponseBody;
    note(hostcalls::set_buffer(body, 0, usize::MAX, bytes));
}

/// Puts another body into the request that is held, with its length where one was stated: with the
/// old length the server would wait for ever, or read another request.
pub(super) fn set_request_body(bytes: &[u8]) {
    let map = MapType::HttpRequestHeaders;
    let stated = hostcalls::get_map_value_bytes(map, LENGTH).ok().flatten();
    if stated.is_some() {
        let length = bytes.len().to_string();
        note(hostcalls::set_map_value(map, LENGTH, Some(&length)));
    }
    let body = BufferType::HttpRequestBody;
    note(hostcalls::set_buffer(body, 0, usize::MAX, bytes));
}

/// Gives headers of the request that is held other values.
pub(super) fn set_request_headers(headers: &[(String, String)]) {
    let map = MapType::HttpRequestHeaders;
    for (name, value) in headers {
        note(hostcalls::set_map_value(map, name, Some(value)));
    }
}

/// Takes headers or trailers out.
/// How many times longer than a verdict an answer may take: a list is judged item by item, when it is its
/// server's turn.
fn patience(path: &str) -> u32 {
    if path == LISTS_PATH { 3 } else { 1 }
}

pub(super) fn strip(map: MapType, names: &[String]) {
    for name in names {
        note(hostcalls::remove_map_value(map, name));
    }
}

pub(super) fn buffer(which: BufferType, size: usize) -> Vec<u8> {
    hostcalls::get_buffer(which, 0, size)
        .ok()
        .flatten()
        .unwrap_or_default()
}

pub(super) fn now_us() -> u64 {
    let now = hostcalls::get_current_time().ok();
    let since = now.and_then(|now| now.duration_since(UNIX_EPOCH).ok());
    since
        .and_then(|since| u64::try_from(since.as_micros()).ok())
        .unwrap_or(0)
}

/// A host call that failed leaves the stream held; the log says which.
pub(super) fn note(result: Result<(), proxy_wasm::types::Status>) {
    if let Err(status) = result {
        log(LogLevel::Warn, &format!("a host call failed: {status:?}"));
    }
}

/// Who wrote the head of the answer. Of Envoy's own only errors matter.
pub(super) fn origin(headers: &[(String, Vec<u8>)]) -> Origin {
    let mut status = headers.iter().filter(|(name, _)| name == ":status");
    if !status.any(|(_, status)| status.starts_with(b"5")) {
        return Origin::Server;
    }
    let details = property(vec!["response", "code_details"]);
    match details.as_deref() {
        Some(b"via_upstream") | None => Origin::Server,
        Some(_) => Origin::Envoy,
    }
}

/// Says something in Envoy's log, unless too much was said just now.
pub(super) fn log(level: LogLevel, text: &str) {
    let says = NOTICES.with(|notices| notices.borrow_mut().says());
    if says {
        say(level, text);
    }
}

/// Time has passed: says how many lines were left out.
pub(super) fn tell_unsaid() {
    if let Some(unsaid) = NOTICES.with(|notices| notices.borrow_mut().rested()) {
        let text =
            format!("{unsaid} more lines were left out; outcomes and refusals are on record");
        say(LogLevel::Warn, &text);
    }
}

fn say(level: LogLevel, text: &str) {
    // Where even the log fails there is nobody left to tell.
    let _ = hostcalls::log(level, &shown(text));
}
