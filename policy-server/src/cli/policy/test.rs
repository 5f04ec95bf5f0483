//! `portcullis policy test`: run the cases of a policy folder, and say which policies they show at
//! work.

use std::path::{Path, PathBuf};

use portcullis_core::cases::{Case, CaseError, Coverage, Runner, Tried};
use portcullis_core::registry::Registry;
use serde::Serialize;

use crate::cli::{OK, PROBLEMS, fail, say};
use crate::library::FolderError;

/// Wrong usage, or there is nothing that could be run.
const UNRUN: u8 = 2;

/// The time of requests that name none: 2026-01-01T12:00:00Z, a Thursday. A fixed one, so that a
/// case says the same tomorrow.
const NOW_MS: i64 = 1_767_268_800_000;

/// Run the test cases of a policy folder
///
/// Cases are JSON arrays in `DIR/cases/*.json`, in two forms that may be mixed. Ours is an MCP
/// message and what becomes of it:
///
///   [{"name": "viewers only read",
///     "request": {"server": "github", "method": "tools/call", "tool": "create_issue",
///                 "arguments": {"title": "x"},
///                 "caller": {"subject": "bob", "roles": ["viewer"]}},
///     "outcome": "deny"}]
///
/// `outcome` is allow, approve or deny. A case may also say: `determining` (exactly the policies
/// that decide it), `gates` (exactly the gates that are shut), `obligations` (the same with
/// `policy`, `groups`, `ttl`, `scope`), `message_contains` (what the agent reads), `fault` (why
/// there is no judgement, as for arguments that do not fit), `shadow` (what policies in shadow
/// would have said) and `visible` (whether a list shows it). A denial for want of a judgement
/// passes only where the case names its `fault` or message.
///
/// A request acts on a `tool`, `prompt`, `resource`, `template` or `task`, on `targets`, or on the
/// server. It may have `direction`, `protocol_version`, `now` (2026-01-01T12:00:00Z unless given)
/// and `approval` (`groups`, `expires`, `arguments_digest`). Tools are known from
/// `DIR/tools/SERVER.json`.
///
/// The other form is that of `cedar run-tests`: `request` (`principal`, `action`, `resource`,
/// `context`), `entities`, `decision`, `reason`, `num_errors`; and `outcome`, `obligations`.
/// Policies in shadow are not part of Cedar's `decision`.
///
/// Exit codes: 0 all cases pass, 1 a case fails or too few policies are covered, 2 wrong usage, or
/// policies or cases cannot be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Args {
    /// The folder with the policies
    #[arg(default_value = "policies")]
    dir: PathBuf,
    /// Files or folders with cases, instead of `DIR/cases`
    #[arg(long, value_name = "PATH", num_args = 1..)]
    cases: Vec<PathBuf>,
    /// Print one JSON object: ok, cases, passed, failed, coverage; or ok, error, problems
    #[arg(long)]
    json: bool,
    /// Say which policies no passing case shows at work
    #[arg(long)]
    coverage: bool,
    /// Fail when less than this share of the policies is covered, in per cent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    coverage_min: Option<u8>,
    /// Run only cases whose name contains this
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    cases: usize,
    passed: usize,
    failed: Vec<Tried>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Coverage>,
}

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
enum UnrunError {
    /// Which rules a Rego module has shows only when they say something.
    #[error(
        "coverage is known of Cedar policies only: leave out `--coverage` and `--coverage-min`"
    )]
    Coverage,
    #[error("the policies do not load: `portcullis policy check` says why")]
    Policies(#[from] FolderError),
    #[error("cannot read {path}: {source}: write cases there, or name others with `--cases`")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error("{0}")]
    Set(String),
    #[error("there is no case{0}: nothing was tested")]
    None(String),
}

pub(super) fn run(args: &Args) -> u8 {
    let report = match examine(args) {
        Ok(report) => report,
        Err(error) => return unrun(&error, args),
    };
    if args.json {
        say(&serde_json::to_string(&report).unwrap_or_default());
    } else {
        print(&report, args);
    }
    if report.ok { OK } else { PROBLEMS }
}

