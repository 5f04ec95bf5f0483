//! What an argument is in Cedar's terms: a tree that is written as a schema and filled with values.
//!
//! Deliberately absent: JSON Schema. What the tree says holds for every value that the tool's own
//! schema accepts.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;

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
    /// An enumerated entity type of this name.
    Choice(String),
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
    /// How often a part of a value is checked, at most: once, and again for each alternative around
    /// it.
    pub(super) fn again(&self) -> u64 {
        let most = |each: &mut dyn Iterator<Item = &Self>| each.map(Self::again).max().unwrap_or(1);
        match self {
            Self::Set(item) => item.again(),
            Self::Map(each) => each.shape.again(),
            Self::Tuple(places) => most(&mut places.iter().map(|place| &place.shape)),
            Self::Union(branches) => 1 + most(&mut branches.iter().map(|branch| &branch.shape)),
            Self::Record(record) => {
                let own = record.attributes.values().map(|attribute| &attribute.shape);
                let rest = match &record.rest {
                    Rest::Listed(_, each) => Some(&each.shape),
                    Rest::None | Rest::Elsewhere => None,
                };
                let branches = record.branches.iter().map(|(_, branch)| &branch.shape);
                let below = most(&mut own.chain(rest));
                match record.branches.is_empty() {
                    true => below,
                    false => below.max(1 + most(&mut branches.into_iter())),
                }
            }
            _ => 1,
        }
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
    /// Their names as a reader has them who does not look at case.
    pub(super) folded: BTreeSet<String>,
    /// What members beside the attributes are.
    pub(super) rest: Rest,
    /// Members that are declared only where a branch of `anyOf` or `oneOf` holds.
    pub(super) branches: Vec<(String, Branch)>,
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
    pub(super) fn holds(self, value: &serde_json::Value) -> bool {
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
