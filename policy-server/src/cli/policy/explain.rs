//! `portcullis policy explain`: why one request is judged as it is, and what would have to change.

mod recorded;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use portcullis_core::cases::{Explanation, Finding, Written};
use portcullis_core::engine::cedar::{Dissected, Intent, PartKind, Truth};
use portcullis_core::policies::Policies;
use portcullis_core::registry::Registry;
use portcullis_protocol::names::CallId;

use crate::cli::{OK, fail, show};
use crate::clock;
use crate::library::FolderError;

/// Wrong usage, or policies or request cannot be read.
const UNREAD: u8 = 2;

/// Say why a request is allowed, denied or held back, and what would have to change
///
/// The request is a JSON file, as in the cases of `portcullis policy test`:
///
///   {"server": "github", "method": "tools/call", "tool": "create_issue",
///    "arguments": {"title": "x"},
///    "caller": {"subject": "bob", "roles": ["viewer"]}}
///
/// It is judged as the server would judge it now, or at its `now`, with the tools of
/// `DIR/tools/SERVER.json`. The answer tells *forbidden* (a policy says no) from *not permitted*
/// (no policy says yes), from *needs approval* (a gate holds it back), and from what no policy was
/// asked about: arguments that do not fit the tool's schema, a tool in quarantine, a method that
/// does not exist. It names the policies that decided, the permits that came nearest with the
/// parts that failed, and the values that they looked at.
///
/// With `--call` and `--database` it is a decision out of the audit log, asked again at its own time
/// of the policies as they are now. Where the log keeps no values of arguments (`audit.arguments`),
/// it is told which outcome is sure.
///
/// Values of the request are printed, unless they are secrets.
///
/// Exit codes: 0 it is explained, whatever the verdict; 2 wrong usage, or policies or request
/// cannot be read.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Args {
    /// The file with the request, or `-` for standard input
    #[arg(required_unless_present = "call", conflicts_with = "call")]
    request: Option<PathBuf>,
    /// A decision out of the audit log instead, by its call id
    #[arg(long, value_name = "ID", value_parser = call_id, requires = "database")]
    call: Option<CallId>,
    /// The database of the policy server, which has the log
    #[arg(long, value_name = "FILE", requires = "call")]
    database: Option<PathBuf>,
    /// The folder with the policies
    #[arg(long, value_name = "DIR", default_value = "policies")]
    policies: PathBuf,
    /// Print one JSON object: outcome, finding, asked, message, decided, changes, nearest, shadow,
    /// notes; or error, problems
    #[arg(long)]
    json: bool,
}

