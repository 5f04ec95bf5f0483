//! The tools of a server: fetched by the command line, pinned in a policy folder, and compared with
//! what the policy server sees later. Real processes, without Envoy: nothing here passes through it.

use std::fs;
use std::path::Path;
use std::process::Command;

use portcullis_protocol::digest::Digest;
use portcullis_tests::server::Server;
use portcullis_tests::serving::Serving;
use portcullis_tests::upstream::{Answer, Received, Upstream};
use portcullis_tests::wire::{self, Request};
use portcullis_tests::{mcp, parts};
use serde_json::{Value, json};

/// A policy on an argument of one tool.
const ON_TEXT: &str = r#"
@id("short") permit (principal, action == Mcp::Action::"demo/echo", resource)
when { context.input.text like "a*" };
"#;

const ECHO: &str = r#"{"name":"echo","inputSchema":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}}"#;

/// Runs `portcullis policy`: exit code, output, errors.
fn policy(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(parts::portcullis());
    let output = command.arg("policy").args(arguments).output();
    let output = output.expect("portcullis runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn fetch(url: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let mut arguments = vec!["schema", "--server", "demo", "--url", url];
    arguments.extend(more);
    policy(&arguments)
}

/// The digest of each tool's definition.
fn definitions(report: &str) -> Vec<(Value, Value)> {
    let report: Value = serde_json::from_str(report).expect("a report");
    let tools = report["tools"].as_array().expect("tools");
    let pair = |tool: &Value| (tool["name"].clone(), tool["definition"].clone());
    tools.iter().map(pair).collect()
}

/// A policy on an argument of whichever tool has it.
const ON_ANY_TEXT: &str = r#"
@id("any-short") permit (principal, action in Mcp::Action::"tools/call", resource)
when { context has input && context.input has text && context.input.text like "a*" };
"#;

/// A policy server by itself.
fn serving(folder: &Path) -> Serving {
    let sections = "policies = { dir = \"policies\" }\naudit = { database = \"audit.db\" }\n";
    Serving::start(folder, "log", sections)
}

/// Shows it a page of tools, as the filter does.
fn sees(serving: &Serving, result: &str) {
    let digest = Digest::of(result.as_bytes()).to_string();
    let query = json!({
        "call": "00112233445566778899aabbccddeeff",
        "digest": digest,
        "server": "demo",
        "caller": {"issuer": "https://issuer.example", "subject": "alice", "roles": []},
        "kind": "tools/list",
        "result": "RESULT",
    });
    let query = query.to_string().replace("\"RESULT\"", result);
    let answer = serving.ask("/v1/lists", query);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn status_of_tools(serving: &Serving) -> Value {
    serving.admin("/v1/status").json()["tools"].clone()
}

/// The result of a `tools/list` as the fixture writes it.
fn list_of_the_fixture(url: &str) -> String {
    let authority = wire::authority(url);
    let request = Request::new("POST", "/mcp")
        .header("host", authority)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", mcp::MODERN)
        .header("mcp-method", "tools/list")
        .body(mcp::modern("1", "tools/list", json!({})));
    let text = wire::send(authority, &request).text();
    let begin = text.find("\"result\":").expect("a result") + "\"result\":".len();
    let rest = &text[begin..];
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    values.next().expect("a value").expect("JSON");
    rest[..values.byte_offset()].to_owned()
}

/// The demonstration's policies know the server that the demonstration starts. The order of members
/// depends on what the fixture was built with, and does not count here.
#[test]
fn what_ships_pins_the_fixture() {
    let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/tools/demo.json");
    let fixture = Server::fixture();
    let (code, list, errors) = fetch(fixture.url(), &["--tools"]);
    assert_eq!(code, Some(0), "{errors}");
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(read(&fs::read_to_string(pinned).unwrap()), read(&list));
}

#[test]
fn fetched_definitions_are_those_of_traffic_and_drift_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::create_dir(folder.path().join("policies")).unwrap();
    fs::write(folder.path().join("policies/a.cedar"), ON_TEXT).unwrap();
    let fixture = Server::fixture();
    let lists = ["modern", "legacy", "auto"].map(|era| {
        let (code, list, errors) = fetch(fixture.url(), &["--era", era, "--tools"]);
        assert_eq!(code, Some(0), "{errors}");
        list
    });
    assert!(lists[0].lines().count() > 20 && lists[0] == lists[1] && lists[0] == lists[2]);

    let written = fetch(fixture.url(), &["--write", &path("policies")]);
    assert_eq!(written.0, Some(0), "{written:?}");
    let pinned = fs::read_to_string(folder.path().join("policies/tools/demo.json")).unwrap();
    assert_eq!(pinned, lists[0]);

    let serving = serving(folder.path());
    let list = list_of_the_fixture(fixture.url());
    sees(&serving, &list);
    let database = path("audit.db");
    let seen = policy(&[
        "schema",
        "--server",
        "demo",
        "--database",
        &database,
        "--json",
    ]);
    let fetched = fetch(fixture.url(), &["--json"]);
    assert_eq!(
        (seen.0, fetched.0),
        (Some(0), Some(0)),
        "{seen:?} {fetched:?}"
    );
    assert_eq!(definitions(&seen.1), definitions(&fetched.1));
    let drift = || {
        policy(&[
            "drift",
            &path("policies"),
            "--database",
            &database,
            "--json",
        ])
    };
    let same = drift();
    assert_eq!(same.0, Some(0), "{same:?}");
    assert_eq!(status_of_tools(&serving)["drifted"], json!([]));
    assert_eq!(
        status_of_tools(&serving)["known"],
        definitions(&seen.1).len()
    );

    // Other bytes that say the same, and then a word that says something else.
    sees(
        &serving,
        &list.replacen("{\"name\":\"echo\"", "{ \"name\":\"echo\"", 1),
    );
    assert_eq!(drift().0, Some(0));
    let other = list.replacen(
        "\"name\":\"echo\"",
        "\"name\":\"echo\",\"title\":\"Sends mail\"",
        1,
    );
    assert_ne!(other, list);
    sees(&serving, &other);
    let differs = drift();
    let report: Value = serde_json::from_str(&differs.1).unwrap();
    let tools = report["tools"].as_array().unwrap().iter();
    let names: Vec<&Value> = tools
        .filter(|tool| tool["drift"] == "differs")
        .map(|tool| &tool["tool"])
        .collect();
    assert_eq!((differs.0, names), (Some(1), vec![&json!("echo")]));
    assert_eq!(status_of_tools(&serving)["drifted"][0]["tool"], "echo");
}

/// A server that knows sessions only, and lists two pages with spaces between.
fn old_server() -> Upstream {
    let upstream = Upstream::start();
    upstream.when("tools/list", |request, answer| {
        let message = request.json();
        if request.header("mcp-session-id").is_none() {
            return answer.whole(400, "text/plain", &[], b"Bad Request: no session");
        }
        let id = &message["id"];
        let page = match message["params"]["cursor"].as_str() {
            None => {
                r#"{"nextCursor":"2","tools":[ {"name" :  "b", "inputSchema":{"type":"object"}} ]}"#
            }
            Some("2") => r#"{"tools":[{"name":"a","inputSchema":{"type":"object"},"x":"\u0041"}]}"#,
            Some(other) => panic!("no page {other}"),
        };
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{page}}}"#);
        let noise = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#;
        answer.events(&[noise, &text]);
    });
    upstream
}

