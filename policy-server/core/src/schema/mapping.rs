//! JSON Schema to shapes.
//!
//! Only what a keyword guarantees is used: a keyword that is not understood can only narrow, and
//! the tool's own schema is checked besides. Deliberately absent: guesses; what is not certain is
//! `Mcp::Unknown`.

mod absent;
mod arrays;
mod choices;
mod objects;
mod unions;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::MappingFault;
use super::bounds::SHAPES_MAX;
use super::check::Checks;
use super::shape::{Absence, Attribute, Kind, Record, Shape};
use super::views::{Document, Place, View, Views, kinds};

/// A shape, whether `null` is allowed beside it, and what it is to be absent.
#[derive(Debug)]
pub(super) struct Mapped {
    pub(super) shape: Shape,
    pub(super) nullable: bool,
    pub(super) absence: Absence,
    /// Whether a server may fill in something inside of it that has no place in its shape.
    pub(super) hides: bool,
}

impl Mapped {
    const fn of(shape: Shape) -> Self {
        Self::nullable(shape, false)
    }

    const fn nullable(shape: Shape, nullable: bool) -> Self {
        Self {
            shape,
            nullable,
            absence: Absence::Plain,
            hides: false,
        }
    }

    fn attribute(self, required: bool) -> Attribute {
        Attribute {
            shape: self.shape,
            required,
            nullable: self.nullable,
            absence: self.absence,
            hides: self.hides,
        }
    }
}

/// Walks one tool's schema.
#[derive(Debug)]
pub(super) struct Mapper<'a> {
    document: Document<'a>,
    checks: &'a Checks<'a>,
    inside: Vec<String>,
    depth: usize,
    depth_max: usize,
    shapes: usize,
    branches: usize,
    /// The enumerated types so far: their values by name below the tool.
    pub(super) choices: BTreeMap<Vec<String>, Vec<String>>,
    prefix: String,
}

impl<'a> Mapper<'a> {
    /// Starts; types are named below `prefix`, and deeper ones than `depth_max` are opaque.
    pub(super) fn new(
        document: Document<'a>,
        checks: &'a Checks<'a>,
        prefix: String,
        depth_max: usize,
    ) -> Self {
        Self {
            document,
            checks,
            inside: Vec::new(),
            depth: 0,
            depth_max,
            shapes: 0,
            branches: 0,
            choices: BTreeMap::new(),
            prefix,
        }
    }

    /// Most branches that have a check of their own.
    pub(super) fn branches(&self) -> usize {
        self.branches.min(self.checks.parts_max)
    }

    /// The record of all arguments.
    pub(super) fn arguments(&mut self, root: &'a Value) -> Result<Record, MappingFault> {
        let place = Place {
            pointer: String::new(),
            path: vec!["Input".to_owned()],
        };
        let start = vec![View {
            schema: root,
            place,
        }];
        // The root itself counts as entered, so that `#` is seen as recursion.
        self.inside.push("#".to_owned());
        let views = self.document.views(start, &self.inside);
        let says_otherwise = |(schema, _): &(&Map<String, Value>, Place)| {
            kinds(schema).is_some_and(|kinds| !kinds.contains(&Kind::Object))
        };
        if views.all.iter().any(says_otherwise) {
            return Err(MappingFault::NoObject);
        }
        self.within(views, |mapper, views| mapper.record(views, false))
    }

    /// What a value is that matches all of these schemas.
    fn combined(&mut self, start: Vec<View<'a>>) -> Result<Mapped, MappingFault> {
        self.shapes += 1;
        if self.shapes > SHAPES_MAX {
            return Err(MappingFault::TooLarge("declares too many arguments"));
        }
        let mut own = absent::stated(start.iter().map(|view| view.schema));
        let schemas: Vec<&Value> = start.iter().map(|view| view.schema).collect();
        let mut of_alternatives = Vec::new();
        let views = self.document.views(start, &self.inside);
        let mut mapped = Mapped::of(Shape::Unknown);
        if !views.recursive && self.depth < self.depth_max {
            own.extend(absent::own(&views));
            of_alternatives = absent::of_alternatives(&views);
            self.depth += 1;
            let viewed = self.within(views, Self::viewed);
            self.depth -= 1;
            mapped = viewed?;
        }
        mapped.absence = absent::absence(&mapped.shape, &own, &of_alternatives);
        let opaque = mapped.shape.is_opaque_inside();
        mapped.hides = opaque && schemas.iter().any(|one| absent::inside(self.document, one));
        Ok(mapped)
    }

