//! The mapping's mechanics.

mod corpus;

use super::*;
use cedar_policy::{Context, EntityUid, Request, Schema};

/// The base schema that the tests map into.
pub(super) const BASE: &str = crate::engine::cedar::SCHEMA;

const fn shared<T: Send + Sync>() {}

#[test]
fn a_mapped_tool_is_shared_between_threads() {
    shared::<MappedTool>();
}

pub(super) fn map(server: &str, item: &Value) -> Result<MappedTool, MappingFault> {
    let tool = ToolDefinition::read(&item.to_string())?;
    let base = BaseContext::read(BASE).unwrap();
    MappedTool::map(&ServerName::parse(server).unwrap(), &tool, &base)
}

/// The base schema with these tools, as Cedar reads it.
pub(super) fn schema(tools: &[&MappedTool]) -> Schema {
    let (base, _) = SchemaFragment::from_cedarschema_str(BASE).unwrap();
    let fragments = tools.iter().map(|tool| tool.fragment().clone());
    let fragments = fragments.chain([opaque_types()]);
    let fragments = fragments.map(|json| SchemaFragment::from_json_value(json).unwrap());
    Schema::from_schema_fragments(fragments.chain([base])).unwrap()
}

/// A request with this input, validated.
pub(super) fn request(
    schema: &Schema,
    tool: &MappedTool,
    input: RestrictedExpression,
) -> Result<Request, String> {
    let uid = |text: String| text.parse::<EntityUid>().unwrap();
    let string = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let entity = |text: &str| RestrictedExpression::new_entity_uid(uid(text.to_owned()));
    let now = RestrictedExpression::new_datetime("2026-11-21T10:53:01.123Z");
    let context = Context::from_pairs([
        ("now".to_owned(), now),
        ("server".to_owned(), entity(r#"Mcp::Server::"demo""#)),
        (
            "direction".to_owned(),
            entity(r#"Mcp::Direction::"to_server""#),
        ),
        ("args_digest".to_owned(), string("sha256:00")),
        ("input".to_owned(), input),
    ]);
    let action = serde_json::Value::from(tool.action()).to_string();
    Request::new(
        uid(r#"Mcp::Agent::"a""#.to_owned()),
        uid(format!("Mcp::Action::{action}")),
        uid(format!("Mcp::Tool::{action}")),
        context.map_err(|error| error.to_string())?,
        Some(schema),
    )
    .map_err(|error| format!("{error:?}"))
}