fn unrun(error: &UnrunError, args: &Args) -> u8 {
    let problems = match error {
        UnrunError::Policies(error) => error.problems(),
        _ => Vec::new(),
    };
    if args.json {
        say(&serde_json::json!({"ok": false, "error": error.to_string(), "problems": problems}));
        return UNRUN;
    }
    problems
        .iter()
        .for_each(|problem| crate::cli::complain(&format_args!("{problem}")));
    match error {
        // It begins with its place, as problems do.
        UnrunError::Case(error) => {
            crate::cli::complain(&format_args!("{error}"));
            UNRUN
        }
        error => fail(error, UNRUN),
    }
}

fn examine(args: &Args) -> Result<Report, UnrunError> {
    let policies = super::load(&args.dir, &Registry::default())?;
    let said = |problems: Vec<portcullis_core::policies::Problem>| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        UnrunError::Set(problems.join("\n"))
    };
    // Which rules a Rego module has shows only when they say something.
    let cedar = policies.engine().cedar();
    let standings = cedar.map(|engine| engine.standings(policies.sources()));
    let standings = standings.transpose().map_err(said)?.unwrap_or_default();
    let runner = Runner::new(&policies, NOW_MS).map_err(said)?;
    let mut cases = read(args)?;
    if let Some(part) = &args.filter {
        cases.retain(|case| case.name.contains(part));
    }
    if cases.is_empty() {
        let named = args.filter.as_ref().map(|part| format!(" named `{part}`"));
        return Err(UnrunError::None(named.unwrap_or_default()));
    }
    let wanted = args.coverage || args.coverage_min.is_some();
    if wanted && policies.engine().cedar().is_none() {
        return Err(UnrunError::Coverage);
    }
    let tried: Vec<Tried> = cases.iter().map(|case| runner.run(case)).collect();
    let coverage = wanted.then(|| Coverage::of(standings, &tried));
    let failed: Vec<Tried> = tried
        .into_iter()
        .filter(|tried| !tried.mismatches.is_empty())
        .collect();
    Ok(Report {
        ok: failed.is_empty() && covers(args, coverage.as_ref()),
        cases: cases.len(),
        passed: cases.len() - failed.len(),
        failed,
        coverage,
    })
}

/// Whether enough is covered.
fn covers(args: &Args, coverage: Option<&Coverage>) -> bool {
    let least = usize::from(args.coverage_min.unwrap_or(0));
    coverage.is_none_or(|coverage| coverage.percent >= least)
}

/// Reads all cases, file by file.
fn read(args: &Args) -> Result<Vec<Case>, UnrunError> {
    let mut paths = args.cases.clone();
    if paths.is_empty() {
        paths.push(args.dir.join("cases"));
    }
    let mut cases = Vec::new();
    for path in &paths {
        for file in files(path)? {
            let text = std::fs::read_to_string(&file).map_err(|source| UnrunError::Read {
                path: file.clone(),
                source,
            })?;
            cases.extend(portcullis_core::cases::read(
                &file.to_string_lossy(),
                &text,
            )?);
        }
    }
    Ok(cases)
}

/// A file, or the `*.json` files of a folder, sorted by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, UnrunError> {
    let failed = |source| UnrunError::Read {
        path: path.to_owned(),
        source,
    };
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn print(report: &Report, args: &Args) {
    for tried in &report.failed {
        let differences: Vec<String> = tried
            .mismatches
            .iter()
            .map(|one| format!("{}: expected {}, got {}", one.member, one.expected, one.got))
            .collect();
        say(&format!(
            "{}:{}: failed: {}: {} ({})",
            tried.file,
            tried.line,
            tried.name,
            differences.join("; "),
            tried.why
        ));
    }
    match report.failed.len() {
        0 => say(&format!("ok: {} cases", report.cases)),
        failed => say(&format!("{failed} of {} cases failed", report.cases)),
    }
    if let Some(coverage) = &report.coverage {
        say(&format!(
            "coverage: {} of {} policies, {} %",
            coverage.covered, coverage.policies, coverage.percent
        ));
        for standing in &coverage.uncovered {
            let file = args.dir.join(&standing.file);
            say(&format!(
                "{}:{}: not covered: {}",
                file.display(),
                standing.line,
                standing.policy
            ));
        }
        if let Some(least) = args.coverage_min
            && !covers(args, Some(coverage))
        {
            say(&format!("{least} % were asked for"));
        }
    }
}
