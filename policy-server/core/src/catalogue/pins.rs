//! Tool lists in the policy folder: `tools/SERVER.json`, each the result of a `tools/list`.
//!
//! Deliberately absent: paging. The file of `portcullis policy schema --server` has all pages.

use portcullis_protocol::names::{Name, ServerName};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Origin;
use crate::policies::{Code, Place, Problem, Sources};
use crate::registry::{Listed, Registry, ToolEntry};

/// The folder in the policy folder.
const FOLDER: &str = "tools/";

/// The file in the policy folder that lists the tools of a server.
#[must_use]
pub fn pins_file(server: &ServerName) -> String {
    format!("{FOLDER}{server}.json")
}

/// The text of such a file, a tool a line. Each definition keeps its bytes.
#[must_use]
pub fn pins_text<'a>(tools: impl Iterator<Item = &'a ToolEntry>) -> String {
    let tools: Vec<&str> = tools.map(|entry| &*entry.json).collect();
    if tools.is_empty() {
        return "{\"tools\":[]}\n".to_owned();
    }
    format!("{{\"tools\":[\n{}\n]}}\n", tools.join(",\n"))
}

/// The tools that the folder lists.
///
/// # Errors
/// A list cannot be read.
pub fn pinned(sources: &Sources) -> Result<Registry, Vec<Problem>> {
    let mut registry = Registry::default();
    for (server, name, listed) in read(sources)?.0 {
        registry.put(server, name, listed);
    }
    Ok(registry)
}

/// Tools as the folder lists them.
pub(super) struct Pins(Vec<(ServerName, Name, Listed)>);

impl Pins {
    pub(super) fn listed(&self) -> impl Iterator<Item = (&ServerName, &Name, &Listed, Origin)> {
        let each = self.0.iter();
        each.map(|(server, name, listed)| (server, name, listed, Origin::Folder))
    }
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    tools: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Reads all tool lists.
pub(super) fn read(sources: &Sources) -> Result<Pins, Vec<Problem>> {
    let mut pins = Vec::new();
    let mut problems = Vec::new();
    for (file, text) in sources.iter() {
        let Some(server) = file.strip_prefix(FOLDER) else {
            continue;
        };
        match one(file, server, text) {
            Ok(tools) => pins.extend(tools),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(Pins(pins))
    } else {
        Err(problems)
    }
}

fn one(file: &str, server: &str, text: &str) -> Result<Vec<(ServerName, Name, Listed)>, Problem> {
    let stem = server.strip_suffix(".json").unwrap_or(server);
    let server = ServerName::parse(stem).map_err(|_| {
        Problem::new(Code::Tools, file, "the file is not named after a server")
            .help("name it as the gateway names the server: `tools/github.json`")
    })?;
    let list: File<'_> = serde_json::from_str(text).map_err(|error| broken(file, text, &error))?;
    let mut tools: Vec<(ServerName, Name, Listed)> = Vec::new();
    for raw in list.tools {
        let named = serde_json::from_str::<Named>(raw.get()).ok();
        let name = named.and_then(|named| Name::parse(&named.name).ok());
        let offset = raw
            .get()
            .as_ptr()
            .addr()
            .saturating_sub(text.as_ptr().addr());
        let problem = |message: &str| {
            let problem = Problem::new(Code::Tools, file, message).at(Place::of(text, offset));
            problem.help("the file is the result of a `tools/list`: `{\"tools\": [{\"name\": …}]}`")
        };
        let name = name.ok_or_else(|| problem("the tool has no plain name"))?;
        if tools.iter().any(|(_, known, _)| *known == name) {
            return Err(problem(&format!("the tool `{name}` is there twice")));
        }
        let listed = Listed::once(ToolEntry::read(raw.get()));
        tools.push((server.clone(), name, listed));
    }
    Ok(tools)
}

fn broken(file: &str, text: &str, error: &serde_json::Error) -> Problem {
    let problem = Problem::new(Code::Tools, file, &error.to_string())
        .help("write it anew with `portcullis policy schema --server NAME --write DIR`");
    let line = error.line().saturating_sub(1);
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    problem.at(Place::of(text, before + error.column().saturating_sub(1)))
}
