//! Objects: records, and keys with their values where no property is declared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::unions::branches;
use super::{Mapper, absent};
use crate::schema::MappingFault;
use crate::schema::relaxed::is_plain;
use crate::schema::shape::{Absence, Attribute, Branch, Level, Record, Rest, Shape, Test};
use crate::schema::spelling::likeness;
use crate::schema::views::{View, Views};

/// The attribute that lists undeclared members, unless a property has the name.
const REST: &str = "additionalProperties";

/// Keywords whose schemas hold for some undeclared members.
const PATTERNED: [&str; 3] = ["patternProperties", "unevaluatedProperties", REST];

impl<'a> Mapper<'a> {
    pub(super) fn object(&mut self, views: &Views<'a>) -> Result<Shape, MappingFault> {
        Ok(match self.record(views, false)? {
            Record {
                attributes,
                rest: Rest::Listed(_, rest),
                branches,
                ..
            } if attributes.is_empty() && branches.is_empty() => Shape::Map(rest),
            record => Shape::Record(Box::new(record)),
        })
    }

    /// The record of an object. A branch's record leaves undeclared members to the one around it.
    pub(super) fn record(
        &mut self,
        views: &Views<'a>,
        branch: bool,
    ) -> Result<Record, MappingFault> {
        let mut declared: BTreeMap<&String, Vec<View<'a>>> = BTreeMap::new();
        let mut required = BTreeSet::new();
        for (schema, place) in &views.all {
            let place = place.at("properties");
            for (name, schema) in members(schema, "properties") {
                let place = place.at(name).named(name);
                declared
                    .entry(name)
                    .or_default()
                    .push(View { schema, place });
            }
            let names = schema.get("required").and_then(Value::as_array);
            required.extend(names.into_iter().flatten().filter_map(Value::as_str));
        }
        let mut record = Record::default();
        for (name, views) in declared {
            let mapped = self.combined(views)?;
            let attribute = mapped.attribute(required.contains(name.as_str()));
            record.like.insert(likeness(name));
            record.attributes.insert(name.clone(), attribute);
        }
        let open = absent::open(self.document, views);
        let open = open.ok_or(MappingFault::TooLarge("has too many alternatives"))?;
        (record.open, record.open_inside) = (open.absent, open.inside);
        record.branches = self.branch_records(views, &record.attributes)?;
        record.rest = if branch {
            Rest::Elsewhere
        } else {
            self.undeclared(views, &record)?
        };
        if let ([(schema, place)], false) = (views.all.as_slice(), branch)
            && is_plain(schema)
        {
            record.level = Level::Apart(place.pointer.clone());
            record.demanded = required.into_iter().map(str::to_owned).collect();
        }
        Ok(record)
    }

    /// Members that no property declares.
    fn undeclared(&mut self, views: &Views<'a>, record: &Record) -> Result<Rest, MappingFault> {
        let evaluates = !self.document.reference_alone();
        if views
            .all
            .iter()
            .any(|(schema, _)| closed(schema, evaluates))
        {
            return Ok(Rest::None);
        }
        let patterned = |schema: &Map<String, Value>| schema.contains_key("patternProperties");
        let schemas: Vec<View<'a>> = views
            .all
            .iter()
            .filter_map(|(schema, place)| {
                let schema = schema.get(REST)?;
                let place = place.at(REST).named(REST);
                Some(View { schema, place })
            })
            .collect();
        let opaque = schemas.is_empty() || views.all.iter().any(|(schema, _)| patterned(schema));
        let attribute = if opaque {
            Attribute {
                shape: Shape::Unknown,
                required: true,
                nullable: false,
                absence: Absence::Plain,
                hides: PATTERNED.iter().any(|keyword| {
                    let all = views.all.iter();
                    let mut schemas = all.filter_map(|(schema, _)| schema.get(*keyword));
                    schemas.any(|schema| absent::inside(self.document, schema))
                }),
            }
        } else {
            self.combined(schemas)?.attribute(true)
        };
        let name = free(REST, &record.attributes);
        Ok(Rest::Listed(name, Box::new(attribute)))
    }

    /// What `anyOf` and `oneOf` declare beside the properties, as `typeChoiceN`.
    fn branch_records(
        &mut self,
        views: &Views<'a>,
        attributes: &BTreeMap<String, Attribute>,
    ) -> Result<Vec<(String, Branch)>, MappingFault> {
        let mut records = Vec::new();
        for (schema, place) in &views.all {
            let Some((keyword, schemas)) = branches(schema) else {
                continue;
            };
            let first = records.len();
            for (at, schema) in schemas.iter().enumerate() {
                let name = format!("typeChoice{}", first + at);
                let place = place.at(keyword).at(&at.to_string()).named(&name);
                let pointer = place.pointer.clone();
                let views = self
                    .document
                    .views(vec![View { schema, place }], &self.inside);
                let declares = |(schema, _): &(&'a Map<String, Value>, _)| {
                    members(schema, "properties").next().is_some()
                };
                self.branches += 1;
                if views.recursive
                    || self.branches > self.checks.parts_max
                    || !views.all.iter().any(declares)
                {
                    continue;
                }
                let record = self.within(views, |mapper, views| mapper.record(views, true))?;
                let shape = Shape::Record(Box::new(record));
                let test = Test::Schema(self.checks.branch(&pointer)?);
                records.push((free(&name, attributes), Branch { shape, test }));
            }
        }
        Ok(records)
    }
}

fn members<'a>(
    schema: &'a Map<String, Value>,
    keyword: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    let members = schema.get(keyword).and_then(Value::as_object);
    members.into_iter().flatten()
}

/// Whether a schema allows nothing beside its own properties.
fn closed(schema: &Map<String, Value>, evaluates: bool) -> bool {
    let none = |keyword| schema.get(keyword) == Some(&Value::Bool(false));
    let has = |keyword: &&str| schema.contains_key(*keyword);
    let elsewhere = [
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "if",
        "dependentSchemas",
        "$dynamicRef",
        "$recursiveRef",
    ];
    !schema.contains_key("patternProperties")
        && (none(REST)
            || (evaluates && none("unevaluatedProperties") && !elsewhere.iter().any(has)))
}

/// A name that no attribute has.
fn free(name: &str, attributes: &BTreeMap<String, Attribute>) -> String {
    let mut name = name.to_owned();
    while attributes.contains_key(&name) {
        name.push('_');
    }
    name
}
