//! Pinning: a server's tools into the policy folder, and what that changes.
//!
//! Another list is replaced only when that was asked for, and so is one that the policies do not
//! fit. Deliberately absent: git; the file is made to be read in a diff, a tool a line.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_core::catalogue::{Drift, drift, pinned, pins_file, pins_text};
use portcullis_core::policies::{Policies, Sources};
use portcullis_core::registry::{Listed, Registry};
use portcullis_protocol::names::{Name, ServerName};
use serde::Serialize;

use super::SchemaError;
use crate::cli::{OK, PROBLEMS, say};
use crate::library::read_folder;

/// Most changes that are tried one by one when the policies do not fit all of them.
const TRIED_MAX: usize = 64;

/// The tools of one server.
type Tools = BTreeMap<Name, Listed>;

/// What became of a list.
#[derive(Debug, Serialize)]
pub(super) struct Pinning {
    file: PathBuf,
    outcome: Outcome,
    /// Whether the folder's policies load with the list; nothing when they do not load without.
    fits: Option<bool>,
    changes: Vec<Change>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// There was none, and now there is.
    Written,
    /// There was another one.
    Replaced,
    /// It was there.
    Unchanged,
    /// There is another one, or the policies do not fit, and replacing was not asked for.
    Refused,
}

/// One tool that is not what it was.
#[derive(Debug, Serialize)]
struct Change {
    tool: Name,
    change: Kind,
    /// Whether the policies load with this change alone.
    fits: Option<bool>,
    /// The first thing that is wrong then.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Changed,
    Added,
    Vanished,
}

/// The list to be pinned.
pub(super) fn text(tools: &Tools) -> String {
    pins_text(tools.values().filter_map(|listed| listed.accepted()))
}

/// Pins the tools of a server in a policy folder.
pub(super) fn pin(
    folder: &Path,
    server: &ServerName,
    tools: &Tools,
    force: bool,
) -> Result<Pinning, SchemaError> {
    let name = pins_file(server);
    let sources = read_folder(folder)?;
    let new = text(tools);
    let old = sources.text(&name);
    let trial = Trial {
        sources: &sources,
        name: &name,
        before: before(&name, server, old),
        after: tools,
    };
    let (fits, changes) = trial.run(server);
    let outcome = match old {
        Some(old) if old == new => Outcome::Unchanged,
        Some(_) if !force => Outcome::Refused,
        None if !force && fits == Some(false) => Outcome::Refused,
        Some(_) => Outcome::Replaced,
        None => Outcome::Written,
    };
    let file = folder.join(&name);
    if matches!(outcome, Outcome::Written | Outcome::Replaced) {
        write(&file, &new).map_err(|source| SchemaError::Write {
            path: file.clone(),
            source,
        })?;
    }
    Ok(Pinning {
        file,
        outcome,
        fits,
        changes,
    })
}

/// The tools of a list that is there. One that cannot be read has none.
fn before(name: &str, server: &ServerName, old: Option<&str>) -> Tools {
    let alone = old.map(|old| Sources::default().with(name, old.to_owned()));
    let pins = alone.and_then(|alone| pinned(&alone).ok());
    pins.and_then(|pins| pins.server(server).cloned())
        .unwrap_or_default()
}

/// The policies, loaded with old and new tools.
struct Trial<'a> {
    sources: &'a Sources,
    name: &'a str,
    before: Tools,
    after: &'a Tools,
}

impl Trial<'_> {
    fn run(&self, server: &ServerName) -> (Option<bool>, Vec<Change>) {
        let changes = self.changes(server);
        let loads = Policies::load(Arc::new(self.sources.clone()), &Registry::default()).is_ok();
        let all = self.wrong(self.after).is_none();
        let fits = (loads || all).then_some(all);
        let tried = fits == Some(false) && changes.len() <= TRIED_MAX;
        let change = |(tool, change): (Name, Kind)| {
            let why = tried.then(|| self.alone(&tool)).flatten();
            let fits = if tried {
                Some(why.is_none())
            } else {
                fits.filter(|fits| *fits)
            };
            Change {
                tool,
                change,
                fits,
                why,
            }
        };
        (fits, changes.into_iter().map(change).collect())
    }

    fn changes(&self, server: &ServerName) -> Vec<(Name, Kind)> {
        let registry = |tools: &Tools| {
            let mut registry = Registry::default();
            for (tool, listed) in tools {
                registry.put(server.clone(), tool.clone(), listed.clone());
            }
            registry
        };
        let all = drift(&registry(&self.before), &registry(self.after)).into_iter();
        let kind = |drift| match drift {
            Drift::Same => None,
            Drift::Differs => Some(Kind::Changed),
            Drift::NotListed => Some(Kind::Vanished),
            Drift::NotPinned => Some(Kind::Added),
        };
        all.filter_map(|one| Some((one.tool, kind(one.drift)?)))
            .collect()
    }

    /// What is wrong when only this tool changes.
    fn alone(&self, tool: &Name) -> Option<String> {
        let mut tools = self.before.clone();
        match self.after.get(tool) {
            Some(listed) => tools.insert(tool.clone(), listed.clone()),
            None => tools.remove(tool),
        };
        self.wrong(&tools)
    }

    /// The first thing that is wrong with the policies and these tools.
    fn wrong(&self, tools: &Tools) -> Option<String> {
        let sources = self.sources.with(self.name, text(tools));
        let loaded = Policies::load(Arc::new(sources), &Registry::default());
        let problems = loaded.err()?.problems;
        problems.first().map(ToString::to_string)
    }
}

/// Writes a file whole or not at all. What is beside it meanwhile begins with a dot, so that it is
/// no list.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    std::fs::create_dir_all(folder)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    let written = crate::files::create_new(&beside, 0o666).and_then(|mut beside| {
        beside.write_all(text.as_bytes())?;
        beside.sync_all()
    });
    let moved = written.and_then(|()| std::fs::rename(&beside, file));
    if moved.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    moved
}

impl Pinning {
    /// The exit code.
    pub(super) fn code(&self) -> u8 {
        let bad = self.outcome == Outcome::Refused || self.fits == Some(false);
        if bad { PROBLEMS } else { OK }
    }

    /// Says it to people.
    pub(super) fn print(&self) {
        for change in &self.changes {
            let kind = match change.change {
                Kind::Changed => "changed ",
                Kind::Added => "added   ",
                Kind::Vanished => "vanished",
            };
            let fits = match (change.fits, &change.why) {
                (_, Some(why)) => format!(": {why}"),
                (Some(true), None) => ": the policies fit".to_owned(),
                (_, None) => String::new(),
            };
            say(&format!("{kind} {}{fits}", change.tool));
        }
        match self.fits {
            Some(true) => {}
            Some(false) => crate::cli::complain(&format_args!(
                "warning: the policies do not load with this list"
            )),
            None => crate::cli::complain(&format_args!(
                "warning: the policies do not load, with or without this list"
            )),
        }
        let file = self.file.display();
        match self.outcome {
            Outcome::Written => say(&format!("written: {file}")),
            Outcome::Replaced => say(&format!("replaced: {file}")),
            Outcome::Unchanged => say(&format!("unchanged: {file}")),
            Outcome::Refused => {
                crate::cli::complain(&format_args!(
                    "error: {file} is left as it is: `--force` pins the new list"
                ));
            }
        }
    }
}
