//! One MCP tool's `inputSchema` as a Cedar action with typed arguments.
//!
//! [`MappedTool::map`] gives a fragment of a Cedar schema: the action `server/tool` in the group
//! `server/*` of the group `tools/call`, whose context is the shared one and `input`. Cedar has no record that extends
//! another, so the attributes of `Mcp::Context` are copied into it ([`BaseContext`]); and it takes
//! one namespace from several fragments, so [`MappedTool::fragment`]s, their
//! [`groups`], [`opaque_types`] and the base schema go into `Schema::from_schema_fragments` as they are, or into one value by [`merge`].
//!
//! Mentioned: the type of the arguments is `Mcp::<server>::<tool>Input`, an enumeration is
//! `Mcp::<server>::<tool>::Input::<argument>`, or `…::<tool>::<definition>` behind a `$ref`. What is
//! no identifier is spelt out: `get-issue` becomes `get_x2d_issue`. The names are those of
//! cedar-for-agents with `Mcp::<server>` as its namespace.
//!
//! | JSON Schema | Cedar |
//! | --- | --- |
//! | `string`, `boolean`, `integer` | `String`, `Bool`, `Long`; an integer beyond 64 bits is a fault |
//! | `number` | `Long` when `multipleOf` is whole; `decimal` when it is a multiple of 0.0001; else the opaque `Mcp::Number`, whose id is the number's shortest text |
//! | `date-time`, `date`, `duration`, `ipv4`, `ipv6`, `decimal` | `datetime`, `duration`, `ipaddr`, `decimal`; a text that has no such value is a fault, also where the dialect does not assert formats |
//! | `enum`, `const` of strings | an enumerated entity type; of integers, booleans or numbers: as their type; mixed: `Mcp::Unknown` |
//! | `array` | `Set`: order and repetition are lost, and nothing else in this table loses anything but spelling |
//! | array of fixed places | a record `proj0`, `proj1`, …; open ended: `Set<Mcp::Unknown>` |
//! | `object` | a record; undeclared members, where they are allowed, are `additionalProperties?: {keys: Set<String>, entries: Set<{key, value}>}`; an object that declares none is that record itself |
//! | `null` beside something | the attribute is optional, and absent for `null`; in an array the record `{typeChoice0?, typeChoice1?: Mcp::Null}` |
//! | `anyOf`, `oneOf`, several types | a record `{typeChoice0?, typeChoice1?, …}` of all that the value fits; beside `properties`, further attributes of these names |
//! | `allOf`, `$ref` | what all of them together say; recursion is `Mcp::Unknown` where it recurs |
//! | anything else | `Mcp::Unknown`: an entity without attributes whose id is a digest of the value |
//!
//! Other keywords (`if`, `not`, `pattern`, `minimum`, …) can only narrow: they are checked, and give
//! no type. Deliberately absent: outputs, defaults (the server fills them in), and guesses.

mod base;
mod bounds;
mod check;
mod convert;
mod cost;
mod declared;
mod defaults;
mod fragment;
mod mapped;
mod mapping;
mod marked;
mod meter;
mod names;
mod opaque;
mod output;
mod own;
mod pattern;
pub(crate) mod places;
mod project;
mod reads;
mod relaxed;
mod sever;
mod shape;
mod spelling;
pub(crate) mod strict;
mod text;
mod views;
mod walk;

use portcullis_protocol::digest::Digest;
use portcullis_protocol::limits::REQUEST_BYTES_MAX;
use portcullis_protocol::names::Name;
use portcullis_protocol::wire::Marked;
use serde_json::Value;

pub(crate) use self::base::name_only;
pub use self::base::{
    BaseContext, groups, merge, opaque_types, tools_text, whole_json, whole_text,
};
pub(crate) use self::convert::instant_ms;
pub use self::mapped::{MappedTool, group_of, types_of};
pub use self::meter::{STEPS_FEW, STEPS_MAX, STEPS_PER_VALUE};
pub use self::opaque::Opaque;
pub use self::output::OutputSchema;
pub use self::reads::Reads;
pub use self::spelling::Mentioned;

/// Longest place in an [`ArgumentFault`], in bytes.
const POINTER_BYTES_MAX: usize = 256;

/// Longest reason of `jsonschema` in a [`MappingFault`], in characters.
const REASON_CHARS_MAX: usize = 200;

/// Why a tool, or an argument of one, cannot be mapped. Where that leaves no tool, it is in quarantine;
/// else what is at fault has no type, and a call is denied where policies read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingFault {
    /// The definition cannot be read in one way only.
    #[error("the definition of the tool {0}")]
    Unreadable(&'static str),
    /// There is no sound `name`.
    #[error("the tool has no name, or one with hidden characters: give it a plain one")]
    NoName,
    /// There is no `inputSchema` that describes an object.
    #[error("the inputSchema does not describe an object: arguments are always one")]
    NoObject,
    /// Server and tool together are called like a method.
    #[error(
        "the tool would be called `{0}` to policies, which is a method or a group: call the server or the tool otherwise"
    )]
    Method(String),
    /// A bound is exceeded.
    #[error("the inputSchema {0}: make it smaller")]
    TooLarge(&'static str),
    /// A `$ref` leads out of the document, or to an anchor, whose place is not in its name.
    #[error("a `$ref` is not a place in the inputSchema: write it as `#/$defs/…`")]
    Reference,
    /// A part has a name or a dialect of its own, which changes what it means.
    #[error("a part of the inputSchema has its own `$id` or `$schema`: leave it out")]
    Embedded,
    /// The dialect is not known.
    #[error("the dialect in `$schema` is not known: use 2020-12 or draft-07")]
    Dialect,
    /// The tools of its server hold too many patterns.
    #[error("the tools of its server hold too many patterns together")]
    Patterns {
        /// How many of them are this one's.
        wanted: usize,
    },
    /// The schema is no JSON Schema, or has a pattern that a linear engine cannot run.
    #[error("the inputSchema cannot be compiled: {0}")]
    Schema(String),
    /// Cedar does not take the result.
    #[error("Cedar does not accept the generated types: {0}")]
    Cedar(String),
}

