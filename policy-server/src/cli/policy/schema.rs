//! `portcullis policy schema`: what policies are written against, with the tools of servers in it.
//!
//! Deliberately absent: a decision about a tool. What is printed is what the server would load.

mod pin;
mod report;

use std::path::{Path, PathBuf};

use portcullis_core::catalogue::{Catalogue, pinned};
use portcullis_core::engine::cedar::SCHEMA;
use portcullis_core::policies::{Problem, Sources};
use portcullis_core::registry::{Listed, Registry};
use portcullis_core::schema::{BaseContext, MappedTool, MappingFault};
use portcullis_core::schema::{merge, tools_text, whole_json, whole_text};
use portcullis_protocol::names::ServerName;
use serde_json::json;

use crate::cli::{OK, PROBLEMS, fail, say};
use crate::config::Sync;
use crate::fetch::{Era, FetchError, Header, HeaderError, Headers, fetch};
use crate::library::{FolderError, read_folder};
use crate::store::{Store, StoreError};
use crate::up::upstream::{Upstream, UpstreamError};

/// The tools cannot be had.
const UNREADABLE: u8 = 3;

/// Print the schema that policies are validated against
///
/// Without options it is the built-in one. With `--policies` it has an action for each tool that
/// the folder pins, as an editor wants it. With `--server` it is the part of that server's tools,
/// as its server lists them or as they were seen in traffic; `--write` pins them in a folder.
///
/// Exit codes: 0 done, 1 not written, or the policies do not fit, or with `--strict` a tool is in
/// quarantine, 2 wrong usage, 3 the tools cannot be had.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The policy folder whose pinned tools are put in
    #[arg(long, value_name = "DIR", group = "source")]
    policies: Option<PathBuf>,
    /// Only the tools of this server
    #[arg(long, value_name = "NAME", value_parser = server_name, requires = "source")]
    server: Option<ServerName>,
    /// The database of the policy server, which has the tools that it has seen
    #[arg(long, value_name = "FILE", group = "source", requires = "server")]
    database: Option<PathBuf>,
    /// The address of the server, http only: `http://127.0.0.1:9000/mcp`
    #[arg(long, group = "source", requires = "server")]
    url: Option<String>,
    /// A header to send, such as `Authorization: Bearer …`; everybody on this machine can see it
    #[arg(long, value_name = "NAME: VALUE", requires = "url")]
    header: Vec<Header>,
    /// A file of headers to send, one a line
    #[arg(long, value_name = "FILE", requires = "url")]
    header_file: Option<PathBuf>,
    /// Which era of the protocol to speak
    #[arg(long, value_enum, default_value_t, requires = "url")]
    era: Era,
    /// How the schema is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Print the list to be pinned as `tools/NAME.json` in the policy folder
    #[arg(long, requires = "server", conflicts_with_all = ["write", "json"])]
    tools: bool,
    /// Pin the tools in this policy folder, and say what that changes
    #[arg(long, value_name = "DIR", requires = "server")]
    write: Option<PathBuf>,
    /// Replace another pinned list, also when the policies do not fit the new one
    #[arg(long, requires = "write")]
    force: bool,
    /// Print one JSON object about the tools
    #[arg(long, requires = "server")]
    json: bool,
    /// End with exit code 1 when a tool is in quarantine
    #[arg(long, requires = "source")]
    strict: bool,
}

/// How a schema is written.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Format {
    /// Cedar's own syntax
    #[default]
    Cedar,
    /// Cedar's JSON
    Json,
}

fn server_name(text: &str) -> Result<ServerName, String> {
    ServerName::parse(text).map_err(|error| error.to_string())
}

