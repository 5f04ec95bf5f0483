//! Requests at the door of each listener.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use super::*;
use crate::config::Config;

const SECRET: &str = "a-secret-of-more-than-32-characters";
const NEXT: &str = "another-secret-of-32-characters-or-more";

/// The doors of a configuration with the secrets.
fn doors() -> (Door, Door) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(folder.path().join(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    write("secret", &format!("{SECRET}\n{NEXT}\n"));
    let text = "data = { listen = \"127.0.0.1:0\", secret_file = \"secret\" }\n\
                admin = { listen = \"127.0.0.2:0\", hosts = [\"ops.example\"] }\n\
                policies = { dir = \"p\" }\naudit = { database = \"d\" }\n";
    write("config", text);
    let config = Config::read(&folder.path().join("config")).unwrap();
    let metrics = Arc::new(Metrics::default());
    (
        Door::of_data(&config.data, &config.proof, metrics.clone()),
        Door::of_admin(&config.admin, metrics),
    )
}

/// A request with these headers, one a line.
fn request(method: &str, target: &str, headers: &str) -> Request<()> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers.lines().filter_map(|line| line.split_once(": ")) {
        request = request.header(name.trim(), value);
    }
    request.body(()).unwrap()
}

/// The word for the request, or `in`.
fn fate(door: &Door, request: &Request<()>) -> &'static str {
    let local = Some("127.0.0.1".parse().unwrap());
    let turned = door.judge(request, local);
    let status = door
        .turns_away(request, local)
        .map(|reply| reply.status().as_u16());
    let wanted = turned.as_ref().err().map(|turned| turned.status().as_u16());
    assert_eq!(status, wanted, "what is judged is what is answered");
    turned.map_or_else(|turned| turned.reason(), |()| "in")
}

const GOOD: &str = "host: portcullis\ncontent-type: application/json\n\
                    authorization: Bearer a-secret-of-more-than-32-characters";

#[test]
fn the_filter_comes_in_with_either_secret() {
    let (data, _) = doors();
    for good in [
        GOOD,
        &GOOD.replace(SECRET, NEXT),
        &GOOD.replace("portcullis", "localhost:9191"),
        &GOOD.replace("portcullis", "127.0.0.1:9191"),
        &GOOD.replace("application/json", "Application/JSON; charset=utf-8"),
        &GOOD.replace("Bearer", "bearer"),
    ] {
        assert_eq!(
            fate(&data, &request("POST", "/v1/decide", good)),
            "in",
            "{good}"
        );
    }
}

#[test]
fn questions_of_others_end_at_the_door() {
    let (data, _) = doors();
    let with = |line: &str| format!("{GOOD}\n{line}");
    for (headers, wanted) in [
        (GOOD.replace("portcullis", "evil.example"), "host"),
        (GOOD.replace("host: portcullis", ""), "host"),
        (with("host: portcullis"), "host"),
        (with("host: evil.example"), "host"),
        (with("origin: http://evil.example"), "origin"),
        (with("origin: null"), "origin"),
        (with("origin: http://localhost:9191"), "origin"),
        (with("sec-fetch-site: cross-site"), "origin"),
        (with("sec-fetch-site: same-site"), "origin"),
        (
            with("sec-fetch-site: none\nsec-fetch-site: cross-site"),
            "origin",
        ),
        (with("sec-fetch-site: None"), "origin"),
        (GOOD.replace(SECRET, "x"), "secret"),
        (GOOD.replace(SECRET, SECRET.get(1..).unwrap()), "secret"),
        (GOOD.replace(SECRET, &format!("{SECRET}x")), "secret"),
        (
            GOOD.replace(SECRET, &format!("{SECRET} {SECRET}")),
            "secret",
        ),
        (GOOD.replace(SECRET, &SECRET.to_uppercase()), "secret"),
        (GOOD.replace("Bearer ", ""), "secret"),
        (GOOD.replace("Bearer", "Basic"), "secret"),
        (with(&format!("authorization: Bearer {SECRET}")), "secret"),
        (GOOD.replace("application/json", "text/plain"), "media-type"),
        (
            GOOD.replace("application/json", "application/x-www-form-urlencoded"),
            "media-type",
        ),
        (
            GOOD.replace("application/json", "multipart/form-data"),
            "media-type",
        ),
        (
            GOOD.replace("application/json", "application/jsonp"),
            "media-type",
        ),
        (
            GOOD.replace("application/json", "text/plain; application/json"),
            "media-type",
        ),
        (
            GOOD.replace("application/json", "text/plain, application/json"),
            "media-type",
        ),
        (
            GOOD.replace("content-type: application/json", ""),
            "media-type",
        ),
        (with("content-type: text/plain"), "media-type"),
    ] {
        let request = request("POST", "/v1/redaction", &headers);
        assert_eq!(fate(&data, &request), wanted, "{headers}");
    }
    let preflight = "host: localhost\norigin: http://evil.example\n\
                     access-control-request-method: POST";
    let preflight = request("OPTIONS", "/v1/decide", preflight);
    assert_eq!(fate(&data, &preflight), "origin");
}