#[test]
fn pages_of_a_session_are_put_together_byte_for_byte() {
    let upstream = old_server();
    let folder = tempfile::tempdir().unwrap();
    let headers = folder.path().join("headers");
    fs::write(&headers, "Authorization: Bearer s3cret\n").unwrap();
    let file = headers.display().to_string();
    let (code, list, errors) = fetch(&upstream.url(), &["--header-file", &file, "--tools"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let a = r#"{"name":"a","inputSchema":{"type":"object"},"x":"\u0041"}"#;
    let b = r#"{"name" :  "b", "inputSchema":{"type":"object"}}"#;
    assert_eq!(list, format!("{{\"tools\":[\n{a},\n{b}\n]}}\n"));
    let received = upstream.received();
    let token = |request: &Received| request.header("authorization") == Some("Bearer s3cret");
    assert!(received.iter().all(token));
    let last = received.last().unwrap();
    assert_eq!(last.method, "DELETE", "the session is ended");
    let sessions = received
        .iter()
        .filter_map(|request| request.header("mcp-session-id"));
    assert_eq!(sessions.count(), 4, "initialized, two pages, the end");
}

#[test]
fn a_server_that_does_not_list_is_given_up_with_a_reason() {
    type Script = fn(&Received, &mut Answer);
    let scripts: [(&str, Script); 5] = [
        ("leads to the same page again", |request, answer| {
            let page = json!({"tools": [], "nextCursor": "x"});
            answer.json(&mcp::result(&request.json()["id"], page));
        }),
        ("pass a token with `--header-file`", |_, answer| {
            answer.whole(
                401,
                "application/json",
                &[],
                br#"{"jsonrpc":"2.0","id":1,"error":{"code":-1}}"#,
            );
        }),
        ("has no array `tools`", |request, answer| {
            answer.json(&mcp::result(&request.json()["id"], json!({"tools": {}})));
        }),
        ("cannot reach", |_, answer| answer.close()),
        ("more than 10000 tools", |request, answer| {
            let large = "x".repeat(9 * 1024 * 1024);
            let next = request.json()["params"]["cursor"]
                .as_str()
                .unwrap_or("")
                .len();
            let next = "n".repeat(next + 1);
            let page = json!({"tools": [], "nextCursor": next, "large": large});
            answer.json(&mcp::result(&request.json()["id"], page));
        }),
    ];
    for (wanted, script) in scripts {
        let upstream = Upstream::start();
        upstream.when("tools/list", script);
        let (code, output, errors) = fetch(&upstream.url(), &["--tools"]);
        assert_eq!((code, output.as_str()), (Some(3), ""), "{wanted}: {errors}");
        assert!(errors.contains(wanted), "{wanted}: {errors}");
    }
}

/// A server whose tools are these definitions.
fn listing(definitions: &[&str]) -> Upstream {
    let upstream = Upstream::start();
    let tools = definitions.join(",");
    upstream.when("tools/list", move |request, answer| {
        let id = &request.json()["id"];
        answer.json(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[{tools}]}}}}"#
        ));
    });
    upstream
}

