//! `portcullis policy test` and `explain` as people and a CI run them: what they print, and how
//! they end.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use portcullis_tests::parts;
use serde_json::Value;

fn run(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(parts::portcullis())
        .arg("policy")
        .args(args)
        .current_dir(cases())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that ends early does not read on.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_str(out(output)).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// A file with these cases, outside the folder.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("more.json");
    fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

const WRONG: &str = r#"[
  {"name": "staff pay anything",
   "request": {"server": "bank", "method": "tools/call", "tool": "pay", "arguments": {"amount": 5000},
               "caller": {"subject": "alice", "roles": ["staff"]}},
   "outcome": "allow"}
]"#;

#[test]
fn cases_of_both_forms_pass_and_cover_everything() {
    let ran = run(&["test", "policy-test", "--coverage-min", "100"], "");
    assert_eq!(code(&ran), 0, "{ran:?}");
    assert_eq!(
        out(&ran),
        "ok: 11 cases\ncoverage: 6 of 6 policies, 100 %\n"
    );
    let ran = run(&["test", "policy-test", "--json", "--coverage"], "");
    let report = json(&ran);
    assert_eq!(report["ok"], true);
    assert_eq!(
        (&report["cases"], &report["passed"]),
        (&11.into(), &11.into())
    );
    assert_eq!(report["coverage"]["percent"], 100);
}

#[test]
fn a_case_that_fails_is_one_line_that_says_why() {
    let (_kept, path) = file(WRONG);
    let ran = run(&["test", "policy-test", "--cases", &path], "");
    assert_eq!(code(&ran), 1);
    let wanted = format!(
        "{path}:2: failed: staff pay anything: outcome: expected allow, got deny (no policy permits it)\n\
         1 of 1 cases failed\n"
    );
    assert_eq!(out(&ran), wanted);
    let ran = run(&["test", "policy-test", "--json", "--cases", &path], "");
    assert_eq!(code(&ran), 1);
    let report = json(&ran);
    assert_eq!(report["ok"], false);
    assert_eq!(report["failed"][0]["mismatches"][0]["got"], "deny");
}

#[test]
fn too_little_coverage_fails_and_is_listed() {
    let args = ["test", "policy-test", "--filter", "staff", "--coverage"];
    let ran = run(&args, "");
    assert_eq!(code(&ran), 0, "no least share was asked for: {ran:?}");
    assert!(
        out(&ran).contains("coverage: 1 of 6 policies, 16 %"),
        "{}",
        out(&ran)
    );
    assert!(
        out(&ran).contains("policy-test/bank.cedar:9: not covered: big-payments"),
        "{}",
        out(&ran)
    );
    let ran = run(&[&args[..], &["--coverage-min", "17"]].concat(), "");
    assert_eq!(code(&ran), 1);
}

#[test]
fn what_cannot_be_run_is_no_success() {
    let misspelt = WRONG.replace("\"outcome\"", "\"outcom\"");
    let (_kept, path) = file(&misspelt);
    let ran = run(&["test", "policy-test", "--cases", &path], "");
    assert_eq!(code(&ran), 2);
    assert!(
        err(&ran).starts_with(&format!("{path}:5:")),
        "{}",
        err(&ran)
    );
    assert!(
        err(&ran).contains("unknown field `outcom`"),
        "{}",
        err(&ran)
    );
    for (args, wanted) in [
        (&["test", "nowhere"][..], "nowhere"),
        (
            &["test", "policy-test", "--filter", "nothing like it"],
            "nothing was tested",
        ),
        (
            &["test", "policy-test", "--cases", "nowhere.json"],
            "nowhere.json",
        ),
        (&["test", "policy-test", "--coverage-min", "101"], "101"),
    ] {
        let ran = run(args, "");
        assert_eq!(code(&ran), 2, "{ran:?}");
        assert!(err(&ran).contains(wanted), "{ran:?}");
    }
}

#[test]
fn policies_that_do_not_load_are_said_in_json_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.cedar"), "permit (principal);").unwrap();
    let dir = folder.path().display().to_string();
    let ran = run(&["test", &dir, "--json"], "");
    assert_eq!(code(&ran), 2);
    assert_eq!(json(&ran)["problems"][0]["file"], "a.cedar");
    let args = ["explain", "-", "--policies", &dir, "--json"];
    let ran = run(&args, &request("staff", "7"));
    assert_eq!(code(&ran), 2);
    assert_eq!(json(&ran)["problems"][0]["file"], "a.cedar");
}

