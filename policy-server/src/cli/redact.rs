//! `portcullis redact`: secrets taken out of recorded messages, so that a team can try rules on its
//! own traffic.
//!
//! Deliberately absent: handles, which could be turned back into secrets for as long as the file is
//! kept; what `reveal` policies say, which depends on who asks; schemas of tools.

mod check;
mod job;
mod lines;
mod replace;
mod report;
mod text;

use std::io;
use std::path::{Path, PathBuf};

use portcullis_core::policies::{Code, Problem};
use portcullis_core::redaction;
use portcullis_protocol::redact::{MarkKey, RawRules, Rules};

use self::report::{Form, Report, Totals};
use super::render::{self, Color, Shown};
use super::{OK, PROBLEMS, fail, say};

/// Wrong usage, or rules, keys or input that cannot be read.
const UNREAD: u8 = 2;

/// Take the secrets out of messages, one JSON message a line
///
/// Reads standard input and writes standard output, line for line: what holds no secret comes out
/// byte for byte as it was, and in place of a secret stands `[redacted:RULE]`. What was found is
/// told on standard error, or with `--report` in a file; the secrets themselves are in neither.
///
///   portcullis redact --rules policies/redaction.toml < messages.jsonl > redacted.jsonl
///
/// A line that is no strict JSON, or longer than 16 MiB, is not passed on, nor is a message with a
/// secret whose class is in mode `block`: a JSON-RPC error stands in its place. A secret in mode
/// `tokenize` becomes a placeholder; handles are made only by the gateway.
///
/// Exit codes: 0 done, 1 lines were not passed on (or what else `--fail-on` says), 2 wrong usage, or
/// rules, a key or input that cannot be read.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    args_conflicts_with_subcommands = true,
    disable_version_flag = true
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    redact: RedactArgs,
}

/// What else there is to do.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Check(check::Args),
    /// Print the JSON Schema of the rules file
    Schema,
}

#[derive(Debug, clap::Args)]
struct RedactArgs {
    /// The rules, as `policies/redaction.toml`; without it, the built-in ones
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Which way the messages go; what stands in place of one that is not passed on says so
    #[arg(long, value_enum, default_value_t)]
    direction: Direction,
    /// Read plain text, such as logs, instead of JSON messages
    #[arg(long)]
    text: bool,
    /// Write what was found into this file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The key of marks, 64 hexadecimal digits; without it a new one, and marks compare only within
    /// this run
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// What makes the command fail
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    fail_on: FailOn,
}

/// Which way messages go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Direction {
    /// From agents to servers
    #[value(alias = "to_server")]
    Request,
    /// From servers to agents
    #[default]
    #[value(alias = "to_client")]
    Response,
}

/// What makes the command fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// Lines that are not passed on
    #[default]
    Refused,
    /// These, and any secret
    Found,
    /// Nothing
    None,
}

/// Why nothing can be done.
#[derive(Debug, thiserror::Error)]
enum UnreadError {
    #[error("cannot read {path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("cannot write {path}: {source}")]
    Report { path: PathBuf, source: io::Error },
    #[error(
        "{0} holds no key: write 64 lower-case hexadecimal digits, as `openssl rand -hex 32` does"
    )]
    Key(PathBuf),
    #[error("there is no randomness for a key: {0}")]
    Random(getrandom::Error),
    #[error("cannot read standard input: {0}")]
    Input(io::Error),
    #[error("cannot write: {0}")]
    Output(io::Error),
}

pub(super) fn run(args: &Args) -> u8 {
    match &args.command {
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Schema) => {
            let schema = schemars::schema_for!(RawRules);
            say(&serde_json::to_string_pretty(&schema).unwrap_or_default());
            OK
        }
        None => match redact(&args.redact) {
            Ok(code) => code,
            Err(error) => fail(&error, UNREAD),
        },
    }
}

fn redact(args: &RedactArgs) -> Result<u8, UnreadError> {
    let rules = match &args.rules {
        None => Rules::built_in(),
        Some(path) => {
            let file = File::read(path);
            match file.rules {
                Ok(rules) => rules,
                Err(problems) => {
                    print(&problems, &file.path, file.text.as_deref(), Color::Auto);
                    return Ok(UNREAD);
                }
            }
        }
    };
    let marks = marks(args.key_file.as_deref())?;
    let mut report = report(args.report.as_deref())?;
    let job = job::Job {
        rules: &rules,
        marks: &marks,
        direction: args.direction,
    };
    let totals = if args.text {
        job.texts(&mut report)?
    } else {
        job.messages(&mut report)?
    };
    report
        .close(&totals, rules.raw())
        .map_err(UnreadError::Output)?;
    Ok(args.fail_on.code(&totals))
}

impl FailOn {
    const fn code(self, totals: &Totals) -> u8 {
        let fails = match self {
            Self::Refused => totals.refused + totals.blocked > 0,
            Self::Found => totals.refused + totals.blocked + totals.found > 0,
            Self::None => false,
        };
        if fails { PROBLEMS } else { OK }
    }
}

fn report(path: Option<&Path>) -> Result<Report, UnreadError> {
    let Some(path) = path else {
        return Ok(Report::new(Box::new(io::stderr()), Form::Words));
    };
    let file = std::fs::File::create(path).map_err(|source| UnreadError::Report {
        path: path.to_owned(),
        source,
    })?;
    Ok(Report::new(Box::new(io::BufWriter::new(file)), Form::Json))
}

/// The key of marks: that of a file, or a new one.
fn marks(path: Option<&Path>) -> Result<MarkKey, UnreadError> {
    let Some(path) = path else {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(UnreadError::Random)?;
        return Ok(MarkKey::new(bytes));
    };
    let text = std::fs::read_to_string(path).map_err(|source| UnreadError::File {
        path: path.to_owned(),
        source,
    })?;
    MarkKey::parse(text.trim_end()).ok_or_else(|| UnreadError::Key(path.to_owned()))
}

/// A rules file, read and compiled, or what is wrong with it.
struct File {
    path: String,
    text: Option<String>,
    rules: Result<Rules, Vec<Problem>>,
}

impl File {
    fn read(path: &Path) -> Self {
        let shown = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self {
                rules: redaction::read(&shown, &text),
                path: shown,
                text: Some(text),
            },
            Err(error) => {
                let message = format!("cannot read this: {error}");
                Self {
                    rules: Err(vec![Problem::new(Code::Folder, &shown, &message)]),
                    path: shown,
                    text: None,
                }
            }
        }
    }
}

fn print(problems: &[Problem], path: &str, text: Option<&str>, color: Color) {
    let shown: Vec<Shown<'_>> = problems
        .iter()
        .map(|problem| Shown {
            problem,
            path: path.to_owned(),
            text,
        })
        .collect();
    render::print(&shown, color);
}

#[cfg(test)]
mod tests;
