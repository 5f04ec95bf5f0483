//! Arrays: sets, and records where every place has its own meaning.

use jsonschema::Draft;
use serde_json::{Map, Value};

use super::{Mapped, Mapper};
use crate::schema::MappingFault;
use crate::schema::shape::{Attribute, Branch, Kind, Shape, Test};
use crate::schema::views::{View, Views};

/// Most places of a tuple.
const PLACES_MAX: usize = 32;

impl<'a> Mapper<'a> {
    pub(super) fn array(&mut self, views: &Views<'a>) -> Result<Shape, MappingFault> {
        let mut items = Vec::new();
        let mut places = None;
        for (schema, place) in &views.all {
            let (list, rest) = match schema.get("items") {
                Some(Value::Array(list)) => (Some(("items", list)), "additionalItems"),
                _ => (
                    Some(schema)
                        .filter(|_| self.document.draft == Draft::Draft202012)
                        .and_then(|schema| schema.get("prefixItems"))
                        .and_then(Value::as_array)
                        .map(|list| ("prefixItems", list)),
                    "items",
                ),
            };
            match list {
                // Where there is no end to the places, nothing holds for all of them.
                Some((_, list)) if !ends(schema, rest, list.len()) => {
                    return Ok(Shape::Set(Box::new(Shape::Unknown)));
                }
                Some(list) => places = Some((list, schema.get("minItems"), place)),
                None => items.extend(schema.get(rest).map(|schema| View {
                    schema,
                    place: place.at(rest),
                })),
            }
        }
        match places {
            Some(((keyword, list), least, place)) if list.len() <= PLACES_MAX => {
                let least = least.and_then(Value::as_u64).unwrap_or(0);
                let place = place.at(keyword);
                let each = (0_u64..).zip(list).map(|(at, schema)| {
                    let place = place.at(&at.to_string()).named(&format!("proj{at}"));
                    let mapped = self.one(schema, place)?;
                    Ok(mapped.attribute(at < least))
                });
                let each: Result<Vec<Attribute>, MappingFault> = each.collect();
                each.map(Shape::Tuple)
            }
            Some(_) => Ok(Shape::Set(Box::new(Shape::Unknown))),
            None if items.is_empty() => Ok(Shape::Set(Box::new(Shape::Unknown))),
            None => {
                let mapped = self.combined(items)?;
                Ok(Shape::Set(Box::new(present(mapped))))
            }
        }
    }
}

/// Whether an array has no more items than places.
fn ends(schema: &Map<String, Value>, rest: &str, places: usize) -> bool {
    let most = schema.get("maxItems").and_then(Value::as_u64);
    schema.get(rest) == Some(&Value::Bool(false)) || most.is_some_and(|most| most <= places as u64)
}

/// A shape where `null` has a place of its own.
pub(super) fn present(mapped: Mapped) -> Shape {
    if !mapped.nullable {
        return mapped.shape;
    }
    let null = Branch {
        shape: Shape::Null,
        test: Test::Type(Kind::Null),
    };
    if let Shape::Union(mut branches) = mapped.shape {
        branches.push(null);
        return Shape::Union(branches);
    }
    let one = Branch {
        shape: mapped.shape,
        test: Test::Present,
    };
    Shape::Union(vec![one, null])
}
