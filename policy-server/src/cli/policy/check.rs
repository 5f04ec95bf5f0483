//! `portcullis policy check`: load a folder as the server does, and lint it.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use portcullis_core::policies::{Policies, Problem, Severity, Sources, WARNINGS};
use portcullis_core::registry::Registry;
use serde::Serialize;

use crate::cli::render::{self, Color, Shown};
use crate::cli::{OK, PROBLEMS, sarif, say};
use crate::library::{self, FolderError};

/// Say everything that is wrong with the policies in a folder
///
/// The folder is loaded exactly as the server does it: all files parse, all policies validate
/// against the schema, and the validator's warnings are errors. Then come the lints: what loads
/// and can hardly be meant, as a gate that an expired approval opens, or a tool that no server
/// lists. Lints are warnings and fail the check too, unless `--allow` lets them through; advice
/// fails nothing.
///
/// Names are compared with `roles.toml` in the folder, which may list `roles`, `groups` of
/// approvers and `servers`, and with the tools in `tools/SERVER.json`, a result of `tools/list`.
/// What is not listed is not looked for.
///
/// Exit codes: 0 nothing to complain about, 1 errors or warnings, 2 wrong usage.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The folder with the `*.cedar` files
    #[arg(default_value = "policies")]
    dir: PathBuf,
    /// A lint that is advice here, and fails nothing; may be given more than once
    #[arg(long, value_name = "CODE", value_parser = warnings())]
    allow: Vec<String>,
    /// Print one JSON object instead: ok, digest, files, problems
    #[arg(long)]
    json: bool,
    /// Print a SARIF 2.1.0 log instead, for code hosts that show problems beside a change
    #[arg(long, conflicts_with = "json")]
    sarif: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    color: Color,
}

fn warnings() -> PossibleValuesParser {
    PossibleValuesParser::new(WARNINGS.map(|code| code.as_str()))
}

/// What is known of a folder.
#[derive(Serialize)]
struct Report {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<usize>,
    problems: Vec<Problem>,
}

pub(super) fn run(args: &Args) -> u8 {
    let sources = library::read_folder(&args.dir);
    let mut report = match &sources {
        Ok(sources) => examine(sources),
        Err(error) => Report::refused(error),
    };
    for problem in &mut report.problems {
        let allowed = args.allow.iter().any(|code| code == problem.code.as_str());
        if allowed && problem.severity == Severity::Warning {
            problem.severity = Severity::Advice;
        }
    }
    let fails = |problem: &Problem| problem.severity != Severity::Advice;
    report.ok = !report.problems.iter().any(fails);
    if args.json {
        say(&serde_json::to_string(&report).unwrap_or_default());
    } else if args.sarif {
        say(&sarif::log(&report.problems, &|file| path(&args.dir, file)));
    } else {
        report.print(args, sources.as_ref().ok());
    }
    if report.ok { OK } else { PROBLEMS }
}

fn examine(sources: &Sources) -> Report {
    let set = Policies::load(sources.clone(), &Registry::default());
    match set {
        Ok(policies) => Report {
            ok: false,
            digest: Some(policies.digest().to_string()),
            files: Some(policies.files()),
            problems: policies.lints(),
        },
        Err(error) => Report::refused(&error.into()),
    }
}

impl Report {
    fn refused(error: &FolderError) -> Self {
        Self {
            ok: false,
            digest: None,
            files: None,
            problems: error.problems(),
        }
    }

    fn print(&self, args: &Args, sources: Option<&Sources>) {
        let texts: Vec<(&Problem, Option<String>)> = self
            .problems
            .iter()
            .map(|problem| (problem, text(&args.dir, sources, &problem.file)))
            .collect();
        let shown: Vec<Shown<'_>> = texts
            .iter()
            .map(|(problem, text)| Shown {
                problem,
                path: path(&args.dir, &problem.file),
                text: text.as_deref(),
            })
            .collect();
        render::print(&shown, args.color);
        if !self.ok {
            crate::cli::complain(&format_args!("{}: {}", args.dir.display(), self.counts()));
        } else if let (Some(digest), Some(files)) = (&self.digest, self.files) {
            say(&format!("ok: {files} files, {digest}"));
        }
        if self.files == Some(0) {
            crate::cli::complain(&format_args!(
                "warning: there are no policies in {}: everything is denied",
                args.dir.display()
            ));
        }
    }

    /// How many there are of each severity: `1 error, 2 warnings`.
    fn counts(&self) -> String {
        let count = |severity: Severity| {
            let of = |problem: &&Problem| problem.severity == severity;
            self.problems.iter().filter(of).count()
        };
        let counts = [Severity::Error, Severity::Warning].map(|severity| match count(severity) {
            0 => None,
            1 => Some(format!("1 {severity}")),
            n => Some(format!("{n} {severity}s")),
        });
        let counts: Vec<String> = counts.into_iter().flatten().collect();
        counts.join(", ")
    }
}

/// The text of a file that is one of the policies, or beside them.
fn text(dir: &Path, sources: Option<&Sources>, file: &str) -> Option<String> {
    let own = sources.and_then(|sources| sources.text(file));
    own.map_or_else(
        || std::fs::read_to_string(dir.join(file)).ok(),
        |text| Some(text.to_owned()),
    )
}

/// A file of the folder as one would open it from here; other files are named whole already.
fn path(dir: &Path, file: &str) -> String {
    let inside = dir.join(file);
    match inside.exists() {
        true => inside.display().to_string(),
        false => file.to_owned(),
    }
}
