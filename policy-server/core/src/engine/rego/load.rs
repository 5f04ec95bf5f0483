//! Modules to an [`Engine`], or a list of problems with their places.

use serde_json::Map;

use super::module::{self, Module};
use super::unclear::Reads;
use super::{
    Arguments, EVALUATION_MS_MAX, Engine, HIDES, OPINION, RESTORE, REVEAL, bounds, cycles, input,
    reads, rules, timer, words,
};
use crate::policies::{Code, Place, Problem, Sources};
use crate::schema::strict;

/// The name that our own module goes by in errors.
const COMBINER_FILE: &str = "(portcullis)";

/// Longest time that the first evaluation may take, in milliseconds: regorus prepares all rules in it.
const TRIAL_MS_MAX: u64 = 5_000;

/// Longest data, in bytes.
const DATA_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The module that makes one document of what authors say.
const COMBINER: &str = include_str!("combiner.rego");

impl Engine {
    /// Parses, checks and prepares the modules.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn load(sources: &Sources) -> Result<Self, Vec<Problem>> {
        let files: Vec<(&str, &str)> = sources.rego().chain([(COMBINER_FILE, COMBINER)]).collect();
        let mut modules = Vec::new();
        let mut problems = Vec::new();
        for (file, text) in &files {
            match parsed(file, text) {
                Ok(module) => modules.push(module),
                Err(problem) => problems.push(problem),
            }
        }
        let data = sources
            .data()
            .map(|(file, text)| data(file, text, &modules));
        let data = match data.transpose() {
            Ok(data) => data,
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        checked(&modules, data.as_ref())?;
        let arguments = if rules::need_no_arguments(&modules) {
            Arguments::Unread
        } else {
            Arguments::Read
        };
        Ok(Self {
            prepared: prepared(&files, data)?,
            files: files.iter().map(|(file, _)| (*file).to_owned()).collect(),
            arguments,
            hiding: rules::hiding(&modules),
            disclosing: rules::disclosing(&modules),
            reads: Reads::of(&modules, &module::paths(&modules)),
            of_arguments: reads::of(&modules, &module::paths(&modules)),
            names: words::of(sources),
        })
    }
}

/// Parses one module by itself.
fn parsed<'a>(file: &'a str, text: &str) -> Result<Module<'a>, Problem> {
    bounds::check(file, text)?;
    let mut alone = regorus::Engine::new();
    let added = alone.add_policy(file.to_owned(), text.to_owned());
    added.map_err(|error| located(&error.to_string(), &[file]))?;
    let json = alone.get_ast_as_json();
    let json = json.map_err(|error| located(&error.to_string(), &[file]))?;
    Module::read(file, &json).ok_or_else(|| {
        Problem::new(Code::Rego, file, "an expression is nested too deeply")
            .help("give its inner parts names of their own")
    })
}

/// The data beside the modules. Unlike what modules define it is not worked out at every decision.
fn data(
    file: &str,
    text: &str,
    modules: &[Module<'_>],
) -> Result<Map<String, serde_json::Value>, Problem> {
    let problem = |message: &str| Problem::new(Code::Rego, file, message);
    let read = strict::read(text, DATA_BYTES_MAX);
    let read = read.map_err(|why| problem(&format!("the data {why}")))?;
    let serde_json::Value::Object(members) = read else {
        return Err(problem("the data is no object").help("write `{\"name\": …}`"));
    };
    let defined = |name: &&String| {
        let mut packages = modules.iter().filter_map(|module| module.package.first());
        *name == rules::THEIRS || packages.any(|package| package == *name)
    };
    match members.keys().find(defined) {
        Some(name) => Err(problem(&format!("`{name}` is the name of a package, too"))
            .help("give the data another name")),
        None => Ok(members),
    }
}

fn checked(
    modules: &[Module<'_>],
    data: Option<&Map<String, serde_json::Value>>,
) -> Result<(), Vec<Problem>> {
    let mut paths = module::paths(modules);
    let names = data.into_iter().flat_map(Map::keys);
    paths.extend(names.map(|name| vec![name.clone()]));
    let authors = modules.iter().filter(|module| module.file != COMBINER_FILE);
    let mut problems: Vec<Problem> = authors
        .flat_map(|module| rules::check(module, &paths))
        .collect();
    if let Err(more) = cycles::check(modules, &paths) {
        problems.extend(more);
    }
    Problem::none(problems)
}

/// The engine that every evaluation is a clone of. What regorus checks only when it evaluates, it
/// checks here, against a call of a tool that nobody lists.
fn prepared(
    files: &[(&str, &str)],
    data: Option<Map<String, serde_json::Value>>,
) -> Result<regorus::Engine, Vec<Problem>> {
    let names: Vec<&str> = files.iter().map(|(file, _)| *file).collect();
    let problem = |error: &str| vec![located(error, &names)];
    let mut engine = regorus::Engine::new();
    for (file, text) in files {
        let added = engine.add_policy((*file).to_owned(), (*text).to_owned());
        added.map_err(|error| problem(&error.to_string()))?;
    }
    if let Some(data) = data {
        let data = regorus::Value::from(serde_json::Value::Object(data));
        let added = engine.add_data(data);
        added.map_err(|error| problem(&error.to_string()))?;
    }
    engine.set_strict_builtin_errors(true);
    engine.set_gather_prints(true);
    engine.set_execution_timer_config(timer(TRIAL_MS_MAX));
    engine.set_input(regorus::Value::from(input::sample()));
    for rule in [OPINION, HIDES, REVEAL, RESTORE] {
        let tried = engine.eval_rule(rule.to_owned());
        tried.map_err(|error| problem(&error.to_string()))?;
    }
    engine.set_execution_timer_config(timer(EVALUATION_MS_MAX));
    Ok(engine)
}

/// An error of regorus, with the place that it names.
fn located(error: &str, files: &[&str]) -> Problem {
    let (place, file) =
        place(error, files).map_or((None, "policies"), |(file, place)| (Some(place), file));
    let message = error.rsplit("error: ").next().unwrap_or(error);
    let message = message.lines().next().unwrap_or(message);
    Problem {
        place,
        ..Problem::new(Code::Rego, file, message.trim())
    }
}

/// The place in `--> file:line:column`, with which every error begins that has one.
pub(super) fn place<'f>(error: &str, files: &[&'f str]) -> Option<(&'f str, Place)> {
    let line = error.trim_start().strip_prefix("--> ")?.lines().next()?;
    let mut parts = line.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    let file = parts.next()?;
    let file = files.iter().find(|known| **known == file)?;
    Some((file, Place::point(line, column)))
}