/// Why there is no schema.
#[derive(Debug, thiserror::Error)]
pub(super) enum SchemaError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("{}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Address(#[from] UpstreamError),
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Mapping(#[from] MappingFault),
    #[error("no tools of `{0}` are known there")]
    Unknown(ServerName),
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
    #[error("cannot write {path}: {source}")]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
}

/// The tools that are asked about.
struct Found {
    registry: Registry,
    catalogue: Catalogue,
    /// How many items of the list no agent sees.
    unsound: usize,
}

pub(super) fn run(args: &Args) -> u8 {
    answer(args).unwrap_or_else(|error| fail(&error, UNREADABLE))
}

fn answer(args: &Args) -> Result<u8, SchemaError> {
    let found = find(args)?;
    report::warn(&found);
    report::warn_unchecked(&found);
    let quarantined = found.catalogue.quarantined().next().is_some();
    let code = match &args.server {
        None => {
            say(&whole(&found.catalogue, args.format)?.trim_end());
            OK
        }
        Some(server) => one(args, server, &found)?,
    };
    Ok(if args.strict && quarantined {
        PROBLEMS
    } else {
        code
    })
}

/// What is said about the tools of one server.
fn one(args: &Args, server: &ServerName, found: &Found) -> Result<u8, SchemaError> {
    let known = found.registry.server(server);
    let known = known.ok_or_else(|| SchemaError::Unknown(server.clone()))?;
    let pinning = match &args.write {
        None => None,
        Some(folder) => Some(pin::pin(folder, server, known, args.force)?),
    };
    let code = pinning.as_ref().map_or(OK, pin::Pinning::code);
    if args.json {
        report::print(server, found, pinning);
    } else if let Some(pinning) = pinning {
        pinning.print();
    } else if args.tools {
        say(&pin::text(known).trim_end());
    } else {
        say(&part(&found.catalogue, args.format).trim_end());
        report::note_opaque(found);
    }
    Ok(code)
}

fn mapped(catalogue: &Catalogue) -> impl Iterator<Item = &MappedTool> {
    catalogue.tools().map(|(_, tool)| &*tool.mapped)
}

fn whole(catalogue: &Catalogue, format: Format) -> Result<String, SchemaError> {
    Ok(match format {
        Format::Cedar if catalogue.count() == 0 => SCHEMA.to_owned(),
        Format::Cedar => whole_text(SCHEMA, mapped(catalogue))?,
        Format::Json => pretty(&whole_json(SCHEMA, mapped(catalogue))?),
    })
}

fn part(catalogue: &Catalogue, format: Format) -> String {
    match format {
        Format::Cedar => tools_text(mapped(catalogue)),
        Format::Json => pretty(&merge(json!({}), mapped(catalogue))),
    }
}

fn pretty(json: &serde_json::Value) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default()
}

fn find(args: &Args) -> Result<Found, SchemaError> {
    let mut unsound = 0;
    let (sources, mut registry) = if let Some(folder) = &args.policies {
        let sources = read_folder(folder)?;
        let registry = pinned(&sources).map_err(SchemaError::Problems)?;
        (sources, registry)
    } else if let Some(database) = &args.database {
        (Sources::default(), seen(database)?)
    } else if let (Some(url), Some(server)) = (&args.url, &args.server) {
        let fetched = ask(args, url, server)?;
        unsound = fetched.1;
        (Sources::default(), fetched.0)
    } else {
        (Sources::default(), Registry::default())
    };
    if let Some(server) = &args.server {
        registry = only(&registry, server);
    }
    // Pins are in the registry already; of the folder the tags count.
    let tags = sources.only_tags();
    let base = BaseContext::read(SCHEMA)?;
    let catalogue = Catalogue::gather(&tags, &registry, &base, None);
    Ok(Found {
        catalogue: catalogue.map_err(SchemaError::Problems)?,
        registry,
        unsound,
    })
}

fn only(registry: &Registry, server: &ServerName) -> Registry {
    let mut one = Registry::default();
    for (tool, listed) in registry.server(server).into_iter().flatten() {
        one.put(server.clone(), tool.clone(), listed.clone());
    }
    one
}

/// The tools that a policy server has seen.
pub(super) fn seen(database: &Path) -> Result<Registry, SchemaError> {
    let store = Store::new(database.to_owned(), Sync::Disk);
    runtime()?.block_on(async {
        let mut connection = store.connect_read_only().await?;
        Ok(store.tools(&mut connection).await?)
    })
}

/// The tools that a server lists, and how many items are none.
fn ask(args: &Args, url: &str, server: &ServerName) -> Result<(Registry, usize), SchemaError> {
    let upstream: Upstream = format!("{server}={url}").parse()?;
    let headers = Headers::gather(&args.header, args.header_file.as_deref())?;
    let here =
        upstream.host == "localhost" || upstream.address().is_some_and(|ip| ip.is_loopback());
    if !headers.is_empty() && !here {
        crate::cli::complain(&format_args!(
            "warning: the headers go to {} unencrypted",
            upstream.host
        ));
    }
    let fetched = runtime()?.block_on(fetch(&upstream, headers, args.era))?;
    let mut registry = Registry::default();
    for (tool, entry) in fetched.tools {
        registry.put(server.clone(), tool, Listed::once(entry));
    }
    Ok((registry, fetched.unsound))
}

fn runtime() -> Result<tokio::runtime::Runtime, SchemaError> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().map_err(SchemaError::Runtime)
}
