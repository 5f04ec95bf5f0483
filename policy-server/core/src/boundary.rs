//! Requests around the values where policies change their minds, made up from two policy sets and the
//! tools that they know: for `policy diff`, where neither tests nor traffic look.
//!
//! For each tool, arguments that it accepts vary around what conditions compare, and callers, times
//! and approvals vary around those that are named. The same sets always give the same requests.
//! Deliberately absent: proof. What is not among the requests may still differ; and conditions of
//! Rego are not read.

mod arguments;
mod instance;
mod others;
mod probes;
mod scatter;
mod who;

use std::collections::{BTreeMap, BTreeSet};

use portcullis_protocol::names::{Name, ServerName};
use portcullis_protocol::wire::{Direction, Target};
use serde_json::value::RawValue;

use self::arguments::{Cut, arguments};
use self::scatter::{combinations, places, scatter};
use crate::cases::Written;
use crate::catalogue::Tool;
use crate::engine::cedar::{Literals, literals};
use crate::policies::Policies;
use crate::schema;

/// Most arguments that are made up for one tool.
const ARGUMENTS_MAX: usize = 512;

/// Requests, and what is missing among them.
#[derive(Debug)]
pub struct Boundary {
    /// The requests.
    pub requests: Vec<Written>,
    /// How many combinations there would have been, of which some were left out for want of room.
    pub left_out: u64,
    /// Tools, as `server/tool`, for which no arguments could be made up.
    pub unmade: Vec<String>,
}

/// One thing that may be asked, and what varies about it.
struct Unit<'l> {
    server: ServerName,
    method: Name,
    target: Target,
    direction: Direction,
    arguments: Vec<Option<String>>,
    policies: Vec<&'l Literals>,
}

/// At most `most` requests around the policies of both sets.
#[must_use]
pub fn around(old: &Policies, new: &Policies, most: usize) -> Boundary {
    let all: Vec<Literals> = [old, new]
        .iter()
        .flat_map(|policies| literals(policies.sources()))
        .collect();
    let mut seen: Vec<&Literals> = Vec::new();
    for one in &all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    let mut boundary = Boundary {
        requests: Vec::new(),
        left_out: 0,
        unmade: Vec::new(),
    };
    let mut units = tools(old, new, &seen, &mut boundary);
    for server in servers(old, new, &seen) {
        units.extend(others::units(&server, &seen));
    }
    // Small ones first: what they leave over goes to those that can do with more.
    units.sort_by_cached_key(|unit| combinations(&unit.lengths()));
    let mut left = units.len();
    for unit in units {
        let room = most.saturating_sub(boundary.requests.len()) / left.max(1);
        left -= 1;
        unit.expand(room, &mut boundary);
    }
    boundary
}

/// The servers whose tools are known, and those that policies name; or else some server.
fn servers(old: &Policies, new: &Policies, policies: &[&Literals]) -> BTreeSet<ServerName> {
    let known = [old, new].into_iter().flat_map(|set| {
        let tools = set.catalogue().tools();
        tools.map(|(server, _)| server.clone())
    });
    let named = policies.iter().flat_map(|policy| {
        let servers = policy.entities.iter().filter(|(kind, _)| kind == "Server");
        let scope = policy.resource.as_deref();
        servers.map(|(_, id)| id.as_str()).chain(scope)
    });
    let named = named.filter_map(|id| ServerName::parse(id.split('/').next()?).ok());
    let mut servers: BTreeSet<ServerName> = known.chain(named).collect();
    if servers.is_empty() {
        servers.extend(ServerName::parse("server"));
    }
    servers
}

/// Calls of the tools that either set knows.
fn tools<'l>(
    old: &Policies,
    new: &Policies,
    policies: &[&'l Literals],
    boundary: &mut Boundary,
) -> Vec<Unit<'l>> {
    let mut known: BTreeMap<(ServerName, Name), Vec<&Tool>> = BTreeMap::new();
    for (server, tool) in new.catalogue().tools().chain(old.catalogue().tools()) {
        let key = (server.clone(), tool.name.clone());
        let tools = known.entry(key).or_default();
        if !tools
            .iter()
            .any(|other| other.definition == tool.definition)
        {
            tools.push(tool);
        }
    }
    let mut units = Vec::new();
    for ((server, name), tools) in known {
        let action = format!("{server}/{name}");
        let group = schema::group_of(&server);
        let actions = [action.as_str(), &group, "tools/call", "write", "any"];
        let fits = apply_to(policies, &actions, &server, Some(&action));
        let mut all: BTreeSet<String> = BTreeSet::new();
        for tool in tools {
            let (made, cut) = arguments(tool, &fits, ARGUMENTS_MAX);
            boundary.left_out += u64::from(cut == Cut::Yes);
            all.extend(made);
        }
        if all.is_empty() {
            boundary.unmade.push(action);
            continue;
        }
        units.push(Unit {
            server,
            method: Name::from_static("tools/call"),
            target: Target::Tool(name),
            direction: Direction::ToServer,
            arguments: all.into_iter().map(Some).collect(),
            policies: fits,
        });
    }
    units
}

/// The policies whose scope may hold one of these actions, on something of this server. Where the
/// resource is not known, it may be any.
fn apply_to<'l>(
    policies: &[&'l Literals],
    actions: &[&str],
    server: &ServerName,
    resource: Option<&str>,
) -> Vec<&'l Literals> {
    let fits = |policy: &&&Literals| {
        let named = policy.actions.as_ref();
        let action = named.is_none_or(|named| actions.iter().any(|one| named.contains(*one)));
        let of = policy.resource.as_deref();
        let place = of.is_none_or(|of| match (of.split_once('/'), resource) {
            (None, _) => of == server.as_str(),
            (Some((of, _)), None) => of == server.as_str(),
            (Some(_), Some(resource)) => of == resource,
        });
        action && place
    };
    policies.iter().filter(fits).copied().collect()
}

impl Unit<'_> {
    /// How many arguments, callers, times and approvals there are.
    fn lengths(&self) -> [usize; 4] {
        [
            self.arguments.len(),
            who::callers(&self.policies).len(),
            who::times(&self.policies).len(),
            who::approvals(&self.policies, 0).len(),
        ]
    }

    /// Every combination of what varies, or as many as there is room for.
    fn expand(self, room: usize, boundary: &mut Boundary) {
        let callers = who::callers(&self.policies);
        let times = who::times(&self.policies);
        let lengths = self.lengths();
        let total = combinations(&lengths);
        let room = u64::try_from(room).unwrap_or(u64::MAX);
        boundary.left_out = boundary.left_out.saturating_add(total.saturating_sub(room));
        for number in scatter(total, room) {
            let [argument, caller, time, approval] = places(number, &lengths)[..] else {
                continue;
            };
            let (Some(arguments), Some(caller)) =
                (self.arguments.get(argument), callers.get(caller))
            else {
                continue;
            };
            let now_ms = times.get(time).copied().unwrap_or(who::NOW_MS);
            let approval = who::approvals(&self.policies, now_ms)
                .into_iter()
                .nth(approval);
            let raw = arguments.clone().map(RawValue::from_string).transpose();
            boundary.requests.push(Written {
                server: self.server.clone(),
                method: self.method.clone(),
                targets: vec![self.target.clone()],
                arguments: raw.unwrap_or_default(),
                caller: caller.clone(),
                direction: self.direction,
                protocol_version: None,
                now_ms: Some(now_ms),
                approval: approval.flatten(),
            });
        }
    }
}

#[cfg(test)]
mod tests;
