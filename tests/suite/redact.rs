//! `portcullis redact` as teams and a CI run it: lines in, lines out, reports, and how it ends.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use portcullis_tests::parts;
use serde_json::{Value, json};

/// Own rules by key and by prefix.
const RULES: &str = r#"[classes]
"secret.launch" = "block"

[[rule]]
id = "acme-key"
class = "secret.acme"
keys = ["acme-key"]
prefixes = ["acme_live_"]
alphabet = "alnum"
min = 24

[[rule]]
id = "launch-code"
class = "secret.launch"
keys = ["launch-code"]
"#;

/// What a run left behind.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(parts::portcullis());
    command
        .arg("redact")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(folder: &Path, args: &[&str], input: &[u8]) -> Ran {
    let mut child = command(folder, args).spawn().unwrap();
    // A program that ends early does not read on.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

fn desk() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("redaction.toml"), RULES).unwrap();
    folder
}

const ACME: &str = "cowboy-Zebra-7141";

#[test]
fn lines_keep_their_number_their_order_and_their_bytes() {
    let desk = desk();
    let input = format!(
        concat!(
            "{{\"jsonrpc\" : \"2.0\", \"id\":1,\t\"result\":{{\"n\": 1.50, \"u\":\"\\u00e9\"}}}} \r\n",
            "\n",
            " {{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{{\"acme-key\" : \"{key}\", \"n\":1.50}}}}\r\n",
            "no json {key}\n",
            "{{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{{\"launch-code\":\"{key}\"}}}}\n",
            "{{\"ACME_KEY\":\"{key}\"}}",
        ),
        key = ACME
    );
    let ran = run(
        desk.path(),
        &["--rules", "redaction.toml", "--report", "report.jsonl"],
        input.as_bytes(),
    );
    assert_eq!(ran.code, 1, "{}", ran.err);
    let (before, after): (Vec<&str>, Vec<&str>) =
        (input.split('\n').collect(), ran.out.split('\n').collect());
    assert_eq!(before.len(), after.len());
    assert_eq!(before[..2], after[..2]);
    assert_eq!(after[2], before[2].replace(ACME, "[redacted:acme-key]"));
    let refused: Value = serde_json::from_str(after[3]).unwrap();
    assert_eq!(
        (&refused["id"], &refused["error"]["code"]),
        (&Value::Null, &json!(-32700))
    );
    let blocked: Value = serde_json::from_str(after[4]).unwrap();
    assert_eq!(
        (&blocked["id"], &blocked["error"]["code"]),
        (&json!("x"), &json!(-32603))
    );
    assert_eq!(after[5], "{\"ACME_KEY\":\"[redacted:acme-key]\"}");

    let report = fs::read_to_string(desk.path().join("report.jsonl")).unwrap();
    for text in [&ran.out, &ran.err, &report] {
        assert!(!text.contains(ACME), "{text}");
    }
    let told: Vec<Value> = report
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let first = &told[0];
    assert_eq!(first["line"], 3);
    assert_eq!(first["rule"], "acme-key");
    assert_eq!(first["class"], "secret.acme");
    assert_eq!(first["pointer"], "/result/acme-key");
    assert_eq!(first["bytes"], ACME.len());
    assert_eq!(first["action"], "redacted");
    let summary = &told.last().unwrap()["summary"];
    let counts = ["lines", "changed", "blocked", "refused", "found"].map(|name| &summary[name]);
    assert_eq!(counts.map(Value::as_u64), [6, 2, 1, 1, 3].map(Some));
    assert!(
        ran.err
            .starts_with("6 read, 2 changed, 1 blocked, 1 not passed on, 3 found"),
        "{}",
        ran.err
    );
}