fn request(role: &str, amount: &str) -> String {
    format!(
        r#"{{"server": "bank", "method": "tools/call", "tool": "pay",
            "arguments": {{"amount": {amount}}},
            "caller": {{"subject": "alice", "roles": ["{role}"]}}, "now": "2026-01-01T12:00:00Z"}}"#
    )
}

fn explain(request: &str, more: &[&str]) -> Output {
    let args = [&["explain", "-", "--policies", "policy-test"], more].concat();
    run(&args, request)
}

#[test]
fn a_missing_permit_is_explained_with_what_it_lacks() {
    let ran = explain(&request("guest", "5000"), &[]);
    assert_eq!(code(&ran), 0, "{ran:?}");
    let wanted = r#"deny: it is not permitted: no policy says yes
  asked: `tools/call` of the tool `pay` of `bank`
  note: no list shows it to this caller, and the agent reads only that it does not exist

what would have to change
  - `staff-pay` would permit it if the caller had the role `staff` (it has guest), and if `context.input.amount < 1000` (context.input.amount is 5000) held

nearest permits
  staff-pay (policy-test/bank.cedar:1) permits
    fails  principal in Mcp::Role::"staff"
    holds  action == Mcp::Action::"bank/pay"
    holds  resource
    fails  when { context.input.amount < 1000 }
           context.input.amount < 1000: false
             context.input.amount = 5000
"#;
    assert_eq!(out(&ran), wanted);
}

#[test]
fn gates_and_arguments_are_explained() {
    let held = explain(&request("staff", "700"), &[]);
    assert!(
        out(&held).starts_with("approve: it needs approval: a gate holds it back\n"),
        "{}",
        out(&held)
    );
    for part in [
        "  big-payments (policy-test/bank.cedar:9) holds back\n",
        "    | @id(\"big-payments\")\n",
        "`big-payments` needs the yes of one member of finance, to exactly these arguments, \
         sha256:",
    ] {
        assert!(out(&held).contains(part), "{part}: {}", out(&held));
    }
    let unfit = json(&explain(&request("staff", "\"x\""), &["--json"]));
    assert_eq!(unfit["finding"], "arguments_unfit");
    assert!(unfit["why"].as_str().unwrap().contains("/amount"));
    let allowed = json(&explain(&request("staff", "7"), &["--json"]));
    assert_eq!(allowed["finding"], "permitted");
    assert_eq!(allowed["decided"][0]["policy"], "staff-pay");
}

#[test]
fn a_request_that_cannot_be_read_is_not_explained() {
    let ran = explain(&request("staff", "7").replace("tool\"", "toool\""), &[]);
    assert_eq!(code(&ran), 2);
    assert!(err(&ran).contains("unknown field `toool`"), "{}", err(&ran));
    let ran = run(
        &["explain", "-", "--policies", "nowhere"],
        &request("staff", "7"),
    );
    assert_eq!(code(&ran), 2);
}

/// Whatever others wrote, whoever reads a command's output sees it as it is.
#[test]
fn no_command_hands_a_terminal_what_cannot_be_seen() {
    const HIDDEN: &str = "x\u{202e}\u{9b}2J\u{1b}]8;;y\u{7}\u{2066}\u{200f}\u{3164}";
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join(HIDDEN);
    fs::create_dir(&place).unwrap();
    let policy =
        format!("permit (principal, action, resource) when {{ context.nope == \"{HIDDEN}\" }};");
    fs::write(place.join("a.cedar"), format!("@id(\"{HIDDEN}\") {policy}")).unwrap();
    let place = place.to_str().unwrap();
    let commands: [&[&str]; 11] = [
        &["policy", "check", place],
        &["policy", "check", "--color", "always", place],
        &["policy", "test", place],
        &["policy", "fmt", "--check", place],
        &["policy", "diff", place, place],
        &["policy", "explain", HIDDEN],
        &["policy", HIDDEN],
        &["audit", "verify", "--database", place],
        &["audit", "verify", place],
        &["audit", "tail", "--database", place],
        &["up", "--upstream", HIDDEN],
    ];
    for arguments in commands {
        let mut command = Command::new(parts::portcullis());
        let output = command
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        let hidden = [
            '\u{202e}', '\u{9b}', '\u{7}', '\u{2066}', '\u{200f}', '\u{3164}',
        ];
        assert!(
            !said.is_empty() && !said.contains(hidden),
            "{arguments:?}: {said:?}"
        );
        assert!(!said.contains("\u{1b}]"), "{arguments:?}: {said:?}");
    }
}
