//! What a tool's schema may cost: it is written by somebody else, and it may be written to harm.
//!
//! Deliberately absent: sense. A schema within these bounds may still accept nothing.

use serde_json::Value;

use super::MappingFault;

/// Longest definition of a tool.
pub(super) const DEFINITION_BYTES_MAX: usize = 256 * 1024;

/// Most values in an input schema, of any kind.
const NODES_MAX: usize = 20_000;

/// Most argument types of one tool, each use of a definition counted.
pub(super) const SHAPES_MAX: usize = 2_000;

/// Most branches of one tool that need a check of their own.
const BRANCHES_MAX: usize = 64;

/// Most patterns of one tool; each may take a quarter of a megabyte once it is compiled.
const PATTERNS_MAX: usize = 64;

/// Most patterns that all branches with a check of their own may compile again.
const PATTERNS_AGAIN_MAX: usize = 256;

/// Deepest nesting of argument types; below it they are opaque.
pub(super) const DEPTH_MAX: usize = 32;

/// Longest name of an argument.
const NAME_BYTES_MAX: usize = 256;

/// What is left to a schema that is not too large.
pub(super) struct Room {
    /// Most branches that may have a check of their own.
    pub(super) branches: usize,
    /// Values in the schema.
    pub(super) nodes: usize,
}

/// How many patterns a schema holds.
pub(super) fn patterns(schema: &Value) -> usize {
    let mut patterns = 0_usize;
    let mut waiting = vec![schema];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items),
            Value::Object(members) => {
                patterns += members.iter().map(patterns_of).sum::<usize>();
                waiting.extend(members.values());
            }
            _ => {}
        }
    }
    patterns
}

fn patterns_of((name, value): (&String, &Value)) -> usize {
    match name.as_str() {
        "pattern" => 1,
        "patternProperties" => value.as_object().map_or(0, serde_json::Map::len),
        _ => 0,
    }
}

/// Refuses what is too large, and references out of the document.
pub(super) fn check(schema: &Value) -> Result<Room, MappingFault> {
    let mut nodes = 0_usize;
    let mut waiting = vec![(schema, true)];
    while let Some((value, root)) = waiting.pop() {
        nodes += 1;
        if nodes > NODES_MAX {
            return Err(MappingFault::TooLarge("holds too many values"));
        }
        match value {
            Value::Array(items) => waiting.extend(items.iter().map(|item| (item, false))),
            Value::Object(members) => {
                for (name, value) in members {
                    member(name, value, root)?;
                    waiting.push((value, false));
                }
            }
            _ => {}
        }
    }
    let patterns = patterns(schema);
    if patterns > PATTERNS_MAX {
        return Err(MappingFault::TooLarge("holds too many patterns"));
    }
    Ok(Room {
        branches: BRANCHES_MAX.min(PATTERNS_AGAIN_MAX / patterns.max(1)),
        nodes,
    })
}

fn member(name: &str, value: &Value, root: bool) -> Result<(), MappingFault> {
    if name.len() > NAME_BYTES_MAX {
        return Err(MappingFault::TooLarge("has a name that is too long"));
    }
    let text = value.as_str();
    match (name, text) {
        ("$ref" | "$dynamicRef" | "$recursiveRef", Some(text))
            if text != "#" && !text.starts_with("#/") =>
        {
            Err(MappingFault::Reference)
        }
        ("$id" | "$schema", Some(_)) if !root => Err(MappingFault::Embedded),
        _ => Ok(()),
    }
}