/// Why nothing is explained.
#[derive(Debug, thiserror::Error)]
enum UnreadError {
    #[error("the policies do not load: `portcullis policy check` says why")]
    Policies(#[from] FolderError),
    #[error("cannot read {path}: {source}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path} is no request: {source}")]
    Request {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error(transparent)]
    Log(#[from] super::traffic::UnreadError),
    #[error("the log has no decision on this call")]
    NoDecision,
}

fn call_id(text: &str) -> Result<CallId, &'static str> {
    CallId::parse(text)
        .ok_or("a call id is 32 hexadecimal digits; `portcullis audit tail` shows them")
}

pub(super) fn run(args: &Args) -> u8 {
    match explain(args) {
        Ok(()) => OK,
        Err(error) => unread(&error, args),
    }
}

fn explain(args: &Args) -> Result<(), UnreadError> {
    let now_ms = clock::now_us() / 1_000;
    let (Some(call), Some(database)) = (args.call, &args.database) else {
        let written = request(args.request.as_deref().unwrap_or(Path::new("-")))?;
        let policies = super::load(&args.policies, &Registry::default())?;
        tell(&written, &policies, now_ms, args);
        return Ok(());
    };
    let (decided, registry) = recorded::find(database, call)?;
    let decided = decided.ok_or(UnreadError::NoDecision)?;
    let policies = super::traffic::load(&args.policies, &registry)?;
    match recorded::whole(&decided) {
        Some(written) => {
            if !args.json {
                recorded::then(&decided);
            }
            tell(written, &policies, now_ms, args);
        }
        None => recorded::in_part(&decided, &policies, args.json),
    }
    Ok(())
}

fn unread(error: &UnreadError, args: &Args) -> u8 {
    let problems = match error {
        UnreadError::Policies(error) => error.problems(),
        _ => Vec::new(),
    };
    if args.json {
        show(&serde_json::json!({"error": error.to_string(), "problems": problems}));
        return UNREAD;
    }
    problems
        .iter()
        .for_each(|problem| crate::cli::complain(&format_args!("{problem}")));
    fail(error, UNREAD)
}

fn request(path: &Path) -> Result<Written, UnreadError> {
    let mut text = String::new();
    let read = match path.as_os_str() == "-" {
        true => std::io::stdin().read_to_string(&mut text).map(|_| text),
        false => std::fs::read_to_string(path),
    };
    let text = read.map_err(|source| UnreadError::Read {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|source| UnreadError::Request {
        path: path.to_owned(),
        source,
    })
}

/// Explains a request, wherever it is from.
fn tell(written: &Written, policies: &Policies, now_ms: i64, args: &Args) {
    let explanation = Explanation::of(written, policies, now_ms);
    match args.json {
        true => show(&serde_json::to_string(&explanation).unwrap_or_default()),
        false => print(&explanation, &args.policies),
    }
}

fn print(explanation: &Explanation, dir: &Path) {
    let word = explanation.outcome.as_str();
    show(&format!("{word}: {}", verdict(&explanation.finding)));
    show(&format!("  asked: {}", explanation.asked));
    if let Some(message) = &explanation.message {
        show(&format!("  the agent reads: {message}"));
    }
    for note in &explanation.notes {
        show(&format!("  note: {note}"));
    }
    section("decided by", &explanation.decided, |one| {
        policy(one, dir);
        one.text
            .lines()
            .for_each(|line| show(&format!("    | {line}")));
    });
    section(
        "what would have to change",
        &explanation.changes,
        |change| {
            show(&format!("  - {change}"));
        },
    );
    section("nearest permits", &explanation.nearest, |one| {
        policy(one, dir);
        parts(one);
    });
    section("in shadow, without effect", &explanation.shadow, |note| {
        let effect = format!("{:?}", note.effect).to_lowercase();
        show(&format!("  {}: {effect}", note.policy));
    });
}

fn section<T>(title: &str, items: &[T], each: impl Fn(&T)) {
    if !items.is_empty() {
        show(&format!("\n{title}"));
        items.iter().for_each(each);
    }
}

fn verdict(finding: &Finding) -> String {
    match finding {
        Finding::Permitted => "a policy permits it".to_owned(),
        Finding::NeedsApproval => "it needs approval: a gate holds it back".to_owned(),
        Finding::Forbidden => "it is forbidden: a policy says no".to_owned(),
        Finding::NotPermitted => "it is not permitted: no policy says yes".to_owned(),
        Finding::ArgumentsUnfit(why) => {
            format!("the arguments do not fit, so no policy was asked: {why}")
        }
        Finding::Quarantined(why) => format!("the tool is in quarantine: {why}"),
        Finding::UnknownMethod => "there is no such method".to_owned(),
        Finding::Unjudged(why) => format!("it cannot be judged: {why}"),
    }
}

fn policy(one: &Dissected, dir: &Path) {
    let does = match one.intent {
        Intent::Permit => "permits",
        Intent::Forbid => "forbids",
        Intent::Gate => "holds back",
    };
    let file = dir.join(&one.file);
    let (id, line) = (&one.policy, one.line);
    show(&format!("  {id} ({}:{line}) {does}", file.display()));
    if let Some(reason) = &one.reason {
        show(&format!("    \"{reason}\""));
    }
}

fn parts(one: &Dissected) {
    for part in &one.parts {
        let text = match part.kind {
            PartKind::When => format!("when {{ {} }}", part.text),
            PartKind::Unless => format!("unless {{ {} }}", part.text),
            _ => part.text.clone(),
        };
        show(&format!("    {}  {text}", mark(&part.truth)));
        if part.truth == Truth::Holds {
            continue;
        }
        for term in &part.terms {
            let truth = match &term.truth {
                Truth::Holds => "true",
                Truth::Fails => "false",
                Truth::Errs(error) => error,
            };
            show(&format!("           {}: {truth}", term.text));
            for (name, value) in &term.values {
                show(&format!("             {name} = {value}"));
            }
        }
    }
}

const fn mark(truth: &Truth) -> &'static str {
    match truth {
        Truth::Holds => "holds",
        Truth::Fails => "fails",
        Truth::Errs(_) => "error",
    }
}
