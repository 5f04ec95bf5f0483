//! Arguments out of their text, as far as they are read.
//!
//! What nobody reads is passed over: it is not checked, counted or kept, and travels as it came. Of an
//! object on the way to what is read, the names are looked at: no member is there twice, and none is
//! spelt like one that is read. What is read itself is read strictly. Deliberately absent: types.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use portcullis_protocol::limits::REQUEST_BYTES_MAX;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::convert::At;
use super::reads::Reads;
use super::shape::{Record, Shape};
use super::spelling::{PROTOTYPE, likeness};
use super::{ArgumentFault, check, strict};

/// What is read of some arguments, and how many bytes that is.
pub(super) struct Projected {
    pub(super) value: Value,
    pub(super) bytes: usize,
}

/// Reads what is read of an object.
pub(super) fn arguments(
    root: &Record,
    reads: &Reads,
    text: &str,
) -> Result<Projected, ArgumentFault> {
    let mut bytes = 0;
    let value = object(root, reads, text, &At(None, ""), &mut bytes)?;
    Ok(Projected { value, bytes })
}

/// Whether a text is an object, as far as its first character tells.
pub(super) fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn object(
    record: &Record,
    reads: &Reads,
    text: &str,
    at: &At<'_>,
    bytes: &mut usize,
) -> Result<Value, ArgumentFault> {
    let Some(wanted) = record.apart(reads) else {
        *bytes += text.len();
        return whole(text, at);
    };
    let members = members(text).map_err(|why| at.fault(why))?;
    let like: BTreeSet<String> = wanted.keys().map(|name| likeness(name)).collect();
    let mut found = Map::new();
    for (name, text) in members {
        let text = text.get();
        if let Some(below) = wanted.get(&name) {
            let at = At(Some(at), &name);
            let value = match record.attributes.get(&name).map(|one| &one.shape) {
                Some(Shape::Record(inner)) if is_object(text) => {
                    object(inner, below, text, &at, bytes)?
                }
                _ => {
                    *bytes += text.len();
                    whole(text, &at)?
                }
            };
            found.insert(name, value);
        } else if !record.attributes.contains_key(&name)
            && (name == PROTOTYPE || like.contains(&likeness(&name)))
        {
            return Err(At(Some(at), &name).fault("is spelt like another argument"));
        }
    }
    Ok(Value::Object(found))
}

/// A value with all that is in it.
fn whole(text: &str, at: &At<'_>) -> Result<Value, ArgumentFault> {
    strict::read(text, REQUEST_BYTES_MAX).map_err(|why| {
        let inexact = check::inexact(text, REQUEST_BYTES_MAX);
        inexact.map_or_else(|| at.fault(why), |fault| fault.below(&at.pointer()))
    })
}

/// The members of an object, each with its text.
fn members(text: &str) -> Result<BTreeMap<String, &RawValue>, &'static str> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let members = deserializer.deserialize_map(Members);
    let members = members.map_err(|error| strict::why(&error))?;
    deserializer.end().map_err(|error| strict::why(&error))?;
    Ok(members)
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = BTreeMap<String, &'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, text)) = access.next_entry::<String, &RawValue>()? {
            if members.insert(name, text).is_some() {
                return Err(serde::de::Error::custom(strict::TWICE));
            }
        }
        Ok(members)
    }
}
