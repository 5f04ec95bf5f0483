//! Names that nobody has: servers, tools, roles and groups that are not among the known ones.

use std::collections::BTreeSet;

use cedar_policy::EntityUid;
use portcullis_protocol::names::ServerName;
use serde_json::Value;

use super::super::expression::{children, dotted, sides};
use super::super::nearest::nearest;
use super::Policy;
use crate::policies::{Code, Known, Problem};

/// Most known names that are listed where none is alike.
const LISTED_MAX: usize = 8;

pub(super) fn lint(policy: &Policy<'_>, known: &Known) -> Vec<Problem> {
    let mut literals = policy.found.policy.entity_literals();
    literals.sort();
    literals.dedup();
    let of_literals = literals.iter().filter_map(|uid| {
        let problem = of_literal(policy, uid, known)?;
        Some(problem.at(policy.found.written.place(&uid.to_string())))
    });
    let groups = policy
        .found
        .meaning
        .gate
        .iter()
        .flat_map(|gate| &gate.groups);
    let of_groups = groups.filter_map(|group| {
        let among = known.groups.as_ref()?;
        let problem = unknown(policy, Code::LintUnknownGroup, "group", group, among)?;
        Some(problem.at(policy.found.written.place("@approval")))
    });
    let of_tags = tags(&policy.json).into_iter().filter_map(|tag| {
        let among = known.tags.as_ref()?;
        let problem = unknown(policy, Code::LintUnknownTag, "tag", &tag, among)?;
        Some(problem.at(policy.found.written.place(&format!("\"{tag}\""))))
    });
    of_literals.chain(of_groups).chain(of_tags).collect()
}

/// The tags that conditions look for in `resource.tags`.
fn tags(expression: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for operator in ["contains", "containsAll", "containsAny"] {
        let looked = sides(expression, operator)
            .filter(|(left, _)| dotted(left).as_deref() == Some("resource.tags"));
        found.extend(looked.into_iter().flat_map(|(_, right)| strings(right)));
    }
    found.extend(children(expression).flat_map(tags));
    found
}

/// The strings that are written out in an expression.
fn strings(expression: &Value) -> Vec<String> {
    let own = expression.get("Value").and_then(Value::as_str);
    let own = own.map(str::to_owned).into_iter();
    own.chain(children(expression).flat_map(strings)).collect()
}

fn of_literal(policy: &Policy<'_>, uid: &EntityUid, known: &Known) -> Option<Problem> {
    let id: &str = uid.id().as_ref();
    match uid.type_name().basename() {
        "Role" => role(policy, id, known),
        "Server" => server(policy, id, known),
        "Action" => server(policy, id.strip_suffix("/*")?, known),
        "DataClass" => {
            let classes = known.classes.as_ref()?;
            unknown(policy, Code::LintUnknownClass, "class of data", id, classes)
        }
        kind @ ("Tool" | "Prompt" | "Resource" | "Template" | "Task") => {
            let prefixed = id.split_once('/');
            let sound = prefixed.filter(|(server, _)| ServerName::parse(server).is_ok());
            let Some((of, name)) = sound else {
                return Some(unprefixed(policy, uid, known));
            };
            let tool = || match kind {
                "Tool" => tool(policy, of, name, known),
                _ => None,
            };
            server(policy, of, known).or_else(tool)
        }
        _ => None,
    }
}

/// Groups of approvers are roles too: the schema has one type for both.
fn role(policy: &Policy<'_>, id: &str, known: &Known) -> Option<Problem> {
    let roles = known.roles.as_ref()?;
    let groups = known.groups.iter().flatten();
    let all: BTreeSet<String> = roles.iter().chain(groups).cloned().collect();
    unknown(policy, Code::LintUnknownRole, "role", id, &all)
}

fn server(policy: &Policy<'_>, id: &str, known: &Known) -> Option<Problem> {
    let servers = known.servers.as_ref()?;
    unknown(policy, Code::LintUnknownServer, "server", id, servers)
}

fn tool(policy: &Policy<'_>, server: &str, name: &str, known: &Known) -> Option<Problem> {
    let tools = known.tools.get(server)?;
    let what = format!("tool of the server `{server}`");
    unknown(policy, Code::LintUnknownTool, &what, name, tools)
}

fn unknown(
    policy: &Policy<'_>,
    code: Code,
    what: &str,
    name: &str,
    known: &BTreeSet<String>,
) -> Option<Problem> {
    if known.contains(name) {
        return None;
    }
    let help = match nearest(name, known.iter().map(String::as_str)) {
        Some(best) => format!("did you mean `{best}`?"),
        None if known.is_empty() => "the list of known ones is empty".to_owned(),
        None => {
            let listed: Vec<String> = known
                .iter()
                .take(LISTED_MAX)
                .map(|name| format!("`{name}`"))
                .collect();
            let more = match known.len() > LISTED_MAX {
                true => ", …",
                false => "",
            };
            format!("the known ones are {}{more}", listed.join(", "))
        }
    };
    let problem = policy
        .found
        .problem(code, &format!("there is no {what} called `{name}`"));
    Some(problem.help(&help))
}

fn unprefixed(policy: &Policy<'_>, uid: &EntityUid, known: &Known) -> Problem {
    let (id, kind): (&str, &str) = (uid.id().as_ref(), uid.type_name().basename());
    let has = |(_, tools): &(&String, &BTreeSet<String>)| tools.contains(id);
    let server = known.tools.iter().find(has);
    let server = server.map_or("server", |(server, _)| server);
    let message = format!("`{uid}` matches nothing: it has no server's name in front");
    policy
        .found
        .problem(Code::LintUnprefixedId, &message)
        .help(&format!("write `Mcp::{kind}::\"{server}/{id}\"`"))
}
