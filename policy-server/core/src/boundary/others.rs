//! What may be asked beside calls of known tools: resources, prompts, tasks, unlisted tools, and
//! what servers ask of agents.
//!
//! Deliberately absent: anything behind a real server.

use std::collections::BTreeSet;

use portcullis_protocol::names::{Name, ServerName, Uri};
use portcullis_protocol::wire::{Direction, Target};
use serde_json::{Map, Value, json};

use super::Unit;
use super::probes::{Probe, probes};
use super::who::{literals, texts};
use crate::engine::cedar::{Literals, Looked};
use crate::schema;

/// Most targets of one sort that are tried for one server.
const TARGETS_MAX: usize = 64;

/// The methods, their groups, and what they act on.
const METHODS: [(&str, &str, Acts); 13] = [
    ("resources/read", "read", Acts::Resource),
    ("resources/subscribe", "read", Acts::Resource),
    ("subscriptions/listen", "read", Acts::Server),
    ("prompts/get", "read", Acts::Prompt),
    ("completion/complete", "read", Acts::Prompt),
    ("tasks/get", "read", Acts::Task),
    ("tasks/result", "read", Acts::Task),
    ("tasks/list", "read", Acts::Server),
    ("tasks/cancel", "write", Acts::Task),
    ("tasks/update", "write", Acts::Task),
    ("sampling/createMessage", "ask", Acts::Server),
    ("elicitation/create", "ask", Acts::Server),
    ("roots/list", "ask", Acts::Server),
];

/// What a method acts on.
#[derive(Clone, Copy)]
enum Acts {
    Server,
    Resource,
    Prompt,
    Task,
}

/// What may be asked of one server, but for its tools.
pub(super) fn units<'l>(server: &ServerName, policies: &[&'l Literals]) -> Vec<Unit<'l>> {
    let mut units = Vec::new();
    for (method, group, acts) in METHODS {
        let fits = super::apply_to(policies, &[method, group, "any"], server, None);
        let direction = match group {
            "ask" => Direction::ToClient,
            _ => Direction::ToServer,
        };
        for target in targets(server, acts, &fits) {
            units.push(Unit {
                server: server.clone(),
                method: Name::from_static(method),
                target,
                direction,
                arguments: arguments(method, &fits),
                policies: fits.clone(),
            });
        }
    }
    units.extend(unlisted(server, policies));
    units
}

/// Tools that nobody has listed: one that no policy names, and those that policies name.
pub(super) fn unlisted<'l>(
    server: &ServerName,
    policies: &[&'l Literals],
) -> impl Iterator<Item = Unit<'l>> {
    let group = schema::group_of(server);
    let actions = [&*group, "tools/call", "write", "any"];
    let fits = super::apply_to(policies, &actions, server, None);
    let named = ids(policies, "Tool", server);
    let names = named.into_iter().chain(["nobody_lists_this".to_owned()]);
    let server = server.clone();
    names.filter_map(move |name| {
        Some(Unit {
            server: server.clone(),
            method: Name::from_static("tools/call"),
            target: Target::Tool(Name::parse(&name).ok()?),
            direction: Direction::ToServer,
            arguments: vec![None],
            policies: fits.clone(),
        })
    })
}

/// What a server has by the names in policies.
fn ids(policies: &[&Literals], kind: &str, server: &ServerName) -> BTreeSet<String> {
    let entities = policies.iter().flat_map(|policy| &policy.entities);
    let of = entities.filter(|(of, _)| of == kind);
    let own = of.filter_map(|(_, id)| {
        let rest = id.strip_prefix(server.as_str())?.strip_prefix('/')?;
        Some(rest.to_owned())
    });
    own.collect()
}

fn targets(server: &ServerName, acts: Acts, policies: &[&Literals]) -> Vec<Target> {
    let found: Vec<Target> = match acts {
        Acts::Server => vec![Target::Server],
        Acts::Task => {
            let task = Uri::parse("task-1").ok();
            task.map(Target::Task).into_iter().collect()
        }
        Acts::Prompt => {
            let mut names = ids(policies, "Prompt", server);
            names.extend(texts(policies, &Looked::Resource("name".to_owned())));
            names.insert("any_prompt".to_owned());
            let names = names.iter().filter_map(|name| Name::parse(name).ok());
            names.map(Target::Prompt).collect()
        }
        Acts::Resource => {
            let mut uris = ids(policies, "Resource", server);
            uris.extend(texts(policies, &Looked::Resource("uri".to_owned())));
            uris.extend(addresses(policies));
            let uris = uris.iter().filter_map(|uri| Uri::parse(uri).ok());
            uris.map(Target::Resource).collect()
        }
    };
    found.into_iter().take(TARGETS_MAX).collect()
}

/// Addresses with the schemes and hosts that policies compare.
fn addresses(policies: &[&Literals]) -> BTreeSet<String> {
    let mut schemes = texts(policies, &Looked::Resource("scheme".to_owned()));
    schemes.extend(["https", "file"].map(str::to_owned));
    let mut hosts = texts(policies, &Looked::Resource("host".to_owned()));
    hosts.push("example.com".to_owned());
    let below: Vec<String> = hosts.iter().map(|host| format!("below.{host}")).collect();
    hosts.extend(below);
    let mut all = BTreeSet::new();
    for scheme in &schemes {
        all.extend(hosts.iter().map(|host| format!("{scheme}://{host}/x")));
    }
    all
}

/// Arguments of a method around what policies compare.
fn arguments(method: &str, policies: &[&Literals]) -> Vec<Option<String>> {
    let place = |name: &str| Looked::Input(vec![name.to_owned()]);
    let around = |name: &str| -> Vec<Value> {
        let probes = probes(literals(policies, &place(name)), &[]);
        let set = probes.into_iter().filter_map(|probe| match probe {
            Probe::Set(value) => Some(value),
            _ => None,
        });
        set.collect()
    };
    let mut all: Vec<Value> = vec![json!({})];
    match method {
        "prompts/get" => all.extend(around("keys").into_iter().map(members)),
        "completion/complete" => {
            let names = around("name")
                .into_iter()
                .map(|name| json!({ "name": name }));
            let values = around("value")
                .into_iter()
                .map(|value| json!({ "value": value }));
            all.extend(
                names
                    .chain(values)
                    .map(|argument| json!({ "argument": argument })),
            );
        }
        "sampling/createMessage" => {
            for name in ["maxTokens", "includeContext", "systemPrompt"] {
                all.extend(around(name).into_iter().map(|value| json!({ name: value })));
            }
            all.push(json!({ "tools": [{}] }));
        }
        "elicitation/create" => {
            for name in ["mode", "message", "url"] {
                all.extend(around(name).into_iter().map(|value| json!({ name: value })));
            }
            let url = |host: &Value| {
                let host = host.as_str().unwrap_or_default();
                json!({ "mode": "url", "url": format!("https://{host}/x") })
            };
            all.extend(around("host").iter().map(url));
            let form = |value| json!({ "requestedSchema": { "properties": members(value) } });
            all.extend(around("fields").into_iter().map(form));
        }
        _ => return vec![None],
    }
    all.into_iter()
        .map(|value| Some(value.to_string()))
        .collect()
}

/// An object with these names as members.
fn members(names: Value) -> Value {
    let names = names.as_array().cloned().unwrap_or_default();
    let names = names.iter().filter_map(Value::as_str);
    let members: Map<String, Value> = names
        .map(|name| (name.to_owned(), Value::from("x")))
        .collect();
    Value::Object(members)
}