#[test]
fn another_list_is_pinned_only_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().display().to_string();
    fs::write(folder.path().join("a.cedar"), ON_TEXT).unwrap();
    let file = folder.path().join("tools/demo.json");
    let write = |definitions: &[&str], more: &[&str]| {
        let upstream = listing(definitions);
        let arguments = [&["--write", &dir, "--json"], more].concat();
        let (code, output, errors) = fetch(&upstream.url(), &arguments);
        let report: Value = serde_json::from_str(&output).unwrap_or_else(|_| panic!("{errors}"));
        (code, report["pinning"].clone())
    };
    let number = ECHO.replace("string", "integer");
    let stop = r#"{"name":"stop","inputSchema":{"type":"object"}}"#;
    let (code, pinning) = write(&[ECHO, stop], &[]);
    assert_eq!((code, &pinning["outcome"]), (Some(0), &json!("written")));
    let first = fs::read_to_string(&file).unwrap();
    assert_eq!(write(&[stop, ECHO], &[]).1["outcome"], "unchanged");

    let start = r#"{"name":"start","inputSchema":{"type":"object"}}"#;
    let (code, pinning) = write(&[&number, start], &[]);
    assert_eq!((code, &pinning["outcome"]), (Some(1), &json!("refused")));
    assert_eq!(fs::read_to_string(&file).unwrap(), first);
    let changes = pinning["changes"].as_array().unwrap().iter();
    let changes: Vec<_> = changes
        .map(|one| (&one["tool"], &one["change"], &one["fits"]))
        .collect();
    let wanted = [
        (&json!("echo"), &json!("changed"), &json!(false)),
        (&json!("start"), &json!("added"), &json!(true)),
        (&json!("stop"), &json!("vanished"), &json!(true)),
    ];
    assert_eq!(changes, wanted, "{pinning}");
    assert!(
        pinning["changes"][0]["why"]
            .as_str()
            .unwrap()
            .contains("a.cedar:")
    );

    assert_eq!(write(&[ECHO, start], &["--force"]).1["outcome"], "replaced");
    assert!(fs::read_to_string(&file).unwrap().contains("start"));
    let left: Vec<_> = fs::read_dir(folder.path().join("tools")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left beside it");
}