#[test]
fn a_target_names_the_same_host_or_none() {
    let (data, admin) = doors();
    let to = |target: &str, wanted: &str| {
        assert_eq!(
            fate(&data, &request("POST", target, GOOD)),
            wanted,
            "{target}"
        );
    };
    to("http://portcullis/v1/decide", "in");
    to("http://evil.example/v1/decide", "target");
    to("http://localhost/v1/decide", "target");
    to("http://me@portcullis/v1/decide", "target");
    let tunnel = request("CONNECT", "evil.example:443", "host: localhost");
    assert_eq!(fate(&admin, &tunnel), "target");
}

#[test]
fn operators_come_in_by_the_listeners_names() {
    let (_, admin) = doors();
    for (headers, wanted) in [
        ("host: localhost:9192", "in"),
        ("host: 127.0.0.1", "in"),
        ("host: ops.example:9192", "in"),
        ("host: localhost\nsec-fetch-site: none", "in"),
        ("host: localhost\nsec-fetch-site: same-origin", "in"),
        ("host: portcullis", "host"),
        ("host: evil.example:9192", "host"),
        ("", "host"),
        ("host: localhost\norigin: http://localhost:9192", "origin"),
        ("host: localhost\nsec-fetch-site: cross-site", "origin"),
    ] {
        let request = request("GET", "/v1/status", headers);
        assert_eq!(fate(&admin, &request), wanted, "{headers}");
    }
}

#[test]
fn a_refusal_explains_itself_and_quotes_no_secret() {
    let (data, admin) = doors();
    let local = None;
    let foreign = request("GET", "/metrics", "host: prometheus.example");
    let turned = admin.judge(&foreign, local).unwrap_err();
    let why = turned.detail("admin");
    assert!(
        why.contains("prometheus.example") && why.contains("`admin.hosts`"),
        "{why}"
    );
    let wrong = request("POST", "/v1/decide", &GOOD.replace(SECRET, "hunter2"));
    let reply = data.turns_away(&wrong, local).unwrap();
    assert_eq!(reply.headers().get(WWW_AUTHENTICATE).unwrap(), "Bearer");
    assert!(
        reply
            .headers()
            .keys()
            .all(|name| !name.as_str().starts_with("access-control"))
    );
    let why = data.judge(&wrong, local).unwrap_err().detail("data");
    assert!(
        why.contains("`policy_server.secret`") && !why.contains("hunter2"),
        "{why}"
    );
    let long = format!("host: {}", "x".repeat(5_000));
    let why = admin.judge(&request("GET", "/", &long), local).unwrap_err();
    assert!(why.detail("admin").len() < 400);
    let text = data.metrics.text().unwrap();
    assert!(
        text.contains("portcullis_turned_away_total{listener=\"data\",reason=\"secret\"} 1"),
        "{text}"
    );
}
