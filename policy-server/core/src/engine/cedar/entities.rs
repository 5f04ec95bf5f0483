//! Facts as Cedar entities and context, built directly; no JSON text in between.
//!
//! Deliberately absent: arguments; those of a tool are its [`crate::schema`]'s, the others are in
//! [`super::inputs`].

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use portcullis_protocol::names::{Caller, Name, ServerName};
use portcullis_protocol::wire::{Direction, Target};

use crate::audit::time;
use crate::catalogue::{Known, Tool};
use crate::engine::Fault;
use crate::facts::{Approval, Facts, Subject};
use crate::registry::Annotations;
use crate::uri::{self, Host, Reading};

use super::unclear::{HAS_HOST, HAS_SCHEME, HAS_URI, WRITTEN};

/// The names of the schema's entity types, parsed once.
struct Types {
    role: EntityTypeName,
    user: EntityTypeName,
    agent: EntityTypeName,
    server: EntityTypeName,
    tool: EntityTypeName,
    prompt: EntityTypeName,
    resource: EntityTypeName,
    template: EntityTypeName,
    task: EntityTypeName,
    direction: EntityTypeName,
    action: EntityTypeName,
    class: EntityTypeName,
}

static TYPES: LazyLock<Types> = LazyLock::new(|| Types {
    role: type_name("Role"),
    user: type_name("User"),
    agent: type_name("Agent"),
    server: type_name("Server"),
    tool: type_name("Tool"),
    prompt: type_name("Prompt"),
    resource: type_name("Resource"),
    template: type_name("Template"),
    task: type_name("Task"),
    direction: type_name("Direction"),
    action: type_name("Action"),
    class: type_name("DataClass"),
});

