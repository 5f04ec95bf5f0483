//! Values of several shapes: `anyOf`, `oneOf`, and a list of types.

use serde_json::{Map, Value};

use super::{Mapped, Mapper};
use crate::schema::MappingFault;
use crate::schema::shape::{Branch, Kind, Shape, Test};
use crate::schema::views::{Place, Views};

/// Most branches in one place.
const BRANCHES_HERE_MAX: usize = 16;

/// The branches of a schema, and where they stand. Those of two keywords are not mixed.
pub(super) fn branches(schema: &Map<String, Value>) -> Option<(&'static str, &Vec<Value>)> {
    let found = |keyword| Some((keyword, schema.get(keyword)?.as_array()?));
    found("anyOf").or_else(|| found("oneOf"))
}

impl<'a> Mapper<'a> {
    /// A value of which no view states the type.
    pub(super) fn untyped(&mut self, views: &Views<'a>) -> Result<Mapped, MappingFault> {
        for (schema, place) in &views.all {
            if let Some((keyword, branches)) = branches(schema) {
                let place = place.at(keyword);
                let mapped = self.union(branches, &place)?;
                if !matches!(mapped.shape, Shape::Unknown) {
                    return Ok(mapped);
                }
            }
        }
        Ok(Mapped::of(Shape::Unknown))
    }

    fn union(&mut self, schemas: &'a [Value], place: &Place) -> Result<Mapped, MappingFault> {
        if schemas.len() > BRANCHES_HERE_MAX {
            return Ok(Mapped::of(Shape::Unknown));
        }
        let mut nullable = false;
        let mut found = Vec::new();
        for (at, schema) in schemas.iter().enumerate() {
            let place = place.at(&at.to_string());
            let pointer = place.pointer.clone();
            let mapped = self.one(schema, place.named(&format!("typeChoice{at}")))?;
            nullable |= mapped.nullable || matches!(mapped.shape, Shape::Null);
            if !matches!(mapped.shape, Shape::Null) {
                found.push((mapped.shape, pointer));
            }
        }
        if found.len() < 2 {
            let only = found.pop().map(|(shape, _)| shape);
            let null_alone = only.is_none() && nullable;
            let shape = only.unwrap_or(if null_alone {
                Shape::Null
            } else {
                Shape::Unknown
            });
            let nullable = nullable && !null_alone && !matches!(shape, Shape::Unknown);
            return Ok(Mapped::nullable(shape, nullable));
        }
        self.branches += found.len();
        let all_unknown = found
            .iter()
            .all(|(shape, _)| matches!(shape, Shape::Unknown));
        if all_unknown || self.branches > self.checks.parts_max {
            return Ok(Mapped::of(Shape::Unknown));
        }
        let branch = |(shape, pointer): (Shape, String)| {
            let test = Test::Schema(self.checks.branch(&pointer)?);
            Ok(Branch { shape, test })
        };
        let branches: Result<Vec<Branch>, MappingFault> = found.into_iter().map(branch).collect();
        Ok(Mapped::nullable(Shape::Union(branches?), nullable))
    }

    /// A value of one of several stated types.
    pub(super) fn any_type(
        &mut self,
        kinds: &[Kind],
        views: &Views<'a>,
    ) -> Result<Shape, MappingFault> {
        let branch = |kind: &Kind| {
            let shape = self.typed(*kind, views)?;
            Ok(Branch {
                shape,
                test: Test::Type(*kind),
            })
        };
        let branches: Result<Vec<Branch>, MappingFault> = kinds.iter().map(branch).collect();
        branches.map(Shape::Union)
    }
}
