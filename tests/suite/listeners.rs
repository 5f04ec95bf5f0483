//! Who may talk to the policy server: a filter with its secret, an operator by the listener's name,
//! and no web page. Whose files it believes: nobody else's.

mod files;
mod gateway;

use std::path::Path;
use std::process::Command;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use portcullis_tests::child::Child;
use portcullis_tests::serving::{SECRET, Serving, question};
use portcullis_tests::wait::PATIENCE;
use portcullis_tests::wire::{self, Connection, Request, Response};
use serde_json::json;
use tempfile::TempDir;

const PERMIT: &str = "@id(\"all\") permit (principal, action, resource);\n";
const SECTIONS: &str =
    "policies = { dir = \"policies\" }\naudit = { database = \"audit.db\", sync = \"os\" }\n";

/// One server for all, with a key of redaction.
static SERVING: LazyLock<Mutex<(TempDir, Serving)>> = LazyLock::new(|| {
    let folder = desk();
    let key = "8".repeat(64);
    portcullis_tests::serving::write_private(&folder.path().join("key"), &key);
    let sections = format!("{SECTIONS}redaction = {{ key_file = \"key\" }}\n");
    let serving = Serving::start(folder.path(), "log", &sections);
    Mutex::new((folder, serving))
});

fn serving() -> MutexGuard<'static, (TempDir, Serving)> {
    SERVING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder with a policy.
fn desk() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("policies")).unwrap();
    let policy = folder.path().join("policies/a.cedar");
    std::fs::write(policy, PERMIT).unwrap();
    folder
}

/// What a filter asks to have the rules and keys.
fn keys() -> Request {
    let body = json!({"call": "00112233445566778899aabbccddeeff"}).to_string();
    question("/v1/redaction", body)
}

/// A refusal that explains itself, holds no key, and that no page of another site can read.
fn is_refused(response: &Response, status: u16, what: &str) {
    let text = response.text();
    assert_eq!(response.status, status, "{what}: {text}");
    assert_eq!(
        response.header("content-type"),
        Some("application/problem+json"),
        "{what}"
    );
    let detail = response.json()["detail"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(detail.len() > 20, "{what}: {text}");
    assert!(
        !text.contains("marks") && !text.contains(SECRET),
        "{what}: {text}"
    );
    is_closed_to_pages(response);
}

fn is_closed_to_pages(response: &Response) {
    let mut names = response.headers.iter().map(|(name, _)| name.as_str());
    assert!(!names.any(|name| name.starts_with("access-control-")));
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        response.header("cross-origin-resource-policy"),
        Some("same-origin")
    );
}

/// How many requests the listener says that it turned away.
fn turned_away(serving: &Serving, listener: &str, reason: &str) -> u64 {
    let line =
        format!("portcullis_turned_away_total{{listener=\"{listener}\",reason=\"{reason}\"}} ");
    let text = serving.admin("/metrics").text();
    let count = text.lines().find_map(|text| text.strip_prefix(&line));
    count.map_or(0, |count| count.parse().unwrap())
}

#[test]
fn keys_leave_with_the_secret_and_in_no_other_way() {
    let held = serving();
    let serving = &held.1;
    let send = |request: &Request| wire::send(serving.data(), request);
    let answer = send(&keys());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["keys"]["marks"].as_str().unwrap().len(), 64);
    is_closed_to_pages(&answer);
    for (what, request, status) in [
        ("no secret", keys().without("authorization"), 401),
        ("another", keys().set("authorization", "Bearer x"), 401),
        (
            "its start",
            keys().set("authorization", &format!("Bearer {}", &SECRET[..38])),
            401,
        ),
        ("no scheme", keys().set("authorization", SECRET), 401),
        (
            "in another header",
            keys().without("authorization").header("x-secret", SECRET),
            401,
        ),
        (
            "in the query",
            keys()
                .without("authorization")
                .target(&format!("/v1/redaction?{SECRET}")),
            401,
        ),
        ("two", keys().header("authorization", "Bearer x"), 401),
        ("rebound", keys().set("host", "evil.example:9191"), 403),
        (
            "origin",
            keys().header("origin", "http://evil.example"),
            403,
        ),
        ("null origin", keys().header("origin", "null"), 403),
        (
            "a form",
            keys().set("content-type", "application/x-www-form-urlencoded"),
            415,
        ),
        (
            "text",
            keys().set("content-type", "text/plain;charset=UTF-8"),
            415,
        ),
        ("no type", keys().without("content-type"), 415),
    ] {
        is_refused(&send(&request), status, what);
    }
}

#[test]
fn a_web_page_posts_nothing_to_the_data_listener() {
    let held = serving();
    let serving = &held.1;
    let before = turned_away(serving, "data", "origin");
    // What a page can have a browser send without asking, and with asking.
    let page = |path: &str| {
        question(path, "{}")
            .without("authorization")
            .set("host", serving.data())
    };
    for path in [
        "/v1/lists",
        "/v1/outcomes",
        "/v1/decide",
        "/v1/sessions",
        "/v1/structured",
        "/v1/epoch",
        "/x",
    ] {
        for request in [
            page(path)
                .set("content-type", "text/plain")
                .header("origin", "http://evil.example"),
            page(path).header("origin", "https://evil.example"),
            page(path).header("sec-fetch-site", "cross-site"),
            page(path)
                .header("sec-fetch-site", "same-site")
                .set("content-type", "text/plain"),
            page(path)
                .method("OPTIONS")
                .header("origin", "http://evil.example")
                .header("access-control-request-method", "POST")
                .header("access-control-request-private-network", "true"),
            page(path)
                .method("GET")
                .header("origin", "http://evil.example"),
        ] {
            is_refused(&wire::send(serving.data(), &request), 403, path);
        }
        // A command on the machine has no origin, and no secret.
        is_refused(&wire::send(serving.data(), &page(path)), 401, path);
    }
    assert_eq!(turned_away(serving, "data", "origin") - before, 42);
    let lines = serving.log().matches("a request was turned away").count();
    assert!(
        lines < 30,
        "the log is not filled by strangers: {lines} lines"
    );
}

