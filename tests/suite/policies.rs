//! `portcullis policy check` and `fmt` as a CI runs them: what they print, and how they end.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use portcullis_tests::parts;
use serde_json::Value;

/// One run of `portcullis policy` in a folder, without colours unless they are asked for.
struct Run {
    output: Output,
}

impl Run {
    fn of(folder: &Path, args: &[&str]) -> Self {
        Self::with_input(folder, args, "")
    }

    fn with_input(folder: &Path, args: &[&str], input: &str) -> Self {
        let mut child = Command::new(parts::portcullis())
            .arg("policy")
            .args(args)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        Self { output }
    }

    fn code(&self) -> i32 {
        self.output.status.code().unwrap()
    }

    fn out(&self) -> &str {
        std::str::from_utf8(&self.output.stdout).unwrap()
    }

    fn err(&self) -> &str {
        std::str::from_utf8(&self.output.stderr).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(self.out()).unwrap_or_else(|error| panic!("{error}: {}", self.out()))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

const UNREADABLE: &str = "@id(\"a\")\npermit (principal, action resource);\n";
const UGLY: &str =
    "// why\n@id(\"a\") permit(principal,action in Mcp::Action::\"read\",resource);\n";
const NEAT: &str = r#"// why
@id("a")
permit (
  principal,
  action in Mcp::Action::"read",
  resource
);
"#;

#[test]
fn a_check_shows_the_lines_it_talks_about() {
    let run = Run::of(root(), &["check", "cases/policy-check"]);
    let golden = root().join("golden/cli/policy-check.txt");
    if std::env::var_os("PORTCULLIS_BLESS").is_some() {
        fs::write(&golden, run.err()).unwrap();
    }
    assert_eq!(run.err(), fs::read_to_string(&golden).unwrap());
    assert_eq!((run.code(), run.out()), (1, ""));
}

#[test]
fn a_check_speaks_json() {
    let run = Run::of(root(), &["check", "cases/policy-check", "--json"]);
    let report = run.json();
    assert_eq!((run.code(), run.err()), (1, ""));
    assert_eq!(
        (&report["ok"], &report["files"]),
        (&false.into(), &1.into())
    );
    assert!(report["digest"].as_str().unwrap().starts_with("sha256:"));
    let expected = serde_json::json!({
        "severity": "warning",
        "code": "lint-unknown-tool",
        "file": "refunds.cedar",
        "line": 8,
        "column": 15,
        "end_line": 8,
        "end_column": 37,
        "message": "there is no tool of the server `pay` called `refnd`",
        "help": "did you mean `refund`?",
        "policy": "refunds-need-finance",
    });
    assert_eq!(report["problems"][0], expected);
    assert_eq!(report["problems"][1]["code"], "lint-gate-without-expiry");

    let broken = folder(&[("a.cedar", UNREADABLE)]);
    let report = Run::of(broken.path(), &["check", ".", "--json"]).json();
    assert_eq!(report["digest"], Value::Null);
    assert_eq!(report["problems"][0]["code"], "syntax");
    assert_eq!(report["problems"][0]["severity"], "error");
}

#[test]
fn a_check_speaks_sarif() {
    let run = Run::of(root(), &["check", "cases/policy-check", "--sarif"]);
    let log = run.json();
    assert_eq!((run.code(), &log["version"]), (1, &"2.1.0".into()));
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    let physical = &results[0]["locations"][0]["physicalLocation"];
    let uri = &physical["artifactLocation"]["uri"];
    assert_eq!(uri, "cases/policy-check/refunds.cedar");
    assert_eq!(physical["region"]["startLine"], 8);
    let both = ["check", "cases/policy-check", "--sarif", "--json"];
    assert_eq!(Run::of(root(), &both).code(), 2);
}

#[test]
fn lints_can_be_let_through_and_errors_cannot() {
    let check = |more: &[&str]| {
        let args = [&["check", "cases/policy-check", "--json"], more].concat();
        Run::of(root(), &args)
    };
    let tool = ["--allow", "lint-unknown-tool"];
    let expiry = ["--allow", "lint-gate-without-expiry"];
    assert_eq!(check(&tool).code(), 1);
    let both = check(&[tool, expiry].concat());
    assert_eq!(both.code(), 0);
    assert_eq!(both.json()["ok"], true);
    assert_eq!(both.json()["problems"][0]["severity"], "advice");
    assert_eq!(check(&["--allow", "syntax"]).code(), 2);
    assert_eq!(check(&["--allow", "nonsense"]).code(), 2);
}

#[test]
fn every_lint_is_explained() {
    let help = Run::of(root(), &["check", "--help"]);
    let page = fs::read_to_string(root().join("../docs/lints.md")).unwrap();
    let codes = help
        .out()
        .split(|c: char| !c.is_ascii_lowercase() && c != '-');
    let codes: Vec<&str> = codes.filter(|word| word.starts_with("lint-")).collect();
    assert_eq!(codes.len(), 16, "{}", help.out());
    for code in codes {
        assert!(page.contains(&format!("| `{code}` | warning |")), "{code}");
    }
}

#[test]
fn colours_are_for_terminals() {
    let check = |color: &str| Run::of(root(), &["check", "cases/policy-check", "--color", color]);
    assert!(!check("auto").err().contains('\u{1b}'));
    assert!(!check("never").err().contains('\u{1b}'));
    assert!(check("always").err().contains('\u{1b}'));
}

#[test]
fn a_folder_that_says_names_wrongly_fails() {
    let wrong = folder(&[("a.cedar", NEAT), ("roles.toml", "role = [\"x\"]\n")]);
    let run = Run::of(wrong.path(), &["check", "."]);
    assert_eq!(run.code(), 1);
    assert!(run.err().contains("error[names]"), "{}", run.err());
    assert!(run.err().contains("roles.toml:1:1"), "{}", run.err());
    let nowhere = Run::of(wrong.path(), &["check", "nowhere"]);
    assert_eq!(nowhere.code(), 1);
    assert!(nowhere.err().contains("error[folder]"), "{}", nowhere.err());
}

#[test]
fn what_ships_passes() {
    let repository = root().parent().unwrap();
    for args in [
        ["check", "policies"].as_slice(),
        &["fmt", "--check", "policies"],
        &["test", "policies", "--coverage-min", "100"],
    ] {
        let run = Run::of(repository, args);
        assert_eq!(run.code(), 0, "{args:?}: {}{}", run.out(), run.err());
    }
}

#[test]
fn fmt_writes_only_what_changes() {
    let files = [
        ("ugly.cedar", UGLY),
        ("neat.cedar", NEAT),
        ("b.txt", "permit("),
    ];
    let folder = folder(&files);
    let checked = Run::of(folder.path(), &["fmt", "--check", "."]);
    assert_eq!(checked.code(), 1);
    assert!(checked.out().contains("+++ ./ugly.cedar (formatted)"));
    assert!(
        checked.out().contains("-@id(\"a\") permit("),
        "{}",
        checked.out()
    );
    assert!(checked.err().contains("./ugly.cedar is not formatted"));
    assert!(!checked.err().contains("neat.cedar"));
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(text("ugly.cedar"), UGLY);

    let json = Run::of(folder.path(), &["fmt", ".", "--json"]).json();
    let files = serde_json::json!([
        { "file": "./neat.cedar", "changed": false },
        { "file": "./ugly.cedar", "changed": true },
    ]);
    assert_eq!((&json["ok"], &json["files"]), (&true.into(), &files));
    assert_eq!(text("ugly.cedar"), NEAT);
    assert_eq!(Run::of(folder.path(), &["fmt", "--check", "."]).code(), 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn fmt_leaves_alone_what_is_no_cedar() {
    let folder = folder(&[("a.cedar", UNREADABLE), ("b.cedar", UGLY)]);
    let run = Run::of(folder.path(), &["fmt", "."]);
    assert_eq!(run.code(), 1);
    assert!(run.err().contains("./a.cedar:2:27"), "{}", run.err());
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(text("a.cedar"), UNREADABLE);
    assert_eq!(text("b.cedar"), NEAT);
    assert_eq!(Run::of(folder.path(), &["fmt", "c.cedar"]).code(), 1);
}

#[test]
fn fmt_is_a_filter_for_editors() {
    let run = Run::with_input(root(), &["fmt", "-"], UGLY);
    assert_eq!((run.code(), run.out()), (0, NEAT));
    let run = Run::with_input(root(), &["fmt", "-"], UNREADABLE);
    assert_eq!((run.code(), run.out()), (1, ""));
}
