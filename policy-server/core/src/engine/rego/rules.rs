//! What a bundle of modules may say, beyond what regorus checks: a name that nothing has would be
//! undefined, and an undefined `forbid` forbids nothing.
//!
//! Deliberately absent: built-in functions that read clock, chance or environment, that print, or
//! whose result has no bound; the list is closed.

use std::collections::BTreeSet;

use super::Hiding;
use super::disclose::Disclosing;
use super::input::MEMBERS;
use super::module::{Kind, Module, Reference, Rule, below};
use crate::policies::{Code, Place, Problem};

/// The package that we ship.
pub(super) const OURS: &str = "portcullis";

/// The package that authors add to.
pub(super) const THEIRS: &str = "mcp";

/// The sets that authors add to.
pub(super) const SETS: [&str; 6] = ["permits", "gates", "forbids", "hides", "reveal", "restore"];

/// Those of them that are about classes of data.
const DATA_SETS: [&str; 2] = ["reveal", "restore"];

/// Members of the input that only rules about classes of data see.
const DATA_MEMBERS: [&str; 3] = ["tool", "path", "from"];

/// Names that other policies use for the same; here they would be without effect.
const STRANGERS: [&str; 6] = ["allow", "allowed", "deny", "denied", "denies", "violation"];

/// How alike two names must be for one to be a misspelling of the other, of one.
const ALIKE: f64 = 0.85;

/// The built-in functions that modules may call. What hangs, panics or grows is not among them.
pub(super) const BUILTINS: [&str; 77] = [
    "abs",
    "array.concat",
    "array.reverse",
    "array.slice",
    "base64.decode",
    "base64.encode",
    "base64.is_valid",
    "base64url.decode",
    "base64url.encode",
    "base64url.encode_no_pad",
    "ceil",
    "concat",
    "contains",
    "count",
    "endswith",
    "floor",
    "format_int",
    "glob.match",
    "glob.quote_meta",
    "hex.decode",
    "hex.encode",
    "indexof",
    "indexof_n",
    "intersection",
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "json.filter",
    "json.is_valid",
    "json.marshal",
    "json.remove",
    "json.unmarshal",
    "lower",
    "max",
    "min",
    "net.cidr_contains",
    "net.cidr_is_valid",
    "object.filter",
    "object.get",
    "object.keys",
    "object.remove",
    "object.subset",
    "object.union",
    "object.union_n",
    "regex.find_n",
    "regex.is_valid",
    "regex.match",
    "regex.replace",
    "regex.split",
    "replace",
    "round",
    "semver.compare",
    "semver.is_valid",
    "sort",
    "split",
    "sprintf",
    "startswith",
    "strings.any_prefix_match",
    "strings.any_suffix_match",
    "strings.reverse",
    "substring",
    "sum",
    "to_number",
    "trim",
    "trim_left",
    "trim_prefix",
    "trim_right",
    "trim_space",
    "trim_suffix",
    "type_name",
    "union",
    "upper",
    "walk",
];

/// Everything that is wrong with an author's module.
pub(super) fn check(module: &Module<'_>, rules: &BTreeSet<Vec<String>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if module.package.first().is_some_and(|root| root == OURS) {
        let problem = Problem::new(
            Code::Rego,
            module.file,
            "the package `portcullis` is the server's own",
        );
        return vec![problem.help("write `package mcp`, or a package of another name")];
    }
    for rule in &module.rules {
        problems.extend(contribution(module, rule));
    }
    let said = module
        .rules
        .iter()
        .flat_map(|rule| rule.references.iter().map(|said| (said, about(rule))));
    let aliases = module.aliases.values().map(|said| (said, About::Messages));
    for (reference, about) in said.chain(aliases) {
        let resolved = module.resolve(reference, rules);
        let wrong = wrong(&resolved, rules).or_else(|| misplaced(&resolved, about));
        problems
            .extend(wrong.map(|(message, help)| at(module.file, reference.place, &message, &help)));
    }
    problems
}

/// What a rule speaks of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    /// Messages; or it may be asked by rules that do.
    Messages,
    /// Classes of data.
    Data,
}

fn about(rule: &Rule) -> About {
    match rule.path.as_slice() {
        [root, set, ..] if root == THEIRS && DATA_SETS.contains(&set.as_str()) => About::Data,
        _ => About::Messages,
    }
}

/// A member that the input has for classes of data alone: in a `forbid` it would be undefined, and
/// forbid nothing.
fn misplaced(of: &Reference, about: About) -> Option<(String, String)> {
    let [root, member, ..] = of.path.as_slice() else {
        return None;
    };
    let misplaced =
        root == "input" && DATA_MEMBERS.contains(&member.as_str()) && about == About::Messages;
    misplaced.then(|| {
        (
            format!("`input.{member}` is there in `reveal` and `restore` only"),
            "a message has `input.resource.name`; write this member into the rule itself, not into a \
             helper or an import"
                .to_owned(),
        )
    })
}

fn at(file: &str, place: Place, message: &str, help: &str) -> Problem {
    let mut problem = Problem::new(Code::Rego, file, message).help(help);
    problem.place = Some(place);
    problem
}

