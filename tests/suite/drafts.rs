//! Drafts of policies against what a real server recorded: `policy replay` and `policy diff`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{CallId, Caller, Name, ServerName, Uri};
use portcullis_protocol::wire::{
    DECIDE_PATH, Direction, LISTS_PATH, ListKind, ListQuery, Query, Target,
};
use portcullis_tests::child::Child;
use portcullis_tests::parts;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tempfile::TempDir;

const PAY: &str = r#"{"name":"pay","inputSchema":{"type":"object","required":["amount"],
    "properties":{"amount":{"type":"integer"},"secret-note":{"type":"string"}}}}"#;

/// Developers call tools, and everybody reads; nobody deletes.
const THEN: &str = r#"
@id("call") permit (principal in Mcp::Role::"developer", action in Mcp::Action::"tools/call", resource);
@id("read") permit (principal, action in Mcp::Action::"read", resource);
"#;

/// The same, with a limit.
const LIMITED: &str = r#"
@id("call") permit (principal in Mcp::Role::"developer", action == Mcp::Action::"demo/pay", resource)
when { context.input.amount < 100 };
@id("read") permit (principal, action in Mcp::Action::"read", resource);
"#;

/// Everybody calls tools.
const OPEN: &str = r#"
@id("anybody") permit (principal, action, resource);
"#;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn caller(subject: &str, role: &str) -> Caller {
    Caller {
        issuer: name("https://issuer"),
        subject: name(subject),
        roles: vec![name(role)],
        agent: None,
    }
}

/// A server with a log.
struct Recorder {
    folder: TempDir,
    _server: Child,
    calls: u8,
}

impl Recorder {
    fn start(arguments: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path();
        fs::create_dir(top.join("policies")).unwrap();
        fs::write(top.join("policies/then.cedar"), THEN).unwrap();
        let config = format!(
            "data = {{ listen = \"unix:data.sock\" }}\nadmin = {{ listen = \"unix:admin.sock\" }}\n\
             policies = {{ dir = \"policies\" }}\n\
             audit = {{ database = \"audit.db\", sync = \"os\", arguments = \"{arguments}\" }}\n"
        );
        fs::write(top.join("portcullis.toml"), config).unwrap();
        let mut command = Command::new(parts::portcullis());
        command
            .args(["serve", "--config"])
            .arg(top.join("portcullis.toml"));
        let mut server = Child::start("portcullis serve", &mut command, &top.join("log"), None);
        let socket = top.join("data.sock");
        server.ready(|| UnixStream::connect(&socket).ok());
        Self {
            folder,
            _server: server,
            calls: 0,
        }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("audit.db")
    }

    fn call(&mut self) -> CallId {
        self.calls += 1;
        CallId::from_bytes([self.calls; 16])
    }