#[test]
fn marks_compare_under_one_key_and_no_other() {
    let desk = desk();
    let key = desk.path().join("key");
    fs::write(&key, "5a".repeat(32) + "\n").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let input = format!("{{\"acme-key\":\"{ACME}\"}}\n[{{\"acme_key\":\"{ACME}\"}}]\n");
    let marks = |more: &[&str]| {
        let args = [&["--rules", "redaction.toml", "--report", "r"], more].concat();
        let ran = run(desk.path(), &args, input.as_bytes());
        assert_eq!(ran.code, 0, "{}", ran.err);
        let report = fs::read_to_string(desk.path().join("r")).unwrap();
        let lines = report
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let marks: Vec<String> = lines
            .filter_map(|line| line["mark"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(marks.len(), 2, "{report}");
        assert_eq!(marks[0], marks[1]);
        marks[0].clone()
    };
    assert_eq!(marks(&["--key-file", "key"]), marks(&["--key-file", "key"]));
    assert_ne!(marks(&[]), marks(&[]));
    fs::write(desk.path().join("key"), "secret").unwrap();
    let ran = run(desk.path(), &["--key-file", "key"], b"");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("key is no key"), "{}", ran.err);
}

#[test]
fn redacting_twice_changes_nothing_and_a_ci_can_fail_on_what_is_found() {
    let desk = desk();
    let args = ["--rules", "redaction.toml", "--direction", "to_server"];
    let input = format!("{{\"acme-key\":\"{ACME}\"}}\n");
    let once = run(desk.path(), &args, input.as_bytes());
    let failing = [&args[..], &["--fail-on", "found"]].concat();
    assert_eq!(run(desk.path(), &failing, input.as_bytes()).code, 1);
    let twice = run(desk.path(), &failing, once.out.as_bytes());
    assert_eq!((twice.code, &twice.out), (0, &once.out), "{}", twice.err);
    let in_id = serde_json::to_string(input.trim_end()).unwrap();
    let unread = run(
        desk.path(),
        &args,
        format!("{{\"id\":{in_id},\"a\":01}}\n").as_bytes(),
    );
    assert_eq!(unread.code, 1);
    assert!(
        unread.out.contains("\"id\":null"),
        "an id is no way out: {}",
        unread.out
    );
    let lenient = run(desk.path(), &["--fail-on", "none"], b"nonsense\n");
    assert_eq!(lenient.code, 0);
    let request = run(desk.path(), &["--direction", "request"], b"nonsense\n");
    assert!(
        request.out.contains("this request is not passed on"),
        "{}",
        request.out
    );
}

#[test]
fn plain_text_is_cleaned_too() {
    let desk = desk();
    let input =
        format!("before\nlog {{\"acme-key\":\"{ACME}\"}}\n{{\"acme-key\":\"{ACME}\"}}\nafter\n");
    let ran = run(
        desk.path(),
        &["--text", "--rules", "redaction.toml"],
        input.as_bytes(),
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!((lines[0], lines[3]), ("before", "after"));
    assert_eq!(lines[2], "{\"acme-key\":\"[redacted:acme-key]\"}");
    assert!(
        ran.err.contains("line 3: acme-key: redacted"),
        "{}",
        ran.err
    );
    let odd = run(desk.path(), &["--text"], b"a\n\xff\xfes\x00\nb\n");
    assert_eq!(odd.code, 1);
    assert_eq!(
        odd.out,
        "a\n[not passed on: the text is not UTF-8 at byte 0]\nb\n"
    );
}

/// A run that is talked to.
struct Talk {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Talk {
    fn new(folder: &Path) -> Self {
        let mut command = command(folder, &["--rules", "redaction.toml"]);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let to = child.stdin.take().unwrap();
        let from = BufReader::new(child.stdout.take().unwrap());
        Self { child, to, from }
    }

    fn say(&mut self, line: &str) -> String {
        self.to.write_all(line.as_bytes()).unwrap();
        self.to.flush().unwrap();
        let mut answer = String::new();
        self.from.read_line(&mut answer).unwrap();
        answer
    }

    /// The most memory that it ever had, in KiB.
    fn peak_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

#[test]
fn a_line_comes_out_before_the_next_goes_in_and_memory_stays() {
    let desk = desk();
    let mut talk = Talk::new(desk.path());
    let small = format!("{{\"acme-key\":\"{ACME}\"}}\n");
    assert_eq!(talk.say(&small), small.replace(ACME, "[redacted:acme-key]"));
    let words = "lorem ipsum dolor sit amet ".repeat(5_000);
    let line = format!("{{\"id\":1,\"acme-key\":\"{ACME}\",\"text\":\"{words}\"}}\n");
    let answer = talk.say(&line);
    assert!(answer.len() > 100_000 && !answer.contains(ACME));
    let before = talk.peak_kib();
    for _ in 0..200 {
        assert_eq!(talk.say(&line), answer);
    }
    // The kernel counts in batches, so that the peak may seem to shrink.
    let grown = talk.peak_kib().saturating_sub(before);
    assert!(grown < 4_096, "27 MB of lines made it grow by {grown} KiB");
    drop(talk.to);
    let mut rest = String::new();
    talk.from.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert!(talk.child.wait().unwrap().success());
}

#[test]
fn a_check_explains_rules_and_shows_what_is_wrong() {
    let desk = desk();
    let good = run(
        desk.path(),
        &["check", "redaction.toml", "--color", "never"],
        b"",
    );
    assert_eq!(good.code, 0, "{}", good.err);
    assert!(
        good.out
            .contains("looks for \"acme_live_\" and 24 to 4096 of 0-9A-Za-z"),
        "{}",
        good.out
    );
    assert!(
        good.out
            .contains("class secret.launch: the message goes nowhere (1 rule)"),
        "{}",
        good.out
    );
    let report = run(desk.path(), &["check", "redaction.toml", "--json"], b"").json();
    assert_eq!(report["ok"], true);
    assert_eq!(report["rules"][0]["prefixes"][0]["prefix"], "acme_live_");

    let bad = RULES.replace("min = 24", "min = 2\nmaks = 3");
    fs::write(desk.path().join("redaction.toml"), &bad).unwrap();
    let refused = run(
        desk.path(),
        &["check", "redaction.toml", "--color", "never"],
        b"",
    );
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("--> redaction.toml:11:1"),
        "{}",
        refused.err
    );
    assert!(
        refused.err.contains("did you mean `max`?"),
        "{}",
        refused.err
    );
    fs::write(
        desk.path().join("redaction.toml"),
        bad.replace("maks", "max"),
    )
    .unwrap();
    let report = run(desk.path(), &["check", "redaction.toml", "--json"], b"");
    assert_eq!(report.code, 1);
    let problem = &report.json()["problems"][0];
    assert_eq!(
        (&problem["line"], &problem["severity"]),
        (&json!(10), &json!("error"))
    );
    let used = run(desk.path(), &["--rules", "redaction.toml"], b"{}\n");
    assert_eq!((used.code, used.out.as_str()), (2, ""));
    let log = run(desk.path(), &["check", "redaction.toml", "--sarif"], b"").json();
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "redaction");
    assert_eq!(
        run(desk.path(), &["check"], b"").code,
        1,
        "there is no policies folder"
    );
}

#[test]
fn a_check_reads_as_it_should() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/redact-check");
    let mut told = String::new();
    for file in ["doubtful.toml", "unsound.toml"] {
        let ran = run(&cases, &["check", file], b"");
        assert_eq!(ran.code, 1, "{file}");
        told += &format!("$ portcullis redact check {file}\n{}{}", ran.out, ran.err);
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/cli/redact-check.txt");
    if std::env::var_os("PORTCULLIS_BLESS").is_some() {
        fs::write(&golden, &told).unwrap();
    }
    assert_eq!(told, fs::read_to_string(&golden).unwrap());
}

#[test]
fn built_in_rules_are_listed() {
    let desk = desk();
    let listed = run(desk.path(), &["check", "--list", "--json"], b"");
    assert_eq!(listed.code, 0);
    let listed = listed.json();
    let ids: Vec<&str> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    assert!(ids.contains(&"marked-field"), "{ids:?}");
    let words = run(desk.path(), &["check", "--list"], b"");
    assert_eq!(words.out.lines().count(), ids.len());
    for (line, id) in words.out.lines().zip(ids) {
        assert_eq!(line.split_whitespace().next(), Some(id));
        assert_eq!(line.split_whitespace().count(), 3, "{line}");
    }
}

#[test]
fn the_rules_in_the_manual_are_read() {
    let desk = desk();
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/redaction.md");
    let manual = fs::read_to_string(manual).unwrap();
    let rules = manual
        .split("```toml\n# policies/redaction.toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    fs::write(desk.path().join("manual.toml"), rules).unwrap();
    let ran = run(desk.path(), &["check", "manual.toml"], b"");
    assert_eq!(ran.code, 0, "{}", ran.err);
}