/// What is wrong with a rule's name in the package that authors add to.
fn contribution(module: &Module<'_>, rule: &Rule) -> Option<Problem> {
    let [root, name, more @ ..] = rule.path.as_slice() else {
        return None;
    };
    if root != THEIRS {
        return None;
    }
    let adds = rule.kind == Kind::Set && more.is_empty() && module.package.len() == 1;
    let (message, help) = if SETS.contains(&name.as_str()) {
        if adds {
            return None;
        }
        (
            format!("`{name}` is a set that rules add to, and nothing else"),
            format!(
                "write `{name} contains {} if {{ … }}` in `package mcp`",
                match name.as_str() {
                    "reveal" | "restore" => "\"secret.github\"",
                    _ => "{\"id\": \"…\"}",
                }
            ),
        )
    } else {
        let meant = SETS.into_iter().find(|set| alike(set, name));
        let stranger = STRANGERS.contains(&name.as_str());
        if meant.is_none() && !stranger {
            return None;
        }
        (
            format!("`{name}` has no effect in the package `mcp`"),
            format!(
                "rules add to {}; give a helper another name",
                SETS.join(", ")
            ),
        )
    };
    Some(at(module.file, rule.place, &message, &help))
}

fn alike(one: &str, other: &str) -> bool {
    strsim::jaro_winkler(one, other) >= ALIKE
}

/// What is wrong with a reference, and what to do about it.
fn wrong(of: &Reference, rules: &BTreeSet<Vec<String>>) -> Option<(String, String)> {
    let (root, members) = of.path.split_first()?;
    match root.as_str() {
        "input" if !of.called => unknown_member(members),
        "data" => {
            let known = members.is_empty() || below(rules, members).next().is_some();
            let theirs = members.first().is_some_and(|root| root == THEIRS);
            let empty = theirs
                && members
                    .get(1)
                    .is_some_and(|set| SETS.contains(&set.as_str()));
            (!known && !empty).then(|| {
                (
                    format!("there is no `{}`", of.path.join(".")),
                    "define it in a module, or correct its name".to_owned(),
                )
            })
        }
        _ if of.called && of.computed && root == "sprintf" => Some((
            "the format of `sprintf` is not a plain text".to_owned(),
            "write it out, without widths of three digits or more".to_owned(),
        )),
        _ => {
            let name = of.path.join(".");
            let known = !of.computed && BUILTINS.contains(&name.as_str());
            (of.called && !known || root == "rand").then(|| {
                (
                    format!("there is no function `{name}` here"),
                    "functions that read a clock, chance or the environment, print, or grow \
                     without bound are left out; the time is `input.now_ns` and `input.clock`"
                        .to_owned(),
                )
            })
        }
    }
}

/// A member that no input has.
fn unknown_member(members: &[String]) -> Option<(String, String)> {
    let (first, more) = members.split_first()?;
    let names: Vec<&str> = MEMBERS.iter().map(|(name, _)| *name).collect();
    let Some((_, inner)) = MEMBERS.iter().find(|(name, _)| name == first) else {
        return Some(no_member("input", first, &names));
    };
    let second = more.first().filter(|_| !inner.is_empty())?;
    let known = inner.contains(&second.as_str());
    (!known).then(|| no_member(&format!("input.{first}"), second, inner))
}

fn no_member(of: &str, name: &str, known: &[&str]) -> (String, String) {
    (
        format!("`{of}` has no member `{name}`"),
        format!("its members are {}", known.join(", ")),
    )
}

/// Whether an author adds to `hides`.
pub(super) fn hiding(modules: &[Module<'_>]) -> Hiding {
    match adds(modules, "hides") {
        true => Hiding::Something,
        false => Hiding::Nothing,
    }
}

/// Whether an author adds to the sets of classes.
pub(super) fn disclosing(modules: &[Module<'_>]) -> Disclosing {
    Disclosing {
        reveal: adds(modules, "reveal"),
        restore: adds(modules, "restore"),
    }
}

fn adds(modules: &[Module<'_>], set: &str) -> bool {
    let own = [THEIRS, set].map(str::to_owned);
    let mut rules = modules.iter().flat_map(|module| &module.rules);
    rules.any(|rule| rule.path.starts_with(&own))
}

/// Whether a decision can be had without a message's arguments: no author's module looks at them,
/// or at the input as a whole.
pub(super) fn need_no_arguments(modules: &[Module<'_>]) -> bool {
    let of_arguments = |of: &Reference| {
        let [root, members @ ..] = of.path.as_slice() else {
            return true;
        };
        let member = members.first().map(String::as_str);
        root == "input" && matches!(member, None | Some("arguments" | "args_digest"))
    };
    let authors = modules.iter().filter(|module| {
        let package = module.package.first();
        package.is_none_or(|root| root != OURS)
    });
    !authors
        .flat_map(|module| {
            let said = module.rules.iter().flat_map(|rule| &rule.references);
            said.chain(module.aliases.values())
        })
        .any(of_arguments)
}
