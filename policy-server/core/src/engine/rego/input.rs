//! Facts as the input document of Rego, and the closed list of what it holds.
//!
//! Deliberately absent: an approval while permits and forbids are asked; it opens gates alone.

use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::{Caller, Name};
use portcullis_protocol::wire::{Direction, Target};
use serde_json::{Value, json};

use crate::audit::time;
use crate::catalogue::Known;
use crate::disclosure::{Asker, Wish};
use crate::engine::Fault;
use crate::facts::{Approval, Facts, Subject};
use crate::registry::Annotations;

use super::unclear::reading;

/// The methods that are judged, with their group and what each may act on. A test holds it against
/// the Cedar schema: both engines refuse the same questions.
pub(super) const METHODS: [(&str, &str, &[&str]); 15] = [
    ("tools/call", "write", &["tool"]),
    ("resources/read", "read", &["resource"]),
    ("resources/subscribe", "read", &["resource"]),
    ("resources/unsubscribe", "read", &["resource"]),
    ("subscriptions/listen", "read", &["server", "resource"]),
    ("prompts/get", "read", &["prompt"]),
    (
        "completion/complete",
        "read",
        &["prompt", "template", "resource"],
    ),
    ("tasks/get", "read", &["task"]),
    ("tasks/result", "read", &["task"]),
    ("tasks/list", "read", &["server"]),
    ("tasks/cancel", "write", &["task"]),
    ("tasks/update", "write", &["task"]),
    ("sampling/createMessage", "ask", &["server"]),
    ("elicitation/create", "ask", &["server"]),
    ("roots/list", "ask", &["server"]),
];

/// The members of the input, each with its own members where those are closed.
pub(super) const MEMBERS: [(&str, &[&str]); 17] = [
    ("method", &[]),
    ("action", &[]),
    ("group", &[]),
    ("server", &[]),
    ("direction", &[]),
    ("protocol_version", &[]),
    ("now", &[]),
    ("now_ns", &[]),
    ("clock", &["weekday", "hour", "minute"]),
    ("principal", &["subject", "issuer", "agent", "roles"]),
    (
        "resource",
        &[
            "type",
            "name",
            "uri",
            "scheme",
            "host",
            "id",
            "readOnly",
            "destructive",
            "idempotent",
            "openWorld",
            "listed",
            "tags",
        ],
    ),
    ("arguments", &[]),
    ("args_digest", &[]),
    (
        "approval",
        &["groups", "expires", "expires_ns", "args_digest"],
    ),
    ("tool", &[]),
    ("path", &[]),
    ("from", &[]),
];

const WEEKDAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];

/// The input about one target, without an approval.
///
/// # Errors
/// The method is unknown, does not act on such a target, or the facts can be read in two ways.
pub(super) fn document(
    facts: &Facts<'_>,
    subject: &Subject<'_>,
    arguments: Option<&Value>,
) -> Result<Value, Fault> {
    let resource = resource(subject)?;
    let group = group(facts.method, &resource)?;
    let action = match subject.target {
        Target::Tool(name) => format!("{}/{}", facts.server, name),
        _ => facts.method.to_owned(),
    };
    let mut input = json!({
        "method": facts.method,
        "action": action,
        "group": group,
        "server": facts.server.as_str(),
        "direction": direction_word(facts.direction),
        "now": time::rfc3339_ms(facts.now_ms),
        "now_ns": nanoseconds(facts.now_ms)?,
        "clock": clock(facts.now_ms),
        "principal": principal(facts.caller),
        "resource": resource,
        "args_digest": facts.args_digest().to_string(),
    });
    put(
        &mut input,
        "protocol_version",
        facts.protocol_version.map(Name::as_str),
    );
    match arguments {
        Some(arguments @ Value::Object(_)) => put(&mut input, "arguments", Some(arguments.clone())),
        Some(_) => return Err(Fault::UnfitRequest),
        None => {}
    }
    Ok(input)
}

/// The input of some call, for a first evaluation.
pub(super) fn sample() -> Value {
    json!({
        "method": "tools/call",
        "action": "server/tool",
        "group": "write",
        "server": "server",
        "direction": "to_server",
        "now": time::rfc3339_ms(0),
        "now_ns": 0,
        "clock": clock(0),
        "principal": {"subject": "nobody", "issuer": "https://issuer", "roles": []},
        "resource": {
            "type": "tool", "name": "tool", "readOnly": false, "destructive": true,
            "idempotent": false, "openWorld": true, "listed": false, "tags": [],
        },
        "arguments": {},
        "args_digest": Digest::of(b"{}").to_string(),
    })
}

