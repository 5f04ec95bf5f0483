//! `portcullis policy fmt`: the one layout for policies.
//!
//! A file is replaced whole or not at all, and only when its layout changes.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use portcullis_core::engine::cedar::format;
use portcullis_core::policies::{Code, Problem};
use serde::Serialize;
use similar::TextDiff;

use crate::cli::render::{self, Color, Shown};
use crate::cli::{OK, PROBLEMS, say};

/// Give policies the layout of Cedar's own formatter
///
/// Comments are kept, what the policies mean is compared before and after, and formatting twice
/// changes nothing more. A file that is no Cedar is left alone, and the others are still done.
///
/// Exit codes: 0 all files have the layout now, 1 with `--check` some have not, or a file is no
/// Cedar or cannot be read or written, 2 wrong usage.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Files, or folders with `*.cedar` files; `-` reads standard input and prints the result
    #[arg(default_value = "policies", value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// Write nothing, and show what would change
    #[arg(long)]
    check: bool,
    /// Print one JSON object instead: ok, files with `changed`, problems
    #[arg(long)]
    json: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    color: Color,
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    files: Vec<Formatted>,
    problems: Vec<Problem>,
}

/// A file, and whether its layout changed or, with `--check`, would.
#[derive(Serialize)]
struct Formatted {
    file: String,
    changed: bool,
    #[serde(skip)]
    before: String,
    #[serde(skip)]
    after: String,
}

pub(super) fn run(args: &Args) -> u8 {
    let mut report = Report {
        ok: false,
        files: Vec::new(),
        problems: Vec::new(),
    };
    let mut texts = Vec::new();
    for path in &args.paths {
        let found = files(path).map_err(|error| failed(path, "read", &error));
        let found = found.unwrap_or_else(|problem| {
            report.problems.push(problem);
            Vec::new()
        });
        for file in found {
            match text(&file) {
                Ok(text) => texts.push((file, text)),
                Err(error) => report.problems.push(failed(&file, "read", &error)),
            }
        }
    }
    for (path, text) in &texts {
        match one(path, text, args) {
            Ok(formatted) => report.files.push(formatted),
            Err(problems) => report.problems.extend(problems),
        }
    }
    let unformatted = args.check && report.files.iter().any(|file| file.changed);
    report.ok = report.problems.is_empty() && !unformatted;
    report.print(args, &texts);
    if report.ok { OK } else { PROBLEMS }
}

/// The policy files that a path stands for, in order.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if is_stdin(path) || !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".cedar") && !name.starts_with('.') && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn text(path: &Path) -> io::Result<String> {
    if is_stdin(path) {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(path)
}

fn failed(path: &Path, verb: &str, error: &io::Error) -> Problem {
    let message = format!("cannot {verb} this: {error}");
    Problem::new(Code::Folder, &path.to_string_lossy(), &message)
}

fn one(path: &Path, text: &str, args: &Args) -> Result<Formatted, Vec<Problem>> {
    let file = path.to_string_lossy().into_owned();
    let after = format(&file, text)?;
    let changed = after != text;
    if is_stdin(path) {
        if !args.check && !args.json {
            let _ = io::stdout().write_all(after.as_bytes());
        }
    } else if changed && !args.check {
        replace(path, &after).map_err(|error| vec![failed(path, "write", &error)])?;
    }
    Ok(Formatted {
        file,
        changed,
        before: text.to_owned(),
        after,
    })
}

/// Replaces a file's text; a reader sees the old one or the new, never a part. Links stay links.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = crate::files::create_new(&beside, 0o600).and_then(|mut file| {
        file.set_permissions(std::fs::metadata(&path)?.permissions())?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

impl Report {
    fn print(&self, args: &Args, texts: &[(PathBuf, String)]) {
        if args.json {
            say(&serde_json::to_string(self).unwrap_or_default());
            return;
        }
        let text = |file: &str| {
            let own = texts
                .iter()
                .find(|(path, _)| path.to_string_lossy() == file);
            own.map(|(_, text)| text.as_str())
        };
        let shown: Vec<Shown<'_>> = self
            .problems
            .iter()
            .map(|problem| Shown {
                problem,
                path: problem.file.clone(),
                text: text(&problem.file),
            })
            .collect();
        render::print(&shown, args.color);
        for formatted in self.files.iter().filter(|file| file.changed) {
            match (args.check, formatted.file.as_str()) {
                (true, file) => {
                    say(&diff(formatted).trim_end());
                    crate::cli::complain(&format_args!(
                        "{file} is not formatted; run `portcullis policy fmt {file}`"
                    ));
                }
                (false, "-") => {}
                (false, file) => say(&format!("formatted {file}")),
            }
        }
    }
}

/// What changes in a file, as a unified diff.
fn diff(formatted: &Formatted) -> String {
    let Formatted {
        file,
        before,
        after,
        ..
    } = formatted;
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let mut unified = diff.unified_diff();
    unified
        .header(file, &format!("{file} (formatted)"))
        .to_string()
}
