//! How often one argument may be looked at while it is checked.
//!
//! A check walks the schema beside the value. Where several branches each go down into the same
//! part of the value, the walk doubles with every level, and a small schema holds the server for
//! years. So the walks are counted before any value is there. Deliberately absent: exactness; a
//! keyword that may apply is counted as if it did.

use std::collections::BTreeMap;
use std::rc::Rc;

use portcullis_protocol::limits::{JSON_DEPTH_MAX, REQUEST_BYTES_MAX};
use serde_json::{Map, Value};

use super::MappingFault;
use super::views::Document;

/// Most looks at one value and what is in it, along any way down.
const LOOKS_MAX: u64 = 20_000;

/// Most schemas that apply to one value, each way to them counted.
const TOGETHER_MAX: usize = 1_000;

/// Longest way through `$ref`, `allOf` and their like at one value.
const WAY_MAX: usize = 32;

/// Steps that the count of any schema may take: what a server may list is bounded in its bytes, so
/// a small schema must not take long to count.
const STEPS_MIN: usize = 30_000;

/// Further steps of the count for each value in the schema.
const STEPS_PER_NODE: usize = 100;

/// Most looks at the bytes of one message: the more branches a schema has, the shorter its
/// arguments may be.
const LOOKS_AT_BYTES_MAX: u64 = 400_000_000;

/// The longest arguments that are checked in bounded time. Refuses a schema that has none.
pub(super) fn bytes_max(document: Document<'_>, nodes: usize) -> Result<usize, MappingFault> {
    let mut count = Count {
        document,
        known: BTreeMap::new(),
        looks: BTreeMap::new(),
        steps_left: STEPS_MIN + STEPS_PER_NODE * nodes,
    };
    let looks = count.looks(document.root, JSON_DEPTH_MAX)?;
    if looks > LOOKS_MAX {
        return Err(TOO_LONG);
    }
    let bytes = LOOKS_AT_BYTES_MAX / looks.max(1);
    Ok(usize::try_from(bytes).map_or(REQUEST_BYTES_MAX, |bytes| bytes.min(REQUEST_BYTES_MAX)))
}

const TOO_LONG: MappingFault = MappingFault::TooLarge("could take too long to check");

/// Schemas that apply together to one value below.
type Group<'a> = Vec<&'a Value>;

/// What one value meets: how many schemas, and the groups for the values in it.
#[derive(Default)]
struct Meeting<'a> {
    size: usize,
    groups: Vec<Group<'a>>,
}

struct Count<'a> {
    document: Document<'a>,
    known: BTreeMap<usize, Rc<Meeting<'a>>>,
    looks: BTreeMap<(usize, usize), u64>,
    steps_left: usize,
}

fn key(schema: &Value) -> usize {
    std::ptr::from_ref(schema).addr()
}

impl<'a> Count<'a> {
    fn looks(&mut self, schema: &'a Value, depth: usize) -> Result<u64, MappingFault> {
        if let Some(looks) = self.looks.get(&(key(schema), depth)) {
            return Ok(*looks);
        }
        let meeting = self.meeting(schema)?;
        let mut most = 0;
        for group in meeting.groups.iter().filter(|_| depth > 0) {
            let mut sum = 0_u64;
            for schema in group {
                self.step(1)?;
                sum = sum.saturating_add(self.looks(schema, depth - 1)?);
            }
            most = most.max(sum);
        }
        let looks = most.saturating_add(meeting.size as u64);
        self.looks.insert((key(schema), depth), looks);
        Ok(looks)
    }

    fn step(&mut self, steps: usize) -> Result<(), MappingFault> {
        self.steps_left = self.steps_left.checked_sub(steps).ok_or(TOO_LONG)?;
        Ok(())
    }