    /// Posts a message to the server, and gives its answer.
    fn post(&self, path: &str, message: &impl Serialize) -> Value {
        let body = serde_json::to_string(message).unwrap();
        let mut stream = UnixStream::connect(self.folder.path().join("data.sock")).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: portcullis\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).unwrap()
    }

    /// The server lists its tools, as if an agent had asked.
    fn list(&mut self) {
        let result = format!(r#"{{"tools":[{PAY}]}}"#);
        let query = ListQuery {
            call: self.call(),
            digest: Digest::of(result.as_bytes()),
            server: ServerName::parse("demo").unwrap(),
            caller: caller("alice", "developer"),
            kind: ListKind::Tools,
            protocol_version: None,
            result: RawValue::from_string(result).unwrap(),
        };
        self.post(LISTS_PATH, &query);
    }

    /// An agent asks.
    fn ask(&mut self, role: &str, method: &str, target: Target, arguments: Option<&str>) -> Value {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let mut query = Query {
            call: self.call(),
            digest: Digest::of(b""),
            server: ServerName::parse("demo").unwrap(),
            caller: caller("alice", role),
            direction: Direction::ToServer,
            method: name(method),
            targets: vec![target],
            arguments: arguments.map(raw),
            protocol_version: None,
            session: None,
            rpc_id: None,
            message_bytes: 0,
            message_digest: Digest::of(b""),
        };
        query.digest = query.computed_digest();
        self.post(DECIDE_PATH, &query)
    }

    fn pay(&mut self, role: &str, arguments: &str) {
        let tool = Target::Tool(name("pay"));
        self.ask(role, "tools/call", tool, Some(arguments));
    }

    /// A day's work: two calls that are allowed, one that is not, one that does not fit, and reading.
    fn work(&mut self) {
        self.list();
        self.pay("developer", r#"{"amount":50,"secret-note":"hunter2"}"#);
        self.pay("developer", r#"{"amount":500}"#);
        self.pay("viewer", r#"{"amount":50}"#);
        self.pay("developer", r#"{"amount":"x"}"#);
        let file = |uri: &str| Target::Resource(Uri::parse(uri).unwrap());
        self.ask("viewer", "resources/read", file("file:///a"), None);
        self.ask(
            "viewer",
            "resources/read",
            file("https://h/?token=hunter3"),
            None,
        );
    }
}

fn portcullis(args: &[&str]) -> Output {
    Command::new(parts::portcullis())
        .args(args)
        .output()
        .unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A folder with one file of policies.
fn draft(policies: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("draft.cedar"), policies).unwrap();
    folder
}

/// Runs with `--json`, and gives the code and what was printed.
fn run(args: &[&str]) -> (i32, Value) {
    let output = portcullis(&[args, &["--json"]].concat());
    let printed = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let value = serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{printed}{said}"));
    (output.status.code().unwrap(), value)
}

fn replay(recorder: &Recorder, policies: &str, more: &[&str]) -> (i32, Value) {
    let draft = draft(policies);
    let database = recorder.database();
    let args = [
        "policy",
        "replay",
        text(draft.path()),
        "--database",
        text(&database),
    ];
    run(&[&args, more].concat())
}

#[test]
fn a_draft_is_tried_on_recorded_types() {
    let mut recorder = Recorder::start("types");
    recorder.work();
    let log = fs::read(recorder.database()).unwrap();
    let wal = fs::read(recorder.folder.path().join("audit.db-wal")).unwrap_or_default();
    for secret in ["hunter2", "hunter3"] {
        let held = |bytes: &[u8]| {
            bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes())
        };
        assert!(!held(&log) && !held(&wal), "{secret} is in the log");
    }
    let (code, same) = replay(&recorder, THEN, &["--fail-on", "any"]);
    assert_eq!(code, 0, "{same}");
    assert_eq!((&same["decisions"], &same["same"]), (&6.into(), &5.into()));
    assert_eq!(same["unknown"], serde_json::json!({ "uri": 1 }));
    let (code, limited) = replay(&recorder, LIMITED, &["--fail-on", "any"]);
    assert_eq!(code, 0, "{limited}");
    assert_eq!(limited["unknown"]["arguments"], 3);
    let (code, open) = replay(&recorder, OPEN, &[]);
    assert_eq!(code, 1, "{open}");
    assert_eq!((&open["changed"], &open["widened"]), (&1.into(), &1.into()));
    let change = &open["changes"][0];
    assert_eq!(
        (&change["from"], &change["to"]),
        (&"deny".into(), &"allow".into())
    );
    assert_eq!(
        (&change["about"], &change["count"]),
        (&"demo/pay".into(), &1.into())
    );
    assert_eq!(change["after"], serde_json::json!(["anybody"]));
    let verify = portcullis(&["audit", "verify", "--database", text(&recorder.database())]);
    assert!(verify.status.success(), "{verify:?}");
}

#[test]
fn a_draft_is_tried_on_recorded_values() {
    let mut recorder = Recorder::start("values");
    recorder.work();
    let (code, limited) = replay(&recorder, LIMITED, &[]);
    assert_eq!(code, 0, "less is no failure: {limited}");
    assert_eq!(limited["unknown"], serde_json::json!({ "uri": 1 }));
    let change = &limited["changes"][0];
    assert_eq!(
        (&change["from"], &change["to"]),
        (&"allow".into(), &"deny".into())
    );
    assert_eq!(change["before"], serde_json::json!(["call"]));
    assert_eq!(change["examples"][0]["request"]["arguments"]["amount"], 500);
    let code = |more: &[&str]| replay(&recorder, LIMITED, more).0;
    assert_eq!(code(&["--fail-on", "any"]), 1);
    assert_eq!(
        code(&["--fail-on", "any", "--until", "2000-01-01T00:00:00Z"]),
        0
    );
    assert_eq!(code(&["--fail-on", "any", "--since", "1h"]), 1);
    assert_eq!(code(&["--fail-on", "any", "--limit", "1"]), 0);
    let none = replay(&recorder, LIMITED, &["--until", "24h"]).1;
    assert_eq!(none["decisions"], 0);
}

#[test]
fn what_cannot_be_replayed_is_said() {
    let (folder, nowhere) = (draft(OPEN), draft(""));
    let missing = nowhere.path().join("none.db");
    let absent = portcullis(&[
        "policy",
        "replay",
        text(folder.path()),
        "--database",
        text(&missing),
    ]);
    assert_eq!(absent.status.code(), Some(2));
    let said = String::from_utf8_lossy(&absent.stderr).into_owned();
    assert!(
        said.starts_with("error: ") && said.contains("none.db"),
        "{said}"
    );
    let mut recorder = Recorder::start("types");
    recorder.list();
    let broken = draft("permit (principal, action, resource) when { context.amuont > 1 };");
    let database = recorder.database();
    let args = [
        "policy",
        "replay",
        text(broken.path()),
        "--database",
        text(&database),
    ];
    let refused = portcullis(&args);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("draft.cedar:1:"), "{said}");
    let when = portcullis(&[&args[..], &["--since", "yesterday"]].concat());
    assert_eq!(when.status.code(), Some(2));
}

/// A folder with policies, the tool and a case.
fn set(policies: &str) -> TempDir {
    let folder = draft(policies);
    fs::create_dir(folder.path().join("tools")).unwrap();
    let tools = format!(r#"{{"tools":[{PAY}]}}"#);
    fs::write(folder.path().join("tools/demo.json"), tools).unwrap();
    folder
}

fn diff(old: &TempDir, new: &TempDir, more: &[&str]) -> (i32, Value) {
    let args = ["policy", "diff", text(old.path()), text(new.path())];
    run(&[&args, more].concat())
}

#[test]
fn a_moved_limit_shows_in_a_diff() {
    let (old, new) = (set(LIMITED), set(&LIMITED.replace("< 100", "<= 100")));
    let (code, wider) = diff(&old, &new, &[]);
    assert_eq!(code, 1, "{wider}");
    let change = &wider["changes"][0];
    assert_eq!(
        (&change["from"], &change["to"]),
        (&"deny".into(), &"allow".into())
    );
    assert_eq!(change["examples"][0]["request"]["arguments"]["amount"], 100);
    assert_eq!(wider["unmade"], serde_json::json!([]));
    assert_eq!(diff(&old, &new, &["--allow-widening"]).0, 0);
    assert_eq!(diff(&old, &new, &["--generated", "0"]).0, 0);
    assert_eq!(diff(&new, &old, &[]).0, 0, "narrower");
    assert_eq!(diff(&new, &old, &["--fail-on", "any"]).0, 1);
    let (code, same) = diff(&old, &old, &["--fail-on", "any"]);
    assert_eq!((code, &same["changed"]), (0, &0.into()));
    assert!(same["generated"].as_u64().unwrap() > 20, "{same}");
    let printed = portcullis(&["policy", "diff", text(old.path()), text(new.path())]);
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.starts_with("deny -> allow  "), "{printed}");
    assert!(
        printed.contains("before: no policy   after: call"),
        "{printed}"
    );
}

#[test]
fn cases_and_records_show_in_a_diff() {
    let (old, new) = (set(LIMITED), set(&LIMITED.replace("< 100", "< 1000")));
    let cases = old.path().join("cases");
    fs::create_dir(&cases).unwrap();
    let case = r#"[{"name": "much", "outcome": "deny", "request": {"server": "demo", "method": "tools/call",
        "tool": "pay", "arguments": {"amount": 700}, "caller": {"subject": "a", "roles": ["developer"]}}},
        {"request": {"principal": "A::\"a\"", "action": "A::\"b\"", "resource": "A::\"c\"", "context": {}}, "entities": [], "decision": "deny"}]"#;
    fs::write(cases.join("pay.json"), case).unwrap();
    let off = ["--generated", "0"];
    let (code, found) = diff(&old, &new, &off);
    assert_eq!(
        (code, &found["cases"], &found["cases_skipped"]),
        (1, &1.into(), &1.into())
    );
    assert_eq!(found["changes"][0]["examples"][0]["case"], "much");
    let wrong = cases.join("wrong.json");
    fs::write(
        &wrong,
        r#"[{"name": "x", "outcome": "deny", "request": {"server": "demo"}}]"#,
    )
    .unwrap();
    let refused = portcullis(&["policy", "diff", text(old.path()), text(new.path())]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("wrong.json"));
    fs::remove_dir_all(&cases).unwrap();
    let mut recorder = Recorder::start("values");
    recorder.work();
    let database = recorder.database();
    let (code, found) = diff(
        &old,
        &new,
        &["--generated", "0", "--database", text(&database)],
    );
    assert_eq!((code, &found["decisions"]), (1, &6.into()));
    assert_eq!(
        found["changes"][0]["examples"][0]["request"]["arguments"]["amount"],
        500
    );
    assert_eq!(found["unknown"], serde_json::json!({ "uri": 1 }));
}

