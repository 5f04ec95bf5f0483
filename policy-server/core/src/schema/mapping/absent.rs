//! What it means that an argument is absent: the defaults that its schema declares.
//!
//! Deliberately absent: filling them in, which [`crate::schema::defaults`] does.

use portcullis_protocol::limits::REQUEST_BYTES_MAX;
use serde_json::Value;

use crate::schema::shape::{Absence, Shape};
use crate::schema::views::Views;
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