    fn meeting(&mut self, schema: &'a Value) -> Result<Rc<Meeting<'a>>, MappingFault> {
        if let Some(known) = self.known.get(&key(schema)) {
            return Ok(Rc::clone(known));
        }
        let mut met = Vec::new();
        self.meet(schema, &mut met, 0)?;
        let mut meeting = Meeting {
            size: met.len(),
            groups: Vec::new(),
        };
        let sides: [Side; 2] = [object_side, array_side];
        for side in sides {
            let sides: Vec<Below<'a>> = met.iter().map(|schema| side(schema)).collect();
            self.step(sides.iter().map(|below| below.named.len() + 1).sum())?;
            self.group(&sides, &mut meeting.groups)?;
        }
        let meeting = Rc::new(meeting);
        self.known.insert(key(schema), Rc::clone(&meeting));
        Ok(meeting)
    }

    /// Everything that applies to the value itself.
    fn meet(
        &mut self,
        schema: &'a Value,
        met: &mut Vec<&'a Map<String, Value>>,
        way: usize,
    ) -> Result<(), MappingFault> {
        let Some(members) = schema.as_object() else {
            return Ok(());
        };
        if way > WAY_MAX || met.len() >= TOGETHER_MAX {
            return Err(TOO_LONG);
        }
        self.step(1)?;
        met.push(members);
        for reference in ["$ref", "$dynamicRef", "$recursiveRef"] {
            let reference = members.get(reference).and_then(Value::as_str);
            if let Some(target) = reference.and_then(|to| self.document.resolved(to)) {
                self.meet(target, met, way + 1)?;
            }
        }
        for keyword in ["not", "if", "then", "else"] {
            if let Some(schema) = members.get(keyword) {
                self.meet(schema, met, way + 1)?;
            }
        }
        for keyword in [
            "allOf",
            "anyOf",
            "oneOf",
            "dependentSchemas",
            "dependencies",
        ] {
            for schema in all(members, keyword) {
                self.meet(schema, met, way + 1)?;
            }
        }
        Ok(())
    }

    /// One group for every name that some schema treats apart, and one for all others.
    fn group(
        &mut self,
        sides: &[Below<'a>],
        groups: &mut Vec<Group<'a>>,
    ) -> Result<(), MappingFault> {
        let always: Group<'a> = sides
            .iter()
            .flat_map(|below| below.always.iter().copied())
            .collect();
        let mut names: Vec<Option<&str>> = vec![None];
        names.extend(
            sides
                .iter()
                .flat_map(|below| below.named.keys().map(|name| Some(name.as_str()))),
        );
        names.sort_unstable();
        names.dedup();
        for name in names {
            self.step(sides.len() + always.len())?;
            let apply = |below: &Below<'a>| {
                let named = name.and_then(|name| below.named.get(name).copied());
                named.map_or_else(|| below.others.clone(), |schema| vec![schema])
            };
            let mut group: Group<'a> = sides.iter().flat_map(apply).collect();
            group.extend(&always);
            groups.push(group);
        }
        Ok(())
    }
}

/// What one schema applies to the values in an object or array.
#[derive(Default)]
struct Below<'a> {
    named: BTreeMap<String, &'a Value>,
    others: Group<'a>,
    always: Group<'a>,
}

type Side = for<'a> fn(&'a Map<String, Value>) -> Below<'a>;

fn object_side(schema: &Map<String, Value>) -> Below<'_> {
    let named = schema.get("properties").and_then(Value::as_object);
    let named = named.into_iter().flatten();
    Below {
        named: named.map(|(name, schema)| (name.clone(), schema)).collect(),
        others: some(schema, &["additionalProperties", "unevaluatedProperties"]),
        always: all(schema, "patternProperties")
            .chain(some(schema, &["propertyNames"]))
            .collect(),
    }
}

fn array_side(schema: &Map<String, Value>) -> Below<'_> {
    let listed = schema.get("items").is_some_and(Value::is_array);
    let places = all(schema, if listed { "items" } else { "prefixItems" }).enumerate();
    let others: &[&str] = if listed {
        &["additionalItems", "unevaluatedItems"]
    } else {
        &["items", "unevaluatedItems"]
    };
    Below {
        named: places
            .map(|(at, schema)| (at.to_string(), schema))
            .collect(),
        others: some(schema, others),
        always: some(schema, &["contains"]),
    }
}

fn some<'a>(schema: &'a Map<String, Value>, keywords: &[&str]) -> Group<'a> {
    keywords
        .iter()
        .filter_map(|keyword| schema.get(*keyword))
        .collect()
}

/// The members of a keyword that holds several schemas.
fn all<'a>(
    schema: &'a Map<String, Value>,
    keyword: &str,
) -> Box<dyn Iterator<Item = &'a Value> + 'a> {
    match schema.get(keyword) {
        Some(Value::Array(schemas)) => Box::new(schemas.iter()),
        Some(Value::Object(schemas)) => Box::new(schemas.values()),
        _ => Box::new(std::iter::empty()),
    }
}
