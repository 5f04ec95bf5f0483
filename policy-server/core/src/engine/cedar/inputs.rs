//! What policies see of messages that are no tool calls: the arguments of prompts and completions,
//! and what a server asks of the agent.
//!
//! Only what the base schema declares is read. Deliberately absent: arguments of tools, which are
//! checked and typed by [`crate::schema`].

use std::collections::BTreeMap;

use cedar_policy::RestrictedExpression as Cedar;
use serde_json::{Map, Value};

use super::entities;
use super::unclear::{HAS_URI, WRITTEN};
use crate::engine::Fault;
use crate::facts::Facts;
use crate::schema::strict::INTEGER_MAX;
use crate::uri::{self, Reading};

type Pairs = Vec<(String, Cedar)>;

type Reader = fn(&Map<String, Value>) -> Option<Pairs>;

fn reader(method: &str) -> Option<Reader> {
    Some(match method {
        "prompts/get" => prompt,
        "completion/complete" => completion,
        "sampling/createMessage" => sampling,
        "elicitation/create" => elicitation,
        _ => return None,
    })
}

/// Whether policies see arguments of this method here.
pub(super) fn are_read(method: &str) -> bool {
    reader(method).is_some()
}

/// What policies see of a message's arguments.
#[derive(Debug)]
pub(super) struct Input {
    /// The value of `context.input`.
    pub(super) value: Cedar,
    /// Where an address in it is opaque: what policies about such are asked with.
    pub(super) unclear: Option<Unclear>,
    /// An address in it, as written and as it is read.
    pub(super) page: Option<(String, Reading)>,
}

/// What policies that could read an opaque address are asked with.
#[derive(Clone, Debug)]
pub(super) struct Unclear {
    /// The value of `context.input` for them.
    pub(super) value: Cedar,
    /// Why the address is opaque.
    pub(super) why: &'static str,
}

/// The value of `context.input`, where the method's action has one.
pub(super) fn of(facts: &Facts<'_>) -> Result<Option<Input>, Fault> {
    let Some(read) = reader(facts.method) else {
        return Ok(None);
    };
    let text = facts.arguments.unwrap_or("{}");
    let members: Map<String, Value> =
        serde_json::from_str(text).map_err(|_| Fault::UnfitRequest)?;
    let pairs = read(&members).ok_or(Fault::UnfitRequest)?;
    let record = |pairs| Cedar::new_record(pairs).map_err(|_| Fault::UnfitRequest);
    let unclear = opaque(facts.method, &members).map(|(more, why)| {
        let value = record(pairs.iter().cloned().chain(more).collect())?;
        Ok(Unclear { value, why })
    });
    Ok(Some(Input {
        value: record(pairs)?,
        unclear: unclear.transpose()?,
        page: page(facts.method, &members).map(|url| (url.to_owned(), uri::read(url))),
    }))
}

/// The page that a server sends people to.
fn page<'m>(method: &str, members: &'m Map<String, Value>) -> Option<&'m str> {
    let url = members.get("url")?;
    url.as_str().filter(|_| method == "elicitation/create")
}

/// What else is seen of an address that is opaque, and why it is.
fn opaque(method: &str, members: &Map<String, Value>) -> Option<(Pairs, &'static str)> {
    let url = page(method, members)?;
    let reading = uri::read(url);
    let known = entities::whereabouts(&reading).into_iter();
    // Scheme and host are there already.
    let mut more: Pairs = known
        .filter(|(name, _)| !matches!(*name, "scheme" | "host"))
        .map(|(name, value)| pair(name, value))
        .collect();
    more.push(pair(WRITTEN, text(url)));
    more.push(pair(HAS_URI, Cedar::new_bool(true)));
    reading.why.map(|why| (more, why))
}

fn text(value: &str) -> Cedar {
    Cedar::new_string(value.to_owned())
}

fn pair(name: &str, value: Cedar) -> (String, Cedar) {
    (name.to_owned(), value)
}

/// A member that is a string if it is there; none if it is something else.
fn optional(members: &Map<String, Value>, name: &str) -> Option<Pairs> {
    match members.get(name) {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::String(value)) => Some(vec![pair(name, text(value))]),
        Some(_) => None,
    }
}

/// Arguments of a prompt are strings by name.
fn prompt(members: &Map<String, Value>) -> Option<Pairs> {
    let strings: Option<BTreeMap<&String, &str>> = members
        .iter()
        .map(|(name, value)| Some((name, value.as_str()?)))
        .collect();
    let strings = strings?;
    let entry = |(name, value): (&&String, &&str)| {
        let pairs = [pair("key", text(name)), pair("value", text(value))];
        Cedar::new_record(pairs).ok()
    };
    let entries: Option<Vec<Cedar>> = strings.iter().map(entry).collect();
    let keys = strings.keys().map(|name| text(name));
    Some(vec![
        pair("keys", Cedar::new_set(keys)),
        pair("entries", Cedar::new_set(entries?)),
    ])
}

/// Which argument is to be completed, and what it begins with.
fn completion(members: &Map<String, Value>) -> Option<Pairs> {
    let Some(argument) = members.get("argument") else {
        return Some(Vec::new());
    };
    let argument = argument.as_object()?;
    let mut pairs = optional(argument, "name")?;
    pairs.extend(optional(argument, "value")?);
    Some(pairs)
}

/// What a server wants sampled.
fn sampling(members: &Map<String, Value>) -> Option<Pairs> {
    let mut pairs = optional(members, "includeContext")?;
    pairs.extend(optional(members, "systemPrompt")?);
    if let Some(tokens) = members.get("maxTokens") {
        let tokens = whole(tokens)?;
        pairs.push(pair("maxTokens", Cedar::new_long(tokens)));
    }
    let tools = members.get("tools").and_then(Value::as_array);
    let tools = tools.is_some_and(|tools| !tools.is_empty());
    pairs.push(pair("tools", Cedar::new_bool(tools)));
    Some(pairs)
}

/// A whole number, however it is written.
fn whole(number: &Value) -> Option<i64> {
    let fits = |number: &i64| number.unsigned_abs() <= INTEGER_MAX;
    let written = number.as_f64().filter(|number| number.fract() == 0.0);
    let whole = || format!("{:.0}", written?).parse().ok();
    number.as_i64().or_else(whole).filter(fits)
}

/// What a server wants to be told, and where it sends people for it.
fn elicitation(members: &Map<String, Value>) -> Option<Pairs> {
    let mut pairs = optional(members, "message")?;
    let mode = members.get("mode").map_or(Some("form"), Value::as_str)?;
    pairs.push(pair("mode", text(mode)));
    if !optional(members, "url")?.is_empty() {
        let reading = uri::read(members.get("url").and_then(Value::as_str)?);
        let part = |name: &str, value: Option<&str>| Some(pair(name, text(value?)));
        pairs.extend(part("url", reading.uri.as_deref()));
        pairs.extend(part("scheme", reading.scheme.as_deref()));
        pairs.extend(part("host", reading.host.name()));
    }
    let asked = members.get("requestedSchema");
    let fields = asked.and_then(|schema| schema.get("properties")?.as_object());
    let names = fields
        .into_iter()
        .flat_map(Map::keys)
        .map(|name| text(name));
    pairs.push(pair("fields", Cedar::new_set(names)));
    Some(pairs)
}
