//! The base schema, and tools put into it.
//!
//! Deliberately absent: what the base schema says; it is a text like any other here.

use cedar_policy::SchemaFragment;
use serde_json::{Map, Value};

use super::{MappedTool, MappingFault};

/// The attributes that every action's context has.
#[derive(Clone, Debug)]
pub struct BaseContext(Map<String, Value>);

impl BaseContext {
    pub(super) const fn attributes(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Reads the type `Mcp::Context` out of the base schema, written in Cedar's syntax.
    ///
    /// # Errors
    /// The schema cannot be read, or has no such record.
    pub fn read(base_schema: &str) -> Result<Self, MappingFault> {
        let cedar = |error: &dyn std::fmt::Display| MappingFault::cedar(error);
        let (fragment, _) =
            SchemaFragment::from_cedarschema_str(base_schema).map_err(|error| cedar(&error))?;
        let json = fragment.to_json_value().map_err(|error| cedar(&error))?;
        let context = json.pointer("/Mcp/commonTypes/Context/attributes");
        let context = context.and_then(Value::as_object).cloned();
        context
            .map(Self)
            .ok_or_else(|| cedar(&"there is no record `Mcp::Context`"))
    }
}

/// The types `Mcp::Null`, `Mcp::Number` and `Mcp::Unknown`, once for all tools.
#[must_use]
pub fn opaque_types() -> Value {
    super::fragment::opaque()
}

/// The base schema in Cedar's JSON with the opaque types and all tools in it.
///
/// What the base declares stays; of two tools with one action the first stays.
#[must_use]
pub fn merge<'a>(mut base: Value, tools: impl Iterator<Item = &'a MappedTool>) -> Value {
    add(&mut base, &opaque_types());
    for tool in tools {
        add(&mut base, tool.fragment());
    }
    base
}

/// Adds members that are not there yet, down to the declarations of a namespace.
fn add(base: &mut Value, more: &Value) {
    let Some(namespaces) = base.as_object_mut() else {
        return;
    };
    for (name, namespace) in more.as_object().into_iter().flatten() {
        let known = namespaces
            .entry(name.clone())
            .or_insert_with(|| Value::Object(Map::new()));
        for (section, declarations) in namespace.as_object().into_iter().flatten() {
            let sections = known.as_object_mut();
            let declared = sections.map(|sections| {
                sections
                    .entry(section.clone())
                    .or_insert_with(|| Value::Object(Map::new()))
            });
            let declared = declared.and_then(Value::as_object_mut);
            if let (Some(declared), Some(more)) = (declared, declarations.as_object()) {
                for (name, declaration) in more {
                    declared
                        .entry(name.clone())
                        .or_insert_with(|| declaration.clone());
                }
            }
        }
    }
}
