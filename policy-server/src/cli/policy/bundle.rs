//! `portcullis policy bundle`: policies signed into one file, and what such a file holds.
//!
//! Deliberately absent: unpacking a bundle into a folder, and fetching one.

mod keygen;
mod report;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use portcullis_core::audit::time::parse_rfc3339_s;
use portcullis_core::policies::bundle::Bundle;
use portcullis_core::policies::keys::{PublicKey, SecretKey};
use portcullis_core::policies::{Code, LoadError, Policies, Problem};
use portcullis_core::registry::Registry;
use portcullis_protocol::names::Name;
use serde_json::json;

use self::report::{Report, Signed};

use crate::cli::{OK, PROBLEMS, say};
use crate::clock;
use crate::library::{self, BundleFault, FUTURE_SECONDS_MAX, FolderError};

/// The variable that reproducible builds take their time from, in seconds since 1970.
const SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";

/// What to do with bundles.
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum Command {
    /// Load a folder exactly as the server does, and sign it into one file
    ///
    /// The same folder, keys and time give the same bytes. Exit codes: 0 the bundle is written,
    /// 1 it is not, 2 wrong usage.
    #[command(disable_version_flag = true)]
    Build(BuildArgs),
    /// Check who signed a bundle, and that its policies load
    ///
    /// Exit codes: 0 a trusted key signed it and it loads, 1 it is refused, 2 wrong usage.
    Verify {
        /// The bundle
        file: PathBuf,
        /// A public key that is trusted, in PEM; may be repeated
        #[arg(long = "public-key", value_name = "FILE", required = true)]
        public_keys: Vec<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Make a key pair: the private key, and the public key beside it in `NAME.pub.pem`
    ///
    /// Nothing is written over. Exit codes: 0 the keys are written, 1 they are not, 2 wrong usage.
    Keygen {
        /// The file for the private key, which only you will be able to read
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Show what a bundle says, without checking who signed it
    ///
    /// Exit codes: 0 it is shown, 1 it is no bundle, 2 wrong usage.
    Show {
        /// The bundle
        file: PathBuf,
        /// Print the text of this file of the bundle
        #[arg(long = "file", value_name = "NAME", conflicts_with = "json")]
        inside: Option<String>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BuildArgs {
    /// The policies folder
    dir: PathBuf,
    /// The bundle to write; a server that watches it takes it over
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// A private key to sign with, in PEM; may be repeated
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// What the bundle is called; without it, what `bundle.toml` says
    #[arg(long, value_parser = name)]
    name: Option<Name>,
    /// Which version it is; without it, what `bundle.toml` says
    #[arg(long, value_parser = name)]
    version: Option<Name>,
    /// When it is made, as 2026-11-21T10:53:01Z; without it, `SOURCE_DATE_EPOCH`, or now
    #[arg(long, value_name = "TIME", value_parser = time)]
    created: Option<i64>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn name(text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|error| error.to_string())
}

fn time(text: &str) -> Result<i64, String> {
    parse_rfc3339_s(text).ok_or_else(|| "write a time like 2026-11-21T10:53:01Z".to_owned())
}

pub(super) fn run(command: &Command) -> u8 {
    match command {
        Command::Build(args) => tell(build(args), args.json),
        Command::Verify {
            file,
            public_keys,
            json,
        } => tell(verify(file, public_keys), *json),
        Command::Keygen { output } => match keygen::run(output) {
            Ok(made) => {
                say(&format!(
                    "ok: {}, public half in {}",
                    made.id,
                    made.public.display()
                ));
                OK
            }
            Err(problems) => refuse(&problems, false),
        },
        Command::Show {
            file,
            inside: Some(name),
            ..
        } => match text(file, name) {
            Ok(text) => {
                say(&text.trim_end_matches('\n'));
                OK
            }
            Err(problems) => refuse(&problems, false),
        },
        Command::Show { file, json, .. } => tell(show(file), *json),
    }
}

/// Says how it went, for people or programs.
fn tell(done: Result<Report, Vec<Problem>>, json: bool) -> u8 {
    match done {
        Ok(report) => {
            say(&if json { report.json() } else { report.words() });
            OK
        }
        Err(problems) => refuse(&problems, json),
    }
}

fn refuse(problems: &[Problem], json: bool) -> u8 {
    if json {
        say(&json!({"ok": false, "problems": problems}));
    } else {
        problems
            .iter()
            .for_each(|problem| crate::cli::complain(&format_args!("{problem}")));
    }
    PROBLEMS
}

fn problem(path: &Path, error: &impl std::fmt::Display) -> Vec<Problem> {
    vec![Problem::new(
        Code::Folder,
        &path.to_string_lossy(),
        &error.to_string(),
    )]
}

fn build(args: &BuildArgs) -> Result<Report, Vec<Problem>> {
    let refused = |error: FolderError| error.problems();
    let sources = library::read_folder(&args.dir).map_err(refused)?;
    let policies = Policies::load(sources.clone(), &Registry::default())
        .map_err(|error: LoadError| error.problems)?;
    let keys = args.keys.iter().map(|path| secret_key(path));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    let manifest = policies.manifest();
    let bundle = Bundle::new(
        sources,
        created(args)?,
        args.name.clone().or_else(|| manifest.name.clone()),
        args.version.clone().or_else(|| manifest.version.clone()),
    );
    let bundle = bundle.map_err(|error| problem(&args.dir, &error))?;
    let sealed = bundle
        .seal(&keys)
        .map_err(|error| problem(&args.dir, &error))?;
    write_whole(&args.output, &sealed).map_err(|error| problem(&args.output, &error))?;
    let keys = keys.iter().map(|key| key.public().id()).collect();
    Ok(Report::new(&bundle, Signed::Now { keys }))
}

fn created(args: &BuildArgs) -> Result<i64, Vec<Problem>> {
    if let Some(created_s) = args.created {
        return Ok(created_s);
    }
    match std::env::var(SOURCE_DATE_EPOCH) {
        Ok(text) => text.parse().map_err(|_| {
            let message = "this is no number of seconds since 1970";
            vec![Problem::new(Code::Bundle, SOURCE_DATE_EPOCH, message)]
        }),
        Err(_) => Ok(clock::now_us().div_euclid(1_000_000)),
    }
}

fn secret_key(path: &Path) -> Result<SecretKey, Vec<Problem>> {
    let pem = std::fs::read_to_string(path).map_err(|error| problem(path, &error))?;
    SecretKey::from_pem(&pem).map_err(|error| problem(path, &error))
}

/// A key that is named on the command line counts whoever's file it is: a check-out is often
/// another user's than the one that checks.
fn public_key(path: &Path) -> Result<PublicKey, Vec<Problem>> {
    let pem = std::fs::read_to_string(path).map_err(|error| problem(path, &error))?;
    PublicKey::from_pem(&pem).map_err(|error| problem(path, &error))
}

/// Writes a file so that a server that watches it sees the old one or the new one.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    // A new file: what stands in its place is not written through.
    let mut file = crate::files::create_new(Path::new(&beside), 0o666)?;
    file.write_all(text.as_bytes())?;
    std::fs::rename(&beside, path)
}

fn verify(file: &Path, public_keys: &[PathBuf]) -> Result<Report, Vec<Problem>> {
    let trusted = public_keys.iter().map(|path| public_key(path));
    let trusted: Vec<PublicKey> = trusted.collect::<Result<_, _>>()?;
    let bytes = library::read_bundle(file).map_err(|error| error.problems())?;
    let verified = Bundle::verify(&bytes, &trusted).map_err(|error| problem(file, &error))?;
    let age_seconds = clock::now_us().div_euclid(1_000_000) - verified.bundle().created_s;
    if age_seconds < -FUTURE_SECONDS_MAX {
        let future = BundleFault::Future(verified.bundle().created_s);
        return Err(problem(file, &future));
    }
    let key = verified.key();
    let report = Report::new(verified.bundle(), Signed::Trusted { key, age_seconds });
    Policies::load(verified.into_sources(), &Registry::default())
        .map_err(|error| error.problems)?;
    Ok(report)
}

fn unverified(file: &Path) -> Result<(Bundle, Vec<String>), Vec<Problem>> {
    let bytes = library::read_bundle(file).map_err(|error| error.problems())?;
    Bundle::unverified(&bytes).map_err(|error| problem(file, &error))
}

fn show(file: &Path) -> Result<Report, Vec<Problem>> {
    let (bundle, claimed_keys) = unverified(file)?;
    let signed = Signed::Unverified {
        verified: false,
        claimed_keys,
    };
    Ok(Report::new(&bundle, signed))
}

fn text(file: &Path, name: &str) -> Result<String, Vec<Problem>> {
    let (bundle, _) = unverified(file)?;
    let text = bundle.sources().text(name).map(str::to_owned);
    text.ok_or_else(|| problem(file, &format!("the bundle has no file {name:?}")))
}
