//! Which tools a policy names: by action, by resource, or by a type of their arguments.
//!
//! A policy that names a tool can only be validated where the schema has that tool.

use std::collections::BTreeSet;

use cedar_policy::Policy;
use portcullis_protocol::names::ServerName;
use serde_json::Value;

use crate::schema::MappedTool;

/// The names in a policy that could be of tools.
#[derive(Debug, Default)]
pub(super) struct Naming {
    /// Ids of entities, of whatever type.
    ids: BTreeSet<String>,
    /// Types of entities.
    types: BTreeSet<String>,
    /// Whether it could not be looked through.
    unknown: bool,
}

impl Naming {
    /// The names in a policy.
    pub(super) fn of(policy: &Policy) -> Self {
        let mut naming = Self::default();
        match policy.to_json() {
            Ok(json) => naming.walk(&json),
            Err(_) => naming.unknown = true,
        }
        naming
    }

    /// Whether it names this tool.
    pub(super) fn names(&self, tool: &MappedTool) -> bool {
        self.names_types(tool.types()) || self.ids.contains(tool.action())
    }

    /// Whether it names a type in this namespace, which is a tool's.
    pub(super) fn names_types(&self, namespace: &str) -> bool {
        let below = format!("{namespace}::");
        let mut types = self.types.range(below.clone()..);
        let of_tool = types.next().is_some_and(|found| found.starts_with(&below));
        self.unknown || of_tool
    }

    /// The servers whose tools it names as a group.
    pub(super) fn groups(&self) -> impl Iterator<Item = ServerName> {
        let names = self.ids.iter().filter_map(|id| id.strip_suffix("/*"));
        names.filter_map(|name| ServerName::parse(name).ok())
    }

    fn walk(&mut self, json: &Value) {
        match json {
            Value::Object(members) => {
                for (name, value) in members {
                    match (name.as_str(), value) {
                        ("id", Value::String(id)) => _ = self.ids.insert(id.clone()),
                        ("type" | "entity_type", Value::String(kind)) => {
                            self.types.insert(kind.clone());
                        }
                        _ => self.walk(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::cedar::SCHEMA;
    use crate::schema::{BaseContext, ToolDefinition};

    fn tool(json: &str) -> MappedTool {
        let base = BaseContext::read(SCHEMA).unwrap();
        let server = ServerName::parse("git-hub").unwrap();
        MappedTool::map(&server, &ToolDefinition::read(json).unwrap(), &base).unwrap()
    }

    #[test]
    fn tools_are_named_in_scopes_conditions_and_types() {
        let named = |text: &str| {
            let policy: Policy = text.parse().unwrap();
            let naming = Naming::of(&policy);
            let schema = r#"{"properties": {"mode": {"enum": ["a", "b"]}}, "type": "object"}"#;
            let tools = ["push", "pu", "push-all"].map(|name| {
                let json = format!(r#"{{"name": "{name}", "inputSchema": {schema}}}"#);
                (name, naming.names(&tool(&json)))
            });
            BTreeMap::from(tools)
        };
        for (text, other) in [
            (
                r#"permit(principal, action == Mcp::Action::"git-hub/push", resource);"#,
                false,
            ),
            (
                r#"permit(principal, action in [Mcp::Action::"x", Mcp::Action::"git-hub/push"], resource);"#,
                false,
            ),
            (
                r#"permit(principal, action, resource) when { resource == Mcp::Tool::"git-hub/push" };"#,
                false,
            ),
            (
                r#"permit(principal, action, resource) unless { action == Mcp::Action::"git-hub/pu\u{73}h" };"#,
                false,
            ),
            (
                r#"permit(principal, action, resource) when { context.input.mode == Mcp::git_x2d_hub::push::Input::mode::"a" };"#,
                false,
            ),
            (
                r#"permit(principal, action, resource) when { context.input.mode is Mcp :: git_x2d_hub::push::Input::mode };"#,
                false,
            ),
            (
                r#"permit(principal, action, resource) when { [[Mcp::git_x2d_hub::push::Input::mode::"a"]].contains([]) };"#,
                false,
            ),
            (
                r#"permit(principal, action, resource) when { context.input.mode == "git-hub/push" };"#,
                true,
            ),
            (
                r#"permit(principal, action, resource in Mcp::Server::"git-hub");"#,
                true,
            ),
        ] {
            let named = named(text);
            assert_eq!(named["push"], !other, "{text}");
            assert!(!named["pu"] && !named["push-all"], "{text}");
        }
    }
}