impl MappingFault {
    fn schema(error: &dyn std::fmt::Display) -> Self {
        Self::Schema(bounded(error))
    }

    fn cedar(error: &dyn std::fmt::Display) -> Self {
        Self::Cedar(bounded(error))
    }
}

fn bounded(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    visible.take(REASON_CHARS_MAX).collect()
}

/// Reads arguments that no definition types; they are an object whose members are there once, and not
/// spelt like names that policies mention.
///
/// # Errors
/// Says what is wrong with them.
pub fn any_arguments(text: &str, names: &Mentioned) -> Result<Value, ArgumentFault> {
    let value = strict::read(text, REQUEST_BYTES_MAX).map_err(|why| ArgumentFault::new("", why))?;
    if !value.is_object() {
        return Err(ArgumentFault::new("", "is not an object"));
    }
    spelling::check(&shape::Record::default(), names, &value)?;
    Ok(value)
}

/// Why arguments are refused. Never holds a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {why}{}", self.place(), self.bound())]
pub struct ArgumentFault {
    /// A JSON pointer into the arguments; at most 256 bytes, with `…` at the end if it is longer.
    pub pointer: String,
    /// What is wrong there.
    pub why: &'static str,
    /// How long the text is, and how long it may be, in bytes, where that is what is wrong.
    pub bytes: Option<(usize, u64)>,
}

impl ArgumentFault {
    fn new(pointer: &str, why: &'static str) -> Self {
        let mut shown = String::new();
        for c in pointer.escape_debug() {
            if shown.len() >= POINTER_BYTES_MAX - 4 {
                shown.push('…');
                break;
            }
            shown.push(c);
        }
        Self {
            pointer: shown,
            why,
            bytes: None,
        }
    }

    /// The same fault in something that stands at this place.
    fn below(mut self, place: &str) -> Self {
        self.pointer = Self::new(&format!("{place}{}", self.pointer), self.why).pointer;
        self
    }

    /// The same fault with the bytes that a text has, and those that it may have.
    const fn bounded(mut self, bytes: usize, most: u64) -> Self {
        self.bytes = Some((bytes, most));
        self
    }

    /// Whether it is not the arguments that are wrong, but what it would cost to find out.
    #[must_use]
    pub fn is_costly(&self) -> bool {
        [meter::COSTLY, meter::LONG, meter::MANY].contains(&self.why)
    }

    const fn place(&self) -> &str {
        match self.pointer.is_empty() {
            true => "`arguments`",
            false => self.pointer.as_str(),
        }
    }

    fn bound(&self) -> String {
        self.bytes.map_or_else(String::new, |(bytes, most)| {
            format!(" ({bytes} bytes; at most {most})")
        })
    }
}

/// A tool as its server defines it.
#[derive(Clone, Debug)]
pub struct ToolDefinition {
    /// The tool's name.
    pub name: Name,
    /// Its `inputSchema`.
    pub input_schema: Value,
    /// SHA-256 of the definition's bytes.
    pub digest: Digest,
}

impl ToolDefinition {
    /// Reads one element of a page of `tools/list`, byte for byte.
    ///
    /// # Errors
    /// It is too long or too deep, holds a member twice, or lacks name or schema.
    pub fn read(item_json: &str) -> Result<Self, MappingFault> {
        let mut item = read_definition(item_json)?;
        let name = item.get("name").and_then(Value::as_str);
        let name = name.and_then(|name| Name::parse(name).ok());
        let name = name.ok_or(MappingFault::NoName)?;
        let schema = item.get_mut("inputSchema").map(Value::take);
        let input_schema = schema
            .filter(Value::is_object)
            .ok_or(MappingFault::NoObject)?;
        Ok(Self {
            name,
            input_schema,
            digest: Digest::of(item_json.as_bytes()),
        })
    }

    /// How many patterns its schema holds: they are what takes memory.
    #[must_use]
    pub fn patterns(&self) -> usize {
        bounds::patterns(&self.input_schema)
    }
}

/// A definition as JSON that can be read in one way only.
pub(crate) fn read_definition(item_json: &str) -> Result<Value, MappingFault> {
    strict::read_wide(item_json, bounds::DEFINITION_BYTES_MAX).map_err(MappingFault::Unreadable)
}

/// What a definition says beside the types of arguments: which fields are secret, and what results
/// must be.
///
/// # Errors
/// The definition cannot be read.
pub(crate) fn beside(item_json: &str) -> Result<(Marked, OutputSchema), MappingFault> {
    let mut item = read_definition(item_json)?;
    let output = item.get_mut("outputSchema").map(Value::take);
    let input = item.get("inputSchema").unwrap_or(&Value::Null);
    let marked = Marked {
        to_server: marked::fields(input),
        to_client: output.as_ref().map(marked::fields).unwrap_or_default(),
    };
    Ok((marked, OutputSchema::of(output)))
}

#[cfg(test)]
mod tests;
