//! The base schema, and tools put into it.
//!
//! Deliberately absent: what the base schema says; it is a text like any other here.

use std::collections::BTreeSet;

use cedar_policy::SchemaFragment;
use serde_json::{Map, Value, json};

use super::{MappedTool, MappingFault, text};

/// The group of all calls of tools.
const TOOL_CALLS: &str = "tools/call";

/// What tools take from the base schema: the attributes that every action's context has, and the
/// actions that are no tool's.
#[derive(Clone, Debug)]
pub struct BaseContext {
    attributes: Map<String, Value>,
    actions: BTreeSet<String>,
}

impl BaseContext {
    pub(super) const fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// Whether an action is the base schema's own.
    pub(super) fn declares(&self, action: &str) -> bool {
        self.actions.contains(action)
    }

    /// Reads the type `Mcp::Context`, and the actions, out of the base schema, written in Cedar's syntax.
    ///
    /// # Errors
    /// The schema cannot be read, or has no such record.
    pub fn read(base_schema: &str) -> Result<Self, MappingFault> {
        let json = read(base_schema)?;
        let context = json.pointer("/Mcp/commonTypes/Context/attributes");
        let attributes = context.and_then(Value::as_object).cloned();
        let attributes =
            attributes.ok_or_else(|| MappingFault::cedar(&"there is no record `Mcp::Context`"))?;
        let actions = json.pointer("/Mcp/actions").and_then(Value::as_object);
        let actions = actions.into_iter().flat_map(Map::keys).cloned().collect();
        Ok(Self {
            attributes,
            actions,
        })
    }
}

/// A schema in Cedar's syntax as Cedar's JSON.
fn read(base_schema: &str) -> Result<Value, MappingFault> {
    let (fragment, _) = SchemaFragment::from_cedarschema_str(base_schema)
        .map_err(|error| MappingFault::cedar(&error))?;
    let json = fragment.to_json_value();
    json.map_err(|error| MappingFault::cedar(&error))
}

/// The types and actions of tools in Cedar's syntax, each namespace once; without the base schema
/// and the opaque types.
#[must_use]
pub fn tools_text<'a>(tools: impl Iterator<Item = &'a MappedTool>) -> String {
    text::text(&together(tools))
}

fn together<'a>(tools: impl Iterator<Item = &'a MappedTool>) -> Value {
    let mut all = Value::Object(Map::new());
    add_tools(&mut all, tools);
    all
}

/// The base schema, written in Cedar's syntax, with the opaque types and all tools in it, in
/// Cedar's JSON.
///
/// # Errors
/// The base schema cannot be read.
pub fn whole_json<'a>(
    base_schema: &str,
    tools: impl Iterator<Item = &'a MappedTool>,
) -> Result<Value, MappingFault> {
    Ok(merge(read(base_schema)?, tools))
}

/// The same in Cedar's syntax. The base schema keeps its text: it ends with its namespace `Mcp`,
/// which is where the actions go.
///
/// # Errors
/// The base schema ends otherwise.
pub fn whole_text<'a>(
    base_schema: &str,
    tools: impl Iterator<Item = &'a MappedTool>,
) -> Result<String, MappingFault> {
    let base = base_schema.trim_end().strip_suffix('}');
    let base = base.ok_or_else(|| MappingFault::cedar(&"the base schema ends outside `Mcp`"))?;
    let mut more = together(tools);
    let mut own = opaque_types();
    if let Some(actions) = more.as_object_mut().and_then(|all| all.remove("Mcp")) {
        add(&mut own, &json!({ "Mcp": actions }));
    }
    let own = own.get("Mcp").map(text::inside).unwrap_or_default();
    let note = "  // What has no faithful type, and the tools.\n";
    Ok(format!("{base}\n{note}{own}}}\n\n{}", text::text(&more)))
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
    add_tools(&mut base, tools);
    base
}

fn add_tools<'a>(base: &mut Value, tools: impl Iterator<Item = &'a MappedTool>) {
    for tool in tools {
        add(base, tool.fragment());
        add(base, &groups([tool]));
    }
}

/// The groups that the actions of these tools are in: one for each server.
#[must_use]
pub fn groups<'a>(tools: impl IntoIterator<Item = &'a MappedTool>) -> Value {
    super::fragment::names(tools.into_iter().map(|tool| (tool.group(), TOOL_CALLS)))
}

/// Adds what policies may name and are not validated for: these tools with their types, and these
/// other actions, each with the group that it is in.
pub(crate) fn name_only<'a>(
    base: &mut Value,
    tools: impl Iterator<Item = &'a MappedTool>,
    actions: impl Iterator<Item = (String, String)>,
) {
    for tool in tools {
        add(base, &groups([tool]));
        add(base, &tool.named_only());
    }
    for (action, group) in actions {
        add(
            base,
            &super::fragment::names([(action.as_str(), group.as_str())]),
        );
    }
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