/// Explains a recorded call of `work`, which begins with call 2.
fn explain(recorder: &Recorder, call: u8) -> (i32, Value) {
    let draft = draft(LIMITED);
    let database = recorder.database();
    let call = CallId::from_bytes([call; 16]).to_string();
    let policies = [
        "--policies",
        text(draft.path()),
        "--database",
        text(&database),
    ];
    run(&[&["policy", "explain", "--call", &call][..], &policies].concat())
}

#[test]
fn a_recorded_decision_is_explained() {
    let mut recorder = Recorder::start("values");
    recorder.work();
    let (code, allowed) = explain(&recorder, 2);
    assert_eq!(
        (code, &allowed["outcome"]),
        (0, &Value::from("allow")),
        "{allowed}"
    );
    let (code, denied) = explain(&recorder, 3);
    assert_eq!(
        (code, &denied["outcome"]),
        (0, &Value::from("deny")),
        "{denied}"
    );
    let nearest = denied["nearest"].to_string();
    assert!(nearest.contains("context.input.amount"), "{denied}");
    let (code, none) = explain(&recorder, 200);
    assert_eq!(code, 2, "{none}");
}

#[test]
fn a_recorded_decision_without_arguments_is_explained_as_far_as_it_is_sure() {
    let mut recorder = Recorder::start("types");
    recorder.work();
    let (code, unsure) = explain(&recorder, 2);
    assert_eq!(code, 0, "{unsure}");
    assert_eq!(unsure["recorded"]["outcome"], "allow", "{unsure}");
    assert_eq!(unsure["now"]["unknown"], "arguments", "{unsure}");
    let (_, sure) = explain(&recorder, 4);
    assert_eq!(sure["now"]["same"], "deny", "{sure}");
}
