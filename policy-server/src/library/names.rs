//! The names that a folder says are known: `roles.toml`, and the lists of tools in `tools`.
//!
//! Only lints read them. Neither file has to be there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use portcullis_core::policies::{Code, Known, Place, Problem};
use serde::Deserialize;

/// The file that lists roles, groups and servers.
const NAMES_FILE: &str = "roles.toml";

/// The folder with one file a server, each a result of `tools/list`.
const TOOLS_FOLDER: &str = "tools";

/// Most bytes of one of these files.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    servers: Option<BTreeSet<String>>,
    roles: Option<BTreeSet<String>>,
    groups: Option<BTreeSet<String>>,
}

/// A result of `tools/list`, as far as lints read it.
#[derive(Deserialize)]
struct Listed {
    tools: Vec<Tool>,
}

#[derive(Deserialize)]
struct Tool {
    name: String,
}

/// Reads the known names of a folder, and says what is wrong with the files.
pub(super) fn read(folder: &Path) -> (Known, Vec<Problem>) {
    let mut problems = Vec::new();
    let names = match names(folder) {
        Ok(names) => names,
        Err(problem) => {
            problems.push(*problem);
            Names::default()
        }
    };
    let known = Known {
        servers: names.servers,
        tools: tools(folder, &mut problems),
        roles: names.roles,
        groups: names.groups,
    };
    (known, problems)
}

fn names(folder: &Path) -> Result<Names, Box<Problem>> {
    let Some(text) = text(folder, NAMES_FILE)? else {
        return Ok(Names::default());
    };
    toml::from_str(&text).map_err(|error| {
        let problem = Problem::new(Code::Names, NAMES_FILE, error.message())
            .help("it may say `roles`, `groups` and `servers`, each a list of names");
        let at = |span: Range<usize>| Place::span(&text, span);
        Box::new(Problem {
            place: error.span().map(at),
            ..problem
        })
    })
}

/// The tools of each server that has a list.
fn tools(folder: &Path, problems: &mut Vec<Problem>) -> BTreeMap<String, BTreeSet<String>> {
    let entries = std::fs::read_dir(folder.join(TOOLS_FOLDER));
    let mut tools = BTreeMap::new();
    for entry in entries.into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(server) = name.strip_suffix(".json").filter(|s| !s.starts_with('.')) else {
            continue;
        };
        match listed(folder, &format!("{TOOLS_FOLDER}/{name}")) {
            Ok(names) => {
                tools.insert(server.to_owned(), names);
            }
            Err(problem) => problems.push(*problem),
        }
    }
    tools
}

fn listed(folder: &Path, file: &str) -> Result<BTreeSet<String>, Box<Problem>> {
    let text = text(folder, file)?.unwrap_or_default();
    let listed: Listed = serde_json::from_str(&text).map_err(|error| {
        let problem = Problem::new(Code::Names, file, &error.to_string());
        Box::new(problem.help("it is a result of `tools/list`: `{\"tools\": [{\"name\": …}, …]}`"))
    })?;
    Ok(listed.tools.into_iter().map(|tool| tool.name).collect())
}

/// The text of a file; none when it is not there.
fn text(folder: &Path, file: &str) -> Result<Option<String>, Box<Problem>> {
    let path = folder.join(file);
    let problem = |message: &str| Box::new(Problem::new(Code::Names, file, message));
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.len() > BYTES_MAX => Err(problem("the file is larger than 4 MiB")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        _ => std::fs::read_to_string(&path)
            .map(Some)
            .map_err(|error| problem(&format!("cannot read this: {error}"))),
    }
}
