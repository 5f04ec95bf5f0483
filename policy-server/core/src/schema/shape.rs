//! What an argument is in Cedar's terms: a tree that is written as a schema and filled with values.
//!
//! Deliberately absent: JSON Schema. What the tree says holds for every value that the tool's own
//! schema accepts.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use serde_json::Value;

use super::reads::Reads;

/// A Cedar type, and how a JSON value becomes one of its values.
#[derive(Debug)]
pub(super) enum Shape {
    /// `Bool`.
    Bool,
    /// `Long`, from an integer.
    Long,
    /// `String`.
    Text,
    /// `decimal`, from a number with at most four decimals.
    Decimal,
    /// `decimal`, from a string of the format `decimal`.
    DecimalText,
    /// `datetime`, from an RFC 3339 date and time.
    Instant,
    /// `datetime`, from a date.
    Date,
    /// `duration`, from an ISO 8601 duration.
    Duration,
    /// `ipaddr`, version 4.
    V4,
    /// `ipaddr`, version 6.
    V6,
    /// An enumerated entity type.
    Choice(Choice),
    /// `Mcp::Null`.
    Null,
    /// `Mcp::Number`: equality only.
    Number,
    /// `Mcp::Unknown`: equality only.
    Unknown,
    /// `Set`, from an array: order and repetition are lost.
    Set(Box<Shape>),
    /// A record, from an object.
    Record(Box<Record>),
    /// A record of `keys` and `entries`, from an object without declared properties.
    Map(Box<Attribute>),
    /// A record `proj0`, `proj1`, … from an array of fixed places.
    Tuple(Vec<Attribute>),
    /// A record `typeChoice0`, `typeChoice1`, … of which those are there that the value fits.
    Union(Vec<Branch>),
}

impl Shape {
    /// Whether a part of it, which is no record, is opaque.
    pub(super) fn is_opaque_inside(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Set(item) => item.is_opaque_inside(),
            Self::Map(each) => each.shape.is_opaque_inside(),
            Self::Tuple(places) => places.iter().any(|place| place.shape.is_opaque_inside()),
            Self::Union(branches) => branches.iter().any(|one| one.shape.is_opaque_inside()),
            _ => false,
        }
    }

    /// How often a part of a value is checked, at most: once, and twice again for each alternative
    /// around it, for its types and for its defaults.
    pub(super) fn again(&self) -> u64 {
        match self {
            Self::Set(item) => item.again(),
            Self::Map(each) => each.shape.again(),
            Self::Tuple(places) => most(places.iter().map(|place| &place.shape)),
            Self::Union(branches) => 2 + most(branches.iter().map(|branch| &branch.shape)),
            Self::Record(record) => record.again(),
            _ => 1,
        }
    }
}

/// An enumerated entity type.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) name: String,
    /// Sorted.
    pub(super) values: Vec<String>,
}

impl Choice {
    pub(super) fn holds(&self, text: &str) -> bool {
        let place = self
            .values
            .binary_search_by(|value| value.as_str().cmp(text));
        place.is_ok()
    }
}

/// A shape in a record.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) shape: Shape,
    /// Whether the schema demands it.
    pub(super) required: bool,
    /// Whether `null` may stand for it; it is absent then.
    pub(super) nullable: bool,
    /// What it means that it is not there.
    pub(super) absence: Absence,
    /// Whether a server may fill in something inside of it that has no place in its shape.
    pub(super) hides: bool,
}

/// What an absent member is to the server.
#[derive(Debug)]
pub(super) enum Absence {
    /// Absent.
    Plain,
    /// This value.
    Default(Value),
    /// A default that does not fit, or one of several.
    Unclear,
}

impl Attribute {
    /// Whether Cedar may rely on it.
    pub(super) const fn always(&self) -> bool {
        self.required && !self.nullable
    }
}

/// An object's members.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) attributes: BTreeMap<String, Attribute>,
    /// What is like their names.
    pub(super) like: BTreeSet<String>,
    /// Members for which a schema that may hold or not states a default.
    pub(super) open: BTreeSet<String>,
    /// Members of which such a schema states a default inside.
    pub(super) open_inside: BTreeSet<String>,
    /// What members beside the attributes are.
    pub(super) rest: Rest,
    /// Members that are declared only where a branch of `anyOf` or `oneOf` holds.
    pub(super) branches: Vec<(String, Branch)>,
    /// Whether its members are checked one by one.
    pub(super) level: Level,
    /// Where they are, the names that must be there.
    pub(super) demanded: BTreeSet<String>,
}

/// How an object's members are checked.
#[derive(Debug, Default)]
pub(super) enum Level {
    /// All together: the schema says something about several of them, or says it in several places.
    #[default]
    Together,
    /// One by one: the schema at this place is no more than a list of properties.
    Apart(String),
}

/// The most that any of some shapes needs.
fn most<'s>(each: impl Iterator<Item = &'s Shape>) -> u64 {
    each.map(Shape::again).max().unwrap_or(1)
}

impl Record {
    /// As for a shape.
    pub(super) fn again(&self) -> u64 {
        let own = self.attributes.values().map(|attribute| &attribute.shape);
        let rest = match &self.rest {
            Rest::Listed(_, each) => Some(&each.shape),
            Rest::None | Rest::Elsewhere => None,
        };
        let below = most(own.chain(rest));
        match self.branches.is_empty() {
            true => below,
            false => below.max(2 + most(self.branches.iter().map(|(_, branch)| &branch.shape))),
        }
    }

    /// The members that are read, where they are read one by one; none where all are.
    pub(super) fn apart<'r>(&self, reads: &'r Reads) -> Option<&'r BTreeMap<String, Reads>> {
        let Reads::Members(members) = reads else {
            return None;
        };
        let rest = match &self.rest {
            Rest::Listed(name, _) => members.contains_key(name),
            Rest::None | Rest::Elsewhere => false,
        };
        (matches!(self.level, Level::Apart(_)) && !rest).then_some(members)
    }
}

/// Members that no property declares.
#[derive(Debug, Default)]
pub(super) enum Rest {
    /// There are none.
    #[default]
    None,
    /// The record around this one has them.
    Elsewhere,
    /// They are listed under this attribute name.
    Listed(String, Box<Attribute>),
}

/// One way of being a value.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) shape: Shape,
    pub(super) test: Test,
}

/// Whether a value takes a branch.
#[derive(Debug)]
pub(super) enum Test {
    /// It has this JSON type.
    Type(Kind),
    /// It is anything but `null`.
    Present,
    /// The branch's own schema accepts it.
    Schema(Box<Validator>),
}

/// A JSON Schema type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    /// Reads the word of a `type` keyword.
    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::String,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }

    /// Whether a value is of this type.
    pub(super) fn holds(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.as_number().is_some_and(is_integer),
            Self::Number => value.is_number(),
            Self::String => value.is_string(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}

/// Whether a number is a whole one; `5.0` is.
pub(super) fn is_integer(number: &serde_json::Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|value| value.fract() == 0.0)
}
