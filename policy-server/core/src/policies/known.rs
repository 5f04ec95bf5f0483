//! The names that a deployment knows, for lints that look for misspelt ones.
//!
//! What is not known is not looked for: without a list there is no complaint.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Code, Place, Problem, ROLES_FILE, Sources, TAGS_FILE};
use crate::catalogue::{Catalogue, Origin};

/// Known names. The default knows none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// All servers, when they are known.
    pub servers: Option<BTreeSet<String>>,
    /// The tools of those servers whose list is pinned, by server.
    pub tools: BTreeMap<String, BTreeSet<String>>,
    /// All roles that tokens carry, when they are known.
    pub roles: Option<BTreeSet<String>>,
    /// All groups that may approve, when they are known.
    pub groups: Option<BTreeSet<String>>,
    /// All tags of tools, when there is a file that gives them.
    pub tags: Option<BTreeSet<String>>,
    /// All classes of data and the classes above them, when there are rules that find any.
    pub classes: Option<BTreeSet<String>>,
}

/// The file as written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    servers: Option<BTreeSet<String>>,
    roles: Option<BTreeSet<String>>,
    groups: Option<BTreeSet<String>>,
}

impl Known {
    /// What a set says is known: `roles.toml`, and the tool lists in its folder. And what is wrong
    /// with that.
    #[must_use]
    pub fn of(sources: &Sources, catalogue: &Catalogue) -> (Self, Vec<Problem>) {
        let text = sources.text(ROLES_FILE).unwrap_or_default();
        let (names, mut problems) = match toml::from_str::<Names>(text) {
            Ok(names) => (names, Vec::new()),
            Err(error) => (Names::default(), vec![broken(text, &error)]),
        };
        let mut tools: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (server, name, origin) in catalogue.names() {
            if origin == Origin::Folder {
                let of_server = tools.entry(server.as_str().to_owned()).or_default();
                of_server.insert(name.as_str().to_owned());
            }
        }
        let known = Self {
            servers: names.servers,
            tools,
            roles: names.roles,
            groups: names.groups,
            tags: sources
                .text(TAGS_FILE)
                .map(|_| catalogue.tags().cloned().collect()),
            classes: None,
        };
        let absent = |(server, tool): &(&String, &String)| known.lacks(server, tool);
        problems.extend(catalogue.tagged().filter(absent).map(untagged));
        (known, problems)
    }

    /// Whether there is surely no such tool.
    fn lacks(&self, server: &String, tool: &String) -> bool {
        let servers = self.servers.as_ref();
        let tools = self.tools.get(server);
        servers.is_some_and(|servers| !servers.contains(server))
            || tools.is_some_and(|tools| !tools.contains(tool))
    }
}

fn untagged((server, tool): (&String, &String)) -> Problem {
    let message = format!("there is no tool `{tool}` of a server `{server}` to be tagged");
    Problem::new(Code::LintUnknownTool, TAGS_FILE, &message)
        .help("tags hold by name: write the names of `tools/SERVER.json` and `roles.toml`")
}

fn broken(text: &str, error: &toml::de::Error) -> Problem {
    let problem = Problem::new(Code::Names, ROLES_FILE, error.message())
        .help("it may say `roles`, `groups` and `servers`, each a list of names");
    match error.span() {
        Some(span) => problem.at(Place::span(text, span)),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use crate::registry::Registry;

    fn known(roles: &str) -> (Known, Vec<Problem>) {
        let tools =
            r#"{"tools":[{"name":"refund","inputSchema":{"type":"object"}},{"name":"odd"}]}"#;
        let files = [(ROLES_FILE, roles), ("tools/pay.json", tools)];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let sources = Sources::new(BTreeMap::from(files));
        let policies = Policies::load(sources, &Registry::default()).unwrap();
        Known::of(policies.sources(), policies.catalogue())
    }

    #[test]
    fn names_are_known_where_they_are_listed() {
        let (names, problem) = known("roles = [\"a\", \"b\"]\ngroups = []\n");
        assert_eq!(problem, []);
        assert_eq!(names.roles.unwrap().len(), 2);
        assert!(names.groups.unwrap().is_empty());
        assert_eq!(names.servers, None);
        let tools: Vec<&String> = names.tools["pay"].iter().collect();
        assert_eq!(
            tools,
            ["odd", "refund"],
            "those in quarantine have names too"
        );
        let (names, problem) = known("roles = [1]\n");
        assert_eq!(names.roles, None);
        let [problem] = &problem[..] else { panic!() };
        assert_eq!(
            (problem.file.as_str(), problem.place.is_some()),
            (ROLES_FILE, true)
        );
    }
}