#[test]
fn the_admin_listener_answers_to_its_names_only() {
    let held = serving();
    let serving = &held.1;
    let authority = serving.admin_address();
    let port = authority.rsplit(':').next().unwrap();
    let get = |host: &str| Request::new("GET", "/metrics").header("host", host);
    for host in [
        authority,
        &format!("localhost:{port}"),
        &format!("127.0.0.1:{port}"),
        "LocalHost",
        "ops.example",
        "ops.example:9192",
    ] {
        let response = wire::send(authority, &get(host));
        assert_eq!(response.status, 200, "{host}: {}", response.text());
        is_closed_to_pages(&response);
    }
    for host in [
        "evil.example",
        &format!("evil.example:{port}"),
        "localhost.evil.example",
        "portcullis",
        "127.0.0.1.evil.example",
        "127.0.0.3",
        "0.0.0.0",
        "localhost@evil.example",
        "evil.example#localhost",
        "localhost, evil.example",
        "",
    ] {
        is_refused(&wire::send(authority, &get(host)), 403, host);
    }
    for request in [
        get(authority).header("host", authority),
        get(authority).header("Host", "evil.example"),
        get(authority).without("host"),
        get(authority).header("origin", "http://evil.example"),
        get(authority).header("origin", &format!("http://{authority}")),
        get(authority).header("sec-fetch-site", "cross-site"),
        get(authority).target("http://evil.example/metrics"),
        get(authority).target(&format!("http://localhost:{port}/metrics")),
    ] {
        is_refused(
            &wire::send(authority, &request),
            403,
            &format!("{request:?}"),
        );
    }
    let whole = get(authority).target(&format!("http://{authority}/metrics"));
    assert_eq!(wire::send(authority, &whole).status, 200);
    let posted = get(authority)
        .method("POST")
        .set("content-type", "application/json");
    assert_eq!(wire::send(authority, &posted).status, 405);
    let asked = get(authority).method("OPTIONS");
    assert_eq!(wire::send(authority, &asked).status, 405);
}

/// Bytes of a request as somebody wrote them, and the status of the answer.
fn status_of(authority: &str, bytes: &str) -> u16 {
    let mut connection = Connection::open(authority);
    connection.write(bytes.as_bytes());
    connection.head().status
}

#[test]
fn old_and_odd_heads_do_not_get_around_the_host() {
    let held = serving();
    let authority = held.1.admin_address();
    let good = format!("GET /livez HTTP/1.0\r\nhost: {authority}\r\n\r\n");
    assert_eq!(status_of(authority, &good), 200);
    for bytes in [
        "GET /livez HTTP/1.0\r\n\r\n".to_owned(),
        "GET /livez HTTP/1.1\r\n\r\n".to_owned(),
        "GET /livez HTTP/1.0\r\nhost: evil.example\r\n\r\n".to_owned(),
        "GET http://evil.example/livez HTTP/1.0\r\n\r\n".to_owned(),
        format!("GET http://{authority}/livez HTTP/1.0\r\n\r\n"),
        format!("GET http://evil.example/livez HTTP/1.1\r\nhost: {authority}\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\nhost: {authority}\r\nhost: {authority}\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\nhost: {authority}\r\n evil.example\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\nhost : {authority}\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\nx-forwarded-host: {authority}\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\nhost: {authority}\r\norigin:\r\n\r\n"),
        format!("CONNECT evil.example:443 HTTP/1.1\r\nhost: {authority}\r\n\r\n"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
    ] {
        let status = status_of(authority, &bytes);
        assert!(
            matches!(status, 0 | 400 | 403 | 405 | 505),
            "{status}: {bytes}"
        );
    }
    // The first request of a connection opens nothing for the next.
    let mut connection = Connection::open(authority);
    let first = format!("GET /livez HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    let second = first.replace(authority, "evil.example");
    connection.write(format!("{first}{second}").as_bytes());
    assert_eq!(connection.response(true).status, 200);
    assert_eq!(connection.response(true).status, 403);
}

/// Runs a command that must end by itself: its exit code and words.
fn ends(command: &mut Command) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let child = Child::start("portcullis", command, &log, None);
    let status = child.finish(PATIENCE);
    (status.code(), std::fs::read_to_string(&log).unwrap())
}

/// Runs `portcullis serve` on this configuration, which must not start: its exit code and words.
fn does_not_serve(folder: &Path, config: &str) -> (Option<i32>, String) {
    let path = folder.join("refused.toml");
    std::fs::write(&path, config).unwrap();
    let mut command = Command::new(portcullis_tests::parts::portcullis());
    ends(command.args(["serve", "--config"]).arg(&path))
}

#[test]
fn a_data_listener_on_tcp_without_a_secret_does_not_start() {
    let folder = desk();
    for listen in [
        "127.0.0.1:0",
        "[::1]:0",
        "0.0.0.0:0\", allow_remote = true, hosts = [\"a",
    ] {
        let close = if listen.contains("hosts") {
            "\"] }"
        } else {
            "\" }"
        };
        let config = format!(
            "data = {{ listen = \"{listen}{close}\nadmin = {{ listen = \"127.0.0.2:0\" }}\n{SECTIONS}"
        );
        let (code, why) = does_not_serve(folder.path(), &config);
        assert_eq!(code, Some(64), "{why}");
        assert!(
            why.contains("data.secret_file") && why.contains("unix:PATH"),
            "{why}"
        );
    }
}
