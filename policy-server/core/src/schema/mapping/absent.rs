//! What it means that an argument is absent: the defaults that its schema declares.
//!
//! Deliberately absent: filling them in, which [`crate::schema::defaults`] does.

use std::collections::BTreeSet;

use portcullis_protocol::limits::REQUEST_BYTES_MAX;
use serde_json::{Map, Value};

use crate::schema::shape::{Absence, Shape};
use crate::schema::views::{Document, View, Views};
use crate::schema::{convert, defaults, strict};

/// Keywords with schemas of which some may hold.
const ALTERNATIVES: [&str; 5] = ["anyOf", "oneOf", "if", "then", "else"];

/// The defaults that schemas state themselves.
pub(super) fn stated<'a>(schemas: impl Iterator<Item = &'a Value>) -> Vec<&'a Value> {
    schemas.filter_map(|schema| schema.get("default")).collect()
}

/// The defaults that all views state.
pub(super) fn own<'a>(views: &Views<'a>) -> Vec<&'a Value> {
    let all = views.all.iter();
    all.filter_map(|(schema, _)| schema.get("default"))
        .collect()
}

/// The defaults that alternatives state, of which nobody can say which holds.
pub(super) fn of_alternatives<'a>(views: &Views<'a>) -> Vec<&'a Value> {
    let found = views.all.iter().flat_map(|(schema, _)| {
        let keywords = ALTERNATIVES.iter();
        keywords.filter_map(|keyword| schema.get(*keyword))
    });
    stated(found.flat_map(|found| match found {
        Value::Array(schemas) => schemas.iter().collect(),
        schema => vec![schema],
    }))
}

/// Most schemas that are looked through for defaults in one place; where there are more, there may be one.
const LOOKED_MAX: usize = 512;

/// Keywords with schemas that hold for the same value, and may hold or not.
const CONDITIONAL: [&str; 8] = [
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependencies",
];

/// Whether a schema states a default for something inside of the value that it is for.
pub(super) fn inside(document: Document<'_>, schema: &Value) -> bool {
    let mut looked = Looked::default();
    looked.below(document, schema)
}

/// A look through schemas, each reference followed once.
#[derive(Default)]
struct Looked<'a> {
    references: BTreeSet<&'a str>,
    schemas: usize,
}

impl<'a> Looked<'a> {
    /// Whether there is a default anywhere below a schema.
    fn below(&mut self, document: Document<'a>, schema: &'a Value) -> bool {
        self.schemas += 1;
        let children: Vec<&'a Value> = match schema {
            _ if self.schemas > LOOKED_MAX => return true,
            Value::Array(items) => items.iter().collect(),
            Value::Object(members) => {
                let says = |keyword: &&String| {
                    !["default", "enum", "const", "examples", "example"].contains(&keyword.as_str())
                };
                let children = members.iter().filter(|(keyword, _)| says(keyword));
                let mut children: Vec<&'a Value> = children.map(|(_, child)| child).collect();
                if let Some(reference) = members.get("$ref").and_then(Value::as_str)
                    && self.references.insert(reference)
                {
                    children.extend(document.resolved(reference));
                }
                children
            }
            _ => return false,
        };
        children.into_iter().any(|child| {
            let own = child
                .get("default")
                .is_some_and(|default| !default.is_null());
            own || self.below(document, child)
        })
    }

    /// Adds the members for which a schema, or one that may hold with it, states a default: those that
    /// would be there, and those with something inside. False where that is too much to find out.
    fn members(&mut self, document: Document<'a>, schema: &'a Value, open: &mut Open) -> bool {
        self.schemas += 1;
        let Value::Object(members) = schema else {
            return true;
        };
        if self.schemas > LOOKED_MAX {
            return false;
        }
        let properties = members.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            let views = document.views(vec![View::anywhere(property)], &[]);
            let states = |(schema, _): &(&Map<String, Value>, _)| {
                schema
                    .get("default")
                    .is_some_and(|default| !default.is_null())
            };
            if views.recursive || views.all.iter().any(states) {
                open.absent.insert(name.clone());
            }
            if inside(document, property) {
                open.inside.insert(name.clone());
            }
        }
        let mut more: Vec<&'a Value> = Vec::new();
        if let Some(reference) = members.get("$ref").and_then(Value::as_str)
            && self.references.insert(reference)
        {
            more.extend(document.resolved(reference));
        }
        more.extend(together(members).chain(conditional(members)));
        more.into_iter()
            .all(|schema| self.members(document, schema, open))
    }
}

/// Members that are filled in where a schema holds that may hold or not.
#[derive(Default)]
pub(super) struct Open {
    pub(super) absent: BTreeSet<String>,
    pub(super) inside: BTreeSet<String>,
}

/// The members of an object that schemas beside its own may fill in. None where that is too much to find
/// out.
pub(super) fn open<'a>(document: Document<'a>, views: &Views<'a>) -> Option<Open> {
    let mut open = Open::default();
    let mut looked = Looked::default();
    let all = views.all.iter();
    let mut schemas = all.flat_map(|(schema, _)| conditional(schema));
    schemas
        .all(|schema| looked.members(document, schema, &mut open))
        .then_some(open)
}

fn together(schema: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let all = schema.get("allOf").and_then(Value::as_array);
    all.into_iter().flatten()
}

fn conditional(schema: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    CONDITIONAL
        .iter()
        .flat_map(|keyword| match (*keyword, schema.get(*keyword)) {
            (_, Some(Value::Array(schemas))) => schemas.iter().collect(),
            ("dependentSchemas" | "dependencies", Some(Value::Object(by_name))) => {
                by_name.values().collect()
            }
            (_, Some(schema)) => vec![schema],
            (_, None) => Vec::new(),
        })
}

/// What it means that a value of this shape is absent.
pub(super) fn absence(shape: &Shape, own: &[&Value], of_alternatives: &[&Value]) -> Absence {
    let Some((first, rest)) = own.split_first() else {
        return match of_alternatives.iter().all(|default| default.is_null()) {
            true => Absence::Plain,
            false => Absence::Unclear,
        };
    };
    match rest.iter().all(|other| other == first) {
        false => Absence::Unclear,
        // What is filled in is no value either.
        true if first.is_null() => Absence::Plain,
        true if is_certain(shape, first) => Absence::Default((*first).clone()),
        true => Absence::Unclear,
    }
}

/// Whether a default is one value to all readers, and fits.
fn is_certain(shape: &Shape, default: &Value) -> bool {
    let exact = strict::read(&default.to_string(), REQUEST_BYTES_MAX).is_ok();
    exact && convert::fits(shape, default) && !defaults::is_open(shape, default)
}
