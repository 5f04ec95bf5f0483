//! What holds for one value: a schema, what it refers to, and all that it must match as well.
//!
//! `$ref` and `allOf` only ever add demands, so a type read from any of these views holds for the
//! value. Deliberately absent: references out of the document; `bounds` has refused them.

use jsonschema::Draft;
use serde_json::{Map, Value};

use super::bounds::{self, Room};
use super::names::identifier;
use super::shape::Kind;
use super::{MappingFault, check};

/// Most views of one value.
const VIEWS_MAX: usize = 64;

/// Where a schema stands: in its document, and in the names of types.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) pointer: String,
    pub(super) path: Vec<String>,
}

impl Place {
    /// A schema below this one that does not name anything.
    pub(super) fn at(&self, token: &str) -> Self {
        Self {
            pointer: format!("{}/{}", self.pointer, escaped(token)),
            path: self.path.clone(),
        }
    }

    /// A schema below this one that names its types.
    pub(super) fn named(mut self, name: &str) -> Self {
        self.path.push(identifier(name));
        self
    }
}

/// A token of a JSON pointer.
pub(super) fn escaped(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// A schema that holds for the value.
#[derive(Clone, Debug)]
pub(super) struct View<'a> {
    pub(super) schema: &'a Value,
    pub(super) place: Place,
}

impl<'a> View<'a> {
    /// A schema of which it does not matter where it stands.
    pub(super) const fn anywhere(schema: &'a Value) -> Self {
        let place = Place {
            pointer: String::new(),
            path: Vec::new(),
        };
        Self { schema, place }
    }
}

/// The views of one value, and the references that lead to them.
#[derive(Debug, Default)]
pub(super) struct Views<'a> {
    pub(super) all: Vec<(&'a Map<String, Value>, Place)>,
    pub(super) references: Vec<String>,
    /// A reference leads back to where one came from.
    pub(super) recursive: bool,
}

/// A document to look references up in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Document<'a> {
    pub(super) root: &'a Value,
    pub(super) draft: Draft,
}

impl<'a> Document<'a> {
    /// Bounds a schema, finds its dialect, and takes its own name away: all references are within
    /// the document, so that the name changes nothing.
    pub(super) fn read(schema: &'a mut Value) -> Result<(Room, Self), MappingFault> {
        let room = bounds::check(schema)?;
        let draft = check::draft(schema)?;
        if let Some(members) = schema.as_object_mut() {
            members.remove("$id");
        }
        Ok((
            room,
            Self {
                root: schema,
                draft,
            },
        ))
    }

    /// Before 2019-09 a `$ref` stands alone: what is beside it does not count.
    pub(super) const fn reference_alone(self) -> bool {
        matches!(self.draft, Draft::Draft6 | Draft::Draft7)
    }

    /// Everything that holds, given the references that one is inside of.
    pub(super) fn views(self, start: Vec<View<'a>>, inside: &[String]) -> Views<'a> {
        let mut found = Views::default();
        let mut waiting = start;
        waiting.reverse();
        while let Some(view) = waiting.pop() {
            let Some(schema) = view.schema.as_object() else {
                continue;
            };
            found.recursive |= found.all.len() >= VIEWS_MAX;
            let reference = schema.get("$ref").and_then(Value::as_str);
            if found.recursive {
                break;
            }
            if let Some(reference) = reference {
                let known = |have: &String| have == reference;
                let target = self.target(reference, &view.place);
                match target {
                    _ if inside.iter().any(known) => found.recursive = true,
                    Some(target) if !found.references.iter().any(known) => waiting.push(target),
                    _ => {}
                }
                found.references.push(reference.to_owned());
                if self.reference_alone() {
                    continue;
                }
            }
            if let Some(Value::Array(members)) = schema.get("allOf") {
                let place = view.place.at("allOf");
                let member = |(at, schema): (usize, &'a Value)| View {
                    schema,
                    place: place.at(&at.to_string()),
                };
                waiting.extend(members.iter().enumerate().map(member).rev());
            }
            found.all.push((schema, view.place));
        }
        found
    }

    /// The schema that a reference within the document names by its place.
    pub(super) fn resolved(self, reference: &str) -> Option<&'a Value> {
        let pointer = unescaped(reference.strip_prefix('#')?)?;
        self.root.pointer(&pointer)
    }

    /// A reference's schema and place. A definition gives its own name to the types in it.
    fn target(self, reference: &str, from: &Place) -> Option<View<'a>> {
        let schema = self.resolved(reference)?;
        let pointer = unescaped(reference.strip_prefix('#')?)?;
        let tokens: Vec<&str> = pointer.split('/').collect();
        let path = match tokens.as_slice() {
            ["", "$defs" | "definitions", name] => {
                let name = name.replace("~1", "/").replace("~0", "~");
                vec![identifier(&name)]
            }
            _ => from.path.clone(),
        };
        Some(View {
            schema,
            place: Place { pointer, path },
        })
    }
}

/// A URI fragment without its percent signs.
pub(super) fn unescaped(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The types that a schema allows, if it says so.
pub(super) fn kinds(schema: &Map<String, Value>) -> Option<Vec<Kind>> {
    match schema.get("type")? {
        Value::String(word) => Some(Kind::read(word).into_iter().collect()),
        Value::Array(words) => {
            let kind = |word: &Value| Kind::read(word.as_str()?);
            Some(words.iter().filter_map(kind).collect())
        }
        _ => None,
    }
}