#[allow(
    clippy::expect_used,
    reason = "twelve constant names, all read by the first test that runs"
)]
fn type_name(name: &str) -> EntityTypeName {
    EntityTypeName::from_str(&format!("Mcp::{name}")).expect("a constant type name")
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn string(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

type Attributes = Vec<(&'static str, RestrictedExpression)>;

fn entity(
    uid: &EntityUid,
    attributes: Attributes,
    parents: impl IntoIterator<Item = EntityUid>,
) -> Result<Entity, Fault> {
    let attributes = attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let parents = parents.into_iter().collect();
    Entity::new(uid.clone(), attributes.collect(), parents).map_err(|_| Fault::UnfitEntities)
}

/// The uid of a server.
pub(super) fn server(name: &ServerName) -> EntityUid {
    uid(&TYPES.server, name.as_str())
}

/// The uid of an action.
pub(super) fn action(id: &str) -> EntityUid {
    uid(&TYPES.action, id)
}

/// The uid of the server whose tools an action is the group of, if it is one.
pub(super) fn server_of_group(action: &EntityUid) -> Option<EntityUid> {
    let id: &str = action.id().as_ref();
    let name = ServerName::parse(id.strip_suffix("/*")?).ok()?;
    (*action.type_name() == TYPES.action).then(|| server(&name))
}

/// The uid of the action of a tool, if this is a tool's uid.
pub(super) fn action_of_tool(tool: &EntityUid) -> Option<EntityUid> {
    let id: &str = tool.id().as_ref();
    (*tool.type_name() == TYPES.tool).then(|| action(id))
}

/// The uid of a class of data.
pub(super) fn class(name: &str) -> EntityUid {
    uid(&TYPES.class, name)
}

/// The entity of a class of data, in the class above it.
pub(super) fn class_below(name: &str) -> Result<Entity, Fault> {
    let above = name.rsplit_once('.').map(|(above, _)| class(above));
    entity(&class(name), Vec::new(), above)
}

/// The uid of a direction.
pub(super) fn direction(direction: Direction) -> EntityUid {
    let word = match direction {
        Direction::ToServer => "to_server",
        Direction::ToClient => "to_client",
    };
    uid(&TYPES.direction, word)
}

/// An entity of which nothing more is known.
pub(super) fn bare(uid: &EntityUid) -> Result<Entity, Fault> {
    entity(uid, Vec::new(), [])
}

/// The agent's uid, and the entities that describe who asks.
pub(super) fn caller(caller: &Caller) -> Result<(EntityUid, Vec<Entity>), Fault> {
    let agent = uid(
        &TYPES.agent,
        caller.agent.as_ref().map_or("unnamed", Name::as_str),
    );
    let user = uid(&TYPES.user, caller.subject.as_str());
    let roles: BTreeMap<&str, EntityUid> = caller
        .roles
        .iter()
        .map(|role| (role.as_str(), uid(&TYPES.role, role.as_str())))
        .collect();
    let mut attributes = vec![
        ("user", RestrictedExpression::new_entity_uid(user.clone())),
        ("issuer", string(caller.issuer.as_str())),
    ];
    attributes.extend(
        caller
            .agent
            .as_ref()
            .map(|name| ("name", string(name.as_str()))),
    );
    let mut known = vec![
        entity(
            &agent,
            attributes,
            [user.clone()].into_iter().chain(roles.values().cloned()),
        )?,
        entity(&user, Vec::new(), roles.values().cloned())?,
    ];
    for role in roles.values() {
        known.push(bare(role)?);
    }
    Ok((agent, known))
}

/// What the context of every request holds.
pub(super) fn context(
    facts: &Facts<'_>,
    server: &EntityUid,
) -> Result<Vec<(String, RestrictedExpression)>, Fault> {
    let direction = RestrictedExpression::new_entity_uid(direction(facts.direction));
    let now = RestrictedExpression::new_datetime(time::rfc3339_ms(facts.now_ms));
    let mut pairs = vec![
        ("now".to_owned(), now),
        (
            "server".to_owned(),
            RestrictedExpression::new_entity_uid(server.clone()),
        ),
        ("direction".to_owned(), direction),
    ];
    let version = facts
        .protocol_version
        .map(|version| string(version.as_str()));
    pairs.extend(version.map(|version| ("protocolVersion".to_owned(), version)));
    let digest = string(&facts.args_digest().to_string());
    pairs.push(("args_digest".to_owned(), digest));
    if let Some(approval) = facts.approval {
        pairs.push(("approval".to_owned(), granted(approval)?));
    }
    Ok(pairs)
}

/// A human's yes as a record.
fn granted(approval: Approval<'_>) -> Result<RestrictedExpression, Fault> {
    let group = |name: &Name| RestrictedExpression::new_entity_uid(uid(&TYPES.role, name.as_str()));
    let expires = RestrictedExpression::new_datetime(time::rfc3339_ms(approval.expires_ms));
    let groups = RestrictedExpression::new_set(approval.groups.iter().map(group));
    let pairs = [
        ("groups".to_owned(), groups),
        ("expires".to_owned(), expires),
        (
            "args_digest".to_owned(),
            string(&approval.args_digest.to_string()),
        ),
    ];
    RestrictedExpression::new_record(pairs).map_err(|_| Fault::UnfitRequest)
}

/// What a message acts on.
pub(super) struct Thing {
    /// Its uid.
    pub(super) uid: EntityUid,
    /// Its entity; a server's is among the caller's already.
    pub(super) entity: Option<Entity>,
}

/// What is known of the URI of a target that has one.
pub(super) fn reading(target: &Target) -> Option<(&str, Reading)> {
    match target {
        Target::Resource(uri) => Some((uri.as_str(), uri::read(uri.as_str()))),
        Target::Template(uri) => Some((uri.as_str(), uri::read_template(uri.as_str()))),
        Target::Server | Target::Tool(_) | Target::Prompt(_) | Target::Task(_) => None,
    }
}

/// The resource's uid and its entity. `read` is what is known of its URI.
pub(super) fn resource(
    subject: &Subject<'_>,
    server: &EntityUid,
    read: Option<&(&str, Reading)>,
) -> Result<Thing, Fault> {
    let located = read.map(|(written, reading)| (reading.name(written), *written, reading));
    let (kind, id, attributes) = match subject.target {
        Target::Server => {
            return Ok(Thing {
                uid: server.clone(),
                entity: None,
            });
        }
        Target::Tool(name) => (&TYPES.tool, name.as_str(), unlisted(name, subject)),
        Target::Prompt(name) => (
            &TYPES.prompt,
            name.as_str(),
            vec![("name", string(name.as_str()))],
        ),
        Target::Resource(_) | Target::Template(_) => {
            let (name, written, reading) = located.ok_or(Fault::UnfitRequest)?;
            match subject.target {
                Target::Template(_) => (&TYPES.template, name, template(written, reading)),
                _ => (&TYPES.resource, name, place(written, reading)),
            }
        }
        Target::Task(id) => (&TYPES.task, id.as_str(), vec![("id", string(id.as_str()))]),
    };
    let server_id: &str = server.id().as_ref();
    let uid = uid(kind, &format!("{server_id}/{id}"));
    let entity = entity(&uid, attributes, [server.clone()])?;
    let entity = Some(entity);
    Ok(Thing { uid, entity })
}

/// The entity of a tool with a definition.
pub(super) fn tool(tool: &Tool, server: &EntityUid) -> Result<Entity, Fault> {
    let server_id: &str = server.id().as_ref();
    let uid = uid(&TYPES.tool, &format!("{server_id}/{}", tool.name));
    let mut attributes = hints(&tool.name, tool.annotations);
    let tags = tool.tags.iter().map(|tag| string(tag));
    attributes.push(("tags", RestrictedExpression::new_set(tags)));
    attributes.push(("listed", RestrictedExpression::new_bool(true)));
    entity(&uid, attributes, [server.clone()])
}

/// A tool that nobody has listed: the specification's pessimistic defaults hold, and the tags of
/// the security team.
fn unlisted(name: &Name, subject: &Subject<'_>) -> Attributes {
    let tags = match subject.known {
        Known::Unlisted(tags) => tags,
        Known::Tool(_) | Known::Quarantined(_) => &[],
    };
    let tags = tags.iter().map(|tag| string(tag));
    let mut attributes = hints(name, Annotations::default());
    attributes.push(("tags", RestrictedExpression::new_set(tags)));
    attributes.push(("listed", RestrictedExpression::new_bool(false)));
    attributes
}

fn hints(name: &Name, hints: Annotations) -> Attributes {
    let bool = RestrictedExpression::new_bool;
    vec![
        ("name", string(name.as_str())),
        ("readOnly", bool(hints.read_only)),
        ("destructive", bool(hints.destructive)),
        ("idempotent", bool(hints.idempotent)),
        ("openWorld", bool(hints.open_world)),
    ]
}

/// The URI in its one form. If it has none: how it is written, and what else an opaque one has.
fn spelling(written: &str, reading: &Reading) -> Attributes {
    match &reading.uri {
        Some(uri) => vec![("uri", string(uri))],
        None => vec![
            (WRITTEN, string(written)),
            (HAS_URI, RestrictedExpression::new_bool(true)),
        ],
    }
}

/// What is known of a template: by its text, and nothing of where it leads.
fn template(written: &str, reading: &Reading) -> Attributes {
    let mut attributes = spelling(written, reading);
    if reading.uri.is_none() {
        let none = || RestrictedExpression::new_bool(false);
        attributes.extend([(HAS_SCHEME, none()), (HAS_HOST, none())]);
    }
    attributes
}

/// What is known of a resource's URI. What programs read differently is absent: reading it fails.
fn place(written: &str, reading: &Reading) -> Attributes {
    let mut attributes = spelling(written, reading);
    attributes.extend(whereabouts(reading));
    attributes
}

/// Scheme and host, and whether there are any where not everything is known.
pub(super) fn whereabouts(reading: &Reading) -> Attributes {
    let bool = RestrictedExpression::new_bool;
    let mut attributes = Vec::new();
    attributes.extend(
        reading
            .scheme
            .as_deref()
            .map(|scheme| ("scheme", string(scheme))),
    );
    attributes.extend(reading.host.name().map(|host| ("host", string(host))));
    if reading.uri.is_none() {
        let scheme = reading.scheme.as_ref().map(|_| (HAS_SCHEME, bool(true)));
        attributes.extend(scheme);
        match reading.host {
            Host::Of(_) => attributes.push((HAS_HOST, bool(true))),
            Host::Nobody => attributes.push((HAS_HOST, bool(false))),
            Host::Unclear => {}
        }
    }
    attributes
}
