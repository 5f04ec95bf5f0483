//! Whether policies see all that they look at: what a tool does not declare has no place in Cedar.

use serde_json::Value;

use super::At;
use crate::schema::ArgumentFault;
use crate::schema::reads::Reads;
use crate::schema::shape::{Record, Shape};

/// Refuses members that are read and that the tool does not declare where they are: policies would take
/// them for absent.
pub(super) fn seen(
    shape: &Record,
    reads: &Reads,
    value: &Value,
    at: &At<'_>,
) -> Result<(), ArgumentFault> {
    for (name, below, value) in present(reads, value) {
        let at = At(Some(at), name);
        match shape.attributes.get(name).map(|attribute| &attribute.shape) {
            None => return Err(at.fault("is not declared by the tool, and policies look at it")),
            Some(Shape::Record(inner)) => seen(inner, below, value, &at)?,
            Some(_) => {
                if let Some((name, ..)) = present(below, value).next() {
                    let at = At(Some(&at), name);
                    return Err(at.fault("is not declared by the tool, and policies look at it"));
                }
            }
        }
    }
    Ok(())
}

/// The members of a value that are read by their names.
fn present<'r>(
    reads: &'r Reads,
    value: &'r Value,
) -> impl Iterator<Item = (&'r str, &'r Reads, &'r Value)> {
    let wanted = match reads {
        Reads::Members(wanted) => Some(wanted),
        Reads::Whole => None,
    };
    let wanted = wanted.into_iter().flatten();
    wanted.filter_map(move |(name, below)| {
        let value = value.get(name).filter(|value| !value.is_null())?;
        Some((name.as_str(), below, value))
    })
}
