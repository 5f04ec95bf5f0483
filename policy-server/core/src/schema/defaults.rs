//! What the server fills in: an absent member with a declared default counts as that default, where
//! somebody reads it.
//!
//! Where several defaults are possible, there is none that policy could judge, and the call is
//! refused with the place. Deliberately absent: defaults in objects that are absent themselves, which
//! no reader of JSON Schema fills in.

use serde_json::{Map, Value};

use super::ArgumentFault;
use super::convert::{At, takes};
use super::reads::Reads;
use super::shape::{Absence, Attribute, Branch, Record, Rest, Shape};

const UNCLEAR: &str = "is absent, and what stands for it then is not certain: send it";

const HIDDEN: &str =
    "may have members that the server fills in and that are not seen here, and policies look at it";

const NULL: &str = "is null, and has a default: send a value, or leave it out";

type Filled = Result<(), ArgumentFault>;

/// Fills an object in, as far as it is read, and demands what has no default.
pub(super) fn arguments(root: &Record, reads: &Reads, value: &mut Value) -> Filled {
    record(root, reads, value, &At(None, ""))
}

/// Whether a value would be filled in.
pub(super) fn is_open(shape: &Shape, value: &Value) -> bool {
    let mut filled = value.clone();
    below(shape, &Reads::Whole, &mut filled, &At(None, "")).is_err() || filled != *value
}

fn below(shape: &Shape, reads: &Reads, value: &mut Value, at: &At<'_>) -> Filled {
    match (shape, value) {
        (Shape::Record(shape), value @ Value::Object(_)) => record(shape, reads, value, at),
        (Shape::Set(item), Value::Array(values)) => {
            each(values.iter_mut().map(|value| (&**item, value)), at)
        }
        (Shape::Tuple(places), Value::Array(values)) => {
            let shapes = places.iter().map(|place| &place.shape);
            each(shapes.zip(values.iter_mut()), at)
        }
        (Shape::Map(every), Value::Object(members)) => rest(every, members.iter_mut(), at),
        (Shape::Union(branches), value) => branches
            .iter()
            .try_for_each(|branch| alternative(branch, value, at)),
        _ => Ok(()),
    }
}

fn each<'v>(values: impl Iterator<Item = (&'v Shape, &'v mut Value)>, at: &At<'_>) -> Filled {
    for (place, (shape, value)) in values.enumerate() {
        let at = At(Some(at), &place.to_string());
        below(shape, &Reads::Whole, value, &at)?;
    }
    Ok(())
}

fn rest<'v>(
    every: &Attribute,
    members: impl Iterator<Item = (&'v String, &'v mut Value)>,
    at: &At<'_>,
) -> Filled {
    for (name, value) in members {
        let at = At(Some(at), name);
        visible(every, &Reads::Whole, value, &at)?;
        below(&every.shape, &Reads::Whole, value, &at)?;
    }
    Ok(())
}

/// Of what holds in one alternative only, nothing may be left to be filled in.
fn alternative(branch: &Branch, value: &Value, at: &At<'_>) -> Filled {
    match takes(&branch.test, value) && is_open(&branch.shape, value) {
        true => {
            Err(at.fault("lacks a member that has a default in one of its alternatives: send it"))
        }
        false => Ok(()),
    }
}

fn record(shape: &Record, reads: &Reads, value: &mut Value, at: &At<'_>) -> Filled {
    for (_, branch) in &shape.branches {
        alternative(branch, value, at)?;
    }
    let Value::Object(members) = value else {
        return Ok(());
    };
    open(shape, reads, members, at)?;
    let apart = shape.apart(reads);
    for (name, attribute) in &shape.attributes {
        let reads = match apart {
            None => &Reads::Whole,
            Some(wanted) => match wanted.get(name) {
                Some(reads) => reads,
                None => continue,
            },
        };
        let at = At(Some(at), name);
        match members.get_mut(name) {
            Some(Value::Null) if attribute.nullable => null(attribute, &at)?,
            Some(value) => {
                visible(attribute, reads, value, &at)?;
                below(&attribute.shape, reads, value, &at)?;
            }
            None => absent(attribute, name, members, &at)?,
        }
    }
    if let (None, Rest::Listed(_, every)) = (apart, &shape.rest) {
        let hidden = members.iter_mut();
        let hidden = hidden.filter(|(name, _)| !shape.attributes.contains_key(*name));
        rest(every, hidden, at)?;
    }
    demanded(shape, reads, members, at)
}

/// Whether all that a server fills in inside of a value is seen.
fn visible(attribute: &Attribute, reads: &Reads, value: &Value, at: &At<'_>) -> Filled {
    let holds = value.is_object() || value.is_array();
    match attribute.hides && holds && !reads.is_nothing() {
        true => Err(at.fault(HIDDEN)),
        false => Ok(()),
    }
}

/// Members that are read, and that a schema may fill in that holds or not.
fn open(shape: &Record, reads: &Reads, members: &Map<String, Value>, at: &At<'_>) -> Filled {
    let whole = &Reads::Whole;
    let read = |name: &String| match reads {
        Reads::Whole => Some(whole),
        Reads::Members(wanted) => wanted.get(name),
    };
    for name in shape.open.iter().filter(|name| read(name).is_some()) {
        if members.get(name).is_none_or(Value::is_null) {
            return Err(At(Some(at), name).fault(UNCLEAR));
        }
    }
    for name in &shape.open_inside {
        let holds = |value: &Value| value.is_object() || value.is_array();
        let is_read = read(name).is_some_and(|reads| !reads.is_nothing());
        if is_read && members.get(name).is_some_and(holds) {
            return Err(At(Some(at), name).fault(HIDDEN));
        }
    }
    Ok(())
}

/// Some servers take `null` for an absent member, and fill it in.
fn null(attribute: &Attribute, at: &At<'_>) -> Filled {
    match attribute.absence {
        Absence::Plain => Ok(()),
        Absence::Default(_) | Absence::Unclear => Err(at.fault(NULL)),
    }
}

fn absent(
    attribute: &Attribute,
    name: &str,
    members: &mut Map<String, Value>,
    at: &At<'_>,
) -> Filled {
    match &attribute.absence {
        Absence::Plain => Ok(()),
        Absence::Unclear => Err(at.fault(UNCLEAR)),
        Absence::Default(value) => {
            members.insert(name.to_owned(), value.clone());
            Ok(())
        }
    }
}

/// Members that the schema demands of an object whose members are checked one by one.
fn demanded(shape: &Record, reads: &Reads, members: &Map<String, Value>, at: &At<'_>) -> Filled {
    let read = |name: &&String| match reads {
        Reads::Whole => true,
        Reads::Members(wanted) => wanted.contains_key(*name),
    };
    let missing = |name: &&String| !members.contains_key(*name);
    match shape.demanded.iter().filter(read).find(missing) {
        Some(name) => Err(At(Some(at), name).fault("is missing")),
        None => Ok(()),
    }
}