/// Adds a human's yes to the input.
///
/// # Errors
/// It ends at a time that has no nanoseconds.
pub(super) fn approve(input: &mut Value, approval: Approval<'_>) -> Result<(), Fault> {
    let groups: Vec<&str> = approval.groups.iter().map(Name::as_str).collect();
    let approval = json!({
        "groups": groups,
        "expires": time::rfc3339_ms(approval.expires_ms),
        "expires_ns": nanoseconds(approval.expires_ms)?,
        "args_digest": approval.args_digest.to_string(),
    });
    put(input, "approval", Some(approval));
    Ok(())
}

/// The input of a wish about data: what nothing of a message is in.
pub(super) fn wish(asker: Asker<'_>, wish: Wish<'_>) -> Value {
    let mut input = json!({
        "action": wish.action(),
        "server": asker.server.as_str(),
        "principal": principal(asker.caller),
    });
    put(&mut input, "tool", asker.tool.map(Name::as_str));
    match wish {
        Wish::Reveal(direction) => put(&mut input, "direction", Some(direction_word(direction))),
        Wish::Restore { path, from } => {
            put(&mut input, "path", Some(path));
            put(&mut input, "from", Some(from.as_str()));
        }
    }
    input
}

const fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::ToServer => "to_server",
        Direction::ToClient => "to_client",
    }
}

/// The group of a method that acts on such a resource.
fn group(method: &str, resource: &Value) -> Result<&'static str, Fault> {
    let known = METHODS.iter().find(|(name, ..)| *name == method);
    let (_, group, kinds) = known.ok_or(Fault::UnknownMethod)?;
    let kind = resource.get("type").and_then(Value::as_str);
    match kind.is_some_and(|kind| kinds.contains(&kind)) {
        true => Ok(group),
        false => Err(Fault::UnfitRequest),
    }
}

fn put(input: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(members), Some(value)) = (input.as_object_mut(), value) {
        members.insert(name.to_owned(), value.into());
    }
}

fn nanoseconds(ms: i64) -> Result<i64, Fault> {
    ms.checked_mul(1_000_000).ok_or(Fault::UnfitRequest)
}

/// Day and time of day, in UTC.
fn clock(ms: i64) -> Value {
    let minutes = ms.div_euclid(60_000);
    let days = minutes.div_euclid(1_440);
    let weekday = usize::try_from(days.rem_euclid(7)).ok();
    json!({
        "weekday": weekday.and_then(|day| WEEKDAYS.get(day)),
        "hour": minutes.rem_euclid(1_440) / 60,
        "minute": minutes.rem_euclid(60),
    })
}

fn principal(caller: &Caller) -> Value {
    let roles: Vec<&str> = caller.roles.iter().map(Name::as_str).collect();
    let mut principal = json!({
        "subject": caller.subject.as_str(),
        "issuer": caller.issuer.as_str(),
        "roles": roles,
    });
    put(
        &mut principal,
        "agent",
        caller.agent.as_ref().map(Name::as_str),
    );
    principal
}

/// What programs read differently of a URI is not there; [`super::unclear`] denies whoever reads it.
fn resource(subject: &Subject<'_>) -> Result<Value, Fault> {
    Ok(match subject.target {
        Target::Server => json!({"type": "server"}),
        Target::Tool(name) => tool(subject, name),
        Target::Prompt(name) => json!({"type": "prompt", "name": name.as_str()}),
        Target::Task(id) => json!({"type": "task", "id": id.as_str()}),
        Target::Template(_) => {
            let (written, reading) = reading(subject.target).ok_or(Fault::UnfitRequest)?;
            json!({"type": "template", "uri": reading.name(written)})
        }
        Target::Resource(_) => {
            let (written, reading) = reading(subject.target).ok_or(Fault::UnfitRequest)?;
            let mut resource = json!({"type": "resource", "uri": reading.name(written)});
            put(&mut resource, "scheme", reading.scheme.as_deref());
            put(&mut resource, "host", reading.host.name());
            resource
        }
    })
}

fn tool(subject: &Subject<'_>, name: &Name) -> Value {
    let (hints, tags, listed) = match subject.known {
        Known::Tool(tool) => (tool.annotations, &tool.tags[..], true),
        Known::Unlisted(tags) => (Annotations::default(), tags, false),
        Known::Quarantined(_) => (Annotations::default(), &[][..], false),
    };
    json!({
        "type": "tool",
        "name": name.as_str(),
        "readOnly": hints.read_only,
        "destructive": hints.destructive,
        "idempotent": hints.idempotent,
        "openWorld": hints.open_world,
        "listed": listed,
        "tags": tags,
    })
}