    fn one(&mut self, schema: &'a Value, place: Place) -> Result<Mapped, MappingFault> {
        self.combined(vec![View { schema, place }])
    }

    /// Runs with the references noted that lead here.
    fn within<T>(
        &mut self,
        mut views: Views<'a>,
        run: impl FnOnce(&mut Self, &Views<'a>) -> Result<T, MappingFault>,
    ) -> Result<T, MappingFault> {
        let depth = self.inside.len();
        self.inside.append(&mut views.references);
        let result = run(self, &views);
        self.inside.truncate(depth);
        result
    }

    fn viewed(&mut self, views: &Views<'a>) -> Result<Mapped, MappingFault> {
        let allowed = allowed(views);
        if let Some(mapped) = self.listed(views, allowed.as_deref()) {
            return Ok(mapped);
        }
        let Some(mut allowed) = allowed else {
            return self.untyped(views);
        };
        let nullable = allowed.contains(&Kind::Null) && allowed.len() > 1;
        allowed.retain(|kind| !nullable || *kind != Kind::Null);
        if allowed.contains(&Kind::Number) {
            allowed.retain(|kind| *kind != Kind::Integer);
        }
        let shape = match allowed.as_slice() {
            [] => Shape::Unknown,
            [kind] => self.typed(*kind, views)?,
            _ => self.any_type(&allowed, views)?,
        };
        Ok(Mapped::nullable(shape, nullable))
    }

    fn typed(&mut self, kind: Kind, views: &Views<'a>) -> Result<Shape, MappingFault> {
        Ok(match kind {
            Kind::Null => Shape::Null,
            Kind::Boolean => Shape::Bool,
            Kind::Integer => Shape::Long,
            Kind::Number => number(views),
            Kind::String => text(views),
            Kind::Array | Kind::Object if self.depth >= self.depth_max => Shape::Unknown,
            Kind::Array => self.array(views)?,
            Kind::Object => self.object(views)?,
        })
    }
}

/// The types that every view allows; nothing when no view says.
fn allowed(views: &Views<'_>) -> Option<Vec<Kind>> {
    let mut stated = views.all.iter().filter_map(|(schema, _)| kinds(schema));
    let first = stated.next()?;
    Some(stated.fold(first, |left, right| {
        let both = |kind: &Kind| {
            right.contains(kind) || (*kind == Kind::Integer && right.contains(&Kind::Number))
        };
        let narrowed = right
            .iter()
            .filter(|kind| **kind == Kind::Integer && left.contains(&Kind::Number));
        let mut kinds: Vec<Kind> = left.iter().copied().filter(both).collect();
        kinds.extend(narrowed.filter(|kind| !left.contains(kind)));
        kinds.dedup();
        kinds
    }))
}

/// A string by its format. Formats without a type in Cedar are strings.
fn text(views: &Views<'_>) -> Shape {
    let formats = views
        .all
        .iter()
        .filter_map(|(schema, _)| schema.get("format"));
    let mut typed = formats.filter_map(|format| {
        Some(match format.as_str()? {
            "date-time" => Shape::Instant,
            "date" => Shape::Date,
            "duration" => Shape::Duration,
            "ipv4" => Shape::V4,
            "ipv6" => Shape::V6,
            "decimal" => Shape::DecimalText,
            _ => return None,
        })
    });
    typed.next().unwrap_or(Shape::Text)
}

/// A number: whole or with at most four decimals when the schema promises it, or else opaque.
fn number(views: &Views<'_>) -> Shape {
    let mut steps = views.all.iter().filter_map(|(schema, _)| {
        let step = schema.get("multipleOf")?.as_f64()?;
        let ten_thousandths = step * 10_000.0;
        let near = (ten_thousandths - ten_thousandths.round()).abs() < 1e-6;
        match step {
            step if step >= 1.0 && step.fract() == 0.0 => Some(Shape::Long),
            step if step > 0.0 && near && ten_thousandths.round() >= 1.0 => Some(Shape::Decimal),
            _ => None,
        }
    });
    steps.next().unwrap_or(Shape::Number)
}
