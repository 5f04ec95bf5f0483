//! Where the policies of a tool are looked up: its action, its resource, and the entities of both,
//! validated once at load.

use cedar_policy::{Entities, Entity, EntityUid, Schema};
use portcullis_protocol::digest::Digest;
use portcullis_protocol::names::ServerName;

use super::entities;
use crate::catalogue::Tool;
use crate::engine::Fault;

/// A tool with an action of its own.
#[derive(Debug)]
pub(super) struct Place {
    /// Tells it from all others.
    pub(super) key: String,
    /// The digest of that.
    pub(super) judged: Digest,
    /// `Mcp::Action::"github/create_issue"`.
    pub(super) action: EntityUid,
    /// `Mcp::Tool::"github/create_issue"`.
    pub(super) resource: EntityUid,
    /// `Mcp::Server::"github"`.
    pub(super) server: EntityUid,
    /// The action and its groups, the tool and its server.
    pub(super) entities: Entities,
}

/// What tells a tool in one of its definitions from all others: its action's id, and what policies can
/// know of the definition.
pub(super) fn key(tool: &Tool) -> String {
    format!("{} {}", tool.mapped.action(), tool.judged)
}

impl Place {
    /// The place of a tool. `actions` are those of the schema, `groups` the ancestors of all of its
    /// tool actions.
    ///
    /// # Errors
    /// The schema does not hold the tool.
    pub(super) fn of(
        server: &ServerName,
        tool: &Tool,
        schema: &Schema,
        actions: &Entities,
        groups: &[Entity],
    ) -> Result<Self, Fault> {
        let action = entities::action(tool.mapped.action());
        let own = actions.get(&action).ok_or(Fault::UnfitEntities)?.clone();
        let server = entities::server(server);
        let entity = entities::tool(tool, &server)?;
        let resource = entity.uid();
        let above = groups.iter().cloned().chain([own]);
        let both = [entities::bare(&server)?, entity];
        let entities = Entities::from_entities(above, None)
            .map_err(|_| Fault::UnfitEntities)?
            .add_entities(both, Some(schema))
            .map_err(|_| Fault::UnfitEntities)?;
        Ok(Self {
            key: key(tool),
            judged: tool.judged,
            action,
            resource,
            server,
            entities,
        })
    }
}
