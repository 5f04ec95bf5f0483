//! Secrets on their way through an exchange: taken out, handed out as handles, put back, stopped.

mod answers;
mod handles;
mod requests;
mod rules;
mod streams;
mod structured;

use portcullis_protocol::redact::Action;
use portcullis_protocol::wire::{Direction, End, Redactions, Report};
use serde_json::{Value, json};

use crate::world::{World, call};

/// A secret by the rule of [`rules`], and what takes its place.
const SECRET: &str = "acme_q7Zt2LwX9vBn4KcR8sYd1MfH";
const PLACEHOLDER: &str = "[redacted:acme-key]";

/// Rules with one of our own, under this mode.
/// What agents send is let go with placeholders, too.
fn rules(mode: &str) -> Value {
    json!({"mode": mode, "requests": "redact", "rule": [{"id": "acme-key", "class": "secret.acme", "prefixes": ["acme_"],
           "alphabet": "alnum", "min": 24, "max": 24}]})
}

/// A call of `echo` with these arguments.
fn called_with(arguments: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
           "params": {"name": "echo", "arguments": arguments}})
    .to_string()
}

/// A call that was let through on these terms, where this mode counts.
fn allowed(mode: &str, terms: Value) -> World {
    World::ruled(&rules(mode)).send(&call("echo")).terms(terms)
}

/// The answer to [`call`] with this text in it.
fn answer(text: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": text}]}})
        .to_string()
}

/// The findings that were reported for one direction.
fn told(world: &World, direction: Direction) -> Vec<&Redactions> {
    let reports = world.reports.iter();
    let found = reports.filter_map(|report| match report {
        Report::Redactions(found) => Some(found),
        _ => None,
    });
    found.filter(|found| found.direction == direction).collect()
}

/// What was done, and where, in the order in which it was told.
fn facts(world: &World, direction: Direction) -> Vec<(Action, String)> {
    let facts = told(world, direction)
        .into_iter()
        .flat_map(|found| &found.facts);
    facts
        .map(|fact| (fact.action, fact.pointer.clone()))
        .collect()
}

/// How calls ended, in the order of their reports.
fn ends(world: &World) -> Vec<End> {
    let end = |report: &Report| match report {
        Report::Outcome(outcome) => Some(outcome.end),
        _ => None,
    };
    world.reports.iter().filter_map(end).collect()
}

/// The reasons of refusals that were reported.
fn reasons(world: &World) -> Vec<&str> {
    world
        .reports
        .iter()
        .filter_map(|report| match report {
            Report::Refusal(refusal) => Some(refusal.reason.as_str()),
            _ => None,
        })
        .collect()
}

/// Nothing that the agent or a record got holds the secret.
fn holds_nothing(world: &World) {
    let replies = world.replies.iter().map(|reply| reply.body.clone());
    let reports = world
        .reports
        .iter()
        .map(|report| serde_json::to_vec(report).unwrap());
    let tells = world.tells.iter().map(|tell| tell.body.clone());
    let all = replies
        .chain(reports)
        .chain(tells)
        .chain([world.body.clone()]);
    for bytes in all {
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains(SECRET), "{text}");
    }
}