#[test]
fn a_list_that_breaks_the_policies_is_not_pinned_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().display().to_string();
    fs::create_dir(folder.path().join("tools")).unwrap();
    fs::write(folder.path().join("a.cedar"), ON_ANY_TEXT).unwrap();
    fs::write(
        folder.path().join("tools/other.json"),
        format!(r#"{{"tools":[{ECHO}]}}"#),
    )
    .unwrap();
    assert_eq!(policy(&["check", &dir]).0, Some(0), "the policies load");
    let number = ECHO.replace("string", "integer");
    let upstream = listing(&[&number]);
    let (code, said, errors) = fetch(&upstream.url(), &["--write", &dir]);
    assert_eq!(code, Some(1), "{said}{errors}");
    assert!(said.contains("a.cedar:"), "{said}");
    assert!(errors.contains("is left as it is"), "{errors}");
    assert!(!folder.path().join("tools/demo.json").exists());
    let (code, ..) = fetch(&upstream.url(), &["--write", &dir, "--force"]);
    assert_eq!(code, Some(1), "it is written, and the policies do not fit");
    assert!(folder.path().join("tools/demo.json").exists());
    assert_eq!(policy(&["check", &dir]).0, Some(1));
}

#[test]
fn a_tool_in_quarantine_is_named_and_fails_only_when_asked() {
    let odd = r#"{"name":"odd","inputSchema":{"type":"array"}}"#;
    let amount = ECHO.replace("string", "number").replace("echo", "pay");
    let upstream = listing(&[ECHO, odd, &amount]);
    let (code, schema, errors) = fetch(&upstream.url(), &[]);
    assert_eq!(code, Some(0));
    assert!(schema.contains(r#"action "demo/echo""#) && !schema.contains("demo/odd"));
    assert!(
        errors.contains("demo/odd is in quarantine: the inputSchema"),
        "{errors}"
    );
    assert!(
        errors.contains("`context.input.text` is Mcp::Number"),
        "{errors}"
    );
    assert_eq!(fetch(&upstream.url(), &["--strict"]).0, Some(1));
    let (_, report, _) = fetch(&upstream.url(), &["--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    let tool = |at: usize| &report["tools"][at];
    assert_eq!(
        (&tool(0)["opaque"], &tool(0)["quarantine"]),
        (&json!([]), &Value::Null)
    );
    assert!(
        tool(1)["quarantine"]
            .as_str()
            .unwrap()
            .contains("an object")
    );
    assert_eq!(
        tool(2)["opaque"],
        json!([{"path": "input.text", "type": "Mcp::Number"}])
    );
}

#[test]
fn a_folders_schema_has_its_pinned_tools() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().display().to_string();
    let bare = policy(&["schema"]).1;
    assert_eq!(policy(&["schema", "--policies", &dir]).1, bare);
    fs::create_dir(folder.path().join("tools")).unwrap();
    fs::write(
        folder.path().join("tools/demo.json"),
        format!(r#"{{"tools":[{ECHO}]}}"#),
    )
    .unwrap();
    let (code, whole, _) = policy(&["schema", "--policies", &dir]);
    assert_eq!(code, Some(0));
    assert!(whole.starts_with(bare.trim_end().trim_end_matches('}')));
    assert!(whole.contains(r#"action "demo/echo" in [Action::"demo/*"]"#));
    let (_, part, _) = policy(&["schema", "--policies", &dir, "--server", "demo"]);
    assert!(part.starts_with("namespace Mcp::demo {"), "{part}");
    let (_, json, _) = policy(&["schema", "--policies", &dir, "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["Mcp"]["actions"]["demo/echo"].is_object());
}
